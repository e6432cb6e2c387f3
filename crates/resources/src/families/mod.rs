//! What single families do beyond their rows, one file each, and where the engine asks for it.

pub(crate) mod include;
mod item_form;
pub(crate) mod items;
pub(crate) mod messages;
pub(crate) mod responses;

use fakeai_canon::ApiError;

use crate::apply::Site;
use crate::store::{Change, Record};
use crate::{Answer, Outcome};

/// After an object was made: what its family makes beside it.
pub(crate) fn created(site: &Site<'_>, id: &str, answer: &mut Answer) -> Result<(), ApiError> {
    if site.family.name == items::PARENT {
        let records = items::of_new_conversation(site, id)?;
        answer.changes.extend(records.into_iter().map(Change::Put));
    }
    Ok(())
}

/// Before an object is shown: whether its frames are asked for instead.
pub(crate) fn followed(site: &Site<'_>, record: &Record) -> Result<Option<Outcome>, ApiError> {
    if record.family == responses::FAMILY {
        return responses::followed(site, record);
    }
    Ok(None)
}

/// After an object was deleted: what else must end.
pub(crate) fn deleted(record: &Record, answer: &mut Answer) {
    if record.family == responses::FAMILY {
        answer.effects.extend(responses::still_running(record));
    }
}
