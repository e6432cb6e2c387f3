//! The language that a text is to be translated to. Not here: a translation, which no program without a
//! model makes; what is said is a text in that language about the same things.

use serde::Deserialize;

use super::{WORDS, marks};
use crate::obedience;
use crate::prose::{Language, Task, Topic};

#[derive(Deserialize)]
pub(super) struct Words {
    asks: Vec<String>,
    to: Vec<String>,
}

/// The language of the translation that a prompt asks for.
pub(crate) fn target(asked: &str, topic: &Topic) -> Option<Language> {
    /// The verb stands at the start, and the language not far from it.
    const OPENING: usize = 24;
    const NEAR: usize = 120;
    if !topic.may_set(Task::Translate) {
        return None;
    }
    let words = &WORDS.translate;
    let opening = asked
        .char_indices()
        .nth(NEAR)
        .map_or(asked.len(), |(at, _)| at);
    let lower = asked[..opening].to_lowercase();
    let verb = words
        .asks
        .iter()
        .filter_map(|verb| Some(marks::word_at(&lower, verb)? + verb.len()));
    let end = verb.min().filter(|end| *end <= OPENING + 12)?;
    let rest = &lower[end..];
    words.to.iter().find_map(|to| {
        let after = &rest[rest.find(to.as_str())? + to.len()..];
        let name = after.split(|c: char| !c.is_alphabetic()).next()?;
        obedience::language_named(name)
    })
}
