//! The spine: the hall that every call passes, what stands on its way, and the transports that
//! lead to it.

mod agenda;
mod answer;
mod background;
mod blob_frames;
mod check;
mod clock;
pub mod config;
mod cursor;
mod edge;
mod errand;
mod gate;
mod gateway;
mod infer;
mod library;
mod log;
mod multipart;
mod pending;
mod player;
mod question;
mod resource;
mod route;
mod rules;
mod run;
pub mod store;
mod tasks;
mod transport;
mod uploads;
mod views;
mod visit;
mod webhooks;
mod wiring;
mod world;
mod worlds;

pub use answer::failure;
pub use check::Checks;
pub use clock::{Alarm, VIRTUAL_EPOCH, WorldClock};
pub use gateway::{Gateway, Launch, Served};
pub use rules::{FaultRule, MetricsForm, WorldRules};
pub use run::Run;
pub use transport::{Running, StartError, start};
pub use webhooks::{DeliveryRun, WebhookRules};
pub use wiring::build;
pub use world::World;
pub use worlds::{DEFAULT, Make, Worlds};
