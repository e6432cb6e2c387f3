//! The pages, read once from `data/metrics`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde::de::value::{Error as NotAWord, StrDeserializer};
use serde::de::{Error as _, IntoDeserializer};

use super::served::Served;
use super::vocabulary::{Feature, Label, Quantity};

/// Whose metrics a page shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageKind {
    /// vLLM.
    Vllm,
    /// SGLang.
    Sglang,
    /// TensorRT-LLM's `trtllm-serve`.
    Trtllm,
    /// Triton Inference Server with the TensorRT-LLM backend.
    Triton,
    /// NVIDIA Dynamo, frontend and components.
    Dynamo,
}

impl PageKind {
    /// All of them.
    pub const ALL: [PageKind; 5] = [
        PageKind::Vllm,
        PageKind::Sglang,
        PageKind::Trtllm,
        PageKind::Triton,
        PageKind::Dynamo,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            PageKind::Vllm => "vllm",
            PageKind::Sglang => "sglang",
            PageKind::Trtllm => "trtllm",
            PageKind::Triton => "triton",
            PageKind::Dynamo => "dynamo",
        }
    }

    pub(super) fn page(self) -> &'static Page {
        &PAGES[self as usize]
    }
}

static PAGES: LazyLock<[Page; 5]> = LazyLock::new(|| {
    [
        read(include_str!("../../../../data/metrics/vllm.toml")),
        read(include_str!("../../../../data/metrics/sglang.toml")),
        read(include_str!("../../../../data/metrics/trtllm.toml")),
        read(include_str!("../../../../data/metrics/triton.toml")),
        read(include_str!("../../../../data/metrics/dynamo.toml")),
    ]
});

pub(super) fn pages() -> &'static [Page] {
    &*PAGES
}

fn read(text: &str) -> Page {
    let mut page: Page = toml::from_str(text).expect("the pages' rows are part of this program");
    for metric in &mut page.metric {
        let set = metric.set.as_ref().and_then(|set| page.labels.get(set));
        let mut labels = set.cloned().unwrap_or_default();
        labels.append(&mut metric.labels);
        metric.labels = labels;
    }
    page
}

/// A page.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    /// The version that it follows.
    pub(super) version: String,
    /// Whose client library writes it.
    pub(super) client: Client,
    /// Where its rows come from.
    #[serde(rename = "source")]
    _source: String,
    /// Sets of labels that rows share.
    #[serde(default)]
    labels: BTreeMap<String, Labels>,
    /// Lists of bounds that rows share.
    #[serde(default)]
    buckets: BTreeMap<String, Vec<f64>>,
    /// The operations that it counts, by what it calls them.
    #[serde(default)]
    pub(super) endpoints: BTreeMap<String, String>,
    /// What it calls the kinds of errors, by status.
    #[serde(default)]
    pub(super) errors: BTreeMap<String, String>,
    pub(super) metric: Vec<Metric>,
}

/// A client library, with its way of writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Client {
    /// Python's: `1.0`, every family's head, `le` among the sorted labels.
    Python,
    /// Those of Rust and C++: `1`, families that have samples, `le` last.
    Plain,
}

/// Labels by name.
pub(super) type Labels = BTreeMap<String, Text>;

/// A row.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Metric {
    /// As the page shows it; a histogram's without its suffixes.
    pub(super) name: String,
    #[serde(rename = "type")]
    pub(super) kind: Kind,
    pub(super) help: String,
    /// The set of labels that it shares.
    #[serde(default, rename = "labels")]
    set: Option<String>,
    /// Its own labels, and after reading those of the set as well.
    #[serde(default, rename = "with")]
    pub(super) labels: Labels,
    #[serde(default)]
    pub(super) value: Option<Quantity>,
    /// Several values, each with further labels.
    #[serde(default)]
    pub(super) samples: Vec<Sample>,
    #[serde(default)]
    buckets: Option<Buckets>,
    /// How many of the row's units are one of the quantity's.
    #[serde(default = "one")]
    pub(super) scale: f64,
    /// Whether it is shown only where old names are asked for.
    #[serde(default)]
    pub(super) legacy: bool,
    /// What has to be on for it to be shown.
    #[serde(default)]
    pub(super) when: Option<Feature>,
    /// Where it is from, if not from where the page's others are.
    #[serde(default, rename = "source")]
    _source: Option<String>,
    /// Why a value is what it is.
    #[serde(default, rename = "note")]
    _note: Option<String>,
}

fn one() -> f64 {
    1.0
}

impl Metric {
    /// The quantities that it may show.
    pub(super) fn quantities(&self) -> impl Iterator<Item = Quantity> {
        let several = self.samples.iter().map(|sample| sample.value);
        self.value.into_iter().chain(several)
    }

    /// The quantities that it shows of what is served, each with its further labels.
    pub(super) fn values(
        &self,
        served: &Served,
    ) -> impl Iterator<Item = (Quantity, Option<&Labels>)> {
        let one = self.value.map(|value| (value, None));
        let has = |sample: &&Sample| sample.when.is_none_or(|what| served.has(what));
        let several = self.samples.iter().filter(has);
        one.into_iter()
            .chain(several.map(|sample| (sample.value, Some(&sample.labels))))
    }
}

/// One of several values of a row.
#[derive(Deserialize)]
pub(super) struct Sample {
    value: Quantity,
    #[serde(default)]
    when: Option<Feature>,
    #[serde(flatten)]
    labels: Labels,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    Counter,
    Gauge,
    Histogram,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        }
    }
}

/// Upper bounds.
#[derive(Deserialize)]
#[serde(untagged)]
enum Buckets {
    /// A list that rows share, or `1-2-5`: those times powers of ten up to the longest context.
    Named(String),
    Listed(Vec<f64>),
    /// Each `factor` times the one before.
    Growing {
        start: f64,
        factor: f64,
        count: u32,
    },
}

/// The largest bound of `1-2-5`.
const LARGEST: f64 = 1e9;

impl Page {
    /// The bounds of a row, in its unit; those that follow the context end at `longest`.
    pub(super) fn bounds(&self, metric: &Metric, longest: Option<u32>) -> Vec<f64> {
        match &metric.buckets {
            None => Vec::new(),
            Some(Buckets::Listed(bounds)) => bounds.clone(),
            Some(Buckets::Named(name)) if name == "1-2-5" => {
                let longest = longest.map_or(LARGEST, f64::from);
                let bounds = (0..10).flat_map(|power| [1, 2, 5].map(|one| one * 10_u64.pow(power)));
                let bounds = bounds.map(|bound| bound as f64);
                bounds.take_while(|bound| *bound <= longest).collect()
            }
            Some(Buckets::Named(name)) => self.buckets.get(name).cloned().unwrap_or_default(),
            Some(Buckets::Growing {
                start,
                factor,
                count,
            }) => (0..*count)
                .map(|power| start * factor.powf(f64::from(power)))
                .collect(),
        }
    }
}

/// What a label says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Text {
    Fixed(String),
    Known(Label),
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let Some(word) = text.strip_prefix('$') else {
            return Ok(Text::Fixed(text));
        };
        let word: StrDeserializer<'_, NotAWord> = word.into_deserializer();
        Label::deserialize(word)
            .map(Text::Known)
            .map_err(D::Error::custom)
    }
}
