//! What a skill is made of: a zip of one folder with a `SKILL.md` in it. Read without unpacking
//! more than a file at a time, and refused beyond the published limits.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::{Read, Seek, Write};
use std::path::{Component, Path};

use bytes::Bytes;
use fakeai_canon::ApiError;
use serde::Deserialize;
use zip::write::SimpleFileOptions;
use zip::{DateTime, ZipArchive, ZipWriter};

/// Bytes of a bundle.
pub(super) const MOST_BYTES: u64 = 50 << 20;
/// Files of a bundle.
const MOST_FILES: usize = 500;
/// Bytes of one file when unpacked.
const MOST_OF_A_FILE: u64 = 25 << 20;
/// Bytes of the manifest that are read.
const MOST_OF_A_MANIFEST: u64 = 1 << 20;
/// Characters of a name and of a description, as the open standard for skills has them.
const LONGEST_NAME: usize = 64;
const LONGEST_DESCRIPTION: usize = 1024;

/// What the front matter says.
#[derive(Debug, Deserialize)]
pub(super) struct Manifest {
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) description: String,
    /// The whole text, front matter and all.
    #[serde(skip)]
    pub(super) text: String,
}

/// Reads and checks a zip.
pub(super) fn read(bundle: impl Read + Seek) -> Result<Manifest, ApiError> {
    let mut archive = ZipArchive::new(bundle).map_err(|_| refused("it is not a zip file"))?;
    if archive.len() > MOST_FILES * 2 {
        return Err(refused("it has more than 500 files"));
    }
    let mut contents = Contents::default();
    for index in 0..archive.len() {
        let entry = archive.by_index(index);
        let entry = entry.map_err(|_| refused("an entry of it can't be read"))?;
        if !entry.is_dir() {
            let name = entry.name().map(|name| name.into_owned());
            let name = name.map_err(|_| refused("an entry of it can't be read"))?;
            contents.add(&name, entry)?;
        }
    }
    contents.manifest()
}

/// The text of the manifest of a zip that was checked before; none where it can't be read any more.
pub(super) fn text(bundle: impl Read + Seek) -> Option<String> {
    let mut archive = ZipArchive::new(bundle).ok()?;
    let is_manifest = |name: &Cow<'_, str>| parts(name).is_ok_and(|parts| is_manifest(&parts));
    let name = {
        let mut names = archive.file_names().filter_map(Result::ok);
        names.find(is_manifest)?.into_owned()
    };
    let mut text = String::new();
    let entry = archive.by_name(&name).ok()?;
    entry
        .take(MOST_OF_A_MANIFEST)
        .read_to_string(&mut text)
        .ok()?;
    Some(text)
}

/// Checks single files with their paths and makes a zip of them.
pub(super) fn pack<R: Read>(files: Vec<(String, R)>) -> Result<(Manifest, Bytes), ApiError> {
    let unwritten = |_| refused("it could not be packed");
    let mut contents = Contents::default();
    let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let mut total = 0;
    for (path, reader) in files {
        let mut bytes = Vec::new();
        let mut limited = reader.take(MOST_OF_A_FILE + 1);
        limited
            .read_to_end(&mut bytes)
            .map_err(|_| refused("a file of it can't be read"))?;
        contents.add(&path, &bytes[..])?;
        total += bytes.len() as u64;
        if total > MOST_BYTES {
            return Err(too_large());
        }
        let options = SimpleFileOptions::default().last_modified_time(DateTime::default());
        zip.start_file(path, options).map_err(unwritten)?;
        zip.write_all(&bytes)
            .map_err(|_| refused("it could not be packed"))?;
    }
    let manifest = contents.manifest()?;
    let bytes = zip.finish().map_err(unwritten)?.into_inner();
    Ok((manifest, Bytes::from(bytes)))
}

/// What has been seen of a bundle.
#[derive(Default)]
struct Contents {
    files: usize,
    unpacked: u64,
    tops: BTreeSet<String>,
    manifests: Vec<Vec<u8>>,
}

