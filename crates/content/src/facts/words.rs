//! The words that values are found by, from `data/content/facts.toml`. Not here: the search.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::data;
use crate::word_hash::{WordMap, WordSet};

#[derive(Deserialize)]
struct File {
    months: WordMap<u32>,
    number_words: WordMap<u32>,
    words: Lists,
}

#[derive(Deserialize)]
struct Lists {
    days: WordSet,
    inside_names: WordSet,
    joining: WordSet,
    openings: WordSet,
    between: WordSet,
    lists: WordSet,
    countries: WordSet,
    between_names: Vec<String>,
    streets: Vec<String>,
}

static FILE: LazyLock<File> =
    LazyLock::new(|| data::facts(include_str!("../../../../data/content/facts.toml")));

/// The number of a month by its name in lower case.
pub(super) fn month(word: &str) -> Option<u32> {
    FILE.months.get(word).copied()
}

/// The value of a word such as `three`.
pub(super) fn number(word: &str) -> Option<u32> {
    FILE.number_words.get(word).copied()
}

/// Whether the word names a day.
pub(super) fn is_day(word: &str) -> bool {
    FILE.words.days.contains(word)
}

/// Whether the word may stand inside a name.
pub(super) fn is_inside_names(word: &str) -> bool {
    FILE.words.inside_names.contains(word) && !FILE.words.joining.contains(word)
}

/// Whether the word opens sentences without being a name.
pub(super) fn is_opening(word: &str) -> bool {
    FILE.words.openings.contains(word)
}

/// Whether the word may stand between the items of a list.
pub(super) fn is_between(word: &str) -> bool {
    FILE.words.between.contains(word)
}

/// Whether the word makes a list of what stands around it.
pub(super) fn makes_list(word: &str) -> bool {
    FILE.words.lists.contains(word)
}

/// Whether the word names a country or a state.
pub(crate) fn is_country(word: &str) -> bool {
    FILE.words.countries.contains(word)
}

/// The length of the longest word that a text of Chinese, Japanese or Korean opens with and that
/// is no part of a name.
pub(super) fn between_names(text: &str) -> Option<usize> {
    let words = FILE.words.between_names.iter();
    words
        .filter(|word| text.starts_with(word.as_str()))
        .map(String::len)
        .max()
}

/// Whether the word is the last of a street's name.
pub(super) fn is_street(word: &str) -> bool {
    let mut endings = FILE.words.streets.iter();
    endings.any(|ending| word.ends_with(ending.as_str()))
}
