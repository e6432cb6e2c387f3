//! Answers made from the contract alone: valid, deterministic for a seed, and with what the body
//! says where the answer has a property of that name.

use std::sync::Arc;

use bytes::Bytes;
use fakeai_canon::{Alphabet, Micros, Rng, Seed};
use fakeai_contract::{Contract, Hint, Operation, PathParams, Source};
use serde_json::Value;

use crate::{Answer, Body, Context, Next, ids};

pub(crate) fn answer(
    operation: &Operation,
    params: &PathParams,
    body: &Value,
    context: &Context,
) -> Answer {
    let contract = fakeai_contract::openai();
    let mut source = Choices {
        rng: context.seed.fork("made up").rng(),
        now: context.now,
    };
    let body = match contract.respond(operation, params, &mut source) {
        Some(object) => Body::Json(Arc::new(echo(contract, operation, object, body))),
        None => without_json(operation),
    };
    Answer {
        status: operation.success_status(),
        body,
        location: None,
        next: Next::default(),
    }
}

/// What goes out where the contract has no JSON: nothing, or a few bytes of the media type.
fn without_json(operation: &Operation) -> Body {
    match operation
        .success()
        .and_then(|answer| answer.media.as_deref())
    {
        Some(media) => Body::Bytes {
            media: media.to_owned(),
            bytes: Bytes::from_static(b"made up\n"),
        },
        None => Body::Empty,
    }
}

/// The made-up object with the body's properties, as far as it stays valid.
fn echo(contract: &Contract, operation: &Operation, mut object: Value, body: &Value) -> Value {
    let (Some(properties), true) = (body.as_object(), object.is_object()) else {
        return object;
    };
    let status = operation.success_status();
    for (name, value) in properties {
        let Some(made_up) = object.get(name).cloned() else {
            continue;
        };
        object[name.as_str()] = value.clone();
        let valid = contract.check_response(operation, status, "application/json", &object, &[]);
        if valid.is_err() {
            object[name.as_str()] = made_up;
        }
    }
    object
}

/// Values for a made-up object: short words, ids in the shape of ids, the world's time.
struct Choices {
    rng: Rng,
    now: Micros,
}

impl Source for Choices {
    fn string(&mut self, hint: &Hint<'_>) -> String {
        let name = hint.name;
        if let Some(object) = name.strip_suffix("_id") {
            let seed = Seed(self.rng.next_u64());
            let unknown = || seed.id(&format!("{object}_"), Alphabet::Alphanumeric, 24);
            return ids::of(object, seed).unwrap_or_else(unknown);
        }
        if name == "id" {
            return Seed(self.rng.next_u64()).id("id_", Alphabet::Alphanumeric, 24);
        }
        if name.is_empty() {
            "made up".to_owned()
        } else {
            name.replace('_', " ")
        }
    }

    fn integer(&mut self, hint: &Hint<'_>, low: i64, high: i64) -> i64 {
        if hint.name.ends_with("_at") || hint.name == "created" {
            let seconds = i64::try_from(self.now.whole_seconds()).unwrap_or(i64::MAX);
            return seconds.clamp(low, high);
        }
        self.rng.between(
            low.max(0).min(high),
            high.min(low.max(0).saturating_add(100)),
        )
    }

    fn number(&mut self, _: &Hint<'_>, low: f64, high: f64) -> f64 {
        let (low, high) = (low.max(0.0).min(high), high.min(low.max(0.0) + 1.0));
        low + (high - low) * self.rng.unit()
    }

    fn boolean(&mut self, _: &Hint<'_>) -> bool {
        self.rng.chance(0.5)
    }

    fn pick(&mut self, _: usize) -> usize {
        0
    }
}
