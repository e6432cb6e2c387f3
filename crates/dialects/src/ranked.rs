//! What all endpoints that rank have in common. Not here: their wires.

use bytes::BytesMut;
use fakeai_canon::{ApiError, Encoder, Rank, Usage, Work};
use fakeai_catalog::{Endpoint, Model};

use crate::{JsonWriter, Opened};

/// Refuses models that rank nothing. One that makes vectors ranks by their nearness.
pub(crate) fn check_model(model: &Model) -> Result<(), ApiError> {
    if model.serves(Endpoint::Rerank) || model.serves(Endpoint::Embeddings) {
        return Ok(());
    }
    let problem = format!("The model `{}` does not support reranking.", model.id);
    Err(ApiError::invalid(problem).param("model"))
}

/// A call that ranks.
pub(crate) fn opened(work: Rank, encoder: Box<dyn Encoder>) -> Opened {
    Opened {
        work: Work::Rank(work),
        encoder,
        stream: false,
        background: false,
        truncate: false,
    }
}

/// Appends how many tokens were read.
pub(crate) fn write_usage(usage: &Usage, out: &mut BytesMut) {
    out.raw("{\"prompt_tokens\":");
    out.number(usage.prompt);
    out.raw(",\"total_tokens\":");
    out.number(usage.total());
    out.raw("}");
}
