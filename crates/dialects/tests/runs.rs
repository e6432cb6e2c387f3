//! Runs of assistants: what the model sees, the events in their order, and what is kept. Every event
//! and kept object is held against the contract.

#![allow(clippy::unwrap_used, reason = "a test that finds nothing fails")]

mod house;
mod player;

use std::sync::Arc;

use bytes::BytesMut;
use fakeai_canon::{
    ApiError, Choice, Delta, ErrorKind, Finish, HostedCall, Input, Keep, Limits, Message, Micros,
    Mode, PartHead, Role, Seed, Segment, Shelf, Start, Stopped, ToolChoice, Usage,
};
use fakeai_catalog::Catalog;
use fakeai_dialects::openai::ENDPOINTS;
use fakeai_dialects::{Context, Decoded, Opened};
use serde_json::{Value, json};

use crate::house::{calls, generate, says};

/// Stored objects: family, id, parent, object.
struct Stored(Vec<Keep>);

impl Shelf for Stored {
    fn object(&self, family: &str, id: &str) -> Option<Arc<Value>> {
        let mut kept = self.0.iter().rev();
        let found = kept.find(|keep| keep.family == family && keep.id == id);
        found.map(|keep| Arc::new(keep.object.clone()))
    }

    fn children(&self, family: &str, parent: &str) -> Vec<Arc<Value>> {
        let mine = |keep: &&Keep| keep.family == family && keep.parent.as_deref() == Some(parent);
        let kept = self.0.iter().filter(mine);
        kept.map(|keep| Arc::new(keep.object.clone())).collect()
    }
}

impl Stored {
    /// An assistant and a thread with one question.
    fn new(question: &str) -> Self {
        let mut stored = Self(Vec::new());
        let tools = json!([{"type": "function", "function": {"name": "get_weather"}},
            {"type": "file_search"}]);
        let assistant = json!({"id": "asst_1", "model": "gpt-4o", "instructions": "Be brief.",
            "tools": tools, "tool_resources": {"file_search": {"vector_store_ids": ["vs_1"]}}});
        stored.put("assistants", "asst_1", None, assistant);
        let thread = json!({"id": "thread_1", "object": "thread", "tool_resources":
            {"file_search": {"vector_store_ids": ["vs_2"]}}});
        stored.put("threads", "thread_1", None, thread);
        stored.say("user", question);
        stored
    }

    fn say(&mut self, role: &str, text: &str) {
        let content = json!([{"type": "text", "text": {"value": text, "annotations": []}}]);
        let id = format!("msg_{}", self.0.len());
        let message = json!({"id": id, "role": role, "content": content});
        self.put("threads.messages", &id, Some("thread_1"), message);
    }

    fn put(&mut self, family: &'static str, id: &str, parent: Option<&str>, object: Value) {
        self.0.push(Keep {
            family,
            id: id.to_owned(),
            parent: parent.map(str::to_owned),
            object,
        });
    }

    /// Takes over what an answer leaves, each object where it is.
    fn keep(&mut self, keeps: Vec<Keep>) {
        for keep in keeps {
            check(&keep);
            let same = |old: &&mut Keep| old.family == keep.family && old.id == keep.id;
            match self.0.iter_mut().find(same) {
                Some(old) => *old = keep,
                None => self.0.push(keep),
            }
        }
    }

    fn open_as(
        &self,
        operation: &str,
        params: &[(&str, &str)],
        body: Value,
    ) -> Result<Opened, ApiError> {
        let mut endpoints = ENDPOINTS.iter();
        let endpoint = endpoints
            .find(|endpoint| endpoint.operation == operation)
            .unwrap();
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let call = Decoded {
            files: Vec::new(),
            base: "http://localhost".to_owned(),
            body,
            params: params.iter().map(own).collect(),
            query: json!({}),
        };
        (endpoint.open)(
            call,
            &Context {
                mode: Mode::Realistic,
                catalog: Catalog::builtin(),
                shelf: self,
                seal: Seed(5),
                now: fakeai_canon::Micros::ZERO,
                remembers: false,
                generates: true,
                templates: &[],
            },
        )
    }

    fn open(&self, mut body: Value) -> Result<Opened, ApiError> {
        body["assistant_id"] = "asst_1".into();
        self.open_as("createRun", &[("thread_id", "thread_1")], body)
    }

