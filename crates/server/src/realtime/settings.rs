//! A session's settings, and how a client changes them.

use fakeai_canon::ApiError;
use fakeai_catalog::{Catalog, Endpoint, Model};
use fakeai_dialects::openai;
use serde_json::{Value, json};

/// The most tokens that an answer may be limited to, as the document says.
const MOST_TOKENS: i64 = 4096;

/// The settings with what was sent laid over them.
///
/// # Errors
/// The provider's: another kind of session, another model, a voice that is changed once something
/// was said in the first.
pub(super) fn updated(session: &Value, sent: &Value, has_spoken: bool) -> Result<Value, ApiError> {
    let (kind, wanted) = (&session["type"], &sent["type"]);
    if kind != wanted {
        let (kind, wanted) = (word(kind), word(wanted));
        return Err(ApiError::invalid(format!(
            "Passing a {wanted} session update event to a {kind} session is not allowed."
        ))
        .code("invalid_parameter")
        .param("session.type"));
    }
    let model = &sent["model"];
    if !model.is_null() && *model != session["model"] {
        return Err(ApiError::invalid(
            "The model of a session cannot be changed once it has begun.",
        )
        .code("cannot_update_model")
        .param("session.model"));
    }
    let mut updated = session.clone();
    lay_over(&mut updated, sent);
    complete(&mut updated);
    let voice = |session: &Value| session["audio"]["output"]["voice"].clone();
    if has_spoken && voice(&updated) != voice(session) {
        let problem = "Cannot update a conversation's voice if assistant audio is present.";
        return Err(ApiError::invalid(problem)
            .code("cannot_update_voice")
            .param("session.audio.output.voice"));
    }
    Ok(updated)
}

/// A session as events tell it.
pub(super) fn told(session: Value) -> Value {
    let contract = fakeai_contract::openai();
    let name = match session["type"].as_str() {
        Some("transcription") => "RealtimeTranscriptionSessionCreateResponseGA",
        _ => "RealtimeSessionCreateResponseGA",
    };
    match contract.schema(name) {
        Some(schema) => contract.told(schema, session),
        None => session,
    }
}

/// The settings of one answer: those of the session, with what the answer was asked for in their
/// place.
pub(super) fn of_answer(session: &Value, sent: &Value) -> Value {
    let mut settings = json!({});
    let kept = [
        "output_modalities",
        "instructions",
        "tools",
        "tool_choice",
        "parallel_tool_calls",
        "max_output_tokens",
        "reasoning",
        "truncation",
    ];
    for name in kept {
        settings[name] = session[name].clone();
    }
    settings["audio"] = json!({"output": session["audio"]["output"]});
    let mut sent = sent.clone();
    if let Some(sent) = sent.as_object_mut() {
        sent.shift_remove("input");
        sent.shift_remove("conversation");
    }
    lay_over(&mut settings, &sent);
    settings
}

/// Holds what was sent against rules that the contract lacks.
///
/// # Errors
/// The provider's: a combination of modalities that there is not, numbers out of bounds, a voice or a
/// listening model that there is not; and what is not served.
pub(super) fn check(
    sent: &Value,
    what: &str,
    has_voice: &dyn Fn(&str) -> bool,
) -> Result<(), ApiError> {
    let voice = &sent["audio"]["output"]["voice"];
    if let Some(voice) = voice.as_str().or_else(|| voice["id"].as_str()) {
        let param = format!("{what}.audio.output.voice");
        openai::check_realtime_voice(voice, &param, has_voice)?;
    }
    check_input(&sent["audio"]["input"])?;
    if let Some(kinds) = sent["output_modalities"].as_array()
        && (kinds.len() != 1)
    {
        let names: Vec<String> = kinds
            .iter()
            .map(|kind| format!("'{}'", word(kind)))
            .collect();
        return Err(ApiError::invalid(format!(
            "Invalid modalities: [{}]. Supported combinations are: ['text'] and ['audio'].",
            names.join(", ")
        ))
        .code("invalid_value")
        .param(format!("{what}.output_modalities")));
    }
    if let Some(most) = sent["max_output_tokens"].as_i64() {
        let name = format!("{what}.max_output_tokens");
        openai::at_least(&name, most, 1)?;
        openai::at_most(&name, most, MOST_TOKENS)?;
    }
    openai::metadata(sent.get("metadata"))?;
    let mut tools = sent["tools"].as_array().into_iter().flatten();
    for (place, tool) in tools.clone().enumerate() {
        if tool["type"] != "mcp" {
            let param = || format!("{what}.tools[{place}].name");
            openai::tool_name(word(&tool["name"]), &param)?;
        }
    }
    if tools.any(|tool| tool["type"] == "mcp") {
        let problem = "Remote MCP servers are not called in realtime sessions here.";
        return Err(ApiError::invalid(problem)
            .code("not_implemented")
            .param(format!("{what}.tools")));
    }
    if sent["prompt"].is_object() {
        let problem = "Prompt templates are not filled in in realtime sessions here.";
        return Err(ApiError::invalid(problem)
            .code("not_implemented")
            .param(format!("{what}.prompt")));
    }
    Ok(())
}

