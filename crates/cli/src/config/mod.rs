//! From what surrounds a start to one checked configuration: files, environment and flags in
//! layers, each value with where it came from. Which settings there are is not known here; the
//! server declares them.

mod file;
mod flags;
mod layers;
mod origin;
mod problem;
mod reference;
mod resolve;
mod show;

pub use flags::Flags;
pub use layers::{Files, Surroundings};
pub use origin::Origin;
pub use problem::{ConfigError, Problem};
pub use reference::reference_page;
pub(crate) use resolve::resolve_unchecked;
pub use resolve::{Resolved, resolve};
pub use show::{json, table, toml};
