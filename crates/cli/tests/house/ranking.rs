//! Passages in order of their relevance, in the wires of NIM, vLLM and Cohere.

use serde_json::{Value, json};

use crate::house::House;

const MODEL: &str = "nvidia/nv-rerank-qa-mistral-4b";
const QUERY: &str = "How do I reset my password?";
const PASSAGES: [&str; 4] = [
    "Our office is closed on public holidays.",
    "To reset a password, open the settings and choose Security.",
    "Bananas ripen faster next to apples.",
    "If you forgot your login, ask for a link that lets you set a new password.",
];

fn nim(query: &str, passages: &[&str]) -> Value {
    let passages: Vec<Value> = passages.iter().map(|text| json!({"text": text})).collect();
    json!({"model": MODEL, "query": {"text": query}, "passages": passages})
}

fn order(list: &Value) -> Vec<u64> {
    let list = list.as_array().expect("a list");
    let index = |one: &Value| one["index"].as_u64().expect("an index");
    list.iter().map(index).collect()
}

#[tokio::test]
async fn what_answers_comes_before_what_does_not() {
    let house = House::open().await;
    let ranking = house.post("/v1/ranking", &nim(QUERY, &PASSAGES)).await.ok();
    assert_eq!(order(&ranking["rankings"])[..2], [1, 3], "{ranking}");
    let logit = |place: usize| {
        ranking["rankings"][place]["logit"]
            .as_f64()
            .expect("a logit")
    };
    assert!(
        logit(0) > 0.0 && logit(2) < logit(1) && logit(3) < -5.0,
        "{ranking}"
    );
    let again = house.post("/v1/ranking", &nim(QUERY, &PASSAGES)).await.ok();
    assert_eq!(ranking, again);
}

#[tokio::test]
async fn a_paraphrase_comes_before_a_passage_that_shares_no_meaning() {
    let house = House::open().await;
    let pairs = [
        (
            "buy a car",
            "Purchasing an automobile",
            "Boiling an egg takes minutes",
        ),
        (
            "the doctor was ill",
            "A sick physician",
            "The train leaves at noon",
        ),
        (
            "begin the job quickly",
            "Start work fast",
            "Blue paint on a wall",
        ),
    ];
    for (query, near, far) in pairs {
        let ranking = house
            .post("/v1/ranking", &nim(query, &[far, near]))
            .await
            .ok();
        assert_eq!(order(&ranking["rankings"]), [1, 0], "{query}: {ranking}");
    }
}

#[tokio::test]
async fn the_wires_agree_on_order_and_scores() {
    let house = House::open().await;
    let ranking = house.post("/v1/ranking", &nim(QUERY, &PASSAGES)).await.ok();
    let asked = json!({"model": MODEL, "query": QUERY, "documents": PASSAGES, "top_n": 2});
    let best = order(&ranking["rankings"])[..2].to_vec();
    for path in ["/v1/rerank", "/rerank", "/v2/rerank"] {
        let answer = house.post(path, &asked).await.ok();
        assert_eq!(order(&answer["results"]), best, "{path}");
        let score = answer["results"][0]["relevance_score"].as_f64();
        let logit = ranking["rankings"][0]["logit"].as_f64().expect("a logit");
        let expected = 1.0 / (1.0 + (-logit).exp());
        assert!((score.expect("a score") - expected).abs() < 1e-5, "{path}");
    }
    let vllm = house.post("/v1/rerank", &asked).await.ok();
    assert_eq!(vllm["results"][0]["document"]["text"], PASSAGES[1]);
    assert!(vllm["id"].as_str().expect("an id").starts_with("rerank-"));
    let cohere = house.post("/v2/rerank", &asked).await.ok();
    assert!(cohere["results"][0].get("document").is_none());
    assert_eq!(cohere["meta"]["billed_units"]["search_units"], 1);
    let silent = json!({"query": QUERY, "documents": [{"text": "a password"}, "an egg"],
        "return_documents": false});
    let silent = house.post("/v1/rerank", &silent).await.ok();
    assert_eq!(order(&silent["results"]), [0, 1]);
    assert!(silent["results"][0].get("document").is_none());
}

#[tokio::test]
async fn what_was_read_is_counted_and_billed() {
    let house = House::open().await;
    let asked = json!({"model": MODEL, "query": "one two", "documents": ["three", "four five"]});
    let answer = house.post("/v1/rerank", &asked).await.ok();
    // Each pair has the query's two tokens and those of its document.
    assert_eq!(
        answer["usage"],
        json!({"prompt_tokens": 7, "total_tokens": 7})
    );
    let journal = house.journal("createRerank").await;
    assert_eq!(journal[0]["usage"]["prompt_tokens"], 7, "{journal:?}");
    let now = journal[0]["started"].as_f64().expect("a time") as u64;
    let start = now - now % 86_400;
    let usage = format!("/v1/organization/usage/embeddings?start_time={start}&group_by=model");
    let usage = house.get(&usage).await.ok();
    let results = usage["data"].as_array().expect("buckets").iter();
    let results: Vec<&Value> = results
        .flat_map(|bucket| bucket["results"].as_array().expect("results"))
        .collect();
    assert_eq!(results[0]["input_tokens"], 7, "{results:?}");
    assert_eq!(results[0]["model"], MODEL);
}

#[tokio::test]
async fn what_is_too_long_is_refused_or_cut() {
    let house = House::open().await;
    let long = "word ".repeat(9_000);
    let mut asked = nim(QUERY, &[&long, "a password"]);
    let refused = house.post("/v1/ranking", &asked).await;
    assert_eq!(refused.status, 422);
    let error = refused.json();
    assert_eq!(error["object"], "error");
    let words = error["message"].as_str().expect("words");
    assert!(
        words.ends_with("exceeds maximum allowed token size 8192"),
        "{words}"
    );
    asked["truncate"] = json!("END");
    let ranking = house.post("/v1/ranking", &asked).await.ok();
    assert_eq!(ranking["usage"]["prompt_tokens"], 8192 + 7 + 2, "{ranking}");
    let asked = json!({"model": MODEL, "query": "q", "documents": [long], "max_tokens_per_doc": 8});
    house.post("/v2/rerank", &asked).await.ok();
}

#[tokio::test]
async fn each_wire_refuses_in_its_own_shape() {
    let house = House::open().await;
    let refused = house.post("/v1/ranking", &nim(QUERY, &[])).await;
    assert_eq!(
        (refused.status, &refused.json()["type"]),
        (422, &json!("invalid_request_error"))
    );
    let refused = house
        .post("/v1/rerank", &json!({"query": QUERY, "documents": []}))
        .await;
    let error = &refused.json()["error"];
    assert_eq!((refused.status, &error["code"]), (400, &json!(400)));
    assert_eq!(
        (&error["type"], &error["param"]),
        (&json!("BadRequestError"), &json!("documents"))
    );
    let refused = house
        .post("/v2/rerank", &json!({"model": MODEL, "documents": ["a"]}))
        .await;
    assert_eq!(refused.status, 400);
    let words = refused.json()["message"].to_string();
    assert!(
        words.starts_with("\"invalid request: ") && words.contains("query"),
        "{words}"
    );
    let chat = json!({"model": "gpt-4o", "query": "q", "documents": ["a"]});
    let refused = house.post("/v1/rerank", &chat).await;
    assert_eq!(
        (refused.status, &refused.json()["error"]["param"]),
        (400, &json!("model"))
    );
}
