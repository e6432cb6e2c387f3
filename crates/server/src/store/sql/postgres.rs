//! A Postgres database that several servers may share: who writes to a world holds its row, who
//! reads to write holds an advisory lock.

use std::any::Any;
use std::sync::Arc;

use fakeai_canon::Seed;
use parking_lot::Mutex;

use super::database::{Database, Given, OpenError, Session, Trouble};
use super::pool::{Line, Place, Pool};
use super::schema;
use crate::tasks;

/// Connections for reading and writing at most.
const CONNECTIONS: usize = 8;
/// Turns of worlds that are held or waited for at once at most; each has a connection besides.
const TURNS: usize = 4;

/// A database behind a network.
pub struct Postgres {
    work: Arc<Pool>,
    turns: Arc<Pool>,
    /// Tells the others which openings of worlds live; one connection, for as long as it holds.
    presence: Arc<Pool>,
    present: Mutex<Present>,
}

#[derive(Default)]
struct Present {
    place: Option<Place>,
    openings: Vec<(String, u64)>,
}

impl Postgres {
    /// Opens the database of a `postgres://…` URL.
    ///
    /// # Errors
    /// A URL that is none, a database that can't be reached or was written by a newer program.
    pub fn open(url: &str) -> Result<Self, OpenError> {
        tasks::aside(|| Self::try_open(url)).map_err(|trouble| OpenError {
            what: "the storage postgres".to_owned(),
            why: trouble.to_string(),
        })
    }

    fn try_open(url: &str) -> Result<Self, Trouble> {
        let line = Arc::new(Line::new(url)?);
        let database = Self {
            work: Pool::new(&line, CONNECTIONS),
            turns: Pool::new(&line, TURNS),
            presence: Pool::new(&line, 1),
            present: Mutex::default(),
        };
        // Several servers may start at once; one of them makes the tables.
        let turn = database.lock("tables", "")?;
        schema::migrate(&database)?;
        drop(turn);
        Ok(database)
    }

    fn lock(&self, what: &str, world: &str) -> Result<Turn, Trouble> {
        let key = key(what, world, 0);
        let mut place = self.turns.take()?;
        place.session(|session| hold(session, key))?;
        Ok(Turn { place, key })
    }

    /// Makes sure that the others see which openings live, also after the connection broke.
    fn be_present(&self) -> Result<(), Trouble> {
        let mut present = self.present.lock();
        let Present { place, openings } = &mut *present;
        if place.as_ref().is_some_and(|place| !place.is_broken()) || openings.is_empty() {
            return Ok(());
        }
        *place = None;
        let mut fresh = self.presence.take()?;
        fresh.session(|session| {
            let mut openings = openings.iter();
            openings.try_for_each(|(world, opening)| hold(session, key("opening", world, *opening)))
        })?;
        *place = Some(fresh);
        Ok(())
    }
}

/// The number of a lock.
fn key(what: &str, world: &str, opening: u64) -> i64 {
    let seed = Seed(opening).fork("fakeai").fork(what).fork(world);
    i64::from_ne_bytes(seed.0.to_ne_bytes())
}

fn hold(session: &mut dyn Session, key: i64) -> Result<(), Trouble> {
    let statement = "SELECT 1 FROM pg_advisory_lock(?1)";
    session.rows(statement, &[Given::Whole(key)]).map(drop)
}

fn release(session: &mut dyn Session, key: i64) -> Result<(), Trouble> {
    let statement = "SELECT 1 FROM pg_advisory_unlock(?1)";
    session.rows(statement, &[Given::Whole(key)]).map(drop)
}

/// A lock that is held on a connection.
struct Turn {
    place: Place,
    key: i64,
}

impl Drop for Turn {
    fn drop(&mut self) {
        let key = self.key;
        let released = tasks::aside(|| self.place.session(|session| release(session, key)));
        if released.is_err() {
            // The lock goes with its connection.
            self.place.forget();
        }
    }
}

impl Database for Postgres {
    const NUMBER: &'static str = "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY";

    fn text_at(_: usize, _: usize) -> Option<String> {
        // Postgres gives up at an object that has an escaped NUL anywhere.
        None
    }

    fn read<T>(
        &self,
        mut work: impl FnMut(&mut dyn Session) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        let mut place = self.work.take()?;
        match place.session(&mut work) {
            // It broke while nobody used it.
            Err(_) if place.is_broken() => {
                drop(place);
                self.work.take()?.session(work)
            }
            made => made,
        }
    }

    fn write<T>(
        &self,
        mut work: impl FnMut(&mut dyn Session) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        self.be_present()?;
        let mut place = self.work.take()?;
        let written = place.session(|session| {
            session.script("BEGIN")?;
            let made = work(session)?;
            session.script("COMMIT")?;
            Ok(made)
        });
        if written.is_err() && place.session(|session| session.script("ROLLBACK")).is_err() {
            // The transaction goes with its connection.
            place.forget();
        }
        written
    }

    fn turn(&self, world: &str) -> Result<Box<dyn Any>, Trouble> {
        Ok(Box::new(self.lock("turn", world)?))
    }

    fn enter(&self, world: &str, opening: u64) -> Result<(), Trouble> {
        let mut present = self.present.lock();
        present.openings.push((world.to_owned(), opening));
        let held = present.place.as_mut().is_some_and(|place| {
            place
                .session(|session| hold(session, key("opening", world, opening)))
                .is_ok()
        });
        if !held {
            present.place = None;
        }
        drop(present);
        self.be_present()
    }

    fn leave(&self, world: &str, opening: u64) {
        let mut present = self.present.lock();
        present
            .openings
            .retain(|(name, number)| (name.as_str(), *number) != (world, opening));
        let released = present.place.as_mut().is_none_or(|place| {
            place
                .session(|session| release(session, key("opening", world, opening)))
                .is_ok()
        });
        if !released {
            present.place = None;
        }
    }

    fn lives(&self, world: &str, opening: u64) -> Result<bool, Trouble> {
        let key = key("opening", world, opening);
        let mut place = self.work.take()?;
        place.session(|session| {
            let statement = "SELECT 1 WHERE pg_try_advisory_lock(?1)";
            let free = !session.rows(statement, &[Given::Whole(key)])?.is_empty();
            if free {
                release(session, key)?;
            }
            Ok(!free)
        })
    }
}
