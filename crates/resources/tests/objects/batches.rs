//! Batches: their input is read, their lines are sent and answered, and files come of it.

use bytes::Bytes;
use fakeai_canon::ErrorKind;
use fakeai_resources::{Effect, Errand, Returned, Store};
use serde_json::{Value, json};

use crate::world::{World, ids};

const NOW: u64 = 1_700_000_000;
const URL: &str = "/v1/chat/completions";

fn line(id: &str) -> Value {
    json!({"custom_id": id, "method": "POST", "url": URL,
        "body": {"model": "gpt-4o", "messages": [{"role": "user", "content": id}]}})
}

fn lines(count: usize) -> String {
    let lines = (0..count).map(|n| format!("{}\n", line(&format!("line-{n}"))));
    lines.collect()
}

/// A batch of this input, as it is answered when it is made.
fn batch(world: &mut World, input: &str) -> Value {
    let fields = json!({"file": "in.jsonl", "purpose": "batch"});
    let file = world.send_file("/files", fields, ("file", "in.jsonl"), input.as_bytes());
    let body = json!({
        "input_file_id": file.unwrap()["id"],
        "endpoint": URL,
        "completion_window": "24h",
        "metadata": {"night": "1"},
        "output_expires_after": {"anchor": "created_at", "seconds": 7200},
    });
    let batch = world.post("/batches", body).unwrap();
    assert_eq!(batch["status"], "validating");
    batch
}

fn again(world: &mut World, batch: &Value) -> Value {
    let path = format!("/batches/{}", batch["id"].as_str().unwrap());
    world.get(&path, json!({})).unwrap()
}

/// The errands that were sent since the last time.
fn sent(world: &mut World) -> Vec<Errand> {
    let effects = std::mem::take(&mut world.effects);
    effects
        .into_iter()
        .filter_map(|effect| match effect {
            Effect::Send(errand) => Some(errand),
            _ => None,
        })
        .collect()
}

fn announced(world: &World) -> Vec<&'static str> {
    let events = world.effects.iter().filter_map(|effect| match effect {
        Effect::Announce { event, .. } => Some(*event),
        _ => None,
    });
    events.collect()
}

fn answer(world: &mut World, errand: &Errand, status: u16) {
    let body = match status {
        200 => json!({"model": "gpt-4o-2024-08-06", "usage": {"prompt_tokens": 5,
            "completion_tokens": 3, "total_tokens": 8,
            "prompt_tokens_details": {"cached_tokens": 2},
            "completion_tokens_details": {"reasoning_tokens": 1}}}),
        _ => json!({"error": {"message": "no", "code": "bad"}}),
    };
    let returned = Returned {
        tag: errand.tag.clone(),
        status,
        request_id: format!("req_{}", errand.tag),
        body: Bytes::from(body.to_string()),
    };
    world.returns(errand, &returned);
}

