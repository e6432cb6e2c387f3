//! What of a request reaches the work, and how its items are listed afterwards.

use fakeai_canon::{
    CallKind, Delta, Detail, Effort, Format, MediaKind, MediaSource, Part, Role, Shelf, Tool,
    ToolChoice, Verbosity,
};
use serde_json::{Value, json};

use crate::house::{generate, says};
use crate::world::World;

#[test]
fn settings_reach_the_work() {
    let schema = json!({"type": "object", "properties": {}, "additionalProperties": false});
    let format = json!({"type": "json_schema", "name": "shape", "schema": schema, "strict": true});
    let opened = World::default()
        .open(json!({
            "model": "gpt-5",
            "input": "Hi",
            "reasoning": {"effort": "low", "summary": "auto"},
            "text": {"format": format, "verbosity": "high"},
            "max_output_tokens": 64,
            "parallel_tool_calls": false,
            "truncation": "auto",
        }))
        .unwrap();
    assert!(opened.truncate);
    let work = generate(&opened);
    assert_eq!(work.reasoning.effort, Some(Effort::Low));
    assert!(work.reasoning.summary);
    assert_eq!(work.verbosity, Verbosity::High);
    assert_eq!(work.limits.max_tokens, Some(64));
    assert!(!work.parallel_calls);
    assert!(
        matches!(&work.format, Format::JsonSchema { name, strict: true, .. } if name == "shape")
    );
}

#[test]
fn tools_and_choices_of_all_forms_are_read() {
    let tools = json!([
        {"type": "function", "name": "f", "parameters": {"type": "object"}, "strict": false},
        {"type": "custom", "name": "c", "format": {"type": "grammar", "syntax": "lark", "definition": "x"}},
        {"type": "web_search_preview"},
        {"type": "namespace", "name": "n", "description": "d", "tools": [
            {"type": "function", "name": "g", "parameters": {"type": "object"}, "strict": false},
        ]},
    ]);
    let world = World::default();
    let choice = |choice: Value| {
        let body = json!({"model": "gpt-4o", "input": "Hi", "tools": tools, "tool_choice": choice});
        generate(&world.open(body).unwrap()).tool_choice.clone()
    };
    assert_eq!(choice(json!("required")), ToolChoice::Required);
    assert_eq!(choice(json!("none")), ToolChoice::None);
    let named = |name: &str| ToolChoice::Named(name.to_owned());
    assert_eq!(choice(json!({"type": "function", "name": "f"})), named("f"));
    assert_eq!(choice(json!({"type": "custom", "name": "c"})), named("c"));
    assert_eq!(
        choice(json!({"type": "web_search_preview"})),
        named("web_search_preview")
    );
    let some = json!({"type": "allowed_tools", "mode": "required", "tools": [
        {"type": "function", "name": "g"}, {"type": "web_search_preview"},
    ]});
    let names = vec!["g".to_owned(), "web_search_preview".to_owned()];
    assert_eq!(
        choice(some),
        ToolChoice::Allowed {
            names,
            required: true
        }
    );

    let body = json!({"model": "gpt-4o", "input": "Hi", "tools": tools});
    let opened = world.open(body).unwrap();
    let names: Vec<_> = generate(&opened).tools.iter().map(Tool::name).collect();
    assert_eq!(names, ["f", "c", "web_search_preview", "g"]);
}

