//! A text that a regular expression matches as a whole. Not here: the expression's own syntax,
//! which is that of patterns in schemas.

use fakeai_canon::Rng;
use fakeai_contract::{Hint, Source, UserSchema};
use serde_json::{Value, json};

use crate::prose::Topic;

/// A match; none where the expression can't be read or nothing matches it.
pub(super) fn text(expression: &str, topic: &Topic, rng: &mut Rng) -> Option<String> {
    let schema = json!({"type": "string", "pattern": format!("^(?:{expression})$")});
    let schema = UserSchema::compile(&schema, false).ok()?;
    let mut source = Words { topic, rng };
    match schema.instance(&mut source).ok()? {
        Value::String(text) => Some(text),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            None
        }
    }
}

/// The topic's own words where they match, else whatever does.
struct Words<'a> {
    topic: &'a Topic,
    rng: &'a mut Rng,
}

impl Source for Words<'_> {
    fn string(&mut self, _hint: &Hint<'_>) -> String {
        let named = self
            .topic
            .quoted
            .iter()
            .chain(&self.topic.numbers)
            .chain(&self.topic.keywords);
        named.into_iter().next().cloned().unwrap_or_default()
    }

    fn integer(&mut self, _hint: &Hint<'_>, low: i64, high: i64) -> i64 {
        self.rng.between(low, high)
    }

    fn number(&mut self, _hint: &Hint<'_>, low: f64, high: f64) -> f64 {
        low + (high - low) * self.rng.unit()
    }

    fn boolean(&mut self, _hint: &Hint<'_>) -> bool {
        self.rng.chance(0.5)
    }

    fn pick(&mut self, count: usize) -> usize {
        self.rng.below(count)
    }
}
