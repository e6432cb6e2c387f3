//! Embeddings: unit length, determinism, shorter vectors, and that what means the same is near.

use fakeai_canon::{Embed, Plan, TextInput, Work};

use crate::desk::plan;

fn vectors(texts: &[&str], dimensions: Option<u32>) -> Vec<Vec<f32>> {
    let inputs = texts
        .iter()
        .map(|text| TextInput::Text((*text).into()))
        .collect();
    embed(inputs, dimensions)
}

fn embed(inputs: Vec<TextInput>, dimensions: Option<u32>) -> Vec<Vec<f32>> {
    let work = Work::Embed(Embed {
        model: "text-embedding-3-small".into(),
        inputs,
        dimensions,
    });
    match plan(&work) {
        Ok(Plan::Vectors { vectors, usage }) => {
            assert!(usage.prompt > 0);
            vectors
        }
        _ => panic!("no vectors"),
    }
}

fn cosine(one: &[f32], other: &[f32]) -> f32 {
    one.iter().zip(other).map(|(a, b)| a * b).sum()
}

#[test]
fn vectors_have_unit_length_and_the_asked_dimensions() {
    for dimensions in [None, Some(256), Some(1)] {
        for vector in vectors(
            &["A quiet harbour at dawn", "", "漢字とかな"]
                .map(|text| if text.is_empty() { " " } else { text }),
            dimensions,
        ) {
            assert_eq!(vector.len(), dimensions.unwrap_or(1536) as usize);
            assert!((cosine(&vector, &vector) - 1.0).abs() < 1e-4);
        }
    }
    let (long, short) = (
        vectors(&["same text"], None),
        vectors(&["same text"], Some(256)),
    );
    let ratio = long[0][0] / short[0][0];
    assert!((long[0][255] / short[0][255] - ratio).abs() < 1e-3);
}

#[test]
fn token_inputs_are_their_text() {
    let ids = fakeai_tokens::vocabulary_for("text-embedding-3-small").encode("the same words");
    let mixed = embed(
        vec![
            TextInput::Tokens(ids),
            TextInput::Text("the same words".into()),
        ],
        None,
    );
    assert_eq!(mixed[0], mixed[1]);
}

/// Pairs that mean nearly the same; sentences of different pairs have nothing to do with each
/// other.
const PAIRS: [(&str, &str); 10] = [
    ("The cat sat on the mat.", "A kitten was sitting on a rug."),
    (
        "How do I reset my password?",
        "I forgot my login and need to recover it.",
    ),
    (
        "The stock market fell sharply today.",
        "Shares dropped a lot on the market.",
    ),
    (
        "What is the weather like in Paris?",
        "Tell me the forecast for Paris.",
    ),
    ("He drives a fast car.", "His automobile is very quick."),
    (
        "She is reading a book in the library.",
        "In the library, she reads a novel.",
    ),
    (
        "The doctor prescribed some medicine.",
        "A physician gave the patient medication.",
    ),
    (
        "We cooked dinner together last night.",
        "Yesterday evening we prepared a meal.",
    ),
    ("Der Hund schläft im Haus.", "The dog is sleeping at home."),
    (
        "How can I get a refund for my order?",
        "I want my money back for what I bought, a refund.",
    ),
];

#[test]
fn paraphrases_are_nearer_than_unrelated_texts() {
    let texts: Vec<_> = PAIRS
        .iter()
        .flat_map(|(one, other)| [*one, *other])
        .collect();
    let vectors = vectors(&texts, None);
    let mut near = Vec::new();
    let mut far = Vec::new();
    for i in 0..texts.len() {
        for j in i + 1..texts.len() {
            let likeness = cosine(&vectors[i], &vectors[j]);
            if i / 2 == j / 2 {
                near.push(likeness)
            } else {
                far.push(likeness)
            }
        }
    }
    let mean = |all: &[f32]| all.iter().sum::<f32>() / all.len() as f32;
    let hits = (0..texts.len()).filter(|i| {
        let others = (0..texts.len()).filter(|j| j != i);
        let best = others.max_by(|a, b| {
            cosine(&vectors[*i], &vectors[*a]).total_cmp(&cosine(&vectors[*i], &vectors[*b]))
        });
        best.is_some_and(|best| best / 2 == i / 2)
    });
    let hits = hits.count();
    println!(
        "paraphrases {:.3}, unrelated {:.3}, nearest is the paraphrase {hits} of {}",
        mean(&near),
        mean(&far),
        texts.len()
    );
    assert!(mean(&near) > mean(&far) + 0.15);
    assert!(hits >= 16, "{hits}");
}
