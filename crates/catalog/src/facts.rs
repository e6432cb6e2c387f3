//! A partial description of a model, as the data files write it, and how it is laid over what is
//! known already. Models, profiles and rules are all made of it.

use fakeai_canon::Effort;
use serde::Deserialize;

use crate::latency::Latency;
use crate::model::{Embedding, Flavour, Model, Reasoning, ReasoningText, Support};
use crate::names::{Ability, Endpoint, Modality, Parameter};

/// What a row says; what it leaves out stays as it was.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Facts {
    /// Profiles and models whose facts come first, in this order.
    pub(crate) like: Vec<String>,
    owned_by: Option<String>,
    provider: Option<String>,
    context_window: Option<u32>,
    max_output_tokens: Option<u32>,
    knowledge_cutoff: Option<String>,
    parameters_billion: Option<f64>,
    active_parameters_billion: Option<f64>,
    endpoints: Option<Vec<Endpoint>>,
    input: Option<Vec<Modality>>,
    output: Option<Vec<Modality>>,
    abilities: Option<Vec<Ability>>,
    also_reads: Vec<Modality>,
    also_can: Vec<Ability>,
    cannot: Vec<Ability>,
    reasoning: Option<ReasoningFacts>,
    reasons: Option<bool>,
    accepts: Vec<Parameter>,
    rejects: Vec<Parameter>,
    default_only: Vec<Parameter>,
    without_reasoning: Vec<Parameter>,
    takes_instructions: Option<bool>,
    embedding: Option<Embedding>,
    vocabulary: Option<String>,
    flavour: Option<Flavour>,
    ttft: Option<Latency>,
    itl: Option<Latency>,
    /// Where the facts are from: a key of the table of sources.
    pub(crate) source: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReasoningFacts {
    efforts: Vec<EffortName>,
    default: Option<EffortName>,
    shows: ReasoningText,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum EffortName {
    None,
    Minimal,
    Low,
    Medium,
    High,
    Xhigh,
    Max,
}

impl Facts {
    /// The vocabulary that is named, if one is.
    pub(crate) fn vocabulary(&self) -> Option<&str> {
        self.vocabulary.as_deref()
    }

    /// Lays these facts over `model`.
    pub(crate) fn apply(&self, model: &mut Model) {
        set(&mut model.owned_by, &self.owned_by);
        set(&mut model.provider, &self.provider);
        set(&mut model.context_window, &self.context_window);
        set(&mut model.max_output_tokens, &self.max_output_tokens);
        set_some(&mut model.knowledge_cutoff, &self.knowledge_cutoff);
        set_some(&mut model.parameters_billion, &self.parameters_billion);
        set_some(
            &mut model.active_parameters_billion,
            &self.active_parameters_billion,
        );
        set_some(&mut model.embedding, &self.embedding);
        set(&mut model.vocabulary.name, &self.vocabulary);
        set(&mut model.flavour, &self.flavour);
        set(&mut model.takes_instructions, &self.takes_instructions);
        set(&mut model.latency.ttft, &self.ttft);
        set(&mut model.latency.itl, &self.itl);
        self.apply_lists(model);
        self.apply_reasoning(model);
        model.parameters.set(&self.accepts, Support::Accepted);
        model.parameters.set(&self.rejects, Support::Rejected);
        model
            .parameters
            .set(&self.default_only, Support::DefaultOnly);
        model
            .parameters
            .set(&self.without_reasoning, Support::WithoutReasoning);
    }

    fn apply_lists(&self, model: &mut Model) {
        set(&mut model.endpoints, &self.endpoints);
        set(&mut model.input, &self.input);
        set(&mut model.output, &self.output);
        set(&mut model.abilities, &self.abilities);
        add(&mut model.input, &self.also_reads);
        add(&mut model.abilities, &self.also_can);
        model
            .abilities
            .retain(|ability| !self.cannot.contains(ability));
    }

    fn apply_reasoning(&self, model: &mut Model) {
        if let Some(facts) = &self.reasoning {
            model.reasoning = Some(Reasoning {
                efforts: facts.efforts.iter().map(|effort| effort.effort()).collect(),
                default: facts.default.map(EffortName::effort),
                shows: facts.shows,
            });
        }
        if self.reasons == Some(false) {
            model.reasoning = None;
        }
    }
}

impl EffortName {
    fn effort(self) -> Effort {
        match self {
            Self::None => Effort::None,
            Self::Minimal => Effort::Minimal,
            Self::Low => Effort::Low,
            Self::Medium => Effort::Medium,
            Self::High => Effort::High,
            Self::Xhigh => Effort::XHigh,
            Self::Max => Effort::Max,
        }
    }
}

fn set<T: Clone>(place: &mut T, fact: &Option<T>) {
    if let Some(fact) = fact {
        place.clone_from(fact);
    }
}

fn set_some<T: Clone>(place: &mut Option<T>, fact: &Option<T>) {
    if fact.is_some() {
        place.clone_from(fact);
    }
}

fn add<T: Copy + PartialEq>(list: &mut Vec<T>, items: &[T]) {
    for item in items {
        if !list.contains(item) {
            list.push(*item);
        }
    }
}
