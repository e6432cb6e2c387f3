//! An object as a row of the table, and back.

use std::collections::BTreeSet;
use std::sync::Arc;

use fakeai_canon::Micros;
use fakeai_resources::{Parent, Record};
use parking_lot::Mutex;
use serde_json::Value;

use super::database::{Row, Trouble};

/// The columns that a record is read from, in the order of [`record`].
pub(super) const COLUMNS: &str =
    "number, family, id, parent, parent_family, created, due, blob, private, object, project";

/// The record of a row, and its number.
pub(super) fn record(row: &Row) -> Result<(u64, Arc<Record>), Trouble> {
    let record = Record {
        family: family(row.text(1)),
        project: project(row.text(10)),
        id: row.text(2).to_owned(),
        parent: parent(row.text(3), row.text(4)),
        created: Micros(row.number(5).unwrap_or(0)),
        due: row.number(6).map(Micros),
        blob: row.some_text(7).map(str::to_owned),
        private: json(row.some_text(8).unwrap_or("null"))?,
        object: Arc::new(json(row.text(9))?),
    };
    Ok((row.number(0).unwrap_or(0), Arc::new(record)))
}

fn project(id: &str) -> Option<Arc<str>> {
    (!id.is_empty()).then(|| Arc::from(id))
}

fn parent(id: &str, of: &str) -> Option<Parent> {
    (!id.is_empty()).then(|| Parent {
        family: family(of),
        id: id.to_owned(),
    })
}

/// The JSON of a column.
pub(super) fn json(text: &str) -> Result<Value, Trouble> {
    serde_json::from_str(text)
        .map_err(|error| Trouble::Failed(format!("an object can't be read: {error}")))
}

/// The name of a family for as long as the program runs. There are as many as the families' rows
/// of all versions that wrote to the database.
pub(super) fn family(name: &str) -> &'static str {
    static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut names = NAMES.lock();
    if let Some(known) = names.get(name) {
        return known;
    }
    let known: &'static str = Box::leak(name.to_owned().into_boxed_str());
    names.insert(known);
    known
}
