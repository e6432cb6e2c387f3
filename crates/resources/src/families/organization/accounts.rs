//! Service accounts: the users of a project who are no people. Making one makes a key.

use fakeai_canon::{ApiError, KeyKind, Owner};
use serde_json::{Value, json};

use super::founding::record;
use super::keys::{self, Holder};
use super::people::{ACCOUNTS, KEYS, deletion};
use super::{projects, secrets};
use crate::apply::Site;
use crate::families::Hooks;
use crate::store::{Change, Record};
use crate::verbs::{self, Draft};
use crate::{Answer, Next, Outcome};

pub(super) static HOOKS: Hooks = Hooks {
    family: ACCOUNTS,
    acts: &[
        ("create-project-service-account", create),
        ("CreateanAPIkeyforaserviceaccount", create_key),
    ],
    created: Some(created),
    updated: Some(updated),
    deleted: Some(deleted),
    ..Hooks::NONE
};

/// The name of the key that comes with an account.
const FIRST_KEY: &str = "Secret Key";

fn created(site: &Site<'_>, draft: &mut Draft) -> Result<(), ApiError> {
    projects::active(site)?;
    // An account without a role can't do anything, so it gets the ordinary one.
    draft.object.insert("role".to_owned(), json!("member"));
    Ok(())
}

fn updated(site: &Site<'_>, _: &Record, _: &mut Draft) -> Result<(), ApiError> {
    projects::active(site)
}

fn create(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let mut answer = verbs::create(site)?;
    let mut key = Value::Null;
    let alone = site.call.body["create_service_account_only"] == json!(true);
    if let (false, Some(Change::Put(account))) = (alone, answer.next.changes.first()) {
        let account = account.clone();
        key = make_key(site, &account, FIRST_KEY, &mut answer);
    }
    Ok(Outcome::Answer(keys::with(answer, "api_key", key)))
}

fn create_key(site: &Site<'_>) -> Result<Outcome, ApiError> {
    projects::active(site)?;
    let account = site.record()?;
    let name = site.call.body["name"].as_str().unwrap_or(FIRST_KEY);
    let mut answer = Answer::json(std::sync::Arc::default());
    let key = make_key(site, &account, name, &mut answer);
    answer.body = crate::Body::Json(std::sync::Arc::new(key));
    Ok(Outcome::Answer(answer))
}

/// Makes a key of an account, and gives it as it is shown once.
fn make_key(site: &Site<'_>, account: &Record, name: &str, answer: &mut Answer) -> Value {
    let now = site.context.now;
    let value = keys::value(site, "service_account_key_value");
    let id = keys::id(KeyKind::Project, site.context.seed.fork("key"));
    let project = account.parent.as_ref().map_or("", |parent| &parent.id);
    let object = &account.object;
    let owner = json!({"type": "service_account", "service_account": {
        "id": account.id, "name": object["name"], "created_at": object["created_at"],
        "role": object["role"],
    }});
    let key = keys::project_key(&id, name, &value, &owner, now);
    let holder = Holder {
        project: project.to_owned(),
        owner: Owner::ServiceAccount(account.id.clone()),
    };
    let changes = &mut answer.next.changes;
    changes.push(Change::Put(record(KEYS, &id, Some(project), now, key)));
    changes.push(secrets::remember(
        &value,
        KeyKind::Project,
        &id,
        &holder,
        None,
        now,
    ));
    json!({
        "object": "organization.project.service_account.api_key",
        "value": value,
        "name": name,
        "created_at": now.whole_seconds(),
        "id": id,
    })
}

/// Its keys go with it.
fn deleted(site: &Site<'_>, record: &Record, next: &mut Next) -> Result<(), ApiError> {
    let project = record.parent.as_ref().map_or("", |parent| &parent.id);
    let keys = keys::of_account(site.store, project, &record.id);
    next.changes.extend(keys.iter().map(|key| deletion(key)));
    Ok(())
}
