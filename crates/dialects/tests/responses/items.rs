//! Answers of several items: reasoning, calls, refusals, and tools that the provider runs.

use fakeai_canon::{CallKind, Choice, Finish, HostedCall, Part, Segment};
use serde_json::{Value, json};

use crate::house::planned;
use crate::player::tokens;
use crate::world::{World, types};

fn choice(segments: Vec<Segment>) -> Choice {
    Choice {
        segments,
        finish: Finish::Stop,
    }
}

fn hosted(kind: &str, detail: Value) -> Segment {
    Segment::Hosted(HostedCall {
        kind: kind.to_owned(),
        detail,
        overhead: 3,
    })
}

fn text(text: &str) -> Segment {
    Segment::Text(tokens(text))
}

#[test]
fn hidden_reasoning_shows_its_summary_and_counts() {
    let body = json!({"model": "o3", "input": "Hi", "reasoning": {"summary": "auto"}});
    let events = World::default().stream(
        body,
        choice(vec![
            Segment::Reasoning(tokens("abc")),
            Segment::Summary(tokens("Hello")),
            Segment::Summary(tokens("Hi")),
            text("world"),
        ]),
    );
    assert_eq!(
        types(&events),
        [
            "created",
            "in_progress",
            "output_item.added",
            "reasoning_summary_part.added",
            "reasoning_summary_text.delta",
            "reasoning_summary_text.done",
            "reasoning_summary_part.done",
            "reasoning_summary_part.added",
            "reasoning_summary_text.delta",
            "reasoning_summary_text.done",
            "reasoning_summary_part.done",
            "output_item.done",
            "output_item.added",
            "content_part.added",
            "output_text.delta",
            "output_text.done",
            "content_part.done",
            "output_item.done",
            "completed",
        ]
    );
    let response = &events.last().unwrap()["response"];
    let summary = json!([
        {"type": "summary_text", "text": "Hello"},
        {"type": "summary_text", "text": "Hi"},
    ]);
    assert_eq!(response["output"][0]["summary"], summary);
    assert_eq!(response["output"][0].get("content"), None);
    assert_eq!(
        response["usage"]["output_tokens_details"]["reasoning_tokens"],
        3
    );
    assert_eq!(
        response["reasoning"],
        json!({"effort": "medium", "summary": "auto"})
    );
}

#[test]
fn open_weight_reasoning_is_shown() {
    let model = "deepseek-ai/DeepSeek-V3.2";
    let body = json!({"model": model, "input": "Hi"});
    let plan = choice(vec![Segment::Reasoning(tokens("Hello")), text("Hi")]);
    let events = World::default().stream(body, plan);
    assert_eq!(
        types(&events)[2..8],
        [
            "output_item.added",
            "content_part.added",
            "reasoning_text.delta",
            "reasoning_text.done",
            "content_part.done",
            "output_item.done",
        ]
    );
    let content = &events.last().unwrap()["response"]["output"][0]["content"];
    assert_eq!(
        *content,
        json!([{"type": "reasoning_text", "text": "Hello"}])
    );
}

#[test]
fn sealed_reasoning_comes_back_as_it_was_thought() {
    let world = World::default();
    let include = json!(["reasoning.encrypted_content"]);
    let body = json!({"model": "o3", "input": "Hi", "store": false, "include": include});
    let thought = Segment::Reasoning(tokens("a secret thought"));
    let response = world.fold(body, choice(vec![thought, text("Hello")]));
    assert!(!response.to_string().contains("secret"));
    let mut input = vec![json!({"role": "user", "content": "Hi"})];
    input.extend(response["output"].as_array().unwrap().iter().cloned());
    input.push(json!({"role": "user", "content": "And?"}));
    let messages = world.messages(json!({"model": "o3", "input": input}));
    let parts = [
        Part::Reasoning("a secret thought".into()),
        Part::Text("Hello".into()),
    ];
    assert_eq!(messages[1].parts, parts);

    let mut bad = input.clone();
    bad[1]["encrypted_content"] = "gAAAAABtamperedXYZ=".into();
    let (message, param, code) = world.refusal(json!({"model": "o3", "input": bad}));
    assert!(message.starts_with("The encrypted content gAAA...XYZ= could not be verified."));
    assert_eq!(
        (param, code.as_deref()),
        (None, Some("invalid_encrypted_content"))
    );
}