    fn submit(&self, run: &str, outputs: Value) -> Result<Opened, ApiError> {
        let body = json!({"tool_outputs": outputs, "stream": true});
        let params = [("thread_id", "thread_1"), ("run_id", run)];
        self.open_as("submitToolOuputsToRun", &params, body)
    }

    /// Plays a choice and keeps what it leaves; the prompt has 9 tokens.
    fn play(&mut self, mut opened: Opened, choice: Choice) -> Vec<(String, Value)> {
        let text = player::play(opened.encoder.as_mut(), &house::plan(vec![choice]), 9);
        self.keep(opened.encoder.keep());
        events(&text)
    }

    fn of(&self, family: &str) -> Vec<&Value> {
        let kept = self.0.iter().filter(|keep| keep.family == family);
        kept.map(|keep| &keep.object).collect()
    }

    fn run(&self) -> &Value {
        self.of("threads.runs").pop().unwrap()
    }
}

fn check(keep: &Keep) {
    let schema = match keep.family {
        "threads" => "ThreadObject",
        "threads.runs" => "RunObject",
        "threads.runs.steps" => "RunStepObject",
        "threads.messages" if keep.object.get("object").is_some() => "MessageObject",
        _ => return,
    };
    let contract = fakeai_contract::openai();
    let schema = contract.schema(schema).unwrap();
    let checked = contract.check_schema(schema, &keep.object, &[]);
    assert!(checked.is_ok(), "{checked:?} in {:#}", keep.object);
}

/// The names and data of a stream's events, each checked as a pair.
fn events(stream: &str) -> Vec<(String, Value)> {
    let contract = fakeai_contract::openai();
    let operation = contract.operation("createRun").unwrap();
    let mut events = Vec::new();
    for frame in stream.split_terminator("\n\n") {
        let (name, data) = frame.split_once('\n').unwrap();
        let name = name.strip_prefix("event: ").unwrap();
        let data = data.strip_prefix("data: ").unwrap();
        let data = match data {
            "[DONE]" => Value::from("[DONE]"),
            data => serde_json::from_str(data).unwrap(),
        };
        let pair = json!({"event": name, "data": data});
        let checked = contract.check_event(operation, &pair, &[]);
        assert!(checked.is_ok(), "{checked:?} in {pair:#}");
        events.push((name.to_owned(), data));
    }
    events
}

/// The names, those of a row once, without what all begin with.
fn names(events: &[(String, Value)]) -> Vec<&str> {
    let short = |name: &'_ (String, Value)| -> usize { name.0.find('.').map_or(0, |at| at + 1) };
    let mut names: Vec<_> = events
        .iter()
        .map(|event| &event.0[short(event)..])
        .collect();
    names.dedup();
    names
}

fn streamed() -> Value {
    json!({"stream": true})
}

const BEGINNING: [&str; 3] = ["run.created", "run.queued", "run.in_progress"];

const MESSAGE: [&str; 9] = [
    "run.step.created",
    "run.step.in_progress",
    "message.created",
    "message.in_progress",
    "message.delta",
    "message.completed",
    "run.step.completed",
    "run.completed",
    "done",
];

