//! Projects: what the key of one has made, the key of another can't list, read, change, delete or
//! use, and is told of it what it is told of an id that nobody made.

use fakeai_contract::{Kind, Operation, Security, openai};
use serde_json::{Value, json};

use crate::client::Request;
use crate::every_operation::request_to;
use crate::house::House;
use crate::project_objects::{
    Client, EXAMPLE, KEY, LINE, Made, ask, house, house_of_jobs, make_all, text, unknown,
};

/// The operations that a project's key is for.
fn operations() -> impl Iterator<Item = &'static Operation> {
    let all = openai().operations().iter();
    all.filter(|row| row.security == Security::Key && !row.upgrade)
}

/// Paths on which nothing is made here: nothing makes it, or it is a model's.
const ELSEWHERE: &[&str] = &[
    "/audio/voice_consents/{consent_id}",
    "/chatkit/threads/{thread_id}",
    "/realtime/calls/{call_id}",
    "/videos/characters/{character_id}",
    "/fine_tuning/checkpoints/{fine_tuned_model_checkpoint}",
    "/models/{model}",
];

#[tokio::test]
async fn another_projects_id_is_an_unknown_one_for_every_operation() {
    let house = house().await;
    let (mine, _) = Client::of_new_project(&house).await;
    let (other, _) = Client::of_new_project(&house).await;
    let made = make_all(&mine).await;
    let nobodys = made.unknown();
    let named = operations().filter(|row| row.path.contains('{'));
    let named = named.filter(|row| !ELSEWHERE.iter().any(|path| row.path.starts_with(path)));
    let named = named.filter(|row| fakeai_contract::Api::OpenAi == row.api);
    let mut asked = 0;
    for operation in named {
        let (Some(path), Some(absent)) = (made.path_of(operation), nobodys.path_of(operation))
        else {
            panic!("nothing was made for {}", operation.path);
        };
        for client in [&other, &Client::of_settings(&house)] {
            let found = client.send(request_to(operation, &path, false)).await;
            let expected = client.send(request_to(operation, &absent, false)).await;
            assert!(
                found.status >= 400,
                "{} {path}: {}",
                operation.id,
                found.text()
            );
            assert_eq!(
                (found.status, made.nameless(&found.text())),
                (expected.status, nobodys.nameless(&expected.text())),
                "{} {path}",
                operation.id
            );
            let is_read = request_to(operation, &path, false).is_without_body();
            assert!(
                found.status == 404 || !is_read,
                "{}: {}",
                operation.id,
                found.text()
            );
        }
        asked += 1;
    }
    assert!(asked > 60, "{asked}");
    still_there(&mine, &made).await;
}

/// All that was made is still to be seen by who made it, and in lists by nobody else.
async fn still_there(mine: &Client<'_>, made: &Made) {
    for (at, _) in &made.0 {
        let mut rows = operations();
        let row = rows.find(|row| *row.path == **at && row.method.as_str() == "GET");
        let Some(path) = row.and_then(|row| made.path_of(row)) else {
            continue;
        };
        let seen = mine.send(Request::get(&path)).await;
        assert_eq!(seen.status, 200, "{path}: {}", seen.text());
    }
}

#[tokio::test]
async fn lists_show_only_ones_own() {
    let house = house().await;
    let (mine, _) = Client::of_new_project(&house).await;
    let (other, _) = Client::of_new_project(&house).await;
    make_all(&mine).await;
    let mut full = 0;
    for operation in operations().filter(|row| row.kind == Kind::Resource) {
        let is_list = operation.method.as_str() == "GET" && !operation.path.contains('{');
        if !is_list || operation.api != fakeai_contract::Api::OpenAi {
            continue;
        }
        let own = mine.get(&operation.path).await.json();
        if own["data"].as_array().is_none_or(Vec::is_empty) {
            continue;
        }
        full += 1;
        for client in [&other, &Client::of_settings(&house)] {
            let theirs = client.get(&operation.path).await.ok();
            assert_eq!(theirs["data"], json!([]), "{}", operation.id);
        }
    }
    assert!(full >= 9, "{full}");
    let files = mine.get("/files").await.ok();
    let all = files["data"].as_array().map_or(0, Vec::len);
    let after = text(&files["data"][1], "id");
    let list = format!("/files?after={after}");
    let rest = mine.get(&list).await.ok();
    assert_eq!(rest["data"].as_array().map(Vec::len), Some(all - 2));
    let lost = other.get(&list).await.error(400);
    assert!(text(&lost, "message").contains(&after));
}

