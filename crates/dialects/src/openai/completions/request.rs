//! Reads the body of a completion. It rejects nothing.

use fakeai_canon::{Format, Generate, Input, RawPrompt, Reasoning, ToolChoice, Verbosity};
use serde_json::Value;

use super::logprobs::Offsets;
use crate::openai::fields::Fields;
use crate::openai::stream_options::StreamOptions;
use crate::openai::{sampling, tool};

/// Tokens of an answer where the request does not say.
const DEFAULT_MAX_TOKENS: u32 = 16;

/// What a request asks for.
pub(super) struct Request {
    /// The work.
    pub(super) work: Generate,
    /// How the stream is to look; none where there is none.
    pub(super) stream: Option<StreamOptions>,
    /// Whether it wants the tokens' ids.
    pub(super) wants_ids: bool,
    /// Where the texts begin; none where no logprobs were asked for.
    pub(super) offsets: Option<Offsets>,
}

impl Request {
    /// Reads everything but the model's name, which has been taken out already.
    pub(super) fn read(mut body: Fields, model: String) -> Self {
        let prompts = prompts(body.take("prompt"));
        let choices = body.count("n").unwrap_or(1).max(1);
        let echo = body.boolean("echo").unwrap_or(false);
        let logprobs = body.count("logprobs").map(|count| count.min(5) as u8);
        let stream = body.boolean("stream").unwrap_or(false);
        let options = StreamOptions::read(body.object("stream_options"));
        let offsets = logprobs.map(|alternatives| {
            Offsets::of(if echo { &[] } else { &prompts }, choices, alternatives)
        });
        let work = Generate {
            model,
            input: Input::Raw(prompts),
            tools: Vec::new(),
            tool_choice: ToolChoice::None,
            skills: Vec::new(),
            parallel_calls: false,
            format: format(&mut body),
            sampling: sampling::sampling(&mut body),
            limits: {
                let most = body.count("max_tokens").unwrap_or(DEFAULT_MAX_TOKENS);
                sampling::limits(&mut body, Some(most))
            },
            reasoning: Reasoning::default(),
            verbosity: Verbosity::default(),
            choices,
            candidates: body.count("best_of").unwrap_or(1).max(choices),
            logprobs,
            echo,
            suffix: body.string("suffix"),
            prediction: None,
            speech: None,
            moderation: None,
            screened: false,
        };
        Self {
            work,
            stream: stream.then_some(options),
            wants_ids: body.boolean("return_token_ids").unwrap_or(false),
            offsets,
        }
    }
}

/// What the text is bound to, by the fields of servers of open weights.
fn format(body: &mut Fields) -> Format {
    let asked = body.take("response_format").map(tool::format);
    let asked = asked.filter(|format| *format != Format::Text);
    asked.or_else(|| sampling::guided(body)).unwrap_or_default()
}

/// A text, token ids, or several of either. No prompt is an empty one.
fn prompts(value: Option<Value>) -> Vec<RawPrompt> {
    let prompts = match value {
        Some(Value::String(text)) => vec![RawPrompt::Text(text)],
        Some(Value::Array(items)) if items.first().is_some_and(Value::is_number) => {
            vec![RawPrompt::Tokens(sampling::token_ids(&items))]
        }
        Some(Value::Array(items)) => items.into_iter().map(prompt).collect(),
        _ => Vec::new(),
    };
    if prompts.is_empty() {
        vec![RawPrompt::Text(String::new())]
    } else {
        prompts
    }
}

fn prompt(value: Value) -> RawPrompt {
    match value {
        Value::Array(ids) => RawPrompt::Tokens(sampling::token_ids(&ids)),
        Value::String(text) => RawPrompt::Text(text),
        _ => RawPrompt::Text(String::new()),
    }
}
