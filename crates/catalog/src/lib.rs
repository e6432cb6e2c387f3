//! What is known about models: who made them, what they can do, what they take, what they cost
//! and how fast they are. Data and look-up; it keeps no state and makes no answer.
//!
//! The facts are rows under `data/models` and `data/prices`. [`Catalog::get`] finds a listed
//! model, [`Catalog::resolve`] makes one up for any other name by rules that are data too.

mod catalog;
mod facts;
mod fine_tune;
pub mod hardware;
mod infer;
mod latency;
mod load;
mod model;
mod names;

pub use catalog::{Catalog, likest};
pub use fine_tune::FineTune;
pub use latency::{BadLatency, Latency, LatencyProfile};
pub use model::{
    Embedding, Flavour, Model, Origin, ParameterRules, Prices, Reasoning, ReasoningText, Support,
    Vocabulary,
};
pub use names::{Ability, Endpoint, Modality, Parameter};
