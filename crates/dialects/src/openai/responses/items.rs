//! Items of a conversation, read into the turns that every dialect shares. What a client sends,
//! what a response left and what lies in a conversation all take the same way.

use std::collections::HashMap;

use fakeai_canon::{ApiError, CallKind, Message, Mode, Part, PastCall, Role, Seed};
use serde_json::Value;

use super::content::{self, owned, text};
use super::seal::{self, Kind};

/// A conversation as it is read, item by item.
pub(super) struct Transcript {
    mode: Mode,
    key: Seed,
    /// The turns so far.
    pub(super) messages: Vec<Message>,
    /// Definitions of tools that stood among the items.
    pub(super) tools: Vec<Value>,
    /// Whether the last item is the request to compact what came before.
    pub(super) compaction_wanted: bool,
    /// The container in which a program ran last.
    pub(super) container: Option<String>,
    /// Calls of functions and custom tools by id, and whether they were answered.
    calls: HashMap<String, Asked>,
    /// The ids in the order of the calls.
    order: Vec<String>,
    /// Ids of the items so far.
    ids: HashMap<String, ()>,
    /// A reasoning item of the request that waits for the item it led to.
    reasoning: Option<String>,
}

struct Asked {
    kind: CallKind,
    answered: bool,
}

/// Item types whose tools the provider runs itself: call and outcome are one item.
const HOSTED: [&str; 6] = [
    "web_search_call",
    "file_search_call",
    "code_interpreter_call",
    "image_generation_call",
    "mcp_call",
    "mcp_list_tools",
];

impl Transcript {
    /// An empty one. `key` opens sealed blobs.
    pub(super) fn new(mode: Mode, key: Seed) -> Self {
        Self {
            mode,
            key,
            messages: Vec::new(),
            tools: Vec::new(),
            compaction_wanted: false,
            container: None,
            calls: HashMap::new(),
            order: Vec::new(),
            ids: HashMap::new(),
            reasoning: None,
        }
    }

    /// Forgets all turns: a compaction took their place.
    pub(super) fn clear(&mut self) {
        *self = Self::new(self.mode, self.key);
    }

    /// Appends an item that lies in the store.
    ///
    /// # Errors
    /// As for any other item; what was stored has been read once before.
    pub(super) fn push_stored(&mut self, item: &Value) -> Result<(), ApiError> {
        self.push(item, &|| "input".to_owned())?;
        self.reasoning = None;
        Ok(())
    }

    /// Appends an item of the request; `place` is its path.
    ///
    /// # Errors
    /// Media and sealed blobs that can't be read, outputs of calls nobody made, an id that is
    /// there already, all in realistic mode.
    pub(super) fn push(
        &mut self,
        item: &Value,
        place: &dyn Fn() -> String,
    ) -> Result<(), ApiError> {
        self.register(item)?;
        let kind = text(item, "type").unwrap_or("message");
        self.compaction_wanted = kind == "compaction_trigger";
        match kind {
            "message" => self.message(item, place)?,
            "reasoning" => self.think(item)?,
            "function_call" => self.call(item, CallKind::Function),
            "custom_tool_call" => self.call(item, CallKind::Custom),
            "function_call_output" | "custom_tool_call_output" => self.output(item, place)?,
            "compaction" | "compaction_summary" => self.compaction(item)?,
            "additional_tools" => {
                self.tools
                    .extend(item["tools"].as_array().into_iter().flatten().cloned());
            }
            "compaction_trigger" => {}
            other if other.ends_with("_output") || other == "mcp_approval_response" => {
                self.outcome(item, place)?;
            }
            other => {
                if other == "code_interpreter_call" {
                    self.container = text(item, "container_id").map(str::to_owned);
                }
                self.other_call(item, other, place)?;
            }
        }
        Ok(())
    }

