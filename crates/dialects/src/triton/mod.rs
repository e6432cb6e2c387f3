//! Triton's generate extension, as it stands in front of TensorRT-LLM.

pub(crate) mod error;
mod generate;
mod output;

use crate::Endpoint;

/// All inference endpoints of this API.
pub(crate) static ENDPOINTS: &[Endpoint] = &[generate::WHOLE, generate::STREAM];
