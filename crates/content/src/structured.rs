//! Text that is bound to a format: JSON objects, instances of a schema, texts in a grammar. Not
//! here: free text, nor how an instance is made.

use fakeai_canon::{ApiError, Format, Grammar, Mode, Seed};
use fakeai_contract::UserSchema;
use serde_json::Value;

use crate::facts::FactKind;
use crate::prompted::{Prompted, is_form};
use crate::prose::Topic;
use crate::reading::Reading;
use crate::slots::{Candidate, Slot, Values, candidates, slots_of};
use crate::source::{PromptSource, Purpose};
use crate::voice::Voice;
use crate::{agents, grammar, passages};

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
                let form = Prompted::of_object(reading);
                let text = asked_for(&form, voice, reading, seed);
                // A schema of the prompt's that can't be read is no fault of the request's.
                let usual = || asked_for(&Prompted::usual(reading), voice, reading, seed);
                Ok(text.or_else(usual))
            }
            Bound::Schema(shape) => {
                let instance = shape.instance(reading, &reading.asked, &voice.topic, seed)?;
                Ok(Some(instance.to_string()))
            }
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

    /// An instance with the values of `asked`, then those of results and of earlier turns.
    fn instance(
        &self,
        reading: &Reading<'_>,
        asked: &str,
        topic: &Topic,
        seed: Seed,
    ) -> Result<Value, ApiError> {
        let mut named = named(reading, asked);
        // A key that the prompt quotes is no value, nor is the form's own name.
        let is_key = |text: &str| self.slots.iter().any(|slot| slot.name == text);
        named.retain(|one| {
            let kind = one.fact.kind;
            let names_key = kind == FactKind::Quoted && is_key(&one.fact.text);
            let names_form = kind == FactKind::Name && is_form(&one.fact.text);
            !(names_key || names_form)
        });
        let values = Values::find(&self.slots, &named, None, asked);
        let mut source =
            PromptSource::new(Purpose::Answer, values, &self.slots, asked, topic, seed);
        let made = match self.is_strict {
            false => self.schema.nearest(&mut source),
            true => self.schema.instance(&mut source).map_err(|_| {
                ApiError::invalid("No value can satisfy the schema of 'response_format'.")
                    .param("response_format")
            })?,
        };
        Ok(self.answered(made, reading))
    }

    /// The same instance with the answer of the prompt's passages, where it has a field for one.
    fn answered(&self, made: Value, reading: &Reading<'_>) -> Value {
        let mut slots = self.slots.iter().map(|slot| slot.name.as_str());
        let Some(field) = slots.find(|name| passages::is_answer(name) && made[*name].is_string())
        else {
            return made;
        };
        let known = agents::observed(reading).or_else(|| passages::of_chat(reading));
        let Some(answer) = known else {
            return made;
        };
        let mut answered = made.clone();
        answered[field] = answer.into();
        match self.schema.validate(&answered) {
            Ok(()) => answered,
            Err(_) => made,
        }
    }
}

/// A text in the form that the prompt wants; none where its schema can't be read.
pub(crate) fn asked_for(
    form: &Prompted<'_>,
    voice: &Voice<'_>,
    reading: &Reading<'_>,
    seed: Seed,
) -> Option<String> {
    let shape = Shape::compile(&form.schema, false).ok()?;
    let own = (form.matter != reading.asked).then(|| Topic::of(&form.matter));
    let topic = own.as_ref().unwrap_or(&voice.topic);
    let instance = shape.instance(reading, &form.matter, topic, seed).ok()?;
    Some(form.written(&instance))
}

fn named<'r>(reading: &'r Reading<'_>, asked: &'r str) -> Vec<Candidate<'r>> {
    let mut found = candidates(asked, 0.0);
    let results = reading.results.iter().map(|outcome| &outcome.text);
    for (turn, text) in results.chain(&reading.earlier).enumerate() {
        found.extend(candidates(text, EARLIER + turn as f64));
    }
    found
}
