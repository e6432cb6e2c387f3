//! The header by which a client says that it knows the assistants' present form. Realistic mode
//! only; what the world's own objects send needs none.

use fakeai_canon::{ApiError, Mode};
use fakeai_contract::Api;

use super::Arrival;
use crate::gateway::Origin;
use crate::route::Route;
use crate::visit::Visit;

const HEADER: &str = "openai-beta";
const WANTED: &str = "assistants=v2";
const DEPRECATED: &str = "assistants=v1";

/// The tag of the operations that want it.
const TAG: &str = "Assistants";

/// Refuses a call of the assistants' without the header.
pub(super) fn check(arrival: &mut Arrival<'_>, _: &mut Visit) -> Result<(), ApiError> {
    let Route::Operation { operation, .. } = &arrival.route else {
        return Ok(());
    };
    // Azure tells the forms apart by its own versions.
    let is_theirs = &*operation.tag == TAG && arrival.route.api() == Api::OpenAi;
    let is_client = !matches!(arrival.origin, Origin::House(_));
    let is_asked = is_client && arrival.world.rules.mode == Mode::Realistic;
    if !is_theirs || !is_asked {
        return Ok(());
    }
    let names = |wanted: &str| {
        let mut headers = arrival.call.head.headers.get_all(HEADER).iter();
        headers.any(|header| {
            let value = header.to_str().unwrap_or_default();
            value.split(',').any(|beta| beta.trim() == wanted)
        })
    };
    if names(WANTED) {
        return Ok(());
    }
    let reason = if names(DEPRECATED) {
        "The v1 Assistants API has been deprecated."
    } else {
        "You must provide the 'OpenAI-Beta' header to access the Assistants API."
    };
    let message =
        format!("{reason} Please try again by setting the header 'OpenAI-Beta: {WANTED}'.");
    Err(ApiError::invalid(message).code("invalid_beta"))
}
