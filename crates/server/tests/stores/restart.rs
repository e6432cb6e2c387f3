//! What lasts: a house that is opened again finds everything, goes on with what is due, ends what
//! was interrupted, and makes ids that nobody had.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use fakeai_canon::Call;
use fakeai_server::config::{Config, StoreUrl};
use http::Method;
use serde_json::json;

use crate::house::{House, content, id, ids, settings};
use crate::places::{Folder, files};

fn sqlite(folder: &Folder) -> Config {
    settings(StoreUrl::Sqlite(folder.0.join("objects.db")), None)
}

/// A text of many different words.
pub(crate) fn long_text(seed: u64) -> String {
    let words = (0..40_000u64).map(|place| format!("w{:x} ", place.wrapping_mul(seed) % 9_973));
    words.collect()
}

#[test]
fn an_index_that_is_made_anew_after_a_restart_holds_nobody_up() {
    let folder = Folder::new();
    let config = sqlite(&folder);
    let house = House::open(&config);
    let files = [3, 5, 7].map(|seed| house.upload("", &long_text(seed), ""));
    let files = files.each_ref().map(id);
    let store = house.make("/v1/vector_stores", &json!({"file_ids": files}));
    let store = format!("/v1/vector_stores/{}", id(&store));
    house.advance(60.0);
    assert_eq!(house.get(&store).1["status"], "completed");
    let search = json!({"query": "w3 w5 w7"});
    let found = house.make(&format!("{store}/search"), &search);
    drop(house);

    let house = House::open(&config);
    let is_found = AtomicBool::new(false);
    let mut made = 0;
    std::thread::scope(|threads| {
        let searching = threads.spawn(|| {
            let again = house.make(&format!("{store}/search"), &search);
            is_found.store(true, Ordering::Release);
            again
        });
        while !is_found.load(Ordering::Acquire) {
            house.make("/v1/conversations", &json!({}));
            made += 1;
        }
        let again = searching.join().expect("it finds something");
        assert_eq!(again["data"], found["data"]);
    });
    assert!(made > 20, "only {made} objects were made meanwhile");
}

#[test]
fn a_restart_finds_every_object_in_its_place() {
    let folder = Folder::new();
    let config = sqlite(&folder);
    let house = House::open(&config);
    let response = json!({"model": "gpt-4o", "input": "Remember this."});
    let first = house.make("/v1/responses", &response);
    let conversation = house.make(
        "/v1/conversations",
        &json!({"metadata": {"a": "b"}, "items": [
            {"type": "message", "role": "user", "content": "one"},
            {"type": "message", "role": "user", "content": "two"},
        ]}),
    );
    let chat = json!({"model": "gpt-4o", "store": true,
        "messages": [{"role": "user", "content": "hello"}]});
    let chats = [(); 3].map(|()| house.make("/v1/chat/completions", &chat));
    let file = house.upload("", "line one\nline two", "");
    let other = house.upload("/w/other", "elsewhere", "");
    let items = format!("/v1/conversations/{}/items?order=asc", id(&conversation));
    let before = house.get(&items);
    drop(house);

    let house = House::open(&config);
    assert_eq!(
        house.get(&format!("/v1/responses/{}", id(&first))),
        (200, first.clone())
    );
    assert_eq!(house.get(&items), before);
    let listed = house.get("/v1/chat/completions?order=asc").1;
    assert_eq!(ids(&listed), chats.each_ref().map(id));
    let read = |path: String| house.send(Call::new(Method::GET, &path)).1;
    assert_eq!(
        read(format!("/v1/files/{}/content", id(&file))),
        content("line one\nline two")
    );
    let path = format!("/w/other/v1/files/{}/content", id(&other));
    assert_eq!(read(path), content("elsewhere"));

    // The same calls come again, and none of their ids does.
    let again = house.make("/v1/responses", &response);
    assert_eq!(again["output"][0]["content"], first["output"][0]["content"]);
    assert_ne!(id(&again), id(&first));
    assert_ne!(again["output"][0]["id"], first["output"][0]["id"]);
    let more = [(); 3].map(|()| house.make("/v1/chat/completions", &chat));
    let listed = house.get("/v1/chat/completions?order=asc").1;
    let mut all = chats.each_ref().map(id).to_vec();
    all.extend(more.each_ref().map(id));
    assert_eq!(ids(&listed), all);
    assert_ne!(id(&house.upload("", "x", "")), id(&file));
}

