//! Pages of a list, read by its index. Conditions go to the database where it has a cheap way to
//! check them; elsewhere the list is read in stretches until enough objects fit.

use std::sync::Arc;

use fakeai_resources::{Filter, LostCursor, Order, Page, PageQuery, Record};

use super::database::{Database, Given, Row, Session, Trouble, whole};
use super::row;

/// Rows that are read at once where conditions are checked here.
const STRETCH: usize = 500;

/// Whose list it is.
#[derive(Clone, Copy)]
pub(super) struct List<'a> {
    /// The world.
    pub(super) world: &'a str,
    /// The project in it.
    pub(super) project: &'a str,
}

/// The page, or the cursor that is no object of the list.
pub(super) fn page<D: Database>(
    session: &mut dyn Session,
    list: List<'_>,
    query: &PageQuery<'_>,
) -> Result<Result<Page, LostCursor>, Trouble> {
    let after = match number(session, list, query, query.after, "after")? {
        Ok(number) => number,
        Err(lost) => return Ok(Err(lost)),
    };
    let before = match number(session, list, query, query.before, "before")? {
        Ok(number) => number,
        Err(lost) => return Ok(Err(lost)),
    };
    let (low, high) = match query.order {
        Order::Ascending => (after, before),
        Order::Descending => (before, after),
    };
    // A page that ends at `before` is found by walking away from it.
    let backwards = query.before.is_some() && query.after.is_none();
    let mut walk = Walk {
        low: low.unwrap_or(-1),
        high: high.unwrap_or(i64::MAX),
        newest_first: (query.order == Order::Descending) != backwards,
        query,
        list,
    };
    let mut page = walk.take::<D>(session)?;
    if backwards {
        page.records.reverse();
    }
    Ok(Ok(page))
}

/// The number of the object that a cursor names.
fn number(
    session: &mut dyn Session,
    list: List<'_>,
    query: &PageQuery<'_>,
    cursor: Option<&str>,
    param: &'static str,
) -> Result<Result<Option<i64>, LostCursor>, Trouble> {
    let Some(id) = cursor else {
        return Ok(Ok(None));
    };
    let rows = session.rows(
        "SELECT number FROM fakeai_objects \
         WHERE world = ?1 AND family = ?2 AND id = ?3 AND parent = ?4 AND project = ?5",
        &[
            Given::Text(list.world),
            Given::Text(query.family),
            Given::Text(id),
            Given::Text(query.parent.unwrap_or_default()),
            Given::Text(list.project),
        ],
    )?;
    let number = rows.first().and_then(|row| row.number(0)).map(whole);
    Ok(match number {
        Some(number) => Ok(Some(number)),
        None => Err(LostCursor {
            param,
            id: id.to_owned(),
        }),
    })
}

/// A walk through a list between two numbers, which belong to it no more.
struct Walk<'a> {
    low: i64,
    high: i64,
    newest_first: bool,
    query: &'a PageQuery<'a>,
    list: List<'a>,
}

impl Walk<'_> {
    /// The first objects that fit, and whether one more does.
    fn take<D: Database>(&mut self, session: &mut dyn Session) -> Result<Page, Trouble> {
        let paths = self.query.filters.iter().map(json_path);
        let paths = paths.collect::<Option<Vec<_>>>();
        let paths = paths.filter(|_| D::text_at(1, 2).is_some());
        let checked_there = paths.is_some() || self.query.filters.is_empty();
        let paths = paths.unwrap_or_default();
        let enough = self.query.limit.saturating_add(1);
        let stretch = if checked_there { enough } else { STRETCH };
        let mut page = Page::default();
        while self.low < self.high {
            let rows = self.stretch::<D>(session, &paths, stretch)?;
            for row in &rows {
                let (number, record) = row::record(row)?;
                self.pass(whole(number));
                if self.fits(&record) && self.keep(&mut page, record) {
                    return Ok(page);
                }
            }
            if rows.len() < stretch {
                break;
            }
        }
        Ok(page)
    }

    fn fits(&self, record: &Record) -> bool {
        let mut filters = self.query.filters.iter();
        filters.all(|filter| filter.holds(&record.object))
    }

    /// Adds the record, or notes that there is one more than the page takes.
    fn keep(&self, page: &mut Page, record: Arc<Record>) -> bool {
        page.has_more = page.records.len() == self.query.limit;
        if !page.has_more {
            page.records.push(record);
        }
        page.has_more
    }

    fn pass(&mut self, number: i64) {
        if self.newest_first {
            self.high = number;
        } else {
            self.low = number;
        }
    }

    fn stretch<D: Database>(
        &self,
        session: &mut dyn Session,
        paths: &[String],
        rows: usize,
    ) -> Result<Vec<Row>, Trouble> {
        let mut values = vec![
            Given::Text(self.list.world),
            Given::Text(self.query.family),
            Given::Text(self.query.parent.unwrap_or_default()),
            Given::Whole(self.low),
            Given::Whole(self.high),
            Given::Whole(whole(rows as u64)),
            Given::Text(self.list.project),
        ];
        let mut conditions = String::new();
        for (path, filter) in paths.iter().zip(&self.query.filters) {
            let next = values.len() + 1;
            if let Some(condition) = D::text_at(next, next + 1) {
                conditions.push_str(" AND ");
                conditions.push_str(&condition);
                values.extend([Given::Text(path), Given::Text(&filter.equals)]);
            }
        }
        let order = if self.newest_first { "DESC" } else { "ASC" };
        let columns = row::COLUMNS;
        let statement = format!(
            "SELECT {columns} FROM fakeai_objects WHERE world = ?1 AND family = ?2 \
             AND project = ?7 AND parent = ?3 AND number > ?4 AND number < ?5{conditions} \
             ORDER BY number {order} LIMIT ?6"
        );
        session.rows(&statement, &values)
    }
}

/// The filter's path as databases write it; none where its names would have to be escaped, or the
/// text has what databases cut texts at.
fn json_path(filter: &Filter) -> Option<String> {
    let plain = |name: &String| {
        let mut letters = name.bytes();
        letters.all(|letter| letter.is_ascii_alphanumeric() || b"_-".contains(&letter))
    };
    let fits = filter.path.iter().all(plain) && !filter.equals.contains('\0');
    fits.then(|| {
        let names = filter.path.iter().map(|name| format!(".\"{name}\""));
        format!("${}", names.collect::<String>())
    })
}
