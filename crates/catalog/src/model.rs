//! One model, with all that is known about it. No look-up and no rules.

use fakeai_canon::Effort;

use crate::latency::LatencyProfile;
use crate::names::{Ability, Endpoint, Modality, Parameter};

/// A model.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// The id that requests name, as they name it.
    pub id: String,
    /// The id that answers carry: the snapshot that an alias stands for, else the id itself.
    pub snapshot: String,
    /// When it was made, in seconds since 1970; 0 where nobody knows.
    pub created: u64,
    /// The owner as the list of models tells it.
    pub owned_by: String,
    /// Whose model it is, in one word: `openai`, `meta`, `custom`.
    pub provider: String,
    /// The listed model or the rule that its facts come from.
    pub family: String,
    /// How it came to be known.
    pub origin: Origin,
    /// Tokens of prompt and answer together.
    pub context_window: u32,
    /// Tokens of one answer at most.
    pub max_output_tokens: u32,
    /// The month its knowledge ends, as in `2024-06`.
    pub knowledge_cutoff: Option<String>,
    /// How large it is, in billions of parameters.
    pub parameters_billion: Option<f64>,
    /// Of a mixture of experts: how many billions work on each token.
    pub active_parameters_billion: Option<f64>,
    /// What it can be called for.
    pub endpoints: Vec<Endpoint>,
    /// What it reads.
    pub input: Vec<Modality>,
    /// What it makes.
    pub output: Vec<Modality>,
    /// What else it can do.
    pub abilities: Vec<Ability>,
    /// How it reasons, if it does.
    pub reasoning: Option<Reasoning>,
    /// Which request parameters it takes.
    pub parameters: ParameterRules,
    /// Whether it takes messages with instructions, of the roles `system` and `developer`.
    pub takes_instructions: bool,
    /// Its vectors, if it makes any.
    pub embedding: Option<Embedding>,
    /// Its vocabulary.
    pub vocabulary: Vocabulary,
    /// Whose server it answers from.
    pub flavour: Flavour,
    /// What it costs, where that is known.
    pub prices: Option<Prices>,
    /// How fast it is.
    pub latency: LatencyProfile,
}

/// Whose server a model answers from: which fields are taken and sent beside the provider's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Flavour {
    /// The provider's own.
    #[default]
    OpenAi,
    /// vLLM, as open weights are mostly served.
    Vllm,
}

/// How a model came to be known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It stands in the data.
    Listed,
    /// Its facts follow from its name.
    Inferred,
    /// It was tuned from another one.
    FineTuned {
        /// The id of that one.
        base: String,
    },
}

/// How a model reasons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reasoning {
    /// The efforts that a request may choose from, from little to much; empty where there is no
    /// choice. Whether naming one is an error then, [`Parameter::ReasoningEffort`] tells.
    pub efforts: Vec<Effort>,
    /// The effort of a request that names none; none where the effort can't be chosen.
    pub default: Option<Effort>,
    /// Where the reasoning is seen in a chat completion.
    pub shows: ReasoningText,
}

/// Where reasoning is seen in a chat completion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasoningText {
    /// Nowhere: it is counted, not shown, as hosted models do.
    Hidden,
    /// As `reasoning_content`, as servers of open-weight models do.
    Content,
}

/// Whether a model takes a request parameter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Support {
    /// Any valid value.
    #[default]
    Accepted,
    /// Its default value and no other.
    DefaultOnly,
    /// Not at all.
    Rejected,
    /// Where the effort of reasoning is `none`; else not at all.
    WithoutReasoning,
}

/// What a model says to each request parameter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ParameterRules([Support; Parameter::ALL.len()]);

/// The vectors of an embedding model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Embedding {
    /// How many numbers a vector has, at most and where nothing is asked.
    pub dimensions: u32,
    /// Whether a request may ask for fewer.
    #[serde(default)]
    pub shortenable: bool,
}

/// A vocabulary, and the one that stands in for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vocabulary {
    /// The model's own vocabulary.
    pub name: String,
    /// The vocabulary that counts and cuts here.
    pub table: String,
    /// Whether the text of every token is the model's own.
    pub exact: bool,
}

/// Prices in US dollars for a million tokens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prices {
    /// Of the prompt.
    pub input: f64,
    /// Of the part of the prompt that was cached; none where caching gives no discount.
    pub cached_input: Option<f64>,
    /// Of the answer.
    pub output: f64,
}

impl Model {
    /// Whether it can be called for this.
    pub fn serves(&self, endpoint: Endpoint) -> bool {
        self.endpoints.contains(&endpoint)
    }

    /// Whether it reads this.
    pub fn reads(&self, modality: Modality) -> bool {
        self.input.contains(&modality)
    }

    /// Whether it makes this.
    pub fn writes(&self, modality: Modality) -> bool {
        self.output.contains(&modality)
    }

    /// Whether it can do this.
    pub fn can(&self, ability: Ability) -> bool {
        self.abilities.contains(&ability)
    }

    /// Whether it takes this request parameter.
    pub fn support(&self, parameter: Parameter) -> Support {
        self.parameters.get(parameter)
    }
}

impl ParameterRules {
    /// What is said to one parameter.
    pub fn get(&self, parameter: Parameter) -> Support {
        self.0[parameter as usize]
    }

    pub(crate) fn set(&mut self, parameters: &[Parameter], support: Support) {
        for parameter in parameters {
            self.0[*parameter as usize] = support;
        }
    }
}
