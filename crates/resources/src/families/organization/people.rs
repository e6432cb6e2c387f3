//! Look-ups that several parts of the organisation need: who calls, all objects of a kind.

use std::sync::Arc;

use fakeai_canon::{ApiError, Caller, Owner};
use serde_json::{Map, Value, json};

use super::founding::FOUNDING;
use crate::Order;
use crate::objects::Objects;
use crate::store::{Change, Filter, PageQuery, Record};

pub(super) const USERS: &str = "organization.users";
pub(in crate::families) const PROJECTS: &str = "organization.projects";
pub(super) const MEMBERS: &str = "organization.projects.users";
pub(super) const ACCOUNTS: &str = "organization.projects.service_accounts";
pub(super) const KEYS: &str = "organization.projects.api_keys";
pub(super) const ADMIN_KEYS: &str = "organization.admin_api_keys";
pub(super) const GROUPS: &str = "organization.groups";
pub(super) const ASSIGNMENTS: &str = "organization.role_assignments";

/// Whether a family is a part of the organisation, on which it depends what a key is worth.
pub fn is_organization(family: &str) -> bool {
    family.starts_with("organization.") && family != crate::audit::FAMILY
}

/// Objects read from the store at once.
const CHUNK: usize = 1_000;

/// All objects of a family below a parent that meet the conditions, the oldest first.
pub(super) fn every(
    store: Objects<'_>,
    family: &'static str,
    parent: Option<&str>,
    filters: &[(&str, &str)],
) -> Vec<Arc<Record>> {
    let filters: Vec<Filter> = filters
        .iter()
        .map(|(property, equals)| Filter {
            path: vec![(*property).to_owned()],
            equals: (*equals).to_owned(),
        })
        .collect();
    let mut all: Vec<Arc<Record>> = Vec::new();
    loop {
        let page = store.page(&PageQuery {
            family,
            parent,
            after: all.last().map(|record| record.id.as_str()),
            before: None,
            order: Order::Ascending,
            limit: CHUNK,
            filters: filters.clone(),
        });
        // A cursor that was deleted meanwhile ends the walk.
        let page = page.unwrap_or_default();
        all.extend(page.records);
        if !page.has_more {
            return all;
        }
    }
}

/// The change that deletes a record.
pub(super) fn deletion(record: &Record) -> Change {
    Change::Delete {
        family: record.family,
        parent: record.parent.as_ref().map(|parent| parent.id.clone()),
        id: record.id.clone(),
    }
}

/// The user on whose behalf the call is made; the first owner where that is nobody who is there.
pub(super) fn acting_user(store: Objects<'_>, caller: &Caller) -> Arc<Value> {
    let found = match &caller.owner {
        Owner::User(id) => store.object(USERS, id),
        Owner::ServiceAccount(_) => None,
    };
    found
        .or_else(|| store.object(USERS, &FOUNDING.user.id))
        .or_else(|| {
            let owners = every(store, USERS, None, &[("role", "owner")]);
            owners.first().map(|record| Arc::clone(&record.object))
        })
        .unwrap_or_default()
}

/// The user with that address.
pub(super) fn user_of_email(store: Objects<'_>, email: &str) -> Option<Arc<Record>> {
    let users = every(store, USERS, None, &[]);
    users.into_iter().find(|record| {
        let found = record.object["email"].as_str().unwrap_or_default();
        found.eq_ignore_ascii_case(email)
    })
}

/// Some of an object's properties.
pub(super) fn only(object: &Value, properties: &[&str]) -> Value {
    let chosen = properties
        .iter()
        .map(|name| ((*name).to_owned(), object[*name].clone()));
    Value::Object(chosen.collect::<Map<_, _>>())
}

/// The provider's refusal of a property's value.
pub(super) fn wrong(message: String, param: &str) -> ApiError {
    ApiError::invalid(message)
        .param(param)
        .code("invalid_value")
}

/// A property of a text, or null.
pub(super) fn text(value: &Value) -> Value {
    match value.as_str() {
        Some(text) => json!(text),
        None => Value::Null,
    }
}