#[test]
fn a_run_that_says_something_tells_it_in_the_providers_order() {
    let mut stored = Stored::new("Hi");
    let opened = stored.open(streamed()).unwrap();
    assert!(opened.background && opened.stream);
    let events = stored.play(opened, says("Hello world!"));
    assert_eq!(names(&events), [&BEGINNING[..], &MESSAGE[..]].concat());
    let deltas: Vec<_> = events
        .iter()
        .filter(|(name, _)| name == "thread.message.delta")
        .collect();
    let text = |at: usize| &deltas[at].1["delta"]["content"][0]["text"];
    assert_eq!(*text(0), json!({"value": "Hello", "annotations": []}));
    assert_eq!(*text(1), json!({"value": " world"}));
    let run = stored.run();
    assert_eq!(
        run["usage"],
        json!({"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12})
    );
    assert_eq!(
        (&run["expires_at"], &run["instructions"]),
        (&Value::Null, &json!("Be brief."))
    );
    let message = stored.of("threads.messages").pop().unwrap();
    assert_eq!(message["content"][0]["text"]["value"], "Hello world!");
    assert_eq!(stored.of("threads.runs.steps")[0]["usage"], run["usage"]);
}

#[test]
fn a_run_that_nobody_follows_writes_nothing_and_is_queued_at_first() {
    let stored = Stored::new("Hi");
    let mut opened = stored.open(json!({})).unwrap();
    assert!(opened.background && !opened.stream);
    let mut out = BytesMut::new();
    opened.encoder.write(Delta::Start(&start()), &mut out);
    let kept = opened.encoder.keep();
    assert_eq!(
        (kept[0].family, &kept[0].object["status"]),
        ("threads.runs", &json!("queued"))
    );
    assert_eq!(
        kept[0].object["expires_at"],
        player::CREATED.whole_seconds() + 600
    );
    assert!(out.is_empty());
}

fn start() -> Start {
    Start {
        ids: Seed(7),
        created: player::CREATED,
        usage: Usage::default(),
        vocabulary: Some(&player::Letters),
        screening: None,
        prompts: Vec::new(),
    }
}

#[test]
fn functions_are_asked_for_and_their_outputs_end_the_run() {
    let mut stored = Stored::new("What's the weather?");
    let opened = stored.open(streamed()).unwrap();
    let mut choice = calls("get_weather", "{\"city\":1}");
    choice.finish = Finish::ToolCalls;
    let asked = stored.play(opened, choice);
    let calling = [
        "run.step.created",
        "run.step.in_progress",
        "run.step.delta",
        "run.requires_action",
        "done",
    ];
    assert_eq!(names(&asked), [&BEGINNING[..], &calling[..]].concat());
    let run = stored.run().clone();
    let call = &run["required_action"]["submit_tool_outputs"]["tool_calls"][0];
    assert_eq!(
        call["function"],
        json!({"name": "get_weather", "arguments": "{\"city\":1}"})
    );
    assert_eq!(run["usage"], Value::Null);

    let id = run["id"].as_str().unwrap();
    let outputs = json!([{"tool_call_id": call["id"], "output": "rain"}]);
    let opened = stored.submit(id, outputs).unwrap();
    let seen = seen(&opened);
    let last = &seen[seen.len() - 2..];
    assert_eq!(
        (last[0].role, last[0].calls[0].name.as_str()),
        (Role::Assistant, "get_weather")
    );
    assert_eq!(
        (last[1].role, last[1].joined_text().as_str()),
        (Role::Tool, "rain")
    );
    let answered = stored.play(opened, says("Hi"));
    let resumed = ["run.step.completed", "run.queued", "run.in_progress"];
    assert_eq!(names(&answered), [&resumed[..], &MESSAGE[..]].concat());
    assert_eq!(
        answered[0].1["step_details"]["tool_calls"][0]["function"]["output"],
        "rain"
    );
    assert_eq!(stored.run()["id"], *id);
    let steps = stored.of("threads.runs.steps");
    let total = |value: &Value| value["usage"]["total_tokens"].as_u64().unwrap();
    assert_eq!(
        steps.iter().map(|step| total(step)).sum::<u64>(),
        total(stored.run())
    );
}

fn seen(opened: &Opened) -> Vec<Message> {
    match &generate(opened).input {
        Input::Chat(messages) => messages.clone(),
        Input::Raw(_) => panic!(),
    }
}

fn hosted(kind: &str, detail: Value) -> Choice {
    let call = HostedCall {
        kind: kind.to_owned(),
        detail,
        overhead: 4,
    };
    Choice {
        segments: vec![Segment::Hosted(call), Segment::Text(player::tokens("Hi!"))],
        finish: Finish::Stop,
    }
}

#[test]
fn a_program_is_a_step_with_its_input_and_logs() {
    let mut stored = Stored::new("What is 17 * 3?");
    let opened = stored.open(streamed()).unwrap();
    let detail = json!({"code": "print(17 * 3)", "outputs": [{"type": "logs", "logs": "51\n"}]});
    let events = stored.play(opened, hosted("code_interpreter", detail));
    let running = [
        "run.step.created",
        "run.step.in_progress",
        "run.step.delta",
        "run.step.completed",
    ];
    assert_eq!(
        names(&events),
        [&BEGINNING[..], &running[..], &MESSAGE[..]].concat()
    );
    let steps = stored.of("threads.runs.steps");
    let program = &steps[0]["step_details"]["tool_calls"][0]["code_interpreter"];
    assert_eq!(
        *program,
        json!({"input": "print(17 * 3)", "outputs": [{"type": "logs", "logs": "51\n"}]})
    );
    let usage = |at: usize| {
        (
            steps[at]["usage"]["prompt_tokens"].clone(),
            steps[at]["usage"]["completion_tokens"].clone(),
        )
    };
    assert_eq!(
        (usage(0), usage(1)),
        ((json!(9), json!(4)), (json!(0), json!(2)))
    );
}

#[test]
fn a_search_is_a_step_with_its_results_and_its_marks_become_annotations() {
    let mut stored = Stored::new("Where is the key?");
    let opened = stored.open(streamed()).unwrap();
    let detail = json!({"queries": ["key"], "results": [{"file_id": "file-1", "filename": "a.txt",
        "score": 0.5, "text": "Hi", "attributes": {}}],
        "citations": [{"file_id": "file-1", "mark": "!"}, {"file_id": "file-2", "mark": "?"}]});
    let events = stored.play(opened, hosted("file_search", detail));
    let last = events
        .iter()
        .rev()
        .find(|(name, _)| name == "thread.message.delta")
        .unwrap();
    let told = &last.1["delta"]["content"][0]["text"]["annotations"][0];
    assert_eq!((&told["index"], &told["text"]), (&json!(0), &json!("!")));
    let message = stored.of("threads.messages").pop().unwrap();
    let annotation = json!({"type": "file_citation", "text": "!", "start_index": 2,
        "end_index": 3, "file_citation": {"file_id": "file-1"}});
    assert_eq!(
        message["content"][0]["text"],
        json!({"value": "Hi!", "annotations": [annotation]})
    );
    let search =
        &stored.of("threads.runs.steps")[0]["step_details"]["tool_calls"][0]["file_search"];
    assert_eq!(search["results"][0]["file_name"], "a.txt");
    assert_eq!(search["results"][0]["content"][0]["text"], "Hi");
    assert_eq!(search["ranking_options"]["score_threshold"], 0.0);
}

#[test]
fn what_cuts_an_answer_makes_its_run_incomplete() {
    let mut stored = Stored::new("Hi");
    let opened = stored
        .open(json!({"stream": true, "max_completion_tokens": 256}))
        .unwrap();
    let mut choice = says("Hello");
    choice.finish = Finish::Length;
    let events = stored.play(opened, choice);
    let ending = [
        "message.incomplete",
        "run.step.completed",
        "run.incomplete",
        "done",
    ];
    assert_eq!(names(&events)[8..], ending);
    assert_eq!(
        stored.run()["incomplete_details"]["reason"],
        "max_completion_tokens"
    );
    let message = stored.of("threads.messages").pop().unwrap();
    assert_eq!(message["incomplete_details"]["reason"], "max_tokens");
}

/// The end of an answer of which one word was said.
fn ended(delta: Delta<'_>) -> (Vec<(String, Value)>, Stored) {
    let mut stored = Stored::new("Hi");
    let mut opened = stored.open(streamed()).unwrap();
    let mut out = BytesMut::new();
    let deltas = [
        Delta::Start(&start()),
        Delta::Open {
            choice: 0,
            part: PartHead::Text,
        },
        Delta::Piece {
            choice: 0,
            text: "Hi",
            ids: &[258],
            ends: &[2],
            logprobs: &[],
        },
        delta,
    ];
    deltas
        .into_iter()
        .for_each(|delta| opened.encoder.write(delta, &mut out));
    stored.keep(opened.encoder.keep());
    (events(std::str::from_utf8(&out).unwrap()), stored)
}

#[test]
fn a_run_that_ends_early_keeps_what_was_said() {
    let usage = Usage::default();
    let late = Micros(player::CREATED.0 + 600_000_000);
    let error = ApiError::new(ErrorKind::Server, "broken");
    let at = player::CREATED;
    for (delta, word, reason) in [
        (
            Delta::Cancel {
                usage: &usage,
                at,
                why: Stopped::ByClient,
            },
            "cancelled",
            "run_cancelled",
        ),
        (
            Delta::Cancel {
                usage: &usage,
                at: late,
                why: Stopped::ByClient,
            },
            "expired",
            "run_expired",
        ),
        (Delta::Fail { error: &error, at }, "failed", "run_failed"),
    ] {
        let (events, stored) = ended(delta);
        let names = names(&events);
        let last: Vec<String> = names[names.len() - 4..]
            .iter()
            .map(|name| (*name).to_owned())
            .collect();
        let (step, run) = (format!("run.step.{word}"), format!("run.{word}"));
        assert_eq!(
            last,
            [
                "message.incomplete".to_owned(),
                step,
                run,
                "done".to_owned()
            ]
        );
        assert_eq!(stored.run()["status"], word);
        assert_eq!(
            stored.run()["last_error"]["message"] == "broken",
            word == "failed"
        );
        let message = stored.of("threads.messages").pop().unwrap();
        assert_eq!(message["incomplete_details"]["reason"], reason);
        assert_eq!(message["content"][0]["text"]["value"], "Hi");
    }
}

#[test]
fn a_request_overrides_its_assistant() {
    let mut stored = Stored::new("One");
    stored.say("assistant", "Two");
    stored.say("user", "Three");
    let body = json!({"model": "o3-mini", "additional_instructions": "In French.", "tools": [],
        "reasoning_effort": "high", "max_prompt_tokens": 300, "max_completion_tokens": 400,
        "truncation_strategy": {"type": "last_messages", "last_messages": 1},
        "additional_messages": [{"role": "user", "content": "Four"}]});
    let opened = stored.open(body).unwrap();
    let work = generate(&opened);
    assert_eq!((work.model.as_str(), work.tools.len()), ("o3-mini", 0));
    let limits = Limits {
        max_tokens: Some(400),
        max_prompt_tokens: Some(300),
        ..Limits::default()
    };
    assert_eq!(work.limits, limits);
    assert_eq!(work.reasoning.effort.unwrap().name(), "high");
    let texts: Vec<_> = seen(&opened).iter().map(Message::joined_text).collect();
    assert_eq!(texts, ["Be brief.\nIn French.", "Four"]);
}

#[test]
fn a_search_knows_the_stores_of_its_assistant_and_of_its_thread() {
    let stored = Stored::new("Hi");
    let opened = stored
        .open(json!({"tool_choice": {"type": "file_search"}}))
        .unwrap();
    let work = generate(&opened);
    assert_eq!(
        work.tool_choice,
        ToolChoice::Named("file_search".to_owned())
    );
    let settings = match &work.tools[1] {
        fakeai_canon::Tool::Hosted { settings, .. } => settings.0["vector_store_ids"].clone(),
        _ => panic!(),
    };
    assert_eq!(settings, json!(["vs_1", "vs_2"]));
}

#[test]
fn a_thread_is_made_with_its_run() {
    let mut stored = Stored::new("Hi");
    let body = json!({"assistant_id": "asst_1", "stream": true,
        "thread": {"messages": [{"role": "user", "content": "Hello?"}], "metadata": {"a": "b"}}});
    let opened = stored.open_as("createThreadAndRun", &[], body).unwrap();
    assert_eq!(seen(&opened).last().unwrap().joined_text(), "Hello?");
    let events = stored.play(opened, says("Hi"));
    assert_eq!(events[0].0, "thread.created");
    let thread = events[0].1["id"].as_str().unwrap();
    assert_eq!(stored.run()["thread_id"], thread);
    let sent = stored
        .0
        .iter()
        .filter(|keep| keep.parent.as_deref() == Some(thread));
    assert!(
        sent.filter(|keep| keep.family == "threads.messages")
            .count()
            == 2
    );
}

#[test]
fn what_is_wrong_gets_the_providers_words() {
    let mut stored = Stored::new("Hi");
    let refused = |opened: Result<Opened, ApiError>| opened.err().unwrap().message;
    let params = [("thread_id", "thread_9")];
    let body = json!({"assistant_id": "asst_1"});
    let missing = refused(stored.open_as("createRun", &params, body));
    assert_eq!(missing, "No thread found with id 'thread_9'.");
    let body = json!({"thread": {}, "assistant_id": "asst_9"});
    let missing = refused(stored.open_as("createThreadAndRun", &[], body));
    assert_eq!(missing, "No assistant found with id 'asst_9'.");
    let strategy = json!({"truncation_strategy": {"type": "last_messages"}});
    assert_eq!(
        refused(stored.open(strategy)),
        "Missing required parameter: 'truncation_strategy.last_messages'."
    );
    stored.put(
        "threads.runs",
        "run_1",
        Some("thread_1"),
        json!({"id": "run_1", "status": "queued", "thread_id": "thread_1"}),
    );
    assert_eq!(
        refused(stored.open(json!({}))),
        "Thread thread_1 already has an active run run_1."
    );
    assert_eq!(
        refused(stored.submit("run_1", json!([]))),
        "Runs in status \"queued\" do not accept tool outputs."
    );
    assert_eq!(
        refused(stored.submit("run_2", json!([]))),
        "No run found with id 'run_2'."
    );
}
