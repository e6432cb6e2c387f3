//! Files: what is taken, what is given back, and when they go.

use fakeai_canon::ErrorKind;
use serde_json::{Value, json};

use crate::world::{World, assert_missing, ids};

fn create(world: &mut World, name: &str, purpose: &str, bytes: &[u8]) -> Value {
    let fields = json!({"file": name, "purpose": purpose});
    let made = world.send_file("/files", fields, ("file", name), bytes);
    made.unwrap()
}

fn refusal(world: &mut World, name: &str, purpose: &str, bytes: &[u8]) -> String {
    let fields = json!({"file": name, "purpose": purpose});
    let error = world
        .send_file("/files", fields, ("file", name), bytes)
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::InvalidRequest);
    error.message.to_string()
}

#[test]
fn a_file_comes_back_byte_for_byte() {
    let mut world = World::realistic();
    let bytes: Vec<u8> = (0..100_000_u32).map(|n| (n * 7 % 251) as u8).collect();
    let file = create(&mut world, "photo.png", "vision", &bytes);
    assert_eq!(file["bytes"], 100_000);
    assert_eq!(file["filename"], "photo.png");
    assert_eq!(file["status"], "processed");
    let path = format!("/files/{}", file["id"].as_str().unwrap());
    assert_eq!(world.get(&path, json!({})).unwrap(), file);
    assert_eq!(world.bytes(&format!("{path}/content")).unwrap(), bytes);
}

#[test]
fn a_deleted_file_leaves_no_bytes_behind() {
    let mut world = World::realistic();
    let file = create(&mut world, "notes.txt", "assistants", b"hello");
    let id = file["id"].as_str().unwrap().to_owned();
    let gone = world.delete(&format!("/files/{id}")).unwrap();
    assert_eq!(gone, json!({"id": id, "object": "file", "deleted": true}));
    let message = format!("No such File object: {id}");
    assert_missing(world.get(&format!("/files/{id}"), json!({})), &message);
    assert_eq!(world.blobs_bytes(), 0);
}

#[test]
fn what_the_purpose_forbids_is_refused_in_the_providers_words() {
    let mut world = World::realistic();
    let wrong = refusal(&mut world, "lines.txt", "batch", b"{}");
    assert_eq!(wrong, "Invalid file format for Batch API. Must be .jsonl");
    let wrong = refusal(&mut world, "lines.json", "fine-tune", b"{}");
    assert_eq!(
        wrong,
        "Invalid file format for Fine-Tuning API. Must be .jsonl"
    );
    let empty = refusal(&mut world, "nothing.txt", "user_data", b"");
    assert_eq!(empty, "File is empty.");
    let line = refusal(
        &mut world,
        "a.jsonl",
        "fine-tune",
        b"{\"a\":1}\n[1, 2, 3]\n",
    );
    assert_eq!(
        line,
        "Expected file to have JSONL format, where every line is a valid JSON dictionary. \
         Line 2 is not a dictionary (HINT: line starts with: \"[1, 2...\")."
    );
    // The lines of a batch are read when it is made.
    create(&mut world, "a.JSONL", "batch", b"no json");
    let mark = "\u{feff}{\"messages\":[]}\r\n\r\n{\"messages\":[]}";
    create(&mut world, "a.jsonl", "fine-tune", mark.as_bytes());
}

#[test]
fn files_for_the_models_eyes_are_not_given_back() {
    let mut world = World::realistic();
    for (purpose, given) in [
        ("assistants", false),
        ("user_data", false),
        ("evals", false),
        ("batch", true),
        ("fine-tune", true),
        ("vision", true),
    ] {
        let file = create(&mut world, "lines.jsonl", purpose, b"{\"a\":1}");
        let content = format!("/files/{}/content", file["id"].as_str().unwrap());
        match world.bytes(&content) {
            Ok(bytes) => assert!(given && bytes == b"{\"a\":1}", "{purpose}"),
            Err(error) => {
                assert!(!given, "{purpose}");
                let message = format!("Not allowed to download files of purpose: {purpose}");
                assert_eq!(error.message, message);
            }
        }
    }
}

#[test]
fn files_go_when_they_said_they_would() {
    let mut world = World::realistic();
    let fields = json!({
        "file": "a.txt",
        "purpose": "user_data",
        "expires_after": {"anchor": "created_at", "seconds": 3600},
    });
    let short = world
        .send_file("/files", fields, ("file", "a.txt"), b"soon gone")
        .unwrap();
    let batch = create(&mut world, "b.jsonl", "batch", b"{}");
    let standing = create(&mut world, "c.txt", "user_data", b"stays");
    let created = short["created_at"].as_u64().unwrap();
    assert_eq!(short["expires_at"], created + 3_600);
    // Files of batches stay for 30 days unless they were told otherwise.
    assert_eq!(batch["expires_at"], created + 2_592_000);
    assert_eq!(standing["expires_at"], Value::Null);
    world.settle(world.now.whole_seconds() + 3_600);
    let page = world.get("/files", json!({})).unwrap();
    assert_eq!(
        ids(&page),
        [&standing["id"], &batch["id"]].map(|id| id.as_str().unwrap())
    );
}

#[test]
fn a_page_of_files_has_ten_thousand_at_most() {
    let mut world = World::realistic();
    for n in 0..5 {
        let purpose = if n % 2 == 0 { "vision" } else { "user_data" };
        create(&mut world, &format!("{n}.txt"), purpose, b"x");
    }
    let all = world.get("/files", json!({"limit": 10_000})).unwrap();
    assert_eq!(ids(&all).len(), 5);
    let error = world.get("/files", json!({"limit": 10_001})).unwrap_err();
    assert_eq!(error.param.as_deref(), Some("limit"));
    let seen = world.get("/files", json!({"purpose": "vision", "order": "asc"}));
    assert_eq!(ids(&seen.unwrap()).len(), 3);
    let first = world.get("/files", json!({"limit": 2})).unwrap();
    assert_eq!(first["has_more"], true);
    let after = first["last_id"].as_str().unwrap();
    let rest = world.get("/files", json!({"after": after})).unwrap();
    assert_eq!(ids(&rest), ids(&all)[2..]);
    assert_eq!(rest["has_more"], false);
}
