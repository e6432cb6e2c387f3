//! How pictures are sent: as one document, or as events while they are being made.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use fakeai_canon::{Delta, Encoder, Micros, Usage};
use fakeai_tokens::PixelSize;

use crate::JsonWriter;
use crate::openai::error;

/// How long an address is good: an hour, by the contract's prose.
const GOOD_FOR: u64 = 3600;

/// What the answer says of its pictures.
pub(super) struct Shown {
    pub(super) size: PixelSize,
    /// Unfinished pictures before each finished one.
    pub(super) partial: u32,
    pub(super) format: String,
    pub(super) transparent: bool,
    pub(super) quality: &'static str,
    /// Whether the model counts in tokens and says how it drew.
    pub(super) counted: bool,
    /// The prompt as the model says that it understood it.
    pub(super) revised: Option<String>,
    /// What addresses begin with, where pictures are sent by address.
    pub(super) base: Option<String>,
    /// Whether pictures were edited.
    pub(super) edits: bool,
}

impl Shown {
    fn background(&self) -> &'static str {
        if self.transparent {
            "transparent"
        } else {
            "opaque"
        }
    }

    /// The size, where it is one of those that the contract has.
    fn standard_size(&self) -> Option<&'static str> {
        match (self.size.width, self.size.height) {
            (1024, 1024) => Some("1024x1024"),
            (1024, 1536) => Some("1024x1536"),
            (1536, 1024) => Some("1536x1024"),
            _ => None,
        }
    }

    fn address(&self, base: &str, seed: &[u8], created: u64) -> String {
        let PixelSize { width, height } = self.size;
        format!(
            "{base}/_fakeai/image?seed={}&size={width}x{height}&expires={}",
            String::from_utf8_lossy(seed),
            created + GOOD_FOR,
        )
    }
}

fn write_usage(usage: &Usage, out: &mut BytesMut) {
    out.raw("{\"input_tokens\":");
    out.number(usage.prompt);
    out.raw(",\"input_tokens_details\":{\"image_tokens\":");
    out.number(usage.prompt_image);
    out.raw(",\"text_tokens\":");
    out.number(usage.prompt.saturating_sub(usage.prompt_image));
    out.raw("},\"output_tokens\":");
    out.number(usage.completion);
    out.raw(",\"total_tokens\":");
    out.number(usage.total());
    out.raw("}");
}

fn write_base64(bytes: &Bytes, out: &mut BytesMut) {
    out.raw("\"");
    out.raw(&STANDARD.encode(bytes));
    out.raw("\"");
}

/// One document.
pub(super) struct Folded {
    shown: Shown,
    created: Micros,
    data: BytesMut,
}

impl Folded {
    pub(super) fn new(shown: Shown) -> Self {
        Self {
            shown,
            created: Micros::ZERO,
            data: BytesMut::new(),
        }
    }

    fn collect(&mut self, pieces: &[Bytes]) {
        let out = &mut self.data;
        for (index, piece) in pieces.iter().enumerate() {
            out.raw(if index > 0 { ",{" } else { "{" });
            match &self.shown.base {
                Some(base) => {
                    out.raw("\"url\":");
                    let created = self.created.whole_seconds();
                    out.string(&self.shown.address(base, piece, created));
                }
                None => {
                    out.raw("\"b64_json\":");
                    write_base64(piece, out);
                }
            }
            if let Some(revised) = &self.shown.revised {
                out.raw(",\"revised_prompt\":");
                out.string(revised);
            }
            out.raw("}");
        }
    }

    fn body(&self, usage: &Usage, out: &mut BytesMut) {
        out.raw("{\"created\":");
        out.number(self.created.whole_seconds());
        out.raw(",\"data\":[");
        out.extend_from_slice(&self.data);
        out.raw("]");
        if self.shown.counted {
            out.raw(",\"background\":");
            out.string(self.shown.background());
            out.raw(",\"output_format\":");
            out.string(&self.shown.format);
            out.raw(",\"quality\":");
            out.string(self.shown.quality);
            if let Some(size) = self.shown.standard_size() {
                out.raw(",\"size\":");
                out.string(size);
            }
            out.raw(",\"usage\":");
            write_usage(usage, out);
        }
        out.raw("}");
    }
}

impl Encoder for Folded {
    fn write(&mut self, delta: Delta<'_>, out: &mut BytesMut) {
        match delta {
            Delta::Start(start) => self.created = start.created,
            Delta::Made(pieces) => self.collect(pieces),
            Delta::End { usage, .. } => self.body(usage, out),
            Delta::Open { .. }
            | Delta::Piece { .. }
            | Delta::Close { .. }
            | Delta::Finish { .. }
            | Delta::Vectors(_)
            | Delta::Verdicts(_)
            | Delta::Ranked(_)
            | Delta::Sound { .. }
            | Delta::Cancel { .. }
            | Delta::Fail { .. } => {}
        }
    }
}

/// Events: unfinished pictures as they come, then each finished one with the whole usage.
pub(super) struct Streamed {
    shown: Shown,
    created: Micros,
    finished: Vec<Bytes>,
}

impl Streamed {
    pub(super) fn new(shown: Shown) -> Self {
        Self {
            shown,
            created: Micros::ZERO,
            finished: Vec::new(),
        }
    }

    fn pieces(&mut self, pieces: &[Bytes], out: &mut BytesMut) {
        let each = self.shown.partial as usize + 1;
        for (index, piece) in pieces.iter().enumerate() {
            let step = index % each;
            if step + 1 == each {
                self.finished.push(piece.clone());
                continue;
            }
            self.head("partial_image", piece, out);
            out.raw(",\"partial_image_index\":");
            out.number(step as u64);
            out.raw("}\n\n");
        }
    }

    fn head(&self, event: &str, piece: &Bytes, out: &mut BytesMut) {
        let way = if self.shown.edits {
            "image_edit"
        } else {
            "image_generation"
        };
        let name = format!("{way}.{event}");
        out.raw("event: ");
        out.raw(&name);
        out.raw("\ndata: {\"type\":");
        out.string(&name);
        out.raw(",\"b64_json\":");
        write_base64(piece, out);
        out.raw(",\"created_at\":");
        out.number(self.created.whole_seconds());
        out.raw(",\"size\":");
        out.string(self.shown.standard_size().unwrap_or("auto"));
        out.raw(",\"quality\":");
        out.string(self.shown.quality);
        out.raw(",\"background\":");
        out.string(self.shown.background());
        out.raw(",\"output_format\":");
        out.string(&self.shown.format);
    }

    fn end(&mut self, usage: &Usage, out: &mut BytesMut) {
        for piece in std::mem::take(&mut self.finished) {
            self.head("completed", &piece, out);
            out.raw(",\"usage\":");
            write_usage(usage, out);
            out.raw("}\n\n");
        }
    }
}

impl Encoder for Streamed {
    fn write(&mut self, delta: Delta<'_>, out: &mut BytesMut) {
        match delta {
            Delta::Start(start) => self.created = start.created,
            Delta::Made(pieces) => self.pieces(pieces, out),
            Delta::End { usage, .. } => self.end(usage, out),
            Delta::Fail { error, .. } => error::write_event(error, out),
            Delta::Open { .. }
            | Delta::Piece { .. }
            | Delta::Close { .. }
            | Delta::Finish { .. }
            | Delta::Vectors(_)
            | Delta::Verdicts(_)
            | Delta::Ranked(_)
            | Delta::Sound { .. }
            | Delta::Cancel { .. } => {}
        }
    }
}
