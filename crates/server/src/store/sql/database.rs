//! What the databases have in common: sessions that run statements, transactions, and the right to
//! be the only one who works on a world. Statements are written once; their parameters are `?1`,
//! `?2` and so on.

use std::any::Any;
use std::fmt;

use fakeai_canon::{ApiError, ErrorKind};

/// A database that holds the objects of many worlds.
pub trait Database: Send + Sync + 'static {
    /// How a column is declared whose value the database counts up by itself.
    const NUMBER: &'static str;

    /// A condition on the text at a path of an object's JSON, given the numbers of the parameters
    /// that hold the path and the text; none where the database has no cheap one.
    fn text_at(path: usize, text: usize) -> Option<String>;

    /// Reads; what is committed by then is seen.
    ///
    /// # Errors
    /// What the work runs into.
    fn read<T>(
        &self,
        work: impl FnMut(&mut dyn Session) -> Result<T, Trouble>,
    ) -> Result<T, Trouble>;

    /// Works in one transaction, which leaves nothing where the work fails.
    ///
    /// # Errors
    /// What the work runs into.
    fn write<T>(
        &self,
        work: impl FnMut(&mut dyn Session) -> Result<T, Trouble>,
    ) -> Result<T, Trouble>;

    /// The right to read a world and write what follows, until what is returned is dropped.
    ///
    /// # Errors
    /// The database can't be reached.
    fn turn(&self, world: &str) -> Result<Box<dyn Any>, Trouble>;

    /// Lets everybody know that this opening of a world lives.
    ///
    /// # Errors
    /// The database can't be reached.
    fn enter(&self, world: &str, opening: u64) -> Result<(), Trouble>;

    /// This opening of a world has ended.
    fn leave(&self, world: &str, opening: u64);

    /// Whether an opening of a world lives, here or elsewhere.
    ///
    /// # Errors
    /// The database can't be reached.
    fn lives(&self, world: &str, opening: u64) -> Result<bool, Trouble>;
}

/// Runs statements.
pub trait Session {
    /// The rows that a statement gives.
    ///
    /// # Errors
    /// What the database says.
    fn rows(&mut self, statement: &str, values: &[Given<'_>]) -> Result<Vec<Row>, Trouble>;

    /// Runs a statement and says how many rows it changed.
    ///
    /// # Errors
    /// What the database says.
    fn run(&mut self, statement: &str, values: &[Given<'_>]) -> Result<u64, Trouble>;

    /// Runs several statements without parameters.
    ///
    /// # Errors
    /// What the database says.
    fn script(&mut self, statements: &str) -> Result<(), Trouble>;
}

/// The value of a parameter.
#[derive(Clone, Copy, Debug)]
pub enum Given<'a> {
    /// Nothing.
    Null,
    /// A whole number.
    Whole(i64),
    /// A text.
    Text(&'a str),
}

impl<'a> Given<'a> {
    /// A text, where there is one.
    pub(super) fn text(text: Option<&'a str>) -> Self {
        text.map_or(Self::Null, Self::Text)
    }

    /// A number, where there is one; what is beyond the databases' numbers is their largest.
    pub(super) fn number(number: Option<u64>) -> Self {
        number.map_or(Self::Null, |number| Self::Whole(whole(number)))
    }
}

/// A number as the databases hold it.
pub(super) fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The value of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Nothing.
    Null,
    /// A whole number.
    Whole(i64),
    /// A text.
    Text(String),
}

/// A row of a result.
#[derive(Clone, Debug)]
pub struct Row(pub Vec<Cell>);

impl Row {
    /// The text of a column; empty where it is none.
    pub(super) fn text(&self, column: usize) -> &str {
        match self.0.get(column) {
            Some(Cell::Text(text)) => text,
            Some(Cell::Null | Cell::Whole(_)) | None => "",
        }
    }

    /// The text of a column, where it has one.
    pub(super) fn some_text(&self, column: usize) -> Option<&str> {
        match self.0.get(column) {
            Some(Cell::Text(text)) => Some(text),
            Some(Cell::Null | Cell::Whole(_)) | None => None,
        }
    }

    /// The number of a column, where it has one that is not negative.
    pub(super) fn number(&self, column: usize) -> Option<u64> {
        match self.0.get(column) {
            Some(Cell::Whole(number)) => u64::try_from(*number).ok(),
            Some(Cell::Null | Cell::Text(_)) | None => None,
        }
    }
}

/// Why work on a database ended early.
#[derive(Debug)]
pub enum Trouble {
    /// The database failed or can't be reached; in its words.
    Failed(String),
    /// The work itself refuses, in the provider's shape.
    Refused(Box<ApiError>),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::Failed(why) => f.write_str(why),
            Trouble::Refused(error) => f.write_str(&error.message),
        }
    }
}

/// The error of a call whose objects can't be reached.
pub(crate) fn unavailable() -> ApiError {
    ApiError::new(
        ErrorKind::Overloaded,
        "The storage is not available right now. Please try again later.",
    )
}

/// Why something that the settings name could not be opened.
#[derive(Debug)]
pub struct OpenError {
    /// What was to be opened.
    pub what: String,
    /// Why it is no use.
    pub why: String,
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "can't open {}: {}", self.what, self.why)
    }
}

impl std::error::Error for OpenError {}
