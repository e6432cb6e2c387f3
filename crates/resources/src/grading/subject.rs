//! What is graded: an item of a data source and a model's answer to it.

use serde_json::{Value, json};

/// An item and an answer, as templates name them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Subject {
    /// `item`: a row of the data source.
    pub(crate) item: Value,
    /// `sample`: the answer; null where there is none.
    pub(crate) sample: Value,
}

impl Subject {
    /// An item with an answer that is nothing but a text.
    pub(crate) fn of_text(item: Value, text: &str) -> Self {
        Self {
            item,
            sample: sample_of(text, Value::Null),
        }
    }
}

/// A sample as templates see it: its text, what its text says where it is JSON, and its calls.
pub(crate) fn sample_of(text: &str, tools: Value) -> Value {
    let mut sample = json!({"output_text": text});
    if let Ok(json) = serde_json::from_str::<Value>(text)
        && (json.is_object() || json.is_array())
    {
        sample["output_json"] = json;
    }
    if !tools.is_null() {
        sample["output_tools"] = tools;
    }
    sample
}
