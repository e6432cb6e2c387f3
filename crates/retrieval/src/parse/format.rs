//! What a file is, by its first bytes, its extension and its media type. Not here: reading it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::{ParseError, Source};

/// What a document was before it was text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Text without structure.
    Text,
    /// Markdown.
    Markdown,
    /// HTML.
    Html,
    /// One JSON value.
    Json,
    /// A JSON value a line.
    JsonLines,
    /// Rows of values.
    Csv,
    /// A program's source.
    Code,
    /// PDF.
    Pdf,
    /// A Word document.
    Docx,
    /// A PowerPoint presentation.
    Pptx,
}

/// How a file is opened.
pub(super) enum Container {
    Pdf,
    Office,
    Plain(Format),
}

#[derive(Deserialize)]
struct Formats {
    extensions: BTreeMap<String, Format>,
    media_types: BTreeMap<String, Format>,
}

static FORMATS: LazyLock<Formats> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../../data/retrieval/formats.toml"))
        .expect("the embedded table of formats is checked by every test that reads a file")
});

/// The header may stand behind other bytes (ISO 32000-1, annex H.3.4.1).
const PDF_HEADER_WITHIN: usize = 1024;

/// OLE files: old Office documents, and new ones that are encrypted.
const OLE: &[u8] = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";

pub(super) fn detect(source: &Source<'_>) -> Result<Container, ParseError> {
    let bytes = source.bytes;
    let claimed = claim(source);
    let head = &bytes[..bytes.len().min(PDF_HEADER_WITHIN)];
    if bytes.starts_with(b"PK\x03\x04") {
        return Ok(Container::Office);
    }
    match claimed {
        Some(Format::Pdf) if memchr::memmem::find(head, b"%PDF-").is_some() => Ok(Container::Pdf),
        Some(Format::Docx | Format::Pptx) if bytes.starts_with(OLE) => Err(ParseError::Broken),
        Some(Format::Pdf | Format::Docx | Format::Pptx) => Err(ParseError::Broken),
        None if bytes.starts_with(b"%PDF-") => Ok(Container::Pdf),
        None => Err(ParseError::Unsupported),
        Some(
            format @ (Format::Text
            | Format::Markdown
            | Format::Html
            | Format::Json
            | Format::JsonLines
            | Format::Csv
            | Format::Code),
        ) => Ok(Container::Plain(format)),
    }
}

/// What the file says it is. An extension that is not listed is believed to mean something else.
fn claim(source: &Source<'_>) -> Option<Format> {
    let name = source.name.rsplit(['/', '\\']).next().unwrap_or_default();
    if let Some((_, extension)) = name.rsplit_once('.') {
        let extension = extension.to_ascii_lowercase();
        return FORMATS.extensions.get(&extension).copied();
    }
    let media_type = source.media_type?.split(';').next()?.trim();
    FORMATS
        .media_types
        .get(&media_type.to_ascii_lowercase())
        .copied()
}
