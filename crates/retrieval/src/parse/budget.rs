//! What is left of a file's limits while it is read, and inflating within it. Not here: the limits.

use std::io::Read;

use super::{Limits, ParseError};

/// Below this size a part may grow by any ratio: short repetitive texts do.
const SMALL: usize = 1 << 20;

pub(super) struct Budget {
    pub(super) limits: Limits,
    inflated: usize,
    objects: usize,
}

impl Budget {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            inflated: 0,
            objects: 0,
        }
    }

    /// Reads a decompressing reader to its end. An error of the stream keeps what came before it where
    /// `lenient`, and is `Broken` otherwise.
    pub(super) fn inflate(
        &mut self,
        reader: impl Read,
        compressed: usize,
        lenient: bool,
    ) -> Result<Vec<u8>, ParseError> {
        let ratio = compressed
            .saturating_mul(self.limits.inflate_ratio)
            .max(SMALL);
        let left = self.limits.inflated_bytes - self.inflated;
        let most = ratio.min(left);
        let mut bytes = Vec::new();
        let end = reader.take(most as u64 + 1).read_to_end(&mut bytes);
        if bytes.len() > most {
            return Err(ParseError::TooLarge);
        }
        if end.is_err() && !lenient {
            return Err(ParseError::Broken);
        }
        self.inflated += bytes.len();
        Ok(bytes)
    }

    /// Counts bytes that are read once more.
    pub(super) fn reread(&mut self, bytes: usize) -> Result<(), ParseError> {
        self.inflated = self.inflated.saturating_add(bytes);
        if self.inflated > self.limits.inflated_bytes {
            self.inflated = self.limits.inflated_bytes;
            return Err(ParseError::TooLarge);
        }
        Ok(())
    }

    /// Counts values that are kept in memory.
    pub(super) fn objects(&mut self, count: usize) -> Result<(), ParseError> {
        self.objects = self.objects.saturating_add(count);
        if self.objects > self.limits.objects {
            return Err(ParseError::TooLarge);
        }
        Ok(())
    }

    /// Refuses a text that has grown too long.
    pub(super) fn text(&self, text: &str) -> Result<(), ParseError> {
        if text.len() > self.limits.text_bytes {
            return Err(ParseError::TooLarge);
        }
        Ok(())
    }
}