impl Contents {
    fn add(&mut self, name: &str, file: impl Read) -> Result<(), ApiError> {
        self.files += 1;
        if self.files > MOST_FILES {
            return Err(refused("it has more than 500 files"));
        }
        let parts = parts(name)?;
        if let Some(top) = parts.first() {
            self.tops.insert((*top).to_owned());
        }
        let mut file = file.take(MOST_OF_A_FILE + 1);
        let mut kept = Vec::new();
        let is_manifest = is_manifest(&parts);
        if is_manifest {
            let mut first = file.by_ref().take(MOST_OF_A_MANIFEST);
            first
                .read_to_end(&mut kept)
                .map_err(|_| refused("a file of it can't be read"))?;
        }
        let rest = std::io::copy(&mut file, &mut std::io::sink())
            .map_err(|_| refused("a file of it can't be read"))?;
        let bytes = kept.len() as u64 + rest;
        self.unpacked += bytes;
        if bytes > MOST_OF_A_FILE {
            return Err(refused("a file of it is larger than 25 MB"));
        }
        // Five hundred files of the largest size would be a bomb, whatever each of them is.
        if self.unpacked > MOST_BYTES * 4 {
            return Err(refused("it is too large when unpacked"));
        }
        if is_manifest {
            self.manifests.push(kept);
        }
        Ok(())
    }

    fn manifest(self) -> Result<Manifest, ApiError> {
        if self.files > 1 && self.tops.len() != 1 {
            return Err(refused("it must have a single top-level folder"));
        }
        let mut manifests = self.manifests.into_iter();
        match (manifests.next(), manifests.next()) {
            (Some(manifest), None) => front_matter(&manifest),
            (None, _) => Err(refused("it has no SKILL.md")),
            (Some(_), Some(_)) => Err(refused("it has more than one SKILL.md")),
        }
    }
}

/// Whether a file is the one that describes the skill.
fn is_manifest(parts: &[&str]) -> bool {
    let last = parts.last().copied().unwrap_or_default();
    parts.len() <= 2 && last.eq_ignore_ascii_case("SKILL.md")
}

/// The parts of a path that leads nowhere but down.
fn parts(name: &str) -> Result<Vec<&str>, ApiError> {
    let bad = || refused("it has a path that leads out of it");
    if name.contains(['\\', '\0']) {
        return Err(bad());
    }
    Path::new(name)
        .components()
        .map(|part| match part {
            Component::Normal(part) => part.to_str().ok_or_else(bad),
            Component::CurDir
            | Component::ParentDir
            | Component::RootDir
            | Component::Prefix(_) => Err(bad()),
        })
        .collect()
}

/// Reads what stands between the first two lines of three dashes.
fn front_matter(text: &[u8]) -> Result<Manifest, ApiError> {
    let text = std::str::from_utf8(text).map_err(|_| refused("SKILL.md is not UTF-8"))?;
    let lines = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let inner = lines
        .strip_prefix("---\n")
        .and_then(|rest| rest.split_once("\n---"))
        .ok_or_else(|| refused("SKILL.md has no front matter"))?;
    let read: Manifest = serde_saphyr::from_str(inner.0)
        .map_err(|_| refused("the front matter of SKILL.md is not valid YAML"))?;
    let manifest = Manifest {
        text: text.to_owned(),
        ..read
    };
    for (name, text, longest) in [
        ("name", &manifest.name, LONGEST_NAME),
        ("description", &manifest.description, LONGEST_DESCRIPTION),
    ] {
        if text.trim().is_empty() {
            return Err(refused(&format!(
                "the front matter of SKILL.md has no '{name}'"
            )));
        }
        if text.chars().count() > longest {
            return Err(refused(&format!(
                "the '{name}' of SKILL.md has more than {longest} characters"
            )));
        }
    }
    Ok(manifest)
}

/// The error for a bundle that is larger than a skill may be.
pub(super) fn too_large() -> ApiError {
    refused("it is larger than 50 MB")
}

fn refused(why: &str) -> ApiError {
    ApiError::invalid(format!("Invalid skill bundle: {why}."))
        .param("files")
        .code("invalid_skill")
}
