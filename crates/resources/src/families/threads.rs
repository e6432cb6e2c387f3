//! Threads: conversations that runs continue. One may be made with its first messages.

use fakeai_canon::ApiError;
use serde_json::Value;

use super::{Hooks, runs, thread_messages, tool_resources};
use crate::apply::Site;
use crate::store::{Change, Parent, Record};
use crate::verbs::Draft;
use crate::{Effect, Next};

pub(crate) const FAMILY: &str = "threads";

pub(super) static HOOKS: Hooks = Hooks {
    family: FAMILY,
    created: Some(with_messages),
    updated: Some(|site, _, draft| tool_resources::settle(site, draft)),
    deleted: Some(ends_its_run),
    ..Hooks::NONE
};

fn with_messages(site: &Site<'_>, draft: &mut Draft) -> Result<(), ApiError> {
    tool_resources::settle(site, draft)?;
    let sent = site.call.body["messages"].as_array();
    let messages = sent.into_iter().flatten();
    tool_resources::attach(site, &mut draft.object, messages, &mut draft.next)?;
    let seed = site.context.seed.fork(thread_messages::FAMILY);
    for (place, message) in sent.into_iter().flatten().enumerate() {
        let mut record = Record {
            project: None,
            family: thread_messages::FAMILY,
            id: thread_messages::id(seed.nth(place as u64)),
            parent: Some(Parent {
                family: FAMILY,
                id: draft.record.id.clone(),
            }),
            created: site.context.now,
            object: message.clone().into(),
            private: Value::Null,
            due: None,
            blob: None,
        };
        thread_messages::complete(&mut record);
        draft.next.changes.push(Change::Put(record));
    }
    Ok(())
}

/// Nobody can read what a run of a deleted thread says.
fn ends_its_run(site: &Site<'_>, record: &Record, next: &mut Next) -> Result<(), ApiError> {
    let active = runs::active(site.store, &record.id);
    next.effects
        .extend(active.map(|run| Effect::CancelWork { id: run.id.clone() }));
    Ok(())
}
