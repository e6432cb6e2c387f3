//! Pages: the query that asks for one and the body that carries it.

use std::sync::Arc;

use fakeai_canon::{ApiError, Mode};
use fakeai_contract::{Violation, ViolationKind};
use serde_json::{Value, json};

use crate::Order;
use crate::apply::Site;
use crate::family::{Ends, Family, PageRow};
use crate::store::{Filter, LostCursor, Page, PageQuery, Record};

/// Reads the page's parameters from the call's query.
pub(crate) fn query<'a>(
    site: &'a Site<'_>,
    parent: Option<&'a str>,
) -> Result<PageQuery<'a>, ApiError> {
    query_of(site, site.family, parent)
}

/// The same for a page of another family's objects.
pub(crate) fn query_of<'a>(
    site: &'a Site<'_>,
    family: &'static Family,
    parent: Option<&'a str>,
) -> Result<PageQuery<'a>, ApiError> {
    let query = site.call.query;
    let mock = site.context.mode == Mode::Mock;
    let cursor = |name: &str| {
        let id = query[name].as_str().filter(|id| !id.is_empty());
        // Nobody issued the cursors of a client that is tested against a stateless mock.
        id.filter(|id| !mock || site.store.find(&family.name, parent, id).is_some())
    };
    Ok(PageQuery {
        family: &family.name,
        parent,
        after: cursor("after"),
        before: cursor("before"),
        order: order(&query["order"]).unwrap_or(family.order),
        limit: limit(&query["limit"], &family.page, mock)?,
        filters: filters(family, query),
    })
}

fn order(value: &Value) -> Option<Order> {
    match value.as_str()? {
        "asc" | "ascending" => Some(Order::Ascending),
        "desc" | "descending" => Some(Order::Descending),
        _ => None,
    }
}

fn limit(value: &Value, row: &PageRow, mock: bool) -> Result<usize, ApiError> {
    let limit = value.as_i64().unwrap_or(row.limit);
    let (low, high) = (row.least, row.most);
    let clamped = limit.clamp(low, high);
    if !mock && clamped != limit {
        return Err(out_of_bounds(limit, clamped));
    }
    Ok(limit.clamp(0, high) as usize)
}

/// The provider's error for a limit that is not what it would have to be at most or at least.
fn out_of_bounds(limit: i64, bound: i64) -> ApiError {
    let (got, bound, exclusive, integer) = (limit as f64, bound as f64, false, true);
    let kind = if got < bound {
        ViolationKind::BelowMinimum {
            minimum: bound,
            exclusive,
            got,
            integer,
        }
    } else {
        ViolationKind::AboveMaximum {
            maximum: bound,
            exclusive,
            got,
            integer,
        }
    };
    let violation = Violation {
        param: "limit".to_owned(),
        kind,
    };
    let error = ApiError::invalid(violation.message()).param("limit");
    match violation.code() {
        Some(code) => error.code(code),
        None => error,
    }
}

/// The conditions of the query: a string selects what equals it, an object what has its entries.
fn filters(family: &Family, query: &Value) -> Vec<Filter> {
    let mut filters = Vec::new();
    for (parameter, path) in &family.filters {
        match &query[parameter.as_str()] {
            Value::String(equals) => filters.push(Filter {
                path: path.clone(),
                equals: equals.clone(),
            }),
            Value::Object(entries) => filters.extend(entries.iter().filter_map(|(key, value)| {
                let path = path.iter().chain([key]).cloned().collect();
                let equals = value.as_str()?.to_owned();
                Some(Filter { path, equals })
            })),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => {}
        }
    }
    filters
}

/// Objects that are looked at together where a page is made of those that fit.
const CHUNK: usize = 200;

/// The page of the list's objects that fit. Where `before` alone is given it ends there.
pub(crate) fn selected(
    site: &Site<'_>,
    query: &PageQuery<'_>,
    fits: impl Fn(&Record) -> bool,
) -> Result<Page, ApiError> {
    let backwards = query.before.is_some() && query.after.is_none();
    let mut records: Vec<Arc<Record>> = Vec::new();
    let mut cursor: Option<String> = None;
    // Away from the cursor, until one more than the page holds is found.
    while records.len() <= query.limit {
        let mut asked = query.clone();
        asked.limit = CHUNK;
        match &cursor {
            Some(id) if backwards => asked.before = Some(id),
            Some(id) => asked.after = Some(id),
            None => {}
        }
        let mut found = site
            .store
            .page(&asked)
            .map_err(|gone| lost(site.family, &gone))?;
        if backwards {
            found.records.reverse();
        }
        let far = found.records.last().map(|record| record.id.clone());
        records.extend(found.records.into_iter().filter(|record| fits(record)));
        if !found.has_more || far.is_none() {
            break;
        }
        cursor = far;
    }
    let has_more = records.len() > query.limit;
    records.truncate(query.limit);
    if backwards {
        records.reverse();
    }
    Ok(Page { records, has_more })
}

/// The page of a list that no store holds; `objects` are the oldest first.
pub(crate) fn of_all(site: &Site<'_>, mut objects: Vec<Arc<Value>>) -> Result<Value, ApiError> {
    let query = query(site, None)?;
    if query.order == Order::Descending {
        objects.reverse();
    }
    let row = &site.family.page;
    let place = |param: &'static str, id: Option<&str>| {
        let Some(id) = id else { return Ok(None) };
        let mut ids = objects.iter().map(|object| &object[row.cursor.as_str()]);
        let place = ids.position(|found| found == id);
        let gone = || LostCursor {
            param,
            id: id.to_owned(),
        };
        place.map(Some).ok_or_else(|| lost(site.family, &gone()))
    };
    let low = place("after", query.after)?.map_or(0, |place| place + 1);
    let high = place("before", query.before)?.unwrap_or(objects.len());
    let between = objects.get(low..high.max(low)).unwrap_or_default();
    let surplus = between.len().saturating_sub(query.limit);
    let shown = if query.before.is_some() && query.after.is_none() {
        &between[surplus..]
    } else {
        &between[..between.len() - surplus]
    };
    Ok(body(row, shown, surplus > 0))
}

/// The error for a cursor that names nothing in the list.
pub(crate) fn lost(family: &Family, lost: &LostCursor) -> ApiError {
    ApiError::invalid(family.missing(&lost.id).message).param(lost.param)
}

/// A page's body, with what the family's lists say of their ends.
pub(crate) fn body(row: &PageRow, objects: &[Arc<Value>], has_more: bool) -> Value {
    let id = |object: Option<&Arc<Value>>| {
        let none = match row.ends {
            Ends::Texts => json!(""),
            Ends::Nulls | Ends::None | Ends::Next => Value::Null,
        };
        object.map_or(none, |object| object[row.cursor.as_str()].clone())
    };
    let data: Vec<Value> = objects.iter().map(|object| Value::clone(object)).collect();
    let mut page = json!({"object": row.object, "data": data});
    match row.ends {
        Ends::Texts | Ends::Nulls => {
            page["first_id"] = id(objects.first());
            page["last_id"] = id(objects.last());
        }
        Ends::Next => page["next"] = id(objects.last().filter(|_| has_more)),
        Ends::None => {}
    }
    page["has_more"] = json!(has_more);
    page
}
