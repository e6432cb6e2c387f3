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
pub(super) const CREATE: Endpoint = Endpoint {
    operation: "createImage",
    open: request::create,
};

/// From other pictures.
pub(super) const EDIT: Endpoint = Endpoint {
    operation: "createImageEdit",
    open: request::edit,
};

/// As variations of one.
pub(super) const VARY: Endpoint = Endpoint {
    operation: "createImageVariation",
    open: request::vary,
};
