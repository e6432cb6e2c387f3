//! Walks a value along a schema and says where it does not fit, in the provider's terms.
//! Making values is in `make`.

mod bounds;
mod fields;
mod format;
mod members;
mod path;
mod shape;
mod trim;
mod union;
mod violation;
mod walk;
mod wording;

pub use shape::Shape;
pub use violation::{Violation, ViolationKind};
pub use wording::{moved, unrecognized};

pub(crate) use bounds::is_multiple;
pub(crate) use fields::Fields;
pub(crate) use format::is_format;
pub(crate) use walk::Walk;
