//! Several servers over one Postgres: they see each other's objects, don't lose each other's
//! writes, and outlive the database's restart.

use fakeai_canon::Call;
use fakeai_server::config::{BlobsUrl, Config, StoreUrl};
use http::Method;
use serde_json::json;

use crate::house::{House, content, id, ids, settings};
use crate::places::Folder;
use crate::postgres_server::PostgresServer;

fn shared(server: &PostgresServer, folder: &Folder) -> Config {
    let blobs = BlobsUrl::Folder(folder.0.join("files"));
    settings(StoreUrl::Postgres(server.url()), Some(blobs))
}

#[test]
fn servers_over_one_postgres_share_their_worlds() {
    let Some(mut server) = PostgresServer::start() else {
        return;
    };
    let folder = Folder::new();
    let config = shared(&server, &folder);
    let (one, two) = (House::open(&config), House::open(&config));
    let file = one.upload("", "from one", "");
    let path = format!("/v1/files/{}/content", id(&file));
    assert_eq!(
        two.send(Call::new(Method::GET, &path)).1,
        content("from one")
    );
    assert_eq!(two.delete(&format!("/v1/files/{}", id(&file))).0, 200);
    assert_eq!(one.send(Call::new(Method::GET, &path)).0, 404);

    writes_of_two_servers_are_all_there(&one, &two);
    a_response_fails_when_its_own_server_ends(&config, one, &two);

    server.stop();
    assert_eq!(two.get("/v1/files").0, 503);
    server.run();
    assert_eq!(two.get("/v1/files").0, 200);
    two.make("/v1/conversations", &json!({}));
}

fn writes_of_two_servers_are_all_there(one: &House, two: &House) {
    let conversation = one.make("/v1/conversations", &json!({}));
    let path = format!("/v1/conversations/{}/items", id(&conversation));
    std::thread::scope(|scope| {
        for house in [one, two, one, two] {
            let path = &path;
            scope.spawn(move || {
                for number in 0..25 {
                    let item = json!({"type": "message", "role": "user",
                        "content": format!("item {number}")});
                    house.make(path, &json!({"items": [item]}));
                }
            });
        }
    });
    let (_, listed) = one.get(&format!("{path}?limit=100"));
    assert_eq!(ids(&listed).len(), 100);
    assert_eq!(listed["has_more"], false);
    assert_eq!(two.get(&format!("{path}?limit=100")).1, listed);
}

fn a_response_fails_when_its_own_server_ends(config: &Config, one: House, two: &House) {
    let body = json!({"model": "gpt-4o", "input": "Slowly.", "background": true});
    let path = format!("/v1/responses/{}", id(&one.make("/v1/responses", &body)));
    let other = format!("/v1/responses/{}", id(&two.make("/v1/responses", &body)));
    drop(House::open(config));
    assert_eq!(two.get(&path).1["status"], "queued");
    drop(one);
    drop(House::open(config));
    assert_eq!(two.get(&path).1["status"], "failed");
    assert_eq!(two.get(&other).1["status"], "queued");
    two.drive();
    assert_eq!(two.get(&other).1["status"], "completed");
}
