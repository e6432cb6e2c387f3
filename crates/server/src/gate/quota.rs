//! Limits of requests and tokens, and of money. What a request may use is taken when it comes; what
//! it did not use is given back when it ends. Only what comes from outside counts: objects of the
//! world that send calls have limits of their own.
//! <https://platform.openai.com/docs/guides/rate-limits>

use std::sync::Arc;

use fakeai_canon::{ApiError, Caller, ErrorKind, Micros, Prompt, Work};
use fakeai_resources as resources;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use super::Meaning;
use crate::config::RateScope;
use crate::gateway::Origin;
use crate::meters::{Left, Limit, Meter, Reached, Span, Unit};
use crate::rules::RateRules;
use crate::terms::Term;
use crate::visit::Visit;
use crate::world::World;

/// What a call has taken of its limits, until it ends.
pub(crate) struct Taken {
    meter: Arc<Meter>,
    limits: Vec<Limit>,
    tokens: u64,
}

impl Taken {
    /// Gives back what was not needed.
    pub(crate) fn settle(&self, needed: u64) {
        self.meter.settle(self.tokens, needed);
    }

    /// What the limits come to, for the head of the answer.
    pub(crate) fn headers(&self, now: Micros) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for left in shown(&self.meter.left(&self.limits, now)) {
            let unit = match left.limit.unit {
                Unit::Requests => "requests",
                Unit::Tokens => "tokens",
            };
            for (what, value) in [
                ("limit", left.limit.most.to_string()),
                ("remaining", left.remaining.to_string()),
                ("reset", duration(left.reset)),
            ] {
                let name = HeaderName::try_from(format!("x-ratelimit-{what}-{unit}"));
                if let (Ok(name), Ok(value)) = (name, HeaderValue::try_from(value)) {
                    headers.insert(name, value);
                }
            }
        }
        headers
    }
}

/// Of each unit the limit of the shorter span, as the provider shows it.
fn shown(all: &[Left]) -> impl Iterator<Item = &Left> {
    [Unit::Requests, Unit::Tokens]
        .into_iter()
        .filter_map(|unit| {
            let mut of_unit = all.iter().filter(move |left| left.limit.unit == unit);
            let first = of_unit.next()?;
            Some(
                of_unit
                    .find(|left| left.limit.span == Span::Minute)
                    .unwrap_or(first),
            )
        })
}

/// Takes from the limits of the caller what the work may use.
pub(super) fn check(meaning: &Meaning<'_>, visit: &mut Visit) -> Result<(), ApiError> {
    let (world, caller) = (meaning.world, meaning.caller);
    if matches!(meaning.origin, Origin::House(_)) {
        return Ok(());
    }
    let now = world.now();
    let term = world
        .terms
        .of(world.everyones(), &caller.project, &meaning.model.id, now);
    if is_spent(world, &caller.project, &term) {
        return Err(out_of_money());
    }
    let rules = &world.rules.rates;
    let limits = limits(meaning, rules, term.given.as_deref());
    if limits.is_empty() {
        return Ok(());
    }
    let meter = world
        .meters
        .of(who(caller, rules.scope), &meaning.model.id, now);
    let tokens = may_use(meaning.work, meaning.prompts);
    let taken = meter.take(&limits, tokens, now);
    let tokens = if taken.is_ok() { tokens } else { 0 };
    visit.takes(Taken {
        meter,
        limits,
        tokens,
    });
    taken.map_err(|reached| refusal(world, &meaning.model.id, &reached))
}

/// Who has a meter of its own.
fn who(caller: &Caller, scope: RateScope) -> &str {
    match (&caller.key, scope) {
        (Some(key), RateScope::Key) => &key.id,
        (Some(_), RateScope::Project) | (None, RateScope::Key | RateScope::Project) => {
            &caller.project
        }
    }
}

