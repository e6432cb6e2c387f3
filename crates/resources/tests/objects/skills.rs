//! Skills: bundles are checked before they are taken, and each version stays what it was.

use std::io::Write;

use serde_json::{Value, json};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::world::{World, assert_missing, ids};

const MANIFEST: &str = "---\nname: sums\ndescription: Adds numbers.\n---\n\nAdd them.\n";

fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn skill(world: &mut World) -> Value {
    let bundle = zipped(&[("sums/SKILL.md", MANIFEST.as_bytes())]);
    world.file("files", "sums.zip", bundle);
    world.post("/skills", json!({})).unwrap()
}

fn refusal(bundle: Vec<u8>) -> String {
    let mut world = World::realistic();
    world.file("files", "bundle.zip", bundle);
    let error = world.post("/skills", json!({})).unwrap_err();
    assert_eq!(error.code.as_deref(), Some("invalid_skill"));
    error.message
}

#[test]
fn a_zip_becomes_a_skill_and_is_given_back_as_it_came() {
    let mut world = World::realistic();
    let bundle = zipped(&[
        ("sums/SKILL.md", MANIFEST.as_bytes()),
        ("sums/add.py", b"print(1 + 1)\n"),
    ]);
    world.file("files", "sums.zip", bundle.clone());
    let skill = world.post("/skills", json!({})).unwrap();
    assert_eq!(skill["name"], "sums");
    assert_eq!(skill["description"], "Adds numbers.");
    assert_eq!(skill["default_version"], "1");
    let content = format!("/skills/{}/content", skill["id"].as_str().unwrap());
    let (media, bytes) = world.media(&content, json!({})).unwrap();
    assert_eq!(
        (media.as_str(), &bytes[..]),
        ("application/zip", &bundle[..])
    );
}

#[test]
fn a_folder_of_files_becomes_a_zip() {
    let mut world = World::realistic();
    world.file("files[]", "sums/SKILL.md", MANIFEST);
    world.file("files[]", "sums/deep/add.py", "print(2)\n");
    let skill = world.post("/skills", json!({})).unwrap();
    let content = format!("/skills/{}/content", skill["id"].as_str().unwrap());
    let (_, bytes) = world.media(&content, json!({})).unwrap();
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let read = std::io::read_to_string(archive.by_name("sums/deep/add.py").unwrap());
    assert_eq!(read.unwrap(), "print(2)\n");
}

#[test]
fn versions_count_up_and_the_default_is_chosen() {
    let mut world = World::realistic();
    let first = skill(&mut world);
    let path = format!("/skills/{}", first["id"].as_str().unwrap());
    let versions = format!("{path}/versions");
    let next = MANIFEST.replace("Adds", "Subtracts");
    world.file(
        "files",
        "s.zip",
        zipped(&[("sums/SKILL.md", next.as_bytes())]),
    );
    let second = world.post(&versions, json!({})).unwrap();
    assert_eq!(
        (&second["version"], &second["skill_id"]),
        (&json!("2"), &first["id"])
    );
    let seen = world.get(&path, json!({})).unwrap();
    assert_eq!(
        (&seen["default_version"], &seen["latest_version"]),
        (&json!("1"), &json!("2"))
    );
    assert_eq!(seen["description"], "Adds numbers.");
    let seen = world.post(&path, json!({"default_version": "2"})).unwrap();
    assert_eq!(seen["description"], "Subtracts numbers.");
    assert_eq!(ids(&world.get(&versions, json!({})).unwrap()).len(), 2);
    let missing = world.post(&path, json!({"default_version": "9"}));
    assert_missing(missing, "Skill version '9' not found.");
    let in_use = world.delete(&format!("{versions}/2")).unwrap_err();
    assert_eq!(in_use.param.as_deref(), Some("version"));
    let gone = world.delete(&format!("{versions}/1")).unwrap();
    assert_eq!(gone["version"], "1");
    world.delete(&format!("{versions}/2")).unwrap();
    let id = first["id"].as_str().unwrap();
    assert_missing(
        world.get(&path, json!({})),
        &format!("Skill with id '{id}' not found."),
    );
}

#[test]
fn bundles_that_are_none_are_refused() {
    let none = refusal(b"PK no zip".to_vec());
    assert_eq!(none, "Invalid skill bundle: it is not a zip file.");
    for (files, why) in [
        (&[("sums/readme.md", "x")][..], "it has no SKILL.md"),
        (
            &[("a/SKILL.md", "x"), ("b/x", "y")],
            "it must have a single top-level folder",
        ),
        (
            &[("sums/SKILL.md", "no front")],
            "SKILL.md has no front matter",
        ),
        (
            &[("sums/SKILL.md", "---\nname: x\n---\n")],
            "the front matter of SKILL.md has no 'description'",
        ),
        (
            &[("sums/SKILL.md", MANIFEST), ("../x", "y")],
            "it has a path that leads out of it",
        ),
    ] {
        let files: Vec<(&str, &[u8])> = files
            .iter()
            .map(|(name, text)| (*name, text.as_bytes()))
            .collect();
        assert_eq!(
            refusal(zipped(&files)),
            format!("Invalid skill bundle: {why}.")
        );
    }
}

#[test]
fn a_bomb_is_refused_before_it_is_unpacked() {
    let large = vec![0; 26 << 20];
    let bomb = zipped(&[
        ("sums/SKILL.md", MANIFEST.as_bytes()),
        ("sums/zeros", &large),
    ]);
    assert!(bomb.len() < 100_000);
    assert_eq!(
        refusal(bomb),
        "Invalid skill bundle: a file of it is larger than 25 MB."
    );
    let names: Vec<String> = (0..501).map(|at| format!("sums/{at}")).collect();
    let many: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
    assert_eq!(
        refusal(zipped(&many)),
        "Invalid skill bundle: it has more than 500 files."
    );
}
