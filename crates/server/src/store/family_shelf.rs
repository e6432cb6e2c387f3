//! The objects of one family in memory: found by their ids, and in the lists that they stand in.
//! Not here: other families, limits and deadlines.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound::{Excluded, Unbounded};
use std::sync::Arc;

use fakeai_resources::{LostCursor, Order, Page, PageQuery, Record, Whose};

/// The objects of a list by their numbers.
type List = BTreeMap<u64, Arc<Record>>;

/// The objects of one family.
#[derive(Default)]
pub(super) struct FamilyShelf {
    /// Several bear the same id where an item stands below several parents.
    by_id: HashMap<String, Vec<Place>>,
    /// Each project's objects at the top.
    tops: HashMap<String, List>,
    /// Each parent's objects; all are of one project, as far as projects keep to their own.
    below: HashMap<String, List>,
}

/// Where an object stands.
pub(super) struct Place {
    /// How many came before it.
    pub(super) number: u64,
    /// What it counts for.
    pub(super) bytes: usize,
    /// The object.
    pub(super) record: Arc<Record>,
}

impl Place {
    fn parent(&self) -> Option<&str> {
        parent_id(&self.record)
    }
}

/// The id of what the record belongs to.
pub(super) fn parent_id(record: &Record) -> Option<&str> {
    record.parent.as_ref().map(|parent| parent.id.as_str())
}

impl FamilyShelf {
    /// Whether anything bears the id.
    pub(super) fn has(&self, id: &str) -> bool {
        self.by_id.contains_key(id)
    }

    /// The newest object of the id that is theirs, below the parent where one is named.
    pub(super) fn find(
        &self,
        whose: Whose<'_>,
        parent: Option<&str>,
        id: &str,
    ) -> Option<Arc<Record>> {
        let mut newest = self.by_id.get(id)?.iter().rev();
        let found = newest.find(|place| {
            (parent.is_none() || place.parent() == parent) && whose.has(&place.record)
        })?;
        Some(Arc::clone(&found.record))
    }

    /// Where an object of the record's id and parent stands.
    pub(super) fn place(&self, record: &Record) -> Option<&Place> {
        let places = self.by_id.get(&record.id)?;
        places
            .iter()
            .find(|place| place.parent() == parent_id(record))
    }

    /// The same, to be put in its place; [`FamilyShelf::put`] has to follow.
    pub(super) fn place_mut(&mut self, record: &Record) -> Option<&mut Place> {
        let places = self.by_id.get_mut(&record.id)?;
        places
            .iter_mut()
            .find(|place| place.parent() == parent_id(record))
    }

    /// Adds an object as the newest.
    pub(super) fn add(&mut self, place: Place) {
        self.put(place.number, &place.record);
        let id = place.record.id.clone();
        self.by_id.entry(id).or_default().push(place);
    }

    /// Puts an object into its list, in the place of the one of that number.
    pub(super) fn put(&mut self, number: u64, record: &Arc<Record>) {
        let (lists, name) = match parent_id(record) {
            Some(parent) => (&mut self.below, parent),
            None => (&mut self.tops, record.project()),
        };
        match lists.get_mut(name) {
            Some(list) => drop(list.insert(number, Arc::clone(record))),
            None => {
                let list = BTreeMap::from([(number, Arc::clone(record))]);
                lists.insert(name.to_owned(), list);
            }
        }
    }

    /// What stands below a parent, the oldest first.
    pub(super) fn below(&self, parent: &str) -> impl Iterator<Item = &Arc<Record>> {
        self.below.get(parent).into_iter().flat_map(List::values)
    }

    /// Takes an object out.
    pub(super) fn take(&mut self, parent: Option<&str>, id: &str) -> Option<Place> {
        let places = self.by_id.get_mut(id)?;
        let index = places.iter().position(|place| place.parent() == parent)?;
        let place = places.remove(index);
        if places.is_empty() {
            self.by_id.remove(id);
        }
        let (lists, name) = match parent {
            Some(parent) => (&mut self.below, parent),
            None => (&mut self.tops, place.record.project()),
        };
        if let Some(list) = lists.get_mut(name) {
            list.remove(&place.number);
            if list.is_empty() {
                lists.remove(name);
            }
        }
        Some(place)
    }

    /// A page of a project's list.
    pub(super) fn page(&self, project: &str, query: &PageQuery<'_>) -> Result<Page, LostCursor> {
        let after = self.number(project, query, query.after, "after")?;
        let before = self.number(project, query, query.before, "before")?;
        let (low, high) = match query.order {
            Order::Ascending => (after, before),
            Order::Descending => (before, after),
        };
        let list = match query.parent {
            Some(parent) => self.below.get(parent),
            None => self.tops.get(project),
        };
        let Some(list) = list else {
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
        let records = records.filter(|record| record.project() == project);
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
        project: &str,
        query: &PageQuery<'_>,
        cursor: Option<&str>,
        param: &'static str,
    ) -> Result<Option<u64>, LostCursor> {
        let Some(id) = cursor else {
            return Ok(None);
        };
        let mut places = self.by_id.get(id).into_iter().flatten();
        let whose = Whose::Projects(project);
        let place = places.find(|place| place.parent() == query.parent && whose.has(&place.record));
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
