//! The Solido assistant.

pub(crate) mod error;
mod prompt;

use crate::Endpoint;

/// All inference endpoints of this API.
pub(crate) static ENDPOINTS: &[Endpoint] = &[prompt::CREATE];
