//! What a session asks for: an answer, by its settings with those of the answer laid over them and the
//! items that are read for it; or the transcript of what it has heard.

use fakeai_canon::{ApiError, Generate, Input, Limits, Mode, Reasoning, Speech, ToolChoice, Work};
use serde_json::Value;

use super::answer::Answer;
use super::g711::CompandingLaw;
use super::items;
use super::listen::{Transcript, listening};
use super::response::Response;
use crate::openai::fields::Fields;
use crate::openai::{responses, sampling, tool, voices};
use crate::{Context, Decoded, Opened};

/// Opens `connectRealtime`.
///
/// # Errors
/// In realistic mode: a voice that nobody has, an image that is none.
pub(super) fn open(call: Decoded, context: &Context<'_>) -> Result<Opened, ApiError> {
    let mut body = Fields::of(call.body);
    if let Some(wanted) = body.take("listen") {
        return Ok(listen(&wanted));
    }
    let settings = body.take("response").unwrap_or_default();
    let given = body.array("items").unwrap_or_default();
    let instructions = settings["instructions"].as_str().unwrap_or_default();
    let messages = items::messages(instructions, &given, context.mode)?;
    let output = &settings["audio"]["output"];
    let speaks = is_spoken(&settings);
    let voice = voice(output);
    if speaks && context.mode == Mode::Realistic {
        let is_own = |voice: &str| context.shelf.object("voices", voice).is_some();
        voices::check_realtime_voice(&voice, "response.audio.output.voice", &is_own)?;
    }
    let tools = settings["tools"].as_array().into_iter().flatten();
    let tools = tools.filter(|tool| tool["type"] == "function" || tool["type"].is_null());
    let tools: Vec<_> = tools
        .map(|value| tool::function(Fields::of(value.clone())))
        .collect();
    let choice = match responses::choice(&settings["tool_choice"]) {
        // What is not there can't be called.
        ToolChoice::Named(name) if !tools.iter().any(|tool| tool.name() == name) => {
            ToolChoice::Auto
        }
        choice => choice,
    };
    let effort = settings["reasoning"]["effort"].as_str();
    let work = Generate {
        model: body.string("model").unwrap_or_default(),
        input: Input::Chat(messages),
        tool_choice: choice,
        tools,
        parallel_calls: settings["parallel_tool_calls"].as_bool().unwrap_or(true),
        limits: Limits {
            max_tokens: settings["max_output_tokens"]
                .as_u64()
                .map(|most| most as u32),
            ..Limits::default()
        },
        reasoning: Reasoning {
            effort: effort.and_then(sampling::effort),
            summary: false,
        },
        choices: 1,
        candidates: 1,
        speech: speaks.then(|| Speech {
            voice,
            format: "pcm16".to_owned(),
        }),
        ..Generate::default()
    };
    let truncate = settings["truncation"] != "disabled";
    let law = CompandingLaw::of(output["format"]["type"].as_str().unwrap_or_default());
    let answer = Answer::new(
        Response::of(&settings, body.string("conversation_id")),
        body.string("previous_item_id"),
        law,
    );
    Ok(Opened {
        work: Work::Generate(Box::new(work)),
        encoder: Box::new(answer),
        stream: true,
        background: false,
        truncate,
    })
}

/// A transcript of what an item has in sound.
fn listen(wanted: &Value) -> Opened {
    let count = |name: &str| wanted[name].as_u64().unwrap_or_default();
    let transcription = &wanted["transcription"];
    let mut work = listening(transcription, count("sound"), count("milliseconds"));
    work.logprobs = wanted["logprobs"] == true && !work.model.starts_with("whisper");
    let item = wanted["item_id"].as_str().unwrap_or_default().to_owned();
    Opened {
        encoder: Box::new(Transcript::new(item, &work)),
        work: Work::Transcribe(work),
        stream: true,
        background: false,
        truncate: false,
    }
}

fn is_spoken(settings: &Value) -> bool {
    let mut kinds = settings["output_modalities"]
        .as_array()
        .into_iter()
        .flatten();
    kinds.any(|kind| kind == "audio")
}

fn voice(output: &Value) -> String {
    let voice = &output["voice"];
    let name = voice.as_str().or_else(|| voice["id"].as_str());
    name.unwrap_or_default().to_owned()
}
