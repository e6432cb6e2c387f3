//! Blobs keep their bytes, wherever they are.

use std::collections::HashSet;
use std::time::Duration;

use bytes::Bytes;
use fakeai_resources::Blobs;
use fakeai_server::store::{FolderBlobs, MemoryBlobs};

use crate::places::{Folder, files};

/// Bytes that all differ from their neighbours.
pub(crate) fn pattern(length: usize) -> Bytes {
    (0..length).map(|place| (place % 251) as u8).collect()
}

pub(crate) fn put(blobs: &dyn Blobs, bytes: &Bytes, piece: usize) -> String {
    let mut writer = blobs.create().unwrap();
    for piece in bytes.chunks(piece) {
        writer.write(Bytes::copy_from_slice(piece)).unwrap();
    }
    writer.finish().unwrap()
}

/// All bytes of a blob, read in pieces of at most so many.
pub(crate) fn whole(blobs: &dyn Blobs, id: &str, most: usize) -> Vec<u8> {
    let mut all = Vec::new();
    loop {
        let piece = blobs.read(id, all.len() as u64, most).unwrap();
        assert!(piece.len() <= most);
        if piece.is_empty() {
            return all;
        }
        all.extend_from_slice(&piece);
    }
}

/// What holds for all blobs, given room for a thousand bytes.
pub(crate) fn laws(blobs: &dyn Blobs) {
    let bytes = pattern(600);
    let id = put(blobs, &bytes, 100);
    assert_eq!(blobs.size(&id), Some(600));
    for most in [1, 99, 100, 101, 5_000] {
        assert_eq!(whole(blobs, &id, most), bytes);
    }
    assert!(blobs.read(&id, 600, 10).unwrap().is_empty());
    assert!(blobs.read(&id, 9_999, 10).unwrap().is_empty());

    let mut writer = blobs.create().unwrap();
    writer.write(pattern(300)).unwrap();
    drop(writer);
    let mut writer = blobs.create().unwrap();
    writer.write(pattern(400)).unwrap();
    let error = writer.write(pattern(1)).unwrap_err();
    assert_eq!(error.code.as_deref(), Some("storage_limit_exceeded"));
    drop(writer);

    let empty = put(blobs, &Bytes::new(), 1);
    assert_eq!(blobs.size(&empty), Some(0));
    assert_ne!(empty, id);
    blobs.delete(&id);
    blobs.delete(&id);
    assert_eq!(blobs.size(&id), None);
    assert!(blobs.read(&id, 0, 10).is_err());
    for strange in [
        "",
        "..",
        "../blob-1",
        "/etc/passwd",
        "blob-",
        "blob-1/../blob-1",
        "blob--1",
    ] {
        assert_eq!(blobs.size(strange), None, "{strange}");
        assert!(blobs.read(strange, 0, 10).is_err(), "{strange}");
        blobs.delete(strange);
    }
    let again = put(blobs, &pattern(1_000), 1_000);
    blobs.delete(&again);
    blobs.delete(&empty);
}

#[test]
fn blobs_in_memory_keep_the_laws() {
    laws(&MemoryBlobs::new(1_000));
}

#[test]
fn blobs_in_a_folder_keep_the_laws() {
    let folder = Folder::new();
    let blobs = FolderBlobs::open(&folder.0, "..", 1_000, false).unwrap();
    laws(&blobs);
    assert_eq!(files(&folder.0), ["world-.."]);
    assert_eq!(files(&folder.0.join("world-..")), Vec::<String>::new());
}

#[test]
fn blobs_in_a_folder_outlive_the_process_and_count_on() {
    let folder = Folder::new();
    let open = || FolderBlobs::open(&folder.0, "w", 1_000, false).unwrap();
    let id = put(&open(), &pattern(600), 50);
    let blobs = open();
    assert_eq!(whole(&blobs, &id, 64), pattern(600));
    let mut writer = blobs.create().unwrap();
    assert!(writer.write(pattern(401)).is_err());
    drop(writer);
    assert_ne!(put(&blobs, &pattern(400), 400), id);
}

#[test]
fn two_processes_may_write_to_one_folder() {
    let folder = Folder::new();
    let open = || FolderBlobs::open(&folder.0, "w", 1_000, false).unwrap();
    let (one, two) = (open(), open());
    let (first, second) = (put(&one, &pattern(5), 5), put(&two, &pattern(7), 7));
    assert_eq!((two.size(&first), one.size(&second)), (Some(5), Some(7)));
}

#[test]
fn a_young_file_that_nobody_names_yet_stays_where_others_write() {
    let folder = Folder::new();
    let blobs = FolderBlobs::open(&folder.0, "w", 1_000, false).unwrap();
    let named = put(&blobs, &pattern(5), 5);
    let unnamed = put(&blobs, &pattern(5), 5);
    let names = HashSet::from([named.clone()]);
    blobs.keep_only(&names, Duration::from_secs(60)).unwrap();
    assert_eq!(blobs.size(&unnamed), Some(5));
    blobs.keep_only(&names, Duration::ZERO).unwrap();
    assert_eq!((blobs.size(&unnamed), blobs.size(&named)), (None, Some(5)));
}

#[test]
fn passing_blobs_go_with_their_world() {
    let folder = Folder::new();
    let blobs = FolderBlobs::open(&folder.0, "w", 1_000, true).unwrap();
    put(&blobs, &pattern(5), 5);
    assert_eq!(files(&folder.0.join("world-w")).len(), 1);
    drop(blobs);
    assert_eq!(files(&folder.0.join("world-w")), Vec::<String>::new());
}
