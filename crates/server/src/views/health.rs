//! `GET /health`: whether the server is up, and what it has done.

use std::sync::Arc;

use fakeai_canon::{ApiError, Call, Micros, Mode};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::gateway::Gateway;
use crate::world::World;

/// `{"status":"healthy","timestamp":"2026-01-01T00:00:00Z",…}`
pub(super) fn show(
    _: &Gateway,
    world: &Arc<World>,
    _: &Call,
    _: &Value,
) -> Result<Answer, ApiError> {
    let now = world.now();
    let mode = match world.rules.mode {
        Mode::Realistic => "realistic",
        Mode::Mock => "mock",
    };
    Ok(Answer::value(&json!({
        "status": "healthy",
        "timestamp": timestamp(now),
        "version": env!("CARGO_PKG_VERSION"),
        "world": &*world.name,
        "mode": mode,
        "uptime_seconds": now.since(world.started).seconds(),
        "requests": world.ledger.requests(),
        "active_requests": world.ledger.active_requests(),
    })))
}

/// An instant as RFC 3339 has it, in UTC. The calendar follows Hinnant, "chrono-compatible
/// low-level date algorithms" (2013), `civil_from_days`.
pub(crate) fn timestamp(at: Micros) -> String {
    let seconds = at.whole_seconds();
    let (days, rest) = (seconds / 86_400 + 719_468, seconds % 86_400);
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z",
        rest / 3_600,
        rest / 60 % 60,
        rest % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_read_as_dates() {
        let dates = [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_767_225_599, "2025-12-31T23:59:59Z"),
        ];
        for (seconds, expected) in dates {
            assert_eq!(timestamp(Micros(seconds * 1_000_000)), expected);
        }
    }
}
