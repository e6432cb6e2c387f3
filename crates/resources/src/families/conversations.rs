//! Conversations: one may be made with its first items.

use fakeai_canon::ApiError;

use super::{Hooks, items};
use crate::apply::Site;
use crate::store::Change;
use crate::verbs::Draft;

pub(super) static HOOKS: Hooks = Hooks {
    family: "conversations",
    created: Some(with_items),
    ..Hooks::NONE
};

fn with_items(site: &Site<'_>, draft: &mut Draft) -> Result<(), ApiError> {
    let records = items::of_new_conversation(site, &draft.record.id)?;
    let changes = records.into_iter().map(Change::Put);
    draft.next.changes.extend(changes);
    Ok(())
}
