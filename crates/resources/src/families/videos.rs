//! Videos: jobs that wait, render and are done, by the world's clock. The film itself is made
//! elsewhere when somebody fetches it; it follows from the job alone.

use std::sync::Arc;

use fakeai_canon::{ApiError, Micros};
use serde_json::{Value, json};

use super::Hooks;
use super::provenance::is_image;
use crate::apply::{Moment, Site};
use crate::blob_copy;
use crate::call::{Film, Still};
use crate::store::{Change, Record};
use crate::verbs::Draft;
use crate::{Answer, Body, Next, Outcome};

const FAMILY: &str = "videos";

pub(super) static HOOKS: Hooks = Hooks {
    family: FAMILY,
    acts: &[("RetrieveVideoContent", content)],
    created: Some(created),
    deleted: Some(deleted),
    due: Some(advanced),
    ..Hooks::NONE
};

pub(super) static CHARACTER_HOOKS: Hooks = Hooks {
    family: "videos.characters",
    created: Some(character),
    ..Hooks::NONE
};

/// How long a job waits before it is begun.
const QUEUED: Micros = Micros(2_000_000);
/// Rendering time of a second of film; the larger model takes three times as long.
const PER_SECOND: Micros = Micros(1_500_000);
/// Steps in which progress is told.
const STEPS: u64 = 10;
/// How long the film can be fetched: a day.
const KEPT: Micros = Micros(24 * 3_600 * 1_000_000);
/// Seconds of a film at most: a film that has been extended again and again.
const LONGEST: u64 = 120;

/// What a job takes over from the film that it starts from.
struct Source {
    id: Option<String>,
    model: Value,
    size: Value,
    seconds: u64,
}

fn created(site: &Site<'_>, draft: &mut Draft) -> Result<(), ApiError> {
    let body = &site.call.body;
    let source = source(site)?;
    let asked = |name: &str, default: &Value| match &body[name] {
        Value::Null => default.clone(),
        value => value.clone(),
    };
    let model = asked("model", &source.model);
    let sent = body["seconds"]
        .as_str()
        .and_then(|text| text.parse::<u64>().ok());
    let seconds = match (&*site.call.operation.id, sent) {
        ("CreateVideoExtend", Some(more)) => (source.seconds + more).min(LONGEST),
        (_, Some(seconds)) => seconds,
        (_, None) => source.seconds,
    };
    let remixed = match &*site.call.operation.id {
        "CreateVideoRemix" => json!(source.id),
        _ => Value::Null,
    };
    let fields = [
        ("model", model),
        ("status", json!("queued")),
        ("progress", json!(0)),
        ("completed_at", Value::Null),
        ("expires_at", Value::Null),
        ("prompt", body["prompt"].clone()),
        ("size", asked("size", &source.size)),
        ("seconds", json!(seconds.to_string())),
        ("remixed_from_video_id", remixed),
        ("error", Value::Null),
    ];
    for (name, value) in fields {
        draft.object.insert(name.to_owned(), value);
    }
    draft.record.private = json!({"seed": site.context.seed.fork("film").0});
    draft.record.due = Some(site.context.now + QUEUED);
    check_reference(site)
}

/// The film that the job starts from: of the path, by reference, as a file, or none.
fn source(site: &Site<'_>) -> Result<Source, ApiError> {
    let body = &site.call.body;
    let fresh = Source {
        id: None,
        model: json!("sora-2"),
        size: json!("720x1280"),
        seconds: 4,
    };
    let id = match &*site.call.operation.id {
        "createVideo" => return Ok(fresh),
        "CreateVideoRemix" => site.call.params.get("video_id"),
        _ => body["video"]["id"].as_str(),
    };
    let Some(id) = id else {
        let uploaded = site.call.files.iter().find(|file| file.field == "video");
        let file = uploaded.ok_or_else(|| {
            ApiError::invalid(site.family.wording("no_source"))
                .param("video")
                .code("missing_required_parameter")
        })?;
        is_film(site, &file.blob, "video")?;
        return Ok(fresh);
    };
    let found = site.store.find(FAMILY, None, id);
    let record = found.ok_or_else(|| site.family.missing(id))?;
    if record.object["status"] != "completed" {
        let sentence = site.family.wording("source_unready").replace("{id}", id);
        return Err(ApiError::invalid(sentence).param("video"));
    }
    Ok(Source {
        id: Some(record.id.clone()),
        model: record.object["model"].clone(),
        size: record.object["size"].clone(),
        seconds: seconds(&record),
    })
}

