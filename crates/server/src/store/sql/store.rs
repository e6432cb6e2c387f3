//! A world's objects in a database: the same order, cursors, limits, deadlines and deletions as in
//! memory. Whatever the database says wrong is logged and counted here; see [`Store::failures`].

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use fakeai_canon::{ApiError, Clock, Micros};
use fakeai_resources::{Blobs, Change, LostCursor, Page, PageQuery, Record, Store, Whose};
use parking_lot::Mutex;
use serde_json::Value;

use super::commit::Commit;
use super::database::{Database, Given, Row, Session, Trouble, unavailable, whole};
use super::{page, row};
use crate::store::StoreLimits;
use crate::tasks;

/// A world's objects in a database.
pub struct SqlStore<D: Database> {
    database: Arc<D>,
    world: String,
    limits: StoreLimits,
    clock: Arc<dyn Clock>,
    blobs: Arc<dyn Blobs>,
    /// How often the world had been opened before; none until it is opened.
    opening: Mutex<Option<u64>>,
    /// When to look next for what has expired, in microseconds.
    expiry: AtomicU64,
    failures: AtomicU64,
    closed: AtomicBool,
}

impl<D: Database> SqlStore<D> {
    /// The objects of a world, opened when they are first reached for.
    pub fn new(
        database: &Arc<D>,
        world: &str,
        limits: StoreLimits,
        clock: &Arc<dyn Clock>,
        blobs: &Arc<dyn Blobs>,
    ) -> Self {
        Self {
            database: Arc::clone(database),
            world: world.to_owned(),
            limits,
            clock: Arc::clone(clock),
            blobs: Arc::clone(blobs),
            opening: Mutex::new(None),
            expiry: AtomicU64::new(0),
            failures: AtomicU64::new(0),
            closed: AtomicBool::new(false),
        }
    }

    /// How many objects there are.
    pub fn count(&self) -> usize {
        self.sweep();
        self.counts().map_or(0, |(objects, _)| objects)
    }

    /// The blobs that objects name.
    pub fn named_blobs(&self) -> Option<Vec<String>> {
        let statement = "SELECT blob FROM fakeai_objects WHERE world = ?1 AND blob IS NOT NULL";
        let rows = self.rows(statement, &[Given::Text(&self.world)])?;
        Some(rows.iter().map(|row| row.text(0).to_owned()).collect())
    }

    /// Opens the world, once.
    fn open(&self) -> Result<u64, Trouble> {
        let mut opening = self.opening.lock();
        if let Some(opening) = *opening {
            return Ok(opening);
        }
        let opened = self.database.write(|session| {
            session.rows(
                "INSERT INTO fakeai_worlds (name, openings, objects, bytes) VALUES (?1, 1, 0, 0) \
                 ON CONFLICT (name) DO UPDATE SET openings = fakeai_worlds.openings + 1 \
                 RETURNING openings",
                &[Given::Text(&self.world)],
            )
        })?;
        let openings = opened.first().and_then(|row| row.number(0)).unwrap_or(1);
        let number = openings.saturating_sub(1);
        self.database.enter(&self.world, number)?;
        *opening = Some(number);
        Ok(number)
    }

    /// The outcome of work on the database; none where it failed or the world was left.
    fn noted<T>(&self, work: impl FnOnce() -> Result<T, Trouble>) -> Option<T> {
        if self.closed.load(Ordering::Acquire) {
            return None;
        }
        match tasks::aside(work) {
            Ok(made) => Some(made),
            Err(trouble) => {
                self.failures.fetch_add(1, Ordering::AcqRel);
                tracing::error!(world = self.world, "the storage failed: {trouble}");
                None
            }
        }
    }

    fn read<T>(&self, work: impl FnMut(&mut dyn Session) -> Result<T, Trouble>) -> Option<T> {
        self.noted(|| self.database.read(work))
    }

