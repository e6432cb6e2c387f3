//! A blob as a body: read piece by piece as fast as the client takes it.

use std::sync::Arc;
use std::task::Waker;

use bytes::{Bytes, BytesMut};
use fakeai_canon::{ApiError, Frames, Micros, Pull};
use fakeai_resources::Blobs;

use crate::visit::Visit;

/// Bytes that are read at once.
const PIECE: usize = 256 << 10;

/// A blob on its way out.
pub(crate) struct BlobFrames {
    blobs: Arc<dyn Blobs>,
    id: String,
    at: u64,
    /// What was read before the answer began.
    first: Option<Bytes>,
    visit: Option<Visit>,
}

impl BlobFrames {
    /// The blob from its first byte on. Its first bytes are read now.
    ///
    /// # Errors
    /// The blob can't be read.
    pub(crate) fn open(blobs: &Arc<dyn Blobs>, id: String) -> Result<Self, ApiError> {
        Ok(Self {
            first: Some(blobs.read(&id, 0, PIECE)?),
            blobs: Arc::clone(blobs),
            id,
            at: 0,
            visit: None,
        })
    }

    /// Makes the visit end when the reading does.
    pub(crate) fn attend(&mut self, visit: Visit) {
        self.visit = Some(visit);
    }
}

impl Frames for BlobFrames {
    fn pull(&mut self, _: Micros, out: &mut BytesMut, _: &Waker) -> Pull {
        let piece = match self.first.take() {
            Some(first) => Ok(first),
            None => self.blobs.read(&self.id, self.at, PIECE),
        };
        match piece {
            Ok(piece) if piece.is_empty() => {
                if let Some(visit) = self.visit.take() {
                    visit.close(None);
                }
                Pull::End
            }
            Ok(piece) => {
                self.at += piece.len() as u64;
                out.extend_from_slice(&piece);
                Pull::More
            }
            // Half of a file may not pass for the whole.
            Err(_) => Pull::Cut,
        }
    }

    fn abort(&mut self, _: &ApiError, _: &mut BytesMut) {}
}
