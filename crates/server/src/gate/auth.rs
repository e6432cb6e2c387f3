//! API keys: `Authorization: Bearer …`. Off unless keys are set; off in mock mode, where any key
//! will do. Pages that a probe or a browser reads are open.

use fakeai_canon::{ApiError, ErrorKind};
use http::header::AUTHORIZATION;

use super::Arrival;
use crate::gateway::Origin;
use crate::route::Route;
use crate::visit::Visit;

/// Refuses a call without a known key.
pub(super) fn check(arrival: &mut Arrival<'_>, _: &mut Visit) -> Result<(), ApiError> {
    let rules = &arrival.world.rules;
    if !rules.needs_key || arrival.world.is_mock() || arrival.origin == Origin::House {
        return Ok(());
    }
    if let Route::Own(view) = &arrival.route
        && view.open
    {
        return Ok(());
    }
    match bearer(arrival) {
        Some(key) if rules.knows_key(key) || opens_session(arrival, key) => Ok(()),
        Some(key) => Err(refusal(format!(
            "Incorrect API key provided: {}. You can find your API key at \
             https://platform.openai.com/account/api-keys.",
            masked(key)
        ))
        .code("invalid_api_key")),
        None => Err(refusal(
            "You didn't provide an API key. You need to provide your API key in an Authorization \
             header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY), or as the password \
             field (with blank username) if you're accessing the API from your browser and are \
             prompted for a username and password. You can obtain an API key from \
             https://platform.openai.com/account/api-keys.",
        )),
    }
}

/// Whether the key is one of the short-lived ones that open a realtime session.
fn opens_session(arrival: &Arrival<'_>, key: &str) -> bool {
    let Route::Operation { operation, .. } = &arrival.route else {
        return false;
    };
    let store = &arrival.world.store;
    &*operation.tag == "Realtime" && store.find("realtime.client_secrets", None, key).is_some()
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

fn refusal(message: impl Into<String>) -> ApiError {
    ApiError::new(ErrorKind::Authentication, message)
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
