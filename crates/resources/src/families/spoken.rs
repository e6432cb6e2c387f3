//! Spoken answers that later turns may refer to, until they expire.

use fakeai_canon::Micros;

use super::{Hooks, forget};
use crate::store::{Record, Store};

pub(super) static HOOKS: Hooks = Hooks {
    family: "chat.audio",
    kept: Some(kept),
    due: Some(forget),
    expires: true,
    ..Hooks::NONE
};

fn kept(_: &dyn Store, _: Option<&Record>, record: &mut Record) -> bool {
    let seconds = record.object["expires_at"].as_f64();
    record.due = seconds.map(Micros::from_seconds);
    true
}
