//! Embeddings and moderations as clients see them.

#![allow(clippy::unwrap_used, reason = "a test that finds nothing fails")]

mod house;
mod player;

use fakeai_canon::{
    Category, MediaKind, Mode, ModerateInput, Part, Plan, TextInput, Usage, Verdict, Work,
};
use house::{open, refused};
use serde_json::{Value, json};

const EMBEDDING: &str = "createEmbedding";
const MODERATION: &str = "createModeration";
const SMALL: &str = "text-embedding-3-small";

fn embedded(more: Value, vectors: Vec<Vec<f32>>) -> String {
    let mut body = json!({"model": SMALL, "input": "Hi"});
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    let plan = Plan::Vectors {
        vectors,
        usage: Usage {
            prompt: 2,
            ..Usage::default()
        },
    };
    house::played(EMBEDDING, body, &plan)
}

#[test]
fn vectors_are_numbers() {
    let body = embedded(json!({}), vec![vec![0.1, -1.0], vec![1e-9, 0.0]]);
    assert_eq!(
        body,
        concat!(
            r#"{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.1,-1.0]},"#,
            r#"{"object":"embedding","index":1,"embedding":[1e-9,0.0]}],"#,
            r#""model":"text-embedding-3-small","usage":{"prompt_tokens":2,"total_tokens":2}}"#
        )
    );
}

#[test]
fn vectors_are_base64_of_their_bytes_where_asked_for() {
    let body = embedded(json!({"encoding_format": "base64"}), vec![vec![1.0, -2.5]]);
    assert!(body.contains(r#""embedding":"AACAPwAAIMA=""#), "{body}");
}

#[test]
fn a_mock_knows_numbers_only_as_its_contract_does() {
    let body = json!({"model": SMALL, "input": "Hi", "encoding_format": "base64"});
    let plan = Plan::Vectors {
        vectors: vec![vec![1.0]],
        usage: Usage::default(),
    };
    let mut opened = open(EMBEDDING, body, Mode::Mock).unwrap();
    let written = player::play(opened.encoder.as_mut(), &plan, 1);
    assert!(written.contains(r#""embedding":[1.0]"#), "{written}");
}

#[test]
fn inputs_come_as_texts_and_tokens() {
    let text = |text: &str| TextInput::Text(text.to_owned());
    for (input, wanted) in [
        (json!("a"), vec![text("a")]),
        (json!(["a", "b"]), vec![text("a"), text("b")]),
        (json!([1, 2]), vec![TextInput::Tokens(vec![1, 2])]),
        (
            json!([[1], [2]]),
            vec![TextInput::Tokens(vec![1]), TextInput::Tokens(vec![2])],
        ),
    ] {
        let body = json!({"model": SMALL, "input": input, "dimensions": 256});
        let opened = open(EMBEDDING, body, Mode::Realistic).unwrap();
        let Work::Embed(work) = opened.work else {
            panic!()
        };
        assert_eq!((work.inputs, work.dimensions), (wanted, Some(256)));
    }
}

#[test]
fn embeddings_refuse_what_their_model_can_not_do() {
    for (body, message) in [
        (
            json!({"model": "text-embedding-ada-002", "input": "a", "dimensions": 256}),
            "This model does not support specifying dimensions.",
        ),
        (
            json!({"model": SMALL, "input": "a", "dimensions": 2000}),
            "Invalid value for 'dimensions' = 2000. Must be less than or equal to 1536.",
        ),
        (
            json!({"model": SMALL, "input": ["a", ""]}),
            "'$.input' is invalid. Please check the API reference: \
             https://platform.openai.com/docs/api-reference.",
        ),
        (
            json!({"model": "gpt-4o", "input": "a"}),
            "You are not allowed to generate embeddings from this model",
        ),
    ] {
        assert_eq!(refused(EMBEDDING, body.clone()).0, message);
        assert!(open(EMBEDDING, body, Mode::Mock).is_ok());
    }
}

/// All categories of the contract; violence is flagged.
fn verdict() -> Verdict {
    let names = [
        "harassment",
        "harassment/threatening",
        "sexual",
        "hate",
        "hate/threatening",
        "illicit",
        "illicit/violent",
        "self-harm/intent",
        "self-harm/instructions",
        "self-harm",
        "sexual/minors",
        "violence",
        "violence/graphic",
    ];
    let category = |name| Category {
        name,
        flagged: name == "violence",
        score: if name == "violence" { 0.97 } else { 0.0001 },
        applies_to_text: true,
        applies_to_image: name == "violence",
    };
    Verdict {
        categories: names.map(category).to_vec(),
    }
}

#[test]
fn a_verdict_tells_every_category_three_times() {
    let plan = Plan::Verdicts {
        verdicts: vec![verdict(), verdict()],
        usage: Usage::default(),
    };
    let body = house::played(MODERATION, json!({"input": ["a", "b"]}), &plan);
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["id"].as_str().unwrap().len(), "modr-".len() + 32);
    let result = &body["results"][1];
    assert_eq!(result["flagged"], true);
    assert_eq!(result["categories"]["violence"], true);
    assert_eq!(result["categories"].as_object().unwrap().len(), 13);
    assert_eq!(result["category_scores"]["violence"], 0.97);
    assert_eq!(
        result["category_applied_input_types"]["violence"],
        json!(["text", "image"])
    );
    assert_eq!(
        result["category_applied_input_types"]["hate"],
        json!(["text"])
    );
}

#[test]
fn moderation_inputs_are_judged_alone_or_together() {
    let alone = |text: &str| ModerateInput {
        parts: vec![Part::Text(text.to_owned())],
    };
    let read = |input: Value| {
        let opened = open(MODERATION, json!({"input": input}), Mode::Realistic).unwrap();
        let Work::Moderate(work) = opened.work else {
            panic!()
        };
        assert_eq!(work.model, "omni-moderation-latest");
        work.inputs
    };
    assert_eq!(read(json!("a")), [alone("a")]);
    assert_eq!(read(json!(["a", "b"])), [alone("a"), alone("b")]);
    let together = read(json!([
        {"type": "text", "text": "a"},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
    ]));
    assert_eq!(together.len(), 1);
    let Part::Media(image) = &together[0].parts[1] else {
        panic!()
    };
    assert_eq!(image.kind, MediaKind::Image);
}

#[test]
fn moderations_refuse_what_their_model_can_not_do() {
    let (message, ..) = refused(MODERATION, json!({"model": "gpt-4o", "input": "a"}));
    assert_eq!(
        message,
        "Invalid value for 'model' = gpt-4o. Please check the OpenAI documentation and try again."
    );
}
