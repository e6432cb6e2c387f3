//! What a chat completion with `store` leaves behind: itself and the messages it was asked with.
//! Reading and changing them later is the resource engine's matter.

use bytes::BytesMut;
use fakeai_canon::{Delta, Encoder, Keep};
use serde_json::{Map, Value, json};

use super::fold::Fold;
use crate::openai::fields::Fields;

const COMPLETIONS: &str = "chat.completions";
const MESSAGES: &str = "chat.completions.messages";

/// What the stored objects take from the request.
pub(super) struct StoredMessages {
    metadata: Value,
    messages: Vec<Value>,
}

impl StoredMessages {
    /// None where the request does not ask for `store`.
    pub(super) fn of(body: &mut Fields) -> Option<Self> {
        let metadata = body.take("metadata");
        if !body.boolean("store")? {
            return None;
        }
        Some(Self {
            metadata: metadata.unwrap_or_else(|| json!({})),
            messages: body
                .peek("messages")
                .and_then(Value::as_array)
                .cloned()
                .unwrap_or_default(),
        })
    }
}

/// Writes an answer and keeps a folded copy of it.
pub(super) struct Stored {
    answer: Box<dyn Encoder>,
    copy: Fold,
    messages: Option<StoredMessages>,
    kept: Vec<Keep>,
}

impl Stored {
    pub(super) fn new(answer: Box<dyn Encoder>, copy: Fold, messages: StoredMessages) -> Self {
        Self {
            answer,
            copy,
            messages: Some(messages),
            kept: Vec::new(),
        }
    }
}

impl Encoder for Stored {
    fn write(&mut self, delta: Delta<'_>, out: &mut BytesMut) {
        self.answer.write(delta, out);
        let mut body = BytesMut::new();
        self.copy.write(delta, &mut body);
        // The copy writes nothing before the end, and then the whole object.
        if !body.is_empty()
            && let Some(messages) = self.messages.take()
        {
            self.kept = keeps(&body, messages);
        }
    }

    fn keep(&mut self) -> Vec<Keep> {
        std::mem::take(&mut self.kept)
    }
}

fn keeps(body: &[u8], request: StoredMessages) -> Vec<Keep> {
    let Ok(mut object) = serde_json::from_slice::<Value>(body) else {
        return Vec::new();
    };
    let id = object["id"].as_str().unwrap_or_default().to_owned();
    object["metadata"] = request.metadata;
    let mut kept = vec![Keep {
        family: COMPLETIONS,
        id: id.clone(),
        parent: None,
        object,
    }];
    kept.extend(
        request
            .messages
            .into_iter()
            .enumerate()
            .map(|(index, message)| {
                let message_id = format!("{id}-{index}");
                let object = stored_message(message, &message_id);
                Keep {
                    family: MESSAGES,
                    id: message_id,
                    parent: Some(id.clone()),
                    object,
                }
            }),
    );
    kept
}

/// A message as the list of a stored completion's messages shows it: plain text stands in
/// `content`, parts in `content_parts`, of which the contract knows texts and images.
fn stored_message(message: Value, id: &str) -> Value {
    let mut fields = Fields::of(message);
    let (content, parts) = match fields.take("content") {
        Some(Value::Array(parts)) => (Value::Null, parts.into_iter().filter(shown).collect()),
        Some(text) => (text, Value::Null),
        None => (Value::Null, Value::Null),
    };
    let mut object = Map::new();
    object.insert("id".to_owned(), id.into());
    object.insert("role".to_owned(), fields.take("role").unwrap_or_default());
    object.insert("content".to_owned(), content);
    object.insert(
        "refusal".to_owned(),
        fields.take("refusal").unwrap_or_default(),
    );
    object.insert("content_parts".to_owned(), parts);
    for name in ["tool_calls", "function_call"] {
        if let Some(value) = fields.take(name) {
            object.insert(name.to_owned(), value);
        }
    }
    Value::Object(object)
}

fn shown(part: &Value) -> bool {
    matches!(part["type"].as_str(), Some("text" | "image_url"))
}
