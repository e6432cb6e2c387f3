//! A text in, its continuation out, at once or as a stream: reads the body; `output` writes the answer.
//! <https://docs.nvidia.com/deeplearning/triton-inference-server/user-guide/docs/protocol/extension_generate.html>
//!
//! ```text
//! {"text_input":"What is machine learning?","max_tokens":20,"stop_words":[]}
//! {"model_name":"ensemble","model_version":"1","sequence_end":false,"sequence_id":0,
//!  "sequence_index":0,"sequence_start":false,"text_output":" Machine learning is…"}
//! ```

use fakeai_canon::{
    ApiError, Generate, Input, Limits, Mode, RawPrompt, Sampling, ToolChoice, Work,
};
use serde_json::{Map, Value};

use super::output::{Output, Shape};
use crate::openai::fields::{Fields, into_string};
use crate::openai::model;
use crate::{Context, Decoded, Endpoint, Opened};

/// Answers where neither the request nor the server's settings name a model.
const DEFAULT_MODEL: &str = "meta-llama/Llama-3.1-8B-Instruct";
/// Tokens of an answer where the contract alone holds.
const DEFAULT_MAX_TOKENS: u32 = 16;
/// The models that TensorRT-LLM's repository has which take a text; any of them answers.
const NAMES: [&str; 2] = ["ensemble", "tensorrt_llm_bls"];

/// `tritonGenerate`.
pub(super) const WHOLE: Endpoint = Endpoint {
    operation: "tritonGenerate",
    open: whole,
};

/// `tritonGenerateStream`.
pub(super) const STREAM: Endpoint = Endpoint {
    operation: "tritonGenerateStream",
    open: stream,
};

fn whole(call: Decoded, context: &Context<'_>) -> Result<Opened, ApiError> {
    open(call, context, false)
}

fn stream(call: Decoded, context: &Context<'_>) -> Result<Opened, ApiError> {
    open(call, context, true)
}

fn open(call: Decoded, context: &Context<'_>, stream: bool) -> Result<Opened, ApiError> {
    let mut params = call.params.into_iter();
    let asked = params.find(|(name, _)| name == "model_name");
    let asked = asked.map(|(_, value)| value).unwrap_or_default();
    let mut body = inputs(call.body);
    let served = body.string("model");
    let served = served.unwrap_or_else(|| DEFAULT_MODEL.to_owned());
    if context.mode == Mode::Realistic {
        check(&asked, &served, &body)?;
    }
    let text = body.string("text_input").unwrap_or_default();
    let logprobs = body.boolean("return_log_probs").unwrap_or(false);
    let shape = Shape {
        model: asked,
        logprobs,
        in_pieces: stream && body.boolean("stream").unwrap_or(false),
        accumulates: body.boolean("accumulate_tokens").unwrap_or(false),
        stream,
    };
    let facts = model::look_up(context.catalog, &served);
    let work = Generate {
        model: facts.id.clone(),
        input: Input::Raw(vec![RawPrompt::Text(text)]),
        tool_choice: ToolChoice::None,
        limits: limits(&mut body),
        sampling: draws(&mut body),
        choices: 1,
        candidates: 1,
        logprobs: logprobs.then_some(0),
        ..Generate::default()
    };
    Ok(Opened {
        work: Work::Generate(Box::new(work)),
        encoder: Box::new(Output::new(shape)),
        stream,
        background: false,
        truncate: false,
    })
}

/// The inputs, of which some may stand in `parameters`.
fn inputs(body: Value) -> Fields {
    let mut body = match body {
        Value::Object(body) => body,
        _ => Map::new(),
    };
    if let Some(Value::Object(more)) = body.remove("parameters") {
        for (name, value) in more {
            body.entry(name).or_insert(value);
        }
    }
    Fields::of(Value::Object(body))
}

/// Whether the model is there and has what it needs.
fn check(asked: &str, served: &str, body: &Fields) -> Result<(), ApiError> {
    let own = served.rsplit('/').next().unwrap_or(served);
    if !NAMES.contains(&asked) && asked != own {
        return Err(ApiError::not_found(format!(
            "Request for unknown model: '{asked}' is not found"
        )));
    }
    let required = ["text_input", "max_tokens"];
    let missing: Vec<_> = required.iter().filter(|name| !body.has(name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let listed = |names: Vec<String>| format!("[{}]", names.join(","));
    let quoted = |name: &&&str| format!("'{name}'");
    let got = required.iter().filter(|name| body.has(name));
    let got = listed(got.collect::<Vec<_>>().iter().map(quoted).collect());
    Err(ApiError::invalid(format!(
        "expected 2 inputs but got {} inputs for model '{asked}'. Got input(s) {got}, but missing \
         required input(s) {}. Please provide all required input(s).",
        required.len() - missing.len(),
        listed(missing.iter().map(quoted).collect()),
    )))
}

fn limits(body: &mut Fields) -> Limits {
    let stop = match body.take("stop_words") {
        Some(Value::Array(words)) => words.into_iter().filter_map(into_string).collect(),
        Some(Value::String(word)) => vec![word],
        _ => Vec::new(),
    };
    let most = body.count("max_tokens").unwrap_or(DEFAULT_MAX_TOKENS);
    Limits {
        max_tokens: Some(most),
        stop: stop.into_iter().filter(|word| !word.is_empty()).collect(),
        min_tokens: body.count("min_length").unwrap_or(0).min(most),
        ..Limits::default()
    }
}

fn draws(body: &mut Fields) -> Sampling {
    Sampling {
        temperature: body.number("temperature"),
        // Nothing of the probable, and all of it, are no bound.
        top_p: body.number("top_p").filter(|share| *share > 0.0),
        top_k: body.count("top_k").filter(|most| *most > 0),
        seed: body.integer("random_seed"),
        repetition_penalty: body.number("repetition_penalty"),
        presence_penalty: body.number("presence_penalty").unwrap_or(0.0),
        frequency_penalty: body.number("frequency_penalty").unwrap_or(0.0),
        ..Sampling::default()
    }
}