/// Requests that name objects: the path, and the body that is made of the id.
type Naming = (&'static str, &'static str, fn(&str) -> Value);

const NAMING: &[Naming] = &[
    (
        "/files/{file_id}",
        "/responses",
        |id| json!({"model": "gpt-4o", "input": [{"role": "user", "content": [{"type": "input_file", "file_id": id}]}]}),
    ),
    (
        "/files/{file_id}",
        "/chat/completions",
        |id| json!({"model": "gpt-4o", "messages": [{"role": "user", "content": [{"type": "file", "file": {"file_id": id}}]}]}),
    ),
    ("/files/{file_id}", "/responses", |id| {
        let container = json!({"type": "auto", "file_ids": [id]});
        json!({"model": "gpt-4o", "input": "Hi.", "tools": [{"type": "code_interpreter", "container": container}]})
    }),
    (
        "/files/{file_id}",
        "/containers",
        |id| json!({"name": "c", "file_ids": [id]}),
    ),
    ("/files/{file_id}", "/threads", |id| {
        let attachment = json!({"file_id": id, "tools": [{"type": "file_search"}]});
        json!({"messages": [{"role": "user", "content": "Hi.", "attachments": [attachment]}]})
    }),
    (
        "/containers/{container_id}",
        "/responses",
        |id| json!({"model": "gpt-4o", "input": "Hi.", "tools": [{"type": "code_interpreter", "container": id}]}),
    ),
    (
        "/responses/{response_id}",
        "/responses",
        |id| json!({"model": "gpt-4o", "input": "And?", "previous_response_id": id}),
    ),
    (
        "/conversations/{conversation_id}",
        "/responses",
        |id| json!({"model": "gpt-4o", "input": "And?", "conversation": id}),
    ),
    ("/vector_stores/{vector_store_id}", "/responses", |id| {
        json!({"model": "gpt-4o", "input": "How is the river called?", "tool_choice": "required",
            "tools": [{"type": "file_search", "vector_store_ids": [id]}]})
    }),
    (
        "/assistants/{assistant_id}",
        "/threads/runs",
        |id| json!({"assistant_id": id, "thread": {"messages": ask()}}),
    ),
];

#[tokio::test]
async fn a_request_that_names_another_projects_object_names_nothing() {
    let house = house().await;
    let (mine, _) = Client::of_new_project(&house).await;
    let (other, _) = Client::of_new_project(&house).await;
    let made = make_all(&mine).await;
    for (at, path, body) in NAMING {
        let id = made.id(at).expect(at);
        let found = other.post(path, body(id)).await;
        let absent = other.post(path, body(&unknown(id))).await;
        assert!(found.status >= 400, "{path} {at}: {}", found.text());
        assert_eq!(
            (found.status, found.text().replace(id, "ID")),
            (absent.status, absent.text().replace(&unknown(id), "ID")),
            "{path} {at}"
        );
        let own = mine.post(path, body(id)).await;
        assert!(own.status < 300, "{path} {at}: {}", own.text());
    }
    let batch = |id: &str| json!({"input_file_id": id, "endpoint": "/v1/chat/completions", "completion_window": "24h"});
    let file = made.id("/files/{file_id}").expect("a file");
    for answers in [
        [
            other.post("/batches", batch(file)).await,
            other.post("/batches", batch(&unknown(file))).await,
        ],
        [
            other
                .post(
                    "/fine_tuning/jobs",
                    json!({"model": "gpt-4o-mini-2024-07-18", "training_file": file}),
                )
                .await,
            other
                .post(
                    "/fine_tuning/jobs",
                    json!({"model": "gpt-4o-mini-2024-07-18", "training_file": unknown(file)}),
                )
                .await,
        ],
    ] {
        let [found, absent] = answers;
        assert!(found.status >= 400, "{}", found.text());
        assert_eq!(
            found.text().replace(file, "ID"),
            absent.text().replace(&unknown(file), "ID")
        );
    }
}

