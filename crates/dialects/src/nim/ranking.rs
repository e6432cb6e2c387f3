//! Ranking: a query and passages in, the passages' places and logits out, best first.
//! <https://docs.nvidia.com/nim/nemo-retriever/text-reranking/latest/reference.html>
//!
//! ```text
//! {"model":"nvidia/nv-rerank-qa-mistral-4b","query":{"text":"…"},"passages":[{"text":"…"}]}
//! {"rankings":[{"index":0,"logit":4.25}],"usage":{"prompt_tokens":9,"total_tokens":9}}
//! ```

use bytes::BytesMut;
use fakeai_canon::{ApiError, Delta, Encoder, Mode, Rank, Reads, Usage};
use serde_json::Value;

use crate::openai::fields::Fields;
use crate::openai::model;
use crate::ranked;
use crate::{Context, Decoded, Endpoint, JsonWriter, Opened};

/// `createRanking`.
pub(super) const CREATE: Endpoint = Endpoint {
    operation: "createRanking",
    open,
};

fn open(call: Decoded, context: &Context<'_>) -> Result<Opened, ApiError> {
    let mut body = Fields::of(call.body);
    let name = body.string("model").unwrap_or_default();
    let facts = model::look_up(context.catalog, &name);
    if context.mode == Mode::Realistic {
        ranked::check_model(&facts)?;
    }
    let reads = match body.string("truncate").as_deref() {
        Some("END") => Reads::Pair(facts.context_window),
        _ => Reads::All,
    };
    let mut query = body.object("query").unwrap_or_default();
    let passages = body.array("passages").unwrap_or_default();
    let work = Rank {
        model: name,
        query: query.string("text").unwrap_or_default(),
        passages: passages.into_iter().map(text).collect(),
        reads,
    };
    Ok(ranked::opened(work, Box::new(Rankings::default())))
}

fn text(passage: Value) -> String {
    Fields::of(passage).string("text").unwrap_or_default()
}

/// Writes places and logits.
#[derive(Default)]
struct Rankings(BytesMut);

impl Rankings {
    fn body(&self, usage: &Usage, out: &mut BytesMut) {
        out.raw("{\"rankings\":[");
        out.extend_from_slice(&self.0);
        out.raw("],\"usage\":");
        ranked::write_usage(usage, out);
        out.raw("}");
    }
}

impl Encoder for Rankings {
    fn write(&mut self, delta: Delta<'_>, out: &mut BytesMut) {
        match delta {
            Delta::Ranked(passages) => {
                for (place, passage) in passages.iter().enumerate() {
                    self.0.raw(if place > 0 { ",{" } else { "{" });
                    self.0.raw("\"index\":");
                    self.0.number(passage.index as u64);
                    self.0.raw(",\"logit\":");
                    self.0.single(passage.logit);
                    self.0.raw("}");
                }
            }
            Delta::End { usage, .. } => self.body(usage, out),
            Delta::Start(_)
            | Delta::Open { .. }
            | Delta::Piece { .. }
            | Delta::Close { .. }
            | Delta::Finish { .. }
            | Delta::Vectors(_)
            | Delta::Verdicts(_)
            | Delta::Made(_)
            | Delta::Sound { .. }
            | Delta::Cancel { .. }
            | Delta::Fail { .. } => {}
        }
    }
}
