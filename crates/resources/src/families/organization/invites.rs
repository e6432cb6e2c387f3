//! Invites: they are sent and expire; accepting one is no operation of the API.

use fakeai_canon::{ApiError, Micros};
use serde_json::{Value, json};

use super::people::{PROJECTS, every, user_of_email, wrong};
use crate::Next;
use crate::apply::{Moment, Site};
use crate::families::Hooks;
use crate::family::families;
use crate::store::{Change, Record};
use crate::verbs::Draft;

pub(super) static HOOKS: Hooks = Hooks {
    family: INVITES,
    created: Some(created),
    due: Some(expired),
    expires: true,
    ..Hooks::NONE
};

const INVITES: &str = "organization.invites";

/// How long an invite is good: seven days, as the provider's dashboard says of its invitations.
const LIFE: Micros = Micros(7 * 24 * 3_600 * 1_000_000);

fn created(site: &Site<'_>, draft: &mut Draft) -> Result<(), ApiError> {
    let body = &site.call.body;
    let email = body["email"].as_str().unwrap_or_default();
    if !email.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty() && !host.is_empty() && !email.contains(char::is_whitespace)
    }) {
        return Err(wrong(
            format!("Invalid 'email': '{email}' is not an email address."),
            "email",
        ));
    }
    let refusal = |name: &str| {
        let words = site.family.wording(name).replace("{email}", email);
        ApiError::invalid(words).param("email")
    };
    if user_of_email(site.store, email).is_some() {
        return Err(refusal("member"));
    }
    let pending = [("email", email), ("status", "pending")];
    if !every(site.store, INVITES, None, &pending).is_empty() {
        return Err(refusal("invited"));
    }
    check_projects(site, &body["projects"])?;
    let expiry = site.context.now + LIFE;
    let object = &mut draft.object;
    object.insert("status".to_owned(), json!("pending"));
    object.insert("expires_at".to_owned(), json!(expiry.whole_seconds()));
    object.insert("accepted_at".to_owned(), Value::Null);
    draft.record.due = Some(expiry);
    Ok(())
}

fn check_projects(site: &Site<'_>, projects: &Value) -> Result<(), ApiError> {
    for project in projects.as_array().into_iter().flatten() {
        let id = project["id"].as_str().unwrap_or_default();
        if site.store.find(PROJECTS, None, id).is_none() {
            let family = families().get(PROJECTS).unwrap_or(site.family);
            return Err(ApiError::invalid(family.missing(id).message).param("projects"));
        }
    }
    Ok(())
}

fn expired(_: &Moment<'_>, record: &Record) -> Result<Next, ApiError> {
    let mut object = Value::clone(&record.object);
    object["status"] = json!("expired");
    let change = Change::Replace(Record {
        object: std::sync::Arc::new(object),
        due: None,
        ..record.clone()
    });
    Ok(Next {
        changes: vec![change],
        effects: Vec::new(),
    })
}
