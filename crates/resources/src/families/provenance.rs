//! Content provenance: whether a file carries a manifest that tells where it comes from. The marks
//! of a watermark are not looked for; nothing here makes any.

use std::sync::Arc;

use fakeai_canon::ApiError;
use serde_json::json;

use super::{Hooks, voices};
use crate::apply::Site;
use crate::blob_copy::BlobReader;
use crate::{Answer, Outcome};

pub(super) static HOOKS: Hooks = Hooks {
    family: "content_provenance_checks",
    acts: &[("Createcontentprovenancecheck", check)],
    ..Hooks::NONE
};

/// What a manifest store of the C2PA is called, wherever a format keeps it.
const MARKS: [&[u8]; 2] = [b"jumdc2pa", b"c2pa.claim"];

fn check(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let refused = |word: &str| ApiError::invalid(site.family.wording(word)).param("file");
    let file = site.call.files.iter().find(|file| file.field == "file");
    let file = file.ok_or_else(|| refused("none").code("missing_required_parameter"))?;
    let blobs = site.means.services.blobs();
    let head = crate::blob_copy::head(blobs, &file.blob, 64)?;
    if !is_image(&head) && !voices::is_sound(&head) {
        return Err(refused("format"));
    }
    let marked = has_mark(BlobReader::new(blobs, &file.blob));
    let (outcome, state) = if marked {
        // Nobody here holds the list of issuers that would make it a trusted one.
        ("detected", "valid")
    } else {
        ("not_detected", "not_present")
    };
    let object = json!({
        "object": "content_provenance_check",
        "created_at": site.context.now.whole_seconds(),
        "results": [
            {
                "type": "c2pa",
                "outcome": outcome,
                "validation_state": state,
                "issuer": null,
                "model": null,
                "generated_at": null,
            },
            {
                "type": "synthid",
                "outcome": "not_detected",
                "model": null,
                "generated_at": null,
            },
        ],
    });
    Ok(Outcome::Answer(Answer::json(Arc::new(object))))
}

/// Whether bytes begin as a picture does.
pub(super) fn is_image(head: &[u8]) -> bool {
    let riff = head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP");
    riff || head.starts_with(b"\x89PNG\r\n\x1a\n") || head.starts_with(&[0xff, 0xd8, 0xff])
}

/// Reads all of a file in pieces that overlap by as much as a mark is long.
fn has_mark(mut file: impl std::io::Read) -> bool {
    const PIECE: usize = 64 << 10;
    let longest = MARKS.iter().map(|mark| mark.len()).max().unwrap_or(0);
    let mut window = Vec::with_capacity(PIECE + longest);
    let mut piece = vec![0; PIECE];
    loop {
        let Ok(count) = file.read(&mut piece) else {
            return false;
        };
        if count == 0 {
            return false;
        }
        window.extend_from_slice(&piece[..count]);
        let found = |mark: &&[u8]| window.windows(mark.len()).any(|part| part == *mark);
        if MARKS.iter().any(found) {
            return true;
        }
        let keep = window.len().saturating_sub(longest);
        window.drain(..keep);
    }
}
