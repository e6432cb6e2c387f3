//! The OpenAI API, as its published contract has it.

pub mod error;

use crate::Endpoint;

/// All inference endpoints of this API.
pub static ENDPOINTS: &[Endpoint] = &[];
