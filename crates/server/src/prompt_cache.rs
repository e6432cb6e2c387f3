//! The provider's cache of prompts, where no engine with a cache of its own is simulated.

use std::task::Waker;

use fakeai_canon::{Admission, Input, Micros, Prompt, Tick, Ticks, Work};
use fakeai_catalog::{Ability, Model};
use fakeai_engine::Retention;
use serde_json::Value;

use crate::world::World;

/// What a request asks of the cache.
#[derive(Default)]
pub(crate) struct Caching {
    /// Prompts of different keys go to different places.
    key: Option<String>,
    retention: Retention,
}

/// The longest key that is looked at.
const LONGEST_KEY: usize = 512;

impl Caching {
    /// Reads a request's body.
    pub(crate) fn of(body: &Value) -> Self {
        let key = body["prompt_cache_key"].as_str();
        Self {
            key: key
                .filter(|key| !key.is_empty() && key.len() <= LONGEST_KEY)
                .map(str::to_owned),
            retention: match body["prompt_cache_retention"].as_str() {
                Some("in_memory" | "in-memory") => Retention::InMemory,
                Some(_) | None => Retention::Extended,
            },
        }
    }

    /// Looks the prompt of a conversation up and keeps it: how many of its tokens were there.
    pub(crate) fn send(
        &self,
        world: &World,
        work: &Work,
        model: &Model,
        prompts: &[Prompt],
        now: Micros,
    ) -> u64 {
        let answering = work.answering();
        let is_chat = answering.is_some_and(|work| matches!(work.input, Input::Chat(_)));
        let (Some(cache), [prompt]) = (&world.prompt_cache, prompts) else {
            return 0;
        };
        if !is_chat || !model.can(Ability::PromptCaching) {
            return 0;
        }
        let root = (&model.snapshot, &self.key);
        cache.lock().send(&prompt.ids, &root, self.retention, now)
    }
}

/// The times of an answer whose prompt was found in the cache.
pub(crate) struct CachedTicks {
    ticks: Box<dyn Ticks>,
    cached: u64,
}

impl CachedTicks {
    /// The same times where nothing was found.
    pub(crate) fn around(ticks: Box<dyn Ticks>, cached: u64) -> Box<dyn Ticks> {
        match cached {
            0 => ticks,
            cached => Box::new(Self { ticks, cached }),
        }
    }
}

impl Ticks for CachedTicks {
    fn admission(&mut self) -> Admission {
        Admission {
            cached: self.cached,
        }
    }

    fn due(&mut self, index: u32, waker: &Waker) -> Tick {
        self.ticks.due(index, waker)
    }

    fn left(&mut self, due: Micros, now: Micros, tokens: u32) {
        self.ticks.left(due, now, tokens);
    }
}
