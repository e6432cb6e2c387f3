//! Embeddings: unit length, determinism, shorter vectors, and that what means the same is near.

use std::sync::Arc;

use fakeai_canon::{Embed, Plan, TextInput, Work};
use fakeai_content::{Behaviour, ModelFiles, SentenceModel, VocabularyFile};

use crate::desk::{plan, plan_by};

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

/// The mean cosine of paraphrases, that of others, and the texts whose nearest is not their
/// paraphrase.
fn separation(embed: impl Fn(&[&str]) -> Vec<Vec<f32>>) -> (f32, f32, Vec<&'static str>) {
    let texts: Vec<_> = PAIRS
        .iter()
        .flat_map(|(one, other)| [*one, *other])
        .collect();
    let vectors = embed(&texts);
    let (mut near, mut far) = (Vec::new(), Vec::new());
    for i in 0..texts.len() {
        for j in i + 1..texts.len() {
            let likeness = cosine(&vectors[i], &vectors[j]);
            if i / 2 == j / 2 {
                near.push(likeness);
            } else {
                far.push(likeness);
            }
        }
    }
    let mean = |all: &[f32]| all.iter().sum::<f32>() / all.len() as f32;
    let misses = (0..texts.len()).filter(|i| {
        let others = (0..texts.len()).filter(|j| j != i);
        let best = others.max_by(|a, b| {
            cosine(&vectors[*i], &vectors[*a]).total_cmp(&cosine(&vectors[*i], &vectors[*b]))
        });
        best.is_some_and(|best| best / 2 != i / 2)
    });
    let misses = misses.map(|place| texts[place]).collect();
    (mean(&near), mean(&far), misses)
}

/// What `docs/APPROXIMATIONS.md` says of the default embeddings.
#[test]
fn paraphrases_are_nearer_than_unrelated_texts() {
    let (near, far, misses) = separation(|texts| vectors(texts, None));
    println!("paraphrases {near:.3}, unrelated {far:.3}, missed: {misses:?}");
    assert!((near - 0.39).abs() < 0.01, "{near}");
    assert!((far - 0.01).abs() < 0.01, "{far}");
    assert!(misses.is_empty(), "{misses:?}");
}

/// The folder of all-MiniLM-L6-v2, which a package of that name brings along; none where nobody
/// names one, which is said aloud.
#[expect(clippy::print_stderr, reason = "whoever runs the tests should know")]
fn model() -> Option<Arc<SentenceModel>> {
    let Some(folder) = std::env::var_os("FAKEAI_SENTENCE_MODEL") else {
        eprintln!(
            "SKIPPED: FAKEAI_SENTENCE_MODEL names no folder with all-MiniLM-L6-v2, so nothing was \
             tested with real embeddings"
        );
        return None;
    };
    let folder = std::path::Path::new(&folder);
    let text = |name: &str| std::fs::read_to_string(folder.join(name)).expect(name);
    let files = ModelFiles {
        config: text("config.json"),
        vocabulary: VocabularyFile::Tokenizer(text("tokenizer.json")),
        weights: std::fs::read(folder.join("model.safetensors")).expect("weights"),
        sentences: Some(text("sentence_bert_config.json")),
    };
    let model = SentenceModel::new(&files);
    Some(Arc::new(model.unwrap_or_else(|why| panic!("{why}"))))
}

fn modelled(model: &Arc<SentenceModel>, texts: &[&str], dimensions: Option<u32>) -> Vec<Vec<f32>> {
    let behaviour = Behaviour::default().with_sentences(Some(Arc::clone(model)));
    let inputs = texts.iter().map(|text| TextInput::Text((*text).into()));
    let work = Work::Embed(Embed {
        model: "text-embedding-3-small".into(),
        inputs: inputs.collect(),
        dimensions,
    });
    match plan_by(&behaviour, &work) {
        Ok(Plan::Vectors { vectors, .. }) => vectors,
        _ => panic!("no vectors"),
    }
}

#[test]
fn a_real_model_says_what_it_says_elsewhere() {
    let Some(model) = model() else {
        return;
    };
    // The figures of its own documentation: https://sbert.net/docs/quickstart.html
    let texts = [
        "The weather is lovely today.",
        "It's so sunny outside!",
        "He drove to the stadium.",
    ];
    for dimensions in [None, Some(384), Some(768)] {
        let vectors = modelled(&model, &texts, dimensions);
        assert_eq!(vectors[0].len(), dimensions.unwrap_or(1536) as usize);
        for (one, other, said) in [(0, 1, 0.6660), (0, 2, 0.1046), (1, 2, 0.1411)] {
            let got = cosine(&vectors[one], &vectors[other]);
            assert!(
                (got - said).abs() < 2e-4,
                "{one} {other}: {got}, not {said}"
            );
        }
    }
    let short = modelled(&model, &texts, Some(64));
    assert!((cosine(&short[0], &short[0]) - 1.0).abs() < 1e-4);
    let (near, far, misses) = separation(|texts| modelled(&model, texts, Some(384)));
    println!("paraphrases {near:.3}, unrelated {far:.3}, missed: {misses:?}");
    assert!(near > far + 0.5, "{near} {far}");
    // It knows no German.
    assert_eq!(misses, [PAIRS[8].0, PAIRS[8].1]);
    // A text of any length and any letters has a vector.
    let strange = [
        "é".repeat(10_000),
        "漢字かな".repeat(500),
        "\u{0}\u{fffd}".into(),
    ];
    let strange = strange.each_ref().map(String::as_str);
    for vector in modelled(&model, &strange, None) {
        assert!((cosine(&vector, &vector) - 1.0).abs() < 1e-4);
    }
}

#[test]
fn a_model_that_is_none_is_refused_in_words() {
    let files = |config: &str, weights: &[u8]| ModelFiles {
        config: config.to_owned(),
        vocabulary: VocabularyFile::Lines("[UNK]\n[CLS]\n[SEP]".to_owned()),
        weights: weights.to_vec(),
        sentences: None,
    };
    let config = r#"{"model_type": "bert", "hidden_size": 8, "num_hidden_layers": 1,
        "num_attention_heads": 2, "intermediate_size": 16, "max_position_embeddings": 16,
        "vocab_size": 3, "layer_norm_eps": 1e-12, "hidden_act": "gelu"}"#;
    let refused = |config: &str, weights: &[u8]| {
        let refused = SentenceModel::new(&files(config, weights));
        refused.expect_err("it is no model")
    };
    assert!(refused("{}", b"").starts_with("config.json can't be read"));
    assert!(refused(&config.replace("bert", "t5"), b"").contains("'t5'"));
    assert!(refused(&config.replace("_heads\": 2", "_heads\": 3"), b"").contains("heads"));
    let mut huge = u64::MAX.to_le_bytes().to_vec();
    huge.extend(b"{}");
    for weights in [&b""[..], b"12345678", &huge, b"\x03\0\0\0\0\0\0\0{]}"] {
        let words = refused(config, weights);
        assert_eq!(words, "model.safetensors is not a file of tensors");
    }
    let entry = r#"{"embeddings.word_embeddings.weight":
        {"dtype": "F32", "shape": [3, 8], "data_offsets": [0, 99999]}}"#;
    let mut short = (entry.len() as u64).to_le_bytes().to_vec();
    short.extend(entry.as_bytes());
    assert!(refused(config, &short).contains("model.safetensors"));
}
