//! Drawing token by token from a bent distribution: temperature, nucleus, penalties, biases.
//! Not here: drawing from the model's own distribution, which needs no look at single tokens
//! (see `speak`).

use std::collections::HashMap;

use fakeai_canon::{Sampling, TokenId};

use super::frontier::Frontier;
use super::score;
use super::speak::{Speaker, Turn};
use super::tail::Follower;

/// What bends the distribution of one text.
pub(crate) struct Bend<'a> {
    sampling: &'a Sampling,
    temperature: f32,
    top_p: f32,
    /// Whether tokens of the tail may be drawn; at a temperature of one and below only
    /// templates are, as with a floor under the probability.
    is_wide: bool,
    has_penalties: bool,
    has_bans: bool,
    counts: HashMap<TokenId, u32, ByMultiplication>,
}

/// A bias from here down forbids a token.
const FORBIDDEN: f64 = -90.0;
/// The probability of a token that the model would never say, before its bias.
const UNHEARD: f32 = 1e-9;
/// After so many tokens a sentence that has left its template ends.
const LONGEST_STRAY: usize = 80;

/// A hasher for token ids.
type ByMultiplication = std::hash::BuildHasherDefault<IdHasher>;

/// One multiplication; ids need no more.
#[derive(Default)]
pub(crate) struct IdHasher(u64);

impl std::hash::Hasher for IdHasher {
    fn write(&mut self, bytes: &[u8]) {
        bytes
            .iter()
            .for_each(|byte| self.write_u32(u32::from(*byte)));
    }

    fn write_u32(&mut self, id: u32) {
        self.0 = (self.0 ^ u64::from(id)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn finish(&self) -> u64 {
        self.0.rotate_left(20)
    }
}

impl<'a> Bend<'a> {
    pub(crate) fn new(sampling: &'a Sampling) -> Self {
        let temperature = sampling.temperature.unwrap_or(1.0) as f32;
        Bend {
            sampling,
            temperature,
            top_p: sampling.top_p.unwrap_or(1.0) as f32,
            is_wide: temperature > 1.0 || pulls(sampling),
            has_penalties: has_penalties(sampling),
            has_bans: sampling
                .logit_bias
                .iter()
                .any(|(_, bias)| *bias <= FORBIDDEN),
            counts: HashMap::default(),
        }
    }

    fn bias(&self, id: TokenId) -> f64 {
        let biases = &self.sampling.logit_bias;
        biases
            .binary_search_by_key(&id, |(own, _)| *own)
            .map_or(0.0, |at| biases[at].1)
    }

    /// Bends probabilities by biases and penalties; they sum to one again.
    fn apply(&self, found: &mut Vec<(TokenId, f32)>) {
        if !pulls(self.sampling) {
            return;
        }
        for (id, bias) in &self.sampling.logit_bias {
            if *bias > 0.0 {
                score::add(found, *id, UNHEARD);
            }
        }
        for (id, weight) in found.iter_mut() {
            *weight = weight.max(1e-30).ln() * self.repetition(*id) + self.pull(*id);
        }
        let most = found
            .iter()
            .fold(f32::MIN, |most, (_, logit)| most.max(*logit));
        found
            .iter_mut()
            .for_each(|(_, weight)| *weight = (*weight - most).exp());
        let total: f32 = found.iter().map(|(_, weight)| weight).sum();
        found.iter_mut().for_each(|(_, weight)| *weight /= total);
    }

    /// What the log probability of a token is multiplied by.
    fn repetition(&self, id: TokenId) -> f32 {
        match self.sampling.repetition_penalty {
            Some(penalty) if self.counts.contains_key(&id) => penalty as f32,
            Some(_) | None => 1.0,
        }
    }

    /// What is added to the logit of a token.
    fn pull(&self, id: TokenId) -> f32 {
        let bias = match self.bias(id) {
            bias if bias <= FORBIDDEN => return f32::NEG_INFINITY,
            bias => bias as f32,
        };
        if !self.has_penalties {
            return bias;
        }
        let count = self.counts.get(&id).copied().unwrap_or(0);
        let presence = if count > 0 {
            self.sampling.presence_penalty as f32
        } else {
            0.0
        };
        bias - presence - self.sampling.frequency_penalty as f32 * count as f32
    }

    /// Draws one of the tokens, `at` being a number of `0..1`.
    fn draw(&self, found: &[(TokenId, f32)], at: f32) -> Option<TokenId> {
        let order =
            |a: &(TokenId, f32), b: &(TokenId, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
        if let [only] = found {
            return (only.1 > 0.0).then_some(only.0);
        }
        if self.temperature <= 0.0 {
            return found
                .iter()
                .filter(|(_, weight)| *weight > 0.0)
                .min_by(|a, b| order(a, b))
                .map(|(id, _)| *id);
        }
        let mut sorted: Vec<_> = found
            .iter()
            .copied()
            .filter(|(_, weight)| *weight > 0.0)
            .collect();
        sorted.sort_unstable_by(order);
        let (top, power) = (sorted.first()?.1, 1.0 / self.temperature);
        if power != 1.0 {
            sorted
                .iter_mut()
                .for_each(|(_, weight)| *weight = (*weight / top).powf(power));
        }
        let total: f32 = sorted.iter().map(|(_, weight)| weight).sum();
        let nucleus = self.likeliest(nucleus(&sorted, self.top_p * total));
        let mut left = at * nucleus.iter().map(|(_, weight)| weight).sum::<f32>();
        let drawn = nucleus.iter().find(|(_, weight)| {
            left -= weight;
            left < 0.0
        });
        drawn.or(nucleus.last()).map(|(id, _)| *id)
    }
}

impl Bend<'_> {
    /// Those of the leading tokens that `top_k` and `min_p` leave.
    fn likeliest<'t>(&self, sorted: &'t [(TokenId, f32)]) -> &'t [(TokenId, f32)] {
        let most = self
            .sampling
            .top_k
            .map_or(sorted.len(), |most| most as usize);
        let least = sorted
            .first()
            .map_or(0.0, |(_, top)| top * self.sampling.min_p as f32);
        let likely = sorted
            .iter()
            .take(most)
            .take_while(|(_, weight)| *weight >= least);
        &sorted[..likely.count().max(1).min(sorted.len())]
    }
}

