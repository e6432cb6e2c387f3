//! Stored objects: one engine that applies every collection operation of a contract, from rows of
//! data, and one file for each family that does something of its own. Pure: loaded objects and a
//! call go in, changes and effects come out. Stores, sockets and generation live elsewhere.

mod apply;
mod audit;
mod blob_copy;
mod call;
mod families;
mod family;
mod grading;
mod ids;
mod keep;
mod library;
mod made_up;
mod named;
mod objects;
mod page;
mod store;
mod verbs;

pub use apply::{
    advance, apply, forgotten, interrupted, make_up, not_served, only_expires, returned, serves,
};
pub use call::{
    Answer, Body, Call, Context, Effect, Errand, Film, Means, Next, Outcome, Question, Returned,
    Services, Still,
};
pub use families::containers::fill_containers;
pub use families::fine_tuning::{is_permitted, model_gone, permitted_models, slug};
pub use families::mounted_skills::{MountedSkill, mounted_skills};
pub use families::organization::{
    Identity, Permissions, anyone, founding, given_rate_limits, has_admin_keys, has_project,
    identify, is_organization, spend_limit, usual_rate_limits,
};
pub use families::realtime::usual_session;
pub use families::responses::not_streamable;
pub use families::run_luggage::luggage;
pub use families::vector_stores::{
    FileSearch, search_files, searchable_stores, searched as searched_store, unread_files,
    unread_volume,
};
pub use family::{Order, is_lasting, lasting};
pub use keep::Keeping;
pub use library::{Found, Holding, Library, Question as FileQuestion, Unreadable, Volume};
pub use named::check_named;
pub use objects::Objects;
pub use store::{
    BlobWriter, Blobs, Change, Filter, LostCursor, Page, PageQuery, Parent, Record, Store, Whose,
};
