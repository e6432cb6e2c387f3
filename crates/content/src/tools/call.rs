//! One call: its tool, the values it takes, and its tokens. Not here: whether it is made.

use std::ops::Range;

use fakeai_canon::{ApiError, CallKind, Grammar, PlannedCall, Schema, Seed, Tokens, Tool};
use serde_json::{Map, Value};

use super::decide::Toolbox;
use super::literal::{Argument, given};
use super::rules::RULES;
use crate::reading::Reading;
use crate::slots::{Candidate, Slot, Values, assign, candidates, slots_of};
use crate::source::{PromptSource, Purpose};
use crate::voice::Voice;
use crate::{grammar, likelihood};

/// What a value loses for standing in another part of the prompt, in an earlier turn, or in what
/// a tool returned.
const OTHER_PART: f64 = 3.0;
const EARLIER: f64 = 4.0;

/// One call to be made.
pub(crate) struct Call {
    /// The tool's place in the request.
    pub(super) tool: usize,
    /// The part of the prompt that wants it.
    pub(super) span: Range<usize>,
    /// Values of the prompt that other calls take.
    pub(super) excluded: Vec<Range<usize>>,
    /// The arguments as the prompt spells them out.
    pub(super) literal: Option<Vec<Argument>>,
    /// The arguments of an earlier call that this one goes on with.
    pub(super) repeats: Option<Map<String, Value>>,
}

impl Call {
    /// Plans the call.
    ///
    /// # Errors
    /// A grammar that can't be followed.
    pub(crate) fn plan(
        &self,
        toolbox: &Toolbox<'_>,
        voice: &Voice<'_>,
        reading: &Reading<'_>,
        seed: Seed,
    ) -> Result<PlannedCall, ApiError> {
        let (name, kind, text) = match toolbox.tool(self.tool) {
            Tool::Function {
                name, parameters, ..
            } => {
                let arguments = self.arguments(parameters.as_ref(), toolbox, voice, reading, seed);
                (name, CallKind::Function, arguments)
            }
            Tool::Custom { name, grammar, .. } => {
                let input = self.input(grammar.as_ref(), voice, reading, seed)?;
                (name, CallKind::Custom, input)
            }
            Tool::Hosted { kind, .. } => (kind, CallKind::Custom, String::new()),
        };
        let mut arguments = Tokens::of(voice.vocabulary, &text);
        likelihood::score(&mut arguments, voice.logprobs(), voice.vocabulary, seed);
        let overhead = voice.vocabulary.count(name) as u32 + RULES.call.marks;
        Ok(PlannedCall {
            name: name.clone(),
            kind,
            arguments,
            overhead,
        })
    }

    fn arguments(
        &self,
        parameters: Option<&Schema>,
        toolbox: &Toolbox<'_>,
        voice: &Voice<'_>,
        reading: &Reading<'_>,
        seed: Seed,
    ) -> String {
        let (Some(parameters), Some(schema)) = (parameters, toolbox.schema(self.tool)) else {
            return "{}".to_owned();
        };
        let slots = slots_of(&parameters.0);
        let candidates = self.candidates(reading);
        let mut values = Values::find(
            &slots,
            &candidates,
            Some(self.text(reading)),
            self.text(reading),
        );
        self.spell_out(&slots, &mut values);
        self.repeat(&slots, reading, &mut values);
        let prompt = self.text(reading);
        let mut source = PromptSource::new(
            Purpose::Arguments,
            values,
            &slots,
            prompt,
            &voice.topic,
            seed,
        );
        schema.nearest(&mut source).to_string()
    }

    /// Puts in the arguments that the prompt spells out: by name, or in the order of the schema.
    fn spell_out(&self, slots: &[Slot], values: &mut Values) {
        for (place, (name, given)) in self.literal.iter().flatten().enumerate() {
            let named = slots.iter().find(|slot| Some(&slot.name) == name.as_ref());
            if let Some(slot) = named.or(slots.get(place)) {
                values.set(&slot.name, given.clone());
            }
        }
    }

    /// Keeps the arguments of the earlier call that the prompt gives no new values for.
    fn repeat(&self, slots: &[Slot], reading: &Reading<'_>, values: &mut Values) {
        let Some(past) = &self.repeats else {
            return;
        };
        let assigned = assign(slots, &candidates(self.text(reading), 0.0));
        for (slot, own) in slots.iter().zip(assigned) {
            let known = past.get(&slot.name).filter(|_| own.is_empty());
            match known {
                Some(Value::Array(items)) => {
                    values.set(&slot.name, items.iter().map(given).collect());
                }
                Some(value) if !value.is_object() => values.set(&slot.name, vec![given(value)]),
                Some(_) | None => {}
            }
        }
    }

    fn input(
        &self,
        bound: Option<&Grammar>,
        voice: &Voice<'_>,
        reading: &Reading<'_>,
        seed: Seed,
    ) -> Result<String, ApiError> {
        if let Some(bound) = bound {
            return grammar::text(bound, &voice.topic, seed);
        }
        let slots = slots_of(&serde_json::json!({
            "properties": {"input": {"type": "string"}}, "required": ["input"]
        }));
        let mut values = Values::find(
            &slots,
            &self.candidates(reading),
            Some(self.text(reading)),
            self.text(reading),
        );
        Ok(values
            .next("input")
            .map_or_else(String::new, |given| given.text))
    }

    fn text<'r>(&self, reading: &'r Reading<'_>) -> &'r str {
        reading
            .asked
            .get(self.span.clone())
            .unwrap_or(&reading.asked)
    }

    /// The values of the call's own part of the prompt, then those around it.
    fn candidates<'r>(&self, reading: &'r Reading<'_>) -> Vec<Candidate<'r>> {
        let mut found = candidates(self.text(reading), 0.0);
        let offset = self.span.start;
        found.retain(|candidate| {
            let at = candidate.fact.at.start + offset;
            !self.excluded.iter().any(|other| other.contains(&at))
        });
        if self.span.len() < reading.asked.len() {
            let around = candidates(&reading.asked, OTHER_PART);
            found.extend(around.into_iter().filter(|candidate| {
                let at = candidate.fact.at.start;
                !self.span.contains(&at) && !self.excluded.iter().any(|other| other.contains(&at))
            }));
        }
        let results = reading.results.iter().map(|outcome| &outcome.text);
        for (turn, text) in results.chain(&reading.earlier).enumerate() {
            found.extend(candidates(text, EARLIER + turn as f64));
        }
        found
    }
}
