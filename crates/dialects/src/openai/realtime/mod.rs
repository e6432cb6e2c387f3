//! The answers of a realtime session: what a session asks for as work, and the events that tell of the
//! answer. The session itself, with its items, its buffer of sound and its socket, is not here.
//! <https://platform.openai.com/docs/guides/realtime-conversations>

mod answer;
mod g711;
mod items;
mod listen;
mod request;
mod response;

use crate::Endpoint;

pub use g711::{CompandingLaw, expand};
pub use items::check_item;
pub use listen::{failure, listening};
pub use response::{Response, Status};

/// `connectRealtime`: an answer within a session.
pub(super) const ANSWER: Endpoint = Endpoint::new("connectRealtime", request::open);
