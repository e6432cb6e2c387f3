//! Who calls: `Authorization: Bearer …` (in Azure's wire also `api-key: …`), and the project and organisation that the call names.
//!
//! A key is needed where the settings say so; in mock mode any will do, and pages that a probe or a
//! browser reads are open. Where none is needed, a key that the world does not know is as good as
//! none; one that it made itself tells who calls, and is refused once it was deleted, has expired or
//! belongs to an archived project. Operations of the administration want an admin key where keys are
//! needed and the organisation has an admin key; no other operation takes one.

use std::sync::Arc;

use fakeai_canon::{ApiError, Caller, ErrorKind, KeyKind};
use fakeai_contract::{Api, Kind, Method, Operation, Security};
use fakeai_resources::Whose;
use http::header::AUTHORIZATION;

use super::Arrival;
use crate::gateway::Origin;
use crate::keyring::Key;
use crate::route::Route;
use crate::visit::Visit;

/// Refuses a call without a known key, and notes who calls.
pub(super) fn check(arrival: &mut Arrival<'_>, visit: &mut Visit) -> Result<(), ApiError> {
    let caller = caller(arrival)?;
    arrival.caller = Arc::clone(&caller);
    visit.note(|record| record.caller = Some(caller));
    Ok(())
}

fn caller(arrival: &Arrival<'_>) -> Result<Arc<Caller>, ApiError> {
    let world = arrival.world;
    match &arrival.origin {
        Origin::House(behalf) => return Ok(Arc::clone(&behalf.caller)),
        Origin::Session(caller) => return Ok(Arc::clone(caller)),
        Origin::Client | Origin::Connection(_) => {}
    }
    if world.is_mock() {
        return Ok(Arc::clone(&arrival.caller));
    }
    if let Route::Own(view) = &arrival.route
        && view.open
    {
        return Ok(Arc::clone(&arrival.caller));
    }
    let needed = world.rules.needs_key;
    let Some(value) = key(arrival) else {
        return if needed {
            Err(missing())
        } else {
            Ok(in_named_project(arrival))
        };
    };
    match world.keyring.look_up(world.everyones(), value, world.now()) {
        Key::Good(caller) => {
            check_names(arrival, &caller)?;
            if needed {
                check_kind(arrival, &caller)?;
            }
            Ok(caller)
        }
        Key::Archived => Err(archived()),
        Key::Gone => Err(incorrect(value)),
        Key::Unknown => match of_session(arrival, value) {
            Some(caller) => Ok(caller),
            None if needed && !world.rules.any_key => Err(incorrect(value)),
            None => Ok(in_named_project(arrival)),
        },
    }
}

/// Who calls with one of the short-lived keys that open a realtime session: nobody in particular,
/// in the project that the key was made in.
fn of_session(arrival: &Arrival<'_>, key: &str) -> Option<Arc<Caller>> {
    let Route::Operation { operation, .. } = &arrival.route else {
        return None;
    };
    if &*operation.tag != "Realtime" {
        return None;
    }
    let store = &arrival.world.store;
    let secret = store.find(Whose::Anyones, "realtime.client_secrets", None, key)?;
    Some(arrival.world.keyring.anyone_in(secret.project()))
}

fn key<'a>(arrival: &'a Arrival<'_>) -> Option<&'a str> {
    let own = (arrival.route.api() == Api::Azure).then_some("api-key");
    own.and_then(|name| header(arrival, name))
        .or_else(|| bearer(arrival))
}

fn bearer<'a>(arrival: &'a Arrival<'_>) -> Option<&'a str> {
    let header = arrival
        .call
        .head
        .headers
        .get(AUTHORIZATION)?
        .to_str()
        .ok()?;
    let (scheme, key) = header.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| key.trim())
        .filter(|key| !key.is_empty())
}

fn header<'a>(arrival: &'a Arrival<'_>, name: &str) -> Option<&'a str> {
    let value = arrival.call.head.headers.get(name)?.to_str().ok()?;
    Some(value.trim()).filter(|value| !value.is_empty())
}

