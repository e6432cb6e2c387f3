//! Realtime: keys that live for minutes, with the session that they open. The sessions themselves
//! are lived elsewhere.

use std::sync::Arc;

use fakeai_canon::{Alphabet, ApiError, Micros};
use serde_json::{Map, Value, json};

use super::{Hooks, forget};
use crate::apply::Site;
use crate::store::{Change, Record};
use crate::{Answer, Outcome, ids};

pub(super) const FAMILY: &str = "realtime.client_secrets";

pub(super) static HOOKS: Hooks = Hooks {
    family: FAMILY,
    acts: &[
        ("create-realtime-client-secret", client_secret),
        (
            "create-realtime-translation-client-secret",
            translation_secret,
        ),
        ("create-realtime-session", session),
        (
            "create-realtime-transcription-session",
            transcription_session,
        ),
    ],
    // A key that has expired opens nothing any more.
    due: Some(forget),
    expires: true,
    ..Hooks::NONE
};

/// Seconds that a key lives, where its maker does not say.
const SECONDS: u64 = 600;
/// Seconds that a key of the older endpoints lives.
const SHORT_SECONDS: u64 = 60;

/// A key with its expiry, to be stored until then.
struct Key {
    value: String,
    expiry: Micros,
    session: String,
}

fn key(site: &Site<'_>, seconds: u64) -> Key {
    let seed = site.context.seed.fork("key");
    let session = site.context.seed.fork("session");
    Key {
        value: ids::of("realtime.client_secret", seed)
            .unwrap_or_else(|| seed.id("ek_", Alphabet::Hex, 32)),
        expiry: site.context.now + Micros::from_seconds(seconds as f64),
        session: ids::of("realtime.session", session)
            .unwrap_or_else(|| session.id("sess_", Alphabet::Alphanumeric, 21)),
    }
}

/// The answer that shows a key once, and keeps it with the session that it opens. The session has
/// all that was sent, the answer what the contract shows of it.
fn kept(site: &Site<'_>, key: &Key, session: &Value, answer: Value) -> Outcome {
    let shown = site.call.operation.success().and_then(|row| row.schema);
    let answer = match shown {
        Some(schema) => fakeai_contract::openai().told(schema, answer),
        None => answer,
    };
    let mut answer = Answer::json(Arc::new(answer));
    answer.next.changes.push(Change::Put(Record {
        project: None,
        family: FAMILY,
        id: key.value.clone(),
        parent: None,
        created: site.context.now,
        object: Arc::new(json!({"id": key.value, "session": session})),
        private: Value::Null,
        due: Some(key.expiry),
        blob: None,
    }));
    Outcome::Answer(answer)
}

fn life(site: &Site<'_>) -> u64 {
    site.call.body["expires_after"]["seconds"]
        .as_u64()
        .unwrap_or(SECONDS)
}

fn client_secret(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let key = key(site, life(site));
    let sent = &site.call.body["session"];
    let session = if sent["type"] == "transcription" {
        transcription(&key, sent)
    } else {
        conversation(&key, sent)
    };
    Ok(kept(site, &key, &session, secret(&key, &session)))
}

fn secret(key: &Key, session: &Value) -> Value {
    json!({
        "value": key.value,
        "expires_at": key.expiry.whole_seconds(),
        "session": session,
    })
}

/// A session as the current interface has it, with what was sent laid over the defaults.
fn conversation(key: &Key, sent: &Value) -> Value {
    let mut session = usual_session(&key.session, "realtime", 0);
    session["model"] = json!("gpt-realtime");
    lay_over(&mut session, sent);
    session
}

fn transcription(key: &Key, sent: &Value) -> Value {
    let mut session = usual_session(&key.session, "transcription", 0);
    lay_over(&mut session, sent);
    session
}