/// The limits that hold for the caller and the model.
fn limits(meaning: &Meaning<'_>, rules: &RateRules, given: Option<&Value>) -> Vec<Limit> {
    if given.is_none() && !rules.enabled {
        return Vec::new();
    }
    let usual = resources::usual_rate_limits(meaning.model).filter(|_| rules.takes_usual());
    let of = |unit, span, property: &str, set: Option<u64>| {
        let given = given.and_then(|given| given[property].as_u64());
        // The provider lists 0 where a limit means nothing.
        let usual = usual.and_then(|usual| usual.get(property)?.as_u64());
        let usual = usual.filter(|most| *most > 0);
        let most = [given, usual, set].into_iter().flatten().min()?;
        Some(Limit { unit, most, span })
    };
    [
        of(
            Unit::Requests,
            Span::Minute,
            "max_requests_per_1_minute",
            rules.requests_a_minute,
        ),
        of(
            Unit::Requests,
            Span::Day,
            "max_requests_per_1_day",
            rules.requests_a_day,
        ),
        of(
            Unit::Tokens,
            Span::Minute,
            "max_tokens_per_1_minute",
            rules.tokens_a_minute,
        ),
        of(Unit::Tokens, Span::Day, "", rules.tokens_a_day),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The tokens that a request may use: its prompts, and as many as it may say.
fn may_use(work: &Work, prompts: &[Prompt]) -> u64 {
    let prompt: u64 = prompts.iter().map(|prompt| prompt.len() as u64).sum();
    let said = work.answering().map_or(0, |work| {
        let each = u64::from(work.limits.max_tokens.unwrap_or(0));
        each * u64::from(work.candidates.max(work.choices).max(1)) * prompts.len().max(1) as u64
    });
    prompt + said
}

/// Whether the organisation or the project has spent what it may this month.
fn is_spent(world: &World, project: &str, term: &Term) -> bool {
    let limits = [
        (None, term.organization_cents),
        (Some(project), term.project_cents),
    ];
    let now = world.now().whole_seconds();
    limits.into_iter().any(|(project, cents)| {
        cents.is_some_and(|cents| world.usage.spent_this_month(project, now) * 100.0 >= cents)
    })
}

/// The words are the provider's.
/// <https://github.com/openai/codex/issues/88>, <https://github.com/TheR1D/shell_gpt/issues/653>
fn refusal(world: &World, model: &str, reached: &Reached) -> ApiError {
    const VISIT: &str = "Visit https://platform.openai.com/account/rate-limits to learn more.";
    let Reached {
        limit,
        used,
        requested,
        wait,
    } = reached;
    let organization = world.rules.organization.to_str().unwrap_or_default();
    let (kind, what, letter) = match limit.unit {
        Unit::Requests => (ErrorKind::RateLimit, "requests", 'R'),
        Unit::Tokens => (ErrorKind::TokenLimit, "tokens", 'T'),
    };
    let (span, short) = match limit.span {
        Span::Minute => ("min", 'M'),
        Span::Day => ("day", 'D'),
    };
    let place = format!(
        "for {model} in organization {organization} on {what} per {span} ({letter}P{short}): \
         Limit {}",
        limit.most
    );
    let error = match wait {
        Some(wait) => ApiError::new(
            kind,
            format!(
                "Rate limit reached {place}, Used {used}, Requested {requested}. Please try again \
                 in {}. {VISIT}",
                duration(*wait)
            ),
        )
        .retry_after(*wait),
        None => ApiError::new(
            kind,
            format!(
                "Request too large {place}, Requested {requested}. The input or output tokens must \
                 be reduced in order to run successfully. {VISIT}"
            ),
        ),
    };
    error.code("rate_limit_exceeded")
}

/// <https://platform.openai.com/docs/guides/error-codes>
fn out_of_money() -> ApiError {
    ApiError::new(
        ErrorKind::Quota,
        "You exceeded your current quota, please check your plan and billing details. For more \
         information on this error, read the docs: \
         https://platform.openai.com/docs/guides/error-codes/api-errors.",
    )
    .code("insufficient_quota")
}

/// A span as the provider writes it: `644ms`, `9.816s`, `6m0s`.
fn duration(span: Micros) -> String {
    let milliseconds = span.0.div_ceil(1_000);
    if milliseconds < 1_000 {
        return format!("{milliseconds}ms");
    }
    let (minutes, rest) = (milliseconds / 60_000, milliseconds % 60_000);
    let mut seconds = format!("{}.{:03}", rest / 1_000, rest % 1_000);
    let kept = seconds.trim_end_matches('0').trim_end_matches('.').len();
    seconds.truncate(kept);
    match (minutes / 60, minutes % 60) {
        (0, 0) => format!("{seconds}s"),
        (0, minutes) => format!("{minutes}m{seconds}s"),
        (hours, minutes) => format!("{hours}h{minutes}m{seconds}s"),
    }
}