/// A picture to start from has to be there, and to be one where it comes along.
fn check_reference(site: &Site<'_>) -> Result<(), ApiError> {
    let mut files = site.call.files.iter();
    if let Some(sent) = files.find(|file| file.field == "input_reference") {
        let head = blob_copy::head(site.means.services.blobs(), &sent.blob, 12)?;
        if !is_image(&head) {
            let sentence = site.family.wording("no_picture");
            return Err(ApiError::invalid(sentence)
                .param("input_reference")
                .code("invalid_image_file"));
        }
    }
    let id = site.call.body["input_reference"]["file_id"].as_str();
    match id {
        Some(id) if site.store.find("files", None, id).is_none() => {
            let sentence = site.family.wording("no_file").replace("{id}", id);
            Err(ApiError::not_found(sentence).param("input_reference"))
        }
        Some(_) | None => Ok(()),
    }
}

fn is_film(site: &Site<'_>, blob: &str, field: &str) -> Result<(), ApiError> {
    let head = blob_copy::head(site.means.services.blobs(), blob, 12)?;
    if head.get(4..8) == Some(b"ftyp") {
        return Ok(());
    }
    Err(ApiError::invalid("Invalid file format. Supported formats: ['mp4']").param(field))
}

/// A character is known from then on by its id; its film is kept.
fn character(site: &Site<'_>, draft: &mut Draft) -> Result<(), ApiError> {
    let file = site.call.files.iter().find(|file| file.field == "video");
    let file = file.ok_or_else(|| {
        ApiError::invalid(site.family.wording("no_video"))
            .param("video")
            .code("missing_required_parameter")
    })?;
    is_film(site, &file.blob, "video")?;
    draft.object.shift_remove("object");
    draft.record.blob = Some(file.blob.clone());
    Ok(())
}

fn seconds(record: &Record) -> u64 {
    let text = record.object["seconds"].as_str().unwrap_or_default();
    text.parse().unwrap_or(4)
}

/// How long a tenth of the rendering takes.
fn step(record: &Record) -> Micros {
    let model = record.object["model"].as_str().unwrap_or_default();
    let times = if model.contains("pro") { 3 } else { 1 };
    Micros(PER_SECOND.0 * seconds(record) * times / STEPS)
}

/// The next step of a job.
fn advanced(moment: &Moment<'_>, record: &Record) -> Result<Next, ApiError> {
    let now = moment.context.now;
    let mut object = Value::clone(&record.object);
    let progress = object["progress"].as_u64().unwrap_or_default();
    let due = if object["status"] == "queued" {
        object["status"] = json!("in_progress");
        Some(now + step(record))
    } else if progress + 100 / STEPS < 100 {
        object["progress"] = json!(progress + 100 / STEPS);
        Some(now + step(record))
    } else {
        object["status"] = json!("completed");
        object["progress"] = json!(100);
        object["completed_at"] = json!(now.whole_seconds());
        object["expires_at"] = json!((now + KEPT).whole_seconds());
        None
    };
    Ok(Next {
        changes: vec![Change::Replace(Record {
            object: Arc::new(object),
            due,
            ..record.clone()
        })],
        effects: Vec::new(),
    })
}

/// The film, or a picture of it.
fn content(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let record = site.record()?;
    let sentence = |word: &str| site.family.wording(word).replace("{id}", &record.id);
    if record.object["status"] != "completed" {
        return Err(ApiError::not_found(sentence("unready")));
    }
    let expiry = record.object["expires_at"].as_u64().unwrap_or(u64::MAX);
    if site.context.now.whole_seconds() >= expiry {
        return Err(ApiError::not_found(sentence("expired")));
    }
    let film = film(&record);
    let services = site.means.services;
    let (media, bytes) = match site.call.query["variant"].as_str() {
        Some("thumbnail") => ("image/webp", services.still(&film, Still::Thumbnail)?),
        Some("spritesheet") => ("image/jpeg", services.still(&film, Still::SpriteSheet)?),
        _ => ("video/mp4", services.film(&film)?),
    };
    let media = media.to_owned();
    Ok(Outcome::Answer(Answer::of(Body::Bytes { media, bytes })))
}

fn film(record: &Record) -> Film {
    let size = record.object["size"].as_str().unwrap_or_default();
    let (width, height) = size.split_once('x').unwrap_or(("720", "1280"));
    Film {
        seed: fakeai_canon::Seed(record.private["seed"].as_u64().unwrap_or_default()),
        width: width.parse().unwrap_or(720),
        height: height.parse().unwrap_or(1280),
        seconds: seconds(record) as u32,
    }
}

/// A job that still runs is not deleted.
fn deleted(site: &Site<'_>, record: &Record, _: &mut Next) -> Result<(), ApiError> {
    let status = record.object["status"].as_str().unwrap_or_default();
    if matches!(status, "completed" | "failed") {
        return Ok(());
    }
    let sentence = site.family.wording("running");
    let sentence = sentence
        .replace("{id}", &record.id)
        .replace("{status}", status);
    Err(ApiError::invalid(sentence).param("video_id"))
}
