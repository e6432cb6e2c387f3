//! Text that is bound to a format: JSON objects, instances of a schema, texts in a grammar. Not
//! here: free text, nor how an instance is made.

use fakeai_canon::{ApiError, Format, Grammar, Mode, Seed};
use fakeai_contract::UserSchema;
use serde_json::Value;

use crate::prose::Topic;
use crate::reading::Reading;
use crate::slots::{Candidate, Slot, Values, candidates, slots_of};
use crate::source::{PromptSource, Purpose};
use crate::voice::Voice;
use crate::{grammar, object};

/// What a request's text is bound to.
pub(crate) enum Bound {
    /// Nothing.
    Free,
    /// Being a JSON object.
    Object,
    /// A schema.
    Schema(Box<Shape>),
    /// A grammar.
    Grammar(Grammar),
}

/// A schema with its slots.
pub(crate) struct Shape {
    schema: UserSchema,
    slots: Vec<Slot>,
    /// Whether an answer must be an instance; else it comes as near as it can.
    is_strict: bool,
}

/// What a value loses for standing in a tool's result or an earlier turn.
const EARLIER: f64 = 2.0;

impl Bound {
    /// Reads a format.
    ///
    /// # Errors
    /// In realistic mode, a schema that the provider refuses.
    pub(crate) fn of(format: &Format, mode: Mode) -> Result<Self, ApiError> {
        match format {
            Format::Text => Ok(Bound::Free),
            Format::JsonObject => Ok(Bound::Object),
            Format::Grammar(grammar) => Ok(Bound::Grammar(grammar.clone())),
            Format::JsonSchema {
                name,
                schema,
                strict,
            } => {
                let is_strict = *strict && mode == Mode::Realistic;
                match (Shape::compile(&schema.0, is_strict), mode) {
                    (Ok(shape), _) => Ok(Bound::Schema(Box::new(shape))),
                    (Err(_), Mode::Mock) => Ok(Bound::Object),
                    (Err(error), Mode::Realistic) => {
                        let refusal = ApiError::invalid(error.response_format(name));
                        let refusal = refusal.param("response_format");
                        Err(match error.code() {
                            Some(code) => refusal.code(code),
                            None => refusal,
                        })
                    }
                }
            }
        }
    }

    /// The text, where it is bound to anything.
    ///
    /// # Errors
    /// A schema that nothing fits, or a grammar that can't be followed.
    pub(crate) fn text(
        &self,
        voice: &Voice<'_>,
        reading: &Reading<'_>,
        seed: Seed,
    ) -> Result<Option<String>, ApiError> {
        match self {
            Bound::Free => Ok(None),
            Bound::Object => {
                let shape = Shape::compile(&object::schema(&reading.asked), false);
                let shape =
                    shape.map_err(|error| ApiError::invalid(error.response_format("json")))?;
                shape.instance(reading, &voice.topic, seed).map(Some)
            }
            Bound::Schema(shape) => shape.instance(reading, &voice.topic, seed).map(Some),
            Bound::Grammar(grammar) => grammar::text(grammar, &voice.topic, seed).map(Some),
        }
    }
}

impl Shape {
    fn compile(schema: &Value, strict: bool) -> Result<Self, fakeai_contract::SchemaError> {
        let compiled = UserSchema::compile(schema, strict)?;
        Ok(Self {
            schema: compiled,
            slots: slots_of(schema),
            is_strict: strict,
        })
    }

    fn instance(
        &self,
        reading: &Reading<'_>,
        topic: &Topic,
        seed: Seed,
    ) -> Result<String, ApiError> {
        let values = Values::find(&self.slots, &named(reading), None, &reading.asked);
        let asked = &reading.asked;
        let mut source =
            PromptSource::new(Purpose::Answer, values, &self.slots, asked, topic, seed);
        if !self.is_strict {
            return Ok(self.schema.nearest(&mut source).to_string());
        }
        match self.schema.instance(&mut source) {
            Ok(instance) => Ok(instance.to_string()),
            Err(_) => Err(ApiError::invalid(
                "No value can satisfy the schema of 'response_format'.",
            )
            .param("response_format")),
        }
    }
}

/// The values of the prompt, then those of results and of earlier turns.
fn named<'r>(reading: &'r Reading<'_>) -> Vec<Candidate<'r>> {
    let mut found = candidates(&reading.asked, 0.0);
    let results = reading.results.iter().map(|outcome| &outcome.text);
    for (turn, text) in results.chain(&reading.earlier).enumerate() {
        found.extend(candidates(text, EARLIER + turn as f64));
    }
    found
}
