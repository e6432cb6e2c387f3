//! Skills that lie ready where a shell or a program runs: those that a request names, brings along or
//! has on its own machine, and those of a container. Not here: which of them an answer reads.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use fakeai_canon::{ApiError, Skill};
use serde_json::{Value, json};

use super::{containers, skill_bundle, skills};
use crate::blob_copy::BlobReader;
use crate::family::families;
use crate::objects::Objects;
use crate::store::Blobs;

/// Where a container has its skills. No document names the folder.
const FOLDER: &str = "/home/oai/skills";

/// A skill that lies ready, and where its text is.
#[derive(Clone, Debug)]
pub struct MountedSkill {
    skill: Skill,
    text: Place,
}

#[derive(Clone, Debug)]
enum Place {
    /// In a stored bundle.
    Blob(String),
    /// Here.
    Here(String),
    /// On the client's machine.
    Away,
}

impl MountedSkill {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.skill.name
    }

    /// What it is for.
    pub fn description(&self) -> &str {
        &self.skill.description
    }

    /// Whether its text can be read here.
    pub fn is_readable(&self) -> bool {
        !matches!(self.text, Place::Away)
    }

    /// The skill without its text: it is there, and nobody reads it.
    pub fn unread(self) -> Skill {
        self.skill
    }

    /// The skill with its text, as far as that can be read.
    pub fn read(self, blobs: &dyn Blobs) -> Skill {
        let read = match self.text {
            Place::Blob(id) => skill_bundle::text(BlobReader::new(blobs, &id)),
            Place::Here(text) => Some(text),
            Place::Away => None,
        };
        Skill { read, ..self.skill }
    }

    fn of(name: &str, description: &str, path: String, text: Place) -> Self {
        let skill = Skill {
            name: name.to_owned(),
            description: description.to_owned(),
            path,
            read: None,
        };
        Self { skill, text }
    }
}

/// The skills of an environment, as a tool names it: those that it lists, or those of the container
/// that it is.
///
/// # Errors
/// The sentence of what is not there; a bundle that is none.
pub fn mounted_skills(
    store: Objects<'_>,
    environment: &Value,
) -> Result<Vec<MountedSkill>, ApiError> {
    let own = environment
        .as_str()
        .or_else(|| environment["container_id"].as_str());
    if let Some(record) = own.and_then(|id| store.find(containers::FAMILY, None, id)) {
        let kept = listed(&record.private["skills"]).map(|kept| kept_skill(store, kept));
        return Ok(kept.flatten().collect());
    }
    listed(&environment["skills"])
        .map(|skill| mounted(store, skill))
        .collect()
}

fn listed(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn mounted(store: Objects<'_>, skill: &Value) -> Result<MountedSkill, ApiError> {
    let text = |name: &str| skill[name].as_str().unwrap_or_default();
    if let Some(id) = skill["skill_id"].as_str() {
        return referred(store, id, skill["version"].as_str());
    }
    if let Some(path) = skill["path"].as_str() {
        let path = path.trim_end_matches('/').to_owned();
        let (name, description) = (text("name"), text("description"));
        return Ok(MountedSkill::of(name, description, path, Place::Away));
    }
    let data = skill["source"]["data"].as_str().unwrap_or_default();
    let bytes = BASE64_STANDARD
        .decode(data)
        .map_err(|_| ApiError::invalid("Invalid base64 data.").param("skills"))?;
    let manifest = skill_bundle::read(std::io::Cursor::new(Bytes::from(bytes)))?;
    let (name, description) = (text("name"), text("description"));
    Ok(hosted(name, description, Place::Here(manifest.text)))
}

fn hosted(name: &str, description: &str, text: Place) -> MountedSkill {
    MountedSkill::of(name, description, format!("{FOLDER}/{name}"), text)
}

/// The version that a reference means: the number, the latest, or the default one.
fn referred(store: Objects<'_>, id: &str, version: Option<&str>) -> Result<MountedSkill, ApiError> {
    let missing = |family: &str, id: &str| match families().get(family) {
        Some(row) => row.missing(id),
        None => ApiError::not_found(""),
    };
    let skill = store.find(skills::FAMILY, None, id);
    let skill = skill.ok_or_else(|| missing(skills::FAMILY, id))?;
    let number = match version {
        None => &skill.object["default_version"],
        Some("latest") => &skill.object["latest_version"],
        Some(number) => &json!(number),
    };
    let versions = containers::below(store, skills::VERSIONS, id);
    let mut versions = versions.iter();
    let found = versions.find(|version| version.object["version"] == *number);
    let found =
        found.ok_or_else(|| missing(skills::VERSIONS, number.as_str().unwrap_or_default()))?;
    let text = |name: &str| found.object[name].as_str().unwrap_or_default();
    let blob = Place::Blob(found.blob.clone().unwrap_or_default());
    Ok(hosted(text("name"), text("description"), blob))
}

/// What a container keeps of the skills that it is made with: a reference with the version that it
/// means now, or the text that came along.
///
/// # Errors
/// As for [`mounted_skills`].
pub(super) fn kept(store: Objects<'_>, skills: &Value) -> Result<Value, ApiError> {
    let keep = |skill: &Value| {
        let MountedSkill { skill: own, text } = mounted(store, skill)?;
        let text = match text {
            Place::Blob(blob) => json!({"blob": blob, "skill_id": skill["skill_id"]}),
            Place::Here(text) => json!({"text": text}),
            Place::Away => Value::Null,
        };
        Ok(json!({"name": own.name, "description": own.description, "text": text}))
    };
    listed(skills).map(keep).collect()
}

/// A skill of a container's; none where its bundle has gone.
fn kept_skill(store: Objects<'_>, kept: &Value) -> Option<MountedSkill> {
    let text = &kept["text"];
    let place = match (text["text"].as_str(), text["blob"].as_str()) {
        (Some(text), _) => Place::Here(text.to_owned()),
        (None, Some(blob)) => {
            let skill = text["skill_id"].as_str().unwrap_or_default();
            let versions = containers::below(store, skills::VERSIONS, skill);
            let mut blobs = versions.iter().filter_map(|one| one.blob.as_deref());
            blobs.find(|other| *other == blob)?;
            Place::Blob(blob.to_owned())
        }
        (None, None) => return None,
    };
    let word = |name: &str| kept[name].as_str().unwrap_or_default();
    Some(hosted(word("name"), word("description"), place))
}
