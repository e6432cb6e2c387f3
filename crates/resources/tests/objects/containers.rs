//! Containers: they live by being used, and their files come and go with them.

use fakeai_canon::ErrorKind;
use serde_json::json;

use crate::world::{World, assert_missing, ids};

fn container(world: &mut World) -> String {
    let made = world.post("/containers", json!({"name": "box"})).unwrap();
    made["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_file_comes_back_byte_for_byte_and_goes_with_its_container() {
    let mut world = World::realistic();
    let id = container(&mut world);
    world.file("file", "up/../notes.txt", "three\0lines\n");
    let files = format!("/containers/{id}/files");
    let file = world.post(&files, json!({})).unwrap();
    assert_eq!(file["bytes"], 12);
    let path = file["path"].as_str().unwrap();
    assert!(
        path.starts_with("/mnt/data/") && path.ends_with("-notes.txt"),
        "{path}"
    );
    assert!(!path.contains(".."), "{path}");
    let file = format!("{files}/{}", file["id"].as_str().unwrap());
    let (_, bytes) = world.media(&format!("{file}/content"), json!({})).unwrap();
    assert_eq!(bytes, "three\0lines\n");
    assert_eq!(
        world
            .silent("DELETE", &format!("/containers/{id}"))
            .unwrap(),
        200
    );
    assert_missing(
        world.get(&file, json!({})),
        &format!("Container with id '{id}' not found."),
    );
}

#[test]
fn stored_files_are_copied_in_and_outlive_the_original() {
    let mut world = World::realistic();
    world.file("file", "table.csv", "a,b\n");
    let stored = world
        .post("/files", json!({"purpose": "user_data"}))
        .unwrap();
    let stored = stored["id"].as_str().unwrap().to_owned();
    let made = world
        .post("/containers", json!({"name": "box", "file_ids": [stored]}))
        .unwrap();
    let files = format!("/containers/{}/files", made["id"].as_str().unwrap());
    let later = world.post(&files, json!({"file_id": stored})).unwrap();
    world.delete(&format!("/files/{stored}")).unwrap();
    let page = world.get(&files, json!({})).unwrap();
    assert_eq!(ids(&page).len(), 2);
    let content = format!("{files}/{}/content", later["id"].as_str().unwrap());
    assert_eq!(world.media(&content, json!({})).unwrap().1, "a,b\n");
    let missing = world.post("/containers", json!({"name": "b", "file_ids": ["file-no"]}));
    assert_missing(missing, "No such File object: file-no");
}

#[test]
fn use_keeps_a_container_alive_and_rest_empties_it() {
    let mut world = World::realistic();
    let body = json!({"name": "b", "expires_after": {"anchor": "last_active_at", "minutes": 5}});
    let made = world.post("/containers", body).unwrap();
    let path = format!("/containers/{}", made["id"].as_str().unwrap());
    let files = format!("{path}/files");
    world.file("file", "a", "1");
    world.post(&files, json!({})).unwrap();
    world.pass(4 * 60);
    let seen = world.get(&path, json!({})).unwrap();
    assert_eq!(seen["status"], "running");
    world.pass(4 * 60);
    assert_eq!(world.get(&path, json!({})).unwrap()["status"], "running");
    world.pass(5 * 60);
    let seen = world.get(&path, json!({})).unwrap();
    assert_eq!(seen["status"], "expired");
    let refused = world.get(&files, json!({})).unwrap_err();
    assert_eq!(refused.message, "Container is expired.");
}

#[test]
fn what_a_file_may_not_be_is_refused() {
    let mut world = World::realistic();
    let id = container(&mut world);
    let files = format!("/containers/{id}/files");
    let nothing = world.post(&files, json!({})).unwrap_err();
    assert_eq!(nothing.code.as_deref(), Some("missing_required_parameter"));
    world.file("file", "..", "x");
    assert_eq!(
        world.post(&files, json!({})).unwrap_err().kind,
        ErrorKind::InvalidRequest
    );
    let minutes = json!({"name": "b", "expires_after": {"anchor": "last_active_at", "minutes": 0}});
    let short = world.post("/containers", minutes).unwrap_err();
    assert_eq!(short.param.as_deref(), Some("expires_after.minutes"));
}

#[test]
fn containers_are_found_by_name() {
    let mut world = World::realistic();
    for name in ["one", "two", "one"] {
        world.post("/containers", json!({"name": name})).unwrap();
    }
    let page = world.get("/containers", json!({"name": "one"})).unwrap();
    assert_eq!(ids(&page).len(), 2);
}
