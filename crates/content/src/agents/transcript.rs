//! How far an agent has come: what it was asked, and what its tools have said so far. Not here: what it
//! does next.

use fakeai_canon::{Message, Role};

use super::words::{Style, WORDS};
use crate::prompted;
use crate::reading::text_of;

/// An agent's work so far.
pub(super) struct Transcript {
    /// What the prompt says of the format and the tools.
    pub(super) rules: String,
    /// What is asked.
    pub(super) asked: String,
    /// What the tools have said, in order.
    pub(super) observed: Vec<String>,
    /// Whether the last text ends where a thought is to come.
    pub(super) is_thinking: bool,
}

impl Transcript {
    pub(super) fn of(messages: &[Message], style: Style) -> Option<Self> {
        let rules_at = messages
            .iter()
            .position(|message| is_given(message) && Style::of(&text_of(message)) == Some(style))?;
        let whole = text_of(&messages[rules_at]);
        let (rules, rest) = split(&whole);
        let later = messages[rules_at + 1..]
            .iter()
            .map(|message| (message.role, text_of(message)));
        let mut texts = Vec::new();
        if !rest.trim().is_empty() {
            texts.push((Role::User, rest.to_owned()));
        }
        texts.extend(later.map(|(role, text)| (role, text.into_owned())));
        if style == Style::Fields {
            let mut earlier = texts.into_iter().rev();
            let (_, text) = earlier.find(|(role, _)| *role == Role::User)?;
            return Self::of_fields(rules, &text);
        }
        let asks = |(role, text): &(Role, String)| {
            let is_told = text.trim_start().starts_with(&WORDS.observation);
            *role == Role::User && !is_told && !asked_in(text).is_empty()
        };
        let from = texts.iter().rposition(asks)?;
        let asked = asked_in(&texts[from].1).to_owned();
        let since = &texts[from..];
        let last = texts.last().map_or("", |(_, text)| text.trim_end());
        Some(Self {
            rules: rules.to_owned(),
            asked,
            observed: since
                .iter()
                .flat_map(|(_, text)| observations(text))
                .collect(),
            is_thinking: last.ends_with(&WORDS.thought),
        })
    }

    /// From fields between markers: the trajectory's are the past, the others are what is asked.
    fn of_fields(rules: &str, text: &str) -> Option<Self> {
        let fields = &WORDS.fields_of;
        let (mut asked, mut observed) = (Vec::new(), Vec::new());
        let mut is_past = false;
        for (name, value) in prompted::values(text) {
            is_past |= name == fields.trajectory;
            if name.starts_with(&fields.observation) {
                observed.push(value.to_owned());
            } else if !is_past && !value.is_empty() {
                asked.push(value);
            }
        }
        (!asked.is_empty()).then(|| Self {
            rules: rules.to_owned(),
            asked: asked.join("\n"),
            observed,
            is_thinking: false,
        })
    }
}

fn is_given(message: &Message) -> bool {
    matches!(message.role, Role::System | Role::Developer | Role::User)
}

/// The rules, and what follows them in the same text.
fn split(text: &str) -> (&str, &str) {
    let begins = WORDS
        .begins
        .iter()
        .filter_map(|words| Some(text.rfind(words.as_str())? + words.len()));
    match begins.max() {
        Some(at) => text.split_at(at),
        None => (text, ""),
    }
}

/// What a text asks: behind the words for it, else all of it.
fn asked_in(text: &str) -> &str {
    let lead = WORDS
        .asks
        .iter()
        .filter_map(|words| Some(text.find(words.as_str())? + words.len()));
    let text = lead.min().map_or(text, |at| &text[at..]);
    let end = WORDS
        .ask_ends
        .iter()
        .filter_map(|words| text.find(words.as_str()))
        .min();
    text[..end.unwrap_or(text.len())].trim()
}

fn observations(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for part in text.split(&WORDS.observation).skip(1) {
        let end = WORDS
            .observation_ends
            .iter()
            .filter_map(|words| part.find(words.as_str()))
            .min();
        let told = part[..end.unwrap_or(part.len())].trim();
        let told = told
            .strip_prefix(&WORDS.observation_lead)
            .unwrap_or(told)
            .trim();
        found.push(told.to_owned());
    }
    found
}
