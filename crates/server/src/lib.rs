//! The spine: the hall that every call passes, what stands on its way, and the transports that
//! lead to it.

mod answer;
mod background;
mod check;
mod clock;
pub mod config;
mod cursor;
mod edge;
mod gate;
mod gateway;
mod infer;
mod log;
mod player;
mod resource;
mod route;
mod rules;
pub mod store;
mod tasks;
mod transport;
mod views;
mod visit;
mod wiring;
mod world;
mod worlds;

pub use answer::failure;
pub use background::BackgroundRun;
pub use check::Checks;
pub use clock::{Alarm, VIRTUAL_EPOCH, WorldClock};
pub use gateway::{Gateway, Launch, Served};
pub use rules::{FaultRule, MetricsForm, WorldRules};
pub use transport::{Running, StartError, start};
pub use wiring::build;
pub use world::World;
pub use worlds::{DEFAULT, Make, Worlds};
