//! The `stream_options` of chat completions and completions.

use serde_json::Value;

use super::fields::Fields;

/// How a stream is to look.
#[derive(Clone, Copy)]
pub(super) struct StreamOptions {
    /// Whether the stream ends with its usage, and says `null` until then.
    pub(super) include_usage: bool,
    /// Whether each chunk tells the usage so far, as vLLM does where it is asked for.
    pub(super) counts: bool,
    /// Whether chunks are padded against readers of their lengths. The provider pads unless told
    /// not to; here it is the other way round, for nobody listens in on a fake, and noise in each
    /// chunk costs time and hides what tests look for.
    pub(super) obfuscate: bool,
}

impl StreamOptions {
    /// Reads the object; all off where there is none.
    pub(super) fn read(fields: Option<Fields>) -> Self {
        let mut fields = fields.unwrap_or_else(|| Fields::of(Value::Null));
        let include_usage = fields.boolean("include_usage").unwrap_or(false);
        let continuous = fields.boolean("continuous_usage_stats").unwrap_or(false);
        Self {
            include_usage,
            counts: include_usage && continuous,
            obfuscate: fields.boolean("include_obfuscation").unwrap_or(false),
        }
    }
}
