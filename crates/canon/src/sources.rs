//! The seam to stored documents, for whoever answers from them: what is searched by the tool that
//! searches files.

use serde_json::Value;

use crate::{ApiError, Ranked};

/// A passage of a stored document.
#[derive(Clone, Debug, PartialEq)]
pub struct Passage {
    /// The file's id.
    pub file_id: String,
    /// The file's name.
    pub filename: String,
    /// The file's attributes, an object.
    pub attributes: Value,
    /// How well it fits, from 0 to 1.
    pub score: f64,
    /// What it says.
    pub text: String,
}

/// Searches a world's documents.
pub trait Sources: Sync {
    /// The passages that fit best, best first. `settings` are those of the tool as sent: stores,
    /// filters, ranking.
    ///
    /// # Errors
    /// The provider's error for stores that are not there and settings that can't be followed.
    fn search_files(&self, settings: &Value, query: &str) -> Result<Vec<Passage>, ApiError>;

    /// Puts passages in order of their relevance to a query, best first.
    fn rank(&self, query: &str, passages: &[&str]) -> Vec<Ranked>;
}

/// No documents at all.
pub struct NoSources;

impl Sources for NoSources {
    fn search_files(&self, _: &Value, _: &str) -> Result<Vec<Passage>, ApiError> {
        Ok(Vec::new())
    }

    fn rank(&self, _: &str, _: &[&str]) -> Vec<Ranked> {
        Vec::new()
    }
}
