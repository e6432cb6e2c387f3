//! Generated text: fluent, on the prompt's topic and in its language, made straight in token ids.
//! Not here: whether an answer is text at all, fixtures, tool calls and schemas (the rest of
//! this crate).

mod candidates;
mod compile;
mod corpus;
mod frontier;
mod keyphrase;
mod language;
mod model;
mod outline;
mod phrase;
mod pieces;
mod request;
mod resolve;
mod score;
mod segment;
mod slot;
mod speak;
mod tail;
mod topic;
mod weighed;
mod words;

pub use language::Language;
pub use phrase::phrase;
pub use request::{Form, Length, Request};
pub use speak::Prose;
pub use topic::{Kind, Topic};
pub(crate) use topic::{Task, capitalised, number};
pub(crate) use words::is_small;
