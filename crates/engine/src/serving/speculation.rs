//! Speculative decoding: how many tokens are proposed in a step, how many of them hold, and who
//! proposes them. In which step they are verified is the scheduler's matter, what that takes the
//! step time's.

use std::sync::LazyLock;

use fakeai_canon::Seed;
use fakeai_catalog::hardware::Shape;
use serde::Deserialize;

use super::plan::Setup;
use super::sequence::SequenceId;
use super::step_work::projections;

/// How tokens are proposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// What followed the same words before.
    Ngram,
    /// One layer that goes on from the model's last hidden state.
    Eagle,
    /// One layer that goes on from several of the model's hidden states.
    Eagle3,
    /// The layer for further tokens that the model was trained with.
    Mtp,
    /// A smaller model.
    DraftModel,
}

impl Method {
    /// All of them.
    pub const ALL: [Method; 5] = [
        Method::Ngram,
        Method::Eagle,
        Method::Eagle3,
        Method::Mtp,
        Method::DraftModel,
    ];

    /// Its name, which is vLLM's.
    pub fn name(self) -> &'static str {
        match self {
            Method::Ngram => "ngram",
            Method::Eagle => "eagle",
            Method::Eagle3 => "eagle3",
            Method::Mtp => "mtp",
            Method::DraftModel => "draft_model",
        }
    }

    /// The method of a name; each model's own name for its further layer is `mtp`.
    pub fn parse(name: &str) -> Option<Self> {
        if name.ends_with("_mtp") {
            return Some(Method::Mtp);
        }
        Self::ALL.into_iter().find(|method| method.name() == name)
    }
}

/// Tokens that can be proposed in a step at most, as in vLLM.
pub const MOST_PROPOSED: u32 = 128;

/// How an engine speculates.
#[derive(Clone, Debug)]
pub struct Speculation {
    /// How tokens are proposed.
    pub method: Method,
    /// The chance that the first proposal of a step holds, that the first two do, and so on; as
    /// many as are proposed, and none greater than the one before.
    pub rates: Vec<f64>,
    /// The share of steps in which a sequence has anything proposed.
    pub proposes: f64,
    /// Whether all proposals of a step come from one pass.
    pub in_parallel: bool,
    /// The longest sequence that anything is proposed for; none means any.
    pub longest: Option<u32>,
    /// Who proposes, where that takes the GPUs.
    pub draft: Option<Box<Setup>>,
}

impl Speculation {
    /// So many proposals a step by this method for a set-up, with the usual rates. `model` is the
    /// smaller model, where that is the method.
    pub fn new(method: Method, tokens: u32, setup: &Setup, model: Option<&Shape>) -> Self {
        let usual = usual(method);
        let further = (1..tokens.min(MOST_PROPOSED)).scan(usual.first, |chance, _| {
            *chance *= usual.later;
            Some(*chance)
        });
        Self {
            method,
            rates: std::iter::once(usual.first).chain(further).collect(),
            proposes: usual.proposes,
            in_parallel: false,
            longest: None,
            draft: draft(method, setup, model).map(Box::new),
        }
    }

    /// Tokens that are proposed in a step.
    pub fn tokens(&self) -> u32 {
        self.rates.len() as u32
    }

    /// Each proposal holds with this chance where those before it hold.
    pub fn with_chance(&mut self, chance: f64) {
        let mut all = 1.0;
        for rate in &mut self.rates {
            all *= chance;
            *rate = all;
        }
    }

    /// A step makes so many tokens in the mean, the one that needs no proposal among them; as vLLM
    /// does it, with as little spread as possible.
    pub fn with_length(&mut self, length: f64) {
        for (place, rate) in self.rates.iter_mut().enumerate() {
            *rate = (length - 1.0 - place as f64).clamp(0.0, 1.0);
        }
    }

    /// Tokens that a step with proposals makes in the mean.
    pub fn mean_length(&self) -> f64 {
        1.0 + self.rates.iter().sum::<f64>()
    }

    /// Passes in which a step's proposals are made.
    pub(super) fn passes(&self) -> u32 {
        match self.in_parallel {
            true => 1,
            false => self.tokens(),
        }
    }
}

/// What chance decides of a sequence's proposals: the same for the same seed, sequence and place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Draws {
    seed: Seed,
}

impl Draws {
    pub(super) fn of(seed: Seed) -> Self {
        Self {
            seed: seed.fork("speculation"),
        }
    }

