//! Files of containers: uploaded or copied from a stored file, and given back byte for byte. Each
//! of these calls keeps the container alive.

use std::sync::Arc;

use fakeai_canon::{Alphabet, ApiError, Micros, Seed};
use serde_json::{Value, json};

use super::{Hooks, containers};
use crate::apply::Site;
use crate::store::{Change, Parent, Record};
use crate::{Answer, Body, Outcome, blob_copy, ids, verbs};

pub(super) const FAMILY: &str = "containers.files";

pub(super) static HOOKS: Hooks = Hooks {
    family: FAMILY,
    acts: &[
        ("CreateContainerFile", create),
        ("ListContainerFiles", list),
        ("RetrieveContainerFile", retrieve),
        ("DeleteContainerFile", delete),
        ("RetrieveContainerFileContent", content),
    ],
    ..Hooks::NONE
};

/// Characters that a file name may have.
const LONGEST_NAME: usize = 255;

/// Where and when a file is put.
pub(super) struct Place<'a> {
    pub(super) container: &'a str,
    pub(super) now: Micros,
    pub(super) seed: Seed,
}

/// A file as it stands in a container.
pub(super) fn record(place: &Place<'_>, name: &str, bytes: u64, blob: String) -> Record {
    let id = ids::of("container.file", place.seed)
        .unwrap_or_else(|| place.seed.id("cfile_", Alphabet::Hex, 48));
    let mark = place.seed.fork("path").id("", Alphabet::Hex, 32);
    let object = json!({
        "id": id,
        "object": "container.file",
        "created_at": place.now.whole_seconds(),
        "bytes": bytes,
        "container_id": place.container,
        "path": format!("/mnt/data/{mark}-{name}"),
        "source": "user",
    });
    Record {
        project: None,
        family: FAMILY,
        id,
        parent: Some(Parent {
            family: containers::FAMILY,
            id: place.container.to_owned(),
        }),
        created: place.now,
        object: Arc::new(object),
        private: Value::Null,
        due: None,
        blob: Some(blob),
    }
}

/// The stored file of an id, which has bytes.
pub(super) fn stored(site: &Site<'_>, id: &str) -> Result<Arc<Record>, ApiError> {
    let found = site.store.find("files", None, id);
    found.filter(|file| file.blob.is_some()).ok_or_else(|| {
        ApiError::not_found(site.family.wording("no_file").replace("{id}", id)).param("file_id")
    })
}

/// The container, which must not have expired, as it is after this use.
fn container(site: &Site<'_>) -> Result<Record, ApiError> {
    let id = site.parent()?.map(|parent| parent.id).unwrap_or_default();
    let family = crate::family::families();
    let row = family
        .get(containers::FAMILY)
        .expect("the rows have a family of containers");
    let record = site
        .store
        .find(containers::FAMILY, None, &id)
        .ok_or_else(|| row.missing(&id))?;
    containers::used(&record, site.context.now)
        .ok_or_else(|| ApiError::invalid(row.wording("expired")))
}

fn create(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let container = container(site)?;
    let (name, bytes, blob) = sent(site)?;
    let place = Place {
        container: &container.id,
        now: site.context.now,
        seed: site.context.seed,
    };
    let record = record(&place, &name, bytes, blob);
    let mut answer = Answer::json(Arc::clone(&record.object));
    answer.next.changes = vec![Change::Put(record), Change::Replace(container)];
    Ok(Outcome::Answer(answer))
}

/// The name, the size and the bytes of the new file.
fn sent(site: &Site<'_>) -> Result<(String, u64, String), ApiError> {
    let file = site.call.files.iter().find(|file| file.field == "file");
    let refused = |word: &str| ApiError::invalid(site.family.wording(word)).param("file");
    match (file, site.call.body["file_id"].as_str()) {
        (Some(_), Some(_)) => Err(refused("both")),
        (None, None) => Err(refused("none").code("missing_required_parameter")),
        (Some(file), None) => {
            let name = checked(site, &file.name)?;
            Ok((name, file.bytes, file.blob.clone()))
        }
        (None, Some(id)) => {
            let file = stored(site, id)?;
            let name = checked(site, file.object["filename"].as_str().unwrap_or("file"))?;
            let blobs = site.means.services.blobs();
            let blob = file.blob.as_deref().unwrap_or_default();
            let bytes = blobs.size(blob).unwrap_or_default();
            Ok((name, bytes, blob_copy::copy(blobs, blob)?))
        }
    }
}

/// A name that is one part of a path and no way out of a folder.
fn checked(site: &Site<'_>, name: &str) -> Result<String, ApiError> {
    let fits = !matches!(name, "" | "." | "..")
        && name.chars().count() <= LONGEST_NAME
        && !name.contains(['/', '\\', '\0']);
    if fits {
        return Ok(name.to_owned());
    }
    let shown: String = name.chars().take(LONGEST_NAME).collect();
    let sentence = site.family.wording("bad_name").replace("{name}", &shown);
    Err(ApiError::invalid(sentence).param("file"))
}

fn list(site: &Site<'_>) -> Result<Outcome, ApiError> {
    using(site, verbs::list)
}

fn retrieve(site: &Site<'_>) -> Result<Outcome, ApiError> {
    using(site, verbs::retrieve)
}

fn delete(site: &Site<'_>) -> Result<Outcome, ApiError> {
    using(site, verbs::delete)
}

fn content(site: &Site<'_>) -> Result<Outcome, ApiError> {
    using(site, |site| {
        let record = site.record()?;
        let blob = record.blob.clone();
        let id = blob.ok_or_else(|| site.family.missing(&record.id))?;
        let media = "application/octet-stream".to_owned();
        Ok(Answer::of(Body::Blob { media, id }))
    })
}

/// Does something with a file, which keeps its container alive.
fn using(
    site: &Site<'_>,
    verb: fn(&Site<'_>) -> Result<Answer, ApiError>,
) -> Result<Outcome, ApiError> {
    let container = container(site)?;
    let mut answer = verb(site)?;
    answer.next.changes.push(Change::Replace(container));
    Ok(Outcome::Answer(answer))
}
