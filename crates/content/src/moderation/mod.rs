//! Moderation: verdicts whose scores follow the text, from a written lexicon. Not here: what is
//! done about a verdict.

mod categories;
mod inline;
mod lexicon;
mod pattern;
mod screen;
pub(crate) mod screening;
mod verdict;
mod words;

pub(crate) use inline::screen;
pub(crate) use screen::{alarms, may_alarm};
pub(crate) use verdict::verdicts;
