//! Objects in memory, bounded in number, bytes and age. Nothing here outlives the process.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound::{Excluded, Unbounded};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use fakeai_canon::{ApiError, Clock, Micros, Shelf};
use fakeai_resources::{
    Blobs, Change, LostCursor, Order, Page, PageQuery, Record, Store, is_lasting,
};
use parking_lot::RwLock;
use serde_json::Value;

use super::limits::{self, StoreLimits};

/// A world's objects in memory.
pub struct MemoryStore {
    limits: StoreLimits,
    clock: Arc<dyn Clock>,
    blobs: Arc<dyn Blobs>,
    /// When the oldest object expires, in microseconds.
    expiry: AtomicU64,
    /// When the first object is due, in microseconds.
    first_due: AtomicU64,
    objects: RwLock<Objects>,
}

#[derive(Default)]
struct Objects {
    families: HashMap<&'static str, FamilyShelf>,
    /// Objects at the top by their number, for retention.
    ages: BTreeMap<u64, Arc<Record>>,
    /// Objects with a deadline, by it and their number.
    dues: BTreeMap<(Micros, u64), Arc<Record>>,
    next: u64,
    count: usize,
    bytes: usize,
}

#[derive(Default)]
struct FamilyShelf {
    /// Several bear the same id where an item stands below several parents.
    by_id: HashMap<String, Vec<Place>>,
    /// Each parent's objects by their number; those at the top are under the empty id.
    lists: HashMap<String, BTreeMap<u64, Arc<Record>>>,
}

struct Place {
    number: u64,
    bytes: usize,
    record: Arc<Record>,
}

impl Place {
    fn parent(&self) -> Option<&str> {
        parent_id(&self.record)
    }
}

/// What a commit or a sweep has removed, to be freed when no one waits for it.
#[derive(Default)]
struct Removed {
    records: Vec<Arc<Record>>,
    /// Records that live on in a newer version, with their blobs.
    replaced: Vec<Arc<Record>>,
}

impl Removed {
    fn replaced(&mut self, old: Arc<Record>, new: &Record) {
        if old.blob == new.blob {
            self.replaced.push(old);
        } else {
            self.records.push(old);
        }
    }

    fn free(self, blobs: &dyn Blobs) {
        for blob in self.records.iter().filter_map(|gone| gone.blob.as_ref()) {
            blobs.delete(blob);
        }
    }
}

/// Whether the object goes away when it is old.
fn ages(record: &Record) -> bool {
    record.parent.is_none() && !is_lasting(record.family)
}

fn parent_id(record: &Record) -> Option<&str> {
    record.parent.as_ref().map(|parent| parent.id.as_str())
}

impl MemoryStore {
    /// An empty store over the blobs that its objects name.
    pub fn new(limits: StoreLimits, clock: Arc<dyn Clock>, blobs: Arc<dyn Blobs>) -> Self {
        Self {
            limits,
            clock,
            blobs,
            expiry: AtomicU64::new(u64::MAX),
            first_due: AtomicU64::new(u64::MAX),
            objects: RwLock::default(),
        }
    }

    /// How many objects there are.
    pub fn count(&self) -> usize {
        self.sweep();
        self.objects.read().count
    }

    /// Removes what has expired.
    fn sweep(&self) {
        let Some(retention) = self.limits.retention else {
            return;
        };
        let now = self.clock.now();
        if now.0 < self.expiry.load(Ordering::Relaxed) {
            return;
        }
        let mut objects = self.objects.write();
        let mut removed = Removed::default();
        while let Some(oldest) = objects.ages.first_entry() {
            let expiry = oldest.get().created + retention;
            if expiry > now {
                break;
            }
            let record = Arc::clone(oldest.get());
            objects.remove(record.family, None, &record.id, &mut removed);
        }
        self.note_times(&objects);
        drop(objects);
        removed.free(&*self.blobs);
    }

    fn note_times(&self, objects: &Objects) {
        let first = objects.dues.first_key_value();
        let first = first.map_or(u64::MAX, |((due, _), _)| due.0);
        self.first_due.store(first, Ordering::Relaxed);
        if let Some(retention) = self.limits.retention {
            let oldest = objects.ages.first_key_value();
            let expiry = oldest.map_or(u64::MAX, |(_, record)| (record.created + retention).0);
            self.expiry.store(expiry, Ordering::Relaxed);
        }
    }
}

impl Shelf for MemoryStore {
    fn object(&self, family: &str, id: &str) -> Option<Arc<Value>> {
        let record = self.find(family, None, id)?;
        Some(Arc::clone(&record.object))
    }

    fn children(&self, family: &str, parent: &str) -> Vec<Arc<Value>> {
        self.sweep();
        let objects = self.objects.read();
        let shelf = objects.families.get(family);
        let list = shelf.and_then(|shelf| shelf.lists.get(parent));
        let records = list.into_iter().flat_map(BTreeMap::values);
        records.map(|record| Arc::clone(&record.object)).collect()
    }
}