#[tokio::test]
async fn what_a_batch_makes_is_its_projects() {
    let house = house_of_jobs().await;
    let (mine, project) = Client::of_new_project(&house).await;
    let (other, _) = Client::of_new_project(&house).await;
    let lines = mine.file("batch", "a.jsonl", LINE).await;
    let body = json!({"input_file_id": lines, "endpoint": "/v1/chat/completions", "completion_window": "24h"});
    let batch = format!("/batches/{}", mine.make("/batches", body).await);
    let output = loop {
        let batch = mine.get(&batch).await.ok();
        if let Some(id) = batch["output_file_id"].as_str() {
            break id.to_owned();
        }
    };
    assert!(
        mine.get(&format!("/files/{output}/content"))
            .await
            .text()
            .contains("chat.completion")
    );
    other
        .get(&format!("/files/{output}/content"))
        .await
        .error(404);
    let journal = house.send(
        Request::get("/_fakeai/journal?operation=createChatCompletion")
            .header("authorization", &format!("Bearer {KEY}")),
    );
    assert_eq!(journal.await.ok()["data"][0]["project"], json!(project));
}

#[tokio::test]
async fn a_tuned_model_is_its_projects_and_whose_it_is_shared_with() {
    let house = house_of_jobs().await;
    let (mine, _) = Client::of_new_project(&house).await;
    let (other, project) = Client::of_new_project(&house).await;
    let examples = mine
        .file("fine-tune", "b.jsonl", &[EXAMPLE; 10].join("\n"))
        .await;
    let job = json!({"model": "gpt-4o-mini-2024-07-18", "training_file": examples});
    let job = format!(
        "/fine_tuning/jobs/{}",
        mine.make("/fine_tuning/jobs", job).await
    );
    let model = loop {
        let job = mine.get(&job).await.ok();
        if let Some(id) = job["fine_tuned_model"].as_str() {
            break id.to_owned();
        }
    };
    let body = json!({"model": model, "messages": ask()});
    let list = async |client: &Client<'_>| {
        let models = client.get("/models").await.ok();
        models["data"]
            .as_array()
            .is_some_and(|all| all.iter().any(|one| one["id"] == model))
    };
    mine.post("/chat/completions", body.clone()).await.ok();
    assert!(list(&mine).await && !list(&other).await);
    let refused = other
        .post("/chat/completions", body.clone())
        .await
        .error(404);
    assert_eq!(refused["code"], "model_not_found");
    let at = format!("/models/{model}");
    other.get(&at).await.error(404);

    let permissions = format!("/fine_tuning/checkpoints/{model}/permissions");
    let given = mine
        .post(&permissions, json!({"project_ids": [project]}))
        .await
        .ok();
    other.post("/chat/completions", body.clone()).await.ok();
    assert!(list(&other).await);
    let delete = |path: &str| Request::new(http::Method::DELETE, &format!("/v1{path}"));
    other.send(delete(&at)).await.error(403);

    let permission = text(&given["data"][0], "id");
    mine.send(delete(&format!("{permissions}/{permission}")))
        .await
        .ok();
    other.post("/chat/completions", body).await.error(404);
    assert!(!list(&other).await);
    mine.send(delete(&at)).await.ok();
    mine.get(&at).await.error(404);
}

#[tokio::test]
async fn without_keys_all_is_the_default_projects_unless_a_project_is_named() {
    let house = House::open().await;
    let body = json!({"model": "gpt-4o", "input": "Hi."});
    let made = house.post("/v1/responses", &body).await.ok();
    let path = format!("/v1/responses/{}", text(&made, "id"));
    let with = |key: &str| Request::get(&path).header("authorization", &format!("Bearer {key}"));
    assert_eq!(house.send(with("sk-one")).await.status, 200);
    assert_eq!(house.send(with("sk-other")).await.status, 200);
    let projects = "/v1/organization/projects";
    let project = house.post(projects, &json!({"name": "p"})).await.ok();
    let named = with("sk-one").header("openai-project", &text(&project, "id"));
    house.send(named).await.error(404);
    let unheard_of = with("sk-one").header("openai-project", "proj_nobody");
    assert_eq!(house.send(unheard_of).await.status, 200);
}
