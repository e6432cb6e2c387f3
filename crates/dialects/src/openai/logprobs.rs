//! Token logprobs in the shape that chat completions have:
//! `{"token","logprob","bytes","top_logprobs"}`.

use bytes::{BufMut, BytesMut};
use fakeai_canon::{TokenId, TokenLogprob, Vocabulary};

use crate::JsonWriter;

/// What the provider sends for a token of no probability.
const IMPOSSIBLE: f32 = -9999.0;

/// Where the bytes of the open part end so far; pieces tell their ends from the part's start.
#[derive(Clone, Copy, Default)]
pub(super) struct Cursor(u32);

/// The tokens of one piece.
#[derive(Clone, Copy)]
pub(super) struct Piece<'a> {
    /// The ids.
    pub(super) ids: &'a [TokenId],
    /// Where each token's bytes end.
    pub(super) ends: &'a [u32],
    /// Their logprobs; empty where none were asked for.
    pub(super) logprobs: &'a [TokenLogprob],
}

impl Cursor {
    /// Appends an object for each token that sends something, with commas between them; one that
    /// a stop sequence cut away sends nothing and is left out. True where any was written.
    pub(super) fn write(
        &mut self,
        piece: Piece<'_>,
        vocabulary: Option<&'static dyn Vocabulary>,
        out: &mut BytesMut,
    ) -> bool {
        let mut written = false;
        for ((id, end), logprob) in piece.ids.iter().zip(piece.ends).zip(piece.logprobs) {
            if *end > self.0 {
                if written {
                    out.raw(",");
                }
                token(*id, logprob, vocabulary, out);
                written = true;
            }
            self.0 = *end;
        }
        written
    }
}

/// Appends one token with its alternatives.
fn token(
    id: TokenId,
    logprob: &TokenLogprob,
    vocabulary: Option<&'static dyn Vocabulary>,
    out: &mut BytesMut,
) {
    head(id, logprob.logprob, vocabulary, out);
    out.raw(",\"top_logprobs\":[");
    for (index, alternative) in logprob.top.iter().enumerate() {
        if index > 0 {
            out.raw(",");
        }
        head(alternative.id, alternative.logprob, vocabulary, out);
        out.raw("}");
    }
    out.raw("]}");
}

fn head(
    id: TokenId,
    logprob: f32,
    vocabulary: Option<&'static dyn Vocabulary>,
    out: &mut BytesMut,
) {
    let bytes = vocabulary.map_or(&b""[..], |vocabulary| vocabulary.piece(id));
    out.raw("{\"token\":\"");
    spelled(bytes, out);
    out.raw("\",\"logprob\":");
    out.single(finite(logprob));
    out.raw(",\"bytes\":[");
    for (index, byte) in bytes.iter().enumerate() {
        if index > 0 {
            out.put_u8(b',');
        }
        out.number(u64::from(*byte));
    }
    out.raw("]");
}

/// A logprob that JSON can hold.
pub(super) fn finite(logprob: f32) -> f32 {
    if logprob.is_finite() {
        logprob
    } else {
        IMPOSSIBLE
    }
}

/// Appends a token's bytes as the inside of a string; a byte that is no whole character is spelled
/// `\xf0`, as the provider does.
pub(super) fn spelled(bytes: &[u8], out: &mut BytesMut) {
    for chunk in bytes.utf8_chunks() {
        out.escaped(chunk.valid());
        for byte in chunk.invalid() {
            out.raw("\\\\x");
            out.put_u8(b"0123456789abcdef"[usize::from(byte >> 4)]);
            out.put_u8(b"0123456789abcdef"[usize::from(byte & 15)]);
        }
    }
}