/// Nobody in particular, in the project that the call names where there is one of that id.
fn in_named_project(arrival: &Arrival<'_>) -> Arc<Caller> {
    let named = header(arrival, "openai-project");
    match named.filter(|id| fakeai_resources::has_project(arrival.world.everyones(), id)) {
        Some(project) => arrival.world.keyring.anyone_in(project),
        None => Arc::clone(&arrival.caller),
    }
}

/// The project and the organisation that a call names must be those of its key.
fn check_names(arrival: &Arrival<'_>, caller: &Caller) -> Result<(), ApiError> {
    let organization = header(arrival, "openai-organization");
    let ours = &arrival.world.rules.organization;
    if organization.is_some_and(|theirs| ours != theirs) {
        return Err(
            refusal("OpenAI-Organization header should match organization for API key")
                .code("mismatched_organization"),
        );
    }
    let is_of_project = caller
        .key
        .as_ref()
        .is_some_and(|key| key.kind == KeyKind::Project);
    let project = header(arrival, "openai-project");
    if is_of_project && project.is_some_and(|theirs| caller.project != theirs) {
        return Err(
            refusal("OpenAI-Project header should match project for API key")
                .code("mismatched_project"),
        );
    }
    Ok(())
}

/// The administration wants its own keys, and they open nothing else.
fn check_kind(arrival: &Arrival<'_>, caller: &Caller) -> Result<(), ApiError> {
    let Route::Operation { operation, .. } = &arrival.route else {
        return Ok(());
    };
    let kind = caller.key.as_ref().map(|key| key.kind);
    let store = arrival.world.everyones();
    match (operation.security, kind) {
        (Security::Admin, Some(KeyKind::Admin)) | (Security::Key, Some(KeyKind::Project)) => Ok(()),
        (Security::Admin, _) if !fakeai_resources::has_admin_keys(store) => Ok(()),
        (Security::Admin | Security::Key, _) => Err(ApiError::new(
            ErrorKind::Permission,
            format!(
                "You have insufficient permissions for this operation. Missing scopes: {}. Check \
                 that you have the correct role in your organization (Reader, Writer, Owner), and \
                 if you're using a restricted API key, that it has the necessary scopes.",
                scope(operation)
            ),
        )),
    }
}

/// The scope that an operation needs, as the provider names it.
fn scope(operation: &Operation) -> String {
    let verb = match operation.method {
        Method::Get => "read",
        Method::Post | Method::Put | Method::Patch | Method::Delete => "write",
    };
    let area = match (operation.security, &*operation.tag) {
        (Security::Admin, "Usage") => "usage".to_owned(),
        (Security::Admin, _) => "management".to_owned(),
        (Security::Key, _) if operation.kind == Kind::Infer => return "model.request".to_owned(),
        (Security::Key, "Models") => "model".to_owned(),
        (Security::Key, tag) => tag.to_lowercase().replace([' ', '-'], "_"),
    };
    format!("api.{area}.{verb}")
}

fn refusal(message: impl Into<String>) -> ApiError {
    ApiError::new(ErrorKind::Authentication, message)
}

fn missing() -> ApiError {
    refusal(
        "You didn't provide an API key. You need to provide your API key in an Authorization \
         header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY), or as the password \
         field (with blank username) if you're accessing the API from your browser and are \
         prompted for a username and password. You can obtain an API key from \
         https://platform.openai.com/account/api-keys.",
    )
}

fn incorrect(key: &str) -> ApiError {
    refusal(format!(
        "Incorrect API key provided: {}. You can find your API key at \
         https://platform.openai.com/account/api-keys.",
        masked(key)
    ))
    .code("invalid_api_key")
}

fn archived() -> ApiError {
    refusal("The project you are requesting has been archived and is no longer accessible")
        .code("not_authorized_invalid_project")
}

/// A key as the provider shows it: its first eight and last four characters, or stars alone.
fn masked(key: &str) -> String {
    let characters: Vec<char> = key.chars().collect();
    let count = characters.len();
    if count <= 12 {
        return "*".repeat(count);
    }
    let stars = "*".repeat((count - 12).min(40));
    let first: String = characters[..8].iter().collect();
    let last: String = characters[count - 4..].iter().collect();
    format!("{first}{stars}{last}")
}
