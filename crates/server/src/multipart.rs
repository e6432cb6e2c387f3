//! Forms with files: texts are kept, files go to the world's blobs as they come. Nothing is held
//! in memory but the piece at hand.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use fakeai_canon::{ApiError, FilePart, Form};
use fakeai_resources::Blobs;
use futures_util::{Stream, stream};
use http::{HeaderMap, header};
use multer::{Constraints, Field, Multipart, SizeLimit};

use crate::gate::size::too_large;

/// Bytes of the text of one field at most.
const TEXT: u64 = 8 << 20;
/// Fields and files of one form at most.
const PARTS: usize = 2_000;

/// Where the parts of a form end, if the head announces one.
pub(crate) fn boundary(headers: &HeaderMap) -> Option<String> {
    let media = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    multer::parse_boundary(media).ok()
}

/// Reads a form as it comes.
///
/// # Errors
/// A form that is broken or larger than `limit` bytes, and files that the blobs refuse. What was
/// stored by then is removed.
pub(crate) async fn read<S, E>(
    body: S,
    boundary: String,
    limit: u64,
    blobs: &dyn Blobs,
) -> Result<Form, ApiError>
where
    S: Stream<Item = Result<Bytes, E>> + Send,
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let sizes = SizeLimit::new().whole_stream(limit);
    let constraints = Constraints::new().size_limit(sizes);
    let mut parts = Multipart::with_constraints(body, boundary, constraints);
    let mut form = Form::default();
    loop {
        let read = match parts.next_field().await {
            Ok(Some(field)) if form.fields.len() < PARTS => part(field, blobs, &mut form).await,
            Ok(Some(_)) => Err(ApiError::invalid(format!(
                "Your form has more than {PARTS} fields."
            ))),
            Ok(None) => return Ok(form),
            Err(error) => Err(refusal(&error)),
        };
        if let Err(error) = read {
            discard(&form, blobs);
            return Err(error);
        }
    }
}

/// Reads a form that is there as a whole.
///
/// # Errors
/// As [`read`].
pub(crate) fn read_whole(
    body: Bytes,
    boundary: String,
    limit: u64,
    blobs: &dyn Blobs,
) -> Result<Form, ApiError> {
    let whole = stream::iter([Ok::<_, std::io::Error>(body)]);
    let mut reading = pin!(read(whole, boundary, limit, blobs));
    match reading
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
    {
        Poll::Ready(read) => read,
        // Everything is there; only a bug in the reader could wait for more.
        Poll::Pending => Err(broken()),
    }
}

/// Removes the files of a form that nobody took.
pub(crate) fn discard(form: &Form, blobs: &dyn Blobs) {
    for file in &form.files {
        blobs.delete(&file.blob);
    }
}

async fn part(mut field: Field<'_>, blobs: &dyn Blobs, form: &mut Form) -> Result<(), ApiError> {
    let name = field.name().unwrap_or_default().to_owned();
    let Some(path) = field.file_name().map(printable) else {
        let text = text(&mut field).await?;
        form.fields.push((name, text));
        return Ok(());
    };
    let file_name = base_name(&path);
    let media = field.content_type().map(ToString::to_string);
    let mut writer = blobs.create()?;
    let mut bytes = 0;
    while let Some(piece) = field.chunk().await.map_err(|error| refusal(&error))? {
        bytes += piece.len() as u64;
        writer.write(piece)?;
    }
    form.fields.push((name.clone(), file_name.clone()));
    form.files.push(FilePart {
        field: name,
        name: file_name,
        path,
        media,
        blob: writer.finish()?,
        bytes,
    });
    Ok(())
}

async fn text(field: &mut Field<'_>) -> Result<String, ApiError> {
    let mut whole = Vec::new();
    while let Some(piece) = field.chunk().await.map_err(|error| refusal(&error))? {
        if (whole.len() + piece.len()) as u64 > TEXT {
            return Err(too_large(TEXT));
        }
        whole.extend_from_slice(&piece);
    }
    String::from_utf8(whole).map_err(|_| ApiError::invalid("A field of your form is not UTF-8."))
}

/// The last part of a path, which is all that a file name may be.
fn base_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    last.to_owned()
}

fn printable(name: &str) -> String {
    name.chars().filter(|letter| !letter.is_control()).collect()
}

fn refusal(error: &multer::Error) -> ApiError {
    match error {
        multer::Error::StreamSizeExceeded { limit } => too_large(*limit),
        _ => broken(),
    }
}

fn broken() -> ApiError {
    ApiError::invalid("We could not parse the multipart form of your request.")
}
