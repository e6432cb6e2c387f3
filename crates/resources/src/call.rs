//! What goes into the engine and what comes out of it. Nothing here does anything.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use fakeai_canon::{ApiError, Caller, FilePart, Micros, Mode, Seed};
use fakeai_contract::{Operation, PathParams, Security};
use serde_json::Value;

use crate::library::Library;
use crate::objects::Objects;
use crate::store::{Blobs, Change, Store};

/// A call that has matched an operation and passed its contract.
pub struct Call<'a> {
    /// The operation.
    pub operation: &'a Operation,
    /// Parameters of the path.
    pub params: &'a PathParams,
    /// Parameters of the query, as an object.
    pub query: &'a Value,
    /// The body; null where there is none. Of a form, its fields; a file stands as its name.
    pub body: Value,
    /// The files of a form.
    pub files: &'a [FilePart],
    /// Who calls.
    pub caller: &'a Caller,
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

/// What the engine may reach for.
#[derive(Clone, Copy)]
pub struct Means<'a> {
    /// The world's objects.
    pub store: &'a dyn Store,
    /// What other rooms do for it.
    pub services: &'a dyn Services,
}

impl<'a> Means<'a> {
    /// What is in reach for a project.
    pub(crate) fn of(self, project: &'a str) -> Reach<'a> {
        Reach {
            store: Objects::of(self.store, project),
            services: self.services,
        }
    }

    /// What is in reach for a call: the administration sees all projects.
    pub(crate) fn of_call(self, operation: &Operation, caller: &'a Caller) -> Reach<'a> {
        match operation.security {
            Security::Admin => Reach {
                store: Objects::everyones(self.store),
                services: self.services,
            },
            Security::Key => self.of(&caller.project),
        }
    }
}

/// What may be reached for on somebody's behalf.
#[derive(Clone, Copy)]
pub(crate) struct Reach<'a> {
    /// The objects that they see.
    pub(crate) store: Objects<'a>,
    /// What other rooms do.
    pub(crate) services: &'a dyn Services,
}

/// What other rooms do for the engine.
pub trait Services: Send + Sync {
    /// The world's blobs.
    fn blobs(&self) -> &dyn Blobs;

    /// Reads and searches the documents of vector stores.
    fn library(&self) -> &dyn Library;

    /// Whether a model answers to the id, for a project as records name it.
    fn knows_model(&self, project: &str, id: &str) -> bool;

    /// The organisation that the world belongs to, by name.
    fn organization(&self) -> &str;

    /// How fast fine-tuning goes.
    fn training_tokens_per_second(&self) -> u64;

    /// A film as MP4.
    ///
    /// # Errors
    /// The film can't be made in this size.
    fn film(&self, film: &Film) -> Result<Bytes, ApiError>;

    /// A picture of a film.
    ///
    /// # Errors
    /// As [`Services::film`].
    fn still(&self, film: &Film, still: Still) -> Result<Bytes, ApiError>;

    /// When a key was used last, if it was since the start.
    fn key_used(&self, id: &str) -> Option<Micros>;

    /// What has been spent in this calendar month, in US dollars: by a project, or by all.
    fn spent_this_month(&self, project: Option<&str>) -> f64;
}

/// A film that follows from a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Film {
    /// What is to be seen.
    pub seed: Seed,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// How long it is.
    pub seconds: u32,
}

/// A picture of a film.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Still {
    /// Its first picture, as WebP.
    Thumbnail,
    /// One picture a second side by side, as JPEG.
    SpriteSheet,
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
    /// Once calls of its own have been answered.
    Ask(Question),
}

/// Calls that go through the whole house before a call can be answered.
pub struct Question {
    /// The paths, as a client would send them, and the bodies of the `POST`s.
    pub calls: Vec<(&'static str, Bytes)>,
    /// Makes the answer of theirs, which stand in the same order, and of the time that they took.
    pub answer: Box<dyn FnOnce(Vec<Returned>, Micros) -> Value + Send>,
}

impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Question")
            .field("calls", &self.calls)
            .finish_non_exhaustive()
    }
}

/// An answer. Take over `next` before it is sent.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Body,
    /// Where the new object is found, for the header `Location`.
    pub location: Option<String>,
    /// What follows from it.
    pub next: Next,
}

impl Answer {
    /// An answer that changes nothing.
    pub(crate) fn json(object: Arc<Value>) -> Self {
        Self::of(Body::Json(object))
    }

    /// A body; the engine sets the operation's status.
    pub(crate) fn of(body: Body) -> Self {
        Self {
            status: 200,
            body,
            location: None,
            next: Next::default(),
        }
    }
}

/// What follows from a call, a deadline or an errand's return: first the changes, as one commit,
/// then the effects.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Next {
    /// What the store must take over.
    pub changes: Vec<Change>,
    /// What else is to happen.
    pub effects: Vec<Effect>,
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
    /// A blob, sent piece by piece.
    Blob {
        /// The media type.
        media: String,
        /// The blob.
        id: String,
    },
}

/// Something that follows beside the change of objects.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Generation that runs for this object is to end as cancelled; nothing where none runs.
    CancelWork {
        /// The object's id.
        id: String,
    },
    /// A call is to go through the whole house as a client's would.
    Send(Errand),
    /// Whoever listens to the world's webhooks is told.
    Announce {
        /// The event's type, as the contract names it: `batch.completed`.
        event: &'static str,
        /// What the event says; in all events of the contract but those of calls `{"id": …}`.
        data: Value,
    },
}

/// A call that an object sends, and to which the answer comes back.
#[derive(Clone, Debug, PartialEq)]
pub struct Errand {
    /// The family of the object.
    pub family: &'static str,
    /// Its id.
    pub id: String,
    /// The project whose it is, as records have it; the engine sets it.
    pub project: Option<Arc<str>>,
    /// By which the object knows the answer again.
    pub tag: String,
    /// The path, as a client would send it: `/v1/chat/completions`.
    pub path: String,
    /// The body of the `POST`.
    pub body: Bytes,
}

/// The answer to an [`Errand`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Returned {
    /// The errand's tag.
    pub tag: String,
    /// The HTTP status.
    pub status: u16,
    /// The call's `x-request-id`.
    pub request_id: String,
    /// The whole body.
    pub body: Bytes,
}
