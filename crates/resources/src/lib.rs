//! Stored objects: one engine that applies every collection operation of a contract, from rows of
//! data, and one file for each family that does something of its own. Pure: loaded objects and a
//! call go in, changes and effects come out. Stores, sockets and generation live elsewhere.

mod apply;
mod call;
mod families;
mod family;
mod ids;
mod keep;
mod made_up;
mod page;
mod store;
mod verbs;

pub use apply::{apply, make_up, not_served, serves};
pub use call::{Answer, Body, Call, Context, Effect, Outcome};
pub use families::responses::not_streamable;
pub use family::Order;
pub use keep::Keeping;
pub use store::{Change, Filter, LostCursor, Page, PageQuery, Parent, Record, Store};
