//! Spend limits and alerts of the organisation and its projects. An alert is kept; nobody is sent
//! mail.

use std::sync::Arc;

use fakeai_canon::ApiError;
use serde_json::{Value, json};

use super::{people, projects, settings};
use crate::apply::Site;
use crate::families::Hooks;
use crate::objects::Objects;
use crate::store::Record;
use crate::verbs::{Draft, tellable};
use crate::{Answer, Outcome};

pub(super) static ALERTS: Hooks = Hooks {
    family: "organization.spend_alerts",
    created: Some(alert_created),
    updated: Some(alert_updated),
    ..Hooks::NONE
};

pub(super) static PROJECT_ALERTS: Hooks = Hooks {
    family: "organization.projects.spend_alerts",
    ..ALERTS
};

const LIMIT: &str = "spend_limit";

/// What may be spent in a month, in cents: by a project, or by the organisation.
pub fn spend_limit(store: Objects<'_>, project: Option<&str>) -> Option<f64> {
    let family = match project {
        Some(_) => settings::IN_PROJECTS.family,
        None => settings::HOOKS.family,
    };
    store.find(family, project, LIMIT)?.object["threshold_amount"].as_f64()
}

fn alert_created(site: &Site<'_>, draft: &mut Draft) -> Result<(), ApiError> {
    check_alert(site, draft)
}

fn alert_updated(site: &Site<'_>, _: &Record, draft: &mut Draft) -> Result<(), ApiError> {
    check_alert(site, draft)
}

fn check_alert(site: &Site<'_>, draft: &mut Draft) -> Result<(), ApiError> {
    if site.family.parent.is_some() {
        projects::active(site)?;
    }
    let recipients = draft.object["notification_channel"]["recipients"].as_array();
    if recipients.is_none_or(Vec::is_empty) {
        return Err(people::wrong(
            "At least one recipient is required.".to_owned(),
            "notification_channel.recipients",
        ));
    }
    let channel = &draft.object["notification_channel"];
    let channel = tellable(site, "notification_channel", channel);
    draft
        .object
        .insert("notification_channel".to_owned(), channel);
    Ok(())
}

/// The limit as it stands, with whether it has been reached this month.
fn shown(site: &Site<'_>, limit: &Value) -> Value {
    let project = site.call.params.get("project_id");
    let spent = site.means.services.spent_this_month(project) * 100.0;
    let reached = limit["threshold_amount"]
        .as_f64()
        .is_some_and(|cents| spent >= cents);
    let mut object = limit.clone();
    let status = if reached { "enforcing" } else { "inactive" };
    object["enforcement"] = json!({"status": status});
    object
}

pub(super) fn limit(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let set = settings::get(site, LIMIT)?;
    let set = set.ok_or_else(|| site.family.missing("spend limit"))?;
    let object = shown(site, &set.object);
    Ok(Outcome::Answer(Answer::json(Arc::new(object))))
}

fn object_name(site: &Site<'_>) -> &'static str {
    match site.family.parent {
        Some(_) => "project.spend_limit",
        None => "organization.spend_limit",
    }
}

pub(super) fn set_limit(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let body = &site.call.body;
    let limit = json!({
        "object": object_name(site),
        "threshold_amount": body["threshold_amount"],
        "currency": body["currency"],
        "interval": body["interval"],
    });
    let mut answer = settings::set(site, LIMIT, limit.clone())?;
    answer.body = crate::Body::Json(Arc::new(shown(site, &limit)));
    Ok(Outcome::Answer(answer))
}

pub(super) fn delete_limit(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let set = settings::get(site, LIMIT)?;
    let set = set.ok_or_else(|| site.family.missing("spend limit"))?;
    let name = format!("{}.deleted", object_name(site));
    let mut answer = Answer::json(Arc::new(json!({"object": name, "deleted": true})));
    answer.next.changes.push(people::deletion(&set));
    Ok(Outcome::Answer(answer))
}
