//! The output item that is being written: how it looks when it is announced, and when it is done.

use bytes::BytesMut;
use fakeai_canon::{CallKind, Seed};
use serde_json::{Value, json};

use super::events::Events;
use super::hosted::Hosted;
use super::part::{self, Part};
use super::seal::{self, Kind};

/// An item that is open.
pub(super) struct Item {
    /// Its id.
    pub(super) id: String,
    /// What it is.
    pub(super) body: Body,
}

/// What an item is, with what it holds so far.
pub(super) enum Body {
    /// A message, with its parts.
    Message(Vec<Value>),
    /// Reasoning.
    Reasoning(Reasoning),
    /// A call of a tool of the application's.
    Call(Call),
    /// A call that the provider runs.
    Hosted(Box<Hosted>),
    /// A compaction, with the summary that it seals.
    Compaction(String),
}

/// Reasoning.
#[derive(Default)]
pub(super) struct Reasoning {
    /// What was thought, shown or not.
    pub(super) thought: String,
    /// The parts that are shown.
    pub(super) content: Vec<Value>,
    /// The parts of the summary.
    pub(super) summary: Vec<Value>,
}

/// A call of a tool of the application's.
pub(super) struct Call {
    /// Function or custom tool.
    pub(super) kind: CallKind,
    /// The id by which its output is told.
    pub(super) call_id: String,
    /// The tool.
    pub(super) name: String,
    /// The namespace that the tool lies in.
    pub(super) namespace: Option<String>,
    /// Arguments or input.
    pub(super) text: String,
}

impl Body {
    /// What the ids of such items begin with.
    pub(super) fn prefix(&self) -> &'static str {
        match self {
            Body::Message(_) => "msg_",
            Body::Reasoning(_) => "rs_",
            Body::Call(Call {
                kind: CallKind::Function,
                ..
            }) => "fc_",
            Body::Call(Call {
                kind: CallKind::Custom,
                ..
            }) => "ctc_",
            Body::Hosted(hosted) => hosted.prefix(),
            Body::Compaction(_) => "cmp_",
        }
    }
}

impl Item {
    /// The item as it is announced.
    pub(super) fn announced(&self) -> Value {
        match &self.body {
            Body::Message(_) => message(&self.id, "in_progress", Vec::new()),
            Body::Reasoning(_) => json!({"id": self.id, "type": "reasoning", "summary": []}),
            Body::Call(item) => call(&self.id, "in_progress", item, String::new()),
            Body::Hosted(hosted) => hosted.announced(&self.id),
            Body::Compaction(_) => compaction(&self.id, String::new()),
        }
    }

    /// The item as it is done. `key` seals blobs; reasoning only where `seals_reasoning`.
    pub(super) fn done(self, status: &str, key: Seed, seals_reasoning: bool) -> Value {
        match self.body {
            Body::Message(content) => message(&self.id, status, content),
            Body::Reasoning(reasoning) => {
                thought(&self.id, reasoning, seals_reasoning.then_some(key))
            }
            Body::Call(mut item) => {
                let text = std::mem::take(&mut item.text);
                call(&self.id, status, &item, text)
            }
            Body::Hosted(hosted) => hosted.done(&self.id),
            Body::Compaction(text) => {
                compaction(&self.id, seal::seal(key, Kind::Compaction, &text))
            }
        }
    }
}

impl Reasoning {
    /// Takes in a part that ends.
    pub(super) fn close(&mut self, part: Part, events: &mut Events, out: &mut BytesMut) {
        let kind = part.kind;
        let value = part.close(None, events, out);
        if kind == part::Kind::Summary {
            self.summary.push(value);
        } else if let Value::String(hidden) = &value {
            self.thought.push_str(hidden);
        } else {
            self.thought
                .push_str(value["text"].as_str().unwrap_or_default());
            self.content.push(value);
        }
    }
}

/// A compaction item.
pub(super) fn compaction(id: &str, blob: String) -> Value {
    json!({"id": id, "type": "compaction", "encrypted_content": blob})
}

fn message(id: &str, status: &str, content: Vec<Value>) -> Value {
    json!({
        "id": id,
        "type": "message",
        "status": status,
        "content": content,
        "role": "assistant",
    })
}

fn thought(id: &str, reasoning: Reasoning, key: Option<Seed>) -> Value {
    let mut item = json!({"id": id, "type": "reasoning", "summary": reasoning.summary});
    if !reasoning.content.is_empty() {
        item["content"] = Value::Array(reasoning.content);
    }
    if let Some(key) = key {
        item["encrypted_content"] = seal::seal(key, Kind::Reasoning, &reasoning.thought).into();
    }
    item
}

fn call(id: &str, status: &str, call: &Call, text: String) -> Value {
    let mut item = match call.kind {
        CallKind::Function => json!({
            "id": id,
            "type": "function_call",
            "status": status,
            "arguments": text,
            "call_id": call.call_id,
            "name": call.name,
        }),
        CallKind::Custom => json!({
            "id": id,
            "type": "custom_tool_call",
            "call_id": call.call_id,
            "input": text,
            "name": call.name,
        }),
    };
    if let Some(namespace) = &call.namespace {
        item["namespace"] = namespace.as_str().into();
    }
    item
}