    fn rows(&self, statement: &str, values: &[Given<'_>]) -> Option<Vec<Row>> {
        self.read(|session| session.rows(statement, values))
    }

    /// Writes in the world's name and frees the blobs that no object names any more.
    fn write(
        &self,
        mut work: impl FnMut(&mut Commit<'_>) -> Result<(), Trouble>,
    ) -> Result<(), Trouble> {
        let opening = self.open()?;
        let freed = self.database.write(|session| {
            let mut commit = Commit::begin(session, &self.world, opening)?;
            work(&mut commit)?;
            commit.end()
        })?;
        for blob in freed {
            self.blobs.delete(&blob);
        }
        Ok(())
    }

    fn counts(&self) -> Option<(usize, usize)> {
        let statement = "SELECT objects, bytes FROM fakeai_worlds WHERE name = ?1";
        let rows = self.rows(statement, &[Given::Text(&self.world)])?;
        let number = |column| {
            let number = rows.first().and_then(|row| row.number(column));
            usize::try_from(number.unwrap_or(0)).unwrap_or(usize::MAX)
        };
        Some((number(0), number(1)))
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
        let mut next = now + retention;
        self.noted(|| {
            self.write(|commit| {
                while let Some((created, family, id)) = commit.oldest()? {
                    next = Micros(created) + retention;
                    if next > now {
                        return Ok(());
                    }
                    commit.remove(&family, "", &id)?;
                }
                // What others add from now on lasts as long as this.
                next = now + retention;
                Ok(())
            })
        });
        self.expiry.store(next.0, Ordering::Relaxed);
    }

    fn first(&self, condition: &str, values: &[Given<'_>]) -> Option<Arc<Record>> {
        let columns = row::COLUMNS;
        let statement = format!(
            "SELECT {columns} FROM fakeai_objects WHERE world = ?1 AND {condition} LIMIT 1"
        );
        let found = self.read(|session| {
            let rows = session.rows(&statement, values)?;
            rows.first().map(row::record).transpose()
        });
        found.flatten().map(|(_, record)| record)
    }

    fn records(&self, condition: &str, values: &[Given<'_>]) -> Vec<Arc<Record>> {
        let columns = row::COLUMNS;
        let statement =
            format!("SELECT {columns} FROM fakeai_objects WHERE world = ?1 AND {condition}");
        let found = self.read(|session| {
            let rows = session.rows(&statement, values)?;
            rows.iter()
                .map(|row| row::record(row).map(|(_, record)| record))
                .collect::<Result<Vec<_>, _>>()
        });
        found.unwrap_or_default()
    }

    fn opening_of(&self, record: &Record) -> Result<Option<u64>, Trouble> {
        let parent = record.parent.as_ref().map_or("", |parent| &parent.id);
        let values = [
            Given::Text(&self.world),
            Given::Text(record.family),
            Given::Text(&record.id),
            Given::Text(parent),
        ];
        let statement = "SELECT opening FROM fakeai_objects \
             WHERE world = ?1 AND family = ?2 AND id = ?3 AND parent = ?4";
        let rows = self
            .database
            .read(|session| session.rows(statement, &values))?;
        Ok(rows.first().and_then(|row| row.number(0)))
    }
}

impl<D: Database> Drop for SqlStore<D> {
    fn drop(&mut self) {
        if let Some(opening) = *self.opening.lock() {
            self.database.leave(&self.world, opening);
        }
    }
}

impl<D: Database> Store for SqlStore<D> {
    fn find(
        &self,
        whose: Whose<'_>,
        family: &str,
        parent: Option<&str>,
        id: &str,
    ) -> Option<Arc<Record>> {
        self.sweep();
        let mut values = vec![
            Given::Text(&self.world),
            Given::Text(family),
            Given::Text(id),
        ];
        let mut condition = "family = ?2 AND id = ?3".to_owned();
        if let Whose::Projects(project) = whose {
            values.push(Given::Text(project));
            // Ids are found by their index; that of lists is no help here, and looks like one.
            condition += &format!(" AND project || '' = ?{}", values.len());
        }
        if let Some(parent) = parent {
            values.push(Given::Text(parent));
            condition += &format!(" AND parent = ?{}", values.len());
        }
        match parent {
            Some("") => None,
            Some(_) => self.first(&condition, &values),
            None => self.first(&format!("{condition} ORDER BY number DESC"), &values),
        }
    }

    fn children(&self, project: &str, family: &str, parent: &str) -> Vec<Arc<Value>> {
        self.sweep();
        let found = self.records(
            "family = ?2 AND project = ?3 AND parent = ?4 ORDER BY number",
            &[
                Given::Text(&self.world),
                Given::Text(family),
                Given::Text(project),
                Given::Text(parent),
            ],
        );
        found
            .iter()
            .map(|record| Arc::clone(&record.object))
            .collect()
    }

    fn page(&self, project: &str, query: &PageQuery<'_>) -> Result<Page, LostCursor> {
        self.sweep();
        let list = page::List {
            world: &self.world,
            project,
        };
        let found = self.read(|session| page::page::<D>(session, list, query));
        found.unwrap_or(Ok(Page::default()))
    }

    fn commit(&self, changes: Vec<Change>) -> Result<(), ApiError> {
        // What goes on in a world that was dropped leaves nothing behind.
        if changes.is_empty() || self.closed.load(Ordering::Acquire) {
            return Ok(());
        }
        self.sweep();
        let taken = self.noted(
            || match self.write(|commit| commit.take(&changes, &self.limits)) {
                Err(Trouble::Refused(error)) => Ok(Err(*error)),
                written => written.map(Ok),
            },
        );
        taken.unwrap_or_else(|| Err(unavailable()))
    }

    fn room(&self) -> Result<(), ApiError> {
        self.sweep();
        let (objects, bytes) = self.counts().unwrap_or_default();
        self.limits.check(objects + 1, bytes.saturating_add(1))
    }

    fn next_due(&self) -> Option<Micros> {
        let statement = "SELECT MIN(due) FROM fakeai_objects WHERE world = ?1 AND due IS NOT NULL";
        let rows = self.rows(statement, &[Given::Text(&self.world)])?;
        rows.first().and_then(|row| row.number(0)).map(Micros)
    }

    fn due(&self, now: Micros, most: usize) -> Vec<Arc<Record>> {
        self.records(
            "due IS NOT NULL AND due <= ?2 ORDER BY due, number LIMIT ?3",
            &[
                Given::Text(&self.world),
                Given::Whole(whole(now.0)),
                Given::Whole(whole(most as u64)),
            ],
        )
    }

    fn blocks(&self) -> bool {
        true
    }

    fn opening(&self) -> u64 {
        self.noted(|| self.open()).unwrap_or(0)
    }

    fn failures(&self) -> u64 {
        self.failures.load(Ordering::Acquire)
    }

    fn turn(&self) -> Option<Box<dyn Any>> {
        self.noted(|| self.database.turn(&self.world))
    }

    fn abandoned(&self, family: &str, status: &str) -> Vec<Arc<Record>> {
        let opening = self.opening();
        // What is not its status is sorted out below; most objects are not even read.
        let pattern = format!("%\"status\":\"{status}\"%");
        let found = self.records(
            "family = ?2 AND opening <> ?3 AND object LIKE ?4 ORDER BY number",
            &[
                Given::Text(&self.world),
                Given::Text(family),
                Given::Whole(whole(opening)),
                Given::Text(&pattern),
            ],
        );
        let abandoned = found.into_iter().filter(|record| {
            let lives = self.noted(|| match self.opening_of(record)? {
                Some(opening) => self.database.lives(&self.world, opening),
                None => Ok(true),
            });
            record.object["status"].as_str() == Some(status) && lives == Some(false)
        });
        abandoned.collect()
    }

    fn clear(&self) {
        // The blobs and the rows go before anybody sees the world anew.
        self.noted(|| self.write(|commit| commit.clear()));
        self.closed.store(true, Ordering::Release);
    }
}
