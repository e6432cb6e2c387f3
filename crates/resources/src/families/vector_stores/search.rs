//! Searching vector stores: for the search operation, and for the tool of an answer that searches
//! files. Not here: how passages are found.

use std::sync::Arc;

use fakeai_canon::{ApiError, Micros};
use serde_json::{Value, json};

use super::{FAMILY, active, all_files, entries_of, files, refuse_expired, store_of, with};
use crate::apply::Site;
use crate::call::Reach;
use crate::library::{Found, Holding, Question, Volume};
use crate::objects::Objects;
use crate::store::{Change, PageQuery, Record};
use crate::{Answer, Means, Order, Outcome};

/// Passages that a search answers with unless it is told.
const USUAL: u64 = 10;

/// A search of vector stores by the tool of an answer.
#[derive(Clone, Debug)]
pub struct FileSearch<'a> {
    /// The stores' ids.
    pub stores: Vec<&'a str>,
    /// What is searched for.
    pub question: Question,
}

/// Searches a project's stores, and notes that they were used.
///
/// # Errors
/// The provider's error for a store that is not there or has expired (404, 400), and for filters
/// and ranking options that can't be followed.
pub fn search_files(
    means: Means<'_>,
    project: &str,
    now: Micros,
    search: &FileSearch<'_>,
) -> Result<(Vec<Found>, Vec<Change>), ApiError> {
    search_in(means.of(project), now, search)
}

fn search_in(
    means: Reach<'_>,
    now: Micros,
    search: &FileSearch<'_>,
) -> Result<(Vec<Found>, Vec<Change>), ApiError> {
    let (mut holdings, mut changes) = (Vec::new(), Vec::new());
    for id in &search.stores {
        let record = store_of(means.store, id)?;
        refuse_expired(&record)?;
        holdings.push(holding(means.store, id));
        changes.push(used(&record, now));
    }
    let found = means
        .services
        .library()
        .search(&holdings, &search.question)?;
    Ok((found, changes))
}

/// A store with the files that can be searched.
fn holding(store: Objects<'_>, id: &str) -> Holding {
    let files = all_files(store, id);
    let read = files
        .iter()
        .filter(|file| files::status(file) == "completed");
    Holding {
        store: id.to_owned(),
        volumes: read.map(|file| files::volume(file)).collect(),
    }
}

/// What a search of a store will look through; none where the store can't be searched.
pub fn searched(store: Objects<'_>, id: &str) -> Option<Holding> {
    let record = store_of(store, id).ok()?;
    refuse_expired(&record).ok()?;
    Some(holding(store, id))
}

/// Stores that are searched where all of them are asked for: the newest.
const MOST_STORES: usize = 100;

/// The ids of the stores that can be searched, the newest ones where there are many.
pub fn searchable_stores(store: Objects<'_>) -> Vec<String> {
    let query = PageQuery {
        family: FAMILY,
        parent: None,
        after: None,
        before: None,
        order: Order::Descending,
        limit: MOST_STORES,
        filters: Vec::new(),
    };
    let page = store.page(&query).unwrap_or_default();
    let records = page.records.iter();
    let live = records.filter(|record| refuse_expired(record).is_ok());
    live.map(|record| record.id.clone()).collect()
}

/// The files of these stores that are still to be read.
pub fn unread_files(store: Objects<'_>, stores: &[&str]) -> Vec<Arc<Record>> {
    let files = stores.iter().flat_map(|id| all_files(store, id));
    files
        .filter(|file| files::status(file) == "in_progress")
        .collect()
}

/// The file that is read when this record is due; none where it is not one that waits for that.
pub fn unread_volume(record: &Record) -> Option<Volume> {
    let waits = record.family == files::FAMILY && files::status(record) == "in_progress";
    waits.then(|| files::volume(record))
}

fn used(record: &Record, now: Micros) -> Change {
    let mut object = entries_of(record);
    let due = active(&mut object, now);
    Change::Replace(Record {
        due,
        ..with(record, object)
    })
}

pub(super) fn act(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let body = &site.call.body;
    let record = site.record()?;
    let queries = queries(site);
    let search = FileSearch {
        stores: vec![&record.id],
        question: Question {
            queries: queries.clone(),
            limit: body["max_num_results"].as_u64().unwrap_or(USUAL) as usize,
            filters: body["filters"].clone(),
            ranking: body["ranking_options"].clone(),
        },
    };
    let (found, changes) = search_in(site.means, site.context.now, &search)?;
    let page = json!({
        "object": "vector_store.search_results.page",
        "search_query": queries,
        "data": found.iter().map(shown).collect::<Vec<_>>(),
        "has_more": false,
        "next_page": null,
    });
    let mut answer = Answer::json(Arc::new(page));
    answer.next.changes = changes;
    Ok(Outcome::Answer(answer))
}

fn queries(site: &Site<'_>) -> Vec<String> {
    let body = &site.call.body;
    let queries = match &body["query"] {
        Value::Array(queries) => queries.clone(),
        query => vec![query.clone()],
    };
    let texts = queries.iter().filter_map(Value::as_str);
    if body["rewrite_query"] == json!(true) {
        let library = site.means.services.library();
        texts.map(|query| library.rewrite(query)).collect()
    } else {
        texts.map(str::to_owned).collect()
    }
}

fn shown(found: &Found) -> Value {
    json!({
        "file_id": found.file,
        "filename": found.name,
        "score": found.score,
        "attributes": found.attributes,
        "content": [{"type": "text", "text": found.text}],
    })
}
