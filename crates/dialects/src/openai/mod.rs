//! The OpenAI API, as its published contract has it.

mod bounds;
mod chat;
mod completions;
mod embeddings;
pub mod error;
pub(crate) mod fields;
mod images;
mod logprobs;
mod media;
mod message;
pub(crate) mod model;
mod moderations;
pub mod responses;
mod runs;
mod sampling;
mod speech;
mod stream_options;
mod tool;
mod transcriptions;
mod usage;

use crate::Endpoint;

/// All inference endpoints of this API.
pub static ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        operation: "createChatCompletion",
        open: chat::open,
    },
    Endpoint {
        operation: "createCompletion",
        open: completions::open,
    },
    Endpoint {
        operation: "createEmbedding",
        open: embeddings::open,
    },
    Endpoint {
        operation: "createModeration",
        open: moderations::open,
    },
    images::CREATE,
    images::EDIT,
    images::VARY,
    speech::CREATE,
    transcriptions::CREATE,
    transcriptions::TRANSLATE,
    responses::CREATE,
    responses::BETA_CREATE,
    responses::COMPACT,
    responses::BETA_COMPACT,
    responses::INPUT_TOKENS,
    responses::BETA_INPUT_TOKENS,
    runs::CREATE,
    runs::CREATE_WITH_THREAD,
    runs::SUBMIT,
];

/// Operations that read objects and change them by what they begin: nothing else may change the
/// world's objects between the two.
pub static ALONE: &[&str] = &[
    runs::CREATE.operation,
    runs::CREATE_WITH_THREAD.operation,
    runs::SUBMIT.operation,
];
