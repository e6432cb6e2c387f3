//! Usage and costs: they add up with the journal.

use std::collections::BTreeMap;

use fakeai_canon::{Rng, Seed};
use serde_json::{Value, json};

use crate::client::Request;
use crate::house::House;

/// A call of a random workload: its path and body.
fn call(rng: &mut Rng) -> (&'static str, Value) {
    let models = ["gpt-4o", "gpt-4o-mini", "o3", "gpt-4.1-nano"];
    let model = *rng.pick(&models).expect("there are some");
    let text = format!("Tell me about the number {}.", rng.below(1_000));
    let messages = json!([{"role": "user", "content": text}]);
    match rng.below(6) {
        0 => (
            "/v1/embeddings",
            json!({"model": "text-embedding-3-small", "input": text}),
        ),
        1 => (
            "/v1/responses",
            json!({"model": model, "input": text, "store": false}),
        ),
        2 => (
            "/v1/chat/completions",
            json!({"model": model, "messages": messages, "stream": true}),
        ),
        3 => (
            "/v1/responses",
            json!({"model": model, "input": text, "tools": [{"type": "web_search_preview"}],
                "tool_choice": {"type": "web_search_preview"}}),
        ),
        4 => ("/v1/chat/completions", json!({"model": model})),
        _ => (
            "/v1/chat/completions",
            json!({"model": model, "messages": messages, "n": 2}),
        ),
    }
}

/// What one bucket's results say of a property, added up.
fn sum(page: &Value, property: &str) -> f64 {
    let buckets = page["data"].as_array().expect("buckets").iter();
    let results = buckets.flat_map(|bucket| bucket["results"].as_array().expect("results"));
    results
        .map(|result| {
            let value = result.pointer(property).and_then(Value::as_f64);
            value.unwrap_or_default()
        })
        .sum()
}

#[tokio::test]
async fn usage_and_costs_add_up_with_the_journal() {
    let house = House::with(|config| config.metrics.journal_entries = 2_000).await;
    let mut projects = Vec::new();
    for name in ["one", "two"] {
        let made = house
            .post("/v1/organization/projects", &json!({"name": name}))
            .await
            .ok();
        projects.push(made["id"].as_str().expect("an id").to_owned());
    }
    let mut rng = Seed(11).rng();
    for _ in 0..120 {
        let (path, body) = call(&mut rng);
        let mut request = Request::post(path).json(&body);
        if let Some(project) = rng.pick(&projects).filter(|_| body["model"] != "o3") {
            request = request.header("openai-project", project);
        }
        house.send(request).await;
    }
    let journal = house.get("/_fakeai/journal?limit=2000").await.ok();
    let entries = journal["data"].as_array().expect("entries");
    let mut kinds: BTreeMap<&str, [f64; 3]> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| entry["status"] == 200) {
        let kind = match entry["operation"].as_str() {
            Some("createChatCompletion" | "createResponse") => "completions",
            Some("createEmbedding") => "embeddings",
            _ => continue,
        };
        let counts = kinds.entry(kind).or_default();
        counts[0] += 1.0;
        counts[1] += entry["usage"]["prompt_tokens"].as_f64().expect("tokens");
        counts[2] += entry["usage"]["completion_tokens"]
            .as_f64()
            .expect("tokens");
    }
    let report = |name: &str, query: &str| format!("/v1/organization/{name}?start_time=0&{query}");
    let now = entries[0]["started"].as_f64().expect("a time") as u64;
    let start = now - now % 86_400 - 86_400;
    let since = |name: &str, query: &str| {
        report(name, query).replace("start_time=0", &format!("start_time={start}"))
    };
    assert!(kinds["completions"][0] > 50.0, "{kinds:?}");
    for query in [
        "",
        "group_by[]=model&group_by[]=project_id",
        "bucket_width=1m&limit=1440",
    ] {
        let mut page = house.get(&since("usage/completions", query)).await.ok();
        let mut sums = [0.0; 3];
        loop {
            sums[0] += sum(&page, "/num_model_requests");
            sums[1] += sum(&page, "/input_tokens");
            sums[2] += sum(&page, "/output_tokens");
            let Some(next) = page["next_page"].as_str() else {
                break;
            };
            let next = next.replace('+', "%2B").replace('/', "%2F");
            let query = format!("{query}&page={next}");
            page = house.get(&since("usage/completions", &query)).await.ok();
        }
        assert_eq!(sums, kinds["completions"], "{query}");
    }
    let embeddings = house.get(&since("usage/embeddings", "")).await.ok();
    assert_eq!(sum(&embeddings, "/input_tokens"), kinds["embeddings"][1]);

    let searches = house.get(&since("usage/web_search_calls", "")).await.ok();
    let searches = sum(&searches, "/num_requests");
    assert!(searches > 0.0);

    let prices = prices();
    let mut expected = searches * 0.01;
    for entry in entries.iter().filter(|entry| entry["status"] == 200) {
        let Some((input, output)) = entry["model"].as_str().and_then(|model| prices.get(model))
        else {
            continue;
        };
        expected += entry["usage"]["prompt_tokens"].as_f64().expect("tokens") * input / 1e6;
        expected += entry["usage"]["completion_tokens"]
            .as_f64()
            .expect("tokens")
            * output
            / 1e6;
    }
    for query in [
        "",
        "group_by[]=line_item",
        "group_by[]=project_id&group_by[]=line_item",
    ] {
        let costs = house.get(&since("costs", query)).await.ok();
        let sum = sum(&costs, "/amount/value");
        assert!(
            (sum - expected).abs() < 1e-9,
            "{query}: {sum} is not {expected}"
        );
    }
}

/// Dollars a million tokens, read and written. Nothing is cached on a house of these settings.
fn prices() -> BTreeMap<&'static str, (f64, f64)> {
    BTreeMap::from([
        ("gpt-4o", (2.5, 10.0)),
        ("gpt-4o-mini", (0.15, 0.6)),
        ("o3", (2.0, 8.0)),
        ("gpt-4.1-nano", (0.1, 0.4)),
        ("text-embedding-3-small", (0.02, 0.0)),
    ])
}

#[tokio::test]
async fn limits_of_a_report_follow_the_width_of_its_buckets() {
    let house = House::open().await;
    let path = |query: &str| format!("/v1/organization/usage/completions?start_time=0&{query}");
    for (width, usual, most) in [("1d", 7, 31), ("1h", 24, 168), ("1m", 60, 1_440)] {
        let page = house
            .get(&path(&format!("bucket_width={width}")))
            .await
            .ok();
        assert_eq!(page["data"].as_array().map(Vec::len), Some(usual));
        assert_eq!(page["has_more"], true);
        let more = format!("bucket_width={width}&limit={}", most + 1);
        let refused = house.get(&path(&more)).await.error(400);
        assert_eq!(refused["code"], "integer_above_max_value");
    }
    let refused = house.get(&path("page=page_no")).await.error(400);
    assert_eq!(refused["param"], "page");
    let refused = house.get(&path("end_time=0")).await.error(400);
    assert_eq!(refused["param"], "end_time");
}
