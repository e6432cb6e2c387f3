//! The frontier: every place in the grammar at which a half-said sentence may be, with its
//! weight. From it follows the exact distribution of the next token. Not here: drawing from it.

use fakeai_canon::TokenId;

use super::model::Model;
use super::resolve::Resolver;
use super::speak::{Turn, tilt};
use super::tail::Owner;

/// One reading of what was said so far.
#[derive(Clone, Copy, Debug)]
struct Reading {
    template: u32,
    place: u32,
    alternative: u32,
    offset: u32,
    weight: f32,
}

/// See the module.
pub(crate) struct Frontier {
    turn: Turn,
    tilt: u64,
    readings: Vec<Reading>,
    spare: Vec<Reading>,
    /// The weight of the readings that are at their end, and the template of the last.
    pub(crate) ended: f32,
    pub(crate) template: u32,
}

impl Frontier {
    /// All starts of a turn; `weights` are those of the pool's templates.
    pub(crate) fn start(
        turn: Turn,
        weights: &[f32],
        tilt: u64,
        model: &Model,
        resolver: &mut Resolver,
    ) -> Self {
        let mut frontier = Frontier {
            turn,
            tilt,
            readings: Vec::with_capacity(weights.len() * 2),
            spare: Vec::new(),
            ended: 0.0,
            template: turn.pool.0,
        };
        for (template, weight) in (turn.pool.0..turn.pool.1).zip(weights) {
            if *weight > 0.0 {
                frontier.enter(model, resolver, template, 0, *weight);
            }
        }
        frontier
    }

    /// Adds the alternatives at a place of a template, or its end.
    fn enter(
        &mut self,
        model: &Model,
        resolver: &mut Resolver,
        template: u32,
        place: u32,
        weight: f32,
    ) {
        let own = &model.templates[template as usize];
        let Some(element) = own.element(place, self.turn.spaced, self.turn.gap) else {
            self.ended += weight;
            self.template = template;
            return;
        };
        let choices = model.choices(element);
        let total: f32 = choices.clone().map(|number| tilt(self.tilt, number)).sum();
        for alternative in choices {
            let weight = weight * tilt(self.tilt, alternative) / total;
            if resolver
                .resolve(alternative, self.turn.index)
                .ids
                .is_empty()
            {
                self.enter(model, resolver, template, place + 1, weight);
            } else {
                self.readings.push(Reading {
                    template,
                    place,
                    alternative,
                    offset: 0,
                    weight,
                });
            }
        }
    }

    /// True where nothing can follow.
    pub(crate) fn is_empty(&self) -> bool {
        self.readings.is_empty()
    }

    /// Whether the next token starts a word, so that the text may leave the template.
    pub(crate) fn starts_word(&self, model: &Model) -> bool {
        self.readings.first().is_none_or(|reading| {
            let alternative = model.alternatives[reading.alternative as usize];
            match alternative.pattern {
                Some(_) => reading.offset == 0,
                None => model.starts[(alternative.first + reading.offset) as usize],
            }
        })
    }

    /// Drops readings whose next word has a token that fails the test, where a word starts.
    pub(crate) fn retain_words(
        &mut self,
        model: &Model,
        resolver: &mut Resolver,
        fits: impl Fn(TokenId) -> bool,
    ) {
        let index = self.turn.index;
        self.readings.retain(|reading| {
            let alternative = model.alternatives[reading.alternative as usize];
            let ids = &resolver.resolve(reading.alternative, index).ids[reading.offset as usize..];
            let length = match alternative.pattern {
                Some(_) => ids.len(),
                None => {
                    let at = (alternative.first + reading.offset) as usize;
                    1 + model.starts[at + 1..alternative.last as usize]
                        .iter()
                        .take_while(|starts| !**starts)
                        .count()
                }
            };
            ids[..length].iter().all(|id| fits(*id))
        });
    }

    /// The probability of each next token of the templates, in no order; sums to one.
    pub(crate) fn next(&self, resolver: &mut Resolver, found: &mut Vec<(TokenId, f32)>) {
        found.clear();
        let total: f32 = self.readings.iter().map(|reading| reading.weight).sum();
        for reading in &self.readings {
            let run = resolver.resolve(reading.alternative, self.turn.index);
            found.push((run.ids[reading.offset as usize], reading.weight / total));
        }
        if found.len() > 1 {
            found.sort_unstable_by_key(|(id, _)| *id);
            found.dedup_by(|next, kept| {
                let same = next.0 == kept.0;
                kept.1 += if same { next.1 } else { 0.0 };
                same
            });
        }
    }

    /// Keeps the readings that go on with a token; false where there are none, and then nothing
    /// changes.
    pub(crate) fn accept(&mut self, model: &Model, resolver: &mut Resolver, id: TokenId) -> bool {
        let index = self.turn.index;
        let mut fits = |reading: &Reading| {
            resolver.resolve(reading.alternative, index).ids[reading.offset as usize] == id
        };
        if !self.readings.iter().any(&mut fits) {
            return false;
        }
        let mut kept = std::mem::take(&mut self.spare);
        kept.extend(self.readings.drain(..).filter(fits));
        self.ended = 0.0;
        self.advance(model, resolver, &mut kept);
        self.spare = kept;
        true
    }

    /// Moves readings one token on.
    fn advance(&mut self, model: &Model, resolver: &mut Resolver, kept: &mut Vec<Reading>) {
        for mut reading in kept.drain(..) {
            reading.offset += 1;
            let length = resolver
                .resolve(reading.alternative, self.turn.index)
                .ids
                .len();
            if (reading.offset as usize) < length {
                self.template = reading.template;
                self.readings.push(reading);
            } else {
                self.enter(
                    model,
                    resolver,
                    reading.template,
                    reading.place + 1,
                    reading.weight,
                );
            }
        }
    }

    /// Goes on with the end of the template at hand.
    pub(crate) fn wind_up(&mut self, model: &Model, resolver: &mut Resolver) {
        self.readings.clear();
        let (from, to) = model.templates[self.template as usize].body;
        self.enter(model, resolver, self.template, to - from + 1, 1.0);
    }

    /// Goes on behind the token at a position elsewhere in the corpus.
    pub(crate) fn jump(
        &mut self,
        model: &Model,
        resolver: &mut Resolver,
        owner: Owner,
        position: u32,
    ) {
        self.readings.clear();
        self.ended = 0.0;
        let offset = position - model.alternatives[owner.alternative as usize].first;
        let Owner {
            template,
            place,
            alternative,
        } = owner;
        let mut kept = std::mem::take(&mut self.spare);
        kept.push(Reading {
            template,
            place,
            alternative,
            offset,
            weight: 1.0,
        });
        self.advance(model, resolver, &mut kept);
        self.spare = kept;
    }
}
