//! The words of prompts that want an agent's steps as text, as data. Not here: how they are read.

use std::sync::LazyLock;

use memchr::memmem::Finder;
use serde::Deserialize;

use crate::data;

#[derive(Deserialize)]
pub(super) struct Words {
    fields: String,
    code: String,
    blob: String,
    lines: String,
    pub(super) names: Vec<Listed>,
    pub(super) arguments: Vec<String>,
    pub(super) begins: Vec<String>,
    pub(super) asks: Vec<String>,
    pub(super) ask_ends: Vec<String>,
    pub(super) observation: String,
    pub(super) observation_ends: Vec<String>,
    pub(super) observation_lead: String,
    #[serde(rename = "final")]
    pub(super) last: String,
    pub(super) answer: String,
    pub(super) thought: String,
    pub(super) json: String,
    pub(super) opened: String,
    pub(super) closed: String,
    pub(super) fields_of: Fields,
    pub(super) thoughts: Thoughts,
}

/// A list of names in a text.
#[derive(Deserialize)]
pub(super) struct Listed {
    pub(super) lead: String,
    pub(super) end: String,
}

#[derive(Deserialize)]
pub(super) struct Fields {
    pub(super) thought: String,
    pub(super) tool: String,
    pub(super) arguments: String,
    pub(super) trajectory: String,
    pub(super) observation: String,
    pub(super) finish: String,
}

#[derive(Deserialize)]
pub(super) struct Thoughts {
    pub(super) call: String,
    pub(super) done: String,
    pub(super) reply: String,
    pub(super) finish: String,
}

pub(super) static WORDS: LazyLock<Words> =
    LazyLock::new(|| data::facts(include_str!("../../../../data/content/agents.toml")));

/// How a step is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// Fields between markers.
    Fields,
    /// A program.
    Code,
    /// A JSON object.
    Blob,
    /// Lines with labels.
    Lines,
}

static FINDERS: LazyLock<[(Style, Finder<'static>); 4]> = LazyLock::new(|| {
    let words = &*WORDS;
    let finder = |text: &'static String| Finder::new(text.as_str());
    [
        (Style::Fields, finder(&words.fields)),
        (Style::Code, finder(&words.code)),
        (Style::Blob, finder(&words.blob)),
        (Style::Lines, finder(&words.lines)),
    ]
});

impl Style {
    /// The style that a text asks for; most ask for none.
    pub(super) fn of(text: &str) -> Option<Self> {
        // Shorter than any description of a format.
        const SHORTEST: usize = 200;
        if text.len() < SHORTEST {
            return None;
        }
        let mut finders = FINDERS.iter();
        let found = finders.find(|(_, finder)| finder.find(text.as_bytes()).is_some());
        found.map(|(style, _)| *style)
    }
}
