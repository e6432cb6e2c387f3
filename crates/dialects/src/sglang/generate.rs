//! SGLang's native generation: a text or token ids in, text and counts out, at once or as a stream
//! whose events repeat all that was said before. Reads the body; `output` writes the answer.
//! <https://docs.sglang.ai/basic_usage/native_api.html>
//!
//! ```text
//! {"text":"The capital of France is","sampling_params":{"max_new_tokens":16},"stream":false}
//! {"text":" Paris…","output_ids":[…],"meta_info":{"id":"…","finish_reason":{"type":"length",
//!  "length":16},"prompt_tokens":6,"completion_tokens":16,"cached_tokens":0,…}}
//! ```

use std::sync::Arc;

use fakeai_canon::{
    ApiError, Format, Generate, Grammar, Input, Limits, Mode, RawPrompt, Sampling, Schema,
    ToolChoice, Work,
};
use fakeai_catalog::Endpoint as Serves;
use serde_json::Value;

use super::output::{Output, Shape};
use crate::openai::fields::{Fields, into_string};
use crate::openai::{model, sampling};
use crate::{Context, Decoded, Endpoint, Opened};

/// Answers where neither the request nor the server's settings name a model.
const DEFAULT_MODEL: &str = "meta-llama/Llama-3.1-8B-Instruct";
/// Tokens of an answer where the request does not say.
const DEFAULT_MAX_TOKENS: u32 = 128;
/// Answers of one request at most, and alternatives of a token.
const MOST_CHOICES: u32 = 128;
const MOST_ALTERNATIVES: u32 = 20;

/// `sglangGenerate`.
pub(super) const CREATE: Endpoint = Endpoint {
    operation: "sglangGenerate",
    open,
};

fn open(call: Decoded, context: &Context<'_>) -> Result<Opened, ApiError> {
    let mut body = Fields::of(call.body);
    let name = body.string("model");
    let name = name.unwrap_or_else(|| DEFAULT_MODEL.to_owned());
    let facts = model::look_up(context.catalog, &name);
    if context.mode == Mode::Realistic && !facts.serves(Serves::Completions) {
        return Err(ApiError::invalid(format!(
            "The model '{name}' does not generate from a plain prompt."
        )));
    }
    let (prompts, is_list) = prompts(&mut body, context.mode)?;
    let stream = body.boolean("stream").unwrap_or(false);
    let mut params = body.object("sampling_params").unwrap_or_default();
    let choices = params.count("n").unwrap_or(1).clamp(1, MOST_CHOICES);
    let logprobs = body.boolean("return_logprob").unwrap_or(false);
    let alternatives = body.count("top_logprobs_num").unwrap_or(0);
    let from = body.integer("logprob_start_len").unwrap_or(-1);
    let format = format(&mut params)?;
    let limits = limits(&mut params);
    let shape = Shape {
        is_list: is_list || choices > 1,
        choices,
        logprobs,
        alternatives: alternatives > 0,
        input_from: usize::try_from(from).ok().filter(|_| logprobs),
        spells: body.boolean("return_text_in_logprobs").unwrap_or(false),
        prompts: prompts.clone(),
        stop: limits.stop.clone(),
        stop_ids: limits.stop_ids.clone(),
        vocabulary: fakeai_tokens::vocabulary_for(&facts.id),
    };
    let work = Generate {
        model: name,
        input: Input::Raw(prompts),
        tool_choice: ToolChoice::None,
        format,
        limits,
        sampling: draws(&mut params),
        choices,
        candidates: choices,
        logprobs: logprobs.then_some(alternatives.min(MOST_ALTERNATIVES) as u8),
        echo: shape.input_from.is_some(),
        ..Generate::default()
    };
    Ok(Opened {
        work: Work::Generate(Box::new(work)),
        encoder: Box::new(Output::new(shape, stream)),
        stream,
        background: false,
        truncate: false,
    })
}

/// The prompts, and whether they came as a list.
fn prompts(body: &mut Fields, mode: Mode) -> Result<(Vec<RawPrompt>, bool), ApiError> {
    let ids = |values: &[Value]| RawPrompt::Tokens(sampling::token_ids(values));
    match (body.take("text"), body.take("input_ids")) {
        (Some(Value::String(text)), None) => Ok((vec![RawPrompt::Text(text)], false)),
        (Some(Value::Array(texts)), None) => {
            let texts = texts.into_iter().filter_map(into_string);
            Ok((texts.map(RawPrompt::Text).collect(), true))
        }
        (None, Some(Value::Array(values))) if values.iter().all(Value::is_number) => {
            Ok((vec![ids(&values)], false))
        }
        (None, Some(Value::Array(lists))) => {
            let lists = lists.iter().filter_map(Value::as_array);
            Ok((lists.map(|list| ids(list)).collect(), true))
        }
        // The contract alone asks for neither.
        _ if mode == Mode::Mock => Ok((vec![RawPrompt::Text(String::new())], false)),
        _ => Err(ApiError::invalid(
            "Either text, input_ids or input_embeds should be provided.",
        )),
    }
}

/// What the text is bound to, by one of three fields at most.
fn format(params: &mut Fields) -> Result<Format, ApiError> {
    let mut given = ["json_schema", "regex", "ebnf"]
        .into_iter()
        .filter_map(|name| Some((name, params.take(name)?)))
        .filter(|(_, value)| !value.is_null());
    let Some((name, value)) = given.next() else {
        return Ok(Format::Text);
    };
    if given.next().is_some() {
        return Err(ApiError::invalid(
            "Only one of regex, json_schema, or ebnf can be set.",
        ));
    }
    match (name, value) {
        // What is bound to any JSON.
        ("json_schema", Value::String(text)) if text == "$$ANY$$" => Ok(Format::JsonObject),
        ("json_schema", Value::String(text)) => match serde_json::from_str(&text) {
            Ok(schema) => Ok(bound_to(schema)),
            Err(_) => Err(ApiError::invalid(format!(
                "Invalid grammar request: req.grammar_key=('json', '{text}')"
            ))),
        },
        ("json_schema", schema) => Ok(bound_to(schema)),
        (syntax, value) => Ok(Format::Grammar(Grammar {
            syntax: syntax.to_owned(),
            definition: into_string(value).unwrap_or_default(),
        })),
    }
}

fn bound_to(schema: Value) -> Format {
    Format::JsonSchema {
        name: "json_schema".to_owned(),
        schema: Schema(Arc::new(schema)),
        strict: false,
    }
}

fn limits(params: &mut Fields) -> Limits {
    let most = params.count("max_new_tokens").unwrap_or(DEFAULT_MAX_TOKENS);
    let keeps_stop = params.boolean("no_stop_trim").unwrap_or(false);
    let min_tokens = params.count("min_new_tokens").unwrap_or(0);
    Limits {
        keeps_stop,
        min_tokens,
        ..sampling::limits(params, Some(most))
    }
}

fn draws(params: &mut Fields) -> Sampling {
    Sampling {
        // Its own seed is named otherwise.
        seed: params.integer("sampling_seed"),
        ..sampling::sampling(params)
    }
}
