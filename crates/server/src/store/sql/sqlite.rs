//! One SQLite file: a single writer with write-ahead log, and several readers that it never stops.
//! The file belongs to one process at a time.

use std::any::Any;
use std::collections::{HashMap, HashSet};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use rusqlite::types::{ToSqlOutput, Value as SqlValue, ValueRef};
use rusqlite::{Connection, OpenFlags, ToSql, Transaction, TransactionBehavior, params_from_iter};

use super::database::{Cell, Database, Given, OpenError, Row, Session, Trouble};
use super::schema;

/// Connections that are kept for readers.
const READERS: usize = 8;
/// Prepared statements of a connection.
const STATEMENTS: usize = 64;

/// What each connection is told. With `NORMAL` a commit is with the system when it is
/// acknowledged: the end of the process loses nothing, that of the machine maybe the last commits,
/// and neither breaks the file. <https://www.sqlite.org/pragma.html#pragma_synchronous>
const SETTINGS: &str = "PRAGMA synchronous = NORMAL; PRAGMA cache_size = -16000; \
     PRAGMA temp_store = MEMORY; PRAGMA journal_size_limit = 67108864;";

/// A database in a file.
pub struct Sqlite {
    path: PathBuf,
    writer: Mutex<Connection>,
    readers: Mutex<Vec<Connection>>,
    turns: Mutex<HashMap<String, Arc<Mutex<()>>>>,
    openings: Mutex<HashSet<(String, u64)>>,
    /// Held as long as this process has the file.
    _lock: File,
}

impl Sqlite {
    /// Opens a file, made where it is not there.
    ///
    /// # Errors
    /// A file that is no database, belongs to another process, can't be reached, or was written by
    /// a newer program.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        Self::try_open(path).map_err(|trouble| OpenError {
            what: format!("the storage sqlite:{}", path.display()),
            why: trouble.to_string(),
        })
    }

    fn try_open(path: &Path) -> Result<Self, Trouble> {
        let mut name = path.as_os_str().to_owned();
        name.push(".lock");
        let lock = lock_file(Path::new(&name))?;
        let writer = Connection::open(path)?;
        writer.busy_timeout(Duration::from_secs(5))?;
        writer.set_prepared_statement_cache_capacity(STATEMENTS);
        writer.execute_batch("PRAGMA journal_mode = WAL;")?;
        writer.execute_batch(SETTINGS)?;
        let database = Self {
            path: path.to_owned(),
            writer: Mutex::new(writer),
            readers: Mutex::default(),
            turns: Mutex::default(),
            openings: Mutex::default(),
            _lock: lock,
        };
        schema::migrate(&database)?;
        Ok(database)
    }

    fn reader(&self) -> Result<Connection, Trouble> {
        if let Some(reader) = self.readers.lock().pop() {
            return Ok(reader);
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let reader = Connection::open_with_flags(&self.path, flags)?;
        reader.busy_timeout(Duration::from_secs(5))?;
        reader.set_prepared_statement_cache_capacity(STATEMENTS);
        reader.execute_batch(SETTINGS)?;
        Ok(reader)
    }
}

/// Takes a lock for this process; whatever ends the process gives it back.
pub(in crate::store) fn lock_file(path: &Path) -> Result<File, Trouble> {
    let failed = |error: std::io::Error| Trouble::Failed(error.to_string());
    let mut options = File::options();
    let options = options.create(true).truncate(false).write(true);
    let lock = options.open(path).map_err(failed)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(Trouble::Failed(
            "another server has it open; several share their objects by postgres://".to_owned(),
        )),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

impl Database for Sqlite {
    const NUMBER: &'static str = "INTEGER PRIMARY KEY AUTOINCREMENT";

    fn text_at(path: usize, text: usize) -> Option<String> {
        Some(format!("json_extract(object, ?{path}) = ?{text}"))
    }

    fn read<T>(
        &self,
        mut work: impl FnMut(&mut dyn Session) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        let reader = self.reader()?;
        let made = work(&mut Statements(&reader));
        let mut readers = self.readers.lock();
        if readers.len() < READERS {
            readers.push(reader);
        }
        made
    }

    fn write<T>(
        &self,
        mut work: impl FnMut(&mut dyn Session) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        let writer = self.writer.lock();
        let transaction = Transaction::new_unchecked(&writer, TransactionBehavior::Immediate)?;
        // Dropped, a transaction leaves nothing.
        let made = work(&mut Statements(&transaction))?;
        transaction.commit()?;
        Ok(made)
    }

    fn turn(&self, world: &str) -> Result<Box<dyn Any>, Trouble> {
        let turn = {
            let mut turns = self.turns.lock();
            turns.retain(|_, turn| Arc::strong_count(turn) > 1);
            Arc::clone(turns.entry(world.to_owned()).or_default())
        };
        Ok(Box::new(turn.lock_arc()))
    }

    fn enter(&self, world: &str, opening: u64) -> Result<(), Trouble> {
        self.openings.lock().insert((world.to_owned(), opening));
        Ok(())
    }

    fn leave(&self, world: &str, opening: u64) {
        self.openings.lock().remove(&(world.to_owned(), opening));
    }

    fn lives(&self, world: &str, opening: u64) -> Result<bool, Trouble> {
        Ok(self.openings.lock().contains(&(world.to_owned(), opening)))
    }
}

/// Statements on a connection, inside or outside of a transaction.
struct Statements<'a>(&'a Connection);

impl Session for Statements<'_> {
    fn rows(&mut self, statement: &str, values: &[Given<'_>]) -> Result<Vec<Row>, Trouble> {
        let mut statement = self.0.prepare_cached(statement)?;
        let columns = statement.column_count();
        let mut rows = statement.query(params_from_iter(values))?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            let cells = (0..columns).map(|column| Ok(cell(row.get_ref(column)?)));
            all.push(Row(cells.collect::<Result<_, rusqlite::Error>>()?));
        }
        Ok(all)
    }

    fn run(&mut self, statement: &str, values: &[Given<'_>]) -> Result<u64, Trouble> {
        let mut statement = self.0.prepare_cached(statement)?;
        Ok(statement.execute(params_from_iter(values))? as u64)
    }

    fn script(&mut self, statements: &str) -> Result<(), Trouble> {
        Ok(self.0.execute_batch(statements)?)
    }
}

fn cell(value: ValueRef<'_>) -> Cell {
    match value {
        ValueRef::Integer(number) => Cell::Whole(number),
        ValueRef::Text(text) => Cell::Text(String::from_utf8_lossy(text).into_owned()),
        // No column holds these.
        ValueRef::Null | ValueRef::Real(_) | ValueRef::Blob(_) => Cell::Null,
    }
}

impl ToSql for Given<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Given::Null => ToSqlOutput::Owned(SqlValue::Null),
            Given::Whole(number) => ToSqlOutput::Owned(SqlValue::Integer(*number)),
            Given::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
        })
    }
}

impl From<rusqlite::Error> for Trouble {
    fn from(error: rusqlite::Error) -> Self {
        Trouble::Failed(error.to_string())
    }
}
