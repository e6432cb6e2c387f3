//! How answers are read and written: one folder an API family, one file an endpoint. Knows wire
//! JSON; knows nothing of what is said, when, or who is watching.

mod endpoint;
mod json;
pub mod openai;

pub use endpoint::{Context, Decoded, Endpoint, Open, Opened, Upload};
pub use json::JsonWriter;
