//! Moderation: verdicts whose scores follow the text, from a written lexicon. Not here: what is
//! done about a verdict.

mod categories;
mod lexicon;
mod pattern;
mod screen;
mod verdict;
mod words;

pub(crate) use screen::{alarms, may_alarm};
pub(crate) use verdict::verdicts;
