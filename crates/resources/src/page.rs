//! Pages: the query that asks for one and the body that carries it.

use std::sync::Arc;

use fakeai_canon::{ApiError, Mode};
use fakeai_contract::{Violation, ViolationKind};
use serde_json::{Value, json};

use crate::Order;
use crate::apply::Site;
use crate::family::{Ends, Family, PageRow};
use crate::store::{Filter, LostCursor, PageQuery};

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
    let (low, high) = (1, row.most);
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
        object.map_or(none, |object| object["id"].clone())
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
