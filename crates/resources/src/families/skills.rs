//! Skills and their versions: bundles that are checked when they come and given back as they are.

use std::sync::Arc;

use fakeai_canon::{Alphabet, ApiError, FilePart};
use serde_json::{Map, Value, json};

use super::containers::below;
use super::{Hooks, skill_bundle};
use crate::apply::Site;
use crate::blob_copy::{self, BlobReader};
use crate::family::families;
use crate::store::{Change, Parent, Record};
use crate::verbs::Draft;
use crate::{Answer, Body, Outcome, ids};

pub(super) const FAMILY: &str = "skills";
pub(super) const VERSIONS: &str = "skills.versions";

pub(super) static HOOKS: Hooks = Hooks {
    family: FAMILY,
    acts: &[("GetSkillContent", content)],
    created: Some(created),
    updated: Some(updated),
    ..Hooks::NONE
};

pub(super) static VERSION_HOOKS: Hooks = Hooks {
    family: VERSIONS,
    acts: &[
        ("GetSkillVersion", retrieve_version),
        ("DeleteSkillVersion", delete_version),
        ("GetSkillVersionContent", version_content),
    ],
    created: Some(version_created),
    ..Hooks::NONE
};

/// A bundle that has been checked.
struct Bundle {
    name: String,
    description: String,
    blob: String,
}

/// The bundle that the call brings: one zip, or files with their paths.
fn bundle(site: &Site<'_>) -> Result<Bundle, ApiError> {
    let is_ours = |file: &&FilePart| matches!(&*file.field, "files" | "files[]");
    let files: Vec<&FilePart> = site.call.files.iter().filter(is_ours).collect();
    let blobs = site.means.services.blobs();
    if files.iter().map(|file| file.bytes).sum::<u64>() > skill_bundle::MOST_BYTES {
        return Err(skill_bundle::too_large());
    }
    let (manifest, blob) = match &*files {
        [] => {
            return Err(ApiError::invalid("Missing required parameter: 'files'.")
                .param("files")
                .code("missing_required_parameter"));
        }
        [file] if !file.path.ends_with(".md") => (
            skill_bundle::read(reader_of(blobs, file))?,
            file.blob.clone(),
        ),
        several => {
            let files = several
                .iter()
                .map(|file| (file.path.clone(), reader_of(blobs, file)));
            let (manifest, bytes) = skill_bundle::pack(files.collect())?;
            (manifest, blob_copy::write(blobs, bytes)?)
        }
    };
    Ok(Bundle {
        name: manifest.name,
        description: manifest.description,
        blob,
    })
}

fn reader_of<'a>(blobs: &'a dyn crate::Blobs, file: &'a FilePart) -> BlobReader<'a> {
    BlobReader::new(blobs, &file.blob)
}

fn created(site: &Site<'_>, draft: &mut Draft) -> Result<(), ApiError> {
    let bundle = bundle(site)?;
    let object = &mut draft.object;
    object.insert("name".to_owned(), json!(bundle.name));
    object.insert("description".to_owned(), json!(bundle.description));
    object.insert("default_version".to_owned(), json!("1"));
    object.insert("latest_version".to_owned(), json!("1"));
    draft.record.private = json!({"versions": 1});
    let seed = site.context.seed.fork("version");
    let id =
        ids::of("skill.version", seed).unwrap_or_else(|| seed.id("skillver_", Alphabet::Hex, 48));
    let mut version = Map::new();
    version.insert("id".to_owned(), json!(id));
    version.insert("object".to_owned(), json!("skill.version"));
    let now = site.context.now;
    version.insert("created_at".to_owned(), json!(now.whole_seconds()));
    describe(&mut version, &draft.record.id, 1, &bundle);
    draft.next.changes.push(Change::Put(Record {
        project: None,
        family: VERSIONS,
        id,
        parent: Some(Parent {
            family: FAMILY,
            id: draft.record.id.clone(),
        }),
        created: now,
        object: Arc::new(Value::Object(version)),
        private: Value::Null,
        due: None,
        blob: Some(bundle.blob),
    }));
    Ok(())
}

fn describe(version: &mut Map<String, Value>, skill: &str, number: u64, bundle: &Bundle) {
    version.insert("skill_id".to_owned(), json!(skill));
    version.insert("version".to_owned(), json!(number.to_string()));
    version.insert("name".to_owned(), json!(bundle.name));
    version.insert("description".to_owned(), json!(bundle.description));
}