    /// Whether the same item is here twice.
    fn register(&mut self, item: &Value) -> Result<(), ApiError> {
        let Some(id) = text(item, "id").filter(|_| self.mode == Mode::Realistic) else {
            return Ok(());
        };
        if self.ids.insert(id.to_owned(), ()).is_some() {
            return Err(ApiError::invalid(format!(
                "Duplicate item found with id {id}. Remove duplicate items from your input and \
                 try again."
            ))
            .param("input"));
        }
        Ok(())
    }

    fn message(&mut self, item: &Value, place: &dyn Fn() -> String) -> Result<(), ApiError> {
        let role = role(text(item, "role").unwrap_or_default());
        let parts = content::parts(
            &item["content"],
            &|| format!("{}.content", place()),
            self.mode,
        )?;
        if role == Role::Assistant {
            self.reasoning = None;
            self.assistant().parts.extend(parts);
            return Ok(());
        }
        self.reasoning_is_followed()?;
        self.messages.push(Message {
            parts,
            ..Message::text(role, "")
        });
        Ok(())
    }

    fn think(&mut self, item: &Value) -> Result<(), ApiError> {
        self.reasoning = text(item, "id").map(str::to_owned);
        let sealed = match text(item, "encrypted_content") {
            Some(blob) => self.unseal(Kind::Reasoning, blob)?,
            None => None,
        };
        if let Some(text) = sealed {
            self.assistant().parts.push(Part::Reasoning(text));
        } else if let Some(shown) = item["content"].as_array() {
            let texts = shown
                .iter()
                .map(|part| Part::Reasoning(owned(part, "text")));
            self.assistant().parts.extend(texts);
        }
        Ok(())
    }

    fn compaction(&mut self, item: &Value) -> Result<(), ApiError> {
        self.reasoning_is_followed()?;
        let blob = text(item, "encrypted_content").unwrap_or_default();
        if let Some(text) = self.unseal(Kind::Compaction, blob)? {
            self.messages.push(Message::text(Role::Developer, text));
        }
        Ok(())
    }

    fn unseal(&self, kind: Kind, blob: &str) -> Result<Option<String>, ApiError> {
        match seal::unseal(self.key, kind, blob) {
            None if self.mode == Mode::Realistic => Err(seal::rejected(blob)),
            text => Ok(text),
        }
    }

    fn call(&mut self, item: &Value, kind: CallKind) {
        self.reasoning = None;
        let id = owned(item, "call_id");
        let field = match kind {
            CallKind::Function => "arguments",
            CallKind::Custom => "input",
        };
        self.calls.insert(
            id.clone(),
            Asked {
                kind,
                answered: false,
            },
        );
        self.order.push(id.clone());
        let call = PastCall {
            id,
            name: owned(item, "name"),
            arguments: owned(item, field),
            kind,
        };
        self.assistant().calls.push(call);
    }

    fn output(&mut self, item: &Value, place: &dyn Fn() -> String) -> Result<(), ApiError> {
        self.reasoning_is_followed()?;
        let id = owned(item, "call_id");
        match self.calls.get_mut(&id) {
            Some(call) => call.answered = true,
            None if self.mode == Mode::Mock => {}
            None => {
                let what = match text(item, "type") {
                    Some("custom_tool_call_output") => "custom tool call output",
                    _ => "function call output",
                };
                let message = format!("No tool call found for {what} with call_id {id}.");
                return Err(ApiError::invalid(message).param("input"));
            }
        }
        self.answer(id, &item["output"], place)
    }

    /// What came of a call that is no function's: of a shell, a computer, a patch.
    fn outcome(&mut self, item: &Value, place: &dyn Fn() -> String) -> Result<(), ApiError> {
        self.reasoning_is_followed()?;
        let id = ["call_id", "approval_request_id", "id"]
            .iter()
            .find_map(|name| text(item, name));
        let outcome = ["output", "result", "tools", "approve"]
            .iter()
            .find_map(|name| item.get(name))
            .unwrap_or(&Value::Null);
        self.answer(id.unwrap_or_default().to_owned(), outcome, place)
    }