    /// Whether anything is proposed for a sequence that has generated so many tokens.
    pub(super) fn proposes(self, how: &Speculation, id: SequenceId, generated: u32) -> bool {
        how.proposes >= 1.0 || self.unit("proposes", id, generated) < how.proposes
    }

    /// How many of its proposals would hold.
    pub(super) fn holding(self, how: &Speculation, id: SequenceId, generated: u32) -> u32 {
        let drawn = self.unit("holds", id, generated);
        how.rates.iter().take_while(|rate| drawn < **rate).count() as u32
    }

    fn unit(self, name: &str, id: SequenceId, generated: u32) -> f64 {
        let seed = self.seed.fork(name).nth(id.0);
        seed.nth(u64::from(generated)).rng().unit()
    }
}

/// Tokens of a predicted output that are proposed together.
pub(super) fn predicted_together() -> u32 {
    TABLE.prediction.tokens
}

/// Seconds that the host looks up for each sequence where proposals come from the text itself.
pub(super) fn lookup_seconds() -> f64 {
    TABLE.lookup.sequence_us * 1e-6
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    method: Vec<Usual>,
    lookup: Lookup,
    heads: Heads,
    prediction: Prediction,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Usual {
    name: Method,
    first: f64,
    later: f64,
    #[serde(default = "always")]
    proposes: f64,
    #[serde(rename = "source")]
    _source: String,
}

fn always() -> f64 {
    1.0
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lookup {
    sequence_us: f64,
    #[serde(rename = "source")]
    _source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Heads {
    eagle3_vocabulary: u32,
    #[serde(rename = "source")]
    _source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Prediction {
    tokens: u32,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../../data/hardware/speculation.toml"))
        .expect("the table of methods is part of this program")
});

fn usual(method: Method) -> &'static Usual {
    let mut rows = TABLE.method.iter();
    rows.find(|row| row.name == method)
        .expect("the table has a row for each method")
}

/// What proposes: the smaller model on the same GPUs, or the head that goes with the model.
fn draft(method: Method, setup: &Setup, model: Option<&Shape>) -> Option<Setup> {
    let shape = match method {
        Method::Ngram => return None,
        Method::DraftModel => model?.clone(),
        Method::Eagle => head(&setup.shape, setup.shape.vocabulary, 2, false),
        Method::Eagle3 => {
            let words = TABLE.heads.eagle3_vocabulary.min(setup.shape.vocabulary);
            head(&setup.shape, words, 3, true)
        }
        Method::Mtp => further_layer(&setup.shape),
    };
    Some(Setup {
        shape,
        speculation: None,
        pipeline_parallel: 1,
        ..setup.clone()
    })
}

/// A dense layer with a projection of so many hidden states before it and a head behind.
fn head(shape: &Shape, vocabulary: u32, states: u32, own_words: bool) -> Shape {
    let hidden = f64::from(shape.hidden);
    let experts = shape.experts_per_token * shape.expert_ffn;
    let ffn = if shape.ffn > 0 { shape.ffn } else { experts };
    let words = if own_words {
        f64::from(vocabulary)
    } else {
        0.0
    };
    let weights = projections(shape, 1.0)
        + 3.0 * hidden * f64::from(ffn)
        + f64::from(states) * hidden * hidden
        + words * hidden;
    Shape {
        layers: 1,
        ffn,
        experts: 0,
        experts_per_token: 0,
        expert_ffn: 0,
        shared_ffn: 0,
        dense_layers: 0,
        sliding_layers: 0,
        linear_layers: 0,
        vocabulary,
        parameters_billion: weights / 1e9,
        active_billion: weights / 1e9,
        ..shape.clone()
    }
}

/// One more of the model's own layers, with a projection before it; the words are the model's.
fn further_layer(shape: &Shape) -> Shape {
    let hidden = f64::from(shape.hidden);
    let (expert, shared) = (f64::from(shape.expert_ffn), f64::from(shape.shared_ffn));
    let dense = match shape.experts {
        0 => f64::from(shape.ffn),
        _ => shared,
    };
    let alike = projections(shape, 1.0) + 2.0 * hidden * hidden + 3.0 * hidden * dense;
    let weights = |experts: u32| (alike + 3.0 * hidden * expert * f64::from(experts)) / 1e9;
    Shape {
        layers: 1,
        dense_layers: 0,
        sliding_layers: 0,
        linear_layers: 0,
        parameters_billion: weights(shape.experts),
        active_billion: weights(shape.experts_per_token),
        ..shape.clone()
    }
}