fn file(world: &mut World, id: &Value) -> Vec<Value> {
    let path = format!("/files/{}/content", id.as_str().unwrap());
    let bytes = world.bytes(&path).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn every_line_is_answered_once_in_the_order_of_the_input() {
    let mut world = World::realistic();
    let made = batch(&mut world, &lines(100));
    world.settle(NOW);
    let running = again(&mut world, &made);
    assert_eq!(running["status"], "in_progress");
    assert_eq!(running["model"], "gpt-4o");
    assert_eq!(
        running["request_counts"],
        json!({"total": 100, "completed": 0, "failed": 0})
    );
    let (mut waiting, mut most, mut answered) = (sent(&mut world), 0, 0);
    assert_eq!(waiting[0].path, URL);
    assert_eq!(
        serde_json::from_slice::<Value>(&waiting[0].body).unwrap(),
        line("line-0")["body"]
    );
    // The last that was sent comes back first.
    while let Some(errand) = waiting.pop() {
        most = most.max(waiting.len() + 1);
        let status = if errand.tag.ends_with('7') { 400 } else { 200 };
        answer(&mut world, &errand, status);
        answered += 1;
        waiting.extend(sent(&mut world));
    }
    assert_eq!((answered, most), (100, 16));
    assert_eq!(again(&mut world, &made)["status"], "finalizing");
    world.settle(NOW);
    assert_eq!(announced(&world), ["batch.completed"]);
    let done = again(&mut world, &made);
    assert_eq!(done["status"], "completed");
    assert_eq!(done["model"], "gpt-4o-2024-08-06");
    assert_eq!(done["metadata"], json!({"night": "1"}));
    assert_eq!(
        done["request_counts"],
        json!({"total": 100, "completed": 90, "failed": 10})
    );
    assert_eq!(
        done["usage"],
        json!({"input_tokens": 450, "input_tokens_details": {"cached_tokens": 180},
            "output_tokens": 270, "output_tokens_details": {"reasoning_tokens": 90},
            "total_tokens": 720})
    );
    let output = file(&mut world, &done["output_file_id"]);
    let errors = file(&mut world, &done["error_file_id"]);
    let order = |lines: &[Value]| -> Vec<String> {
        let ids = lines.iter().map(|line| line["custom_id"].as_str().unwrap());
        ids.map(str::to_owned).collect()
    };
    let (failed, succeeded): (Vec<_>, Vec<_>) = (0..100)
        .map(|n| format!("line-{n}"))
        .partition(|id| id.ends_with('7'));
    assert_eq!((order(&output), order(&errors)), (succeeded, failed));
    assert_eq!(output[1]["response"]["status_code"], 200);
    assert_eq!(output[1]["response"]["request_id"], "req_1");
    assert_eq!(output[1]["response"]["body"]["model"], "gpt-4o-2024-08-06");
    assert_eq!(output[1]["error"], Value::Null);
    assert!(output[1]["id"].as_str().unwrap().starts_with("batch_req_"));
    assert_eq!(errors[0]["response"]["body"]["error"]["code"], "bad");
    let path = format!("/files/{}", done["output_file_id"].as_str().unwrap());
    let output = world.get(&path, json!({})).unwrap();
    assert_eq!(output["purpose"], "batch_output");
    assert_eq!(output["expires_at"], NOW + 7_200);
    // Nothing is left of the work.
    assert_eq!(
        world.store.next_due().map(|due| due.whole_seconds()),
        Some(NOW + 7_200)
    );
}

#[test]
fn a_large_output_is_set_aside_piece_by_piece() {
    let mut world = World::realistic();
    let made = batch(&mut world, &lines(1_000));
    world.settle(NOW);
    let mut waiting = sent(&mut world);
    let mut most = 0;
    while let Some(errand) = waiting.pop() {
        answer(&mut world, &errand, 200);
        let record = world.find("batches", made["id"].as_str().unwrap());
        most = most.max(record.private.to_string().len());
        waiting.extend(sent(&mut world));
    }
    assert!(most < 128 << 10, "{most} bytes are remembered");
    world.settle(NOW);
    let done = again(&mut world, &made);
    assert_eq!(file(&mut world, &done["output_file_id"]).len(), 1_000);
    assert_eq!(done["error_file_id"], Value::Null);
    assert_eq!(world.count(), 3, "the batch, its input and its output");
}

#[test]
fn an_input_with_bad_lines_fails_by_line() {
    let mut world = World::realistic();
    let mut bad = vec![
        "{broken".to_owned(),
        line("a").to_string(),
        line("a").to_string(),
        "[]".to_owned(),
    ];
    for (name, value) in [
        ("custom_id", Value::Null),
        ("method", json!("GET")),
        ("url", json!("/v1/embeddings")),
        ("body", json!("text")),
        ("body", json!({"model": "gpt-3.5-turbo"})),
        ("body", json!({"model": "gpt-4o", "stream": true})),
    ] {
        let mut changed = line(name);
        changed[name] = value;
        if name == "body" {
            changed["custom_id"] = json!(format!("b{}", bad.len()));
        }
        bad.push(changed.to_string());
    }
    let made = batch(&mut world, &bad.join("\n"));
    world.settle(NOW);
    let failed = again(&mut world, &made);
    assert_eq!(failed["status"], "failed");
    assert_eq!(failed["failed_at"], NOW);
    let errors = failed["errors"]["data"].as_array().unwrap();
    let told: Vec<_> = errors
        .iter()
        .map(|error| {
            (
                error["line"].as_u64().unwrap(),
                error["code"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (1, "invalid_json_line"),
            (3, "duplicate_custom_id"),
            (4, "invalid_json_line"),
            (5, "missing_required_parameter"),
            (6, "invalid_method"),
            (7, "invalid_url"),
            (8, "invalid_type"),
            (9, "mismatched_model"),
            (10, "unsupported_parameter"),
        ]
    );
    assert_eq!(
        errors[0]["message"],
        "This line is not parseable as valid JSON."
    );
    assert_eq!(
        errors[3]["message"],
        "Missing required parameter: 'custom_id'."
    );
    assert_eq!(announced(&world), ["batch.failed"]);
    assert!(sent(&mut world).is_empty());

    for (input, code) in [
        ("\n \n".to_owned(), "empty_file"),
        (lines(1).replace("gpt-4o", "llama"), "model_not_found"),
        ("{}\n".repeat(50_001), "too_many_tasks"),
    ] {
        let made = batch(&mut world, &input);
        world.settle(NOW);
        let failed = again(&mut world, &made);
        let first = failed["errors"]["data"][0]["code"].as_str().unwrap();
        // A hundred errors are enough to stop reading.
        let first = if first == "missing_required_parameter" {
            "too_many_tasks"
        } else {
            first
        };
        assert_eq!(first, code);
    }
}

#[test]
fn a_cancelled_batch_keeps_what_was_answered() {
    let mut world = World::realistic();
    let made = batch(&mut world, &lines(40));
    world.settle(NOW);
    let waiting = sent(&mut world);
    answer(&mut world, &waiting[2], 200);
    let cancel = format!("/batches/{}/cancel", made["id"].as_str().unwrap());
    let cancelling = world.post(&cancel, Value::Null).unwrap();
    assert_eq!(cancelling["status"], "cancelling");
    assert_eq!(world.post(&cancel, Value::Null).unwrap(), cancelling);
    for errand in &waiting {
        answer(&mut world, errand, 200);
    }
    assert!(sent(&mut world).is_empty(), "no more lines are sent");
    world.settle(NOW);
    assert_eq!(announced(&world), ["batch.cancelled"]);
    let done = again(&mut world, &made);
    assert_eq!(done["status"], "cancelled");
    assert_eq!(done["cancelled_at"], NOW);
    assert_eq!(done["request_counts"]["completed"], 16);
    assert_eq!(file(&mut world, &done["output_file_id"]).len(), 16);
    let error = world.post(&cancel, Value::Null).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Conflict);
    assert_eq!(
        error.message,
        "Cannot cancel a batch with status 'cancelled'."
    );
}

#[test]
fn lines_that_outlast_a_cancelled_batch_are_left() {
    let mut world = World::realistic();
    let made = batch(&mut world, &lines(3));
    world.settle(NOW);
    let waiting = sent(&mut world);
    answer(&mut world, &waiting[1], 200);
    let cancel = format!("/batches/{}/cancel", made["id"].as_str().unwrap());
    world.post(&cancel, Value::Null).unwrap();
    world.settle(NOW + 599);
    assert_eq!(again(&mut world, &made)["status"], "cancelling");
    world.settle(NOW + 600);
    let done = again(&mut world, &made);
    assert_eq!(done["status"], "cancelled");
    let output = file(&mut world, &done["output_file_id"]);
    assert_eq!(output[0]["custom_id"], "line-1");
    answer(&mut world, &waiting[0], 200);
    assert_eq!(again(&mut world, &made), done);
}

#[test]
fn lines_that_were_not_run_in_time_are_told_in_the_error_file() {
    let mut world = World::realistic();
    let made = batch(&mut world, &lines(30));
    world.settle(NOW);
    let waiting = sent(&mut world);
    answer(&mut world, &waiting[1], 200);
    world.settle(NOW + 86_399);
    assert_eq!(again(&mut world, &made)["status"], "in_progress");
    world.settle(NOW + 86_400);
    assert_eq!(announced(&world), ["batch.expired"]);
    let done = again(&mut world, &made);
    assert_eq!(done["status"], "expired");
    assert_eq!(done["expires_at"], NOW + 86_400);
    assert_eq!(done["expired_at"], NOW + 86_400);
    let errors = file(&mut world, &done["error_file_id"]);
    assert_eq!(errors.len(), 29);
    assert_eq!(errors[1]["custom_id"], "line-2");
    assert_eq!(errors[1]["response"], Value::Null);
    assert_eq!(
        errors[1]["error"],
        json!({"code": "batch_expired", "message":
            "This request could not be executed before the completion window expired."})
    );
    assert_eq!(file(&mut world, &done["output_file_id"]).len(), 1);
}

#[test]
fn a_batch_needs_an_input_that_is_there_and_stays() {
    let mut world = World::realistic();
    let body =
        |id: &Value| json!({"input_file_id": id, "endpoint": URL, "completion_window": "24h"});
    let error = world
        .post("/batches", body(&json!("file-none")))
        .unwrap_err();
    assert_eq!(error.param.as_deref(), Some("input_file_id"));
    let fields = json!({"file": "in.jsonl", "purpose": "user_data"});
    let file = world
        .send_file("/files", fields, ("file", "in.jsonl"), b"{}")
        .unwrap();
    let error = world.post("/batches", body(&file["id"])).unwrap_err();
    assert!(error.message.contains("'user_data'"), "{}", error.message);

    let made = batch(&mut world, &lines(40));
    world.settle(NOW);
    let waiting = sent(&mut world);
    let input = made["input_file_id"].as_str().unwrap();
    world.delete(&format!("/files/{input}")).unwrap();
    for errand in &waiting {
        answer(&mut world, errand, 200);
    }
    let failed = again(&mut world, &made);
    assert_eq!(failed["status"], "failed");
    assert_eq!(failed["errors"]["data"][0]["code"], "input_file_gone");
}

#[test]
fn batches_are_listed_the_newest_first() {
    let mut world = World::realistic();
    let made: Vec<Value> = (0..3).map(|_| batch(&mut world, &lines(1))).collect();
    let page = world.get("/batches", json!({"limit": 2})).unwrap();
    assert_eq!(page["has_more"], true);
    let id = |n: usize| made[n]["id"].as_str().unwrap();
    assert_eq!(ids(&page), [id(2), id(1)]);
    let rest = world.get("/batches", json!({"after": id(1)})).unwrap();
    assert_eq!(ids(&rest), [id(0)]);
}
