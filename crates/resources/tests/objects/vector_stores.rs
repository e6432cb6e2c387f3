//! Vector stores, their files and batches: what is counted, what goes along, what is refused.

use std::sync::Arc;

use bytes::Bytes;
use fakeai_canon::{ErrorKind, Micros};
use fakeai_resources::{Blobs, Change, Record, Store, Whose};
use serde_json::{Value, json};

use crate::world::{World, assert_missing, ids};

/// When calls are made in the test's world, in seconds.
const NOW: u64 = 1_700_000_000;

/// A file that was uploaded with these bytes.
fn file(world: &World, id: &str, bytes: &'static [u8]) {
    let mut writer = world.blobs.create().unwrap();
    writer.write(Bytes::from_static(bytes)).unwrap();
    let record = Record {
        project: None,
        family: "files",
        id: id.to_owned(),
        parent: None,
        created: Micros::ZERO,
        object: Arc::new(json!({"id": id, "object": "file", "filename": format!("{id}.txt")})),
        private: Value::Null,
        due: None,
        blob: Some(writer.finish().unwrap()),
    };
    world.store.commit(vec![Change::Put(record)]).unwrap();
}

fn store(world: &mut World, body: Value) -> String {
    let made = world.post("/vector_stores", body).unwrap();
    made["id"].as_str().unwrap().to_owned()
}

/// Completed, failed, cancelled, in progress and all.
fn counts(object: &Value) -> [u64; 5] {
    ["completed", "failed", "cancelled", "in_progress", "total"]
        .map(|state| object["file_counts"][state].as_u64().unwrap())
}

