//! Errors as each wire has them. What they look like is each dialect's own matter.

use bytes::BytesMut;
use fakeai_canon::ApiError;
use fakeai_contract::Api;
use http::StatusCode;

use crate::{cohere, nim, openai, vllm};

/// The status that an error goes out with.
pub fn status(api: Api, error: &ApiError) -> StatusCode {
    match api {
        Api::OpenAi | Api::Azure | Api::Solido => openai::error::status(error),
        Api::Nim => nim::error::status(error),
        Api::Vllm => vllm::error::status(error),
        Api::Cohere => cohere::error::status(error),
    }
}

/// Appends the error's body.
pub fn write(api: Api, error: &ApiError, out: &mut BytesMut) {
    match api {
        Api::OpenAi | Api::Azure | Api::Solido => openai::error::write(error, out),
        Api::Nim => nim::error::write(error, out),
        Api::Vllm => vllm::error::write(error, out),
        Api::Cohere => cohere::error::write(error, out),
    }
}