#[test]
fn a_function_is_strict_where_its_schema_allows_it_and_nothing_else_is_said() {
    let closed = json!({"type": "object", "properties": {}, "additionalProperties": false});
    let tools = json!([
        {"type": "function", "name": "a", "parameters": closed},
        {"type": "function", "name": "b", "parameters": {"type": "object", "properties": {}}},
        {"type": "function", "name": "c", "parameters": closed, "strict": false},
    ]);
    let body = json!({"model": "gpt-4o", "input": "Hi", "tools": tools});
    let world = World::default();
    let opened = world.open(body.clone()).unwrap();
    let strict = |tool: &Tool| matches!(tool, Tool::Function { strict: true, .. });
    let read: Vec<_> = generate(&opened).tools.iter().map(strict).collect();
    assert_eq!(read, [true, false, false]);
    let response = world.fold(body, says("Hello"));
    let told: Vec<_> = response["tools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| &t["strict"])
        .collect();
    assert_eq!(told, [true, false, false]);
}

#[test]
fn content_of_every_kind_is_read() {
    let content = json!([
        {"type": "input_text", "text": "Look"},
        {"type": "input_image", "image_url": "data:image/png;base64,aGk=", "detail": "high"},
        {"type": "input_image", "file_id": "file_1"},
        {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="},
        {"type": "input_file", "file_url": "https://x.test/a.pdf"},
    ]);
    let input = json!([{"role": "user", "content": content}]);
    let messages = World::default().messages(json!({"model": "gpt-4o", "input": input}));
    let media: Vec<_> = messages[0]
        .parts
        .iter()
        .filter_map(|part| match part {
            Part::Media(media) => Some((media.kind, media.source.clone(), media.detail)),
            _ => None,
        })
        .collect();
    let bytes = || MediaSource::Bytes("hi".into());
    let stored = MediaSource::Stored("file_1".into());
    let url = MediaSource::Url("https://x.test/a.pdf".into());
    assert_eq!(
        media,
        [
            (MediaKind::Image, bytes(), Detail::High),
            (MediaKind::Image, stored, Detail::Auto),
            (
                MediaKind::File,
                MediaSource::Bytes("%PDF-".into()),
                Detail::Auto
            ),
            (MediaKind::File, url, Detail::Auto),
        ]
    );
    let bad = json!([{"role": "user", "content": [{"type": "input_image", "image_url": "data:image/png;base64,?"}]}]);
    let (_, param, _) = World::default().refusal(json!({"model": "gpt-4o", "input": bad}));
    assert_eq!(param.as_deref(), Some("input[0].content[0].image_url"));
    let bad = json!([{"role": "user", "content": [
        {"type": "input_file", "file_data": "data:application/pdf;base64,aGk="}]}]);
    let (words, param, code) = World::default().refusal(json!({"model": "gpt-4o", "input": bad}));
    assert!(words.contains("badly formatted or corrupted"), "{words}");
    assert_eq!(
        (param.as_deref(), code.as_deref()),
        (Some("input"), Some("invalid_file"))
    );
}

/// An agent's history with items of many types.
fn history() -> Value {
    json!([
        {"role": "user", "content": "Go"},
        {"type": "reasoning", "id": "rs_1", "summary": []},
        {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search", "query": "q"}},
        {"type": "file_search_call", "id": "fs_1", "status": "completed", "queries": ["q"], "results": null},
        {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"},
        {"type": "custom_tool_call", "call_id": "call_2", "name": "c", "input": "x"},
        {"type": "function_call_output", "call_id": "call_1", "output": [{"type": "input_text", "text": "one"}]},
        {"type": "custom_tool_call_output", "call_id": "call_2", "output": "two"},
        {"type": "shell_call", "call_id": "call_3", "action": {"commands": ["ls"]}, "status": "completed"},
        {"type": "shell_call_output", "call_id": "call_3", "output": [], "status": "completed"},
        {"type": "computer_call", "id": "cu_1", "call_id": "call_4", "status": "completed", "pending_safety_checks": [], "action": {"type": "screenshot"}},
        {"type": "computer_call_output", "call_id": "call_4", "output": {"type": "computer_screenshot", "image_url": "https://x.test/a.png"}},
        {"type": "mcp_call", "id": "mcp_1", "server_label": "s", "name": "ask", "arguments": "{}", "output": "ok"},
        {"type": "local_shell_call", "id": "lsh_1", "call_id": "call_5", "status": "completed", "action": {"type": "exec", "command": ["ls"], "env": {}}},
        {"type": "local_shell_call_output", "id": "call_5", "output": "a"},
        {"type": "apply_patch_call", "call_id": "call_6", "status": "completed", "operation": {"type": "delete_file", "path": "a"}},
        {"type": "apply_patch_call_output", "call_id": "call_6", "status": "completed", "output": null},
        {"type": "tool_search_call", "arguments": {"query": "q"}},
        {"type": "tool_search_output", "call_id": null, "tools": []},
        {"type": "code_interpreter_call", "id": "ci_1", "status": "completed", "container_id": "cntr_1", "code": "1", "outputs": null},
        {"type": "image_generation_call", "id": "ig_1", "status": "completed", "result": null},
        {"type": "mcp_list_tools", "id": "mcpl_1", "server_label": "s", "tools": []},
        {"type": "mcp_approval_request", "id": "mcpr_1", "server_label": "s", "name": "ask", "arguments": "{}"},
        {"type": "mcp_approval_response", "approval_request_id": "mcpr_1", "approve": true},
        {"type": "program", "id": "prog_1", "call_id": "call_7", "code": "1", "fingerprint": "f"},
        {"type": "program_output", "id": "prog_2", "call_id": "call_7", "result": "1", "status": "completed"},
        {"type": "additional_tools", "role": "developer", "tools": []},
        {"type": "message", "role": "assistant", "id": "msg_1", "status": "completed", "content": [{"type": "output_text", "text": "Done", "annotations": [], "logprobs": []}]},
        {"role": "developer", "content": [{"type": "input_text", "text": "Go on"}]},
    ])
}

#[test]
fn items_of_all_types_become_turns() {
    let messages = World::default().messages(json!({"model": "gpt-5", "input": history()}));
    let turns: Vec<_> = messages
        .iter()
        .map(|message| {
            (
                message.role,
                message.calls.len(),
                message.answers.as_deref(),
            )
        })
        .collect();
    assert_eq!(
        turns,
        [
            (Role::User, 0, None),
            (Role::Assistant, 1, None),
            (Role::Tool, 0, Some("ws_1")),
            (Role::Assistant, 1, None),
            (Role::Tool, 0, Some("fs_1")),
            (Role::Assistant, 2, None),
            (Role::Tool, 0, Some("call_1")),
            (Role::Tool, 0, Some("call_2")),
            (Role::Assistant, 1, None),
            (Role::Tool, 0, Some("call_3")),
            (Role::Assistant, 1, None),
            (Role::Tool, 0, Some("call_4")),
            (Role::Assistant, 1, None),
            (Role::Tool, 0, Some("mcp_1")),
            (Role::Assistant, 1, None),
            (Role::Tool, 0, Some("call_5")),
            (Role::Assistant, 1, None),
            (Role::Tool, 0, Some("call_6")),
            (Role::Assistant, 1, None),
            (Role::Tool, 0, Some("")),
            (Role::Assistant, 1, None),
            (Role::Tool, 0, Some("ci_1")),
            (Role::Assistant, 1, None),
            (Role::Tool, 0, Some("ig_1")),
            (Role::Assistant, 1, None),
            (Role::Tool, 0, Some("mcpl_1")),
            (Role::Assistant, 1, None),
            (Role::Tool, 0, Some("mcpr_1")),
            (Role::Assistant, 1, None),
            (Role::Tool, 0, Some("call_7")),
            (Role::Assistant, 0, None),
            (Role::Developer, 0, None),
        ]
    );
    assert_eq!(messages[5].calls[1].kind, CallKind::Custom);
    assert_eq!(messages[13].joined_text(), "ok");
}

#[test]
fn every_item_is_listed_with_an_id_and_in_order() {
    let world = World::default();
    let response = world.fold(json!({"model": "gpt-5", "input": history()}), says("Hello"));
    let listed = world.children("responses.input_items", response["id"].as_str().unwrap());
    let types: Vec<_> = listed
        .iter()
        .map(|item| item["type"].as_str().unwrap())
        .collect();
    let sent: Vec<_> = history()
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["type"].as_str().unwrap_or("message").to_owned())
        .collect();
    assert_eq!(types, sent);
    let mut ids: Vec<_> = listed
        .iter()
        .map(|item| item["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids[1], "rs_1");
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), types.len());
}

#[test]
fn equal_requests_leave_objects_that_do_not_collide() {
    let world = World::default();
    let body = json!({"model": "gpt-4o", "input": "Hi"});
    let ids: Vec<Vec<String>> = [1, 2]
        .iter()
        .map(|seed| {
            let mut opened = world.open(body.clone()).unwrap();
            let start = fakeai_canon::Start {
                ids: fakeai_canon::Seed(*seed),
                ..crate::world::start()
            };
            let usage = fakeai_canon::Usage::default();
            let end = Delta::End {
                usage: &usage,
                at: crate::world::LATER,
            };
            crate::world::write(&mut opened, &[Delta::Start(&start), end]);
            opened
                .encoder
                .keep()
                .into_iter()
                .map(|keep| keep.id)
                .collect()
        })
        .collect();
    assert!(ids[0].iter().all(|id| !ids[1].contains(id)));
}

#[test]
fn a_prompt_template_needs_no_model_and_brings_its_variables() {
    let prompt = json!({"id": "pmpt_1", "variables": {"name": "Ada"}});
    let world = World::default();
    let opened = world.open(json!({"prompt": prompt})).unwrap();
    assert!(!generate(&opened).model.is_empty());
    assert_eq!(
        world.messages(json!({"prompt": prompt}))[0].joined_text(),
        "Ada"
    );
}
