//! The list of audit logs. What writes them is in `crate::audit`.

use fakeai_canon::ApiError;
use serde_json::Value;

use crate::apply::Site;
use crate::audit::FAMILY;
use crate::families::Hooks;
use crate::store::Record;
use crate::{Outcome, verbs};

pub(super) static HOOKS: Hooks = Hooks {
    family: FAMILY,
    acts: &[("list-audit-logs", list)],
    ..Hooks::NONE
};

fn list(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let query = site.call.query;
    // No event of this server belongs to a tenant of several organisations.
    let tenant = query["tenant_only"] == Value::Bool(true);
    verbs::list_of(site, |record| !tenant && fits(query, record)).map(Outcome::Answer)
}

/// Whether a log is what the query asks for.
fn fits(query: &Value, record: &Record) -> bool {
    let log = &*record.object;
    let at = log["effective_at"].as_i64().unwrap_or_default();
    let actor = match log["actor"]["type"].as_str() {
        Some("api_key") => &log["actor"]["api_key"],
        _ => &log["actor"]["session"],
    };
    in_time(&query["effective_at"], at)
        && named(&query["project_ids"], &[&log["project"]["id"]])
        && named(&query["event_types"], &[&log["type"]])
        && named(
            &query["actor_ids"],
            &[
                &actor["id"],
                &actor["user"]["id"],
                &actor["service_account"]["id"],
            ],
        )
        && named(&query["actor_emails"], &[&actor["user"]["email"]])
        && named(&query["resource_ids"], &[&record.private["resource_id"]])
}

fn in_time(bounds: &Value, at: i64) -> bool {
    let holds = |name: &str, holds: fn(&i64, &i64) -> bool| {
        let bound = bounds[name].as_i64();
        bound.is_none_or(|bound| holds(&at, &bound))
    };
    holds("gt", i64::gt) && holds("gte", i64::ge) && holds("lt", i64::lt) && holds("lte", i64::le)
}

/// Whether the list that the query has, if any, holds one of these.
fn named(wanted: &Value, found: &[&Value]) -> bool {
    let Some(wanted) = wanted.as_array() else {
        return true;
    };
    found.iter().any(|found| wanted.contains(found))
}
