//! What an answer says about the images and files of its prompt: facts that the bytes tell. Not
//! here: their tokens, and what is in the picture, which nobody looks at.

use std::collections::HashMap;
use std::sync::LazyLock;

use fakeai_canon::{Media, MediaKind, MediaSource};
use serde::Deserialize;

use crate::data;
use crate::prose::Language;

#[derive(Deserialize)]
struct Sentences {
    image: String,
    images: String,
    audio: String,
    file: String,
    video: String,
    pixels: String,
    linked: String,
}

static SENTENCES: LazyLock<HashMap<String, Sentences>> =
    LazyLock::new(|| data::facts(include_str!("../../../data/content/media.toml")));

/// A paragraph about the media, in the language of the answer where there is one, else English.
pub(crate) fn preface(media: &[&Media], language: Language) -> String {
    let sentences = SENTENCES.get(language.code()).unwrap_or(&SENTENCES["en"]);
    let images = media
        .iter()
        .filter(|one| one.kind == MediaKind::Image)
        .count();
    let first = media.first().map_or(MediaKind::Image, |one| one.kind);
    let sentence = match first {
        MediaKind::Image if images > 1 => &sentences.images,
        MediaKind::Image => &sentences.image,
        MediaKind::Audio => &sentences.audio,
        MediaKind::File => &sentences.file,
        MediaKind::Video => &sentences.video,
    };
    let told = media
        .iter()
        .filter(|one| one.kind == first)
        .map(|one| facts(one, sentences));
    let told: Vec<_> = told.collect();
    let text = sentence.replace("{facts}", &told.join("; "));
    text.replace("{count}", &images.to_string()) + "\n\n"
}

fn facts(media: &Media, sentences: &Sentences) -> String {
    let mut facts = Vec::new();
    facts.extend(media.name.clone());
    if let Some(format) = &media.format {
        let short = format.rsplit('/').next().unwrap_or(format);
        facts.push(short.to_ascii_uppercase());
    }
    match &media.source {
        MediaSource::Bytes(bytes) => facts.push(size(media.kind, bytes, sentences)),
        MediaSource::Url(_) => facts.push(sentences.linked.clone()),
        MediaSource::Stored(id) | MediaSource::Spoken { id, .. } => facts.push(id.clone()),
    }
    facts.join(", ")
}

fn size(kind: MediaKind, bytes: &[u8], sentences: &Sentences) -> String {
    let header = (kind == MediaKind::Image).then(|| fakeai_tokens::image_header(bytes).ok());
    match header.flatten() {
        Some((_, size)) => sentences
            .pixels
            .replace("{width}", &size.width.to_string())
            .replace("{height}", &size.height.to_string()),
        None => format!("{} kB", bytes.len().div_ceil(1000)),
    }
}
