//! Files whose vectors a model calculates: a run waits for them, and nobody else does.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use fakeai_server::config::StoreUrl;
use serde_json::{Map, Value, json};

use crate::house::{House, id, settings};
use crate::places::Folder;
use crate::restart::long_text;

const WIDTH: usize = 8;
const INNER: usize = 16;
const LONGEST: usize = 256;

/// Writes a model of sentences that says nothing of use, slowly enough to be waited for.
fn write_model(folder: &Path) {
    let letters = ('a'..='z').chain('0'..='9');
    let pieces = letters.flat_map(|letter| [letter.to_string(), format!("##{letter}")]);
    let special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"].map(str::to_owned);
    let pieces: Vec<String> = special.into_iter().chain(pieces).collect();
    let (mut head, mut data) = (Map::new(), Vec::new());
    let mut tensor = |name: &str, shape: &[usize]| {
        let start = data.len();
        let count: usize = shape.iter().product();
        for place in 0..count {
            let number = ((start / 4 + place) * 7919 % 1009) as f32 / 1009.0 - 0.5;
            data.extend(number.to_le_bytes());
        }
        let entry = json!({"dtype": "F32", "shape": shape, "data_offsets": [start, data.len()]});
        head.insert(name.to_owned(), entry);
    };
    for (name, rows) in [
        ("word", pieces.len()),
        ("position", LONGEST),
        ("token_type", 2),
    ] {
        tensor(
            &format!("embeddings.{name}_embeddings.weight"),
            &[rows, WIDTH],
        );
    }
    let layer = |part: &str| format!("encoder.layer.0.{part}");
    for (name, into, from) in [
        ("attention.self.query", WIDTH, WIDTH),
        ("attention.self.key", WIDTH, WIDTH),
        ("attention.self.value", WIDTH, WIDTH),
        ("attention.output.dense", WIDTH, WIDTH),
        ("intermediate.dense", INNER, WIDTH),
        ("output.dense", WIDTH, INNER),
    ] {
        tensor(&layer(&format!("{name}.weight")), &[into, from]);
        tensor(&layer(&format!("{name}.bias")), &[into]);
    }
    for name in [
        "embeddings.LayerNorm".to_owned(),
        layer("attention.output.LayerNorm"),
        layer("output.LayerNorm"),
    ] {
        tensor(&format!("{name}.weight"), &[WIDTH]);
        tensor(&format!("{name}.bias"), &[WIDTH]);
    }
    let head = Value::Object(head).to_string();
    let mut weights = (head.len() as u64).to_le_bytes().to_vec();
    weights.extend(head.as_bytes());
    weights.extend(data);
    let config = json!({"model_type": "bert", "hidden_size": WIDTH, "num_hidden_layers": 1,
        "num_attention_heads": 2, "intermediate_size": INNER,
        "max_position_embeddings": LONGEST, "vocab_size": pieces.len(),
        "layer_norm_eps": 1e-12, "hidden_act": "gelu"});
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.join(name), bytes).unwrap();
    write("config.json", config.to_string().as_bytes());
    write("vocab.txt", pieces.join("\n").as_bytes());
    write("model.safetensors", &weights);
}

/// Sends the request for a run, and makes objects until it is answered.
fn run_beside(house: &House, target: &str, body: &Value) -> (Value, u32) {
    let is_begun = AtomicBool::new(false);
    let mut made = 0;
    let run = std::thread::scope(|threads| {
        let running = threads.spawn(|| {
            let run = house.make(target, body);
            is_begun.store(true, Ordering::Release);
            run
        });
        while !is_begun.load(Ordering::Acquire) {
            house.make("/v1/conversations", &json!({}));
            made += 1;
        }
        running.join().expect("it begins")
    });
    (run, made)
}

#[test]
fn nobody_waits_for_files_that_a_run_waits_for() {
    let folder = Folder::new();
    write_model(&folder.0);
    let mut config = settings(StoreUrl::Memory, None);
    config.generation.embedding_model = Some(folder.0.clone());
    let house = House::open(&config);
    let text: String = long_text(3).chars().take(40_000).collect();
    let files = [(); 2].map(|()| house.upload("", &text, ""));
    let [stored, attached] = files.each_ref().map(id);
    let store = house.make("/v1/vector_stores", &json!({"file_ids": [stored]}));
    let store = id(&store);
    let assistant = house.make(
        "/v1/assistants",
        &json!({"model": "gpt-4o", "tools": [{"type": "file_search"}],
            "tool_resources": {"file_search": {"vector_store_ids": [store]}}}),
    );
    let question = json!({"role": "user", "content": "What does the document say of w3?"});
    let mut with_file = question.clone();
    with_file["attachments"] = json!([{"file_id": attached, "tools": [{"type": "file_search"}]}]);
    for message in [question, with_file] {
        let body = json!({"assistant_id": id(&assistant), "thread": {"messages": [message]}});
        let (run, made) = run_beside(&house, "/v1/threads/runs", &body);
        assert!(made > 20, "only {made} objects were made meanwhile");
        house.drive();
        let thread = run["thread_id"].as_str().expect("a thread");
        let steps = house.get(&format!("/v1/threads/{thread}/runs/{}/steps", id(&run)));
        let steps = steps.1["data"].as_array().cloned().unwrap_or_default();
        let searched = steps.iter().find(|step| step["type"] == "tool_calls");
        let searched = searched.expect("it searched");
        let results = &searched["step_details"]["tool_calls"][0]["file_search"]["results"];
        assert!(results[0]["score"].is_number(), "{searched}");
    }
    let target = format!("/v1/vector_stores/{store}");
    assert_eq!(house.get(&target).1["file_counts"]["completed"], 1);
}
