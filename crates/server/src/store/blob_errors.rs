//! What the stores of blobs say when they can't.

use fakeai_canon::{ApiError, ErrorKind};

/// A blob that is not there.
pub(super) fn missing(id: &str) -> ApiError {
    ApiError::new(ErrorKind::Server, format!("The blob '{id}' is gone."))
}

/// No room for more bytes.
pub(super) fn full(limit: u64) -> ApiError {
    let message = format!(
        "You have reached the storage limit of {limit} bytes of files. Delete files, or raise storage.max_blob_bytes, and try again."
    );
    ApiError::invalid(message).code("storage_limit_exceeded")
}
