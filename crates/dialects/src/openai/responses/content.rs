//! Content of items: strings and arrays of text, image and file parts. Input of every kind is
//! read here, also the output of a tool.

use fakeai_canon::{ApiError, Media, MediaKind, MediaSource, Mode, Part};
use serde_json::Value;

use super::super::media;

/// Reads a content that is a string or an array of parts; `place` is its path, for errors.
///
/// # Errors
/// Media that can't be read, in realistic mode.
pub(super) fn parts(
    content: &Value,
    place: &dyn Fn() -> String,
    mode: Mode,
) -> Result<Vec<Part>, ApiError> {
    match content {
        Value::String(text) => Ok(vec![Part::Text(text.clone())]),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(index, item)| part(item, &|| format!("{}[{index}]", place()), mode))
            .collect(),
        Value::Object(_) => part(content, place, mode).map(|part| vec![part]),
        _ => Ok(Vec::new()),
    }
}

fn part(item: &Value, place: &dyn Fn() -> String, mode: Mode) -> Result<Part, ApiError> {
    match text(item, "type").unwrap_or_default() {
        "refusal" => Ok(Part::Refusal(owned(item, "refusal"))),
        "reasoning_text" => Ok(Part::Reasoning(owned(item, "text"))),
        "input_image" | "computer_screenshot" => image(item, place, mode).map(Part::Media),
        "input_file" => file(item, place, mode).map(Part::Media),
        _ => Ok(Part::Text(owned(item, "text"))),
    }
}

fn image(item: &Value, place: &dyn Fn() -> String, mode: Mode) -> Result<Media, ApiError> {
    let detail = text(item, "detail");
    if let Some(url) = text(item, "image_url") {
        return media::image(
            url.to_owned(),
            detail,
            &|| format!("{}.image_url", place()),
            mode,
        );
    }
    let stored = stored(item, place, "image_url", mode)?;
    let mut image = media::elsewhere(MediaKind::Image, stored, None);
    image.detail = media::detail_of(detail);
    Ok(image)
}

fn file(item: &Value, place: &dyn Fn() -> String, mode: Mode) -> Result<Media, ApiError> {
    let name = text(item, "filename").map(str::to_owned);
    if let Some(data) = text(item, "file_data") {
        return media::file(
            data.to_owned(),
            name,
            &|| format!("{}.file_data", place()),
            mode,
        );
    }
    let source = match text(item, "file_url") {
        Some(url) => MediaSource::Url(url.to_owned()),
        None => stored(item, place, "file_id", mode)?,
    };
    Ok(media::elsewhere(MediaKind::File, source, name))
}

/// A stored file; `wanted` names the field that is missed where none is given.
fn stored(
    item: &Value,
    place: &dyn Fn() -> String,
    wanted: &str,
    mode: Mode,
) -> Result<MediaSource, ApiError> {
    match text(item, "file_id") {
        Some(id) => Ok(MediaSource::Stored(id.to_owned())),
        None if mode == Mode::Mock => Ok(MediaSource::Stored(String::new())),
        None => {
            let param = format!("{}.{wanted}", place());
            Err(
                ApiError::invalid(format!("Missing required parameter: '{param}'."))
                    .code("missing_required_parameter")
                    .param(param),
            )
        }
    }
}

/// A field that is a string.
pub(super) fn text<'a>(item: &'a Value, name: &str) -> Option<&'a str> {
    item.get(name).and_then(Value::as_str)
}

/// The same, copied; empty where there is none.
pub(super) fn owned(item: &Value, name: &str) -> String {
    text(item, name).unwrap_or_default().to_owned()
}