#[test]
fn a_background_response_whose_server_ended_has_failed() {
    let folder = Folder::new();
    let config = sqlite(&folder);
    let house = House::open(&config);
    let body = json!({"model": "gpt-4o", "input": "Take your time.", "background": true});
    let running = house.make("/v1/responses", &body);
    assert_eq!(running["status"], "queued");
    let ended = house.make(
        "/v1/responses",
        &json!({"model": "gpt-4o", "input": "Now."}),
    );
    drop(house);

    let house = House::open(&config);
    let (status, found) = house.get(&format!("/v1/responses/{}", id(&running)));
    assert_eq!(
        (status, &found["status"]),
        (200, &json!("failed")),
        "{found}"
    );
    assert_eq!(found["error"]["code"], "server_error");
    let (_, found) = house.get(&format!("/v1/responses/{}", id(&ended)));
    assert_eq!(found["status"], "completed");
}

#[test]
fn errands_that_had_not_come_back_are_sent_again() {
    let folder = Folder::new();
    let config = sqlite(&folder);
    let house = House::open(&config);
    let owner = house.make("/v1/conversations", &json!({}));
    drop(house);
    // As a job leaves it that had sent a call when its process was killed.
    let body = json!({"model": "gpt-4o", "messages": [{"role": "user", "content": "again"}]});
    let object = json!({"status": "in_progress", "path": "/v1/chat/completions",
        "body": body.to_string()});
    let statement = format!(
        "INSERT INTO fakeai_objects (world, family, id, parent, parent_family, opening, created, \
         bytes, object) VALUES ('default', 'errands', 'line-1', '{}', 'conversations', 0, 0, 9, '{object}')",
        id(&owner)
    );
    execute(&folder.0.join("objects.db"), &statement);

    let house = House::open(&config);
    house.drive();
    let (_, journal) = house.get("/_fakeai/journal?operation=createChatCompletion");
    assert_eq!(journal["data"].as_array().unwrap().len(), 1, "{journal}");
    drop(house);
    let house = House::open(&config);
    house.drive();
    let (_, journal) = house.get("/_fakeai/journal?operation=createChatCompletion");
    assert_eq!(journal["data"].as_array().unwrap().len(), 0, "{journal}");
}

#[test]
fn what_is_due_happens_after_a_restart() {
    let folder = Folder::new();
    let config = sqlite(&folder);
    let house = House::open(&config);
    let expiry = "--edge\r\ncontent-disposition: form-data; name=\"expires_after[anchor]\"\r\n\r\n\
         created_at\r\n--edge\r\ncontent-disposition: form-data; \
         name=\"expires_after[seconds]\"\r\n\r\n3600\r\n";
    let file = house.upload("", "for an hour", expiry);
    drop(house);

    let house = House::open(&config);
    let blobs = folder.0.join("objects.db.blobs/world-default");
    assert_eq!(files(&blobs).len(), 1);
    house.advance(3601.0);
    house.drive();
    // A virtual clock never waits for what only expires (it would jump to the end of everything), so
    // it is gone when somebody asks. That a job needs nobody is the next test's.
    assert_eq!(house.get(&format!("/v1/files/{}", id(&file))).0, 404);
    assert_eq!(files(&blobs), Vec::<String>::new());
}

#[test]
fn a_job_goes_on_after_a_restart_though_nobody_asks() {
    let folder = Folder::new();
    let config = sqlite(&folder);
    let house = House::open(&config);
    let example = json!({"messages": [{"role": "user", "content": "What is 1 + 1?"},
        {"role": "assistant", "content": "It is 2."}]});
    let file = house.upload_lines("", &format!("{example}\n").repeat(12), "");
    let job = json!({"model": "gpt-4o-mini", "training_file": id(&file)});
    let job = house.make("/v1/fine_tuning/jobs", &job);
    drop(house);

    let house = House::open(&config);
    let blobs = folder.0.join("objects.db.blobs/world-default");
    assert_eq!(files(&blobs).len(), 1, "the training file alone");
    for _ in 0..100 {
        house.advance(600.0);
        house.drive();
    }
    assert_eq!(files(&blobs).len(), 2, "and the table of its results");
    let (_, ended) = house.get(&format!("/v1/fine_tuning/jobs/{}", id(&job)));
    assert_eq!(ended["status"], "succeeded", "{ended}");
}

#[test]
fn a_reset_is_for_ever_and_for_one_world() {
    let folder = Folder::new();
    let config = sqlite(&folder);
    let house = House::open(&config);
    let file = house.upload("", "a", "");
    let other = house.upload("/w/other", "b", "");
    assert_eq!(house.post("/_fakeai/reset", &json!({})).0, 200);
    assert_eq!(house.get(&format!("/v1/files/{}", id(&file))).0, 404);
    assert_ne!(id(&house.upload("", "a", "")), id(&file));
    drop(house);
    let house = House::open(&config);
    assert_eq!(ids(&house.get("/v1/files").1).len(), 1);
    assert_eq!(
        house.get(&format!("/w/other/v1/files/{}", id(&other))).0,
        200
    );
    assert_eq!(
        files(&folder.0.join("objects.db.blobs/world-default")).len(),
        1
    );
}

