//! The ids of tokens as vLLM tells them, where `return_token_ids` asks for them.
//! <https://docs.vllm.ai/en/stable/serving/openai_compatible_server/>

use bytes::BytesMut;
use fakeai_canon::TokenId;

use crate::JsonWriter;

/// Appends a field with ids: `"token_ids":[1,2]`.
pub(super) fn token_ids(name: &str, ids: &[TokenId], out: &mut BytesMut) {
    out.raw("\"");
    out.raw(name);
    out.raw("\":[");
    for (place, id) in ids.iter().enumerate() {
        out.raw(if place > 0 { "," } else { "" });
        out.number(u64::from(*id));
    }
    out.raw("]");
}
