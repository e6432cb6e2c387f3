//! Errors as each wire has them. What they look like is each dialect's own matter.

use bytes::BytesMut;
use fakeai_canon::ApiError;
use fakeai_contract::Api;
use http::StatusCode;

use crate::{azure, cohere, nim, openai, sglang, solido, triton, vllm};

/// The status that an error goes out with.
pub fn status(api: Api, error: &ApiError) -> StatusCode {
    match api {
        Api::OpenAi | Api::Azure => openai::error::status(error),
        Api::Solido => solido::error::status(error),
        Api::Nim => nim::error::status(error),
        Api::Vllm => vllm::error::status(error),
        Api::Sglang => sglang::error::status(error),
        Api::Triton => triton::error::status(error),
        Api::Cohere => cohere::error::status(error),
    }
}

/// Appends the error's body.
pub fn write(api: Api, error: &ApiError, out: &mut BytesMut) {
    match api {
        Api::OpenAi => openai::error::write(error, out),
        Api::Solido => solido::error::write(error, out),
        Api::Azure => azure::error::write(error, out),
        Api::Nim => nim::error::write(error, out),
        Api::Vllm => vllm::error::write(error, out),
        Api::Sglang => sglang::error::write(error, out),
        Api::Triton => triton::error::write(error, out),
        Api::Cohere => cohere::error::write(error, out),
    }
}
