//! An answer from stored documents: the call that searched them, and the sentences that answer, each
//! with its source. Not here: the search itself.

use std::collections::BTreeSet;

use fakeai_canon::{ApiError, Generate, HostedCall, Passage, Sources, Tool, Vocabulary};
use serde_json::{Value, json};

use crate::sentences::sentences;
use crate::shorten::shorten;
use crate::tools::{call_marks, search_query};

/// Sources of one answer at most.
const MOST: usize = 3;

/// A passage that fits less than this share of the best one is not cited.
const WORTHY: f64 = 0.6;

/// The turn that a mark names: the search's, which the provider counts from the system's.
const TURN: usize = 4;

/// The longest sentence that is said, in bytes.
const LONGEST: usize = 400;

/// What a search has found, and what is said of it.
pub(crate) struct Cited {
    query: String,
    passages: Vec<Passage>,
    /// What is said; nothing where nothing was found.
    pub(crate) text: String,
    citations: Vec<Value>,
}

/// The settings of the tool that searches files, where it has stores to search.
pub(crate) fn settings(work: &Generate) -> Option<&Value> {
    work.tools.iter().find_map(|tool| match tool {
        Tool::Hosted { kind, settings } if kind == "file_search" => {
            let stores = settings.0["vector_store_ids"].as_array();
            let has_stores = stores.is_some_and(|stores| !stores.is_empty());
            (has_stores || settings.0["everywhere"] == true).then_some(&*settings.0)
        }
        Tool::Hosted { .. } | Tool::Function { .. } | Tool::Custom { .. } => None,
    })
}

impl Cited {
    /// Searches for what was asked; none where there is nothing to search.
    ///
    /// # Errors
    /// Those of the search.
    pub(crate) fn search(
        work: &Generate,
        asked: &str,
        sources: &dyn Sources,
    ) -> Result<Option<Self>, ApiError> {
        let Some(settings) = settings(work) else {
            return Ok(None);
        };
        let query = search_query(asked);
        let passages = sources.search_files(settings, &query)?;
        let mut cited = Self {
            query,
            passages,
            text: String::new(),
            citations: Vec::new(),
        };
        cited.say(asked, settings["citation_marks"] == true);
        Ok(Some(cited))
    }

    /// The best sentence of each of the best files; with a mark behind each where the dialect wants
    /// marks that stand for the sources.
    fn say(&mut self, asked: &str, marks: bool) {
        let asked = words(asked);
        let best = self.passages.first().map_or(0.0, |passage| passage.score);
        let mut said = BTreeSet::new();
        for (place, passage) in self.passages.iter().enumerate() {
            let is_worthy = passage.score > 0.0 && passage.score >= best * WORTHY;
            let is_new = !said.contains(&passage.file_id);
            let Some(sentence) = sentence(&passage.text, &asked) else {
                continue;
            };
            if !is_worthy || !is_new || self.text.contains(sentence) || said.len() == MOST {
                continue;
            }
            said.insert(passage.file_id.clone());
            if !self.text.is_empty() {
                self.text.push(' ');
            }
            self.text.push_str(sentence);
            let mut citation = json!({
                "file_id": passage.file_id,
                "filename": passage.filename,
                "index": self.text.chars().count(),
                "quote": sentence,
            });
            if marks {
                let mark = format!("【{TURN}:{place}†{}】", passage.filename);
                self.text.push_str(&mark);
                citation["mark"] = mark.into();
            }
            self.citations.push(citation);
        }
    }

    /// Tokens of all that was found: the model reads it as a part of its prompt.
    pub(crate) fn read(&self, vocabulary: &dyn Vocabulary) -> u64 {
        let texts = self.passages.iter().map(|passage| &passage.text);
        texts.map(|text| vocabulary.count(text) as u64).sum()
    }

    /// The call, as the plan has it.
    pub(crate) fn call(&self, vocabulary: &dyn Vocabulary) -> HostedCall {
        let result = |passage: &Passage| {
            json!({
                "file_id": passage.file_id,
                "filename": passage.filename,
                "attributes": passage.attributes,
                "score": passage.score,
                "text": passage.text,
            })
        };
        HostedCall {
            kind: "file_search".to_owned(),
            detail: json!({
                "queries": [self.query],
                "results": self.passages.iter().map(result).collect::<Vec<_>>(),
                "citations": self.citations,
            }),
            overhead: vocabulary.count(&self.query) as u32 + call_marks(),
        }
    }
}

/// The sentence that shares most words with what was asked, the first of equals.
fn sentence<'p>(passage: &'p str, asked: &BTreeSet<String>) -> Option<&'p str> {
    let mut best: Option<(usize, &str)> = None;
    for sentence in sentences(passage) {
        let shared = words(sentence).intersection(asked).count();
        if best.is_none_or(|(most, _)| shared > most) {
            best = Some((shared, sentence));
        }
    }
    best.map(|(_, sentence)| shorten(sentence, LONGEST))
}

fn words(text: &str) -> BTreeSet<String> {
    let words = text.split(|character: char| !character.is_alphanumeric());
    let words = words.filter(|word| word.len() > 2).map(str::to_lowercase);
    words
        .map(|word| word.trim_end_matches('s').to_owned())
        .collect()
}
