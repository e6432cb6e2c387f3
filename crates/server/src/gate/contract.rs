//! The contract: media type, JSON, parameters and body, in the provider's words.

use fakeai_canon::{ApiError, ErrorKind};
use fakeai_catalog::Flavour;
use fakeai_contract::{Api, Kind, Operation, Strictness, Violation, ViolationKind, decode_query};
use http::header::CONTENT_TYPE;
use serde_json::Value;

use super::{Arrival, wording};
use crate::multipart;
use crate::route::Route;
use crate::visit::Visit;
use crate::world::World;

const JSON: &str = "application/json";
const FORM: &str = "multipart/form-data";
/// The field that a deployment stands for.
const MODEL: &str = "model";

/// Whether the operation takes a form with files.
pub(crate) fn takes_form(operation: &Operation) -> bool {
    operation.request.iter().any(|body| &*body.media == FORM)
}

/// Parses and validates what the operation is given.
pub(super) fn check(arrival: &mut Arrival<'_>, _: &mut Visit) -> Result<(), ApiError> {
    let operation = match &arrival.route {
        Route::Operation { operation, .. } => *operation,
        Route::Own(_) => {
            let pairs = decode_query(&arrival.call.head.query);
            let pairs = pairs
                .into_iter()
                .map(|(name, value)| (name, Value::String(value)));
            arrival.query = Value::Object(pairs.collect());
            return Ok(());
        }
    };
    check_params(arrival, operation)?;
    if operation.upgrade {
        // What a session puts together was checked message by message.
        arrival.body = serde_json::from_slice(&arrival.call.body).unwrap_or_default();
    }
    if operation.request.is_empty() {
        return Ok(());
    }
    // Triton looks at no header, and its users send what curl does by itself.
    let media = match operation.api {
        Api::Triton => JSON,
        _ => media_type(arrival),
    };
    if let Some(form) = operation.request.iter().find(|body| &*body.media == media) {
        if &*form.media == JSON {
            return check_json(arrival, operation);
        }
        if &*form.media == FORM {
            return check_form(arrival, operation);
        }
        return take_text(arrival);
    }
    let takes_json = operation.request.iter().any(|body| &*body.media == JSON);
    let empty = arrival.call.body.is_empty();
    match (empty, operation.request_required) {
        (true, false) => Ok(()),
        (true, true) if takes_json => check_json(arrival, operation),
        _ if arrival.world.is_mock() && takes_json => check_json(arrival, operation),
        _ => Err(unsupported(media, operation)),
    }
}

/// Takes a body that is text of another kind, such as an SDP offer.
fn take_text(arrival: &mut Arrival<'_>) -> Result<(), ApiError> {
    let text = std::str::from_utf8(&arrival.call.body);
    let text = text.map_err(|_| ApiError::invalid("The body of your request is not UTF-8."))?;
    arrival.body = Value::String(text.to_owned());
    Ok(())
}

fn check_params(arrival: &mut Arrival<'_>, operation: &Operation) -> Result<(), ApiError> {
    if arrival.call.head.query.is_empty() && operation.parameters.is_empty() {
        return Ok(());
    }
    let pairs = decode_query(&arrival.call.head.query);
    match arrival.contract.validate_query(operation, &pairs) {
        Ok(query) => arrival.query = query,
        Err(violation) => return Err(refusal(&violation)),
    }
    Ok(())
}

/// Reads the form, where that was not done while it came, and validates its fields as a body.
fn check_form(arrival: &mut Arrival<'_>, operation: &Operation) -> Result<(), ApiError> {
    let call = &mut arrival.call;
    if call.form.is_none() {
        let Some(boundary) = multipart::boundary(&call.head.headers) else {
            return Err(ApiError::invalid(
                "Could not parse multipart form: the boundary is missing.",
            ));
        };
        let body = std::mem::take(&mut call.body);
        let limit = body.len() as u64;
        let form = multipart::read_whole(body, boundary, limit, &*arrival.world.blobs)?;
        call.form = Some(form);
    }
    if let Some(form) = call.form.as_mut() {
        let mut fields = form.fields.iter();
        let given = fields.find(|(name, _)| name == MODEL);
        let given = given.map(|(_, model)| model.as_str());
        let deployment = given.filter(|_| arrival.route.api() == Api::Azure);
        if let Some(model) = model_named(
            arrival.world,
            &arrival.caller.project,
            arrival.model.take(),
            deployment,
        )? {
            form.fields.retain(|(name, _)| name != MODEL);
            form.fields.push((MODEL.to_owned(), model));
        }
    }
    let fields = call.form.as_ref().map_or(&[][..], |form| &form.fields);
    arrival.body = arrival.contract.form_value(operation, FORM, fields);
    let strictness = strictness(arrival.world, operation);
    arrival
        .contract
        .validate_request(operation, FORM, &arrival.body, strictness)
        .map_err(|violation| refusal(&violation))
}

