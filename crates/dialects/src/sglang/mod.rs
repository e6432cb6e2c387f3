//! SGLang's own endpoint, as it stands beside OpenAI's.

pub(crate) mod error;
mod generate;
mod output;

use crate::Endpoint;

/// All inference endpoints of this API.
pub(crate) static ENDPOINTS: &[Endpoint] = &[generate::CREATE];
