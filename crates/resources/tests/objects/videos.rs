//! Videos: a job waits, renders and is done by the world's clock, and its film can be fetched.

use serde_json::{Value, json};

use crate::world::{World, assert_missing};

fn path(video: &Value) -> String {
    format!("/videos/{}", video["id"].as_str().unwrap())
}

fn completed(world: &mut World, body: Value) -> Value {
    let video = world.post("/videos", body).unwrap();
    world.pass(60);
    world.get(&path(&video), json!({})).unwrap()
}

#[test]
fn a_job_walks_its_states() {
    let mut world = World::realistic();
    let video = world
        .post(
            "/videos",
            json!({"prompt": "a cat", "seconds": "8", "size": "1280x720"}),
        )
        .unwrap();
    assert_eq!(
        (&video["status"], &video["progress"]),
        (&json!("queued"), &json!(0))
    );
    let path = path(&video);
    let early = world
        .media(&format!("{path}/content"), json!({}))
        .unwrap_err();
    let id = video["id"].as_str().unwrap();
    assert_eq!(
        early.message,
        format!("Video is not ready yet, use GET /v1/videos/{id} to check status.")
    );
    world.pass(8);
    let video = world.get(&path, json!({})).unwrap();
    assert_eq!(video["status"], "in_progress");
    assert!((10..100).contains(&video["progress"].as_u64().unwrap()));
    assert!(world.delete(&path).is_err());
    world.pass(6);
    let video = world.get(&path, json!({})).unwrap();
    assert_eq!(
        (&video["status"], &video["progress"]),
        (&json!("completed"), &json!(100))
    );
    assert!(video["completed_at"].as_u64() > video["created_at"].as_u64());
    let (media, film) = world.media(&format!("{path}/content"), json!({})).unwrap();
    assert_eq!(
        (media.as_str(), &film[..]),
        ("video/mp4", &b"1280x720 for 8 s"[..])
    );
    let thumbnail = json!({"variant": "thumbnail"});
    let (media, _) = world.media(&format!("{path}/content"), thumbnail).unwrap();
    assert_eq!(media, "image/webp");
    assert_eq!(world.delete(&path).unwrap()["deleted"], true);
    assert_missing(
        world.get(&path, json!({})),
        &format!("Video with id '{id}' not found."),
    );
}

#[test]
fn remixes_edits_and_extensions_start_from_a_finished_film() {
    let mut world = World::realistic();
    let first = completed(
        &mut world,
        json!({"prompt": "a", "model": "sora-2", "seconds": "4"}),
    );
    let remix = world
        .post(&format!("{}/remix", path(&first)), json!({"prompt": "b"}))
        .unwrap();
    assert_eq!(remix["remixed_from_video_id"], first["id"]);
    assert_eq!(
        (&remix["seconds"], &remix["prompt"]),
        (&json!("4"), &json!("b"))
    );
    let unfinished = json!({"prompt": "c", "video": {"id": remix["id"]}});
    assert!(world.post("/videos/edits", unfinished).is_err());
    let body = json!({"prompt": "d", "video": {"id": first["id"]}, "seconds": "8"});
    let longer = world.post("/videos/extensions", body).unwrap();
    assert_eq!(longer["seconds"], "12");
    let lost = json!({"prompt": "c", "video": {"id": "video_no"}});
    assert_missing(
        world.post("/videos/edits", lost),
        "Video with id 'video_no' not found.",
    );
}

#[test]
fn a_character_is_made_of_a_film() {
    let mut world = World::realistic();
    world.file("video", "me.mp4", "\0\0\0\x18ftypisom");
    let made = world
        .post("/videos/characters", json!({"name": "Me"}))
        .unwrap();
    let path = format!("/videos/characters/{}", made["id"].as_str().unwrap());
    assert_eq!(world.get(&path, json!({})).unwrap(), made);
    world.file("video", "me.txt", "no film");
    assert!(
        world
            .post("/videos/characters", json!({"name": "Me"}))
            .is_err()
    );
}
