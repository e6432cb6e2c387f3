//! A world for responses: opens requests, plays plans, keeps what answers leave behind, and holds
//! every body, event and kept object against the contract.

use std::sync::{Arc, Mutex};

use bytes::BytesMut;
use fakeai_canon::{
    ApiError, Choice, Delta, Keep, Message, Micros, Mode, Seed, Shelf, Start, Work,
};
use fakeai_catalog::Catalog;
use fakeai_dialects::openai::ENDPOINTS;
use fakeai_dialects::{Context, Decoded, Opened};
use serde_json::{Value, json};

use crate::house;
use crate::player;

pub(crate) const CREATE: &str = "createResponse";

/// Stored objects, in the order in which they came.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) kept: Mutex<Vec<Keep>>,
    /// Whether the objects are held against the schemas of the beta.
    pub(crate) beta: bool,
}

impl Shelf for World {
    fn object(&self, family: &str, id: &str) -> Option<Arc<Value>> {
        let kept = self.kept.lock().unwrap();
        let found = kept
            .iter()
            .rev()
            .find(|keep| keep.family == family && keep.id == id);
        found.map(|keep| Arc::new(keep.object.clone()))
    }

    fn children(&self, family: &str, parent: &str) -> Vec<Arc<Value>> {
        let kept = self.kept.lock().unwrap();
        let mine = |keep: &&Keep| keep.family == family && keep.parent.as_deref() == Some(parent);
        kept.iter()
            .filter(mine)
            .map(|keep| Arc::new(keep.object.clone()))
            .collect()
    }
}

impl World {
    /// Opens a call of an operation.
    pub(crate) fn open_as(
        &self,
        operation: &str,
        body: Value,
        mode: Mode,
    ) -> Result<Opened, ApiError> {
        let endpoint = ENDPOINTS
            .iter()
            .find(|endpoint| endpoint.operation == operation)
            .unwrap();
        let call = Decoded {
            files: Vec::new(),
            base: "http://localhost".to_owned(),
            body,
            params: Vec::new(),
            query: json!({}),
        };
        let catalog = Catalog::builtin();
        (endpoint.open)(
            call,
            &Context {
                mode,
                catalog,
                shelf: self,
                seal: Seed(5),
                now: fakeai_canon::Micros::ZERO,
                remembers: false,
                generates: true,
                templates: &[],
            },
        )
    }

    /// Opens a `createResponse` in realistic mode.
    pub(crate) fn open(&self, body: Value) -> Result<Opened, ApiError> {
        self.open_as(CREATE, body, Mode::Realistic)
    }

    /// What a request makes the model see.
    pub(crate) fn messages(&self, body: Value) -> Vec<Message> {
        house::generate(&self.open(body).unwrap()).input_messages()
    }

    /// The message of the error that a request gets, with its param and code.
    pub(crate) fn refusal(&self, body: Value) -> (String, Option<String>, Option<String>) {
        let error = self.open(body).err().expect("a refusal");
        (
            error.message,
            error.param,
            error.code.map(|code| code.into_owned()),
        )
    }

    /// Answers a request that does not stream with one choice; the prompt has 9 tokens.
    pub(crate) fn fold(&self, body: Value, choice: Choice) -> Value {
        let mut opened = self.open(body).unwrap();
        assert!(!opened.stream);
        let text = player::play(opened.encoder.as_mut(), &house::plan(vec![choice]), 9);
        self.keep(opened.encoder.keep());
        let body: Value = serde_json::from_str(&text).unwrap();
        check_body(CREATE, &body);
        body
    }

    /// Answers a request as a stream of events, each checked and numbered without a gap.
    pub(crate) fn stream(&self, mut body: Value, choice: Choice) -> Vec<Value> {
        body["stream"] = Value::Bool(true);
        let mut opened = self.open(body).unwrap();
        let text = player::play(opened.encoder.as_mut(), &house::plan(vec![choice]), 9);
        self.keep(opened.encoder.keep());
        events(&text)
    }

    pub(crate) fn keep(&self, keeps: Vec<Keep>) {
        for keep in &keeps {
            check_kept(keep, self.beta);
        }
        self.kept.lock().unwrap().extend(keeps);
    }

