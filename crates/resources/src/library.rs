//! What vector stores need of the room that reads and searches documents. Nothing here does
//! anything.

use fakeai_canon::ApiError;
use serde_json::Value;

/// Reads files, keeps their passages searchable, and searches them. What it keeps can be lost at
/// any time: it follows from the volumes alone, and comes back when they are asked for again.
pub trait Library: Send + Sync {
    /// Reads a file and makes it searchable in a store. Returns the bytes that its passages take.
    ///
    /// # Errors
    /// Why the file can't be read.
    fn shelve(&self, store: &str, volume: &Volume) -> Result<u64, Unreadable>;

    /// The text of a file.
    ///
    /// # Errors
    /// Why the file can't be read.
    fn text(&self, volume: &Volume) -> Result<String, Unreadable>;

    /// The passages of these stores that fit best, best first. A store's volumes are all that it
    /// has; what it had besides is forgotten.
    ///
    /// # Errors
    /// The provider's error for filters and ranking options that can't be followed.
    fn search(&self, stores: &[Holding], question: &Question) -> Result<Vec<Found>, ApiError>;

    /// A question as it is searched for: without what is said to be polite.
    fn rewrite(&self, question: &str) -> String;

    /// Forgets a store that is gone.
    fn forget(&self, store: &str);
}

/// A file of a vector store.
#[derive(Clone, Debug, PartialEq)]
pub struct Volume {
    /// The file's id.
    pub file: String,
    /// Its name.
    pub name: String,
    /// The blob that holds its bytes.
    pub blob: String,
    /// Tokens of a passage at most.
    pub passage_tokens: u64,
    /// Tokens that neighbouring passages share.
    pub shared_tokens: u64,
    /// Its attributes, an object.
    pub attributes: Value,
}

/// A vector store and its files.
#[derive(Clone, Debug, PartialEq)]
pub struct Holding {
    /// The store's id.
    pub store: String,
    /// Its files that can be searched, in the order in which they came.
    pub volumes: Vec<Volume>,
}

/// Why a file can't be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// `unsupported_file`, `invalid_file` or `server_error`.
    pub code: &'static str,
    /// For the user.
    pub message: String,
}

/// What is searched for.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// One or more ways to ask it.
    pub queries: Vec<String>,
    /// Passages wanted at most.
    pub limit: usize,
    /// Which files, as in the request; null for all.
    pub filters: Value,
    /// How they are ranked, as in the request; null for the usual way.
    pub ranking: Value,
}

/// A passage that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Its file's id.
    pub file: String,
    /// Its file's name.
    pub name: String,
    /// Its file's attributes.
    pub attributes: Value,
    /// From 0 to 1.
    pub score: f64,
    /// What it says.
    pub text: String,
}
