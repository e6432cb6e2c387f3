//! `/metrics/rate-limits`: what the limits of requests and tokens have let through, and what is left
//! of them. It shows the meters that the gate goes by, and counts nothing itself.

use std::sync::Arc;

use fakeai_canon::{ApiError, Call};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::config::RateScope;
use crate::gateway::Gateway;
use crate::meters::{Left, Metered, Span, Unit};
use crate::world::World;

/// `GET /metrics/rate-limits?model=…`: each project or key with each model that it has asked.
pub(super) fn show(
    _: &Gateway,
    world: &Arc<World>,
    _: &Call,
    query: &Value,
) -> Result<Answer, ApiError> {
    let model = query["model"].as_str();
    let all = world.meters.list(world.now());
    let asked = |metered: &&Metered| model.is_none_or(|model| metered.model == model);
    let chosen: Vec<&Metered> = all.iter().filter(asked).collect();
    let sum = |of: fn(&Metered) -> u64| chosen.iter().map(|one| of(one)).sum::<u64>();
    let rates = &world.rules.rates;
    Ok(Answer::value(&json!({
        "object": "rate_limits",
        "enabled": rates.enabled,
        "scope": match rates.scope {
            RateScope::Key => "key",
            RateScope::Project => "project",
        },
        "admitted": sum(|one| one.admitted),
        "refused": sum(|one| one.refused),
        "data": chosen.iter().map(|one| shown(one)).collect::<Vec<_>>(),
    })))
}

fn shown(metered: &Metered) -> Value {
    json!({
        "who": metered.who,
        "model": metered.model,
        "admitted": metered.admitted,
        "refused": metered.refused,
        "limits": metered.left.iter().map(limit).collect::<Vec<_>>(),
    })
}

fn limit(left: &Left) -> Value {
    let limit = left.limit;
    json!({
        "unit": match limit.unit {
            Unit::Requests => "requests",
            Unit::Tokens => "tokens",
        },
        "per": match limit.span {
            Span::Minute => "minute",
            Span::Day => "day",
        },
        "limit": limit.most,
        "used": limit.most.saturating_sub(left.remaining),
        "remaining": left.remaining,
        "reset_ms": left.reset.0 / 1_000,
    })
}
