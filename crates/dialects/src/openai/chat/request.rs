//! Reads the body of a chat completion. It rejects nothing but media that can't be read.

use fakeai_canon::{
    ApiError, Generate, Input, Limits, Message, Mode, Reasoning, Schema, Tool, ToolChoice,
};
use std::sync::Arc;

use crate::openai::fields::Fields;
use crate::openai::stream_options::StreamOptions;
use crate::openai::{message, moderations, sampling, tool};

use super::spoken;

/// What a request asks for.
pub(super) struct Request {
    /// The work, still without its messages.
    pub(super) work: Generate,
    /// The conversation.
    pub(super) messages: Vec<Message>,
    /// Whether it wants a stream.
    pub(super) stream: bool,
    /// How the stream is to look; none where there is none.
    pub(super) stream_options: Option<StreamOptions>,
    /// The tier as the answer will name it.
    pub(super) tier: &'static str,
    /// Whether it wants the tokens' ids.
    pub(super) wants_ids: bool,
    /// Whether it speaks of `functions` and not of `tools`.
    pub(super) old_style: bool,
}

/// Work with its messages.
pub(super) fn with_messages(mut work: Generate, messages: Vec<Message>) -> Generate {
    work.input = Input::Chat(messages);
    work
}

impl Request {
    /// Reads everything but the model's name, which has been taken out already.
    pub(super) fn read(mut body: Fields, model: String, mode: Mode) -> Result<Self, ApiError> {
        let messages = message::messages(body.array("messages").unwrap_or_default(), mode)?;
        let tools = Tools::read(&mut body);
        let choices = body.count("n").unwrap_or(1).max(1);
        let stream = body.boolean("stream").unwrap_or(false);
        let options = StreamOptions::read(body.object("stream_options"));
        let effort = body.string("reasoning_effort");
        let thoughtless = sampling::without_thinking(&mut body).then(|| "none".to_owned());
        let work = Generate {
            model,
            input: Input::default(),
            tools: tools.tools,
            tool_choice: tools.choice,
            skills: Vec::new(),
            parallel_calls: tools.parallel,
            format: body
                .take("response_format")
                .map(tool::format)
                .or_else(|| sampling::guided(&mut body))
                .unwrap_or_default(),
            sampling: sampling::sampling(&mut body),
            limits: limits(&mut body),
            reasoning: Reasoning {
                effort: effort
                    .or(thoughtless)
                    .and_then(|name| sampling::effort(&name)),
                summary: false,
            },
            verbosity: sampling::verbosity(body.string("verbosity").as_deref()),
            choices,
            candidates: choices,
            logprobs: logprobs(&mut body),
            echo: false,
            suffix: None,
            prediction: prediction(&mut body),
            speech: spoken::wanted(&mut body),
            moderation: body
                .take("moderation")
                .map(|wish| moderations::wanted(&wish)),
            screened: false,
        };
        Ok(Self {
            work,
            messages,
            stream,
            wants_ids: body.boolean("return_token_ids").unwrap_or(false),
            stream_options: stream.then_some(options),
            tier: tier(body.string("service_tier").as_deref()),
            old_style: tools.old_style,
        })
    }
}

/// The tools of a request, in whichever form they came.
struct Tools {
    tools: Vec<Tool>,
    choice: ToolChoice,
    parallel: bool,
    old_style: bool,
}

impl Tools {
    fn read(body: &mut Fields) -> Self {
        let mut tools = tool::tools(body.array("tools").unwrap_or_default());
        let functions = tool::functions(body.array("functions").unwrap_or_default());
        let old_style = tools.is_empty() && !functions.is_empty();
        let choice = body.take("tool_choice").map(tool::choice);
        let old_choice = body.take("function_call").map(tool::function_call);
        let mut choice = if old_style {
            old_choice
        } else {
            choice.or(old_choice)
        };
        tools.extend(functions);
        // Only a request that no rule was held against can name what it does not offer.
        let known = |name: &String| tools.iter().any(|tool| tool.name() == name);
        choice = choice.filter(|choice| !matches!(choice, ToolChoice::Named(name) if !known(name)));
        if let Some(settings) = body.take("web_search_options") {
            let settings = Schema(Arc::new(settings));
            tools.push(Tool::Hosted {
                kind: "web_search".to_owned(),
                settings,
            });
        }
        Self {
            tools,
            choice: choice.unwrap_or_default(),
            parallel: body.boolean("parallel_tool_calls").unwrap_or(true) && !old_style,
            old_style,
        }
    }
}

fn limits(body: &mut Fields) -> Limits {
    let old = body.count("max_tokens");
    let most = body.count("max_completion_tokens").or(old);
    sampling::limits(body, most)
}

fn logprobs(body: &mut Fields) -> Option<u8> {
    let alternatives = body.count("top_logprobs").unwrap_or(0).min(20) as u8;
    body.boolean("logprobs")
        .unwrap_or(false)
        .then_some(alternatives)
}

fn prediction(body: &mut Fields) -> Option<String> {
    body.object("prediction")?
        .take("content")
        .and_then(message::plain_text)
}

/// The tier that serves a request: `auto` leaves it to the project, whose tier is the default.
fn tier(asked: Option<&str>) -> &'static str {
    match asked {
        Some("flex") => "flex",
        Some("scale") => "scale",
        Some("priority") => "priority",
        Some("fast") => "fast",
        _ => "default",
    }
}
