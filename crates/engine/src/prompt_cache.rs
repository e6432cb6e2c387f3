//! The cache of prompts that a provider keeps in front of its hosted models: whose beginning has
//! been sent not long ago is found again, in whole steps of a fixed length. It has no blocks to run
//! out of; what it holds is bounded by a number of steps all the same.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::LazyLock;

use fakeai_canon::{Micros, StableHasher, TokenId};
use serde::Deserialize;

/// How long a prompt is kept after its last use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Retention {
    /// Minutes.
    InMemory,
    /// A day.
    #[default]
    Extended,
}

/// The prompts that were sent not long ago.
///
/// Two generations of steps: what is used moves to the younger one; when that holds half of what
/// may be held, it becomes the older one, and what was in that is forgotten.
pub struct PromptCache {
    /// Steps, and until when they are kept.
    young: HashMap<u64, Micros>,
    old: HashMap<u64, Micros>,
    half: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rules {
    minimum: usize,
    step: usize,
    in_memory_seconds: f64,
    extended_seconds: f64,
}

fn rules() -> &'static Rules {
    static RULES: LazyLock<Rules> = LazyLock::new(|| {
        toml::from_str(include_str!("../../../data/tokens/prompt_cache.toml"))
            .expect("the rules of the prompt cache are part of this program")
    });
    &RULES
}

impl PromptCache {
    /// One that holds so many steps of prompts at most.
    pub fn new(steps: usize) -> Self {
        Self {
            young: HashMap::new(),
            old: HashMap::new(),
            half: (steps / 2).max(1),
        }
    }

    /// Looks a prompt up and keeps it: how many of its leading tokens were there. `root` tells apart
    /// what never meets: models, and keys by which prompts are sent to different places.
    pub fn send(
        &mut self,
        prompt: &[TokenId],
        root: &impl Hash,
        retention: Retention,
        now: Micros,
    ) -> u64 {
        let rules = rules();
        if prompt.len() < rules.minimum {
            return 0;
        }
        let span = match retention {
            Retention::InMemory => rules.in_memory_seconds,
            Retention::Extended => rules.extended_seconds,
        };
        let until = now + Micros::from_seconds(span);
        let mut chain = hash(root);
        let (mut found, mut all_found) = (0, true);
        for step in prompt.chunks_exact(rules.step) {
            chain = hash(&(chain, step));
            all_found &= self.keep(chain, until, now);
            found += usize::from(all_found);
        }
        let tokens = found * rules.step;
        if tokens < rules.minimum {
            return 0;
        }
        tokens as u64
    }

    /// Keeps a step from now on; whether it was there.
    fn keep(&mut self, step: u64, until: Micros, now: Micros) -> bool {
        if let Some(kept) = self.young.get_mut(&step) {
            let was_there = *kept > now;
            *kept = until;
            return was_there;
        }
        let was_there = self.old.remove(&step).is_some_and(|kept| kept > now);
        if self.young.len() >= self.half {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(step, until);
        was_there
    }

    /// How many steps it holds.
    pub fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = StableHasher::new(0);
    value.hash(&mut hasher);
    hasher.finish()
}
