//! How answers are read and written: one folder an API family, one file an endpoint. Knows wire
//! JSON; knows nothing of what is said, when, or who is watching.

mod azure;
mod cohere;
mod endpoint;
pub mod error;
mod json;
mod nim;
pub mod openai;
mod ranked;
mod sglang;
mod solido;
mod tokens_used;
mod triton;
mod vllm;

pub use endpoint::{Context, Decoded, Endpoint, Open, Opened, Upload};
pub use json::JsonWriter;

/// The inference endpoints of all APIs.
pub static ENDPOINTS: &[&[Endpoint]] = &[
    openai::ENDPOINTS,
    nim::ENDPOINTS,
    vllm::ENDPOINTS,
    sglang::ENDPOINTS,
    triton::ENDPOINTS,
    cohere::ENDPOINTS,
    azure::ENDPOINTS,
    solido::ENDPOINTS,
];
