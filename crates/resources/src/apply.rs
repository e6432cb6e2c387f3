//! The way of a call through the engine: which row, which verb, and what mock mode makes up.

use std::sync::Arc;

use fakeai_canon::{ApiError, ErrorKind, Micros, Mode};
use fakeai_contract::{Operation, PathParams, Strictness};
use serde_json::Value;

use crate::call::Reach;
use crate::family::{Family, Verb, families};
use crate::objects::Objects;
use crate::store::{Change, Parent, Record, Store, Whose};
use crate::{
    Answer, Call, Context, Means, Next, Outcome, Returned, audit, families as special, made_up,
    verbs,
};

/// Whether a family's row names the operation.
pub fn serves(operation_id: &str) -> bool {
    families().operation(operation_id).is_some()
}

/// Applies a call to a store's objects; the caller takes over what follows.
///
/// # Errors
/// In realistic mode: the provider's own error for an unknown id, cursor or limit and for a change
/// of state that is not allowed, and [`ErrorKind::NotImplemented`] for an operation that no row
/// names. In mock mode none: what is not there is made up.
pub fn apply(call: Call<'_>, means: Means<'_>, context: &Context) -> Result<Outcome, ApiError> {
    let outcome = match families().operation(&call.operation.id) {
        Some((family, verb)) => {
            let means = means.of_call(call.operation, call.caller);
            let site = Site {
                family,
                call: &call,
                store: means.store,
                means,
                context,
            };
            site.act(verb).map(|outcome| answered(&site, outcome))
        }
        None => Err(not_served(call.operation)),
    };
    match (outcome, context.mode) {
        (Err(_), Mode::Mock) => {
            let made_up = make_up(call.operation, call.params, &call.body, context);
            Ok(Outcome::Answer(made_up))
        }
        (outcome, _) => outcome,
    }
}

/// An answer has the operation's status, the audit log tells of it, and what is new is the
/// project's that called.
fn answered(site: &Site<'_>, mut outcome: Outcome) -> Outcome {
    if let Outcome::Answer(answer) = &mut outcome {
        answer.status = site.call.operation.success_status();
        audit::note(site, answer);
        answer.next = site.store.claim_all(std::mem::take(&mut answer.next));
    }
    outcome
}

/// What follows from an object's being due. A family that does nothing then forgets the deadline.
///
/// # Errors
/// What the family could not do; the deadline is then to be forgotten.
pub fn advance(record: &Record, means: Means<'_>, context: &Context) -> Result<Next, ApiError> {
    let Some(due) = special::of(record.family).due else {
        return Ok(forgotten(record));
    };
    let means = means.of(record.project());
    let next = due(&Moment { means, context }, record)?;
    Ok(means.store.claim_all(next))
}

/// Whether the deadlines of a family only end objects that nobody came back to: nobody waits for
/// them.
pub fn only_expires(family: &str) -> bool {
    special::of(family).expires
}

/// The same object without its deadline.
pub fn forgotten(record: &Record) -> Next {
    let change = Change::Replace(Record {
        due: None,
        ..record.clone()
    });
    Next {
        changes: vec![change],
        effects: Vec::new(),
    }
}

/// What follows from the return of an object's errand; nothing where the object is gone.
///
/// # Errors
/// What the family could not do.
pub fn returned(
    family: &str,
    id: &str,
    returned: &Returned,
    means: Means<'_>,
    context: &Context,
) -> Result<Next, ApiError> {
    let Some(takes) = special::of(family).returned else {
        return Ok(Next::default());
    };
    let Some(record) = means.store.find(Whose::Anyones, family, None, id) else {
        return Ok(Next::default());
    };
    let means = means.of(record.project());
    let next = takes(&Moment { means, context }, &record, returned)?;
    Ok(means.store.claim_all(next))
}

/// The statuses of an object that is being worked on, in the contract's words.
const UNDER_WAY: &[&str] = &["queued", "in_progress"];

/// What ends the objects on which a process worked that has ended.
pub fn interrupted(store: &dyn Store, now: Micros) -> Vec<Change> {
    let mut changes = Vec::new();
    for (family, ends) in special::interruptible() {
        let left = UNDER_WAY
            .iter()
            .flat_map(|status| store.abandoned(family, status));
        changes.extend(left.map(|record| {
            Change::Replace(Record {
                object: Arc::new(ends(&record, now)),
                ..Record::clone(&record)
            })
        }));
    }
    changes
}

