//! Chat completions: a conversation in, one or several answers out, at once or as a stream.
//! <https://platform.openai.com/docs/api-reference/chat/create>
//!
//! ```text
//! {"model":"gpt-4o","messages":[{"role":"user","content":"Hi"}]}
//! {"id":"chatcmpl-…","object":"chat.completion","choices":[{"index":0,"message":{"role":
//!  "assistant","content":"Hello!","refusal":null,"annotations":[]},"logprobs":null,
//!  "finish_reason":"stop"}],"usage":{…},…}
//! ```

mod answer;
mod citations;
mod fold;
mod order;
mod request;
mod rules;
mod spoken;
mod store;
mod stream;
pub(super) mod support;

use fakeai_canon::{ApiError, Encoder, Mode, Work};
use fakeai_catalog::ReasoningText;

use self::answer::Answer;
use self::fold::Fold;
use self::request::Request;
use self::store::{Stored, StoredMessages};
use self::stream::Stream;
use super::fields::Fields;
use super::{model, moderations};
use crate::{Context, Decoded, Opened};

/// Opens `createChatCompletion`.
///
/// # Errors
/// In realistic mode the provider's own: a model that does not chat, parameters that it does not
/// take or that exclude each other, turns in an order that makes no sense, media that can't be
/// read.
pub(super) fn open(call: Decoded, context: &Context<'_>) -> Result<Opened, ApiError> {
    let mut body = Fields::of(call.body);
    let name = body.string("model").unwrap_or_default();
    let facts = model::look_up(context.catalog, &name);
    if context.mode == Mode::Realistic {
        rules::check(&body, &facts)?;
        spoken::check(&body, &facts, context)?;
        if let Some(wish) = body.peek("moderation") {
            moderations::check_wanted(wish, "moderation.model", context)?;
        }
    }
    let messages = StoredMessages::of(&mut body);
    let mut request = Request::read(body, name, context.mode)?;
    spoken::recall(&mut request.messages, context)?;
    if context.mode == Mode::Realistic {
        spoken::check_use(request.work.speech.as_ref(), &request.messages, &facts)?;
        order::check(&request.messages, &facts)?;
        rules::check_format(&request.work.format, &request.messages, &facts)?;
    }
    let shows = facts.reasoning.as_ref().map(|reasoning| reasoning.shows);
    let answer = Answer {
        model: model::answering(context.catalog, &request.work.model),
        fingerprint: model::fingerprint(&facts.family),
        tier: request.tier,
        shows_reasoning: shows == Some(ReasoningText::Content),
        old_style: request.old_style,
        tells_ids: request.wants_ids,
        judge: request
            .work
            .moderation
            .as_ref()
            .map(|wish| model::answering(context.catalog, &wish.model)),
    };
    let (stream, work) = (request.stream, request.work);
    let copy = messages.map(|messages| (answer.clone(), messages));
    let mut encoder: Box<dyn Encoder> = match request.stream_options {
        Some(options) => Box::new(Stream::new(answer, options)),
        None => Box::new(Fold::new(answer)),
    };
    if let Some((answer, messages)) = copy {
        encoder = Box::new(Stored::new(encoder, Fold::new(answer), messages));
    }
    let work = Work::Generate(Box::new(request::with_messages(work, request.messages)));
    Ok(Opened {
        work,
        encoder,
        stream,
        background: false,
        truncate: false,
    })
}
