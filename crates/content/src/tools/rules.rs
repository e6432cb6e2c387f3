//! How tools are matched, what calls cost and how results are told, from
//! `data/content/tools.toml`. Not here: the matching.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::LazyLock;

use serde::Deserialize;

use crate::data;

#[derive(Deserialize)]
pub(super) struct Rules {
    #[serde(rename = "match")]
    pub(super) points: Points,
    pub(super) call: CallCost,
    pub(super) report: HashMap<String, Phrases>,
    pub(super) implied: Implied,
    pub(super) follow: Follow,
    pub(super) lean: Lean,
    pub(super) finish: Finish,
    pub(super) drawing: Drawing,
    pub(super) searching: Searching,
}

/// How prompts ask for a search of the web.
#[derive(Deserialize)]
pub(super) struct Searching {
    pub(super) phrases: Vec<String>,
}

/// How agents end by a tool.
#[derive(Deserialize)]
pub(super) struct Finish {
    pub(super) tools: HashSet<String>,
    pub(super) labels: Vec<String>,
}

/// How prompts ask for a picture.
#[derive(Deserialize)]
pub(super) struct Drawing {
    pub(super) phrases: Vec<String>,
}

/// Words that a prompt implies without saying them.
#[derive(Deserialize)]
pub(super) struct Implied {
    pub(super) calculation: Vec<String>,
    pub(super) operators: BTreeMap<char, String>,
    pub(super) spoken: BTreeMap<String, String>,
    pub(super) meanings: BTreeMap<String, String>,
}

/// How prompts go on with an earlier call.
#[derive(Deserialize)]
pub(super) struct Follow {
    pub(super) openings: Vec<String>,
    pub(super) most_words: usize,
}

/// Which tools questions are put to without naming them.
#[derive(Deserialize)]
pub(super) struct Lean {
    pub(super) tools: HashSet<String>,
    pub(super) openings: Vec<String>,
    pub(super) least_words: usize,
}

/// What common words are worth.
#[derive(Deserialize)]
pub(super) struct Points {
    pub(super) name: f64,
    pub(super) action: f64,
    pub(super) generic: f64,
    pub(super) description: f64,
    pub(super) parameter: f64,
    pub(super) meaning: f64,
    pub(super) shared: f64,
    pub(super) spelt: f64,
    pub(super) threshold: f64,
    pub(super) supplied: f64,
    pub(super) most_calls: usize,
    pub(super) actions: HashSet<String>,
    pub(super) generic_words: HashSet<String>,
}

/// What a call costs beside its arguments.
#[derive(Deserialize)]
pub(super) struct CallCost {
    /// Tokens for the marks around a call.
    pub(super) marks: u32,
}

/// Sentences that tell a result.
#[derive(Deserialize)]
pub(super) struct Phrases {
    pub(super) one: String,
    pub(super) fields: String,
    pub(super) failed: String,
    pub(super) nothing: String,
    pub(super) tool: String,
}

pub(super) static RULES: LazyLock<Rules> =
    LazyLock::new(|| data::facts(include_str!("../../../../data/content/tools.toml")));
