//! Pictures: drawn from a prompt, from other pictures, or as variations of one.
//! <https://platform.openai.com/docs/api-reference/images>
//!
//! ```text
//! {"model":"gpt-image-1","prompt":"a cat","size":"1024x1024"}
//! {"created":1713833628,"background":"opaque","data":[{"b64_json":"…"}],"output_format":"png",
//!  "quality":"medium","size":"1024x1024","usage":{"input_tokens":2,…}}
//! ```

mod answer;
mod family;
mod request;

use crate::Endpoint;

/// From a prompt.
pub(super) const CREATE: Endpoint = Endpoint::new("createImage", request::create);

/// From other pictures.
pub(super) const EDIT: Endpoint = Endpoint::new("createImageEdit", request::edit);

/// As variations of one.
pub(super) const VARY: Endpoint = Endpoint::new("createImageVariation", request::vary);
