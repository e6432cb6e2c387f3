//! Keys that were made here: whom they let in, and as whom they count.

use fakeai_server::config::Config;
use serde_json::{Value, json};

use crate::client::{Answer, Request};
use crate::house::House;

const KEY: &str = "sk-right-key-0001";

fn locked(config: &mut Config) {
    config.auth.api_keys.0 = vec![KEY.to_owned()];
}

async fn get(house: &House, key: &str, target: &str) -> Answer {
    let request = Request::get(target).header("authorization", &format!("Bearer {key}"));
    house.send(request).await
}

async fn post(house: &House, key: &str, target: &str, body: Value) -> Answer {
    let request = Request::post(target).header("authorization", &format!("Bearer {key}"));
    house.send(request.json(&body)).await
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .expect(pointer)
}

/// A project and the key of a service account in it.
async fn project(house: &House, key: &str) -> (String, Value) {
    let made = post(
        house,
        key,
        "/v1/organization/projects",
        json!({"name": "p"}),
    )
    .await;
    let project = text(&made.ok(), "/id").to_owned();
    let accounts = format!("/v1/organization/projects/{project}/service_accounts");
    let account = post(house, key, &accounts, json!({"name": "bot"})).await;
    (project, account.ok())
}

#[tokio::test]
async fn the_settings_admin_keys_open_the_administration_and_nothing_else() {
    let house = House::with(|config| {
        locked(config);
        config.auth.admin_api_keys.0 = vec!["sk-admin-of-the-settings".to_owned()];
    })
    .await;
    let admin = "sk-admin-of-the-settings";
    let users = "/v1/organization/users";
    assert_eq!(get(&house, admin, users).await.status, 200);
    let refused = get(&house, KEY, users).await.error(403);
    assert!(text(&refused, "/message").contains("api.management.read"));
    let refused = get(&house, admin, "/v1/files").await.error(403);
    assert!(text(&refused, "/message").contains("api.files.read"));
    assert_eq!(get(&house, KEY, "/v1/files").await.status, 200);
}

#[tokio::test]
async fn the_first_admin_key_is_made_with_an_ordinary_one() {
    let house = House::with(locked).await;
    let path = "/v1/organization/admin_api_keys";
    let made = post(&house, KEY, path, json!({"name": "first"})).await.ok();
    get(&house, KEY, path).await.error(403);
    let admin = text(&made, "/value");
    let listed = get(&house, admin, path).await.ok();
    assert_eq!(listed["data"][0]["id"], made["id"]);
    assert!(listed["data"][0]["last_used_at"].is_u64());
}

#[tokio::test]
async fn a_key_counts_as_its_project_and_ends_with_it() {
    let house = House::with(locked).await;
    let (project, account) = project(&house, KEY).await;
    let key = text(&account, "/api_key/value");
    let body = json!({"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi."}]});
    post(&house, key, "/v1/chat/completions", body).await.ok();
    let journal = "/_fakeai/journal?operation=createChatCompletion";
    let journal = get(&house, KEY, journal).await.ok();
    assert_eq!(journal["data"][0]["project"], json!(project));
    assert_eq!(journal["data"][0]["api_key"], account["api_key"]["id"]);

    let other = Request::get("/v1/models")
        .header("authorization", &format!("Bearer {key}"))
        .header("openai-project", "proj_other");
    let refused = house.send(other).await.error(401);
    assert_eq!(refused["code"], "mismatched_project");
    let other = Request::get("/v1/models")
        .header("authorization", &format!("Bearer {key}"))
        .header("openai-organization", "org-other");
    let refused = house.send(other).await.error(401);
    assert_eq!(refused["code"], "mismatched_organization");

    let path = format!("/v1/organization/projects/{project}/archive");
    post(&house, KEY, &path, Value::Null).await;
    let refused = get(&house, key, "/v1/models").await.error(401);
    assert_eq!(refused["code"], "not_authorized_invalid_project");
}

#[tokio::test]
async fn where_no_key_is_needed_a_made_one_still_tells_who_calls() {
    let house = House::open().await;
    let (project, account) = project(&house, "sk-any").await;
    let key = text(&account, "/api_key/value");
    assert_eq!(get(&house, key, "/v1/models").await.status, 200);
    let journal = house.journal("listModels").await;
    assert_eq!(journal[0]["project"], json!(project));
    let named = Request::get("/v1/models").header("openai-project", &project);
    house.send(named).await;
    assert_eq!(
        house.journal("listModels").await[0]["project"],
        json!(project)
    );

    let path = format!(
        "/v1/organization/projects/{project}/service_accounts/{}",
        text(&account, "/id")
    );
    house.delete(&path).await;
    let refused = get(&house, key, "/v1/models").await.error(401);
    assert_eq!(refused["code"], "invalid_api_key");
    assert_eq!(get(&house, "sk-other", "/v1/models").await.status, 200);
}

#[tokio::test]
async fn another_projects_object_is_an_unknown_one() {
    let house = House::with(locked).await;
    let (_, mine) = project(&house, KEY).await;
    let (_, other) = project(&house, KEY).await;
    let (mine, other) = (
        text(&mine, "/api_key/value"),
        text(&other, "/api_key/value"),
    );
    let ask = json!({"model": "gpt-4o", "input": "Hi."});
    let made = post(&house, mine, "/v1/responses", ask).await.ok();
    let response = text(&made, "/id");
    let made = post(&house, mine, "/v1/vector_stores", json!({"name": "notes"}));
    let made = made.await.ok();
    let store = text(&made, "/id");
    for stranger in [other, KEY] {
        let path = format!("/v1/responses/{response}");
        let found = get(&house, stranger, &path).await.error(404);
        let absent = get(&house, stranger, "/v1/responses/resp_none").await;
        let told = text(&found, "/message").replace(response, "resp_none");
        assert_eq!(told, text(&absent.error(404), "/message"));
        let next = json!({"model": "gpt-4o", "input": "And?", "previous_response_id": response});
        let refused = post(&house, stranger, "/v1/responses", next).await;
        let refused = refused.error(400);
        assert_eq!(refused["code"], "previous_response_not_found");
        let path = format!("/v1/vector_stores/{store}");
        post(&house, stranger, &path, json!({"name": "theirs"}))
            .await
            .error(404);
        let list = get(&house, stranger, "/v1/vector_stores").await.ok();
        assert_eq!(list["data"], json!([]));
    }
    let list = get(&house, mine, "/v1/vector_stores").await.ok();
    assert_eq!(list["data"][0]["name"], "notes");
}