/// A version more; it becomes the default where it is asked to.
fn version_created(site: &Site<'_>, draft: &mut Draft) -> Result<(), ApiError> {
    let bundle = bundle(site)?;
    let skill = skill(site)?;
    let number = skill.private["versions"].as_u64().unwrap_or_default() + 1;
    describe(&mut draft.object, &skill.id, number, &bundle);
    draft.record.blob = Some(bundle.blob);
    let mut object = Value::clone(&skill.object);
    object["latest_version"] = json!(number.to_string());
    if site.call.body["default"] == json!(true) {
        object["default_version"] = json!(number.to_string());
        object["name"] = json!(bundle.name);
        object["description"] = json!(bundle.description);
    }
    draft.next.changes.push(Change::Replace(Record {
        object: Arc::new(object),
        private: json!({"versions": number}),
        ..Record::clone(&skill)
    }));
    Ok(())
}

/// The skill that the path names.
fn skill(site: &Site<'_>) -> Result<Arc<Record>, ApiError> {
    let id = site.call.params.get("skill_id").unwrap_or_default();
    let family = families().get(FAMILY);
    let found = site.store.find(FAMILY, None, id);
    found.ok_or_else(|| {
        family.map_or_else(
            || crate::not_served(site.call.operation),
            |family| family.missing(id),
        )
    })
}

/// The version of a number, below a skill.
fn numbered(site: &Site<'_>, skill: &str, number: &str) -> Result<Arc<Record>, ApiError> {
    let mut versions = below(site.store, VERSIONS, skill).into_iter();
    let found = versions.find(|version| version.object["version"] == *number);
    let family = families().get(VERSIONS);
    found.ok_or_else(|| {
        family.map_or_else(
            || crate::not_served(site.call.operation),
            |family| family.missing(number),
        )
    })
}

/// Another default version, which must be there; the skill is then described as that version is.
fn updated(site: &Site<'_>, old: &Record, draft: &mut Draft) -> Result<(), ApiError> {
    let number = site.call.body["default_version"].as_str();
    let version = numbered(site, &old.id, number.unwrap_or_default())?;
    let object = &mut draft.object;
    object.insert(
        "default_version".to_owned(),
        version.object["version"].clone(),
    );
    for property in ["name", "description"] {
        object.insert(property.to_owned(), version.object[property].clone());
    }
    Ok(())
}

fn named(site: &Site<'_>) -> Result<Arc<Record>, ApiError> {
    let skill = skill(site)?;
    let number = site.call.params.get("version").unwrap_or_default();
    numbered(site, &skill.id, number)
}

fn retrieve_version(site: &Site<'_>) -> Result<Outcome, ApiError> {
    Ok(Outcome::Answer(Answer::json(Arc::clone(
        &named(site)?.object,
    ))))
}

/// A version goes away, unless it is the default one of several. With the last goes the skill.
fn delete_version(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let skill = skill(site)?;
    let version = named(site)?;
    let versions = below(site.store, VERSIONS, &skill.id);
    let number = &version.object["version"];
    let mut answer = Answer::json(Arc::new(json!({
        "id": version.id,
        "object": "skill.version.deleted",
        "deleted": true,
        "version": number,
    })));
    if versions.len() == 1 {
        answer.next.changes.push(Change::Delete {
            family: FAMILY,
            parent: None,
            id: skill.id.clone(),
        });
        return Ok(Outcome::Answer(answer));
    }
    if skill.object["default_version"] == *number {
        let sentence = site.family.wording("default_in_use");
        return Err(ApiError::invalid(sentence).param("version"));
    }
    answer.next.changes.push(Change::Delete {
        family: VERSIONS,
        parent: Some(skill.id.clone()),
        id: version.id.clone(),
    });
    let latest = versions.iter().rev().find(|other| other.id != version.id);
    if let Some(latest) = latest {
        let mut object = Value::clone(&skill.object);
        object["latest_version"] = latest.object["version"].clone();
        answer.next.changes.push(Change::Replace(Record {
            object: Arc::new(object),
            ..Record::clone(&skill)
        }));
    }
    Ok(Outcome::Answer(answer))
}

/// The bundle of the default version.
fn content(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let skill = skill(site)?;
    let number = skill.object["default_version"].as_str().unwrap_or_default();
    zipped(&*numbered(site, &skill.id, number)?)
}

fn version_content(site: &Site<'_>) -> Result<Outcome, ApiError> {
    zipped(&*named(site)?)
}

fn zipped(version: &Record) -> Result<Outcome, ApiError> {
    let id = version.blob.clone().unwrap_or_default();
    let media = "application/zip".to_owned();
    Ok(Outcome::Answer(Answer::of(Body::Blob { media, id })))
}
