//! What single families do beyond their rows, one file each, and the list of their hooks.

mod assistants;
mod batch_input;
mod batch_work;
mod batches;
mod chatkit;
mod container_files;
pub(crate) mod containers;
mod conversations;
mod evals;
pub(crate) mod files;
pub(crate) mod fine_tuning;
mod graders;
pub(crate) mod include;
mod item_form;
pub(crate) mod items;
mod lines;
pub(crate) mod messages;
pub(crate) mod mounted_skills;
pub(crate) mod organization;
mod pieces;
mod provenance;
pub(crate) mod realtime;
mod realtime_calls;
pub(crate) mod responses;
pub(crate) mod run_luggage;
mod run_steps;
mod runs;
mod skill_bundle;
mod skills;
mod spoken;
mod thread_messages;
mod threads;
mod tool_resources;
mod uploads;
pub(crate) mod vector_stores;
mod videos;
mod voices;
pub(crate) mod wording;

use std::sync::Arc;

use fakeai_canon::{ApiError, Micros};
use serde_json::Value;

use crate::apply::{Moment, Site};
use crate::objects::Objects;
use crate::store::{Change, Record};
use crate::verbs::Draft;
use crate::{Next, Outcome, Returned};

/// The hooks of all families that have some.
static ALL: &[&Hooks] = &[
    &assistants::HOOKS,
    &batches::HOOKS,
    &chatkit::HOOKS,
    &container_files::HOOKS,
    &containers::HOOKS,
    &conversations::HOOKS,
    &evals::EVALS,
    &evals::RUNS,
    &evals::TALLY,
    &evals::WORK,
    &files::HOOKS,
    &fine_tuning::HOOKS,
    &fine_tuning::permissions::HOOKS,
    &graders::HOOKS,
    &provenance::HOOKS,
    &realtime::HOOKS,
    &realtime_calls::HOOKS,
    &responses::HOOKS,
    &run_steps::HOOKS,
    &runs::HOOKS,
    &skills::HOOKS,
    &skills::VERSION_HOOKS,
    &spoken::HOOKS,
    &thread_messages::HOOKS,
    &threads::HOOKS,
    &uploads::HOOKS,
    &uploads::PARTS,
    &vector_stores::batches::HOOKS,
    &vector_stores::files::HOOKS,
    &vector_stores::HOOKS,
    &videos::CHARACTER_HOOKS,
    &videos::HOOKS,
    &voices::CONSENT_HOOKS,
    &voices::HOOKS,
];

/// What a family does beyond its row. Everything is optional.
pub(crate) struct Hooks {
    /// The family's name.
    pub(crate) family: &'static str,
    /// Operations whose verb is `act`, and what carries them out.
    pub(crate) acts: &'static [(&'static str, Act)],
    /// Completes an object that is about to be made; its row has been followed already.
    pub(crate) created: Option<Completes>,
    /// Completes an object that is about to be changed, or refuses the change.
    pub(crate) updated: Option<Changes>,
    /// Adds what goes away with an object, or refuses its deletion.
    pub(crate) deleted: Option<Deletes>,
    /// The object as it goes out, where that is not as it is stored.
    pub(crate) shown: Option<Shows>,
    /// What follows when the object is due. It sets a new deadline or none.
    pub(crate) due: Option<Wakes>,
    /// Whether its deadlines only end objects that nobody came back to, so that a virtual clock has
    /// no reason to jump there.
    pub(crate) expires: bool,
    /// What follows when the object's errand has come back.
    pub(crate) returned: Option<Receives>,
    /// Completes an object that an answer leaves behind; `false` drops it. Where it is stored
    /// already, the older one comes along.
    pub(crate) kept: Option<Keeps>,
    /// How an object ends on which a process worked that has ended: the object by then, and the
    /// time.
    pub(crate) interrupted: Option<Ends>,
}

/// Carries out an operation.
pub(crate) type Act = fn(&Site<'_>) -> Result<Outcome, ApiError>;

pub(crate) type Completes = fn(&Site<'_>, &mut Draft) -> Result<(), ApiError>;
pub(crate) type Changes = fn(&Site<'_>, &Record, &mut Draft) -> Result<(), ApiError>;
pub(crate) type Deletes = fn(&Site<'_>, &Record, &mut Next) -> Result<(), ApiError>;
pub(crate) type Shows = fn(&Site<'_>, &Record) -> Arc<Value>;
pub(crate) type Wakes = fn(&Moment<'_>, &Record) -> Result<Next, ApiError>;
pub(crate) type Keeps = fn(Objects<'_>, Option<&Record>, &mut Record) -> bool;
pub(crate) type Receives = fn(&Moment<'_>, &Record, &Returned) -> Result<Next, ApiError>;
pub(crate) type Ends = fn(&Record, Micros) -> Value;

impl Hooks {
    /// No hooks: what a family's own leave out.
    pub(crate) const NONE: Self = Self {
        family: "",
        acts: &[],
        created: None,
        updated: None,
        deleted: None,
        shown: None,
        due: None,
        expires: false,
        returned: None,
        kept: None,
        interrupted: None,
    };
}

/// The hooks of a family.
pub(crate) fn of(family: &str) -> &'static Hooks {
    static NONE: Hooks = Hooks::NONE;
    let mut all = ALL.iter().chain(organization::ALL);
    all.find(|hooks| hooks.family == family).unwrap_or(&&NONE)
}

/// All families whose objects a process works on, with how these end when it does.
pub(crate) fn interruptible() -> impl Iterator<Item = (&'static str, Ends)> {
    ALL.iter()
        .filter_map(|hooks| Some((hooks.family, hooks.interrupted?)))
}

/// What becomes of an object that nobody may come back to any more: it is forgotten.
fn forget(_: &Moment<'_>, record: &Record) -> Result<Next, ApiError> {
    Ok(Next {
        changes: vec![Change::Delete {
            family: record.family,
            parent: record.parent.as_ref().map(|parent| parent.id.clone()),
            id: record.id.clone(),
        }],
        effects: Vec::new(),
    })
}

/// Carries out an operation whose verb is `act`.
pub(crate) fn act(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let mut acts = of(&site.family.name).acts.iter();
    match acts.find(|(operation, _)| *operation == &*site.call.operation.id) {
        Some((_, act)) => act(site),
        None => Err(crate::not_served(site.call.operation)),
    }
}
