//! What a request asks for, in one shape for all dialects. The seed of an answer is a hash of
//! this; what must not change the answer (`stream`, `user`, `metadata`, headers) is not in it.

use std::hash::{Hash, Hasher};

use crate::{
    Draw, Format, Message, Moderation, Part, Rank, Speak, Speech, TokenId, Tool, ToolChoice,
    Transcribe,
};

/// One piece of inference.
#[derive(Clone, Debug, PartialEq, Hash)]
pub enum Work {
    /// An answer in text and calls.
    Generate(Box<Generate>),
    /// Only how many tokens the prompt of that answer has.
    Count(Box<Generate>),
    /// A summary that takes the place of a conversation.
    Compact(Box<Generate>),
    /// Vectors.
    Embed(Embed),
    /// A judgement.
    Moderate(Moderate),
    /// Passages in order.
    Rank(Rank),
    /// Pictures.
    Draw(Draw),
    /// Speech.
    Speak(Speak),
    /// The text of a recording.
    Transcribe(Transcribe),
}

impl Work {
    /// The model that is asked.
    pub fn model(&self) -> &str {
        match self {
            Work::Generate(work) | Work::Count(work) | Work::Compact(work) => &work.model,
            Work::Embed(work) => &work.model,
            Work::Moderate(work) => &work.model,
            Work::Rank(work) => &work.model,
            Work::Draw(work) => &work.model,
            Work::Speak(work) => &work.model,
            Work::Transcribe(work) => &work.model,
        }
    }

    /// What reads a conversation, whatever is to come of it.
    pub fn reading(&self) -> Option<&Generate> {
        match self {
            Work::Generate(work) | Work::Count(work) | Work::Compact(work) => Some(work),
            Work::Embed(_)
            | Work::Moderate(_)
            | Work::Rank(_)
            | Work::Draw(_)
            | Work::Speak(_)
            | Work::Transcribe(_) => None,
        }
    }

    /// What is answered in text and calls.
    pub fn answering(&self) -> Option<&Generate> {
        match self {
            Work::Generate(work) => Some(work),
            Work::Count(_)
            | Work::Compact(_)
            | Work::Embed(_)
            | Work::Moderate(_)
            | Work::Rank(_)
            | Work::Draw(_)
            | Work::Speak(_)
            | Work::Transcribe(_) => None,
        }
    }
}

/// An answer in text and calls. Its hash leaves out what only cuts, repeats or shows an answer:
/// limits, the number of choices, logprobs, echo, speech, moderation and filters. So a request that
/// differs in these alone gets the same text, cut elsewhere; one that is spoken may be put more briefly.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Generate {
    /// The model as named by the request.
    pub model: String,
    /// What it is given.
    pub input: Input,
    /// The tools it may call.
    pub tools: Vec<Tool>,
    /// Which of them.
    pub tool_choice: ToolChoice,
    /// The skills that lie ready where its shell runs.
    pub skills: Vec<Skill>,
    /// Whether one turn may hold several calls.
    pub parallel_calls: bool,
    /// What the text is bound to.
    pub format: Format,
    /// How tokens are drawn.
    pub sampling: Sampling,
    /// Where it ends at the latest.
    pub limits: Limits,
    /// How much it reasons.
    pub reasoning: Reasoning,
    /// How long the text is.
    pub verbosity: Verbosity,
    /// Answers a prompt.
    pub choices: u32,
    /// Answers drawn a prompt, of which the most probable `choices` are sent.
    pub candidates: u32,
    /// The number of alternatives a token, where logprobs are asked for.
    pub logprobs: Option<u8>,
    /// Whether a completion repeats its prompt.
    pub echo: bool,
    /// The text that a completion leads over to.
    pub suffix: Option<String>,
    /// The text that the answer is expected to be.
    pub prediction: Option<String>,
    /// How the answer is spoken, where it is.
    pub speech: Option<Speech>,
    /// How the conversation is judged, where it is.
    pub moderation: Option<Moderation>,
    /// Whether a content filter looks at prompt and answer.
    pub screened: bool,
}

impl Hash for Generate {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.model.hash(state);
        self.input.hash(state);
        self.tools.hash(state);
        self.tool_choice.hash(state);
        if !self.skills.is_empty() {
            self.skills.hash(state);
        }
        self.parallel_calls.hash(state);
        self.format.hash(state);
        self.sampling.hash(state);
        self.reasoning.hash(state);
        self.verbosity.hash(state);
        self.suffix.hash(state);
        self.prediction.hash(state);
    }
}

/// A skill: instructions for a kind of task, in a folder that a shell can read.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Skill {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The folder that it lies in.
    pub path: String,
    /// The whole of its `SKILL.md`, where this answer reads it.
    pub read: Option<String>,
}

impl Skill {
    /// The command by which a shell reads it.
    pub fn read_by(&self) -> String {
        format!("cat {}/SKILL.md", self.path)
    }
}

/// What a model is given.
#[derive(Clone, Debug, PartialEq, Hash)]
pub enum Input {
    /// A conversation.
    Chat(Vec<Message>),
    /// Prompts to be continued, each on its own.
    Raw(Vec<RawPrompt>),
}

