//! How series of published runs were set up where their table does not say it and their publisher
//! does (`data/hardware/published.toml`): settings that anyone can give an engine of their own.

use std::sync::LazyLock;

use serde::Deserialize;

use super::plan::{Precision, Setup};
use super::speculation::{Method, Speculation};

/// What is known of a run, by which its series is found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told<'a> {
    /// Who measured.
    pub(super) client: &'a str,
    /// The cell of the engine, its version among it.
    pub(super) engine: &'a str,
    pub(super) source: &'a str,
    pub(super) notes: &'a str,
    /// Whether the command that the row tells is cut off.
    pub(super) is_cut_off: bool,
    /// Requests under way.
    pub(super) under_way: u32,
    /// Tokens of a prompt and of an answer.
    pub(super) prompt: u32,
    pub(super) output: u32,
}

impl Told<'_> {
    /// The day that it was measured, where that is said.
    fn day(&self) -> Option<&str> {
        let (_, after) = self.notes.split_once("measured ")?;
        after.get(..10)
    }
}

/// The flags of a series.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Series {
    client: String,
    engine: String,
    gpu: String,
    model: String,
    since: Option<String>,
    within: Option<String>,
    #[serde(default)]
    cut_off: bool,
    /// Requests under way, and steps between two looks for new ones from so many on.
    #[serde(default)]
    receive: Vec<(u32, u32)>,
    /// Requests under way at most in any of its runs.
    most_under_way: Option<u32>,
    max_batched_tokens: Option<u32>,
    /// Tokens of a step as sums of what the run is named after.
    batched: Option<Batched>,
    /// Whether keys and values are kept in 8 bits, where they would not be or would be.
    cache_8_bits: Option<bool>,
    chunked_prefill: Option<bool>,
    prefix_caching: Option<bool>,
    overlaps_host: Option<bool>,
    mixed_chunks: Option<bool>,
    memory_share: Option<f64>,
    /// How weights are stored, where the table says something else.
    precision: Option<String>,
    speculates: Option<Speculates>,
    #[serde(rename = "source")]
    _source: String,
}

/// Tokens of a step: so many for each token of a prompt and of an answer and for each request under
/// way, and so many more.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Batched {
    #[serde(default)]
    prompt: f64,
    #[serde(default)]
    output: f64,
    #[serde(default)]
    under_way: f64,
    more: f64,
}

impl Batched {
    fn tokens(&self, told: &Told<'_>) -> u32 {
        let of = |share: f64, tokens: u32| share * f64::from(tokens);
        let named = of(self.prompt, told.prompt) + of(self.output, told.output);
        (named + of(self.under_way, told.under_way) + self.more).ceil() as u32
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Speculates {
    method: Method,
    tokens: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    series: Vec<Series>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../../data/hardware/published.toml"))
        .expect("the table of series is part of this program")
});

/// The series that a run is of, if any.
pub(super) fn series(setup: &Setup, told: &Told<'_>) -> Option<&'static Series> {
    TABLE.series.iter().find(|series| series.has(setup, told))
}

impl Series {
    fn has(&self, setup: &Setup, told: &Told<'_>) -> bool {
        let is_late = match (&self.since, told.day()) {
            (None, _) => true,
            (Some(since), Some(day)) => day >= since.as_str(),
            (Some(_), None) => false,
        };
        is_late
            && self.client == told.client
            && told.engine.starts_with(self.engine.as_str())
            && setup.gpu.name.starts_with(self.gpu.as_str())
            && setup.shape.model.starts_with(self.model.as_str())
            && (!self.cut_off || told.is_cut_off)
            && self
                .within
                .as_ref()
                .is_none_or(|part| told.source.contains(part.as_str()))
    }

    /// Whether it tells what the row's cut off command does not.
    pub(super) fn completes(&self) -> bool {
        self.cut_off
    }

    /// Whether any of its runs has so many requests under way.
    pub(super) fn runs(&self, under_way: u32) -> bool {
        self.most_under_way.is_none_or(|most| under_way <= most)
    }

    /// How weights are stored, where the table says something else.
    fn precision(&self) -> Option<Precision> {
        self.precision.as_deref().and_then(Precision::parse)
    }

    /// Gives a set-up the flags.
    pub(super) fn apply(&self, setup: &mut Setup, told: &Told<'_>) {
        if let Some(precision) = self.precision() {
            setup.precision = precision;
        }
        if let Some(is_narrow) = self.cache_8_bits {
            setup.cache_bytes = if is_narrow { 1.0 } else { 2.0 };
        }
        let setting = &mut setup.setting;
        let reached = self.receive.iter().rev();
        let mut reached = reached.filter(|(from, _)| *from <= told.under_way);
        if let Some((_, steps)) = reached.next() {
            setting.receive_interval = *steps;
        }
        setting.max_batched_tokens = self
            .max_batched_tokens
            .unwrap_or(setting.max_batched_tokens);
        if let Some(batched) = &self.batched {
            setting.max_batched_tokens = batched.tokens(told);
        }
        setting.chunked_prefill = self.chunked_prefill.unwrap_or(setting.chunked_prefill);
        setting.prefix_caching = self.prefix_caching.unwrap_or(setting.prefix_caching);
        setting.overlaps_host = self.overlaps_host.unwrap_or(setting.overlaps_host);
        setting.mixed_chunks = self.mixed_chunks.unwrap_or(setting.mixed_chunks);
        setting.memory_share = self.memory_share.or(setting.memory_share);
        if let Some(how) = &self.speculates {
            let how = Speculation::new(how.method, how.tokens, setup, None);
            setup.speculation = Some(how);
        }
    }
}
