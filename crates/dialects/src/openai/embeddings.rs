//! Embeddings: texts in, a vector for each out, as numbers or as base64 of their bytes. The
//! contract knows numbers only, so a mock sends nothing else.
//! <https://platform.openai.com/docs/api-reference/embeddings/create>
//!
//! ```text
//! {"model":"text-embedding-3-small","input":["Hi"],"dimensions":256}
//! {"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.0023,…]}],
//!  "model":"text-embedding-3-small","usage":{"prompt_tokens":1,"total_tokens":1}}
//! ```

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::BytesMut;
use fakeai_canon::{ApiError, Delta, Embed, Encoder, ErrorKind, Mode, TextInput, Usage, Work};
use fakeai_catalog::{Endpoint, Model};
use serde_json::Value;

use super::fields::Fields;
use super::{model, sampling};
use crate::{Context, Decoded, JsonWriter, Opened};

/// Opens `createEmbedding`.
///
/// # Errors
/// In realistic mode the provider's own: a model that makes no vectors, an empty text, more
/// dimensions than the model has, or a number of them for a model whose vectors can't be
/// shortened.
pub(super) fn open(call: Decoded, context: &Context<'_>) -> Result<Opened, ApiError> {
    let mut body = Fields::of(call.body);
    let name = body.string("model").unwrap_or_default();
    let inputs = inputs(body.take("input"));
    let dimensions = body.count("dimensions");
    if context.mode == Mode::Realistic {
        check(&inputs, dimensions, &model::look_up(context.catalog, &name))?;
    }
    let encoder = Vectors {
        model: model::answering(context.catalog, &name),
        base64: context.mode == Mode::Realistic
            && body.string("encoding_format").as_deref() == Some("base64"),
        data: BytesMut::new(),
    };
    Ok(Opened {
        work: Work::Embed(Embed {
            model: name,
            inputs,
            dimensions,
        }),
        encoder: Box::new(encoder),
        stream: false,
        background: false,
        truncate: false,
    })
}

/// A text, token ids, or several of either.
fn inputs(value: Option<Value>) -> Vec<TextInput> {
    match value {
        Some(Value::String(text)) => vec![TextInput::Text(text)],
        Some(Value::Array(items)) if items.first().is_some_and(Value::is_number) => {
            vec![TextInput::Tokens(sampling::token_ids(&items))]
        }
        Some(Value::Array(items)) => items.into_iter().map(input).collect(),
        _ => Vec::new(),
    }
}

fn input(value: Value) -> TextInput {
    match value {
        Value::Array(ids) => TextInput::Tokens(sampling::token_ids(&ids)),
        Value::String(text) => TextInput::Text(text),
        _ => TextInput::Text(String::new()),
    }
}

fn check(inputs: &[TextInput], dimensions: Option<u32>, model: &Model) -> Result<(), ApiError> {
    if !model.serves(Endpoint::Embeddings) {
        let problem = "You are not allowed to generate embeddings from this model";
        return Err(ApiError::new(ErrorKind::Permission, problem));
    }
    let empty = |input: &TextInput| match input {
        TextInput::Text(text) => text.is_empty(),
        TextInput::Tokens(ids) => ids.is_empty(),
    };
    if inputs.is_empty() || inputs.iter().any(empty) {
        return Err(ApiError::invalid(
            "'$.input' is invalid. Please check the API reference: \
             https://platform.openai.com/docs/api-reference.",
        ));
    }
    let (Some(asked), Some(own)) = (dimensions, model.embedding) else {
        return Ok(());
    };
    if !own.shortenable {
        return Err(ApiError::invalid(
            "This model does not support specifying dimensions.",
        ));
    }
    if asked > own.dimensions {
        return Err(ApiError::invalid(format!(
            "Invalid value for 'dimensions' = {asked}. Must be less than or equal to {}.",
            own.dimensions
        )));
    }
    Ok(())
}

/// Writes vectors.
struct Vectors {
    model: String,
    base64: bool,
    data: BytesMut,
}

impl Vectors {
    fn collect(&mut self, vectors: &[Vec<f32>]) {
        for (index, vector) in vectors.iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            self.data.raw(comma);
            self.data.raw("{\"object\":\"embedding\",\"index\":");
            self.data.number(index as u64);
            self.data.raw(",\"embedding\":");
            if self.base64 {
                write_base64(vector, &mut self.data);
            } else {
                write_numbers(vector, &mut self.data);
            }
            self.data.raw("}");
        }
    }

    fn body(&self, usage: &Usage, out: &mut BytesMut) {
        out.reserve(self.data.len() + 256);
        out.raw("{\"object\":\"list\",\"data\":[");
        out.extend_from_slice(&self.data);
        out.raw("],\"model\":");
        out.string(&self.model);
        out.raw(",\"usage\":{\"prompt_tokens\":");
        out.number(usage.prompt);
        out.raw(",\"total_tokens\":");
        out.number(usage.total());
        out.raw("}}");
    }
}

/// Appends the numbers as JSON.
fn write_numbers(vector: &[f32], out: &mut BytesMut) {
    // A plain vector grows with less ado than the shared buffer.
    let mut text = Vec::with_capacity(vector.len() * 15 + 2);
    let mut digits = ryu::Buffer::new();
    text.push(b'[');
    for (index, value) in vector.iter().enumerate() {
        if index > 0 {
            text.push(b',');
        }
        text.extend_from_slice(digits.format(*value).as_bytes());
    }
    text.push(b']');
    out.extend_from_slice(&text);
}

/// Appends the base64 of the numbers' bytes, little end first, as a string.
fn write_base64(vector: &[f32], out: &mut BytesMut) {
    let bytes: Vec<u8> = vector
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    out.raw("\"");
    let start = out.len();
    out.resize(start + bytes.len().div_ceil(3) * 4, 0);
    let written = STANDARD.encode_slice(&bytes, &mut out[start..]);
    out.truncate(start + written.unwrap_or(0));
    out.raw("\"");
}

impl Encoder for Vectors {
    fn write(&mut self, delta: Delta<'_>, out: &mut BytesMut) {
        match delta {
            Delta::Vectors(vectors) => self.collect(vectors),
            Delta::End { usage, .. } => self.body(usage, out),
            Delta::Start(_)
            | Delta::Open { .. }
            | Delta::Piece { .. }
            | Delta::Close { .. }
            | Delta::Finish { .. }
            | Delta::Verdicts(_)
            | Delta::Ranked(_)
            | Delta::Made(_)
            | Delta::Sound { .. }
            | Delta::Cancel { .. }
            | Delta::Fail { .. } => {}
        }
    }
}