/// A session of that kind (`realtime`, or `transcription`) as it is before anybody asks for anything.
pub fn usual_session(id: &str, kind: &str, expires_at: u64) -> Value {
    let mut turns = json!({
        "type": "server_vad",
        "threshold": 0.5,
        "prefix_padding_ms": 300,
        "silence_duration_ms": 200,
    });
    let pcm = json!({"type": "audio/pcm", "rate": 24000});
    if kind == "transcription" {
        return json!({
            "type": "transcription",
            "object": "realtime.transcription_session",
            "id": id,
            "expires_at": expires_at,
            "audio": {"input": {"format": pcm, "turn_detection": turns}},
        });
    }
    turns["create_response"] = json!(true);
    turns["interrupt_response"] = json!(true);
    json!({
        "type": "realtime",
        "object": "realtime.session",
        "id": id,
        "model": null,
        "output_modalities": ["audio"],
        "instructions": "",
        "tools": [],
        "tool_choice": "auto",
        "max_output_tokens": "inf",
        "tracing": null,
        "truncation": "auto",
        "prompt": null,
        "expires_at": expires_at,
        "audio": {
            "input": {"format": pcm, "turn_detection": turns},
            "output": {"format": pcm, "voice": "alloy", "speed": 1.0},
        },
    })
}

/// Puts what was sent in the place of the defaults, object by object.
fn lay_over(defaults: &mut Value, sent: &Value) {
    match (defaults, sent) {
        (Value::Object(defaults), Value::Object(sent)) => {
            for (name, value) in sent {
                lay_over(defaults.entry(name).or_insert(Value::Null), value);
            }
        }
        (_, Value::Null) => {}
        (place, sent) => *place = sent.clone(),
    }
}

fn translation_secret(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let key = key(site, life(site));
    let mut session = json!({
        "id": key.session,
        "type": "translation",
        "expires_at": key.expiry.whole_seconds(),
        "model": "gpt-realtime-translate",
        "audio": {
            "input": {"transcription": null, "noise_reduction": null},
            "output": {"language": "en"},
        },
    });
    lay_over(&mut session, &site.call.body["session"]);
    Ok(kept(site, &key, &session, secret(&key, &session)))
}

/// The older interface: the session itself, with the key in it.
fn session(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let key = key(site, SHORT_SECONDS);
    let mut session = json!({
        "id": key.session,
        "object": "realtime.session",
        "expires_at": 0,
        "output_modalities": ["audio"],
        "instructions": "",
        "tools": [],
        "tool_choice": "auto",
        "max_output_tokens": "inf",
        "model": "gpt-realtime",
    });
    let body = &site.call.body;
    let renamed = [
        ("model", "model"),
        ("modalities", "output_modalities"),
        ("instructions", "instructions"),
        ("tools", "tools"),
        ("tool_choice", "tool_choice"),
        ("max_response_output_tokens", "max_output_tokens"),
        ("turn_detection", "turn_detection"),
        ("tracing", "tracing"),
    ];
    for (sent, shown) in renamed {
        lay_over(&mut session[shown], &body[sent]);
    }
    for optional in ["turn_detection", "tracing"] {
        if session[optional].is_null() {
            drop_property(&mut session, optional);
        }
    }
    let answer = session.clone();
    Ok(kept(site, &key, &session, answer))
}

fn drop_property(object: &mut Value, name: &str) {
    if let Some(properties) = object.as_object_mut() {
        properties.shift_remove(name);
    }
}

fn transcription_session(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let key = key(site, SHORT_SECONDS);
    let body = &site.call.body;
    let mut session = Map::new();
    let secret = json!({"value": key.value, "expires_at": key.expiry.whole_seconds()});
    session.insert("client_secret".to_owned(), secret);
    session.insert("modalities".to_owned(), json!(["audio", "text"]));
    let format = body["input_audio_format"].as_str().unwrap_or("pcm16");
    session.insert("input_audio_format".to_owned(), json!(format));
    let heard = &body["input_audio_transcription"];
    if heard.is_object() {
        session.insert("input_audio_transcription".to_owned(), heard.clone());
    }
    let mut turns = json!({
        "type": "server_vad",
        "threshold": 0.5,
        "prefix_padding_ms": 300,
        "silence_duration_ms": 200,
    });
    lay_over(&mut turns, &body["turn_detection"]);
    session.insert("turn_detection".to_owned(), turns);
    let session = Value::Object(session);
    let answer = session.clone();
    Ok(kept(site, &key, &session, answer))
}