    /// A call that is no function's. One that the provider ran carries its outcome.
    fn other_call(
        &mut self,
        item: &Value,
        kind: &str,
        place: &dyn Fn() -> String,
    ) -> Result<(), ApiError> {
        self.reasoning = None;
        let id = text(item, "call_id")
            .or(text(item, "id"))
            .unwrap_or_default()
            .to_owned();
        let subject = [
            "action",
            "actions",
            "operation",
            "arguments",
            "code",
            "queries",
            "server_label",
        ]
        .iter()
        .find_map(|name| item.get(name).filter(|value| !value.is_null()));
        let name = text(item, "name").unwrap_or(kind.trim_end_matches("_call"));
        let call = PastCall {
            id: id.clone(),
            name: name.to_owned(),
            arguments: subject.map(spelled).unwrap_or_default(),
            kind: CallKind::Custom,
        };
        self.assistant().calls.push(call);
        if !HOSTED.contains(&kind) {
            return Ok(());
        }
        let outcome = ["results", "outputs", "output", "tools"]
            .iter()
            .find_map(|name| item.get(name))
            .unwrap_or(&Value::Null);
        self.answer(id, outcome, place)
    }

    fn answer(
        &mut self,
        id: String,
        output: &Value,
        place: &dyn Fn() -> String,
    ) -> Result<(), ApiError> {
        let is_content = |value: &Value| {
            let kind = text(value, "type").unwrap_or_default();
            kind.starts_with("input_") || kind == "computer_screenshot"
        };
        let parts = match output {
            Value::Null => Vec::new(),
            Value::Array(items) if items.iter().all(is_content) => {
                content::parts(output, &|| format!("{}.output", place()), self.mode)?
            }
            Value::Object(_) if is_content(output) => {
                content::parts(output, &|| format!("{}.output", place()), self.mode)?
            }
            other => vec![Part::Text(spelled(other))],
        };
        let turn = Message {
            parts,
            answers: Some(id),
            ..Message::text(Role::Tool, "")
        };
        self.messages.push(turn);
        Ok(())
    }

    /// The model's turn that is being built: one runs until somebody else speaks.
    fn assistant(&mut self) -> &mut Message {
        if self
            .messages
            .last()
            .is_none_or(|message| message.role != Role::Assistant)
        {
            let turn = Message {
                parts: Vec::new(),
                ..Message::text(Role::Assistant, "")
            };
            self.messages.push(turn);
        }
        self.messages
            .last_mut()
            .expect("one was pushed where there was none")
    }

    fn reasoning_is_followed(&mut self) -> Result<(), ApiError> {
        match self.reasoning.take() {
            Some(id) if self.mode == Mode::Realistic => Err(ApiError::invalid(format!(
                "Item '{id}' of type 'reasoning' was provided without its required following item."
            ))
            .param("input")),
            _ => Ok(()),
        }
    }

    /// Says that no more items come.
    ///
    /// # Errors
    /// In realistic mode: a call that nobody answered, reasoning that leads to nothing.
    pub(super) fn finish(&mut self) -> Result<(), ApiError> {
        self.reasoning_is_followed()?;
        if self.mode == Mode::Mock {
            return Ok(());
        }
        for id in &self.order {
            let call = &self.calls[id];
            if !call.answered {
                let what = match call.kind {
                    CallKind::Function => "function call",
                    CallKind::Custom => "custom tool call",
                };
                let message = format!("No tool output found for {what} {id}.");
                return Err(ApiError::invalid(message).param("input"));
            }
        }
        Ok(())
    }
}

fn role(name: &str) -> Role {
    match name {
        "user" => Role::User,
        "assistant" => Role::Assistant,
        "system" => Role::System,
        _ => Role::Developer,
    }
}

/// A string as it is, anything else as JSON.
fn spelled(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
