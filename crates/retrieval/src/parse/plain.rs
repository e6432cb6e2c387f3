//! Files that are text already: decoding them, checking JSON, finding headings of Markdown. Not here:
//! HTML, which has a file of its own.

use serde::de::IgnoredAny;

use super::budget::Budget;
use super::{Format, Mark, ParseError, Place, html};

pub(super) fn read(
    format: Format,
    bytes: &[u8],
    budget: &mut Budget,
) -> Result<(String, Vec<Mark>), ParseError> {
    let text = decode(bytes)?;
    let (text, marks) = match format {
        Format::Html => html::read(&text, budget)?,
        Format::Markdown => {
            let marks = headings(&text);
            (text, marks)
        }
        Format::Json => {
            check_json(&text)?;
            (text, Vec::new())
        }
        Format::JsonLines => {
            let mut lines = text.lines().filter(|line| !line.trim().is_empty());
            lines.try_for_each(check_json)?;
            (text, Vec::new())
        }
        Format::Text | Format::Csv | Format::Code | Format::Pdf | Format::Docx | Format::Pptx => {
            (text, Vec::new())
        }
    };
    budget.text(&text)?;
    Ok((text, marks))
}

/// UTF-8, or UTF-16 with its mark: the provider reads no others. Zero bytes are not text.
fn decode(bytes: &[u8]) -> Result<String, ParseError> {
    let text = match bytes {
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes)?,
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes)?,
        [0xEF, 0xBB, 0xBF, rest @ ..] => utf8(rest)?,
        bytes => utf8(bytes)?,
    };
    if text.contains('\0') {
        return Err(ParseError::Unsupported);
    }
    Ok(text)
}

fn utf8(bytes: &[u8]) -> Result<String, ParseError> {
    let text = std::str::from_utf8(bytes).map_err(|_| ParseError::Unsupported)?;
    Ok(text.to_owned())
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, ParseError> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units = pairs.iter().map(|pair| unit(*pair));
    let text: Result<String, _> = char::decode_utf16(units).collect();
    match text {
        Ok(text) if rest.is_empty() => Ok(text),
        Ok(_) | Err(_) => Err(ParseError::Broken),
    }
}

/// The parser refuses values that are nested more than 128 deep.
fn check_json(text: &str) -> Result<(), ParseError> {
    let value: Result<IgnoredAny, _> = serde_json::from_str(text);
    value.map(|_| ()).map_err(|_| ParseError::Broken)
}

/// Headings that begin with `#`, outside of fenced code.
fn headings(text: &str) -> Vec<Mark> {
    let (mut marks, mut offset, mut is_code) = (Vec::new(), 0, false);
    for line in text.split_inclusive('\n') {
        let fence = line.trim_start();
        if fence.starts_with("```") || fence.starts_with("~~~") {
            is_code = !is_code;
        }
        let title = line.trim_start_matches('#');
        let level = line.len() - title.len();
        if !is_code && (1..=6).contains(&level) && title.starts_with([' ', '\t']) {
            let title = title.trim().trim_end_matches('#').trim_end();
            marks.push(Mark {
                offset,
                place: Place::Section(title.to_owned()),
            });
        }
        offset += line.len();
    }
    marks
}
