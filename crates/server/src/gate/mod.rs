//! The gate: two lists, and their order is the order in which they run. A guard sees every call;
//! what it refuses, nothing behind it sees.

mod auth;
mod beta;
mod context;
mod contract;
mod deployment;
mod fault;
mod model;
mod named;
mod permitted;
mod quota;
pub(crate) mod size;
mod tokens;
mod wording;

use std::sync::Arc;

use fakeai_canon::{ApiError, Call, Caller, Prompt, Work};
use fakeai_catalog::Model;
use fakeai_contract::{Contract, Operation};
use serde_json::Value;

use crate::gateway::Origin;
use crate::route::Route;
use crate::visit::Visit;
use crate::world::World;

pub(crate) use contract::{refusal, takes_form};
pub(crate) use deployment::model_of as model_of_deployment;
pub(crate) use model::{model, unknown as unknown_model};
pub(crate) use quota::Taken;

/// A call on its way through the first list.
pub(crate) struct Arrival<'a> {
    pub(crate) contract: &'static Contract,
    pub(crate) world: &'a World,
    /// The number of the call in its world.
    pub(crate) number: u64,
    pub(crate) route: Route,
    pub(crate) call: Call,
    /// The body, once it has been parsed.
    pub(crate) body: Value,
    /// The query, once it has been decoded.
    pub(crate) query: Value,
    /// The model that its place in the path stands for.
    pub(crate) model: Option<String>,
    /// Where it comes from.
    pub(crate) origin: Origin,
    /// Who sends it.
    pub(crate) caller: Arc<Caller>,
}

impl<'a> Arrival<'a> {
    /// A call before the first guard.
    pub(crate) fn new(
        contract: &'static Contract,
        world: &'a World,
        number: u64,
        route: Route,
        call: Call,
    ) -> Self {
        Self {
            contract,
            world,
            number,
            route,
            call,
            body: Value::Null,
            query: Value::Null,
            model: None,
            origin: Origin::Client,
            caller: world.keyring.anyone(),
        }
    }
}

/// A guard of the first list.
type Guard = fn(&mut Arrival<'_>, &mut Visit) -> Result<(), ApiError>;

/// By arrival: before the call is understood. The world has been entered already.
static BY_ARRIVAL: &[Guard] = &[
    fault::check,
    auth::check,
    beta::check,
    deployment::check,
    size::check,
    contract::check,
];

/// Takes a call through the first list.
pub(crate) fn by_arrival(arrival: &mut Arrival<'_>, visit: &mut Visit) -> Result<(), ApiError> {
    BY_ARRIVAL
        .iter()
        .try_for_each(|guard| guard(arrival, visit))
}

/// Work on its way through the second list.
pub(crate) struct Meaning<'a> {
    pub(crate) world: &'a Arc<World>,
    pub(crate) work: &'a Work,
    pub(crate) model: &'a Model,
    pub(crate) prompts: &'a [Prompt],
    pub(crate) operation: &'static Operation,
    /// Where the call comes from.
    pub(crate) origin: &'a Origin,
    /// Who sends it.
    pub(crate) caller: &'a Caller,
}

/// A guard of the second list.
type Judge = fn(&Meaning<'_>, &mut Visit) -> Result<(), ApiError>;

/// By meaning: after decoding. The model has been found already.
static BY_MEANING: &[Judge] = &[
    permitted::check,
    named::check,
    tokens::check,
    context::check,
    quota::check,
];

/// Takes work through the second list.
pub(crate) fn by_meaning(meaning: &Meaning<'_>, visit: &mut Visit) -> Result<(), ApiError> {
    BY_MEANING
        .iter()
        .try_for_each(|judge| judge(meaning, visit))
}
