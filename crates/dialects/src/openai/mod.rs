//! The OpenAI API, as its published contract has it.

mod bounds;
mod chat;
mod completions;
mod counts;
mod embeddings;
pub mod error;
pub(crate) mod fields;
mod images;
mod logprobs;
mod media;
mod message;
pub(crate) mod model;
mod moderations;
pub mod realtime;
pub mod responses;
mod runs;
pub(crate) mod sampling;
mod speech;
mod stream_options;
mod token_ids;
mod tool;
mod transcriptions;
mod usage;
mod voices;

use serde_json::Value;

use crate::Endpoint;

pub use bounds::{at_least, at_most, metadata, tool_name};
pub use voices::check_realtime_voice;

/// All inference endpoints of this API.
pub static ENDPOINTS: &[Endpoint] = &[
    Endpoint::new("createChatCompletion", chat::open),
    Endpoint::new("createCompletion", completions::open),
    Endpoint::new("createEmbedding", embeddings::open),
    Endpoint::new("createModeration", moderations::open),
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
    realtime::ANSWER,
    runs::CREATE,
    runs::CREATE_WITH_THREAD,
    runs::SUBMIT,
];

/// The conversation that the answer to a call will be added to: nobody else may go on with it before
/// the answer is over.
pub fn conversation<'a>(operation: &str, body: &'a Value) -> Option<&'a str> {
    let adds = [
        responses::CREATE.operation,
        responses::BETA_CREATE.operation,
    ];
    let given = adds.contains(&operation).then(|| &body["conversation"])?;
    given.as_str().or_else(|| given["id"].as_str())
}

/// Operations that read objects and change them by what they begin: nothing else may change the
/// world's objects between the two.
pub static ALONE: &[&str] = &[
    runs::CREATE.operation,
    runs::CREATE_WITH_THREAD.operation,
    runs::SUBMIT.operation,
];
