//! Files in a bucket: the laws of all blobs hold, large files go there in parts, what fails is the
//! provider's error, and nothing of anybody else is touched.

use std::sync::Arc;

use bytes::Bytes;
use fakeai_canon::Call;
use fakeai_contract::Api;
use fakeai_resources::Blobs;
use fakeai_server::config::{Secret, Storage, StoreUrl};
use fakeai_server::store::{Bucket, BucketBlobs};
use http::Method;

use crate::blobs::{laws, pattern, put, whole};
use crate::bucket_server::{BUCKET, BucketServer};
use crate::house::{House, content, id, settings};
use crate::places::Folder;

/// Bytes that are sent at once at most.
const PART: usize = 5 << 20;

fn bucket(server: &BucketServer) -> Arc<Bucket> {
    let bucket = Bucket::open(BUCKET, "some/prefix", &server.settings());
    Arc::new(bucket.unwrap_or_else(|why| panic!("{why}")))
}

#[test]
fn blobs_in_a_bucket_keep_the_laws() {
    let server = BucketServer::start();
    server.put("some/prefix/world-..x/blob-other", b"another world's");
    laws(&BucketBlobs::open(&bucket(&server), "..", 1_000, false));
    assert_eq!(server.keys(), ["some/prefix/world-..x/blob-other"]);
}

#[test]
fn a_large_blob_goes_to_the_bucket_in_parts_and_comes_back_whole() {
    let server = BucketServer::start();
    let blobs = BucketBlobs::open(&bucket(&server), "w", 1 << 30, false);
    let bytes = pattern(2 * PART + 12_345);
    let id = put(&blobs, &bytes, 300_000);
    assert_eq!((server.largest(), server.open_uploads()), (PART, 0));
    assert_eq!(blobs.size(&id), Some(bytes.len() as u64));
    // Whoever did not write it has to ask.
    let other = BucketBlobs::open(&bucket(&server), "w", 1 << 30, false);
    assert!(whole(&other, &id, 1 << 20) == bytes);
    let mut given_up = blobs.create().unwrap();
    given_up.write(pattern(PART + 1)).unwrap();
    assert_eq!(server.open_uploads(), 1);
}

#[test]
fn what_is_in_the_bucket_counts_for_who_opens_it() {
    let server = BucketServer::start();
    let open = || BucketBlobs::open(&bucket(&server), "w", 1_000, false);
    let first = open();
    let ids: Vec<_> = (0..5).map(|_| put(&first, &pattern(100), 100)).collect();
    let blobs = open();
    let mut writer = blobs.create().unwrap();
    let error = writer.write(pattern(501)).unwrap_err();
    assert_eq!(error.code.as_deref(), Some("storage_limit_exceeded"));
    drop(writer);
    blobs.delete(&ids[0]);
    put(&blobs, &pattern(600), 600);
    assert!(blobs.create().unwrap().write(pattern(1)).is_err());
}

#[test]
fn a_bucket_that_fails_loses_nothing_and_says_so() {
    let server = BucketServer::start();
    let blobs = BucketBlobs::open(&bucket(&server), "w", 1 << 30, false);
    let kept = put(&blobs, &pattern(10), 10);
    server.fail(Some("PUT"));
    let mut writer = blobs.create().unwrap();
    writer.write(pattern(10)).unwrap();
    let error = writer.finish().unwrap_err();
    assert_eq!(fakeai_server::failure(Api::OpenAi, &error).status, 503);
    server.fail(Some("GET"));
    let error = blobs.read(&kept, 0, 10).unwrap_err();
    assert_eq!(fakeai_server::failure(Api::OpenAi, &error).status, 503);
    server.fail(None);
    assert_eq!(whole(&blobs, &kept, 100), pattern(10));
    assert_eq!(server.keys().len(), 1);
}

#[test]
fn passing_blobs_leave_the_bucket_with_their_world_and_others_stay() {
    let server = BucketServer::start();
    server.put("some/prefix/world-w/blob-of-somebody", b"x");
    let blobs = BucketBlobs::open(&bucket(&server), "w", 1_000, true);
    let gone = [(); 3].map(|()| put(&blobs, &pattern(5), 5));
    assert_eq!(server.keys().len(), 4);
    blobs.delete(&gone[0]);
    drop(blobs);
    assert_eq!(server.keys(), ["some/prefix/world-w/blob-of-somebody"]);
}

#[test]
fn a_house_keeps_its_files_in_a_bucket_and_finds_them_again() {
    let server = BucketServer::start();
    let folder = Folder::new();
    let mut config = settings(StoreUrl::Sqlite(folder.0.join("objects.db")), None);
    config.storage = Storage {
        url: config.storage.url,
        ..server.settings()
    };
    let house = House::open(&config);
    let file = house.upload("", "kept far away", "");
    let path = format!("/v1/files/{}/content", id(&file));
    let read = |house: &House| house.send(Call::new(Method::GET, &path));
    drop(house);
    let house = House::open(&config);
    server.fail(Some("GET"));
    assert_eq!(read(&house).0, 503);
    server.fail(None);
    assert_eq!(read(&house), (200, Bytes::from(content("kept far away"))));
    assert_eq!(house.delete(&format!("/v1/files/{}", id(&file))).0, 200);
    assert!(server.keys().is_empty());
}

#[test]
fn a_bucket_that_does_not_open_is_refused_at_the_start() {
    let server = BucketServer::start();
    let mut config = settings(StoreUrl::Memory, None);
    config.storage = server.settings();
    config.storage.s3_access_key_id = Some("somebody else".to_owned());
    config.storage.s3_secret_access_key = Some(Secret("else".to_owned()));
    let refused = House::try_open(&config)
        .err()
        .map(|error| error.to_string());
    let refused = refused.unwrap_or_default();
    assert!(refused.contains("s3://files/some/prefix"), "{refused}");
    assert!(refused.contains("SignatureDoesNotMatch"), "{refused}");
}
