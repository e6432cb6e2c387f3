//! NVIDIA NIM's own endpoints, as they stand beside OpenAI's.

pub(crate) mod error;
mod ranking;

use crate::Endpoint;

/// All inference endpoints of this API.
pub(crate) static ENDPOINTS: &[Endpoint] = &[ranking::CREATE];
