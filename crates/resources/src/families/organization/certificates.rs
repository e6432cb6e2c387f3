//! Certificates for mutual TLS: uploaded to the organisation, switched on and off in it and in its
//! projects.

use std::sync::Arc;

use fakeai_canon::ApiError;
use serde_json::{Value, json};

use super::people::{PROJECTS, every};
use super::x509;
use crate::apply::Site;
use crate::families::Hooks;
use crate::family::families;
use crate::store::{Change, Record};
use crate::verbs::{self, Draft};
use crate::{Answer, Outcome, page};

pub(super) static HOOKS: Hooks = Hooks {
    family: CERTIFICATES,
    acts: &[
        ("listOrganizationCertificates", list),
        ("getCertificate", retrieve),
        ("deleteCertificate", delete),
        ("activateOrganizationCertificates", activate),
        ("deactivateOrganizationCertificates", deactivate),
        ("listProjectCertificates", list),
        ("activateProjectCertificates", activate),
        ("deactivateProjectCertificates", deactivate),
    ],
    created: Some(created),
    ..Hooks::NONE
};

const CERTIFICATES: &str = "organization.certificates";

/// What the organisation is called among the places where a certificate is active.
const ORGANIZATION: &str = "organization";

fn created(site: &Site<'_>, draft: &mut Draft) -> Result<(), ApiError> {
    let refusal = |name: &str| ApiError::invalid(site.family.wording(name)).param("certificate");
    let pem = site.call.body["certificate"].as_str().unwrap_or_default();
    let validity = x509::validity(pem).ok_or_else(|| refusal("unreadable"))?;
    if validity.until <= site.context.now.whole_seconds() as i64 {
        return Err(refusal("expired"));
    }
    let others = every(site.store, CERTIFICATES, None, &[]);
    let same =
        |other: &Arc<Record>| other.private["content"].as_str().map(str::trim) == Some(pem.trim());
    if others.iter().any(same) {
        return Err(refusal("uploaded"));
    }
    let details = json!({"valid_at": validity.from, "expires_at": validity.until});
    draft
        .object
        .insert("certificate_details".to_owned(), details);
    draft.record.private = json!({"content": pem, "active": []});
    Ok(())
}

/// Where the call's certificates are switched: the id of a project, or the organisation.
fn place<'a>(site: &'a Site<'_>) -> Result<&'a str, ApiError> {
    let Some(project) = site.call.params.get("project_id") else {
        return Ok(ORGANIZATION);
    };
    if site.store.find(PROJECTS, None, project).is_none() {
        let family = families().get(PROJECTS).unwrap_or(site.family);
        return Err(family.missing(project));
    }
    super::projects::active(site)?;
    Ok(project)
}

fn is_active(record: &Record, place: &str) -> bool {
    let places = record.private["active"].as_array();
    places.is_some_and(|places| places.contains(&json!(place)))
}

/// The certificate as its lists show it.
fn in_place(record: &Record, place: &str) -> Arc<Value> {
    let name = if place == ORGANIZATION {
        "organization.certificate"
    } else {
        "organization.project.certificate"
    };
    let mut object = Value::clone(&record.object);
    object["object"] = json!(name);
    object["active"] = json!(is_active(record, place));
    Arc::new(object)
}

fn list(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let place = place(site)?;
    let query = page::query(site, None)?;
    let found = page::selected(site, &query, |_| true)?;
    let records = found.records.iter();
    let shown: Vec<_> = records.map(|record| in_place(record, place)).collect();
    let body = page::body(&site.family.page, &shown, found.has_more);
    Ok(Outcome::Answer(Answer::json(Arc::new(body))))
}

fn retrieve(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let record = site.record()?;
    let included = site.call.query["include"].as_array();
    let mut object = Value::clone(&record.object);
    if included.is_some_and(|names| names.contains(&json!("content"))) {
        object["certificate_details"]["content"] = record.private["content"].clone();
    }
    Ok(Outcome::Answer(Answer::json(Arc::new(object))))
}

fn delete(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let record = site.record()?;
    if record.private["active"] != json!([]) {
        let words = site.family.wording("active").replace("{id}", &record.id);
        return Err(ApiError::invalid(words));
    }
    let mut answer = verbs::delete(site)?;
    let object = json!({"object": "certificate.deleted", "id": record.id});
    answer.body = crate::Body::Json(Arc::new(object));
    Ok(Outcome::Answer(answer))
}

fn activate(site: &Site<'_>) -> Result<Outcome, ApiError> {
    switch(site, true)
}

fn deactivate(site: &Site<'_>) -> Result<Outcome, ApiError> {
    switch(site, false)
}

/// Switches all certificates that the body names, or none.
fn switch(site: &Site<'_>, on: bool) -> Result<Outcome, ApiError> {
    let place = place(site)?;
    let mut switched: Vec<Record> = Vec::new();
    let ids = site.call.body["certificate_ids"].as_array();
    for id in ids.into_iter().flatten().filter_map(Value::as_str) {
        let found = site.store.find(CERTIFICATES, None, id);
        let record = found.ok_or_else(|| {
            ApiError::invalid(site.family.missing(id).message).param("certificate_ids")
        })?;
        if switched.iter().all(|other| other.id != id) {
            switched.push(switched_record(&record, place, on));
        }
    }
    let shown: Vec<_> = switched
        .iter()
        .map(|record| Value::clone(&in_place(record, place)))
        .collect();
    let kind = match (place == ORGANIZATION, on) {
        (true, true) => "organization.certificate.activation",
        (true, false) => "organization.certificate.deactivation",
        (false, true) => "organization.project.certificate.activation",
        (false, false) => "organization.project.certificate.deactivation",
    };
    let mut answer = Answer::json(Arc::new(json!({"object": kind, "data": shown})));
    answer.next.changes = switched.into_iter().map(Change::Replace).collect();
    Ok(Outcome::Answer(answer))
}

fn switched_record(record: &Record, place: &str, on: bool) -> Record {
    let mut record = record.clone();
    if let Some(places) = record.private["active"].as_array_mut() {
        places.retain(|other| other != place);
        if on {
            places.push(json!(place));
        }
    }
    record
}
