//! What vLLM's server answers beside the provider's API, and how it refuses. These pages are there
//! where an engine is simulated, and those that name a model also where its weights are open; else
//! they are not there, as at the provider.
//! <https://docs.vllm.ai/en/stable/serving/openai_compatible_server/>

use std::sync::Arc;

use fakeai_canon::{ApiError, Call};
use fakeai_catalog::hardware::{engine_version, shape};
use fakeai_catalog::{Flavour, Model};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::gateway::{Gateway, unknown_path};
use crate::world::World;

/// A refusal in vLLM's shape, or one that comes from elsewhere.
pub(super) enum Refusal {
    /// vLLM's own.
    Native {
        status: StatusCode,
        kind: &'static str,
        message: String,
    },
    /// The provider's.
    Api(ApiError),
}

impl Refusal {
    pub(super) fn new(status: StatusCode, kind: &'static str, message: impl Into<String>) -> Self {
        Self::Native {
            status,
            kind,
            message: message.into(),
        }
    }

    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BadRequestError", message)
    }

    /// `{"error": {"message": …, "type": "NotFoundError", "param": null, "code": 404}}`
    pub(super) fn answered(self) -> Result<Answer, ApiError> {
        match self {
            Self::Api(error) => Err(error),
            Self::Native {
                status,
                kind,
                message,
            } => {
                let error = json!({
                    "message": message, "type": kind, "param": null, "code": status.as_u16(),
                });
                let mut answer = Answer::value(&json!({"error": error}));
                answer.status = status;
                Ok(answer)
            }
        }
    }
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        Self::Api(error)
    }
}

/// The refusal of a body without a field that has to be there.
pub(super) fn missing(field: &str) -> Refusal {
    unfit("missing", field, "Field required")
}

/// The refusal of a field that is not what it has to be.
pub(super) fn wrong(field: &str, problem: &str) -> Refusal {
    unfit("value_error", field, problem)
}

fn unfit(kind: &str, field: &str, problem: &str) -> Refusal {
    let message = format!("[{{'type': '{kind}', 'loc': ('body', '{field}'), 'msg': '{problem}'}}]");
    Refusal::new(StatusCode::BAD_REQUEST, "Bad Request", message)
}

/// Answers a call by its body, an object.
pub(super) fn with_body(
    world: &World,
    call: &Call,
    answer: impl FnOnce(Value) -> Result<Answer, Refusal>,
) -> Result<Answer, ApiError> {
    let header = call.head.headers.get(CONTENT_TYPE);
    let media = header.and_then(|header| header.to_str().ok());
    let is_json = media.is_some_and(|media| media.trim_start().starts_with("application/json"));
    let answered = if is_json || world.is_mock() {
        match serde_json::from_slice::<Value>(&call.body) {
            Ok(body @ Value::Object(_)) => answer(body),
            Ok(_) => Err(wrong("body", "Input should be a valid dictionary")),
            Err(_) => Err(unfit("json_invalid", "body", "JSON decode error")),
        }
    } else {
        let message = "Unsupported Media Type: Only 'application/json' is allowed";
        Err(Refusal::new(
            StatusCode::BAD_REQUEST,
            "Bad Request",
            message,
        ))
    };
    answered.or_else(Refusal::answered)
}

/// The model that a body names; the one that is served where it names none.
pub(super) fn model(world: &World, call: &Call, body: &Value) -> Result<Arc<Model>, Refusal> {
    let named = body["model"].as_str().filter(|name| !name.is_empty());
    let served = world.rules.served.as_ref().map(|served| &*served.model);
    let Some(name) = named.or(served) else {
        return Err(unknown_path(&call.head, &call.head.path).into());
    };
    let Some(model) = world.model("", name) else {
        let message = format!("The model `{name}` does not exist.");
        return Err(Refusal::new(
            StatusCode::NOT_FOUND,
            "NotFoundError",
            message,
        ));
    };
    if world.rules.served.is_none() && model.flavour != Flavour::Vllm {
        return Err(unknown_path(&call.head, &call.head.path).into());
    }
    Ok(model)
}

/// Tokens that prompt and answer of a model may have together.
pub(super) fn max_model_len(world: &World, model: &Model) -> u32 {
    let served = world.rules.served.as_ref();
    let known = served.and_then(|served| shape(&served.model));
    match known.map(|shape| shape.context) {
        None | Some(0) => model.context_window,
        Some(context) => context,
    }
}

/// The engine that is simulated, by name; without one there is no such page.
pub(super) fn engine(world: &World, call: &Call) -> Result<&'static str, ApiError> {
    match &world.rules.served {
        Some(served) => Ok(served.engine),
        None => Err(unknown_path(&call.head, &call.head.path)),
    }
}

/// An empty answer: it was done.
pub(super) fn done() -> Answer {
    Answer::page("text/plain; charset=utf-8", "")
}

/// `GET` and `POST /ping`: whether it is up.
pub(super) fn ping(
    _: &Gateway,
    world: &Arc<World>,
    call: &Call,
    _: &Value,
) -> Result<Answer, ApiError> {
    engine(world, call)?;
    Ok(done())
}

/// `GET /version`: that of the engine that is simulated.
pub(super) fn version(
    _: &Gateway,
    world: &Arc<World>,
    call: &Call,
    _: &Value,
) -> Result<Answer, ApiError> {
    let version = engine_version(engine(world, call)?);
    Ok(Answer::value(&json!({"version": version})))
}

/// `GET /load`: how many requests are being answered.
pub(super) fn load(
    _: &Gateway,
    world: &Arc<World>,
    call: &Call,
    _: &Value,
) -> Result<Answer, ApiError> {
    engine(world, call)?;
    Ok(Answer::value(&json!({"server_load": world.playing()})))
}
