//! What is wrong with a call is told in the provider's shape, with the provider's status.

use fakeai_canon::Mode;
use fakeai_server::config::ByteCount;
use http::Method;
use serde_json::{Map, Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::client::{Answer, Request, tcp};
use crate::house::House;

const CHAT: &str = "/v1/chat/completions";

fn chat() -> Value {
    json!({"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]})
}

async fn with(house: &House, field: &str, value: Value) -> Answer {
    let mut body = chat();
    body[field] = value;
    house.post(CHAT, &body).await
}

#[tokio::test]
async fn bodies_that_are_wrong_name_the_parameter() {
    let house = House::open().await;
    let cases = [
        (
            with(&house, "messages", json!("hi")).await,
            json!("messages"),
        ),
        (
            with(&house, "temperature", json!(9)).await,
            json!("temperature"),
        ),
        (
            with(&house, "messages", json!([{"role": "user", "content": 5}])).await,
            json!("messages[0].content"),
        ),
        (
            with(
                &house,
                "messages",
                json!([{"role": "user", "content": "a", "x": 1}]),
            )
            .await,
            json!("messages[0].x"),
        ),
        (
            house.post(CHAT, &json!({"model": "gpt-4o"})).await,
            json!("messages"),
        ),
    ];
    for (answer, param) in cases {
        let error = answer.error(400);
        assert_eq!(error["param"], param, "{error}");
        assert_eq!(error["type"], "invalid_request_error");
    }
}

#[tokio::test]
async fn unknown_fields_are_told_as_each_endpoint_does() {
    let house = House::open().await;
    let error = with(&house, "colour", json!(1)).await.error(400);
    assert_eq!(
        error["message"],
        "Unrecognized request argument supplied: colour"
    );
    assert!(error["param"].is_null() && error["code"].is_null());
    let respond = async |field: &str| {
        let mut body = json!({"model": "gpt-4.1", "input": "hi"});
        body[field] = json!([]);
        house.post("/v1/responses", &body).await.error(400)
    };
    let error = respond("colour").await;
    assert_eq!(error["message"], "Unknown parameter: 'colour'.");
    assert_eq!(error["code"], "unknown_parameter");
    let error = respond("messages").await;
    let words = "this parameter has moved to 'input'";
    assert!(
        error["message"]
            .as_str()
            .is_some_and(|text| text.contains(words))
    );
    assert_eq!(error["code"], "unsupported_parameter");
}

#[tokio::test]
async fn newer_endpoints_refuse_unknown_fields_however_deep() {
    let house = House::open().await;
    let part = json!([{"role": "user", "content": [
        {"type": "input_text", "text": "hi", "cache_control": {"type": "ephemeral"}}]}]);
    let format = json!({"format": {"type": "text", "colour": 1}});
    let search =
        json!([{"type": "web_search", "user_location": {"type": "approximate", "colour": 1}}]);
    let choice = json!({"type": "web_search_preview", "colour": 1});
    for (field, value, param) in [
        ("input", &part, "input[0].content[0].cache_control"),
        ("text", &format, "text.format.colour"),
        ("tools", &search, "tools[0].user_location.colour"),
        ("tool_choice", &choice, "tool_choice.colour"),
    ] {
        let mut body = json!({"model": "gpt-4.1", "input": "hi"});
        body[field] = value.clone();
        let error = house.post("/v1/responses", &body).await.error(400);
        assert_eq!(error["message"], format!("Unknown parameter: '{param}'."));
        assert_eq!(error["param"], param);
        assert_eq!(error["code"], "unknown_parameter");
    }
    let error = house
        .post("/v1/conversations", &json!({"items": part}))
        .await
        .error(400);
    assert_eq!(error["param"], "items[0].content[0].cache_control");
    let tools = json!([{"type": "code_interpreter", "colour": 1}]);
    let body = json!({"model": "gpt-4o", "tools": tools});
    let call = Request::post("/v1/assistants").json(&body);
    let call = call.header("openai-beta", "assistants=v2");
    let error = house.send(call).await.error(400);
    assert_eq!(error["param"], "tools[0].colour");
}

#[tokio::test]
async fn what_a_request_names_has_to_be_there() {
    let said = |content: Value| json!([{"role": "user", "content": [content]}]);
    let shell =
        |environment: Value| json!({"tools": [{"type": "shell", "environment": environment}]});
    let cases = [
        (
            "/v1/chat/completions",
            json!({"messages": said(json!({"type": "file", "file": {"file_id": "file-none"}}))}),
            "No such File object: file-none",
        ),
        (
            "/v1/responses",
            json!({"input": said(json!({"type": "input_file", "file_id": "file-none"}))}),
            "No such File object: file-none",
        ),
        (
            "/v1/responses",
            json!({"input": said(json!({"type": "input_image", "file_id": "file-none"}))}),
            "No such File object: file-none",
        ),
        (
            "/v1/responses",
            json!({"tools": [{"type": "code_interpreter", "container": "cntr_none"}]}),
            "Container with id 'cntr_none' not found.",
        ),
        (
            "/v1/responses",
            json!({"tools": [{"type": "code_interpreter",
                "container": {"type": "auto", "file_ids": ["file-none"]}}]}),
            "No such File object: file-none",
        ),
        (
            "/v1/responses",
            shell(json!({"type": "container_reference", "container_id": "cntr_none"})),
            "Container with id 'cntr_none' not found.",
        ),
        (
            "/v1/responses",
            shell(json!({"type": "container_auto",
                "skills": [{"type": "skill_reference", "skill_id": "skill_none"}]})),
            "Skill with id 'skill_none' not found.",
        ),
    ];
    for mode in [Mode::Realistic, Mode::Mock] {
        let house = House::with(|config| config.server.mode = mode).await;
        for (path, more, sentence) in &cases {
            let mut body = json!({"model": "gpt-4o"});
            if *path == "/v1/responses" {
                body["input"] = json!("Hello.");
            }
            for (name, value) in more.as_object().expect("fields") {
                body[name] = value.clone();
            }
            let answer = house.post(path, &body).await;
            match mode {
                Mode::Realistic => assert_eq!(answer.error(404)["message"], *sentence),
                Mode::Mock => assert_eq!(answer.status, 200, "{}", answer.text()),
            }
        }
    }
}

#[tokio::test]
async fn metadata_has_bounds_wherever_it_is_kept() {
    let house = House::open().await;
    let many: Map<String, Value> = (0..17).map(|n| (n.to_string(), json!("x"))).collect();
    for (target, body) in [
        ("/v1/threads", json!({})),
        ("/v1/assistants", json!({"model": "gpt-4o"})),
        ("/v1/vector_stores", json!({})),
        ("/v1/conversations", json!({})),
        ("/v1/responses", json!({"model": "gpt-4o", "input": "x"})),
    ] {
        for (metadata, param, code) in [
            (json!(many), "metadata", "object_above_max_properties"),
            (
                json!({"k".repeat(65): "x"}),
                "metadata",
                "string_above_max_length",
            ),
            (
                json!({"k": "x".repeat(513)}),
                "metadata.k",
                "string_above_max_length",
            ),
        ] {
            let mut wrong = body.clone();
            wrong["metadata"] = metadata;
            let request = Request::post(target).header("openai-beta", "assistants=v2");
            let error = house.send(request.json(&wrong)).await.error(400);
            assert_eq!(
                (&error["param"], &error["code"]),
                (&json!(param), &json!(code)),
                "{target}"
            );
        }
    }
}

#[tokio::test]
async fn bodies_that_are_no_json_or_of_another_type_are_refused() {
    let house = House::open().await;
    let objects = ["{\"model\":", "", "\u{0}", "{\"model\": NaN}"];
    for text in objects.into_iter().chain(["[1]", "\"x\"", "3", "null"]) {
        let error = house
            .send(Request::post(CHAT).body("application/json", text))
            .await;
        let error = error.error(400);
        assert!(
            error["message"]
                .as_str()
                .expect("words")
                .contains("could not parse the JSON body"),
            "{error}"
        );
    }
    let deep = "[".repeat(100_000);
    house
        .send(Request::post(CHAT).body("application/json", deep))
        .await
        .error(400);
    let error = house
        .send(Request::post(CHAT).body("text/plain", "hello"))
        .await
        .error(415);
    assert_eq!(error["code"], "unsupported_content_type");
}

#[tokio::test]
async fn bodies_that_are_too_large_are_refused_by_either_length() {
    let house = House::with(|config| config.security.max_request_size = ByteCount(4_096)).await;
    let large = "x".repeat(10_000);
    let announced = house
        .send(Request::post(CHAT).body("application/json", large.clone()))
        .await;
    assert!(
        announced.error(413)["message"]
            .as_str()
            .expect("words")
            .contains("4096")
    );
    let mut socket = tcp(house.running.address()).await;
    let head = "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
                content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
    let chunk = format!("{head}{:x}\r\n{large}\r\n", large.len());
    socket
        .write_all(chunk.as_bytes())
        .await
        .expect("it is sent");
    let answer = read(&mut socket).await;
    assert!(
        answer.starts_with("HTTP/1.1 413 ") && answer.contains("Maximum content size"),
        "{answer}"
    );
    house.post(CHAT, &chat()).await.ok();
}

#[tokio::test]
async fn paths_and_methods_that_are_not_there_are_told_apart() {
    let house = House::open().await;
    let put = house.send(Request::new(Method::PUT, CHAT)).await;
    put.error(405);
    assert_eq!(put.header("allow"), "GET, POST");
    let own = house.send(Request::post("/health")).await;
    own.error(405);
    assert_eq!(own.header("allow"), "GET");
    for path in [
        "/v1/nothing",
        "/nothing",
        "/v1/",
        "/w/x",
        "/w/.%00/v1/models",
        "//",
        "/v1/%ff",
    ] {
        let error = house.get(path).await.error(404);
        let words = error["message"].as_str().expect("words");
        assert!(words.contains("Invalid URL (GET "), "{path}: {words}");
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_harms_nobody() {
    let house = House::open().await;
    let mut socket = tcp(house.running.address()).await;
    let half = "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
                content-length: 100\r\n\r\n{\"model\":";
    socket.write_all(half.as_bytes()).await.expect("it is sent");
    socket.shutdown().await.expect("the client is done");
    let answer = read(&mut socket).await;
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 400 "),
        "{answer}"
    );
    while house.get("/_fakeai/journal?status=400").await.ok()["data"][0].is_null() {
        tokio::task::yield_now().await;
    }
    house.post(CHAT, &chat()).await.ok();
}

#[tokio::test]
async fn heads_that_are_too_large_are_refused() {
    let house = House::open().await;
    let mut many = Request::get("/v1/models");
    for _ in 0..120 {
        many = many.header("x-filler", "1");
    }
    house.send(many).await.error(400);
    let long = Request::get("/v1/models").header("x-filler", &"x".repeat(70_000));
    house.send(long).await.error(400);
    // Far beyond the limits the protocol itself gives up, before there is a request.
    let mut absurd = Request::get("/v1/models");
    for _ in 0..300 {
        absurd = absurd.header("x-filler", "1");
    }
    assert_eq!(house.send(absurd).await.status, 431);
    house.get("/v1/models").await.ok();
}

#[tokio::test]
async fn what_is_no_http_is_answered_or_cut_and_harms_nobody() {
    let house = House::open().await;
    for bytes in [
        &b"\x16\x03\x01\x02\x00\x01\x00"[..],
        b"GET\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        b"POST /v1/models HTTP/1.1\r\ncontent-length: -5\r\n\r\n",
        b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\r\n\r\n",
    ] {
        let mut socket = tcp(house.running.address()).await;
        socket.write_all(bytes).await.expect("it is sent");
        socket.shutdown().await.expect("the client is done");
        let answer = read(&mut socket).await;
        assert!(
            !answer.contains(" 500 ") && !answer.contains("panic"),
            "{answer}"
        );
    }
    house.get("/v1/models").await.ok();
}

async fn read(socket: &mut tokio::net::TcpStream) -> String {
    let mut answer = Vec::new();
    // A server may also cut the connection; what it said before counts.
    let _ = socket.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn refusals_have_the_words_that_users_report() {
    let house = House::open().await;
    let chat = |more: Value| {
        let mut body = json!({"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]});
        for (name, value) in more.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        body
    };
    let responses = |role: &str, kind: &str| json!({"model": "gpt-4o", "input": [{"role": role, "content": [{"type": kind, "text": "a"}]}]});
    let cases = [
        (
            CHAT,
            chat(json!({"messages": [{"role": "user", "content": null}]})),
            "Invalid value for 'content': expected a string, got null.",
            json!("messages.[0].content"),
            Value::Null,
        ),
        (
            CHAT,
            chat(json!({"reasoning_effort": "low"})),
            "Unrecognized request argument supplied: reasoning_effort",
            Value::Null,
            Value::Null,
        ),
        (
            CHAT,
            chat(json!({"web_search_options": {}})),
            "Web search options not supported with this model.",
            json!("web_search_options"),
            Value::Null,
        ),
        (
            CHAT,
            chat(json!({"model": "o4-mini", "web_search_options": {}})),
            "Unknown parameter: 'web_search_options'.",
            json!("web_search_options"),
            json!("unknown_parameter"),
        ),
        (
            CHAT,
            chat(json!({"messages": [{"role": "user", "content": "a", "name": "Jane Doe"}]})),
            r"Invalid 'messages[0].name': string does not match pattern. Expected a string that matches the pattern '^[^\s<|\\/>]+$'.",
            json!("messages[0].name"),
            json!("invalid_value"),
        ),
        (
            "/v1/responses",
            responses("user", "text"),
            "Invalid value: 'text'. Supported values are: 'input_text', 'input_image', 'input_audio', 'output_text', 'refusal', 'input_file', 'computer_screenshot', 'summary_text', and 'encrypted_content'.",
            json!("input[0].content[0].type"),
            json!("invalid_value"),
        ),
        (
            "/v1/responses",
            responses("assistant", "input_text"),
            "Invalid value: 'input_text'. Supported values are: 'output_text' and 'refusal'.",
            json!("input[0].content[0]"),
            json!("invalid_value"),
        ),
        (
            "/v1/embeddings",
            json!({"model": "text-embedding-3-small", "input": "word ".repeat(9000)}),
            "This model's maximum context length is 8192 tokens, however you requested 9001 tokens (9001 in your prompt; 0 for the completion). Please reduce your prompt; or completion length.",
            Value::Null,
            Value::Null,
        ),
    ];
    for (path, body, message, param, code) in cases {
        let error = house.post(path, &body).await.error(400);
        assert_eq!(error["message"], message);
        assert_eq!(error["param"], param, "{error}");
        assert_eq!(error["code"], code, "{error}");
        assert_eq!(error["type"], "invalid_request_error");
    }
}
