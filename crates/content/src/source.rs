//! Where the values of an instance come from: the prompt where it names them, else what is
//! plausible for the field. Not here: how values are found, nor the schema.

use fakeai_canon::{Rng, Seed};
use fakeai_contract::{Hint, Literal, Source};

use crate::identifier;
use crate::mention::Prompt;
use crate::prose::{Topic, phrase};
use crate::slots::{Given, Slot, Values, Wants, plausible};
use crate::task;

/// What an instance is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Arguments of a call: nothing that the prompt does not ask for.
    Arguments,
    /// An answer: filled as a writer would.
    Answer,
}

/// Values for one instance.
pub(crate) struct PromptSource<'a> {
    purpose: Purpose,
    values: Values,
    prompt: Prompt,
    text: Box<str>,
    topic: &'a Topic,
    rng: Rng,
    /// Names of slots whose literals or yes-or-no the prompt names.
    named: Vec<String>,
}

/// Answers do not nest optional parts deeper.
const DEEPEST: usize = 4;
/// Lists that a prompt asks for are no longer.
const LONGEST: usize = 50;

impl<'a> PromptSource<'a> {
    /// A source for a schema with these slots.
    pub(crate) fn new(
        purpose: Purpose,
        values: Values,
        slots: &[Slot],
        prompt: &str,
        topic: &'a Topic,
        seed: Seed,
    ) -> Self {
        let text = prompt.into();
        let prompt = Prompt::of(prompt);
        let is_named = |slot: &&Slot| match slot.wants {
            Wants::Choice => slot
                .choices
                .iter()
                .any(|choice| prompt.find(choice).is_some()),
            Wants::Boolean => prompt.yes_or_no(&slot.words).is_some(),
            Wants::Text | Wants::Integer | Wants::Number => false,
        };
        let named = slots
            .iter()
            .filter(is_named)
            .map(|slot| slot.name.clone())
            .collect();
        let rng = seed.fork("instance").rng();
        Self {
            purpose,
            values,
            prompt,
            text,
            topic,
            rng,
            named,
        }
    }

    fn is_arguments(&self) -> bool {
        self.purpose == Purpose::Arguments
    }

    /// A number given by the prompt, or a plausible one, within the bounds.
    fn figure(&mut self, name: &str, low: f64, high: f64) -> f64 {
        const USUAL: (f64, f64) = (1.0, 100.0);
        let fits = |given: &Given| given.number.filter(|number| (low..=high).contains(number));
        if let Some(number) = self.values.next(name).as_ref().and_then(fits) {
            return number;
        }
        let (from, to) = plausible(&identifier::words(name)).unwrap_or(USUAL);
        let (from, to) = match (from.max(low), to.min(high)) {
            (from, to) if from <= to => (from, to),
            _ if low.is_finite() && high.is_finite() => (low, high),
            _ if low.is_finite() => (low, low + USUAL.1),
            _ => (high - USUAL.1, high),
        };
        from + (to - from) * self.rng.unit()
    }
}

impl Source for PromptSource<'_> {
    fn string(&mut self, hint: &Hint<'_>) -> String {
        match self.values.next(hint.name) {
            Some(given) => given.text,
            None => phrase(hint.name, self.topic, &mut self.rng),
        }
    }

    fn integer(&mut self, hint: &Hint<'_>, low: i64, high: i64) -> i64 {
        let figure = self.figure(hint.name, low as f64, high as f64);
        (figure.round() as i64).clamp(low, high)
    }

    fn number(&mut self, hint: &Hint<'_>, low: f64, high: f64) -> f64 {
        let figure = self.figure(hint.name, low, high);
        let rounded = (figure * 100.0).round() / 100.0;
        if (low..=high).contains(&rounded) {
            rounded
        } else {
            figure
        }
    }

    fn boolean(&mut self, hint: &Hint<'_>) -> bool {
        let told = self.prompt.yes_or_no(&identifier::words(hint.name));
        let likely = if self.is_arguments() { 0.3 } else { 0.7 };
        told.unwrap_or_else(|| self.rng.chance(likely))
    }

    fn pick(&mut self, count: usize) -> usize {
        self.rng.below(count)
    }

    fn choose(&mut self, hint: &Hint<'_>, literals: &[&Literal]) -> usize {
        if let Some(given) = self.values.next(hint.name) {
            let is_given = |literal: &&Literal| literal.text() == Some(given.text.as_str());
            if let Some(index) = literals.iter().position(is_given) {
                return index;
            }
        }
        let named = literals.iter().enumerate().filter_map(|(index, literal)| {
            let text = literal
                .text()
                .map_or_else(|| literal.to_value().to_string(), str::to_owned);
            let (at, length) = self.prompt.find(&text)?;
            Some((std::cmp::Reverse(length), at, index))
        });
        match named.min() {
            Some((_, at, index)) => {
                self.prompt.use_up(at);
                index
            }
            None => {
                let texts = literals.iter().map(|literal| literal.text());
                let labels: Option<Vec<&str>> = texts.collect();
                let fitting = labels.and_then(|labels| task::fitting(&labels, &self.text));
                fitting.unwrap_or_else(|| self.rng.below(literals.len()))
            }
        }
    }

    fn length(&mut self, hint: &Hint<'_>, low: usize, high: usize) -> usize {
        let given = self.values.count(hint.name);
        if given > 0 {
            return given.clamp(low, high);
        }
        let usual = if self.is_arguments() {
            1
        } else if hint.depth > DEEPEST {
            0
        } else {
            let asked = self.topic.count.filter(|_| hint.depth <= 1);
            asked.map_or_else(|| 2 + self.rng.below(2), |count| count as usize)
        };
        usual.min(LONGEST).max(low).min(high)
    }

    fn include(&mut self, hint: &Hint<'_>) -> bool {
        let is_named =
            self.values.has(hint.name) || self.named.iter().any(|name| name == hint.name);
        is_named || (!self.is_arguments() && hint.depth <= DEEPEST && self.rng.chance(0.8))
    }

    fn null(&mut self, hint: &Hint<'_>) -> bool {
        let is_named =
            self.values.has(hint.name) || self.named.iter().any(|name| name == hint.name);
        !is_named && (self.is_arguments() || hint.depth > DEEPEST || self.rng.chance(0.3))
    }
}
