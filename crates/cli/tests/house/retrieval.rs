//! Answers from retrieval, `/rag/api/prompt`, and texts from `/v1/text/generation`.

use fakeai_server::config::ClockKind;
use serde_json::{Value, json};

use crate::client::Request;
use crate::house::House;

const RAG: &str = "/rag/api/prompt";

fn sources(answer: &Value) -> Vec<&str> {
    let documents = answer["retrieved_docs"].as_array().expect("documents");
    let sources = documents.iter().map(|document| &document["source"]);
    sources
        .map(|source| source.as_str().expect("a source"))
        .collect()
}

#[tokio::test]
async fn the_answer_says_what_the_best_document_says() {
    let house = House::open().await;
    let asked = json!({"query": "How do I add a corner in the corner manager?", "top_k": 3,
        "filters": {"family": "Solido", "tool": "SDE"}});
    let answer = house.post(RAG, &asked).await.ok();
    assert_eq!(
        sources(&answer)[0],
        "Solido_SDE_User_Guide_p100.md",
        "{answer}"
    );
    assert_eq!(sources(&answer).len(), 3);
    let content = answer["content"].as_str().expect("content");
    assert!(
        content.contains("open the corner manager and choose New"),
        "{content}"
    );
    let scores = answer["retrieved_docs"]
        .as_array()
        .expect("documents")
        .iter();
    let scores: Vec<f64> = scores
        .map(|one| one["score"].as_f64().expect("a score"))
        .collect();
    assert!(scores.is_sorted_by(|one, other| one >= other), "{scores:?}");
    assert!(answer["usage"]["completion_tokens"].as_u64() > Some(5));
    let sweeps = json!({"query": "sweep a variable over a range", "top_k": 1});
    let sweeps = house.post(RAG, &sweeps).await.ok();
    assert_eq!(sweeps["retrieved_docs"][0]["metadata"]["topic"], "sweeps");
}

#[tokio::test]
async fn filters_decide_which_documents_are_read() {
    let house = House::open().await;
    let with = |filters: Value| json!({"query": "memory of the KV cache", "filters": filters, "top_k": 20});
    let solido = house
        .post(RAG, &with(json!({"family": "Solido"})))
        .await
        .ok();
    assert!(
        sources(&solido)
            .iter()
            .all(|source| source.starts_with("Solido_"))
    );
    let either = with(json!({"topic": ["memory", "ranking"]}));
    let either = house.post(RAG, &either).await.ok();
    assert_eq!(
        sources(&either),
        ["serving_handbook_p2.md", "retrieval_handbook_p2.md"]
    );
    let pages = with(json!({"type": "gt", "key": "page", "value": 150}));
    assert_eq!(sources(&house.post(RAG, &pages).await.ok()).len(), 2);
    let none = house
        .post(RAG, &with(json!({"family": "nobody"})))
        .await
        .ok();
    assert!(sources(&none).is_empty());
}

#[tokio::test]
async fn documents_of_the_worlds_stores_are_found_too() {
    let house = House::with(|config| config.server.clock = ClockKind::Virtual).await;
    let form = "--b\r\ncontent-disposition: form-data; name=\"purpose\"\r\n\r\nassistants\r\n\
        --b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"zebra.txt\"\r\n\r\n\
        The zebra named Quagga sleeps at noon in the northern paddock.\r\n--b--\r\n";
    let request = Request::post("/v1/files").body("multipart/form-data; boundary=b", form);
    let file = house.send(request).await.ok();
    let store = json!({"file_ids": [file["id"]]});
    let store = house.post("/v1/vector_stores", &store).await.ok();
    let target = format!("/v1/vector_stores/{}", store["id"].as_str().expect("an id"));
    while house.get(&target).await.ok()["status"] != "completed" {}
    let asked = json!({"query": "Where does the zebra Quagga sleep?", "top_k": 2});
    let answer = house.post(RAG, &asked).await.ok();
    assert_eq!(sources(&answer)[0], "zebra.txt", "{answer}");
    let content = answer["content"].as_str().expect("content");
    assert!(content.contains("northern paddock"), "{content}");
}

#[tokio::test]
async fn a_stream_tells_the_documents_then_the_answer_then_the_usage() {
    let house = House::open().await;
    let mut asked = json!({"query": ["Hello.", "What is a PVT corner?"], "top_k": 1});
    let whole = house.post(RAG, &asked).await.ok();
    asked["stream"] = json!(true);
    let chunks = house.stream(RAG, &asked).await.chunks().await;
    assert_eq!(chunks[0]["retrieved_docs"], whole["retrieved_docs"]);
    let pieces = chunks.iter().filter_map(|chunk| chunk["content"].as_str());
    let pieces: Vec<&str> = pieces.collect();
    assert_eq!(json!(pieces.concat()), whole["content"]);
    let usage = &chunks.last().expect("a chunk")["usage"];
    assert_eq!(*usage, whole["usage"]);
    let journal = house.journal("createRagPrompt").await;
    assert_eq!(
        journal[0]["usage"]["completion_tokens"],
        usage["completion_tokens"]
    );
}

#[tokio::test]
async fn no_search_of_files_is_charged_for_it() {
    let house = House::open().await;
    let asked = json!({"query": "What is a PVT corner?"});
    house.post(RAG, &asked).await.ok();
    let journal = house.journal("createRagPrompt").await;
    let started = journal[0]["started"].as_f64().expect("a time") as u64;
    let reported = async |name: &str| {
        let since = started - started % 86_400;
        let target = format!("/v1/organization/usage/{name}?start_time={since}");
        house.get(&target).await.ok()["data"][0]["results"].clone()
    };
    assert_eq!(reported("completions").await[0]["num_model_requests"], 1);
    assert_eq!(reported("file_search_calls").await, json!([]));
}

#[tokio::test]
async fn a_wrong_question_is_refused_as_fastapi_does() {
    let house = House::open().await;
    for (body, place) in [
        (json!({"query": "q", "top_k": 21}), "top_k"),
        (json!({"query": ""}), "query"),
        (json!({}), "query"),
    ] {
        let refused = house.post(RAG, &body).await;
        assert_eq!(refused.status, 422, "{}", refused.text());
        assert_eq!(refused.json()["detail"][0]["loc"], json!(["body", place]));
    }
}

#[tokio::test]
async fn a_text_is_generated() {
    let house = House::open().await;
    let mut asked =
        json!({"model": "gpt-4o", "input": "Tell me about tides.", "max_output_tokens": 12});
    let answer = house.post("/v1/text/generation", &asked).await.ok();
    assert!(answer["id"].as_str().expect("an id").starts_with("txtgen-"));
    assert!(!answer["output"].as_str().expect("a text").is_empty());
    assert_eq!(answer["usage"]["completion_tokens"], 12);
    assert_eq!(
        house.journal("createTextGeneration").await[0]["usage"]["completion_tokens"],
        12
    );
    asked["model"] = json!("text-embedding-3-small");
    let refused = house.post("/v1/text/generation", &asked).await;
    assert_eq!(
        (refused.status, &refused.json()["error"]["code"]),
        (400, &json!("OperationNotSupported"))
    );
}
