//! Faults on purpose: a status at a seeded rate, or the one that the call's own header asks for.
//!
//! `x-fakeai-fault: 429` fails this call with that status; `x-fakeai-fault: 503; retry-after=2`
//! adds a time to wait.

use fakeai_canon::{ApiError, ErrorKind, Micros};

use super::Arrival;
use crate::route::Route;
use crate::visit::Visit;

/// Fails the call where a fault is due.
pub(super) fn check(arrival: &mut Arrival<'_>, visit: &mut Visit) -> Result<(), ApiError> {
    if matches!(arrival.route, Route::Own(_)) {
        return Ok(());
    }
    let fault = match arrival.call.head.headers.get("x-fakeai-fault") {
        Some(header) => Some(parse(header.to_str().unwrap_or_default())?),
        None => by_rate(arrival),
    };
    match fault {
        Some(fault) => {
            visit.note(|record| record.fault = true);
            Err(fault)
        }
        None => Ok(()),
    }
}

fn by_rate(arrival: &Arrival<'_>) -> Option<ApiError> {
    let fault = arrival.world.rules.fault?;
    let seed = arrival.world.seed.fork("fault").nth(arrival.number);
    seed.rng()
        .chance(fault.rate)
        .then(|| injected(fault.status, None))
}

fn parse(header: &str) -> Result<ApiError, ApiError> {
    read(header).ok_or_else(|| {
        ApiError::invalid(format!(
            "Invalid 'x-fakeai-fault' header: '{header}'. Expected a status from 400 to 599, \
             optionally followed by '; retry-after=SECONDS'."
        ))
    })
}

fn read(header: &str) -> Option<ApiError> {
    let (status, rest) = match header.split_once(';') {
        Some((status, rest)) => (status, Some(rest.trim())),
        None => (header, None),
    };
    let status = status.trim().parse::<u16>().ok()?;
    let wait = match rest {
        Some(rest) => Some(rest.strip_prefix("retry-after=")?.parse::<f64>().ok()?),
        None => None,
    };
    let is_fault = (400..600).contains(&status);
    is_fault.then(|| injected(status, wait.map(Micros::from_seconds)))
}

fn injected(status: u16, wait: Option<Micros>) -> ApiError {
    let (message, code) = match status {
        401 => ("Incorrect API key provided.", Some("invalid_api_key")),
        404 => ("The requested resource does not exist.", Some("not_found")),
        408 | 504 => ("Request timed out.", Some("timeout")),
        429 => (
            "Rate limit reached for requests.",
            Some("rate_limit_exceeded"),
        ),
        503 => (
            "The engine is currently overloaded, please try again later.",
            None,
        ),
        500.. => (
            "The server had an error while processing your request. Sorry about that!",
            None,
        ),
        _ => ("Your request was refused by an injected fault.", None),
    };
    let mut error = ApiError::new(ErrorKind::Injected(status), message);
    if let Some(code) = code {
        error = error.code(code);
    }
    error.retry_after = wait.or_else(|| (status == 429).then_some(Micros::from_millis(1_000)));
    error
}
