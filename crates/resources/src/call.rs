//! What goes into the engine and what comes out of it. Nothing here does anything.

use std::sync::Arc;

use bytes::Bytes;
use fakeai_canon::{Micros, Mode, Seed};
use fakeai_contract::{Operation, PathParams};
use serde_json::Value;

use crate::Change;

/// A call that has matched an operation and passed its contract.
pub struct Call<'a> {
    /// The operation.
    pub operation: &'a Operation,
    /// Parameters of the path.
    pub params: &'a PathParams,
    /// Parameters of the query, as an object.
    pub query: &'a Value,
    /// The body; null where there is none.
    pub body: Value,
}

/// What the world adds to a call.
#[derive(Clone, Copy, Debug)]
pub struct Context {
    /// The world's time.
    pub now: Micros,
    /// The seed of the ids that this call makes; another one for each call.
    pub seed: Seed,
    /// Whether unknown ids are errors or made up.
    pub mode: Mode,
}

/// How a call ends.
#[derive(Debug)]
pub enum Outcome {
    /// With an answer.
    Answer(Answer),
    /// With the numbered frames of a stored stream, past and to come.
    Follow {
        /// The response.
        id: String,
        /// The sequence number after which to begin; from the first where absent.
        starting_after: Option<u64>,
    },
}

/// An answer. Commit `changes`, then start `effects`, then send.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Body,
    /// What the store must take over before the answer may leave.
    pub changes: Vec<Change>,
    /// What else follows.
    pub effects: Vec<Effect>,
}

impl Answer {
    /// An answer that changes nothing.
    pub(crate) fn json(object: Arc<Value>) -> Self {
        Self {
            status: 200,
            body: Body::Json(object),
            changes: Vec::new(),
            effects: Vec::new(),
        }
    }
}

/// The body of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// None.
    Empty,
    /// JSON; shared with the store, so not to be copied to be sent.
    Json(Arc<Value>),
    /// Anything else.
    Bytes {
        /// The media type.
        media: String,
        /// The bytes.
        bytes: Bytes,
    },
}

/// Something that follows from a call beside the change of objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Generation that runs for this object is to end as cancelled; nothing where none runs.
    CancelWork {
        /// The object's id.
        id: String,
    },
}
