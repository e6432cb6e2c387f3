//! What a project makes for the tests of `projects`: an object of every family. Not here: who may
//! see it.

use fakeai_contract::Operation;
use fakeai_server::config::ClockKind;
use serde_json::{Value, json};

use crate::client::{Answer, Request};
use crate::house::House;

pub(crate) const KEY: &str = "sk-right-key-0001";

/// A house that wants keys.
pub(crate) async fn house() -> House {
    House::with(|config| config.auth.api_keys.0 = vec![KEY.to_owned()]).await
}

/// The same with a clock that jumps to what is due.
pub(crate) async fn house_of_jobs() -> House {
    House::with(|config| {
        config.auth.api_keys.0 = vec![KEY.to_owned()];
        config.server.clock = ClockKind::Virtual;
    })
    .await
}

/// Somebody with a key.
pub(crate) struct Client<'a> {
    pub(crate) house: &'a House,
    pub(crate) key: String,
}

impl<'a> Client<'a> {
    /// Whoever has the key of the settings, which is the default project's.
    pub(crate) fn of_settings(house: &'a House) -> Self {
        Self {
            house,
            key: KEY.to_owned(),
        }
    }

    /// A service account in a project of its own, and that project's id.
    pub(crate) async fn of_new_project(house: &'a House) -> (Self, String) {
        let owner = Self::of_settings(house);
        let projects = "/organization/projects";
        let project = owner.post(projects, json!({"name": "p"})).await.ok();
        let project = text(&project, "id");
        let accounts = format!("{projects}/{project}/service_accounts");
        let account = owner.post(&accounts, json!({"name": "bot"})).await.ok();
        let key = text(&account["api_key"], "value");
        (Self { house, key }, project)
    }

    pub(crate) async fn send(&self, request: Request) -> Answer {
        let key = format!("Bearer {}", self.key);
        let request = request.header("authorization", &key);
        let request = request.header("openai-beta", "assistants=v2");
        self.house.send(request).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(&format!("/v1{path}"))).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Request::post(&format!("/v1{path}")).json(&body))
            .await
    }

    /// The id of what a `POST` makes.
    pub(crate) async fn make(&self, path: &str, body: Value) -> String {
        text(&self.post(path, body).await.ok(), "id")
    }

    /// The id of what a form with a file makes, and with a purpose where it has one.
    pub(crate) async fn upload(
        &self,
        path: &str,
        purpose: &str,
        (field, name): (&str, &str),
        bytes: &str,
    ) -> String {
        let purpose = match purpose {
            "" => String::new(),
            purpose => format!(
                "--b\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\n{purpose}\r\n"
            ),
        };
        let form = format!(
            "{purpose}--b\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\n\
             Content-Type: text/plain\r\n\r\n{bytes}\r\n--b--\r\n"
        );
        let request = Request::post(&format!("/v1{path}"));
        let sent = self
            .send(request.body("multipart/form-data; boundary=b", form))
            .await;
        text(&sent.ok(), "id")
    }

    pub(crate) async fn file(&self, purpose: &str, name: &str, bytes: &str) -> String {
        self.upload("/files", purpose, ("file", name), bytes).await
    }

    /// The first element of a list.
    pub(crate) async fn first(&self, path: &str) -> String {
        text(&self.get(path).await.ok()["data"][0], "id")
    }
}

pub(crate) fn text(value: &Value, name: &str) -> String {
    let text = value[name].as_str();
    text.unwrap_or_else(|| panic!("no {name} in {value}"))
        .to_owned()
}

pub(crate) fn ask() -> Value {
    json!([{"role": "user", "content": "Hi."}])
}

pub(crate) const LINE: &str = r#"{"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi."}]}}"#;
pub(crate) const EXAMPLE: &str = r#"{"messages": [{"role": "user", "content": "Hi."}, {"role": "assistant", "content": "Hello."}]}"#;

