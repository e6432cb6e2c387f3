//! Text generation: one text in, one text out.
//!
//! ```text
//! {"model":"gpt-4o","input":"Say something.","max_output_tokens":20}
//! {"id":"txtgen-…","created":1700000000,"model":"gpt-4o-2024-08-06","output":"…","usage":{…}}
//! ```

use bytes::BytesMut;
use fakeai_canon::{
    Alphabet, ApiError, Delta, Encoder, Generate, Input, Message, Mode, PartHead, Role, Seed,
    Usage, Work,
};
use fakeai_catalog::{Endpoint as Serves, Model};

use crate::openai::fields::Fields;
use crate::openai::{model, sampling};
use crate::{Context, Decoded, Endpoint, JsonWriter, Opened};

/// Tokens of an answer where the request does not say.
const USUAL: u32 = 100;

/// How tokens are drawn where the request does not say.
const TOP_P: f64 = 0.95;

/// `createTextGeneration`.
pub(super) const CREATE: Endpoint = Endpoint {
    operation: "createTextGeneration",
    open,
};

fn open(call: Decoded, context: &Context<'_>) -> Result<Opened, ApiError> {
    let mut body = Fields::of(call.body);
    let name = body.string("model").unwrap_or_default();
    if context.mode == Mode::Realistic {
        check(&model::look_up(context.catalog, &name))?;
    }
    let most = body.count("max_output_tokens").unwrap_or(USUAL);
    let input = body.string("input").unwrap_or_default();
    let mut drawn = sampling::sampling(&mut body);
    drawn.top_p.get_or_insert(TOP_P);
    let encoder = Text {
        model: model::answering(context.catalog, &name),
        ..Text::default()
    };
    let work = Generate {
        model: name,
        input: Input::Chat(vec![Message::text(Role::User, input)]),
        sampling: drawn,
        limits: sampling::limits(&mut body, Some(most)),
        choices: 1,
        candidates: 1,
        ..Generate::default()
    };
    Ok(Opened {
        work: Work::Generate(Box::new(work)),
        encoder: Box::new(encoder),
        stream: false,
        background: false,
        truncate: false,
    })
}

fn check(model: &Model) -> Result<(), ApiError> {
    let writes = [Serves::Chat, Serves::Completions, Serves::Responses];
    if writes.into_iter().any(|endpoint| model.serves(endpoint)) {
        return Ok(());
    }
    let problem = format!(
        "The textGeneration operation does not work with the specified model, {}. Please choose \
         different model and try again.",
        model.id
    );
    Err(ApiError::invalid(problem).code("OperationNotSupported"))
}

/// Writes the text.
#[derive(Default)]
struct Text {
    model: String,
    ids: Option<Seed>,
    created: u64,
    shows: bool,
    text: BytesMut,
}

impl Text {
    fn body(&self, usage: &Usage, out: &mut BytesMut) {
        let ids = self.ids.unwrap_or(Seed(0));
        out.raw("{\"id\":\"");
        out.raw(&ids.id("txtgen-", Alphabet::Hex, 32));
        out.raw("\",\"created\":");
        out.number(self.created);
        out.raw(",\"model\":");
        out.string(&self.model);
        out.raw(",\"output\":\"");
        out.extend_from_slice(&self.text);
        out.raw("\",\"usage\":");
        crate::tokens_used::write(usage, out);
        out.raw("}");
    }
}

impl Encoder for Text {
    fn write(&mut self, delta: Delta<'_>, out: &mut BytesMut) {
        match delta {
            Delta::Start(start) => {
                self.ids = Some(start.ids);
                self.created = start.created.whole_seconds();
            }
            Delta::Open { part, .. } => {
                self.shows = matches!(part, PartHead::Text | PartHead::Refusal);
            }
            Delta::Piece { text, .. } if self.shows => self.text.escaped(text),
            Delta::End { usage, .. } => self.body(usage, out),
            Delta::Piece { .. }
            | Delta::Sound { .. }
            | Delta::Close { .. }
            | Delta::Finish { .. }
            | Delta::Vectors(_)
            | Delta::Verdicts(_)
            | Delta::Ranked(_)
            | Delta::Made(_)
            | Delta::Cancel { .. }
            | Delta::Fail { .. } => {}
        }
    }

    fn takes_runs(&self) -> bool {
        true
    }
}