#[test]
fn calls_are_items_of_their_own() {
    let tools = json!([
        {"type": "function", "name": "weather", "parameters": {"type": "object"}, "strict": false},
        {"type": "custom", "name": "shell"},
    ]);
    let body = json!({"model": "gpt-4o", "input": "Hi", "tools": tools});
    let plan = Choice {
        segments: vec![
            Segment::Call(planned("weather", "{\"city\":1}", CallKind::Function)),
            Segment::Call(planned("shell", "Hi there", CallKind::Custom)),
        ],
        finish: Finish::ToolCalls,
    };
    let events = World::default().stream(body, plan);
    assert_eq!(
        types(&events)[2..],
        [
            "output_item.added",
            "function_call_arguments.delta",
            "function_call_arguments.done",
            "output_item.done",
            "output_item.added",
            "custom_tool_call_input.delta",
            "custom_tool_call_input.done",
            "output_item.done",
            "completed",
        ]
    );
    let response = &events.last().unwrap()["response"];
    let function = &response["output"][0];
    assert_eq!(function["arguments"], "{\"city\":1}");
    assert_eq!(function["status"], "completed");
    assert_ne!(function["call_id"], response["output"][1]["call_id"]);
    assert_eq!(response["output"][1]["input"], "Hi there");
    assert_eq!(response["tools"][1]["format"], json!({"type": "text"}));
}

#[test]
fn a_refusal_is_a_part_of_a_message() {
    let body = json!({"model": "gpt-4o", "input": "Hi"});
    let events = World::default().stream(body, choice(vec![Segment::Refusal(tokens("Hello"))]));
    assert_eq!(
        types(&events)[3..7],
        [
            "content_part.added",
            "refusal.delta",
            "refusal.done",
            "content_part.done"
        ]
    );
    let content = &events.last().unwrap()["response"]["output"][0]["content"];
    assert_eq!(*content, json!([{"type": "refusal", "refusal": "Hello"}]));
}

#[test]
fn the_pages_of_a_search_are_its_sources() {
    let include = json!(["web_search_call.action.sources"]);
    let tools = json!([{"type": "web_search"}]);
    let body = json!({"model": "gpt-4o", "input": "Hi", "tools": tools, "include": include});
    let detail = json!({"query": "news", "results": [{"title": "t", "url": "https://x.test/"}]});
    let response = World::default().fold(body, choice(vec![hosted("web_search", detail)]));
    let sources = json!([{"type": "url", "url": "https://x.test/"}]);
    assert_eq!(response["output"][0]["action"]["sources"], sources);
}

#[test]
fn hosted_tools_tell_of_their_progress() {
    let tools = json!([
        {"type": "web_search"},
        {"type": "file_search", "vector_store_ids": ["vs_1"]},
        {"type": "code_interpreter", "container": {"type": "auto"}},
        {"type": "mcp", "server_label": "docs", "server_url": "https://x.test", "authorization": "s"},
        {"type": "image_generation"},
    ]);
    let include = json!(["file_search_call.results"]);
    let body = json!({"model": "gpt-4o", "input": "Hi", "tools": tools, "include": include});
    let results =
        json!([{"file_id": "file_1", "text": "found", "filename": "a.txt", "score": 0.5}]);
    let plan = choice(vec![
        hosted("web_search", json!({"query": "news", "sources": []})),
        hosted("file_search", json!({"queries": ["a"], "results": results})),
        hosted(
            "code_interpreter",
            json!({"code": "1+1", "outputs": [{"type": "logs", "logs": "2"}]}),
        ),
        hosted(
            "mcp",
            json!({"server_label": "docs", "name": "ask", "arguments": "{}", "output": "ok"}),
        ),
        hosted("image_generation", json!({"result": "aGk="})),
        text("Hello"),
    ]);
    let events = World::default().stream(body, plan);
    let types = types(&events);
    let web = ["in_progress", "searching", "completed"].map(|s| format!("web_search_call.{s}"));
    assert_eq!(types[3..6], web);
    let code = [
        "code_interpreter_call.in_progress",
        "code_interpreter_call_code.delta",
        "code_interpreter_call_code.done",
        "code_interpreter_call.interpreting",
        "code_interpreter_call.completed",
    ];
    assert!(
        types.windows(code.len()).any(|window| window == code),
        "{types:?}"
    );
    let mcp = ["mcp_call_arguments.done", "mcp_call.completed"];
    assert!(types.windows(2).any(|window| window == mcp), "{types:?}");
    let response = &events.last().unwrap()["response"];
    let output = response["output"].as_array().unwrap();
    assert_eq!(output.len(), 6);
    assert_eq!(
        output[0]["action"],
        json!({"type": "search", "query": "news"})
    );
    assert_eq!(output[1]["results"], results);
    assert_eq!(output[2]["outputs"], Value::Null);
    assert_eq!(output[3]["output"], "ok");
    assert_eq!(output[4]["result"], "aGk=");
    assert_eq!(response["tools"][3].get("authorization"), None);
}