fn strictness(world: &World, operation: &Operation) -> Strictness<'static> {
    if world.is_mock() || operation.open {
        Strictness::MOCK
    } else {
        Strictness::REALISTIC
    }
}

fn check_json(arrival: &mut Arrival<'_>, operation: &Operation) -> Result<(), ApiError> {
    if arrival.call.body.is_empty() && !operation.request_required {
        return Ok(());
    }
    arrival.body = serde_json::from_slice(&arrival.call.body).map_err(|_| not_json())?;
    // No public report shows what the provider says to `[1]`; no field of it has a name.
    if !arrival.body.is_object() {
        return Err(not_json());
    }
    name_model(arrival, operation)?;
    let strictness = strictness(arrival.world, operation);
    arrival
        .contract
        .validate_request(operation, JSON, &arrival.body, strictness)
        .or_else(|violation| in_flavour(arrival, operation, violation))
        .map_err(|violation| match violation.kind {
            ViolationKind::Missing if violation.param == "model" && is_older(operation) => {
                super::model::missing()
            }
            ViolationKind::Unknown => unknown(&violation, operation),
            _ => wording::special(&violation, operation, &arrival.body)
                .unwrap_or_else(|| refusal(&violation)),
        })?;
    // Much of these comes back in answers; where unknown fields are ignored, they don't.
    if operation.is_closed_below() {
        arrival.contract.trim(operation, &mut arrival.body);
    }
    Ok(())
}

/// Puts the model into the body that a deployment's name stands for, in the path or in the body.
fn name_model(arrival: &mut Arrival<'_>, operation: &Operation) -> Result<(), ApiError> {
    match operation.api {
        Api::Sglang => return name_served(arrival, "sglang"),
        Api::Triton => return name_served(arrival, "trtllm"),
        Api::OpenAi | Api::Azure | Api::Nim | Api::Vllm | Api::Cohere | Api::Solido => {}
    }
    let is_named = arrival.route.api() == Api::Azure && operation.kind == Kind::Infer;
    let named = arrival.body[MODEL].as_str().filter(|_| is_named);
    let project = &arrival.caller.project;
    let model = model_named(arrival.world, project, arrival.model.take(), named)?;
    if let (Some(model), Value::Object(body)) = (model, &mut arrival.body) {
        body.insert(MODEL.to_owned(), Value::String(model));
    }
    Ok(())
}

/// Puts the model into the body that an engine serves; a server of another kind has no such path.
fn name_served(arrival: &mut Arrival<'_>, engine: &str) -> Result<(), ApiError> {
    if arrival.world.is_mock() {
        return Ok(());
    }
    let Some(served) = arrival.world.rules.served_by(engine) else {
        let head = &arrival.call.head;
        return Err(crate::gateway::unknown_path(head, &head.path));
    };
    let body = arrival.body.as_object_mut();
    if let Some(body) = body.filter(|body| !body.contains_key(MODEL)) {
        body.insert(MODEL.to_owned(), Value::String(served.model.clone()));
    }
    Ok(())
}

/// The model of the path, or that of a deployment that the body names.
fn model_named(
    world: &World,
    project: &str,
    of_path: Option<String>,
    deployment: Option<&str>,
) -> Result<Option<String>, ApiError> {
    match (of_path, deployment) {
        (Some(model), _) => Ok(Some(model)),
        (None, Some(name)) => super::model_of_deployment(world, project, name).map(Some),
        (None, None) => Ok(None),
    }
}

