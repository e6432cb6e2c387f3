//! Images, sound and files in a request: data URLs and base64 become bytes, addresses stay
//! addresses. Nothing is fetched, and no picture is looked into; that is the token count's matter.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use fakeai_canon::{ApiError, Detail, Media, MediaKind, MediaSource, Mode};

/// Base64 with or without its padding, as clients send both.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

const IMAGES: [&str; 5] = [
    "image/png",
    "image/jpeg",
    "image/jpg",
    "image/gif",
    "image/webp",
];

/// What is wrong with a data URL.
enum Flaw<'a> {
    NoPrefix,
    MediaType(&'a str),
    Empty,
    Base64,
}

/// An image given as an address or a data URL.
///
/// # Errors
/// In realistic mode: neither of the two, a media type that is no image of the provider's, or
/// bytes that are no base64. In mock mode such a text stays an address.
pub(super) fn image(
    url: String,
    detail: Option<&str>,
    param: &dyn Fn() -> String,
    mode: Mode,
) -> Result<Media, ApiError> {
    let (source, format) = if url.starts_with("http://") || url.starts_with("https://") {
        (MediaSource::Url(url), None)
    } else {
        match data_url(&url, |media_type| IMAGES.contains(&media_type)) {
            Ok((media_type, bytes)) => (MediaSource::Bytes(bytes), Some(media_type.to_owned())),
            Err(_) if mode == Mode::Mock => (MediaSource::Url(url), None),
            Err(flaw) => return Err(bad_image(&flaw, param())),
        }
    };
    Ok(Media {
        kind: MediaKind::Image,
        source,
        format,
        name: None,
        detail: detail_of(detail),
    })
}

/// Sound given as base64.
///
/// # Errors
/// In realistic mode: bytes that are no base64, or none.
pub(super) fn audio(
    data: &str,
    format: Option<String>,
    param: &dyn Fn() -> String,
    mode: Mode,
) -> Result<Media, ApiError> {
    let bytes = BASE64.decode(data).unwrap_or_default();
    if bytes.is_empty() && mode == Mode::Realistic {
        let param = param();
        let format = format.unwrap_or_default();
        return Err(ApiError::invalid(format!(
            "Invalid value for '{param}'. Expected base64-encoded audio of format '{format}'."
        ))
        .code("invalid_value")
        .param(param));
    }
    Ok(Media {
        kind: MediaKind::Audio,
        source: MediaSource::Bytes(bytes.into()),
        format,
        name: None,
        detail: Detail::Auto,
    })
}

/// A file given as a data URL.
///
/// # Errors
/// In realistic mode: no data URL, or bytes that are no base64. In mock mode such a text is taken
/// for the bytes themselves.
pub(super) fn file(
    data: String,
    name: Option<String>,
    param: &dyn Fn() -> String,
    mode: Mode,
) -> Result<Media, ApiError> {
    let (bytes, format) = match data_url(&data, |_| true) {
        Ok((PDF, bytes)) if mode == Mode::Realistic && !is_pdf(&bytes) => {
            return Err(corrupted(&param()));
        }
        Ok((media_type, bytes)) => (bytes, Some(media_type.to_owned())),
        Err(_) if mode == Mode::Mock => (Bytes::from(data.into_bytes()), None),
        Err(flaw) => return Err(bad_file(&flaw, param())),
    };
    let source = MediaSource::Bytes(bytes);
    Ok(Media {
        kind: MediaKind::File,
        source,
        format,
        name,
        detail: Detail::Auto,
    })
}

/// The media type of a PDF.
const PDF: &str = "application/pdf";
/// How far into a PDF its mark may stand: as far as readers of PDFs look for it.
const PDF_HEAD: usize = 1024;

fn is_pdf(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(PDF_HEAD)];
    head.windows(5).any(|part| part == b"%PDF-")
}

/// The words of a live answer: <https://github.com/warpdotdev/warp/issues/9047>
fn corrupted(place: &str) -> ApiError {
    let param = place.split(['[', '.']).next().unwrap_or_default();
    ApiError::invalid(
        "The file you uploaded is badly formatted or corrupted. Please fix the file and try again.",
    )
    .code("invalid_file")
    .param(param.to_owned())
}

/// A file that was stored before, or one behind an address.
pub(super) fn elsewhere(kind: MediaKind, source: MediaSource, name: Option<String>) -> Media {
    Media {
        kind,
        source,
        format: None,
        name,
        detail: Detail::Auto,
    }
}

/// The `detail` of an image by its wire name; the default where it has none.
pub(super) fn detail_of(name: Option<&str>) -> Detail {
    match name {
        Some("low") => Detail::Low,
        Some("high") => Detail::High,
        Some("original") => Detail::Original,
        _ => Detail::Auto,
    }
}

fn data_url(url: &str, accepts: impl Fn(&str) -> bool) -> Result<(&str, Bytes), Flaw<'_>> {
    let rest = url.strip_prefix("data:").ok_or(Flaw::NoPrefix)?;
    let (head, data) = rest.split_once(',').ok_or(Flaw::Base64)?;
    let media_type = head.split(';').next().unwrap_or_default();
    if !accepts(media_type) {
        return Err(Flaw::MediaType(media_type));
    }
    if !head.ends_with(";base64") {
        return Err(Flaw::Base64);
    }
    match BASE64.decode(data) {
        Ok(bytes) if bytes.is_empty() => Err(Flaw::Empty),
        Ok(bytes) => Ok((media_type, bytes.into())),
        Err(_) => Err(Flaw::Base64),
    }
}

fn bad_image(flaw: &Flaw<'_>, param: String) -> ApiError {
    let found = found(flaw);
    ApiError::invalid(format!(
        "Invalid image URL: '{param}'. Expected a base64-encoded data URL with an image MIME type \
         (e.g. 'data:image/png;base64,aW1nIGJ5dGVzIGhlcmU='), but got {found}."
    ))
    .code("invalid_value")
    .param(param)
}

fn bad_file(flaw: &Flaw<'_>, param: String) -> ApiError {
    let found = found(flaw);
    ApiError::invalid(format!(
        "Invalid file data: '{param}'. Expected a base64-encoded data URL with an application/pdf \
         MIME type (e.g. 'data:application/pdf;base64,cGRmIGJ5dGVzIGhlcmU='), but got {found}."
    ))
    .code("invalid_value")
    .param(param)
}

fn found(flaw: &Flaw<'_>) -> String {
    match flaw {
        Flaw::NoPrefix => "a value without the 'data:' prefix".to_owned(),
        Flaw::MediaType(name) => format!("unsupported MIME type '{name}'"),
        Flaw::Empty => "empty base64-encoded bytes".to_owned(),
        Flaw::Base64 => "invalid base64-encoded bytes".to_owned(),
    }
}
