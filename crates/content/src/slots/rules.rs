//! The rules by which values find their slots, from `data/content/slots.toml`. Not here: the
//! sum that is made of them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::LazyLock;

use serde::Deserialize;

use crate::data;
use crate::facts::FactKind;

#[derive(Deserialize)]
pub(super) struct Rules {
    pub(super) class: Vec<Class>,
    pub(super) direction: Vec<Direction>,
    synonyms: Synonyms,
    yes_no: YesNo,
    number: Vec<Plausible>,
    pub(super) request: Request,
    pub(super) places: Places,
    /// Words of a kind, by its name.
    pub(super) known: BTreeMap<String, Vec<String>>,
}

/// A kind of argument.
#[derive(Deserialize)]
pub(super) struct Class {
    pub(super) words: HashSet<String>,
    pub(super) kinds: HashMap<FactKind, f64>,
    #[serde(default)]
    pub(super) after: HashSet<String>,
    #[serde(default)]
    pub(super) phrase: bool,
}

/// One end of a way.
#[derive(Deserialize)]
pub(super) struct Direction {
    pub(super) words: HashSet<String>,
    pub(super) after: HashSet<String>,
}

/// Words that mean a value of an enumeration.
pub(crate) type Synonyms = HashMap<String, Vec<String>>;

/// Words of names that tell countries from towns.
#[derive(Deserialize)]
pub(super) struct Places {
    pub(super) countries: HashSet<String>,
    pub(super) towns: HashSet<String>,
}

#[derive(Deserialize)]
struct YesNo {
    no: HashSet<String>,
    yes: HashSet<String>,
}

#[derive(Deserialize)]
struct Plausible {
    words: HashSet<String>,
    low: f64,
    high: f64,
}

#[derive(Deserialize)]
pub(super) struct Request {
    pub(super) openings: Vec<String>,
    pub(super) markers: Vec<String>,
    pub(super) about: Vec<String>,
    pub(super) subjects: HashSet<String>,
    pub(super) joints: HashSet<String>,
    pub(super) list_joints: HashSet<String>,
}

pub(super) static RULES: LazyLock<Rules> =
    LazyLock::new(|| data::facts(include_str!("../../../../data/content/slots.toml")));

/// Words that mean a value of an enumeration, by the value.
pub(crate) fn synonyms() -> &'static Synonyms {
    &RULES.synonyms
}

/// A plausible range for a number whose name has these words.
pub(crate) fn plausible(words: &[String]) -> Option<(f64, f64)> {
    let fits = |range: &&Plausible| words.iter().any(|word| range.words.contains(word));
    RULES
        .number
        .iter()
        .find(fits)
        .map(|range| (range.low, range.high))
}

/// What a word makes of a yes-or-no, if anything.
pub(crate) fn yes_no(word: &str) -> Option<bool> {
    if RULES.yes_no.no.contains(word) {
        return Some(false);
    }
    RULES.yes_no.yes.contains(word).then_some(true)
}
