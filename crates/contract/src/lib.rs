//! The contract: operations as rows, schemas, and the walkers that validate, check and make
//! values. It knows shapes only: what is said, and by whom, is decided elsewhere.

mod api;
mod check;
mod contract;
mod document;
mod error;
mod flavour;
mod ids;
mod load;
mod make;
mod mount;
mod operation;
mod parameters;
mod respond;
mod route;
mod rows;
mod schema;
mod told;
mod user;
mod wire;

pub use api::Api;
pub use check::{Shape, Violation, ViolationKind, moved, unrecognized};
pub use contract::{Contract, Strictness, Webhook, openai};
pub use document::openapi_document;
pub use error::SchemaError;
pub use flavour::{Flavour, vllm};
pub use ids::{Alphabet, IdShape, id_shape, id_shapes};
pub use make::{Hint, Source};
pub use mount::{Below, Mount};
pub use operation::{Answer, Body, Kind, Method, Operation, Parameter, Place, Security};
pub use parameters::decode_query;
pub use route::{Match, PathParams};
pub use schema::{Literal, SchemaId, Types};
pub use user::{Unsatisfiable, UserSchema};
