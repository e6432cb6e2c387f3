//! The files of a job, read piece by piece, so that a large one keeps nobody waiting.

use fakeai_canon::ApiError;
use fakeai_tokens::vocabulary_for;

use super::example::{self, Flaw, Method};
use super::progress::Reading;
use crate::call::Reach;

/// Bytes that are read at a time.
const PIECE: usize = 256 << 10;
/// Bytes that a line may have.
const LONGEST_LINE: usize = 4 << 20;

/// A file that can't be trained on.
#[derive(Debug)]
pub(super) struct Invalid {
    pub(super) code: String,
    pub(super) message: String,
}

/// What a file is read for.
pub(super) struct Purpose<'a> {
    pub(super) method: Method,
    pub(super) model: &'a str,
    /// Whether the model is trained on conversations.
    pub(super) chat: bool,
    /// `training` or `validation`.
    pub(super) file: &'a str,
}

/// Reads the next piece of a file, up to the end of a line.
///
/// # Errors
/// The file is gone. Inside: it is not what it is to be.
pub(super) fn piece(
    means: Reach<'_>,
    blob: &str,
    reading: &mut Reading,
    purpose: &Purpose<'_>,
) -> Result<Result<(), Invalid>, ApiError> {
    let blobs = means.services.blobs();
    let mut bytes = Vec::new();
    let mut whole = false;
    while !whole && !bytes.contains(&b'\n') && bytes.len() <= LONGEST_LINE {
        let from = reading.at + bytes.len() as u64;
        let more = blobs.read(blob, from, PIECE)?;
        whole = more.is_empty();
        bytes.extend_from_slice(&more);
    }
    let end = match bytes.iter().rposition(|byte| *byte == b'\n') {
        Some(end) => end + 1,
        None => bytes.len(),
    };
    reading.at += end as u64;
    reading.done = whole && end == bytes.len();
    let vocabulary = vocabulary_for(purpose.model);
    for line in bytes[..end].split_inclusive(|byte| *byte == b'\n') {
        reading.lines += 1;
        let Ok(line) = std::str::from_utf8(line) else {
            return Ok(Err(not_utf8(purpose)));
        };
        if line.trim().is_empty() {
            continue;
        }
        reading.examples += 1;
        match example::tokens(line, purpose.method, purpose.chat, vocabulary) {
            Ok(tokens) => reading.tokens += tokens,
            Err(flaw) => return Ok(Err(invalid(&flaw, reading, purpose))),
        }
    }
    Ok(Ok(()))
}

fn not_utf8(purpose: &Purpose<'_>) -> Invalid {
    let file = purpose.file;
    Invalid {
        code: "invalid_file_format".to_owned(),
        message: format!(
            "The job failed due to a file format error in the {file} file. Invalid file format. Input file must be UTF-8 encoded."
        ),
    }
}

/// The provider's words, as clients have reported them: "Invalid file format. Example … message
/// contains an invalid token: …", "Unexpected file format, expected either prompt/completion pairs
/// or chat messages.", "Expected file to have JSONL format, where every line is a JSON dictionary."
fn invalid(flaw: &Flaw, reading: &Reading, purpose: &Purpose<'_>) -> Invalid {
    let file = purpose.file;
    let unfit = format!("The job failed due to an invalid {file} file.");
    let misshapen = format!("The job failed due to a file format error in the {file} file.");
    let (line, example) = (reading.lines, reading.examples);
    match flaw {
        Flaw::NoObject(start) => Invalid {
            code: "invalid_file_format".to_owned(),
            message: format!(
                "{misshapen} Expected file to have JSONL format, where every line is a JSON dictionary. Line {line} is not a dictionary (starts with \"{start}\")."
            ),
        },
        Flaw::OtherFormat => Invalid {
            code: format!("invalid_{file}_file"),
            message: format!("{unfit} {}", expected(purpose.method)),
        },
        Flaw::Wrong(reason) => Invalid {
            code: "invalid_file_format".to_owned(),
            message: format!("{misshapen} Invalid file format. Example {example} {reason}"),
        },
    }
}

fn expected(method: Method) -> &'static str {
    match method {
        Method::Supervised => {
            "Unexpected file format, expected either prompt/completion pairs or chat messages."
        }
        Method::Dpo => {
            "Unexpected file format, expected input, preferred_output and non_preferred_output."
        }
        Method::Reinforcement => "Unexpected file format, expected chat messages.",
    }
}