impl Store for MemoryStore {
    fn find(&self, family: &str, parent: Option<&str>, id: &str) -> Option<Arc<Record>> {
        self.sweep();
        let objects = self.objects.read();
        let places = objects.families.get(family)?.by_id.get(id)?;
        let mut newest = places.iter().rev();
        let found = newest.find(|place| parent.is_none() || place.parent() == parent)?;
        Some(Arc::clone(&found.record))
    }

    fn page(&self, query: &PageQuery<'_>) -> Result<Page, LostCursor> {
        self.sweep();
        let objects = self.objects.read();
        match objects.families.get(query.family) {
            Some(shelf) => shelf.page(query),
            None => FamilyShelf::default().page(query),
        }
    }

    fn commit(&self, changes: Vec<Change>) -> Result<(), ApiError> {
        self.sweep();
        let weights = changes.iter().map(limits::weight).collect::<Vec<_>>();
        let mut removed = Removed::default();
        let mut objects = self.objects.write();
        let (more, bytes) = objects.growth(&changes, &weights);
        let (more, bytes) = (objects.count + more, objects.bytes.saturating_add(bytes));
        if more > objects.count || bytes > objects.bytes {
            self.limits.check(more, bytes)?;
        }
        for (change, bytes) in changes.into_iter().zip(weights) {
            objects.apply(change, bytes, &mut removed);
        }
        self.note_times(&objects);
        // What was removed may be large; others need not wait for it to be freed.
        drop(objects);
        removed.free(&*self.blobs);
        Ok(())
    }

    fn room(&self) -> Result<(), ApiError> {
        self.sweep();
        let objects = self.objects.read();
        self.limits.check(objects.count + 1, objects.bytes + 1)
    }

    fn next_due(&self) -> Option<Micros> {
        let first = self.first_due.load(Ordering::Relaxed);
        (first != u64::MAX).then_some(Micros(first))
    }

    fn due(&self, now: Micros, most: usize) -> Vec<Arc<Record>> {
        let objects = self.objects.read();
        let due = objects.dues.range(..=(now, u64::MAX));
        due.take(most)
            .map(|(_, record)| Arc::clone(record))
            .collect()
    }
}

impl Objects {
    /// How many objects and bytes the changes add at most.
    fn growth(&self, changes: &[Change], weights: &[usize]) -> (usize, usize) {
        let (mut count, mut bytes) = (0, 0);
        for (change, weight) in changes.iter().zip(weights) {
            match change {
                Change::Put(record) | Change::Replace(record) => {
                    let old = self.place(record);
                    bytes += weight.saturating_sub(old.map_or(0, |place| place.bytes));
                    count += usize::from(old.is_none() && matches!(change, Change::Put(_)));
                }
                Change::Delete { .. } => {}
            }
        }
        (count, bytes)
    }

    fn place(&self, record: &Record) -> Option<&Place> {
        let places = self.families.get(record.family)?.by_id.get(&record.id)?;
        places
            .iter()
            .find(|place| place.parent() == parent_id(record))
    }

    fn apply(&mut self, change: Change, bytes: usize, removed: &mut Removed) {
        match change {
            Change::Put(record) => {
                if let Some(record) = self.replace(record, bytes, removed) {
                    self.add(record, bytes);
                }
            }
            Change::Replace(record) => {
                let _ = self.replace(record, bytes, removed);
            }
            Change::Delete { family, parent, id } => {
                self.remove(family, parent.as_deref(), &id, removed);
            }
        }
    }

    /// Puts the record where one of its kind, parent and id stands; gives it back otherwise.
    fn replace(&mut self, record: Record, bytes: usize, removed: &mut Removed) -> Option<Record> {
        let shelf = self.families.entry(record.family).or_default();
        let places = shelf.by_id.get_mut(&record.id);
        let mut places = places.into_iter().flatten();
        let Some(place) = places.find(|place| place.parent() == parent_id(&record)) else {
            return Some(record);
        };
        let record = Arc::new(Record {
            created: place.record.created,
            ..record
        });
        self.bytes = self.bytes - place.bytes + bytes;
        place.bytes = bytes;
        let old = std::mem::replace(&mut place.record, Arc::clone(&record));
        if let Some(due) = old.due {
            self.dues.remove(&(due, place.number));
        }
        if let Some(due) = record.due {
            self.dues.insert((due, place.number), Arc::clone(&record));
        }
        removed.replaced(old, &record);
        if ages(&record) {
            self.ages.insert(place.number, Arc::clone(&record));
        }
        let parent = parent_id(&record).unwrap_or_default();
        if let Some(list) = shelf.lists.get_mut(parent) {
            list.insert(place.number, Arc::clone(&record));
        }
        None
    }

    fn add(&mut self, record: Record, bytes: usize) {
        if let Some(parent) = &record.parent {
            let shelf = self.families.get(parent.family);
            if !shelf.is_some_and(|shelf| shelf.by_id.contains_key(&parent.id)) {
                return;
            }
        }
        let number = self.next;
        self.next += 1;
        self.count += 1;
        self.bytes += bytes;
        let record = Arc::new(record);
        if ages(&record) {
            self.ages.insert(number, Arc::clone(&record));
        }
        if let Some(due) = record.due {
            self.dues.insert((due, number), Arc::clone(&record));
        }
        let shelf = self.families.entry(record.family).or_default();
        shelf.insert(number, &record);
        shelf
            .by_id
            .entry(record.id.clone())
            .or_default()
            .push(Place {
                number,
                bytes,
                record,
            });
    }

