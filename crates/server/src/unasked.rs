//! Responses that are stored only because their requests don't say: the newest stay, so that a load
//! test doesn't fill the store. Not here: what a store may hold at all.

use std::collections::{HashMap, HashSet, VecDeque};

use fakeai_resources::{Change, Objects, Order, PageQuery, Record, Store};
use parking_lot::Mutex;
use serde_json::{Value, json};

/// A stored object: its family and its id.
type Named = (&'static str, String);

/// By what such a response is known after a restart.
const MARK: &str = "unasked";
/// Objects of former starts that are looked at with each response.
const LOOKED_AT: usize = 50;
/// Responses that go for one that comes, at most.
const AT_ONCE: usize = 8;

/// Those of a world that were stored here, the oldest first.
pub(crate) struct Unasked {
    most: usize,
    /// Whether the store was there before.
    had_former: bool,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    /// Of former starts, as far as they were found.
    old: VecDeque<Named>,
    /// Of this one.
    new: VecDeque<Named>,
    /// By project; none where it has come to its end.
    searches: HashMap<String, Option<Search>>,
}

/// The search for those of former starts.
#[derive(Default)]
struct Search {
    /// The last object that was looked at.
    after: Option<String>,
    /// What was stored since the start, where the search ends.
    own: HashSet<String>,
}

impl Unasked {
    /// Keeps so many; 0 keeps all. What a store held at the start is looked for.
    pub(crate) fn new(most: usize, store: &dyn Store) -> Self {
        Self {
            most,
            had_former: store.opening() > 0,
            held: Mutex::default(),
        }
    }

    /// Takes one more up, of those who see `objects`. Gives back what goes for it, to be removed with
    /// the same commit.
    pub(crate) fn take_up(&self, added: Named, objects: Objects<'_>) -> Vec<Named> {
        if self.most == 0 {
            return Vec::new();
        }
        let mut held = self.held.lock();
        if self.had_former {
            held.look_further(&added, objects);
        }
        held.new.push_back(added);
        let all = held.old.len() + held.new.len();
        let going = all.saturating_sub(self.most).min(AT_ONCE);
        let Held { old, new, .. } = &mut *held;
        let oldest = || old.pop_front().or_else(|| new.pop_front());
        std::iter::from_fn(oldest).take(going).collect()
    }

    /// Knows again what was to go and is still there: the commit failed.
    pub(crate) fn put_back(&self, spared: Vec<Named>) {
        let mut held = self.held.lock();
        for named in spared.into_iter().rev() {
            held.old.push_front(named);
        }
    }
}

impl Held {
    /// Looks at the next objects that were there at the start, the oldest first.
    fn look_further(&mut self, added: &Named, objects: Objects<'_>) {
        let project = objects.project().to_owned();
        let begun = self.searches.entry(project);
        let entry = begun.or_insert_with(|| Some(Search::default()));
        let Some(search) = entry else {
            return;
        };
        let page = objects.page(&PageQuery {
            family: added.0,
            parent: None,
            after: search.after.as_deref(),
            before: None,
            order: Order::Ascending,
            limit: LOOKED_AT,
            filters: Vec::new(),
        });
        search.own.insert(added.1.clone());
        let Ok(page) = page else {
            // The last one is gone meanwhile, and the others before it with it.
            search.after = None;
            return;
        };
        let mut ends = !page.has_more;
        for record in &page.records {
            if search.own.contains(&record.id) {
                ends = true;
                break;
            }
            let named = (added.0, record.id.clone());
            if record.private[MARK] == true && !self.old.contains(&named) {
                self.old.push_back(named);
            }
            search.after = Some(record.id.clone());
        }
        if ends {
            *entry = None;
        }
    }
}

/// Marks a response among the changes that store it.
pub(crate) fn mark(changes: &mut [Change], (family, id): &Named) {
    let records = changes.iter_mut().filter_map(|change| match change {
        Change::Put(record) | Change::Replace(record) => Some(record),
        Change::Delete { .. } => None,
    });
    let is_it = |record: &&mut Record| record.family == *family && record.id == *id;
    for record in records.filter(is_it) {
        if record.private.is_null() {
            record.private = json!({});
        }
        record.private[MARK] = Value::Bool(true);
    }
}

/// The removal of an object and of everything below it.
pub(crate) fn removal((family, id): &Named) -> Change {
    Change::Delete {
        family,
        parent: None,
        id: id.clone(),
    }
}
