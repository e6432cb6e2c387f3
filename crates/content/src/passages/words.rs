//! The words that set passages apart from what is asked about them, as data. Not here: how a prompt is
//! read by them.

use std::sync::LazyLock;

use memchr::memmem::Finder;
use serde::Deserialize;

use crate::data;
use crate::word_hash::{WordMap, WordSet};

#[derive(Deserialize)]
pub(super) struct Words {
    needles: Vec<String>,
    other_needles: Vec<String>,
    pub(super) question: WordSet,
    pub(super) context: WordSet,
    pub(super) ending: WordSet,
    pub(super) earlier_answer: WordSet,
    pub(super) tags: Vec<String>,
    pub(super) question_tags: Vec<String>,
    pub(super) context_marks: Vec<String>,
    pub(super) question_marks: Vec<String>,
    pub(super) mark: String,
    pub(super) answer_fields: WordSet,
    pub(super) numbered: WordSet,
    pub(super) leads: Vec<String>,
    pub(super) attributes: Vec<String>,
    pub(super) cites: Vec<String>,
    pub(super) instructs: Vec<String>,
    pub(super) strict: Vec<String>,
    pub(super) unsure: Vec<String>,
    pub(super) numeric: Vec<String>,
    pub(super) unknown: WordMap<String>,
}

pub(super) static WORDS: LazyLock<Words> =
    LazyLock::new(|| data::facts(include_str!("../../../../data/content/passages.toml")));

static NEEDLES: LazyLock<[Vec<Finder<'static>>; 2]> = LazyLock::new(|| {
    let finders = |all: &[String]| {
        let all = all.iter();
        all.map(|one| Finder::new(one).into_owned()).collect()
    };
    [finders(&WORDS.needles), finders(&WORDS.other_needles)]
});

/// Whether a text speaks of passages at all; most don't.
pub(super) fn speaks_of_passages(text: &str) -> bool {
    let has = |all: &[Finder<'_>]| all.iter().any(|one| one.find(text.as_bytes()).is_some());
    has(&NEEDLES[0]) || (!text.is_ascii() && has(&NEEDLES[1]))
}

/// Whether one of these is in a text of small letters.
pub(super) fn has_any(lower: &str, all: &[String]) -> bool {
    all.iter().any(|one| lower.contains(one.as_str()))
}
