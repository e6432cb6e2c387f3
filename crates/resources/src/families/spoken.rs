//! Spoken answers that later turns may refer to, until they expire.

use fakeai_canon::Micros;

use super::{Hooks, forget};
use crate::objects::Objects;
use crate::store::Record;

pub(super) static HOOKS: Hooks = Hooks {
    family: "chat.audio",
    kept: Some(kept),
    due: Some(forget),
    expires: true,
    ..Hooks::NONE
};

fn kept(_: Objects<'_>, _: Option<&Record>, record: &mut Record) -> bool {
    let seconds = record.object["expires_at"].as_f64();
    record.due = seconds.map(Micros::from_seconds);
    true
}
