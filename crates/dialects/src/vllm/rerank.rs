//! Reranking in Jina's form: a query and documents in, the best documents with their scores out.
//! <https://docs.vllm.ai/en/stable/serving/openai_compatible_server/>
//!
//! ```text
//! {"model":"BAAI/bge-reranker-base","query":"…","documents":["…"],"top_n":1}
//! {"id":"rerank-…","model":"BAAI/bge-reranker-base","usage":{"prompt_tokens":9,"total_tokens":9},
//!  "results":[{"index":0,"document":{"text":"…"},"relevance_score":0.98}]}
//! ```

use bytes::BytesMut;
use fakeai_canon::{Alphabet, ApiError, Delta, Encoder, Mode, Rank, Ranked, Reads, Seed, Usage};
use serde_json::Value;

use crate::openai::fields::{Fields, into_string};
use crate::openai::model;
use crate::ranked;
use crate::{Context, Decoded, Endpoint, JsonWriter, Opened};

/// Ranks where a request names no model, as a server does that has one.
const DEFAULT_MODEL: &str = "nvidia/nv-rerank-qa-mistral-4b";

/// `createRerank`.
pub(super) const CREATE: Endpoint = Endpoint {
    operation: "createRerank",
    open,
};

fn open(call: Decoded, context: &Context<'_>) -> Result<Opened, ApiError> {
    let mut body = Fields::of(call.body);
    let name = body.string("model");
    let name = name.unwrap_or_else(|| DEFAULT_MODEL.to_owned());
    let facts = model::look_up(context.catalog, &name);
    if context.mode == Mode::Realistic {
        ranked::check_model(&facts)?;
    }
    let reads = match body.integer("truncate_prompt_tokens") {
        None => Reads::All,
        Some(most) => Reads::Pair(u32::try_from(most).unwrap_or(facts.context_window)),
    };
    let documents = body.array("documents").unwrap_or_default();
    let documents: Vec<String> = documents.into_iter().map(text).collect();
    let shown = body.boolean("return_documents").unwrap_or(true);
    let most = body.count("top_n").filter(|most| *most > 0);
    let encoder = Results {
        model: name.clone(),
        most: most.map_or(usize::MAX, |most| most as usize),
        documents: if shown { documents.clone() } else { Vec::new() },
        ids: Seed(0),
        results: BytesMut::new(),
    };
    let work = Rank {
        model: name,
        query: body.string("query").unwrap_or_default(),
        passages: documents,
        reads,
    };
    Ok(ranked::opened(work, Box::new(encoder)))
}

fn text(document: Value) -> String {
    match document {
        Value::Object(_) => Fields::of(document).string("text"),
        other => into_string(other),
    }
    .unwrap_or_default()
}

/// Writes documents and scores.
struct Results {
    model: String,
    most: usize,
    /// The documents; none where they are not to be sent back.
    documents: Vec<String>,
    ids: Seed,
    results: BytesMut,
}

impl Results {
    fn collect(&mut self, passages: &[Ranked]) {
        let out = &mut self.results;
        for (place, passage) in passages.iter().take(self.most).enumerate() {
            out.raw(if place > 0 { ",{" } else { "{" });
            out.raw("\"index\":");
            out.number(passage.index as u64);
            if let Some(document) = self.documents.get(passage.index) {
                out.raw(",\"document\":{\"text\":");
                out.string(document);
                out.raw("}");
            }
            out.raw(",\"relevance_score\":");
            out.single(passage.score);
            out.raw("}");
        }
    }

    fn body(&self, usage: &Usage, out: &mut BytesMut) {
        out.raw("{\"id\":\"");
        out.raw(&self.ids.id("rerank-", Alphabet::Hex, 32));
        out.raw("\",\"model\":");
        out.string(&self.model);
        out.raw(",\"usage\":");
        ranked::write_usage(usage, out);
        out.raw(",\"results\":[");
        out.extend_from_slice(&self.results);
        out.raw("]}");
    }
}

impl Encoder for Results {
    fn write(&mut self, delta: Delta<'_>, out: &mut BytesMut) {
        match delta {
            Delta::Start(start) => self.ids = start.ids,
            Delta::Ranked(passages) => self.collect(passages),
            Delta::End { usage, .. } => self.body(usage, out),
            Delta::Open { .. }
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
