//! Which words carry no topic, and which mean the same. Not here: how texts are cut.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::data;
use crate::word_hash::{WordMap, WordSet};

#[derive(Deserialize)]
struct StopWords {
    words: WordSet,
}

#[derive(Deserialize)]
struct Concepts {
    concepts: Vec<String>,
}

static STOP_WORDS: LazyLock<WordSet> = LazyLock::new(|| {
    data::facts::<StopWords>(include_str!("../../../../data/content/stop_words.toml")).words
});

static LINES: LazyLock<Vec<String>> = LazyLock::new(|| {
    data::facts::<Concepts>(include_str!("../../../../data/embeddings/concepts.toml")).concepts
});

static CONCEPTS: LazyLock<WordMap<Vec<u32>>> = LazyLock::new(|| {
    let mut concepts: WordMap<Vec<u32>> = WordMap::default();
    for (number, line) in LINES.iter().enumerate() {
        for word in line.split(' ') {
            concepts
                .entry(word.to_owned())
                .or_default()
                .push(number as u32);
        }
    }
    concepts
});

/// Whether a word in lower case carries no topic.
pub(crate) fn is_stop_word(word: &str) -> bool {
    STOP_WORDS.contains(word)
}

/// The concepts that a word in lower case may stand for.
pub(crate) fn concepts(word: &str) -> &'static [u32] {
    CONCEPTS.get(word).map_or(&[], Vec::as_slice)
}

/// The words that may mean the same as a word in lower case, itself among them.
pub(crate) fn synonyms(word: &str) -> impl Iterator<Item = &'static str> {
    let lines = concepts(word).iter().map(|number| &LINES[*number as usize]);
    lines.flat_map(|line| line.split(' '))
}
