//! Objects in tables that outlive the process. What a store must do is written once, over what the
//! databases have in common; each of them has one file.

mod commit;
mod database;
mod page;
mod pool;
mod postgres;
mod row;
mod schema;
mod sqlite;
mod store;

pub(crate) use database::unavailable;
pub use database::{Database, OpenError};
pub use postgres::Postgres;
pub use sqlite::Sqlite;
pub(super) use sqlite::lock_file;
pub use store::SqlStore;
