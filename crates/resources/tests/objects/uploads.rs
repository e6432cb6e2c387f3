//! Uploads: parts become one file, in the order that the completion names.

use fakeai_canon::ApiError;
use serde_json::{Value, json};

use crate::world::{World, assert_missing};

fn open(world: &mut World, bytes: usize) -> Value {
    let body = json!({
        "filename": "lines.jsonl",
        "purpose": "fine-tune",
        "bytes": bytes,
        "mime_type": "text/jsonl",
        "expires_after": {"anchor": "created_at", "seconds": 7200},
    });
    world.post("/uploads", body).unwrap()
}

fn path(upload: &Value, rest: &str) -> String {
    format!("/uploads/{}{rest}", upload["id"].as_str().unwrap())
}

fn part(world: &mut World, upload: &Value, bytes: &[u8]) -> Result<Value, ApiError> {
    let path = path(upload, "/parts");
    let part = world.send_file(&path, json!({"data": "blob"}), ("data", "blob"), bytes)?;
    assert_eq!(part["upload_id"], upload["id"]);
    Ok(part["id"].clone())
}

#[test]
fn parts_become_one_file_in_the_named_order() {
    let mut world = World::realistic();
    let line = format!("{{\"text\":\"{}\"}}\n", "x".repeat(20_000));
    let whole = line.repeat(3);
    let upload = open(&mut world, whole.len());
    assert_eq!(upload["status"], "pending");
    assert_eq!(
        upload["expires_at"].as_u64(),
        upload["created_at"].as_u64().map(|at| at + 3_600)
    );
    let (head, tail) = whole.as_bytes().split_at(25_000);
    let last = part(&mut world, &upload, tail).unwrap();
    let unused = part(&mut world, &upload, b"never named").unwrap();
    let first = part(&mut world, &upload, head).unwrap();
    assert_ne!(unused, first);
    let body = json!({"part_ids": [first, last]});
    let done = world.post(&path(&upload, "/complete"), body).unwrap();
    assert_eq!(done["status"], "completed");
    let file = &done["file"];
    assert_eq!(file["bytes"], whole.len());
    assert_eq!(file["filename"], "lines.jsonl");
    assert_eq!(
        file["expires_at"].as_u64(),
        file["created_at"].as_u64().map(|at| at + 7_200)
    );
    let id = file["id"].as_str().unwrap();
    assert_eq!(
        &world.get(&format!("/files/{id}"), json!({})).unwrap(),
        file
    );
    let content = world.bytes(&format!("/files/{id}/content")).unwrap();
    assert_eq!(content, whole.as_bytes());
    // The parts are gone, used or not.
    assert_eq!(world.blobs_bytes(), whole.len() as u64);
    let again = world.post(&path(&upload, "/complete"), json!({"part_ids": []}));
    assert_eq!(
        again.unwrap_err().message,
        "Cannot complete an upload with status 'completed'."
    );
}

#[test]
fn bytes_checksum_and_parts_have_to_fit() {
    let mut world = World::realistic();
    let upload = open(&mut world, 12);
    let hello = part(&mut world, &upload, b"{\"a\":1}\n").unwrap();
    let rest = part(&mut world, &upload, b"{}\n\n").unwrap();
    let complete = path(&upload, "/complete");
    let mut refused = |body: Value| world.post(&complete, body).unwrap_err();
    let short = refused(json!({"part_ids": [hello]}));
    assert_eq!(
        short.message,
        "The parts have 8 bytes together, but the upload was created with 12 bytes."
    );
    let unknown = refused(json!({"part_ids": [hello, "part_none"]}));
    assert_eq!(unknown.message, "No such Part object: part_none");
    let twice = refused(json!({"part_ids": [hello, hello]}));
    assert_eq!(twice.param.as_deref(), Some("part_ids"));
    let sum = refused(json!({"part_ids": [hello, rest], "md5": "00"}));
    assert_eq!(sum.param.as_deref(), Some("md5"));
    // Nothing was lost by that, and nothing left behind. `printf '{"a":1}\n{}\n\n' | md5sum`
    assert_eq!(world.blobs_bytes(), 12);
    let body = json!({"part_ids": [hello, rest], "md5": "688d637f0dfb353db6a6dd794b54e08f"});
    assert_eq!(world.post(&complete, body).unwrap()["status"], "completed");
}

#[test]
fn a_cancelled_upload_takes_and_keeps_nothing() {
    let mut world = World::realistic();
    let upload = open(&mut world, 5);
    part(&mut world, &upload, b"hello").unwrap();
    let cancelled = world.post(&path(&upload, "/cancel"), Value::Null).unwrap();
    assert_eq!(cancelled["status"], "cancelled");
    assert_eq!(world.blobs_bytes(), 0);
    let late = part(&mut world, &upload, b"hello").unwrap_err();
    assert_eq!(
        late.message,
        "Cannot add parts to an upload with status 'cancelled'."
    );
    let again = world.post(&path(&upload, "/cancel"), Value::Null);
    assert_eq!(
        again.unwrap_err().message,
        "Cannot cancel an upload with status 'cancelled'."
    );
    assert_missing(
        world.post("/uploads/upload_none/cancel", Value::Null),
        "No such Upload object: upload_none",
    );
}

#[test]
fn an_upload_that_nobody_completes_expires_after_an_hour() {
    let mut world = World::realistic();
    let upload = open(&mut world, 5);
    part(&mut world, &upload, b"hello").unwrap();
    world.settle(world.now.whole_seconds() + 3_599);
    part(&mut world, &upload, b"hello").unwrap();
    world.settle(world.now.whole_seconds() + 1);
    let late = part(&mut world, &upload, b"hello").unwrap_err();
    assert_eq!(
        late.message,
        "Cannot add parts to an upload with status 'expired'."
    );
}

#[test]
fn an_upload_has_bounds() {
    let mut world = World::realistic();
    let mut sized = |bytes: Value| {
        let body =
            json!({"filename": "a", "purpose": "vision", "bytes": bytes, "mime_type": "image/png"});
        world.post("/uploads", body)
    };
    let most = 8_u64 << 30;
    assert!(sized(json!(most)).is_ok());
    for claim in [json!(most + 1), json!(u64::MAX), json!(1e300), json!(0)] {
        let error = sized(claim.clone()).unwrap_err();
        assert_eq!(error.param.as_deref(), Some("bytes"), "{claim}");
    }
    let huge = sized(json!(1e300)).unwrap_err().message;
    assert!(
        huge.contains("1e+300") && huge.contains(&most.to_string()),
        "{huge}"
    );
    let upload = open(&mut world, 5);
    let empty = part(&mut world, &upload, b"").unwrap_err();
    assert_eq!(empty.param.as_deref(), Some("data"));
}