/// Whether what was said before changes what is drawn.
fn has_penalties(sampling: &Sampling) -> bool {
    sampling.frequency_penalty != 0.0
        || sampling.presence_penalty != 0.0
        || sampling
            .repetition_penalty
            .is_some_and(|penalty| penalty != 1.0)
}

/// Whether anything is added to logits.
fn pulls(sampling: &Sampling) -> bool {
    has_penalties(sampling) || !sampling.logit_bias.is_empty()
}

/// The fewest leading tokens that have the given mass together; at least one.
fn nucleus(sorted: &[(TokenId, f32)], mass: f32) -> &[(TokenId, f32)] {
    let mut sum = 0.0;
    let needed = sorted.iter().take_while(|(_, weight)| {
        let before = sum;
        sum += weight;
        before < mass
    });
    let count = needed.count().max(1);
    &sorted[..count.min(sorted.len())]
}

/// Says one template, or what becomes of it; gives the template in which it ended.
pub(crate) fn turn(speaker: &mut Speaker, turn: Turn) -> u32 {
    let weights = speaker.template_weights().to_vec();
    let model = speaker.model;
    let frontier = Frontier::start(
        turn,
        &weights,
        speaker.topic.tilt,
        model,
        &mut speaker.resolver,
    );
    let mut walk = Walk {
        speaker,
        frontier,
        found: Vec::new(),
        followers: Vec::new(),
        strayed: None,
    };
    while walk.step() {}
    walk.frontier.template
}

struct Walk<'s, 'a> {
    speaker: &'s mut Speaker<'a>,
    frontier: Frontier,
    found: Vec<(TokenId, f32)>,
    followers: Vec<Follower>,
    /// How many tokens there were when the sentence left its template.
    strayed: Option<usize>,
}