    /// Removes an object and, level by level, everything below it.
    fn remove(
        &mut self,
        family: &'static str,
        parent: Option<&str>,
        id: &str,
        removed: &mut Removed,
    ) {
        let mut below = removed.records.len();
        self.remove_one(family, parent, id, removed);
        while let Some(gone) = removed.records.get(below).cloned() {
            below += 1;
            let children = self.children_of(&gone);
            for child in children {
                self.remove_one(child.family, parent_id(&child), &child.id, removed);
            }
        }
    }

    fn children_of(&self, record: &Record) -> Vec<Arc<Record>> {
        // Another object may bear the same id below another parent, and keep the children.
        let shelf = self.families.get(record.family);
        if shelf.is_some_and(|shelf| shelf.by_id.contains_key(&record.id)) {
            return Vec::new();
        }
        let shelves = self.families.values();
        shelves
            .filter_map(|shelf| shelf.lists.get(&record.id))
            .flat_map(BTreeMap::values)
            .filter(|child| {
                let above = child.parent.as_ref().map(|parent| parent.family);
                above == Some(record.family)
            })
            .cloned()
            .collect()
    }

    fn remove_one(
        &mut self,
        family: &'static str,
        parent: Option<&str>,
        id: &str,
        removed: &mut Removed,
    ) {
        let Some(shelf) = self.families.get_mut(family) else {
            return;
        };
        let Some(place) = shelf.take(parent, id) else {
            return;
        };
        self.count -= 1;
        self.bytes -= place.bytes;
        self.ages.remove(&place.number);
        if let Some(due) = place.record.due {
            self.dues.remove(&(due, place.number));
        }
        removed.records.push(place.record);
    }
}

impl FamilyShelf {
    fn insert(&mut self, number: u64, record: &Arc<Record>) {
        let parent = parent_id(record).unwrap_or_default();
        match self.lists.get_mut(parent) {
            Some(list) => drop(list.insert(number, Arc::clone(record))),
            None => {
                let list = BTreeMap::from([(number, Arc::clone(record))]);
                self.lists.insert(parent.to_owned(), list);
            }
        }
    }

    fn take(&mut self, parent: Option<&str>, id: &str) -> Option<Place> {
        let places = self.by_id.get_mut(id)?;
        let index = places.iter().position(|place| place.parent() == parent)?;
        let place = places.remove(index);
        if places.is_empty() {
            self.by_id.remove(id);
        }
        let parent = parent.unwrap_or_default();
        if let Some(list) = self.lists.get_mut(parent) {
            list.remove(&place.number);
            if list.is_empty() {
                self.lists.remove(parent);
            }
        }
        Some(place)
    }

    fn page(&self, query: &PageQuery<'_>) -> Result<Page, LostCursor> {
        let after = self.number(query, query.after, "after")?;
        let before = self.number(query, query.before, "before")?;
        let (low, high) = match query.order {
            Order::Ascending => (after, before),
            Order::Descending => (before, after),
        };
        let Some(list) = self.lists.get(query.parent.unwrap_or_default()) else {
            return Ok(Page::default());
        };
        if low.zip(high).is_some_and(|(low, high)| low >= high) {
            return Ok(Page::default());
        }
        let range = list.range((
            low.map_or(Unbounded, Excluded),
            high.map_or(Unbounded, Excluded),
        ));
        let records = range.map(|(_, record)| record);
        // A page that ends at `before` is found by walking away from it.
        let backwards = query.before.is_some() && query.after.is_none();
        let newest_first = (query.order == Order::Descending) != backwards;
        let mut page = if newest_first {
            take_page(records.rev(), query)
        } else {
            take_page(records, query)
        };
        if backwards {
            page.records.reverse();
        }
        Ok(page)
    }

    /// The number of the object that a cursor names.
    fn number(
        &self,
        query: &PageQuery<'_>,
        cursor: Option<&str>,
        param: &'static str,
    ) -> Result<Option<u64>, LostCursor> {
        let Some(id) = cursor else {
            return Ok(None);
        };
        let mut places = self.by_id.get(id).into_iter().flatten();
        let place = places.find(|place| place.parent() == query.parent);
        place
            .map(|place| Some(place.number))
            .ok_or_else(|| LostCursor {
                param,
                id: id.to_owned(),
            })
    }
}

fn take_page<'a>(records: impl Iterator<Item = &'a Arc<Record>>, query: &PageQuery<'_>) -> Page {
    let mut page = Page::default();
    let fitting = records.filter(|record| {
        let mut filters = query.filters.iter();
        filters.all(|filter| filter.holds(&record.object))
    });
    for record in fitting {
        if page.records.len() == query.limit {
            page.has_more = true;
            break;
        }
        page.records.push(Arc::clone(record));
    }
    page
}
