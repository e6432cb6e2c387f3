//! Fine-tuning jobs: their files are read, they queue, they train, and a model comes of it. All of
//! it happens on the world's clock; nothing is trained.

mod course;
mod event;
mod example;
mod finish;
mod hyperparameters;
mod job;
mod life;
pub(super) mod permissions;
mod progress;
mod reading;

pub(super) use job::HOOKS;

pub use finish::slug;
pub use permissions::{is_permitted, model_gone, permitted_models};
