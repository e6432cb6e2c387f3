//! Reranking: a query and documents in, the best documents' places and scores out.
//! <https://docs.cohere.com/reference/rerank>
//!
//! ```text
//! {"model":"rerank-v3.5","query":"…","documents":["…"],"top_n":1}
//! {"id":"…","results":[{"index":0,"relevance_score":0.98}],
//!  "meta":{"api_version":{"version":"2"},"billed_units":{"search_units":1}}}
//! ```

use bytes::BytesMut;
use fakeai_canon::{Alphabet, ApiError, Delta, Encoder, Mode, Rank, Ranked, Reads, Seed};

use crate::openai::fields::{Fields, into_string};
use crate::openai::model;
use crate::ranked;
use crate::{Context, Decoded, Endpoint, JsonWriter, Opened};

/// Tokens of a document that are read unless the request says otherwise.
const READ: u32 = 4096;

/// Documents of a search unit.
const UNIT: usize = 100;

/// `createCohereRerank`.
pub(super) const CREATE: Endpoint = Endpoint {
    operation: "createCohereRerank",
    open,
};

fn open(call: Decoded, context: &Context<'_>) -> Result<Opened, ApiError> {
    let mut body = Fields::of(call.body);
    let name = body.string("model").unwrap_or_default();
    if context.mode == Mode::Realistic {
        ranked::check_model(&model::look_up(context.catalog, &name))?;
    }
    let documents = body.array("documents").unwrap_or_default();
    let documents = documents.into_iter().filter_map(into_string);
    let work = Rank {
        model: name,
        query: body.string("query").unwrap_or_default(),
        passages: documents.collect(),
        reads: Reads::Passage(body.count("max_tokens_per_doc").unwrap_or(READ)),
    };
    let encoder = Results {
        most: body.count("top_n").map_or(usize::MAX, |most| most as usize),
        units: work.passages.len().div_ceil(UNIT),
        ids: Seed(0),
        results: BytesMut::new(),
    };
    Ok(ranked::opened(work, Box::new(encoder)))
}

/// Writes places and scores.
struct Results {
    most: usize,
    units: usize,
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
            out.raw(",\"relevance_score\":");
            out.single(passage.score);
            out.raw("}");
        }
    }

    fn body(&self, out: &mut BytesMut) {
        out.raw("{\"id\":\"");
        // A UUID, as the provider's are.
        let digits = self.ids.id("", Alphabet::Hex, 32);
        for (place, part) in [0..8, 8..12, 12..16, 16..20, 20..32]
            .into_iter()
            .enumerate()
        {
            out.raw(if place > 0 { "-" } else { "" });
            out.raw(digits.get(part).unwrap_or_default());
        }
        out.raw("\",\"results\":[");
        out.extend_from_slice(&self.results);
        out.raw("],\"meta\":{\"api_version\":{\"version\":\"2\",\"is_experimental\":false},");
        out.raw("\"billed_units\":{\"search_units\":");
        out.number(self.units as u64);
        out.raw("}}}");
    }
}

impl Encoder for Results {
    fn write(&mut self, delta: Delta<'_>, out: &mut BytesMut) {
        match delta {
            Delta::Start(start) => self.ids = start.ids,
            Delta::Ranked(passages) => self.collect(passages),
            Delta::End { .. } => self.body(out),
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