    /// Puts an object on the shelf.
    pub(crate) fn put(&self, family: &'static str, id: &str, object: Value) {
        let keep = Keep {
            family,
            id: id.to_owned(),
            parent: None,
            object,
        };
        self.kept.lock().unwrap().push(keep);
    }

    /// Ids of the kept objects of a family.
    pub(crate) fn ids(&self, family: &str) -> Vec<String> {
        let kept = self.kept.lock().unwrap();
        kept.iter()
            .filter(|keep| keep.family == family)
            .map(|keep| keep.id.clone())
            .collect()
    }
}

/// A start like the player's.
pub(crate) fn start() -> Start {
    Start {
        ids: Seed(7),
        created: player::CREATED,
        usage: Default::default(),
        vocabulary: Some(&player::Letters),
        screening: None,
        prompts: Vec::new(),
    }
}

/// Writes deltas by hand and gives the text.
pub(crate) fn write(opened: &mut Opened, deltas: &[Delta<'_>]) -> String {
    let mut out = BytesMut::new();
    deltas
        .iter()
        .for_each(|delta| opened.encoder.write(*delta, &mut out));
    String::from_utf8(out.to_vec()).unwrap()
}

/// A second after the start.
pub(crate) const LATER: Micros = Micros(player::CREATED.0 + 1_000_000);

/// The events of a stream; each must fit the contract and have the next number.
pub(crate) fn events(stream: &str) -> Vec<Value> {
    events_of(CREATE, stream)
}

/// The same for another operation.
pub(crate) fn events_of(operation: &str, stream: &str) -> Vec<Value> {
    let contract = fakeai_contract::openai();
    let operation = contract.operation(operation).unwrap();
    let mut events = Vec::new();
    for (number, frame) in stream.split_terminator("\n\n").enumerate() {
        let (name, data) = frame.split_once('\n').unwrap();
        let event: Value = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
        assert_eq!(name, format!("event: {}", event["type"].as_str().unwrap()));
        assert_eq!(event["sequence_number"], number);
        if let Err(violations) = contract.check_event(operation, &event, &["obfuscation"]) {
            panic!("{event:#} {violations:?}");
        }
        events.push(event);
    }
    events
}

/// A body must fit the contract.
pub(crate) fn check_body(operation: &str, body: &Value) {
    let contract = fakeai_contract::openai();
    let operation = contract.operation(operation).unwrap();
    let checked = contract.check_response(operation, 200, "application/json", body, &[]);
    if let Err(violations) = checked {
        panic!("{body:#} {violations:?}");
    }
}

fn check_kept(keep: &Keep, beta: bool) {
    let schema = match keep.family {
        "responses" => "Response",
        "responses.input_items" => "ItemResource",
        "conversations.items" => "ConversationItem",
        _ => return,
    };
    let contract = fakeai_contract::openai();
    let is_beta = beta && schema != "ConversationItem";
    let name = format!("{}{schema}", if is_beta { "Beta" } else { "" });
    let schema = contract.schema(&name).unwrap();
    if let Err(violations) = contract.check_schema(schema, &keep.object, &[]) {
        panic!("{:#} {violations:?}", keep.object);
    }
}

/// The types of events, deltas of a row counted once.
pub(crate) fn types(events: &[Value]) -> Vec<&str> {
    let mut types: Vec<&str> = events
        .iter()
        .map(|event| event["type"].as_str().unwrap())
        .collect();
    types.dedup();
    types
        .iter()
        .map(|name| name.strip_prefix("response.").unwrap_or(name))
        .collect()
}

/// The conversation of a piece of work.
pub(crate) trait Conversation {
    fn input_messages(&self) -> Vec<Message>;
}

impl Conversation for fakeai_canon::Generate {
    fn input_messages(&self) -> Vec<Message> {
        match &self.input {
            fakeai_canon::Input::Chat(messages) => messages.clone(),
            fakeai_canon::Input::Raw(_) => panic!(),
        }
    }
}

/// The generation inside of any work on a conversation.
pub(crate) fn inner(work: &Work) -> &fakeai_canon::Generate {
    work.reading().expect("work on a conversation")
}