/// What a project has made: ids by the paths at which they stand.
pub(crate) struct Made(pub(crate) Vec<(&'static str, String)>);

impl Made {
    pub(crate) fn id(&self, path: &str) -> Option<&str> {
        let mut made = self.0.iter();
        let found = made.find(|(at, _)| *at == path);
        found.map(|(_, id)| id.as_str())
    }

    /// The same ids, none of which anybody has.
    pub(crate) fn unknown(&self) -> Self {
        let altered = self.0.iter().map(|(path, id)| (*path, unknown(id)));
        Self(altered.collect())
    }

    /// The operation's path with these ids in it; none where it names something else.
    pub(crate) fn path_of(&self, operation: &Operation) -> Option<String> {
        let (mut at, mut path) = (String::new(), "/v1".to_owned());
        for segment in operation.path.split('/').skip(1) {
            at = format!("{at}/{segment}");
            path.push('/');
            path.push_str(if segment.starts_with('{') {
                self.id(&at)?
            } else {
                segment
            });
        }
        path.push_str(if operation.beta { "?beta=true" } else { "" });
        Some(path)
    }

    /// A text without its ids; a number is none that anybody could tell.
    pub(crate) fn nameless(&self, text: &str) -> String {
        let ids = self.0.iter().map(|(_, id)| id.as_str());
        let ids = ids.filter(|id| id.len() > 3);
        ids.fold(text.to_owned(), |text, id| text.replace(id, "ID"))
    }
}

/// An id like this one that nobody has.
pub(crate) fn unknown(id: &str) -> String {
    let (start, last) = id.split_at(id.len() - 1);
    format!("{start}{}", if last == "1" { "2" } else { "1" })
}

/// An object of every family.
pub(crate) async fn make_all(client: &Client<'_>) -> Made {
    let mut made = files_and_jobs(client).await;
    made.extend(answers(client).await);
    made.extend(assistants(client).await);
    made.extend(evals(client).await);
    let video = json!({"model": "sora-2", "prompt": "A cat."});
    made.push(("/videos/{video_id}", client.make("/videos", video).await));
    let session = json!({"workflow": {"id": "wf_1"}, "user": "u"});
    let session = client.make("/chatkit/sessions", session).await;
    made.push(("/chatkit/sessions/{session_id}", session));
    let skill = "---\nname: a-skill\ndescription: What it does.\n---\nDo it.\n";
    let skill = client
        .upload("/skills", "", ("files", "a-skill/SKILL.md"), skill)
        .await;
    made.push(("/skills/{skill_id}", skill));
    made.push(("/skills/{skill_id}/versions/{version}", "1".to_owned()));
    Made(made)
}

async fn files_and_jobs(client: &Client<'_>) -> Vec<(&'static str, String)> {
    let file = client
        .file("assistants", "a.txt", "The river is called Brun.")
        .await;
    let lines = client.file("batch", "a.jsonl", LINE).await;
    let examples = [EXAMPLE; 10].join("\n");
    let examples = client.file("fine-tune", "b.jsonl", &examples).await;
    let upload = json!({"purpose": "assistants", "filename": "b.txt", "bytes": 5, "mime_type": "text/plain"});
    let upload = client.make("/uploads", upload).await;
    let batch = json!({"input_file_id": lines, "endpoint": "/v1/chat/completions", "completion_window": "24h"});
    let job = json!({"model": "gpt-4o-mini-2024-07-18", "training_file": examples});
    let store = client
        .make("/vector_stores", json!({"file_ids": [file]}))
        .await;
    let batches = format!("/vector_stores/{store}/file_batches");
    let file_batch = client.make(&batches, json!({"file_ids": [lines]})).await;
    let container = client.make("/containers", json!({"name": "c"})).await;
    let files = format!("/containers/{container}/files");
    let within = client.make(&files, json!({"file_id": file})).await;
    vec![
        ("/files/{file_id}", file.clone()),
        ("/uploads/{upload_id}", upload),
        ("/batches/{batch_id}", client.make("/batches", batch).await),
        (
            "/fine_tuning/jobs/{fine_tuning_job_id}",
            client.make("/fine_tuning/jobs", job).await,
        ),
        ("/vector_stores/{vector_store_id}/files/{file_id}", file),
        (
            "/vector_stores/{vector_store_id}/file_batches/{batch_id}",
            file_batch,
        ),
        ("/vector_stores/{vector_store_id}", store),
        ("/containers/{container_id}/files/{file_id}", within),
        ("/containers/{container_id}", container),
    ]
}

async fn answers(client: &Client<'_>) -> Vec<(&'static str, String)> {
    let body = json!({"model": "gpt-4o", "input": "Hi."});
    let response = client.make("/responses", body).await;
    let item = json!({"type": "message", "role": "user", "content": "Hi."});
    let conversation = client
        .make("/conversations", json!({"items": [item]}))
        .await;
    let items = format!("/conversations/{conversation}/items");
    let stored = json!({"model": "gpt-4o", "store": true, "messages": ask()});
    vec![
        ("/responses/{response_id}", response),
        (
            "/conversations/{conversation_id}/items/{item_id}",
            client.first(&items).await,
        ),
        ("/conversations/{conversation_id}", conversation),
        (
            "/chat/completions/{completion_id}",
            client.make("/chat/completions", stored).await,
        ),
    ]
}

async fn assistants(client: &Client<'_>) -> Vec<(&'static str, String)> {
    let assistant = client.make("/assistants", json!({"model": "gpt-4o"})).await;
    let thread = client.make("/threads", json!({"messages": ask()})).await;
    let of_thread = |what: &str| format!("/threads/{thread}/{what}");
    let message = client.first(&of_thread("messages")).await;
    let run = client
        .make(&of_thread("runs"), json!({"assistant_id": assistant}))
        .await;
    let steps = of_thread(&format!("runs/{run}/steps"));
    let step = loop {
        let steps = client.get(&steps).await.ok();
        if let Some(id) = steps["data"][0]["id"].as_str() {
            break id.to_owned();
        }
    };
    vec![
        ("/assistants/{assistant_id}", assistant),
        ("/threads/{thread_id}/messages/{message_id}", message),
        ("/threads/{thread_id}/runs/{run_id}/steps/{step_id}", step),
        ("/threads/{thread_id}/runs/{run_id}", run),
        ("/threads/{thread_id}", thread),
    ]
}

async fn evals(client: &Client<'_>) -> Vec<(&'static str, String)> {
    let schema = json!({"type": "object", "properties": {"label": {"type": "string"}}});
    let check = json!({"type": "string_check", "name": "Match", "operation": "eq",
        "input": "{{item.label}}", "reference": "red"});
    let eval = json!({"name": "Labels", "testing_criteria": [check],
        "data_source_config": {"type": "custom", "item_schema": schema}});
    let eval = client.make("/evals", eval).await;
    let source = json!({"type": "file_content", "content": [{"item": {"label": "red"}}]});
    let run = json!({"name": "first", "data_source": {"type": "jsonl", "source": source}});
    let run = client.make(&format!("/evals/{eval}/runs"), run).await;
    let items = format!("/evals/{eval}/runs/{run}/output_items");
    let item = loop {
        let items = client.get(&items).await.ok();
        if let Some(id) = items["data"][0]["id"].as_str() {
            break id.to_owned();
        }
    };
    vec![
        (
            "/evals/{eval_id}/runs/{run_id}/output_items/{output_item_id}",
            item,
        ),
        ("/evals/{eval_id}/runs/{run_id}", run),
        ("/evals/{eval_id}", eval),
    ]
}
