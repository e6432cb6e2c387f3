//! Chat completions as clients see them: bytes of whole answers and of streams, and what of the
//! request reaches the work.

#![allow(clippy::unwrap_used, reason = "a test that finds nothing fails")]

mod house;
mod player;

use bytes::BytesMut;
use fakeai_canon::{
    ApiError, CallKind, Choice, Delta, Detail, Effort, ErrorKind, Finish, Format, Input, Media,
    MediaKind, MediaSource, Mode, Part, Role, Segment, ToolChoice, Verbosity,
};
use house::{
    answer, calls, events, generate, open, plan, planned, says, unchecked_answer, with_logprobs,
};
use player::{play, tokens};
use serde_json::{Value, json};

const CHAT: &str = "createChatCompletion";

fn request(more: Value) -> Value {
    let mut body = json!({"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi json"}]});
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    body
}

fn weather() -> Value {
    json!([{"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}])
}

#[test]
fn a_whole_answer_has_the_providers_bytes() {
    let body = answer(CHAT, request(json!({})), vec![says("Hello world!")]);
    assert_eq!(
        body,
        concat!(
            r#"{"id":"chatcmpl-ID","object":"chat.completion","created":1700000000,"#,
            r#""model":"gpt-4o-2024-08-06","choices":[{"index":0,"message":{"role":"assistant","#,
            r#""content":"Hello world!","refusal":null,"annotations":[]},"logprobs":null,"#,
            r#""finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":3,"#,
            r#""total_tokens":12,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"#,
            r#""completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,"#,
            r#""accepted_prediction_tokens":0,"rejected_prediction_tokens":0}},"#,
            r#""service_tier":"default","system_fingerprint":"FP"}"#
        )
        .replace("chatcmpl-ID", id(&body))
        .replace("FP", fingerprint(&body))
    );
    assert_eq!(id(&body).len(), "chatcmpl-".len() + 29);
}

fn id(body: &str) -> &str {
    let start = body.find("chatcmpl-").unwrap();
    let length = body[start..].find('"').unwrap();
    &body[start..start + length]
}

fn fingerprint(body: &str) -> &str {
    let start = body.find("\"fp_").unwrap() + 1;
    &body[start..start + 13]
}

#[test]
fn a_stream_greets_speaks_finishes_counts_and_is_done() {
    let more = json!({"stream": true, "stream_options": {"include_usage": true}});
    let stream = answer(CHAT, request(more), vec![says("Hello world")]);
    let first = stream.split("\n\n").next().unwrap();
    assert_eq!(
        first,
        concat!(
            r#"data: {"id":"chatcmpl-ID","object":"chat.completion.chunk","created":1700000000,"#,
            r#""model":"gpt-4o-2024-08-06","service_tier":"default","system_fingerprint":"FP","#,
            r#""choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"#,
            r#""logprobs":null,"finish_reason":null}],"usage":null}"#
        )
        .replace("chatcmpl-ID", id(first))
        .replace("FP", fingerprint(first))
    );
    let events = events(&stream);
    let choices: Vec<&Value> = events.iter().map(|event| &event["choices"]).collect();
    let chunk = |delta: Value, finish: Value| json!([{"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish}]);
    assert_eq!(choices[1], &chunk(json!({"content": "Hello"}), Value::Null));
    assert_eq!(
        choices[2],
        &chunk(json!({"content": " world"}), Value::Null)
    );
    assert_eq!(choices[3], &chunk(json!({}), json!("stop")));
    assert_eq!(choices[4], &json!([]));
    assert!(events[..4].iter().all(|event| event["usage"].is_null()));
    assert_eq!(events[4]["usage"]["total_tokens"], 11);
}

#[test]
fn usage_is_not_mentioned_where_nobody_asked() {
    let stream = answer(CHAT, request(json!({"stream": true})), vec![says("Hi")]);
    assert!(!stream.contains("usage") && !stream.contains("obfuscation"));
}

#[test]
fn obfuscation_pads_every_chunk_of_a_stream_that_asks_for_it() {
    let more = json!({"stream": true, "stream_options": {"include_obfuscation": true}});
    let stream = answer(CHAT, request(more), vec![says("Hi")]);
    assert!(
        events(&stream)
            .iter()
            .all(|event| event["obfuscation"].is_string())
    );
}

#[test]
fn calls_are_folded_with_their_ids_and_arguments() {
    let body = answer(
        CHAT,
        request(json!({"tools": weather()})),
        vec![Choice {
            segments: vec![
                Segment::Call(planned("weather", r#"{"city":"Rome"}"#, CallKind::Function)),
                Segment::Call(planned("weather", "{}", CallKind::Function)),
            ],
            finish: Finish::ToolCalls,
        }],
    );
    let body: Value = serde_json::from_str(&body).unwrap();
    let choice = &body["choices"][0];
    assert_eq!(choice["finish_reason"], "tool_calls");
    assert_eq!(choice["message"]["content"], Value::Null);
    let calls = choice["message"]["tool_calls"].as_array().unwrap();
    assert_eq!(
        calls[0]["function"],
        json!({"name": "weather", "arguments": "{\"city\":\"Rome\"}"})
    );
    assert_eq!(calls[0]["id"].as_str().unwrap().len(), "call_".len() + 24);
    assert_ne!(calls[0]["id"], calls[1]["id"]);
}

#[test]
fn a_streamed_call_tells_its_name_first_and_then_its_arguments() {
    let more = json!({"stream": true, "tools": weather()});
    let stream = answer(CHAT, request(more), vec![calls("weather", "{\"city\":1")]);
    let deltas: Vec<Value> = events(&stream)
        .into_iter()
        .map(|event| event["choices"][0]["delta"].clone())
        .collect();
    assert_eq!(
        deltas[0],
        json!({"role": "assistant", "content": null, "refusal": null})
    );
    let call = &deltas[1]["tool_calls"][0];
    assert_eq!(
        call["function"],
        json!({"name": "weather", "arguments": ""})
    );
    assert_eq!(
        (&call["index"], &call["type"]),
        (&json!(0), &json!("function"))
    );
    let pieces = [json!("{\"city\":"), json!("1")];
    for (delta, piece) in deltas[2..4].iter().zip(pieces) {
        let wanted = json!({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]});
        assert_eq!(delta, &wanted);
    }
}

#[test]
fn a_custom_tool_gets_its_input_as_text() {
    let tools = json!([{"type": "custom", "custom": {"name": "shell"}}]);
    let choice = || Choice {
        segments: vec![Segment::Call(planned(
            "shell",
            "ls \"-l\"",
            CallKind::Custom,
        ))],
        finish: Finish::ToolCalls,
    };
    let body = answer(CHAT, request(json!({"tools": tools})), vec![choice()]);
    let body: Value = serde_json::from_str(&body).unwrap();
    let call = &body["choices"][0]["message"]["tool_calls"][0];
    assert_eq!(call["type"], "custom");
    assert_eq!(
        call["custom"],
        json!({"name": "shell", "input": "ls \"-l\""})
    );
    // The document's chunks know functions only.
    let stream = unchecked_answer(
        CHAT,
        request(json!({"tools": tools, "stream": true})),
        vec![choice()],
    );
    let first = &events(&stream)[1]["choices"][0]["delta"]["tool_calls"][0];
    assert_eq!(first["custom"], json!({"name": "shell", "input": ""}));
}

#[test]
fn deprecated_functions_get_a_deprecated_answer() {
    let functions = json!({"functions": [{"name": "weather", "parameters": {}}]});
    let body = answer(
        CHAT,
        request(functions.clone()),
        vec![calls("weather", "{}")],
    );
    let choice = &serde_json::from_str::<Value>(&body).unwrap()["choices"][0];
    assert_eq!(
        choice["message"]["function_call"],
        json!({"name": "weather", "arguments": "{}"})
    );
    assert_eq!(choice["finish_reason"], "function_call");
    let mut more = functions;
    more["stream"] = json!(true);
    let stream = answer(CHAT, request(more), vec![calls("weather", "{}")]);
    let deltas = events(&stream);
    let delta = |index: usize| &deltas[index]["choices"][0]["delta"]["function_call"];
    assert_eq!(delta(1), &json!({"name": "weather", "arguments": ""}));
    assert_eq!(delta(2), &json!({"arguments": "{"}));
}

#[test]
fn several_choices_each_have_their_own_chunks() {
    let more = json!({"n": 2, "stream": true});
    let stream = answer(
        CHAT,
        request(more),
        vec![says("Hello world"), says("Hi there")],
    );
    let mut texts = [String::new(), String::new()];
    for event in events(&stream) {
        let choice = &event["choices"][0];
        let text = choice["delta"]["content"].as_str().unwrap_or_default();
        texts[choice["index"].as_u64().unwrap() as usize].push_str(text);
    }
    assert_eq!(texts, ["Hello world", "Hi there"]);
}

#[test]
fn logprobs_list_every_token_even_those_of_half_a_character() {
    let more = json!({"logprobs": true, "top_logprobs": 1});
    let choice = || Choice {
        segments: vec![Segment::Text(with_logprobs(tokens("Hié")))],
        finish: Finish::Stop,
    };
    let body = answer(CHAT, request(more.clone()), vec![choice()]);
    let body: Value = serde_json::from_str(&body).unwrap();
    let listed = &body["choices"][0]["logprobs"];
    assert_eq!(listed["refusal"], Value::Null);
    let token = |text: &str, bytes: Value| {
        let head = json!({"token": text, "logprob": -0.5, "bytes": bytes});
        let mut token = head.clone();
        token["top_logprobs"] = json!([head]);
        token
    };
    let wanted = [
        token("Hi", json!([72, 105])),
        token("\\xc3", json!([195])),
        token("\\xa9", json!([169])),
    ];
    assert_eq!(listed["content"], json!(wanted));
    let mut more = more;
    more["stream"] = json!(true);
    let events = events(&answer(CHAT, request(more), vec![choice()]));
    let chunks: Vec<&Value> = events
        .iter()
        .map(|event| &event["choices"][0]["logprobs"]["content"])
        .collect();
    assert_eq!(chunks[1], &json!(wanted[..1]));
    assert_eq!(chunks[2], &json!(wanted[1..]));
}

#[test]
fn a_token_that_a_stop_cut_away_sends_nothing() {
    let mut cut = with_logprobs(tokens("Hello world"));
    cut.clip_text(5);
    let choice = Choice {
        segments: vec![Segment::Text(cut)],
        finish: Finish::Stop,
    };
    let more = json!({"logprobs": true, "stream": true});
    let events = events(&answer(CHAT, request(more), vec![choice]));
    assert_eq!(events.len(), 3);
}

#[test]
fn refusals_stand_beside_the_content() {
    let choice = || Choice {
        segments: vec![Segment::Refusal(tokens("Hi"))],
        finish: Finish::Stop,
    };
    let body = answer(CHAT, request(json!({})), vec![choice()]);
    assert!(body.contains(r#""content":null,"refusal":"Hi""#));
    let stream = answer(CHAT, request(json!({"stream": true})), vec![choice()]);
    assert!(stream.contains(r#""delta":{"refusal":"Hi"}"#));
}

#[test]
fn reasoning_is_hidden_by_hosted_models_and_shown_by_open_ones() {
    let choice = || Choice {
        segments: vec![
            Segment::Reasoning(tokens("Hello")),
            Segment::Text(tokens("Hi")),
        ],
        finish: Finish::Stop,
    };
    let hosted = answer(CHAT, request(json!({"model": "o3"})), vec![choice()]);
    assert!(!hosted.contains("Hello"));
    assert!(hosted.contains(r#""reasoning_tokens":1"#));
    let model = json!({"model": "deepseek-ai/DeepSeek-R1"});
    let open_weights = answer(CHAT, request(model), vec![choice()]);
    assert!(open_weights.contains(r#""content":"Hi","reasoning_content":"Hello""#));
    let model = json!({"model": "deepseek-ai/DeepSeek-R1", "stream": true});
    let stream = answer(CHAT, request(model), vec![choice()]);
    assert!(stream.contains(r#""delta":{"reasoning_content":"Hello"}"#));
}

#[test]
fn a_limit_used_up_by_reasoning_leaves_an_empty_text() {
    let choice = Choice {
        segments: vec![Segment::Reasoning(tokens("Hello"))],
        finish: Finish::Length,
    };
    let body = answer(CHAT, request(json!({"model": "o3"})), vec![choice]);
    assert!(body.contains(r#""content":"","refusal":null"#), "{body}");
}

#[test]
fn pages_that_a_search_found_are_cited() {
    let page = json!({"title": "Rome", "url": "https://example.com/rome", "snippet": "…"});
    let search = fakeai_canon::HostedCall {
        kind: "web_search".to_owned(),
        detail: json!({"query": "rome", "results": [page]}),
        overhead: 3,
    };
    let choice = Choice {
        segments: vec![Segment::Hosted(search), Segment::Text(tokens("Hello"))],
        finish: Finish::Stop,
    };
    let more = json!({"model": "gpt-4o-search-preview", "web_search_options": {}});
    let body: Value = serde_json::from_str(&answer(CHAT, request(more), vec![choice])).unwrap();
    let citation = json!({"start_index": 0, "end_index": 5, "title": "Rome",
        "url": "https://example.com/rome"});
    let wanted = json!([{"type": "url_citation", "url_citation": citation}]);
    assert_eq!(body["choices"][0]["message"]["annotations"], wanted);
}

#[test]
fn a_failure_ends_a_stream_with_an_error_and_a_fold_with_nothing() {
    for (stream, wanted) in [
        (true, "data: {\"error\":{\"message\":\"Gone.\""),
        (false, ""),
    ] {
        let body = request(json!({"stream": stream}));
        let mut opened = open(CHAT, body, Mode::Realistic).unwrap();
        let mut out = BytesMut::new();
        let error = ApiError::new(ErrorKind::Server, "Gone.");
        opened.encoder.write(
            Delta::Fail {
                error: &error,
                at: player::CREATED,
            },
            &mut out,
        );
        let sent = std::str::from_utf8(&out).unwrap();
        assert!(sent.starts_with(wanted) && sent.is_empty() == wanted.is_empty());
    }
}

#[test]
fn a_stored_completion_leaves_itself_and_its_messages() {
    for stream in [false, true] {
        let body = request(json!({"store": true, "metadata": {"a": "b"}, "stream": stream}));
        let mut opened = open(CHAT, body, Mode::Realistic).unwrap();
        play(opened.encoder.as_mut(), &plan(vec![says("Hello")]), 9);
        let kept = opened.encoder.keep();
        assert_eq!(
            (kept[0].family, kept[1].family),
            ("chat.completions", "chat.completions.messages")
        );
        assert_eq!(kept[0].object["metadata"], json!({"a": "b"}));
        assert_eq!(kept[0].object["choices"][0]["message"]["content"], "Hello");
        assert_eq!(kept[1].parent.as_ref(), Some(&kept[0].id));
        assert_eq!(kept[1].object["content"], "Hi json");
        assert!(opened.encoder.keep().is_empty());
    }
}

#[test]
fn nothing_is_kept_where_nobody_asked() {
    let mut opened = open(CHAT, request(json!({})), Mode::Realistic).unwrap();
    play(opened.encoder.as_mut(), &plan(vec![says("Hello")]), 9);
    assert!(opened.encoder.keep().is_empty());
}

#[test]
fn every_role_and_part_reaches_the_work() {
    let messages = json!([
        {"role": "developer", "content": "Be brief"},
        {"role": "user", "name": "ann", "content": [
            {"type": "text", "text": "Look"},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAEC", "detail": "low"}},
            {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
            {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="}},
            {"type": "file", "file": {"file_id": "file-1"}}
        ]},
        {"role": "assistant", "content": null, "tool_calls": [
            {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
        ]},
        {"role": "tool", "tool_call_id": "call_1", "content": [{"type": "text", "text": "4"}]},
        {"role": "assistant", "content": [{"type": "refusal", "refusal": "No"}]}
    ]);
    let opened = open(
        CHAT,
        request(json!({"messages": messages})),
        Mode::Realistic,
    )
    .unwrap();
    let Input::Chat(read) = &generate(&opened).input else {
        panic!()
    };
    let roles: Vec<Role> = read.iter().map(|message| message.role).collect();
    let wanted = [
        Role::Developer,
        Role::User,
        Role::Assistant,
        Role::Tool,
        Role::Assistant,
    ];
    assert_eq!(roles, wanted);
    assert_eq!(read[1].name.as_deref(), Some("ann"));
    let image = Media {
        kind: MediaKind::Image,
        source: MediaSource::Bytes(vec![0, 1, 2].into()),
        format: Some("image/png".to_owned()),
        name: None,
        detail: Detail::Low,
    };
    assert_eq!(read[1].parts[1], Part::Media(image));
    assert_eq!(read[1].parts.len(), 5);
    assert_eq!(read[2].calls[0].arguments, "{}");
    assert_eq!(read[3].answers.as_deref(), Some("call_1"));
    assert_eq!(read[4].parts, [Part::Refusal("No".to_owned())]);
}

#[test]
fn every_setting_reaches_the_work() {
    let more = json!({
        "temperature": 0.2, "top_p": 0.9, "frequency_penalty": 0.5, "presence_penalty": -0.5,
        "logit_bias": {"20": -100, "3": 5}, "seed": 42, "stop": ["a", "b"], "max_tokens": 7,
        "n": 3, "logprobs": true, "top_logprobs": 2, "parallel_tool_calls": false,
        "tools": weather(), "tool_choice": "required",
        "response_format": {"type": "json_object"}, "user": "u", "safety_identifier": "s",
        "prompt_cache_key": "k", "service_tier": "flex"
    });
    let opened = open(CHAT, request(more), Mode::Realistic).unwrap();
    let work = generate(&opened);
    assert_eq!(work.sampling.temperature, Some(0.2));
    assert_eq!(work.sampling.logit_bias, [(3, 5.0), (20, -100.0)]);
    assert_eq!(
        (work.sampling.seed, work.limits.max_tokens),
        (Some(42), Some(7))
    );
    assert_eq!(work.limits.stop, ["a", "b"]);
    assert_eq!(
        (work.choices, work.candidates, work.logprobs),
        (3, 3, Some(2))
    );
    assert_eq!(
        (work.parallel_calls, &work.tool_choice),
        (false, &ToolChoice::Required)
    );
    assert_eq!(work.format, Format::JsonObject);
    let more = json!({"model": "gpt-5", "reasoning_effort": "low", "verbosity": "high",
        "max_completion_tokens": 9});
    let opened = open(CHAT, request(more), Mode::Realistic).unwrap();
    let work = generate(&opened);
    assert_eq!(
        (work.reasoning.effort, work.verbosity),
        (Some(Effort::Low), Verbosity::High)
    );
    assert_eq!(work.limits.max_tokens, Some(9));
}

#[test]
fn the_tier_that_serves_is_told() {
    for (asked, told) in [
        ("auto", "default"),
        ("flex", "flex"),
        ("priority", "priority"),
    ] {
        let body = answer(
            CHAT,
            request(json!({"service_tier": asked})),
            vec![says("Hi")],
        );
        assert!(body.contains(&format!(r#""service_tier":"{told}""#)));
    }
}

#[test]
fn allowed_tools_narrow_the_choice() {
    let choice = json!({"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [
        {"type": "function", "function": {"name": "weather"}}]}});
    let more = json!({"tools": weather(), "tool_choice": choice});
    let opened = open(CHAT, request(more), Mode::Realistic).unwrap();
    let wanted = ToolChoice::Allowed {
        names: vec!["weather".to_owned()],
        required: true,
    };
    assert_eq!(generate(&opened).tool_choice, wanted);
}
