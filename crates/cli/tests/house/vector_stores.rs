//! Vector stores over real documents: search, and answers that cite what was found.

use fakeai_server::config::ClockKind;
use http::Method;
use serde_json::{Value, json};

use crate::client::{Event, Request};
use crate::house::House;

/// A house whose clock jumps to what is due, so that reading files takes no time.
async fn house() -> House {
    House::with(|config| config.server.clock = ClockKind::Virtual).await
}

/// Uploads a file, and gives its id.
pub(crate) async fn upload(house: &House, name: &str, text: &str) -> String {
    let body = format!(
        "--b\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nassistants\r\n\
         --b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
         Content-Type: text/plain\r\n\r\n{text}\r\n--b--\r\n"
    );
    let request = Request::new(Method::POST, "/v1/files");
    let sent = house
        .send(request.body("multipart/form-data; boundary=b", body))
        .await
        .ok();
    sent["id"].as_str().expect("an id").to_owned()
}

/// A store of these files, once all of them are read.
async fn store(house: &House, files: &[String]) -> String {
    let made = house
        .post("/v1/vector_stores", &json!({"file_ids": files}))
        .await
        .ok();
    let id = made["id"].as_str().expect("an id").to_owned();
    loop {
        let store = house.get(&format!("/v1/vector_stores/{id}")).await.ok();
        if store["status"] == "completed" {
            return id;
        }
    }
}

async fn search(house: &House, store: &str, body: Value) -> Vec<Value> {
    let page = house
        .post(&format!("/v1/vector_stores/{store}/search"), &body)
        .await
        .ok();
    page["data"].as_array().expect("a list").clone()
}

/// Neighbours that no word leads to one another, and one that the question's words lead to.
const MEANT: [(&str, &str); 3] = [
    ("bard.txt", "Shakespeare is the author of Romeo and Juliet."),
    (
        "player.txt",
        "Press play to start the clip; press it again to stop it.",
    ),
    ("tax.txt", "Income tax is due on the last day of May."),
];

#[tokio::test]
async fn a_real_model_finds_what_shares_no_word() {
    let Some(folder) = std::env::var_os("FAKEAI_SENTENCE_MODEL") else {
        eprintln!("SKIPPED: FAKEAI_SENTENCE_MODEL names no folder with all-MiniLM-L6-v2");
        return;
    };
    let house = House::with(|config| {
        config.server.clock = ClockKind::Virtual;
        config.generation.embedding_model = Some(folder.into());
    })
    .await;
    let mut files = Vec::new();
    for (name, text) in MEANT {
        files.push(upload(&house, name, text).await);
    }
    let store = store(&house, &files).await;
    for (query, name) in [
        (
            "Which poet wrote about two star-crossed lovers?",
            "bard.txt",
        ),
        ("How do I pause a video?", "player.txt"),
        ("When do I owe the revenue office money?", "tax.txt"),
    ] {
        let found = search(&house, &store, json!({"query": query})).await;
        assert_eq!(found[0]["filename"], name, "{query}: {found:?}");
    }
    let asked = json!({"query": "Which poet wrote about two star-crossed lovers?",
        "model": "nvidia/nv-rerankqa-mistral-4b-v3",
        "documents": MEANT.map(|(_, text)| text)});
    let ranked = house.post("/v1/rerank", &asked).await.ok();
    assert_eq!(ranked["results"][0]["index"], 0, "{ranked}");
}

const TEXTS: [(&str, &str); 3] = [
    (
        "capitals.md",
        "# Capitals\nThe capital of France is Paris. The capital of Peru is Lima.",
    ),
    (
        "bread.txt",
        "Bread is baked in a hot oven for forty minutes.",
    ),
    (
        "cars.txt",
        "The automobile needs new tyres every few years.",
    ),
];

#[tokio::test]
async fn a_paraphrase_finds_its_passage() {
    let house = house().await;
    let mut files = Vec::new();
    for (name, text) in TEXTS {
        files.push(upload(&house, name, text).await);
    }
    let store = store(&house, &files).await;
    for (query, name) in [
        ("capital of Peru", "capitals.md"),
        ("How do I bake a loaf?", "bread.txt"),
        ("When does my car get new tires?", "cars.txt"),
    ] {
        let hits = search(&house, &store, json!({"query": query})).await;
        assert_eq!(hits[0]["filename"], name, "{query}: {hits:?}");
        assert!(hits[0]["score"].as_f64() > hits[1]["score"].as_f64());
    }
    // A file that is gone is found no more.
    house.delete(&format!("/v1/files/{}", files[1])).await.ok();
    let hits = search(&house, &store, json!({"query": "bake bread in the oven"})).await;
    assert!(
        hits.iter().all(|hit| hit["filename"] != "bread.txt"),
        "{hits:?}"
    );
}

#[tokio::test]
async fn an_answer_cites_what_it_found() {
    let house = house().await;
    let file = upload(&house, TEXTS[0].0, TEXTS[0].1).await;
    let store = store(&house, std::slice::from_ref(&file)).await;
    let body = json!({"model": "gpt-4.1", "input": "What is the capital of Peru?",
        "include": ["file_search_call.results"],
        "tools": [{"type": "file_search", "vector_store_ids": [store]}]});
    let response = house.post("/v1/responses", &body).await.ok();
    let (call, message) = (&response["output"][0], &response["output"][1]);
    assert_eq!(call["type"], "file_search_call");
    assert_eq!(call["results"][0]["file_id"], json!(file));
    let part = &message["content"][0];
    assert_eq!(part["text"], "The capital of Peru is Lima.");
    let citation =
        json!({"type": "file_citation", "index": 28, "file_id": file, "filename": "capitals.md"});
    assert_eq!(part["annotations"], json!([citation]));
    // What was found is read, and counted as what was asked is.
    let count = async |mut body: Value| {
        body["model"] = json!("gpt-4.1");
        let counted = house.post("/v1/responses/input_tokens", &body).await.ok();
        counted["input_tokens"].as_u64().unwrap()
    };
    let asked = count(json!({"input": body["input"], "tools": body["tools"]})).await;
    let around = count(json!({"input": "a"})).await - 1;
    let found = count(json!({"input": call["results"][0]["text"]})).await - around;
    assert_eq!(call["results"].as_array().map(Vec::len), Some(1));
    assert_eq!(response["usage"]["input_tokens"], json!(asked + found));
    // The streamed answer is the same.
    let mut streamed = body.clone();
    streamed["stream"] = json!(true);
    let events = house
        .stream("/v1/responses", &streamed)
        .await
        .events()
        .await;
    let mut events = events.iter().map(Event::json);
    let added = events.find(|event| event["type"] == "response.output_text.annotation.added");
    assert_eq!(added.expect("an annotation")["annotation"], citation);
    // Without a question to the store, the tool is still forced to search it.
    let mut forced = body;
    forced["tool_choice"] = json!({"type": "file_search"});
    let response = house.post("/v1/responses", &forced).await.ok();
    assert_eq!(response["output"][0]["type"], "file_search_call");
}