/// Makes up a valid answer from the contract alone, for operations that nothing serves and for ids
/// that nobody made. Properties of the body come back where the answer has them.
pub fn make_up(
    operation: &Operation,
    params: &PathParams,
    body: &Value,
    context: &Context,
) -> Answer {
    made_up::answer(operation, params, body, context)
}

/// The error of an operation that nothing serves (501).
pub fn not_served(operation: &Operation) -> ApiError {
    let message = format!(
        "The operation '{}' ({} {}) is not implemented by this server yet.",
        operation.id,
        operation.method.as_str(),
        operation.path,
    );
    ApiError::new(ErrorKind::NotImplemented, message).code("not_implemented")
}

/// Where a verb is carried out: the row, the call, the objects, the time.
pub(crate) struct Site<'a> {
    pub(crate) family: &'static Family,
    pub(crate) call: &'a Call<'a>,
    pub(crate) store: Objects<'a>,
    pub(crate) means: Reach<'a>,
    pub(crate) context: &'a Context,
}

/// A moment in a world in which something happens that no call asked for.
pub(crate) struct Moment<'a> {
    pub(crate) means: Reach<'a>,
    pub(crate) context: &'a Context,
}

impl Site<'_> {
    fn act(&self, verb: Verb) -> Result<Outcome, ApiError> {
        self.check_absent_body()?;
        let answer = match verb {
            Verb::Create => verbs::create(self),
            Verb::CreateSeveral => verbs::create_several(self),
            Verb::List => verbs::list(self),
            Verb::Retrieve => verbs::retrieve(self),
            Verb::Update => verbs::update(self),
            Verb::Delete => verbs::delete(self),
            Verb::Act => return special::act(self),
        };
        answer.map(Outcome::Answer)
    }

    /// A body that may be left out is then as good as an empty one.
    fn check_absent_body(&self) -> Result<(), ApiError> {
        const JSON: &str = "application/json";
        let operation = self.call.operation;
        if !self.call.body.is_null() || operation.body(JSON).is_none() {
            return Ok(());
        }
        let empty = Value::Object(serde_json::Map::new());
        let contract = fakeai_contract::openai();
        let valid = contract.validate_request(operation, JSON, &empty, Strictness::MOCK);
        valid.map_err(|violation| {
            let error = ApiError::invalid(violation.message()).param(violation.param.clone());
            match violation.code() {
                Some(code) => error.code(code),
                None => error,
            }
        })
    }

    /// The object that the path names, below the parent that the path names.
    pub(crate) fn record(&self) -> Result<Arc<Record>, ApiError> {
        let parent = self.parent()?;
        let id = self.param(self.family);
        self.store
            .find(
                &self.family.name,
                parent.as_ref().map(|parent| parent.id.as_str()),
                id,
            )
            .ok_or_else(|| self.family.missing(id))
    }

    /// The parent that the path names; it is there.
    pub(crate) fn parent(&self) -> Result<Option<Parent>, ApiError> {
        let Some(family) = families().parent_of(self.family) else {
            return Ok(None);
        };
        let id = self.param(family);
        match self.store.find(&family.name, None, id) {
            Some(record) if self.is_elsewhere(family, &record) => Err(family.missing(id)),
            Some(record) => Ok(Some(Parent {
                family: record.family,
                id: record.id.clone(),
            })),
            None => Err(family.missing(id)),
        }
    }

    /// Whether the path names another parent than the object has.
    fn is_elsewhere(&self, family: &Family, record: &Record) -> bool {
        let above = families().parent_of(family);
        let named = above.and_then(|above| self.call.params.get(&above.path));
        named.is_some_and(|named| {
            record
                .parent
                .as_ref()
                .is_some_and(|above| above.id != named)
        })
    }

    /// The path parameter that holds the id of a family's object.
    pub(crate) fn param(&self, family: &Family) -> &str {
        self.call.params.get(&family.path).unwrap_or_default()
    }
}