impl Walk<'_, '_> {
    /// Says one token; false at the end of the sentence.
    fn step(&mut self) -> bool {
        let model = self.speaker.model;
        let starts = self.frontier.starts_word(model);
        if starts && self.speaker.bend.has_bans {
            let bend = &self.speaker.bend;
            self.frontier
                .retain_words(model, &mut self.speaker.resolver, |id| {
                    bend.bias(id) > FORBIDDEN
                });
        }
        if starts {
            self.wind_up();
        }
        if self.ends() {
            return false;
        }
        self.frontier
            .next(&mut self.speaker.resolver, &mut self.found);
        if starts && (self.speaker.bend.is_wide || self.speaker.request.logprobs.is_some()) {
            self.add_tail(true);
        }
        self.speaker.bend.apply(&mut self.found);
        let at = self.speaker.rng.unit() as f32;
        let drawn = if self.speaker.bend.is_wide {
            self.speaker.bend.draw(&self.found, at)
        } else {
            self.frontier
                .next(&mut self.speaker.resolver, &mut self.speaker.scratch);
            self.speaker.bend.draw(&self.speaker.scratch, at)
        };
        drawn.is_some_and(|id| {
            self.push(id, starts);
            !self.speaker.is_full()
        })
    }

    /// Brings a sentence that has strayed for too long to the end of the template it is in.
    fn wind_up(&mut self) {
        if self
            .strayed
            .is_some_and(|from| self.speaker.out.len() > from + LONGEST_STRAY)
        {
            self.strayed = Some(usize::MAX - LONGEST_STRAY);
            self.frontier
                .wind_up(self.speaker.model, &mut self.speaker.resolver);
        }
    }

    /// Whether the sentence is over. Where it may also go on, chance decides.
    fn ends(&mut self) -> bool {
        if self.frontier.is_empty() {
            let is_done = self
                .strayed
                .is_some_and(|from| from > self.speaker.out.len());
            return is_done || self.frontier.ended > 0.0 || !self.speaker.bend.is_wide;
        }
        self.frontier.ended > 0.0 && self.speaker.rng.chance(0.5)
    }

    /// Adds the tail. Inside a word it is only shown, never drawn, so that words stay whole.
    fn add_tail(&mut self, starts: bool) {
        let ids = &self.speaker.out.ids;
        let context = &ids[ids.len().saturating_sub(2)..];
        let language = self.speaker.language();
        let mass = self.speaker.model.tail.followers(
            language,
            context,
            starts,
            self.speaker.topic.knows(),
            &mut self.followers,
        );
        self.found
            .iter_mut()
            .for_each(|(_, weight)| *weight *= 1.0 - mass);
        for follower in &self.followers {
            score::add(&mut self.found, follower.id, follower.weight);
        }
    }

    fn push(&mut self, id: TokenId, starts: bool) {
        if let Some(wanted) = self.speaker.request.logprobs {
            if !starts {
                self.add_tail(false);
            }
            let entry = score::entry(&mut self.found, id, usize::from(wanted));
            self.speaker.out.logprobs.push(entry);
        }
        self.speaker
            .out
            .push(id, self.speaker.model.vocabulary.piece(id));
        if self.speaker.bend.has_penalties {
            *self.speaker.bend.counts.entry(id).or_default() += 1;
        }
        if !self
            .frontier
            .accept(self.speaker.model, &mut self.speaker.resolver, id)
        {
            self.stray(id);
        }
    }

    /// Goes on from where the corpus has the token; one that it lacks is put in.
    fn stray(&mut self, id: TokenId) {
        self.strayed.get_or_insert(self.speaker.out.len());
        let model = self.speaker.model;
        let follower = self
            .followers
            .iter()
            .rev()
            .find(|follower| follower.id == id);
        let Some((position, owner)) =
            follower.and_then(|f| Some((f.position, model.tail.owner(f.position)?)))
        else {
            return;
        };
        self.frontier
            .jump(model, &mut self.speaker.resolver, owner, position);
    }
}
