//! The OpenAI API, as its published contract has it.

mod bounds;
mod chat;
mod completions;
mod embeddings;
pub mod error;
mod fields;
mod logprobs;
mod media;
mod message;
mod model;
mod moderations;
pub mod responses;
mod sampling;
mod stream_options;
mod tool;
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
    responses::CREATE,
    responses::BETA_CREATE,
    responses::COMPACT,
    responses::BETA_COMPACT,
    responses::INPUT_TOKENS,
    responses::BETA_INPUT_TOKENS,
];
