//! `/metrics/slo`: whether calls have met an objective, and how much of what may go wrong is used up.
//! It is a look at the ledgers; objectives are the request's, and nothing is kept.

use std::sync::Arc;

use fakeai_canon::{ApiError, Call};
use fakeai_telemetry::{Objective, objectives_json};
use serde_json::Value;

use super::by_model::wrong;
use super::metrics::{named_ledgers, shown_worlds};
use crate::answer::Answer;
use crate::gateway::Gateway;
use crate::world::World;

/// The share of calls that has to go well where the request does not say, in percent.
const USUAL: f64 = 99.9;

/// `GET /metrics/slo?objective=99.9&ttft_ms=500&e2e_ms=2000`: availability, and the times where they
/// are asked for; the share is that of each.
pub(super) fn show(
    gateway: &Gateway,
    world: &Arc<World>,
    _: &Call,
    query: &Value,
) -> Result<Answer, ApiError> {
    let number = |name: &str| match query[name].as_str() {
        None => Ok(None),
        Some(text) => match text.parse::<f64>() {
            Ok(number) if number.is_finite() && number > 0.0 => Ok(Some(number)),
            _ => Err(wrong(name, "a number above 0")),
        },
    };
    let percent = number("objective")?.unwrap_or(USUAL);
    if percent >= 100.0 {
        return Err(wrong("objective", "a percentage below 100"));
    }
    let mut objectives = vec![Objective::Availability];
    objectives.extend(number("ttft_ms")?.map(Objective::FirstToken));
    objectives.extend(number("e2e_ms")?.map(Objective::Duration));
    let worlds = shown_worlds(gateway, world);
    let json = objectives_json(
        &named_ledgers(&worlds),
        percent / 100.0,
        &objectives,
        world.now(),
    );
    Ok(Answer::value(&json))
}
