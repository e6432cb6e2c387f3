//! `POST /responses`: reads a request for a response.
//! <https://platform.openai.com/docs/api-reference/responses/create>
//!
//! ```json
//! {"model": "gpt-4.1", "input": "Tell me a story.", "stream": true}
//! ```

use fakeai_canon::{ApiError, Generate, Input, Limits, Mode, Reasoning, Sampling, Verbosity, Work};
use fakeai_catalog::{Model, ReasoningText};
use serde_json::Value;

use super::super::fields::Fields;
use super::super::{model, moderations, sampling};
use super::answer::{Answer, Setup};
use super::content::text;
use super::hosted::Wanted;
use super::request::{self, Turn};
use super::{compact, object, rules, tools};
use crate::{Context, Decoded, Opened};

/// Reads the request.
///
/// # Errors
/// In realistic mode the provider's for a rule that is broken, or for something that is not there.
pub(super) fn open(call: Decoded, context: &Context<'_>) -> Result<Opened, ApiError> {
    let mut body = Fields::of(call.body);
    let name = request::model_name(&mut body, context)?;
    let model = request::facts(context, &name);
    if context.mode == Mode::Realistic {
        rules::body(&body, &model)?;
        if let Some(wish) = body.peek("moderation") {
            moderations::check_wanted(wish, "moderation.model", context)?;
        }
    }
    let mut turn = request::turn(&mut body, context)?;
    if context.mode == Mode::Realistic {
        rules::turn(&turn, &body, &model)?;
    }
    let compaction = compact::threshold(&body, &model)
        .map(|threshold| (threshold, compact::digest(&turn.messages)));
    let work = Box::new(generate(name, &body, &mut turn));
    let work = match turn.compaction_wanted {
        _ if !context.generates => Work::Count(work),
        true => Work::Compact(work),
        false => Work::Generate(work),
    };
    Ok(answered(work, turn, body, &model, compaction, context))
}

/// The work that a request asks for.
pub(super) fn generate(name: String, body: &Fields, turn: &mut Turn) -> Generate {
    let number = |name: &str| body.peek(name).and_then(Value::as_f64);
    let count = |name: &str| body.peek(name).and_then(Value::as_u64);
    let narrow = |most: u64| most.min(u64::from(u32::MAX)) as u32;
    if count("max_tool_calls") == Some(0) {
        turn.tools.without_hosted();
    }
    let reasoning = body.peek("reasoning");
    let shape = body.peek("text");
    Generate {
        model: name,
        input: Input::Chat(std::mem::take(&mut turn.messages)),
        tools: std::mem::take(&mut turn.tools.offered),
        tool_choice: std::mem::take(&mut turn.choice),
        parallel_calls: body
            .peek("parallel_tool_calls")
            .and_then(Value::as_bool)
            .unwrap_or(true),
        format: shape
            .and_then(|shape| shape.get("format"))
            .map(tools::format)
            .unwrap_or_default(),
        sampling: Sampling {
            temperature: number("temperature"),
            top_p: number("top_p"),
            ..Sampling::default()
        },
        limits: Limits {
            max_tokens: count("max_output_tokens").map(narrow),
            hosted_calls: count("max_tool_calls").map(narrow),
            ..Limits::default()
        },
        reasoning: reasoning.map(self::reasoning).unwrap_or_default(),
        verbosity: shape.map_or(Verbosity::Medium, |s| {
            sampling::verbosity(text(s, "verbosity"))
        }),
        choices: 1,
        candidates: 1,
        logprobs: includes(body, "message.output_text.logprobs")
            .then(|| count("top_logprobs").unwrap_or(0).min(20) as u8),
        moderation: body.peek("moderation").map(moderations::wanted),
        ..Generate::default()
    }
}

fn reasoning(given: &Value) -> Reasoning {
    Reasoning {
        effort: text(given, "effort").and_then(sampling::effort),
        summary: text(given, "summary")
            .or(text(given, "generate_summary"))
            .is_some(),
    }
}

fn includes(body: &Fields, wanted: &str) -> bool {
    let list = body.peek("include").and_then(Value::as_array);
    list.is_some_and(|list| list.iter().any(|name| name.as_str() == Some(wanted)))
}

/// Puts the work together with the encoder of its answer.
fn answered(
    work: Work,
    turn: Turn,
    mut body: Fields,
    model: &Model,
    compaction: Option<(u64, String)>,
    context: &Context<'_>,
) -> Opened {
    let is = |name: &str| body.peek(name).and_then(Value::as_bool);
    let stream = is("stream").unwrap_or(false);
    let background = is("background").unwrap_or(false);
    let asked = is("store");
    let store = asked.unwrap_or(true);
    let truncate = body.peek("truncation").and_then(Value::as_str) == Some("auto");
    let obfuscate = body
        .peek("stream_options")
        .is_some_and(|options| options["include_obfuscation"].as_bool() == Some(true));
    let setup = Setup {
        streams: stream || background,
        background,
        store,
        // Of the others somebody keeps the id in any case.
        unasked: asked.is_none() && !background && turn.conversation.is_none(),
        obfuscate,
        shows_reasoning: matches!(&model.reasoning, Some(r) if r.shows == ReasoningText::Content),
        key: context.seal,
        seals_reasoning: includes(&body, "reasoning.encrypted_content"),
        compacts: turn.compaction_wanted && context.generates,
        compaction,
        wanted: Wanted {
            sources: includes(&body, "web_search_call.action.sources"),
            results: includes(&body, "file_search_call.results"),
            outputs: includes(&body, "code_interpreter_call.outputs"),
        },
        files: object::files_at_hand(&work, &turn.tool_values),
        container: turn.container,
        conversation: turn.conversation,
        remembers: context.remembers && !store,
        before: turn.before,
        input: if store || context.remembers || body.has("conversation") {
            turn.input
        } else {
            Vec::new()
        },
        namespaces: turn.tools.namespaces,
        judge: body
            .peek("moderation")
            .map(|wish| model::answering(context.catalog, &moderations::wanted(wish).model)),
    };
    let name = model::answering(context.catalog, work.model());
    let conversation = setup.conversation.as_deref();
    let object = object::begin(&mut body, name, model, turn.tool_values, conversation);
    Opened {
        work,
        encoder: Box::new(Answer::new(setup, object)),
        stream,
        background,
        truncate,
    }
}
