//! What an answer leaves in the store: the response, the items that it was given, pointers to the
//! items that it made, and both again as items of its conversation.

use fakeai_canon::{Keep, Seed};
use serde_json::{Value, json};

use super::content::{owned, text};
use super::history::{CONTAINERS, CONVERSATION_ITEMS, INPUT_ITEMS, OUTPUT_ITEMS, RESPONSES};
use super::input;
use super::object::{self, Object};

/// Where the objects of an answer go.
#[derive(Clone, Copy)]
pub(super) struct Places<'a> {
    /// The response.
    pub(super) response: &'a str,
    /// The conversation that it belongs to.
    pub(super) conversation: Option<&'a str>,
    /// Whether the response is stored.
    pub(super) store: bool,
}

impl Places<'_> {
    /// The items of the request. `ids` make the ids of those that have none.
    pub(super) fn given(self, input: Vec<Value>, ids: Seed) -> Vec<Keep> {
        let mut keeps = Vec::new();
        for (index, item) in input.into_iter().enumerate() {
            let object = input::listed(item, ids, index);
            self.converse(&object, &mut keeps);
            if self.store {
                let id = owned(&object, "id");
                let parent = Some(self.response.to_owned());
                keeps.push(Keep {
                    family: INPUT_ITEMS,
                    id,
                    parent,
                    object,
                });
            }
        }
        keeps
    }

    /// The items of the answer.
    pub(super) fn made(self, output: &Value) -> Vec<Keep> {
        let mut keeps = Vec::new();
        for item in output.as_array().into_iter().flatten() {
            self.converse(item, &mut keeps);
            if self.store {
                let id = owned(item, "id");
                let object = json!({"id": id, "response_id": self.response});
                let parent = Some(self.response.to_owned());
                keeps.push(Keep {
                    family: OUTPUT_ITEMS,
                    id,
                    parent,
                    object,
                });
            }
        }
        keeps
    }

    fn converse(self, item: &Value, keeps: &mut Vec<Keep>) {
        let Some(conversation) = self.conversation else {
            return;
        };
        let kind = text(item, "type").unwrap_or_default();
        // Several agents are a matter of responses only; conversations have no such items.
        if kind.starts_with("multi_agent_") || kind == "agent_message" {
            return;
        }
        let mut object = item.clone();
        if let Some(fields) = object.as_object_mut() {
            fields.shift_remove("agent");
            if kind.starts_with("custom_tool_call") {
                fields.shift_remove("status");
            }
        }
        keeps.push(Keep {
            family: CONVERSATION_ITEMS,
            id: owned(item, "id"),
            parent: Some(conversation.to_owned()),
            object,
        });
    }
}

/// The containers that the calls of an answer ran in: those that the request names are used, others
/// are made, or used again, with what the tool and the conversation have for them.
pub(super) fn containers(object: &Object, files: &[String]) -> Vec<Keep> {
    let output = object.get("output").and_then(Value::as_array);
    let mut used: Vec<Keep> = Vec::new();
    for item in output.into_iter().flatten() {
        let Some(keep) = container(object, item, files) else {
            continue;
        };
        if used.iter().all(|other| other.id != keep.id) {
            used.push(keep);
        }
    }
    used
}

fn container(object: &Object, item: &Value, files: &[String]) -> Option<Keep> {
    let (tool, place, at) = match text(item, "type")? {
        "code_interpreter_call" => ("code_interpreter", item, "container"),
        "shell_call" => ("shell", &item["environment"], "environment"),
        _ => return None,
    };
    let settings = if object::container(object, tool).is_some() {
        json!({})
    } else {
        let mut tools = object.get("tools")?.as_array()?.iter();
        let settings = tools.find(|offered| offered["type"] == tool)?;
        let mut settings = settings[at].as_object().cloned().unwrap_or_default();
        let named = settings.get("file_ids").and_then(Value::as_array);
        let mut ids = named.cloned().unwrap_or_default();
        if tool == "code_interpreter" {
            ids.extend(files.iter().map(|id| json!(id)));
        }
        settings.insert("file_ids".to_owned(), Value::Array(ids));
        Value::Object(settings)
    };
    Some(Keep {
        family: CONTAINERS,
        id: text(place, "container_id")?.to_owned(),
        parent: None,
        object: settings,
    })
}

/// The response itself.
pub(super) fn response(object: Object) -> Keep {
    let object = Value::Object(object);
    Keep {
        family: RESPONSES,
        id: owned(&object, "id"),
        parent: None,
        object,
    }
}

/// A response that only its connection remembers: with all that came before it among its items, so
/// that it stands for the whole chain.
pub(super) fn remembered(
    mut object: Object,
    before: Vec<Value>,
    input: &[Value],
    ids: Seed,
) -> Vec<Keep> {
    object.insert("previous_response_id".to_owned(), Value::Null);
    let id = owned(&Value::Object(object.clone()), "id");
    let places = Places {
        response: &id,
        conversation: None,
        store: true,
    };
    let items = before.into_iter().chain(input.iter().cloned()).collect();
    let mut keeps = vec![response(object)];
    keeps.extend(places.given(items, ids));
    keeps
}
