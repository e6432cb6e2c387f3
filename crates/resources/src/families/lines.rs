//! The lines of a blob, read piece by piece. What a line means is for its reader to know.

use bytes::{Bytes, BytesMut};
use fakeai_canon::ApiError;
use serde::{Deserialize, Serialize};

use crate::store::Blobs;

/// Bytes that are read at once.
const PIECE: usize = 64 << 10;

/// Bytes of one line at most: as many as the body of a call may have. A longer one is cut there,
/// so that it is no JSON any more.
const LONGEST: usize = 32 << 20;

/// A line that is not blank.
pub(crate) struct Line {
    /// Its number in the blob, from 1; blank ones count.
    pub(crate) number: u64,
    /// Its bytes, without the end of the line.
    pub(crate) bytes: Bytes,
}

/// Where a reading stands, to be taken up again later.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mark {
    /// The first byte of the next line.
    pub(crate) at: u64,
    /// Lines before it.
    pub(crate) lines: u64,
}

/// A reading of a blob's lines.
pub(crate) struct Lines<'a> {
    blobs: &'a dyn Blobs,
    blob: &'a str,
    /// How many bytes were taken out of the blob.
    read: u64,
    buffer: BytesMut,
    lines: u64,
}

impl<'a> Lines<'a> {
    /// Reads from the first line on.
    pub(crate) fn new(blobs: &'a dyn Blobs, blob: &'a str) -> Self {
        Self::from(blobs, blob, Mark::default())
    }

    /// Reads on from a mark.
    pub(crate) fn from(blobs: &'a dyn Blobs, blob: &'a str, mark: Mark) -> Self {
        Self {
            blobs,
            blob,
            read: mark.at,
            buffer: BytesMut::new(),
            lines: mark.lines,
        }
    }

    /// The first byte of the next line.
    pub(crate) fn at(&self) -> u64 {
        self.read - self.buffer.len() as u64
    }

    /// Where the reading stands.
    pub(crate) fn mark(&self) -> Mark {
        Mark {
            at: self.at(),
            lines: self.lines,
        }
    }

    /// The next line that is not blank.
    ///
    /// # Errors
    /// The blob can't be read.
    pub(crate) fn next(&mut self) -> Result<Option<Line>, ApiError> {
        while let Some(bytes) = self.any_line()? {
            self.lines += 1;
            let bytes = if self.lines == 1 {
                without_mark(bytes)
            } else {
                bytes
            };
            if !bytes.iter().all(u8::is_ascii_whitespace) {
                let number = self.lines;
                return Ok(Some(Line { number, bytes }));
            }
        }
        Ok(None)
    }

    fn any_line(&mut self) -> Result<Option<Bytes>, ApiError> {
        let mut searched = 0;
        let mut overlong = None;
        loop {
            let fresh = &self.buffer[searched..];
            if let Some(place) = fresh.iter().position(|byte| *byte == b'\n') {
                let line = self.buffer.split_to(searched + place + 1).freeze();
                let line = line.slice(..line.len() - 1);
                return Ok(Some(overlong.unwrap_or(line)));
            }
            searched = self.buffer.len();
            if searched > LONGEST {
                let head = self.buffer.split().freeze();
                overlong.get_or_insert_with(|| head.slice(..LONGEST));
                searched = 0;
            }
            let piece = self.blobs.read(self.blob, self.read, PIECE)?;
            if piece.is_empty() {
                let rest = self.buffer.split().freeze();
                let rest = overlong.unwrap_or(rest);
                return Ok((!rest.is_empty()).then_some(rest));
            }
            self.read += piece.len() as u64;
            self.buffer.extend_from_slice(&piece);
        }
    }
}

/// Without the byte-order mark with which some editors begin a file.
fn without_mark(bytes: Bytes) -> Bytes {
    match bytes.strip_prefix("\u{feff}".as_bytes()) {
        Some(rest) => bytes.slice_ref(rest),
        None => bytes,
    }
}
