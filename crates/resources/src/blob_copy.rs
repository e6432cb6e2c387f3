//! Whole blobs at a time: copied, written, and read as something that can be sought in. Not here:
//! who a blob belongs to.

use std::io::{self, Read, Seek, SeekFrom};

use bytes::Bytes;
use fakeai_canon::ApiError;

use crate::store::Blobs;

/// Bytes that are held at once.
const PIECE: usize = 256 << 10;

/// The same bytes as a blob of their own.
///
/// # Errors
/// The blob is not there, or a limit of the store's.
pub(crate) fn copy(blobs: &dyn Blobs, id: &str) -> Result<String, ApiError> {
    let mut writer = blobs.create()?;
    let mut at = 0;
    loop {
        let piece = blobs.read(id, at, PIECE)?;
        if piece.is_empty() {
            return writer.finish();
        }
        at += piece.len() as u64;
        writer.write(piece)?;
    }
}

/// A new blob of these bytes.
///
/// # Errors
/// A limit of the store's.
pub(crate) fn write(blobs: &dyn Blobs, bytes: Bytes) -> Result<String, ApiError> {
    let mut writer = blobs.create()?;
    writer.write(bytes)?;
    writer.finish()
}

/// The first bytes of a blob, at most so many.
///
/// # Errors
/// The blob is not there.
pub(crate) fn head(blobs: &dyn Blobs, id: &str, most: usize) -> Result<Vec<u8>, ApiError> {
    let mut head = Vec::new();
    while head.len() < most {
        let piece = blobs.read(id, head.len() as u64, (most - head.len()).min(PIECE))?;
        if piece.is_empty() {
            break;
        }
        head.extend_from_slice(&piece);
    }
    Ok(head)
}

/// A blob as a file.
pub(crate) struct BlobReader<'a> {
    blobs: &'a dyn Blobs,
    id: &'a str,
    size: u64,
    at: u64,
    piece: Bytes,
    piece_at: u64,
}

impl<'a> BlobReader<'a> {
    /// The blob from its first byte on; empty where it is not there.
    pub(crate) fn new(blobs: &'a dyn Blobs, id: &'a str) -> Self {
        Self {
            size: blobs.size(id).unwrap_or_default(),
            blobs,
            id,
            at: 0,
            piece: Bytes::new(),
            piece_at: 0,
        }
    }

    fn holds(&self) -> bool {
        let end = self.piece_at + self.piece.len() as u64;
        (self.piece_at..end).contains(&self.at)
    }
}

impl Read for BlobReader<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.size {
            return Ok(0);
        }
        if !self.holds() {
            let read = self.blobs.read(self.id, self.at, PIECE);
            self.piece = read.map_err(|error| io::Error::other(error.message))?;
            self.piece_at = self.at;
        }
        let left = &self.piece[(self.at - self.piece_at) as usize..];
        let count = left.len().min(out.len());
        out[..count].copy_from_slice(&left[..count]);
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for BlobReader<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(offset) => self.size.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.at.checked_add_signed(offset),
        };
        self.at = at.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}
