//! Objects in memory, bounded in number, bytes and age. Nothing here outlives the process.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use fakeai_canon::{ApiError, Clock, Micros};
use fakeai_resources::{
    Blobs, Change, LostCursor, Page, PageQuery, Record, Store, Whose, is_lasting,
};
use parking_lot::RwLock;
use serde_json::Value;

use super::family_shelf::{FamilyShelf, Place, parent_id};
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

impl Store for MemoryStore {
    fn find(
        &self,
        whose: Whose<'_>,
        family: &str,
        parent: Option<&str>,
        id: &str,
    ) -> Option<Arc<Record>> {
        self.sweep();
        let objects = self.objects.read();
        objects.families.get(family)?.find(whose, parent, id)
    }

    fn children(&self, project: &str, family: &str, parent: &str) -> Vec<Arc<Value>> {
        self.sweep();
        let objects = self.objects.read();
        let shelf = objects.families.get(family).into_iter();
        let records = shelf.flat_map(|shelf| shelf.below(parent));
        let theirs = records.filter(|record| record.project() == project);
        theirs.map(|record| Arc::clone(&record.object)).collect()
    }

    fn page(&self, project: &str, query: &PageQuery<'_>) -> Result<Page, LostCursor> {
        self.sweep();
        let objects = self.objects.read();
        match objects.families.get(query.family) {
            Some(shelf) => shelf.page(project, query),
            None => FamilyShelf::default().page(project, query),
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
        self.families.get(record.family)?.place(record)
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
        let Some(place) = shelf.place_mut(&record) else {
            return Some(record);
        };
        let record = Arc::new(Record {
            created: place.record.created,
            project: place.record.project.clone(),
            ..record
        });
        self.bytes = self.bytes - place.bytes + bytes;
        place.bytes = bytes;
        let old = std::mem::replace(&mut place.record, Arc::clone(&record));
        let number = place.number;
        shelf.put(number, &record);
        if let Some(due) = old.due {
            self.dues.remove(&(due, number));
        }
        if let Some(due) = record.due {
            self.dues.insert((due, number), Arc::clone(&record));
        }
        removed.replaced(old, &record);
        if ages(&record) {
            self.ages.insert(number, record);
        }
        None
    }

    fn add(&mut self, record: Record, bytes: usize) {
        if let Some(parent) = &record.parent {
            let shelf = self.families.get(parent.family);
            if !shelf.is_some_and(|shelf| shelf.has(&parent.id)) {
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
        shelf.add(Place {
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
        if shelf.is_some_and(|shelf| shelf.has(&record.id)) {
            return Vec::new();
        }
        let shelves = self.families.values();
        shelves
            .flat_map(|shelf| shelf.below(&record.id))
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