/// Who listens, and how turns are found.
fn check_input(input: &Value) -> Result<(), ApiError> {
    let catalog = Catalog::builtin();
    if let Some(name) = input["transcription"]["model"].as_str()
        && !catalog.resolve(name).serves(Endpoint::Transcriptions)
        && !catalog.resolve(name).serves(Endpoint::Realtime)
    {
        let listen = |model: &&Model| model.serves(Endpoint::Transcriptions);
        let names = catalog.models().filter(listen);
        let names: Vec<String> = names.map(|model| format!("'{}'", model.id)).collect();
        return Err(ApiError::invalid(format!(
            "Invalid value: '{name}'. Supported values are: {}.",
            names.join(", ")
        ))
        .code("invalid_value")
        .param("session.audio.input.transcription.model"));
    }
    let turns = &input["turn_detection"];
    let param = |name: &str| format!("session.audio.input.turn_detection.{name}");
    for name in ["prefix_padding_ms", "silence_duration_ms"] {
        openai::at_least(&param(name), turns[name].as_i64().unwrap_or_default(), 0)?;
    }
    let threshold = turns["threshold"].as_f64().unwrap_or_default();
    let (word, sign, bound, code) = match threshold {
        ..0.0 => ("below minimum", ">=", 0, "decimal_below_min_value"),
        0.0..=1.0 => return Ok(()),
        _ => ("above maximum", "<=", 1, "decimal_above_max_value"),
    };
    let param = param("threshold");
    Err(ApiError::invalid(format!(
        "Invalid '{param}': decimal {word} value. Expected a value {sign} {bound}, but got \
         {threshold} instead."
    ))
    .code(code)
    .param(param))
}

/// Puts what was sent in its place, object by object. An object of another `type`, and null, take the
/// whole place.
pub(super) fn lay_over(place: &mut Value, sent: &Value) {
    match (place, sent) {
        (Value::Object(held), Value::Object(sent)) if is_same_kind(held, sent) => {
            for (name, value) in sent {
                lay_over(held.entry(name).or_insert(Value::Null), value);
            }
        }
        (place, sent) => *place = sent.clone(),
    }
}

fn is_same_kind(
    held: &serde_json::Map<String, Value>,
    sent: &serde_json::Map<String, Value>,
) -> bool {
    match (held.get("type"), sent.get("type")) {
        (Some(held), Some(sent)) => held == sent,
        _ => true,
    }
}

/// Fills in what a client leaves to the provider of how turns are found.
pub(super) fn complete(session: &mut Value) {
    let answers = session["type"] == "realtime";
    let turns = &mut session["audio"]["input"]["turn_detection"];
    let mut usual = match turns["type"].as_str() {
        Some("server_vad") => json!({
            "threshold": 0.5,
            "prefix_padding_ms": 300,
            "silence_duration_ms": 200,
        }),
        Some("semantic_vad") => json!({"eagerness": "auto"}),
        _ => return,
    };
    if answers {
        usual["create_response"] = json!(true);
        usual["interrupt_response"] = json!(true);
    }
    if let (Some(turns), Value::Object(usual)) = (turns.as_object_mut(), usual) {
        for (name, value) in usual {
            turns.entry(name).or_insert(value);
        }
    }
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
