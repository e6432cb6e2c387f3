//! The Responses API: creation, compaction, token counts, and the same over a WebSocket. What is
//! done with stored responses (retrieve, cancel, delete, list) is no part of it.
//! <https://platform.openai.com/docs/api-reference/responses>
//!
//! `create` reads a request with the help of `request` (what creation, compaction and counting
//! share), `history` (what came before), `items` and `content` (the conversation), `tools`,
//! `rules` (what the provider refuses) and `input` (what is kept of the input). `answer` writes,
//! with `object`, `part`, `item`, `hosted`, `events` and `kept` below it.

mod answer;
mod compact;
mod content;
mod create;
mod events;
mod history;
mod hosted;
mod input;
mod input_tokens;
mod item;
mod items;
mod kept;
mod object;
mod part;
mod request;
mod rules;
mod schemas;
mod seal;
mod socket;
mod template;
mod tools;

use crate::Endpoint;

pub use socket::{SocketRequest, socket_error, socket_request};
pub use template::PromptTemplate;
pub(super) use tools::choice;

/// The endpoints of the Responses API, with their twins under `?beta=true`.
pub(super) const CREATE: Endpoint = Endpoint::new("createResponse", create::open);
pub(super) const BETA_CREATE: Endpoint = Endpoint::new("beta_createResponse", create::open);
pub(super) const COMPACT: Endpoint = Endpoint::new("Compactconversation", compact::open);
pub(super) const BETA_COMPACT: Endpoint = Endpoint::new("beta_Compactconversation", compact::open);
pub(super) const INPUT_TOKENS: Endpoint = Endpoint::new("Getinputtokencounts", input_tokens::open);
pub(super) const BETA_INPUT_TOKENS: Endpoint =
    Endpoint::new("beta_Getinputtokencounts", input_tokens::open);