#[test]
fn files_that_no_object_names_go_at_the_start() {
    let folder = Folder::new();
    let config = sqlite(&folder);
    let house = House::open(&config);
    house.upload("", "kept", "");
    drop(house);
    let blobs = folder.0.join("objects.db.blobs/world-default");
    std::fs::write(blobs.join("blob-7.part"), "half").unwrap();
    std::fs::write(blobs.join("blob-7"), "").unwrap();
    std::fs::write(blobs.join("a note of the owner's"), "stays").unwrap();
    drop(House::open(&config));
    assert_eq!(files(&blobs), ["a note of the owner's", "blob-0"]);
}

fn refusal(config: &Config) -> String {
    match House::try_open(config) {
        Ok(_) => panic!("it opens"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_file_belongs_to_one_server_at_a_time() {
    let folder = Folder::new();
    let config = sqlite(&folder);
    let house = House::open(&config);
    assert!(refusal(&config).contains("another server has it open"));
    drop(house);
    drop(House::open(&config));
}

#[test]
fn tables_of_a_newer_program_are_refused() {
    let folder = Folder::new();
    let config = sqlite(&folder);
    drop(House::open(&config));
    execute(
        &folder.0.join("objects.db"),
        "INSERT INTO fakeai_migrations VALUES (99)",
    );
    let words = refusal(&config);
    assert!(
        words.contains("version 99") && words.contains("newer"),
        "{words}"
    );
}

#[test]
fn a_storage_that_is_no_use_is_refused_in_words() {
    let folder = Folder::new();
    std::fs::write(
        folder.0.join("text.db"),
        "not a database, though long enough to be one. ".repeat(40),
    )
    .unwrap();
    let no_database = settings(StoreUrl::Sqlite(folder.0.join("text.db")), None);
    assert!(refusal(&no_database).contains("not a database"));
    let no_folder = settings(StoreUrl::Sqlite(folder.0.join("none/objects.db")), None);
    assert!(refusal(&no_folder).contains("none/objects.db"));
    let url = "postgres://nobody@127.0.0.1:1/none".to_owned();
    assert!(
        refusal(&settings(StoreUrl::Postgres(url), None)).starts_with("can't open the storage")
    );
}

fn execute(path: &Path, statement: &str) {
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.execute_batch(statement).unwrap();
}

#[test]
fn a_database_that_breaks_is_an_error_and_not_a_missing_object() {
    let folder = Folder::new();
    let config = sqlite(&folder);
    let house = House::open(&config);
    let file = house.upload("", "a", "");
    let path = format!("/v1/files/{}", id(&file));
    assert_eq!(house.get(&path).0, 200);
    let database = folder.0.join("objects.db");
    execute(&database, "ALTER TABLE fakeai_objects RENAME TO gone");
    assert_eq!(house.get(&path).0, 503);
    let created = house.post("/v1/conversations", &json!({}));
    assert_eq!(created.0, 503, "{}", created.1);
    execute(&database, "ALTER TABLE gone RENAME TO fakeai_objects");
    assert_eq!(house.get(&path).0, 200);
}

#[test]
fn responses_that_nobody_asked_to_store_make_room_across_restarts() {
    let folder = Folder::new();
    let mut config = sqlite(&folder);
    config.storage.unasked_responses = 4;
    let house = House::open(&config);
    let ask = |house: &House, body: &str| {
        let body = json!({"model": "gpt-4o", "input": body});
        id(&house.make("/v1/responses", &body)).to_owned()
    };
    let asked = json!({"model": "gpt-4o", "input": "Keep this.", "store": true});
    let asked = id(&house.make("/v1/responses", &asked)).to_owned();
    let first: Vec<_> = (0..4).map(|_| ask(&house, "one")).collect();
    drop(house);

    let there = |house: &House, id: &String| {
        let status = house.get(&format!("/v1/responses/{id}")).0;
        assert!(matches!(status, 200 | 404), "{status}");
        status == 200
    };
    let house = House::open(&config);
    let second: Vec<_> = (0..2).map(|_| ask(&house, "two")).collect();
    let left = |ids: &[String]| ids.iter().map(|id| there(&house, id)).collect::<Vec<_>>();
    assert_eq!(left(&first), [false, false, true, true]);
    assert_eq!(left(&second), [true, true]);
    drop(house);

    // Where fewer are to stay than were left, the others go with the next one.
    config.storage.unasked_responses = 2;
    let house = House::open(&config);
    let third = ask(&house, "three");
    let left = |ids: &[String]| ids.iter().map(|id| there(&house, id)).collect::<Vec<_>>();
    assert_eq!(left(&first), [false; 4]);
    assert_eq!(left(&second), [false, true]);
    assert_eq!(left(&[third, asked]), [true, true]);
}
