//! The one shape of every inference endpoint: a function from a decoded call to work and encoder.

use bytes::Bytes;
use fakeai_canon::{ApiError, Encoder, Micros, Mode, Seed, Shelf, Work};
use fakeai_catalog::Catalog;
use serde_json::Value;

use crate::openai::responses::PromptTemplate;

/// A call whose body has been parsed and has passed its contract.
pub struct Decoded {
    /// The body; the endpoint takes out of it what it needs.
    pub body: Value,
    /// Parameters of the path, decoded, by name.
    pub params: Vec<(String, String)>,
    /// Parameters of the query, decoded, as an object.
    pub query: Value,
    /// The files of a form.
    pub files: Vec<Upload>,
    /// What stands before the paths of the world: `http://127.0.0.1:8000`.
    pub base: String,
}

/// A file of a form.
pub struct Upload {
    /// The name of the form's field.
    pub field: String,
    /// The name that the client gave to the file.
    pub name: String,
    /// The media type that the client gave.
    pub media: Option<String>,
    /// How many bytes it has.
    pub bytes: u64,
    /// A hash of what is known of it.
    pub hash: u64,
    /// The bytes: all of them, of very large files the first.
    pub content: Bytes,
}

/// What an endpoint may look at beside the call.
pub struct Context<'a> {
    /// Whether cross-field rules hold.
    pub mode: Mode,
    /// The models.
    pub catalog: &'a Catalog,
    /// The world's time.
    pub now: Micros,
    /// The world's stored objects.
    pub shelf: &'a dyn Shelf,
    /// The key of the world's sealed blobs.
    pub seal: Seed,
    /// Whether the connection remembers the last answer.
    pub remembers: bool,
    /// Whether an answer is wanted, and not only that it is prepared.
    pub generates: bool,
    /// The prompt templates that are defined.
    pub templates: &'a [PromptTemplate],
}

/// A call that has been understood.
pub struct Opened {
    /// What is asked.
    pub work: Work,
    /// How the answer is written; folds unless `stream`.
    pub encoder: Box<dyn Encoder>,
    /// Whether the answer goes out frame by frame as server-sent events.
    pub stream: bool,
    /// Whether the answer is made without anybody waiting. The encoder then streams whatever
    /// `stream` says, and the caller gets what it keeps after the start.
    pub background: bool,
    /// Whether the oldest turns are dropped where the prompt does not fit the model's context,
    /// instead of an error.
    pub truncate: bool,
}

/// Reads a call.
pub type Open = fn(Decoded, &Context<'_>) -> Result<Opened, ApiError>;

/// One inference endpoint.
pub struct Endpoint {
    /// The id of its operation in the contract.
    pub operation: &'static str,
    /// How it is read.
    pub open: Open,
}

impl Endpoint {
    /// The endpoint of an operation.
    pub const fn new(operation: &'static str, open: Open) -> Self {
        Self { operation, open }
    }
}