impl Default for Input {
    fn default() -> Self {
        Input::Chat(Vec::new())
    }
}

/// A prompt to be continued.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RawPrompt {
    /// As text.
    Text(String),
    /// As token ids of the model's vocabulary.
    Tokens(Vec<TokenId>),
}

/// How tokens are drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sampling {
    /// 0 to 2; none means the model's default of 1.
    pub temperature: Option<f64>,
    /// 0 to 1; none means 1.
    pub top_p: Option<f64>,
    /// −2 to 2.
    pub frequency_penalty: f64,
    /// −2 to 2.
    pub presence_penalty: f64,
    /// Token ids and what is added to their logits, −100 to 100, in order of the ids.
    pub logit_bias: Vec<(TokenId, f64)>,
    /// The most likely tokens among which is drawn; all where absent. Only servers of open
    /// weights take it.
    pub top_k: Option<u32>,
    /// The least probability of a token, as a share of the likeliest one's; 0 to 1. As `top_k`.
    pub min_p: f64,
    /// What the log probability of a token is multiplied by that was said before; none means 1.
    /// As `top_k`.
    pub repetition_penalty: Option<f64>,
    /// The request's own seed.
    pub seed: Option<i64>,
}

impl Sampling {
    /// True where only the provider's own parameters are set.
    fn is_of_the_provider(&self) -> bool {
        self.top_k.is_none() && self.min_p == 0.0 && self.repetition_penalty.is_none()
    }

    /// True where nothing bends the model's own distribution.
    pub fn is_plain(&self) -> bool {
        self.temperature.is_none_or(|t| t == 1.0)
            && self.top_p.is_none_or(|p| p == 1.0)
            && self.frequency_penalty == 0.0
            && self.presence_penalty == 0.0
            && self.logit_bias.is_empty()
            && self.top_k.is_none()
            && self.min_p == 0.0
            && self.repetition_penalty.is_none_or(|penalty| penalty == 1.0)
    }
}

impl Hash for Sampling {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.temperature.map(f64::to_bits).hash(state);
        self.top_p.map(f64::to_bits).hash(state);
        self.frequency_penalty.to_bits().hash(state);
        self.presence_penalty.to_bits().hash(state);
        self.logit_bias.len().hash(state);
        for (id, bias) in &self.logit_bias {
            (id, bias.to_bits()).hash(state);
        }
        self.seed.hash(state);
        if !self.is_of_the_provider() {
            self.top_k.hash(state);
            self.min_p.to_bits().hash(state);
            self.repetition_penalty.map(f64::to_bits).hash(state);
        }
    }
}

/// Where an answer ends at the latest, and at the earliest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Limits {
    /// The most tokens a choice, reasoning included.
    pub max_tokens: Option<u32>,
    /// The most tokens of the prompt; beyond them nothing is said.
    pub max_prompt_tokens: Option<u32>,
    /// Texts that end the answer and are not sent.
    pub stop: Vec<String>,
    /// Tokens that end the answer and are not sent. Only servers of open weights take them.
    pub stop_ids: Vec<TokenId>,
    /// Whether what ended the answer is sent all the same. As `stop_ids`.
    pub keeps_stop: bool,
    /// The fewest tokens of a free text.
    pub min_tokens: u32,
    /// Whether a free text goes on until the limit.
    pub ignore_eos: bool,
    /// The most calls of hosted tools; further ones are not made.
    pub hosted_calls: Option<u32>,
}

/// How much a model reasons and what it shows of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Reasoning {
    /// The effort asked for; none means the model's default.
    pub effort: Option<Effort>,
    /// Whether summaries are wanted.
    pub summary: bool,
}

/// Effort of reasoning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effort {
    /// No reasoning.
    None,
    /// Next to none.
    Minimal,
    /// Little.
    Low,
    /// The usual.
    Medium,
    /// Much.
    High,
    /// More than that.
    XHigh,
    /// As much as there is.
    Max,
}

impl Effort {
    /// The word for it on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Effort::None => "none",
            Effort::Minimal => "minimal",
            Effort::Low => "low",
            Effort::Medium => "medium",
            Effort::High => "high",
            Effort::XHigh => "xhigh",
            Effort::Max => "max",
        }
    }
}

/// How long a text is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Verbosity {
    /// Short.
    Low,
    /// The usual.
    #[default]
    Medium,
    /// Long.
    High,
}

/// Vectors for inputs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Embed {
    /// The model.
    pub model: String,
    /// The inputs, in order.
    pub inputs: Vec<TextInput>,
    /// The length of the vectors; none means the model's own.
    pub dimensions: Option<u32>,
}

/// A text, or its tokens.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TextInput {
    /// As text.
    Text(String),
    /// As token ids of the model's vocabulary.
    Tokens(Vec<TokenId>),
}

/// Judgements on inputs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Moderate {
    /// The model.
    pub model: String,
    /// The inputs, in order; each gets a verdict.
    pub inputs: Vec<ModerateInput>,
}

/// One input of a moderation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ModerateInput {
    /// Texts and images judged together.
    pub parts: Vec<Part>,
}