#[test]
fn files_are_read_after_a_while_and_counted() {
    let mut world = World::realistic();
    file(&world, "file-a", b"red apples");
    file(&world, "file-b", b"\xFF");
    let body = json!({"name": "kb", "metadata": {"k": "v"}, "file_ids": ["file-a", "file-b"]});
    let made = world.post("/vector_stores", body).unwrap();
    assert_eq!(
        (&made["name"], &made["metadata"]["k"]),
        (&json!("kb"), &json!("v"))
    );
    assert_eq!(
        (counts(&made), &made["status"]),
        ([0, 0, 0, 2, 2], &json!("in_progress"))
    );
    let path = format!("/vector_stores/{}", made["id"].as_str().unwrap());
    let waiting = world
        .get(&format!("{path}/files/file-a"), json!({}))
        .unwrap();
    assert_eq!(waiting["status"], "in_progress");
    world.settle(NOW + 1);
    let read = world.get(&path, json!({})).unwrap();
    assert_eq!(
        (counts(&read), &read["status"]),
        ([1, 1, 0, 0, 2], &json!("completed"))
    );
    assert_eq!(read["usage_bytes"], 10);
    let failed = world
        .get(&format!("{path}/files/file-b"), json!({}))
        .unwrap();
    assert_eq!(failed["status"], "failed");
    let error = json!({"code": "unsupported_file", "message": "The file type is not supported."});
    assert_eq!(failed["last_error"], error);
    let list = |world: &mut World, query: Value| {
        let page = world.get(&format!("{path}/files"), query).unwrap();
        ids(&page)
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(list(&mut world, json!({"filter": "completed"})), ["file-a"]);
    assert_eq!(
        list(&mut world, json!({"order": "asc", "limit": 1})),
        ["file-a"]
    );
    let content = world
        .get(&format!("{path}/files/file-a/content"), json!({}))
        .unwrap();
    assert_eq!(
        content["data"],
        json!([{"type": "text", "text": "red apples"}])
    );
    world
        .get(&format!("{path}/files/file-b/content"), json!({}))
        .unwrap_err();
}

#[test]
fn a_file_has_attributes_and_a_strategy_of_its_own() {
    let mut world = World::realistic();
    file(&world, "file-a", b"red");
    let path = format!("/vector_stores/{}", store(&mut world, json!({})));
    let strategy = |size: u64, shared: u64| json!({"type": "static", "static": {"max_chunk_size_tokens": size, "chunk_overlap_tokens": shared}});
    let body = json!({"file_id": "file-a", "attributes": {"n": 1}, "chunking_strategy": strategy(200, 101)});
    let error = world.post(&format!("{path}/files"), body).unwrap_err();
    assert_eq!(
        error.param.as_deref(),
        Some("chunking_strategy.static.chunk_overlap_tokens")
    );
    let body = json!({"file_id": "file-a", "attributes": {"n": 1}, "chunking_strategy": strategy(200, 100)});
    let made = world.post(&format!("{path}/files"), body).unwrap();
    assert_eq!(
        (&made["attributes"], &made["chunking_strategy"]),
        (&json!({"n": 1}), &strategy(200, 100))
    );
    let changed = world
        .post(
            &format!("{path}/files/file-a"),
            json!({"attributes": {"m": true}}),
        )
        .unwrap();
    assert_eq!(changed["attributes"], json!({"m": true}));
    // Attached anew, it is still one file, of the usual strategy.
    let again = world
        .post(&format!("{path}/files"), json!({"file_id": "file-a"}))
        .unwrap();
    assert_eq!(again["chunking_strategy"], strategy(800, 400));
    let whole = world.get(&path, json!({})).unwrap();
    assert_eq!(counts(&whole), [0, 0, 0, 1, 1]);
}

#[test]
fn a_batch_counts_its_own_files_and_can_be_cancelled() {
    let mut world = World::realistic();
    for id in ["file-a", "file-b", "file-c"] {
        file(&world, id, b"red");
    }
    let path = format!(
        "/vector_stores/{}",
        store(&mut world, json!({"file_ids": ["file-c"]}))
    );
    world.settle(NOW + 1);
    let body =
        json!({"files": [{"file_id": "file-a", "attributes": {"n": 1}}, {"file_id": "file-b"}]});
    let batch = world.post(&format!("{path}/file_batches"), body).unwrap();
    assert_eq!(
        (counts(&batch), &batch["status"]),
        ([0, 0, 0, 2, 2], &json!("in_progress"))
    );
    let batch_path = format!("{path}/file_batches/{}", batch["id"].as_str().unwrap());
    let page = world
        .get(
            &format!("{batch_path}/files"),
            json!({"limit": 1, "order": "asc"}),
        )
        .unwrap();
    assert_eq!(
        (ids(&page), &page["has_more"]),
        (vec!["file-a"], &json!(true))
    );
    let cancelled = world
        .post(&format!("{batch_path}/cancel"), Value::Null)
        .unwrap();
    assert_eq!(
        (counts(&cancelled), &cancelled["status"]),
        ([0, 0, 2, 0, 2], &json!("cancelled"))
    );
    world.settle(NOW + 2);
    assert_eq!(
        counts(&world.get(&path, json!({})).unwrap()),
        [1, 0, 2, 0, 3]
    );
    let error = world
        .post(&format!("{batch_path}/cancel"), Value::Null)
        .unwrap_err();
    assert_eq!(
        error.message,
        "Cannot cancel a file batch with status 'cancelled'."
    );

    let body = json!({"file_ids": ["file-a", "file-b"], "attributes": {"k": "v"}});
    let batch = world.post(&format!("{path}/file_batches"), body).unwrap();
    world.settle(NOW + 3);
    let batch_path = format!("{path}/file_batches/{}", batch["id"].as_str().unwrap());
    let done = world.get(&batch_path, json!({})).unwrap();
    assert_eq!(
        (counts(&done), &done["status"]),
        ([2, 0, 0, 0, 2], &json!("completed"))
    );
    assert_eq!(
        counts(&world.get(&path, json!({})).unwrap()),
        [3, 0, 0, 0, 3]
    );
    let file = world
        .get(&format!("{path}/files/file-b"), json!({}))
        .unwrap();
    assert_eq!(file["attributes"], json!({"k": "v"}));
    world
        .post(
            &format!("{path}/file_batches"),
            json!({"file_ids": ["file-a"], "files": [{"file_id": "file-a"}]}),
        )
        .unwrap_err();
}

#[test]
fn what_goes_away_leaves_nothing_behind() {
    let mut world = World::realistic();
    file(&world, "file-a", b"red");
    file(&world, "file-b", b"blue sky");
    let one = store(&mut world, json!({"file_ids": ["file-a", "file-b"]}));
    let two = store(&mut world, json!({"file_ids": ["file-a"]}));
    world.settle(NOW + 1);
    // A file that leaves a store stays a file.
    let gone = world
        .delete(&format!("/vector_stores/{one}/files/file-b"))
        .unwrap();
    assert_eq!(
        gone,
        json!({"id": "file-b", "object": "vector_store.file.deleted", "deleted": true})
    );
    assert!(
        world
            .store
            .find(Whose::Anyones, "files", None, "file-b")
            .is_some()
    );
    let whole = world
        .get(&format!("/vector_stores/{one}"), json!({}))
        .unwrap();
    assert_eq!(
        (counts(&whole), &whole["usage_bytes"]),
        ([1, 0, 0, 0, 1], &json!(3))
    );
    // A file that is deleted leaves all its stores.
    world.delete("/files/file-a").unwrap();
    for id in [&one, &two] {
        let whole = world
            .get(&format!("/vector_stores/{id}"), json!({}))
            .unwrap();
        assert_eq!(
            (counts(&whole), &whole["usage_bytes"]),
            ([0, 0, 0, 0, 0], &json!(0))
        );
        let missing = world.get(&format!("/vector_stores/{id}/files/file-a"), json!({}));
        assert_eq!(missing.unwrap_err().kind, ErrorKind::NotFound);
    }
    let gone = world.delete(&format!("/vector_stores/{one}")).unwrap();
    assert_eq!(
        gone,
        json!({"id": one, "object": "vector_store.deleted", "deleted": true})
    );
    let message = format!("No vector store found with id '{one}'.");
    assert_missing(
        world.get(&format!("/vector_stores/{one}"), json!({})),
        &message,
    );
    assert_missing(
        world.get(&format!("/vector_stores/{one}/files"), json!({})),
        &message,
    );
    world.delete(&format!("/vector_stores/{two}")).unwrap();
    assert_eq!(world.count(), 1, "only file-b is left");
}

#[test]
fn a_store_expires_when_it_was_not_used_for_days() {
    const DAY: u64 = 86_400;
    let mut world = World::realistic();
    file(&world, "file-a", b"red");
    let expiry = json!({"anchor": "last_active_at", "days": 2});
    let id = store(&mut world, json!({"expires_after": expiry}));
    let path = format!("/vector_stores/{id}");
    let made = world.get(&path, json!({})).unwrap();
    assert_eq!(
        (&made["expires_at"], &made["expires_after"]),
        (&json!(NOW + 2 * DAY), &expiry)
    );
    let longer = world
        .post(
            &path,
            json!({"expires_after": {"anchor": "last_active_at", "days": 3, "unheard": "of"}}),
        )
        .unwrap();
    assert_eq!(longer["expires_after"]["unheard"], json!(null));
    assert_eq!(longer["expires_at"], NOW + 3 * DAY);
    world.settle(NOW + 2 * DAY + 1);
    assert_eq!(world.get(&path, json!({})).unwrap()["status"], "completed");
    world.settle(NOW + 3 * DAY);
    assert_eq!(world.get(&path, json!({})).unwrap()["status"], "expired");
    let refusal = format!("Vector store '{id}' has expired.");
    for (path, body) in [
        (format!("{path}/search"), json!({"query": "red"})),
        (format!("{path}/files"), json!({"file_id": "file-a"})),
    ] {
        assert_eq!(world.post(&path, body).unwrap_err().message, refusal);
    }
    let forever = store(&mut world, json!({"expires_after": expiry}));
    let kept = world
        .post(
            &format!("/vector_stores/{forever}"),
            json!({"expires_after": null}),
        )
        .unwrap();
    assert_eq!(kept["expires_at"], Value::Null);
    world.settle(NOW + 9 * DAY);
    assert_eq!(
        world
            .get(&format!("/vector_stores/{forever}"), json!({}))
            .unwrap()["status"],
        "completed"
    );
}

#[test]
fn a_search_shows_passages_with_their_files() {
    let mut world = World::realistic();
    file(&world, "file-a", b"red apples");
    file(&world, "file-b", b"blue sky");
    let id = store(&mut world, json!({}));
    for (file, n) in [("file-a", 1), ("file-b", 2)] {
        let body = json!({"file_id": file, "attributes": {"n": n}});
        world
            .post(&format!("/vector_stores/{id}/files"), body)
            .unwrap();
    }
    let path = format!("/vector_stores/{id}/search");
    let search = |world: &mut World, body: Value| world.post(&path, body).unwrap();
    assert_eq!(
        search(&mut world, json!({"query": "red"}))["data"],
        json!([]),
        "nothing is read yet"
    );
    world.settle(NOW + 1);
    let page = search(
        &mut world,
        json!({"query": "please red", "rewrite_query": true}),
    );
    assert_eq!(page["search_query"], json!(["red"]));
    let found = json!([{"file_id": "file-a", "filename": "file-a.txt", "score": 0.5,
        "attributes": {"n": 1}, "content": [{"type": "text", "text": "red apples"}]}]);
    assert_eq!(page["data"], found);
    let both = search(
        &mut world,
        json!({"query": ["red", "blue"], "max_num_results": 1}),
    );
    assert_eq!(both["data"].as_array().unwrap().len(), 1);
    let missing = world.post("/vector_stores/vs_none/search", json!({"query": "red"}));
    assert_missing(missing, "No vector store found with id 'vs_none'.");
    let missing = world.post(
        &format!("/vector_stores/{id}/files"),
        json!({"file_id": "file-z"}),
    );
    assert_missing(missing, "No such File object: file-z");
}
