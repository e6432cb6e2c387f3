//! Completions, the older endpoint: prompts in, their continuations out.
//! <https://platform.openai.com/docs/api-reference/completions/create>
//!
//! ```text
//! {"model":"gpt-3.5-turbo-instruct","prompt":"Say this","max_tokens":7}
//! {"id":"cmpl-…","object":"text_completion","created":1589478378,"model":"…","choices":[
//!  {"text":" is a test.","index":0,"logprobs":null,"finish_reason":"length"}],"usage":{…}}
//! ```

mod fold;
mod logprobs;
mod request;
mod rules;
mod stream;

use fakeai_canon::{Alphabet, ApiError, Encoder, Finish, Mode, Seed, Work};

use self::fold::Fold;
use self::logprobs::Offsets;
use self::request::Request;
use self::stream::Stream;
use super::fields::Fields;
use super::model;
use crate::{Context, Decoded, Opened};

/// Opens `createCompletion`.
///
/// # Errors
/// In realistic mode the provider's own: a model that only chats, fewer candidates than choices,
/// no prompt at all.
pub(super) fn open(call: Decoded, context: &Context<'_>) -> Result<Opened, ApiError> {
    let mut body = Fields::of(call.body);
    let name = body.string("model").unwrap_or_default();
    if context.mode == Mode::Realistic {
        rules::check(&body, &model::look_up(context.catalog, &name))?;
    }
    let request = Request::read(body, name);
    let answer = Answer {
        model: model::answering(context.catalog, &request.work.model),
        offsets: request.offsets,
        tells_ids: request.wants_ids.then_some(request.work.choices),
    };
    let encoder: Box<dyn Encoder> = match request.stream {
        Some(options) => Box::new(Stream::new(answer, options)),
        None => Box::new(Fold::new(answer)),
    };
    Ok(Opened {
        work: Work::Generate(Box::new(request.work)),
        encoder,
        stream: request.stream.is_some(),
        background: false,
        truncate: false,
    })
}

/// The facts of an answer that are known before it begins.
struct Answer {
    model: String,
    /// Where the texts begin; none where no logprobs were asked for.
    offsets: Option<Offsets>,
    /// Choices of each prompt, where the tokens' ids are told, as vLLM does where it is asked to.
    tells_ids: Option<u32>,
}

fn completion_id(ids: Seed) -> String {
    ids.id("cmpl-", Alphabet::Alphanumeric, 29)
}

/// The wire name of a reason to finish. A completion calls nothing, so that a wait for calls is a
/// plain stop.
fn finish_name(reason: Finish) -> &'static str {
    match reason {
        Finish::Stop | Finish::ToolCalls => "stop",
        Finish::Length => "length",
        Finish::ContentFilter => "content_filter",
    }
}
