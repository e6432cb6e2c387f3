//! `POST /responses/input_tokens`: how many tokens a request would have as its prompt.
//! <https://platform.openai.com/docs/api-reference/responses/input-tokens>
//!
//! ```json
//! {"object": "response.input_tokens", "input_tokens": 11}
//! ```

use bytes::BytesMut;
use fakeai_canon::{ApiError, Delta, Encoder, Work};

use super::super::fields::Fields;
use super::{create, request};
use crate::{Context, Decoded, JsonWriter, Opened};

/// Reads the request.
///
/// # Errors
/// In realistic mode: what came before is not there, or the items do not fit together.
pub(super) fn open(call: Decoded, context: &Context<'_>) -> Result<Opened, ApiError> {
    let mut body = Fields::of(call.body);
    let name = body
        .string("model")
        .unwrap_or_else(|| request::usual_model(context.catalog));
    let mut turn = request::turn(&mut body, context)?;
    Ok(Opened {
        work: Work::Count(Box::new(create::generate(name, &body, &mut turn))),
        encoder: Box::new(Count),
        stream: false,
        background: false,
        truncate: body.peek("truncation").is_some_and(|kind| kind == "auto"),
    })
}

/// Writes the count.
struct Count;

impl Encoder for Count {
    fn write(&mut self, delta: Delta<'_>, out: &mut BytesMut) {
        match delta {
            Delta::End { usage, at: _ } | Delta::Cancel { usage, .. } => {
                out.raw("{\"object\":\"response.input_tokens\",\"input_tokens\":");
                out.number(usage.prompt);
                out.raw("}");
            }
            Delta::Start(_)
            | Delta::Open { .. }
            | Delta::Piece { .. }
            | Delta::Close { .. }
            | Delta::Finish { .. }
            | Delta::Vectors(_)
            | Delta::Verdicts(_)
            | Delta::Ranked(_)
            | Delta::Made(_)
            | Delta::Sound { .. }
            | Delta::Fail { .. } => {}
        }
    }
}
