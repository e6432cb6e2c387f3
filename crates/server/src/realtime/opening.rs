//! How a session begins: for which model, with which settings, and when it is not let in.

use std::sync::Arc;

use fakeai_canon::{Alphabet, ApiError, Call, Head, Micros, Transcribe};
use fakeai_catalog::Endpoint;
use fakeai_contract::Api;
use fakeai_resources::{self as resources, Whose};
use http::header::AUTHORIZATION;
use serde_json::{Value, json};

use super::events::Events;
use super::session::{Begun, Senses, Session};
use super::settings;
use crate::gate;
use crate::gateway::{Admitted, Gateway};
use crate::world::World;

/// What a session begins with.
#[derive(Default)]
struct Given {
    kind: &'static str,
    model: Option<String>,
    settings: Value,
}

/// Opens a session for a socket that was let in.
///
/// # Errors
/// The provider's: the older interface, no model or one that holds no sessions, an unknown call.
pub(crate) fn open(
    gateway: &Arc<Gateway>,
    head: &Head,
    admitted: &Admitted,
) -> Result<Session, ApiError> {
    let world = &admitted.world;
    if asks_beta(head) {
        return Err(ApiError::invalid(
            "The Realtime Beta API is no longer supported. Please use /v1/realtime for the GA API.",
        )
        .code("beta_api_shape_disabled"));
    }
    let mut given = given(head, admitted)?;
    if admitted.api == Api::Azure
        && let Some(name) = given.model.take()
    {
        let project = &admitted.caller.project;
        given.model = Some(gate::model_of_deployment(world, project, &name)?);
    }
    let model = given.model.as_deref();
    if given.kind == "realtime" {
        check_model(world, &admitted.caller.project, model)?;
    }
    let seed = world.seed_of_objects(admitted.number).fork("realtime");
    let now = world.now();
    let expires = now + Micros::from_seconds(world.rules.realtime.seconds as f64);
    let id = seed.id("sess_", Alphabet::Alphanumeric, 21);
    let mut session = resources::usual_session(&id, given.kind, expires.whole_seconds());
    let known = known(&session, &given.settings);
    settings::lay_over(&mut session, &known);
    session["expires_at"] = json!(expires.whole_seconds());
    session["id"] = json!(id);
    if given.kind == "realtime" {
        // Only a mock lets a client name none.
        session["model"] = json!(model.unwrap_or("gpt-realtime"));
    }
    settings::complete(&mut session);
    let project = &admitted.caller.project;
    let (ears, has_voice) = (ears(gateway, world, project), own_voices(world, project));
    Ok(Session::begin(Begun {
        seed,
        session,
        expires,
        rules: world.rules.realtime,
        mode: world.rules.mode,
        senses: Senses { ears, has_voice },
    }))
}

/// What was sent as far as a session of this kind has it: keys of older sessions lead to other names.
fn known(session: &Value, given: &Value) -> Value {
    let fields = given.as_object().into_iter().flatten();
    let known = fields.filter(|(name, _)| session.get(name.as_str()).is_some());
    Value::Object(
        known
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
    )
}

/// What the address, a key or a call asks for.
fn given(head: &Head, admitted: &Admitted) -> Result<Given, ApiError> {
    let query = |name: &str| admitted.query[name].as_str().map(str::to_owned);
    let world = &admitted.world;
    let mut given = Given {
        kind: "realtime",
        // Azure's older versions name a deployment.
        model: query("model").or_else(|| query("deployment")),
        settings: Value::Null,
    };
    if query("intent").as_deref() == Some("transcription") {
        given.kind = "transcription";
    }
    if let Some(id) = query("call_id") {
        let objects = world.objects(&admitted.caller.project);
        let call = objects.object("realtime.calls", &id);
        let call = call.ok_or_else(|| {
            ApiError::not_found(format!("No call found with id '{id}'.")).code("call_not_found")
        })?;
        given.settings = call["session"].clone();
    } else if let Some(secret) = secret(head, world) {
        given.settings = secret["session"].clone();
    }
    if given.settings["type"] == "transcription" {
        given.kind = "transcription";
    }
    if let Some(model) = given.settings["model"].as_str() {
        given.model = Some(model.to_owned());
    }
    Ok(given)
}

/// The short-lived key that opens the session, where it is one.
fn secret(head: &Head, world: &World) -> Option<Arc<Value>> {
    let key = head.headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (_, key) = key.split_once(' ')?;
    let family = "realtime.client_secrets";
    let record = world.store.find(Whose::Anyones, family, None, key.trim())?;
    Some(Arc::clone(&record.object))
}

/// Whether the client speaks the interface as it was before it was generally available.
fn asks_beta(head: &Head) -> bool {
    let says = |name: &str, wanted: &str| {
        let mut values = head.headers.get_all(name).iter();
        values.any(|value| {
            let mut words = value.to_str().unwrap_or_default().split(',');
            words.any(|word| word.trim() == wanted)
        })
    };
    says("openai-beta", "realtime=v1") || says("sec-websocket-protocol", "openai-beta.realtime-v1")
}

fn check_model(world: &World, project: &str, model: Option<&str>) -> Result<(), ApiError> {
    if world.is_mock() {
        return Ok(());
    }
    let Some(name) = model.filter(|name| !name.is_empty()) else {
        return Err(ApiError::invalid("You must provide a model parameter.").code("missing_model"));
    };
    let Some(model) = world.model(project, name) else {
        return Err(gate::unknown_model(name));
    };
    if model.serves(Endpoint::Realtime) {
        return Ok(());
    }
    let problem = format!("Model \"{name}\" not supported in realtime mode.");
    Err(ApiError::invalid(problem).code("invalid_model"))
}

/// Listens to sound: the words that its transcript has, too, by the same work.
fn ears(
    gateway: &Arc<Gateway>,
    world: &Arc<World>,
    project: &str,
) -> Box<dyn Fn(Transcribe) -> String + Send> {
    let (gateway, world) = (Arc::clone(gateway), Arc::clone(world));
    let project = project.to_owned();
    Box::new(move |work| crate::infer::words(&gateway, &world, &project, work).unwrap_or_default())
}

/// Whether the project has made a voice.
fn own_voices(world: &Arc<World>, project: &str) -> Box<dyn Fn(&str) -> bool + Send> {
    let (world, project) = (Arc::clone(world), project.to_owned());
    Box::new(move |voice| world.objects(&project).object("voices", voice).is_some())
}

/// The event that tells why no session is held.
pub(crate) fn refusal(world: &World, number: u64, problem: &ApiError) -> String {
    let seed = world.seed_of_objects(number).fork("realtime");
    Events::of(seed).error(problem, None)
}

/// A call over the socket of a session.
pub(crate) fn call(head: &Head, body: &Value) -> Call {
    Call {
        head: head.clone(),
        body: body.to_string().into(),
        form: None,
    }
}
