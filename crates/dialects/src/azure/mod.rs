//! Azure OpenAI: OpenAI's endpoints in a wire of its own, and one beside them.

pub(crate) mod error;
pub(crate) mod screening;
mod text;

use crate::Endpoint;

/// All inference endpoints of this API.
pub(crate) static ENDPOINTS: &[Endpoint] = &[text::CREATE];
