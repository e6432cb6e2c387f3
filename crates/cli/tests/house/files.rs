//! Files, uploads and batches through the sockets: bytes come back as they went, lines are really
//! answered.

use serde_json::{Value, json};

use crate::client::{Answer, Request};
use crate::house::House;

const BOUNDARY: &str = "7f3a";

/// A form with texts and one file.
fn form(fields: &[(&str, &str)], (field, name): (&str, &str), bytes: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        let part = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        );
        body.extend_from_slice(part.as_bytes());
    }
    let head = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    );
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(bytes);
    body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
    body
}

async fn send(house: &House, target: &str, form: Vec<u8>) -> Answer {
    let media = format!("multipart/form-data; boundary={BOUNDARY}");
    house.send(Request::post(target).body(&media, form)).await
}

async fn file(house: &House, purpose: &str, name: &str, bytes: &[u8]) -> Value {
    let form = form(&[("purpose", purpose)], ("file", name), bytes);
    send(house, "/v1/files", form).await.ok()
}

#[tokio::test]
async fn a_file_name_is_no_path() {
    let house = House::open().await;
    for (sent, kept) in [
        ("../../etc/passwd", "passwd"),
        ("/srv/notes.txt", "notes.txt"),
    ] {
        let made = file(&house, "assistants", sent, b"hello").await;
        assert_eq!(made["filename"], kept, "{sent}");
    }
}

#[tokio::test]
async fn a_cursor_that_was_deleted_is_refused() {
    let house = House::open().await;
    let gone = file(&house, "assistants", "gone.txt", b"x").await;
    let kept = file(&house, "assistants", "kept.txt", b"x").await;
    let id = |object: &Value| object["id"].as_str().expect("an id").to_owned();
    house.delete(&format!("/v1/files/{}", id(&gone))).await.ok();
    let after = |id: String| format!("/v1/files?after={id}");
    let error = house.get(&after(id(&gone))).await.error(400);
    assert_eq!(error["param"], "after");
    let page = house.get(&after(id(&kept))).await.ok();
    assert_eq!(page["data"], json!([]));
}

/// The object once it has this status.
async fn once(house: &House, path: &str, status: &str) -> Value {
    for _ in 0..100_000 {
        let object = house.get(path).await.ok();
        if object["status"] == status {
            return object;
        }
    }
    panic!("{path} never is {status}");
}

#[tokio::test]
async fn an_upload_in_parts_comes_back_byte_for_byte() {
    let house = House::open().await;
    // Every byte value, delimiters of forms among them.
    let whole: Vec<u8> = (0..3_000_000_u32).map(|n| (n * 31 % 257) as u8).collect();
    let body = json!({"filename": "film.bin", "purpose": "vision", "bytes": whole.len(),
        "mime_type": "image/png"});
    let upload = house.post("/v1/uploads", &body).await.ok();
    let path = format!("/v1/uploads/{}", upload["id"].as_str().expect("an id"));
    let mut parts = Vec::new();
    for piece in whole.chunks(1_100_000) {
        let form = form(&[], ("data", "blob"), piece);
        let part = send(&house, &format!("{path}/parts"), form).await.ok();
        parts.push(part["id"].clone());
    }
    let done = house
        .post(&format!("{path}/complete"), &json!({"part_ids": parts}))
        .await
        .ok();
    let file = done["file"]["id"].as_str().expect("a file");
    let content = house.get(&format!("/v1/files/{file}/content")).await;
    assert_eq!(content.status, 200);
    assert_eq!(content.header("content-type"), "application/octet-stream");
    assert!(content.body == whole, "{} bytes", content.body.len());
}

#[tokio::test]
async fn a_batch_is_answered_line_by_line_like_live_calls() {
    let house = House::open().await;
    let chat = |n: usize| {
        json!({"model": "gpt-4o", "max_tokens": if n == 7 { -1 } else { 20 },
            "messages": [{"role": "user", "content": format!("Question {n}")}]})
    };
    let lines: Vec<String> = (0..40)
        .map(|n| {
            let line = json!({"custom_id": format!("q{n}"), "method": "POST",
                "url": "/v1/chat/completions", "body": chat(n)});
            line.to_string()
        })
        .collect();
    let input = file(&house, "batch", "in.jsonl", lines.join("\n").as_bytes()).await;
    let body = json!({"input_file_id": input["id"], "endpoint": "/v1/chat/completions",
        "completion_window": "24h"});
    let batch = house.post("/v1/batches", &body).await.ok();
    let path = format!("/v1/batches/{}", batch["id"].as_str().expect("an id"));
    let done = once(&house, &path, "completed").await;
    assert_eq!(
        done["request_counts"],
        json!({"total": 40, "completed": 39, "failed": 1})
    );

    let read = |id: &Value| format!("/v1/files/{}/content", id.as_str().expect("a file"));
    let output = house.get(&read(&done["output_file_id"])).await.text();
    let output: Vec<Value> = output
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(output.len(), 39);
    let live = house.post("/v1/chat/completions", &chat(3)).await.ok();
    let line = &output[3]["response"];
    assert_eq!(output[3]["custom_id"], "q3");
    assert_eq!(line["body"]["choices"], live["choices"]);
    let tokens: u64 = output
        .iter()
        .filter_map(|line| line["response"]["body"]["usage"]["total_tokens"].as_u64())
        .sum();
    assert_eq!(done["usage"]["total_tokens"], tokens);

    let errors = house.get(&read(&done["error_file_id"])).await.text();
    let error: Value = serde_json::from_str(errors.trim_end()).expect("one line");
    assert_eq!(error["custom_id"], "q7");
    assert_eq!(error["response"]["status_code"], 400);
    // The journal has every line, as calls of their own.
    let called = house.journal("createChatCompletion").await;
    let line = called
        .iter()
        .any(|entry| entry["request_id"] == line["request_id"]);
    assert!(line, "the line's request is in the journal");
}
