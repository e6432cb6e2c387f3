//! The contract: operations as rows, schemas, and the walkers that validate, check and make
//! values. It knows shapes only: what is said, and by whom, is decided elsewhere.

mod check;
mod contract;
mod error;
mod load;
mod operation;
mod route;
mod schema;

pub use check::{Shape, Violation, ViolationKind};
pub use contract::{Contract, Strictness, Webhook, openai};
pub use error::SchemaError;
pub use operation::{Answer, Body, Kind, Method, Operation, Parameter, Place, Security};
pub use route::{Match, PathParams};
pub use schema::{Literal, SchemaId, Types};
