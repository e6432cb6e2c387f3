//! What a chat completion with `store` leaves behind: itself and the messages it was asked with,
//! as they were sent. Their ids, their stored form and all later calls are the resource engine's
//! matter.

use bytes::BytesMut;
use fakeai_canon::{Delta, Encoder, Keep};
use serde_json::{Value, json};

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

    fn takes_runs(&self) -> bool {
        self.answer.takes_runs()
    }

    fn tells_prompts(&self) -> bool {
        self.answer.tells_prompts()
    }

    fn keep(&mut self) -> Vec<Keep> {
        let mut kept = std::mem::take(&mut self.kept);
        kept.extend(self.answer.keep());
        kept
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
    kept.extend(request.messages.into_iter().map(|message| Keep {
        family: MESSAGES,
        id: String::new(),
        parent: Some(id.clone()),
        object: message,
    }));
    kept
}