/// Looks again where a field is unknown: the server of the model may take it, or ignore it as vLLM and
/// SGLang do.
fn in_flavour(
    arrival: &Arrival<'_>,
    operation: &Operation,
    violation: Violation,
) -> Result<(), Violation> {
    let generates = operation.kind == Kind::Infer && operation.api == Api::OpenAi;
    let names = fakeai_contract::vllm().names(operation);
    let knows = names.contains(&violation.param.as_str());
    let takes_it = generates && violation.kind == ViolationKind::Unknown;
    let strictness = match unknown_fields(arrival) {
        Some(UnknownFields::Ignored) if takes_it => Strictness::MOCK,
        Some(UnknownFields::Refused) if takes_it && knows => Strictness {
            extras: &names,
            ..strictness(arrival.world, operation)
        },
        Some(UnknownFields::Ignored | UnknownFields::Refused) | None => return Err(violation),
    };
    arrival
        .contract
        .validate_request(operation, JSON, &arrival.body, strictness)?;
    match names.is_empty() {
        true => Ok(()),
        false => fakeai_contract::vllm().validate(&arrival.body),
    }
}

/// What the server of open weights does with fields that it does not know.
enum UnknownFields {
    Ignored,
    Refused,
}

/// Which of them it is, where the model is served by such a server: vLLM's models allow extra fields
/// since 0.6.5 and SGLang's ignore them, those of TensorRT-LLM forbid them.
fn unknown_fields(arrival: &Arrival<'_>) -> Option<UnknownFields> {
    if let Some(served) = &arrival.world.rules.served {
        return Some(match served.engine {
            "vllm" | "sglang" => UnknownFields::Ignored,
            _ => UnknownFields::Refused,
        });
    }
    let id = arrival.body[MODEL].as_str().unwrap_or_default();
    let model = arrival.world.model(&arrival.caller.project, id)?;
    (model.flavour == Flavour::Vllm).then_some(UnknownFields::Ignored)
}

/// Whether it is one of the endpoints that miss a model in words of their own.
fn is_older(operation: &Operation) -> bool {
    operation.api == Api::OpenAi && &*operation.tag != "Responses"
}

fn media_type<'a>(arrival: &'a Arrival<'_>) -> &'a str {
    let header = arrival.call.head.headers.get(CONTENT_TYPE);
    let text = header
        .and_then(|header| header.to_str().ok())
        .unwrap_or_default();
    text.split(';').next().unwrap_or_default().trim()
}

/// The refusal of what breaks the contract.
pub(crate) fn refusal(violation: &Violation) -> ApiError {
    let mut error = ApiError::invalid(violation.message());
    if let Some(code) = violation.code() {
        error = error.code(code);
    }
    if violation.param.is_empty() {
        error
    } else {
        error.param(violation.param.clone())
    }
}

/// An unknown field. Endpoints that generate say so in words of their own, where it stands at the
/// top of the body; a response tells where fields of chat completions have gone.
fn unknown(violation: &Violation, operation: &Operation) -> ApiError {
    let name = violation.param.as_str();
    let is_top = !name.contains(['.', '[']);
    if operation.kind != Kind::Infer || operation.api != Api::OpenAi || !is_top {
        return refusal(violation);
    }
    match &*operation.tag {
        "Chat" | "Completions" | "Embeddings" => {
            ApiError::invalid(fakeai_contract::unrecognized(name))
        }
        "Responses" => match fakeai_contract::moved(name) {
            Some((message, code)) => ApiError::invalid(message).code(code),
            None => refusal(violation),
        },
        _ => refusal(violation),
    }
}

fn not_json() -> ApiError {
    ApiError::invalid(
        "We could not parse the JSON body of your request. (HINT: This likely means you aren't \
         using your HTTP library correctly. The OpenAI API expects a JSON payload, but what was \
         sent was not valid JSON. If you have trouble figuring out how to fix this, please \
         contact us through our help center at help.openai.com.)",
    )
}

fn unsupported(media: &str, operation: &Operation) -> ApiError {
    let taken: Vec<String> = operation
        .request
        .iter()
        .map(|body| format!("'{}'", body.media))
        .collect();
    ApiError::new(
        ErrorKind::UnsupportedMediaType,
        format!(
            "Unsupported mimetype ('{media}') in 'Content-Type'. Supported mimetypes are ({}).",
            taken.join(", ")
        ),
    )
    .code("unsupported_content_type")
}
