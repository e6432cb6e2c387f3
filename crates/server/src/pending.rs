//! Errands of a lasting world are stored until they have come back, below the object that sent
//! them: a process that ends with some under way leaves them to the next. In memory nothing is
//! stored.

use std::sync::Arc;

use bytes::Bytes;
use fakeai_resources::{Change, Effect, Errand, Parent, Record};
use serde_json::{Value, json};

use crate::world::World;

/// The family that they are stored as. No row has it, so no call reaches it.
const FAMILY: &str = "errands";
/// The status by which they are found.
const SENT: &str = "in_progress";

/// What stores the errands among the effects.
pub(crate) fn noted(world: &World, effects: &[Effect]) -> Vec<Change> {
    if !world.store.blocks() {
        return Vec::new();
    }
    let errands = effects.iter().filter_map(|effect| match effect {
        Effect::Send(errand) => Some(Change::Put(record(world, errand))),
        Effect::CancelWork { .. } | Effect::Announce { .. } => None,
    });
    errands.collect()
}

/// What forgets an errand that has come back.
pub(crate) fn done(world: &World, errand: &Errand) -> Option<Change> {
    world.store.blocks().then(|| forget(errand))
}

/// The errands whose process has ended; they are this one's from now on.
pub(crate) fn left(world: &World) -> Vec<Errand> {
    let left = world.store.abandoned(FAMILY, SENT);
    let errands = left.iter().filter_map(|record| errand(record));
    let errands = errands.collect::<Vec<_>>();
    let changes = errands.iter().flat_map(|errand| {
        // A new object is of this opening of the world.
        [forget(errand), Change::Put(record(world, errand))]
    });
    match world.store.commit(changes.collect()) {
        Ok(()) => errands,
        Err(error) => {
            tracing::warn!("errands can't be taken over: {}", error.message);
            Vec::new()
        }
    }
}

fn forget(errand: &Errand) -> Change {
    Change::Delete {
        family: FAMILY,
        parent: Some(errand.id.clone()),
        id: errand.tag.clone(),
    }
}

fn record(world: &World, errand: &Errand) -> Record {
    let object = json!({
        "status": SENT,
        "path": errand.path,
        "body": String::from_utf8_lossy(&errand.body),
    });
    Record {
        family: FAMILY,
        project: errand.project.clone(),
        id: errand.tag.clone(),
        parent: Some(Parent {
            family: errand.family,
            id: errand.id.clone(),
        }),
        created: world.now(),
        object: Arc::new(object),
        private: Value::Null,
        due: None,
        blob: None,
    }
}

fn errand(record: &Record) -> Option<Errand> {
    let parent = record.parent.as_ref()?;
    let text = |name: &str| record.object[name].as_str().map(str::to_owned);
    Some(Errand {
        family: parent.family,
        id: parent.id.clone(),
        project: record.project.clone(),
        tag: record.id.clone(),
        path: text("path")?,
        body: Bytes::from(text("body")?),
    })
}
