//! What an answer is charged as. Tokens are in its `Usage`.

/// What an answer is charged as.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Billed {
    /// The id of the model that answered: a snapshot, not an alias.
    pub model: String,
    /// The tier of service that it was served at: `default`, `flex`, `priority`.
    pub tier: String,
    /// Whether it is a line of a batch.
    pub batch: bool,
    /// What it used besides tokens.
    pub extras: Extras,
}

/// What an answer used besides tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extras {
    /// Pictures made.
    pub images: u64,
    /// Their size, as the request named it.
    pub size: Option<String>,
    /// Characters spoken.
    pub characters: u64,
    /// Seconds of sound heard.
    pub seconds: u64,
    /// Searches of the web.
    pub web_searches: u64,
    /// How much of what they found was read: `low`, `medium`, `high`.
    pub context_level: Option<String>,
    /// Searches of files, by vector store.
    pub file_searches: Vec<(String, u64)>,
    /// Sessions in which code was run.
    pub code_sessions: u64,
}
