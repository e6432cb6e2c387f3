//! ChatKit sessions: a short-lived secret for a user of a workflow.

use fakeai_canon::{Alphabet, ApiError, Micros};
use serde_json::{Value, json};

use super::Hooks;
use crate::apply::{Moment, Site};
use crate::store::{Change, Record};
use crate::verbs::{self, Draft};
use crate::{Answer, Next, Outcome};

pub(super) static HOOKS: Hooks = Hooks {
    family: "chatkit.sessions",
    acts: &[("CancelChatSessionMethod", cancel)],
    created: Some(created),
    due: Some(expired),
    expires: true,
    ..Hooks::NONE
};

/// Seconds that a session lives, where its maker does not say.
const SECONDS: u64 = 600;
/// Requests a minute, where its maker does not say.
const REQUESTS: u64 = 10;

fn created(site: &Site<'_>, draft: &mut Draft) -> Result<(), ApiError> {
    let body = &site.call.body;
    let seconds = body["expires_after"]["seconds"].as_u64().unwrap_or(SECONDS);
    let expiry = site.context.now + Micros::from_seconds(seconds as f64);
    let limit = body["rate_limits"]["max_requests_per_1_minute"]
        .as_u64()
        .unwrap_or(REQUESTS);
    let seed = site.context.seed.fork("secret");
    let fields = [
        ("status", json!("active")),
        ("user", body["user"].clone()),
        ("expires_at", json!(expiry.whole_seconds())),
        ("client_secret", json!(seed.id("ek_", Alphabet::Hex, 64))),
        ("workflow", workflow(&body["workflow"])),
        ("max_requests_per_1_minute", json!(limit)),
        ("rate_limits", json!({"max_requests_per_1_minute": limit})),
        (
            "chatkit_configuration",
            configuration(&body["chatkit_configuration"]),
        ),
    ];
    for (name, value) in fields {
        draft.object.insert(name.to_owned(), value);
    }
    draft.record.due = Some(expiry);
    Ok(())
}

fn workflow(sent: &Value) -> Value {
    json!({
        "id": sent["id"],
        "version": sent["version"],
        "state_variables": sent["state_variables"],
        "tracing": {"enabled": sent["tracing"]["enabled"].as_bool().unwrap_or(true)},
    })
}

fn configuration(sent: &Value) -> Value {
    let flag = |name: &str, default| sent[name]["enabled"].as_bool().unwrap_or(default);
    let upload = &sent["file_upload"];
    json!({
        "automatic_thread_titling": {"enabled": flag("automatic_thread_titling", true)},
        "file_upload": {
            "enabled": flag("file_upload", false),
            "max_file_size": upload["max_file_size"].as_u64().unwrap_or(512),
            "max_files": upload["max_files"].as_u64().unwrap_or(10),
        },
        "history": {
            "enabled": flag("history", true),
            "recent_threads": sent["history"]["recent_threads"],
        },
    })
}

/// Cancels a session; one that is cancelled already stays so.
fn cancel(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let record = site.record()?;
    let answer = match record.object["status"].as_str() {
        Some("cancelled") => Answer::json(record.object.clone()),
        Some("expired") => return Err(ApiError::invalid(site.family.wording("expired"))),
        _ => verbs::replace(&without_deadline(&record), ended(&record, "cancelled")),
    };
    Ok(Outcome::Answer(answer))
}

fn without_deadline(record: &Record) -> Record {
    Record {
        due: None,
        ..record.clone()
    }
}

fn ended(record: &Record, status: &str) -> Value {
    let mut object = Value::clone(&record.object);
    object["status"] = json!(status);
    object
}

fn expired(_: &Moment<'_>, record: &Record) -> Result<Next, ApiError> {
    let change = Change::Replace(Record {
        object: std::sync::Arc::new(ended(record, "expired")),
        ..without_deadline(record)
    });
    Ok(Next {
        changes: vec![change],
        effects: Vec::new(),
    })
}
