//! An index of passages in memory: words, vectors, and the files they belong to. Not here: where it
//! is kept, and who may see it.

mod codes;
mod fusion;
mod query;
mod vectors;
mod words;

use std::collections::HashMap;

pub use query::{Hit, Query, merge};
pub(crate) use vectors::{dot, unit};

use crate::filter::Attributes;
use vectors::Vectors;
use words::Words;

/// A passage to be indexed.
#[derive(Clone, Debug)]
pub struct Passage {
    /// Its text.
    pub text: String,
    /// Its embedding, of any length but zero; made unit length here.
    pub vector: Vec<f32>,
}

/// Why an index refuses something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IndexError {
    /// Vectors of one index have one number of dimensions.
    #[error("the index holds vectors of {expected} dimensions, not of {got}")]
    Dimensions {
        /// What the index holds.
        expected: usize,
        /// What came.
        got: usize,
    },
    /// A vector without direction, or with numbers that are none.
    #[error("a vector is zero or not finite")]
    Vector,
    /// More passages than an index numbers.
    #[error("the index holds more passages than it can number")]
    Full,
}

/// Passages of files, searchable. Removed files leave gaps, which are closed when they outnumber what
/// is left; so removal costs little, and memory is at most twice what is needed.
#[derive(Debug, Default)]
pub struct Index {
    files: Vec<Option<File>>,
    by_id: HashMap<String, usize>,
    passages: Vec<Stored>,
    vectors: Vectors,
    words: Words,
    gaps: usize,
}

#[derive(Debug)]
struct File {
    id: String,
    attributes: Attributes,
    first: usize,
    count: usize,
}

#[derive(Debug)]
struct Stored {
    file: usize,
    text: String,
}

impl Index {
    /// An empty index. Its first passage settles the number of dimensions.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file. One of the same id is replaced.
    ///
    /// # Errors
    /// Where a vector is of another number of dimensions, or has no direction; then nothing changes.
    pub fn add(
        &mut self,
        file: &str,
        attributes: Attributes,
        passages: Vec<Passage>,
    ) -> Result<(), IndexError> {
        self.vectors.check(&passages)?;
        if u32::try_from(self.passages.len() + passages.len()).is_err() {
            return Err(IndexError::Full);
        }
        self.remove(file);
        let slot = self.files.len();
        let first = self.passages.len();
        let count = passages.len();
        for passage in passages {
            self.vectors.push(&passage.vector);
            self.words.push(&passage.text);
            self.passages.push(Stored {
                file: slot,
                text: passage.text,
            });
        }
        self.by_id.insert(file.to_owned(), slot);
        self.files.push(Some(File {
            id: file.to_owned(),
            attributes,
            first,
            count,
        }));
        Ok(())
    }

    /// Removes a file; false where there is none.
    pub fn remove(&mut self, file: &str) -> bool {
        let Some(slot) = self.by_id.remove(file) else {
            return false;
        };
        if let Some(file) = self.files[slot].take() {
            self.gaps += file.count;
            for passage in &mut self.passages[file.first..file.first + file.count] {
                passage.text = String::new();
            }
        }
        let is_sparse = self.gaps * 2 > self.passages.len();
        if is_sparse || self.by_id.len() * 2 + 16 < self.files.len() {
            self.close_gaps();
        }
        true
    }

    /// Gives a file other attributes; false where there is none.
    pub fn set_attributes(&mut self, file: &str, attributes: Attributes) -> bool {
        let slot = self.by_id.get(file).copied();
        let found = slot.and_then(|slot| self.files[slot].as_mut());
        found.map(|file| file.attributes = attributes).is_some()
    }

    /// Whether it holds a file.
    pub fn contains(&self, file: &str) -> bool {
        self.by_id.contains_key(file)
    }

    /// Files that it holds.
    pub fn files(&self) -> usize {
        self.by_id.len()
    }

    /// Passages that can be found.
    pub fn passages(&self) -> usize {
        self.passages.len() - self.gaps
    }

    /// Memory that it takes, in bytes: texts, vectors, lists of words; gaps included.
    pub fn bytes(&self) -> usize {
        let texts: usize = self.passages.iter().map(|passage| passage.text.len()).sum();
        texts
            + self.passages.len() * size_of::<Stored>()
            + self.vectors.bytes()
            + self.words.bytes()
    }

    /// Builds itself anew from what is left, in the same order.
    fn close_gaps(&mut self) {
        let old = std::mem::take(self);
        self.vectors = Vectors::of(old.vectors.dimensions());
        let mut passages = old.passages.into_iter().enumerate();
        for file in old.files.into_iter().flatten() {
            let slot = self.files.len();
            let first = self.passages.len();
            let own = passages
                .by_ref()
                .skip_while(|(number, _)| *number < file.first);
            for (number, stored) in own.take(file.count) {
                self.vectors.copy(&old.vectors, number);
                self.words.push(&stored.text);
                self.passages.push(Stored {
                    file: slot,
                    text: stored.text,
                });
            }
            self.by_id.insert(file.id.clone(), slot);
            self.files.push(Some(File { first, ..file }));
        }
    }
}
