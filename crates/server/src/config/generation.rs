//! The section `generation`: what is said and when.

use std::path::PathBuf;
use std::time::Duration;

use fakeai_catalog::Latency;
use fakeai_dialects::openai::responses::PromptTemplate;
use fakeai_engine::Distribution;

use super::choice::{PaceKind, TextSource};
use super::tree::Conflict;

section! {
    /// What answers say and when their tokens come.
    generation: Generation {
        /// When tokens are sent. Left open it is `fixed` where `ttft` or `itl` is set, else
        /// `instant`.
        pace: Option<PaceKind> = None;
        /// The time to the first token in milliseconds, with a spread if wanted: `20` or
        /// `20:10%`. At the pace `profile` it replaces the model's own.
        ttft: Option<Latency> = None, also ["ttft_ms"];
        /// The time between two tokens, written as `ttft` is.
        itl: Option<Latency> = None, also ["itl_ms"];
        /// How single times lie around their mean: `uniform` within the spread, `normal` or
        /// `lognormal` with the spread as standard deviation.
        distribution: Distribution = Distribution::Normal;
        /// Seconds that every generated answer waits before anything else, at any pace.
        response_delay: Duration = Duration::ZERO, from 0 to 3600;
        /// Whether `response_delay` varies from answer to answer.
        random_delay: bool = false;
        /// How far `response_delay` varies, as a share of it; `0.3` is 30 %.
        max_variance: f64 = 0.3, from 0 to 1;
        /// Where free text comes from. Left open it is `fixed` where `fixed_text` is set, else
        /// `prose`.
        text: Option<TextSource> = None;
        /// The text of every answer at `text` `fixed`.
        fixed_text: Option<String> = None;
        /// Refuses models that are not listed, with `model_not_found`, in place of making them
        /// up from their names.
        strict_models: bool = false;
        /// Tokens of a legacy completion at most, where the request names no limit.
        completion_max_tokens: u32 = 16, from 1 to 10000000;
        /// Tokens of training that a fine-tuning job gets through in a second.
        training_tokens_per_second: u32 = 20000, from 1 to 1000000000;
        /// A folder with a model of sentences as `sentence-transformers` saves one, of the type BERT
        /// with weights in `model.safetensors`, such as all-MiniLM-L6-v2: embeddings are then its
        /// own, and passages of vector stores are found and ranked by them.
        embedding_model: Option<PathBuf> = None;
        /// Prompt templates that responses may name in `prompt`, as `id=text` or `id@version=text`,
        /// with variables as in `{{city}}`. Without a version a request gets the last one that is
        /// listed. Where there are none, any id is good and its text is unknown; where there are
        /// any, another id is refused.
        prompt_templates: Vec<String> = Vec::new(), also ["prompt_template"];
        /// Whether prompts that moderation flags strongly are refused.
        refusals: bool = true, also ["enable_refusals"];
    }
}

impl Generation {
    /// The pace, with what follows from other settings where it is left open.
    pub fn pace(&self) -> PaceKind {
        let timed = self.ttft.is_some() || self.itl.is_some();
        self.pace.unwrap_or(if timed {
            PaceKind::Fixed
        } else {
            PaceKind::Instant
        })
    }

    /// Where text comes from, with what follows from other settings where it is left open.
    pub fn text(&self) -> TextSource {
        let fixed = self.fixed_text.is_some();
        self.text.unwrap_or(if fixed {
            TextSource::Fixed
        } else {
            TextSource::Prose
        })
    }

    /// The prompt templates.
    pub(crate) fn templates(&self) -> Vec<PromptTemplate> {
        let pairs = self.prompt_templates.iter();
        let pairs = pairs.filter_map(|entry| entry.split_once('='));
        let template = |(name, text): (&str, &str)| {
            let (id, version) = match name.trim().split_once('@') {
                Some((id, version)) => (id, Some(version.to_owned())),
                None => (name.trim(), None),
            };
            PromptTemplate {
                id: id.to_owned(),
                version,
                text: text.to_owned(),
            }
        };
        pairs.map(template).collect()
    }

    /// Checks what no single setting can.
    ///
    /// # Errors
    /// A template that is not an id and a text.
    pub(super) fn check(&self) -> Result<(), Conflict> {
        let is_pair = |entry: &String| {
            let pair = entry.split_once('=');
            pair.is_some_and(|(id, text)| !id.trim().is_empty() && !text.is_empty())
        };
        if self.prompt_templates.iter().all(is_pair) {
            return Ok(());
        }
        Err(Conflict {
            setting: "generation.prompt_templates",
            problem: "each entry has to be an id and a text, as in id=text".into(),
        })
    }

    /// The delay before anything else, in milliseconds, with its spread.
    pub fn delay(&self) -> Latency {
        let spread = if self.random_delay {
            self.max_variance * 100.0
        } else {
            0.0
        };
        Latency {
            milliseconds: self.response_delay.as_secs_f64() * 1000.0,
            spread_percent: spread,
        }
    }
}
