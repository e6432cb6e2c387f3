//! Tools that the provider runs, where a request forces one or asks for what it does: a made-up
//! search, a calculation, a picture. Not here: the text that follows.

use fakeai_canon::{ApiError, Generate, HostedCall, Seed};
use serde_json::{Value, json};

use super::rules::RULES;
use super::{drawing, program, skill};
use crate::prose::phrase;
use crate::reading::Reading;
use crate::slots::{Given, Values, slots_of};
use crate::voice::Voice;

/// A hosted tool that can be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hosted {
    /// A search of the web.
    WebSearch,
    /// A search of stored files.
    FileSearch,
    /// A program.
    CodeInterpreter,
    /// A picture.
    ImageGeneration,
    /// A shell, to read the skills that lie ready there.
    Shell,
}

/// Results of a search.
const RESULTS: u64 = 3;

impl Hosted {
    /// All of them, in the order in which they run.
    pub(super) const ALL: [Hosted; 5] = [
        Hosted::Shell,
        Hosted::WebSearch,
        Hosted::CodeInterpreter,
        Hosted::FileSearch,
        Hosted::ImageGeneration,
    ];

    /// The tool of that wire type, versions and previews included.
    pub(super) fn of(kind: &str) -> Option<Self> {
        if kind.starts_with("web_search") {
            Some(Hosted::WebSearch)
        } else if kind == "file_search" {
            Some(Hosted::FileSearch)
        } else if kind == drawing::TOOL {
            Some(Hosted::ImageGeneration)
        } else if kind == skill::TOOL {
            Some(Hosted::Shell)
        } else {
            (kind == "code_interpreter").then_some(Hosted::CodeInterpreter)
        }
    }

    fn kind(self) -> &'static str {
        match self {
            Hosted::WebSearch => "web_search",
            Hosted::FileSearch => "file_search",
            Hosted::CodeInterpreter => "code_interpreter",
            Hosted::ImageGeneration => drawing::TOOL,
            Hosted::Shell => skill::TOOL,
        }
    }

    /// Runs it.
    ///
    /// # Errors
    /// Settings that it can't be run with.
    pub(crate) fn run(
        self,
        work: &Generate,
        voice: &Voice<'_>,
        reading: &Reading<'_>,
        seed: Seed,
    ) -> Result<HostedCall, ApiError> {
        let seed = seed.fork("hosted");
        let query = query(&reading.asked);
        let detail = match self {
            Hosted::WebSearch => json!({"query": query, "results": pages(voice, seed)}),
            Hosted::FileSearch => json!({"queries": [query], "results": files(voice, seed)}),
            Hosted::CodeInterpreter => program::detail(&reading.asked),
            Hosted::ImageGeneration => drawing::detail(work, seed)?,
            Hosted::Shell => skill::detail(work, seed),
        };
        let written = detail["query"]
            .as_str()
            .or(detail["code"].as_str())
            .or(detail["action"]["commands"][0].as_str())
            .unwrap_or(&query);
        let overhead = voice.vocabulary.count(written) as u32 + RULES.call.marks;
        Ok(HostedCall {
            kind: self.kind().to_owned(),
            detail,
            overhead,
        })
    }
}

/// Tokens for the marks around a call.
pub(crate) fn call_marks() -> u32 {
    RULES.call.marks
}

/// What a search would be made for.
pub(crate) fn query(asked: &str) -> String {
    let slots =
        slots_of(&json!({"properties": {"query": {"type": "string"}}, "required": ["query"]}));
    let mut values = Values::find(&slots, &[], Some(asked), asked);
    values
        .next("query")
        .map_or_else(|| asked.to_owned(), |Given { text, .. }| text)
}

fn pages(voice: &Voice<'_>, seed: Seed) -> Value {
    let page = |index: u64| {
        let mut rng = seed.nth(index).rng();
        let title = phrase("title", &voice.topic, &mut rng);
        let slug = title
            .to_lowercase()
            .replace(|c: char| !c.is_ascii_alphanumeric(), "-");
        json!({
            "title": title,
            "url": format!("https://www.example.com/{}", slug.trim_matches('-')),
            "snippet": phrase("description", &voice.topic, &mut rng),
        })
    };
    Value::Array((0..RESULTS).map(page).collect())
}

fn files(voice: &Voice<'_>, seed: Seed) -> Value {
    let file = |index: u64| {
        let seed = seed.nth(index);
        let mut rng = seed.rng();
        json!({
            "file_id": seed.id("file-", fakeai_canon::Alphabet::Alphanumeric, 22),
            "filename": phrase("filename", &voice.topic, &mut rng),
            "score": (0.95 - 0.2 * index as f64 - 0.1 * rng.unit()).max(0.05),
            "text": phrase("description", &voice.topic, &mut rng),
        })
    };
    Value::Array((0..RESULTS).map(file).collect())
}
