//! Connections to Postgres. They live on a thread of their own; whoever asks waits where it
//! stands, on whatever runtime or none.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use futures_executor::block_on;
use parking_lot::{Condvar, Mutex};
use tokio_postgres::config::SslMode;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, Config, NoTls, Statement};

use super::database::{Cell, Given, Row, Session, Trouble};
use crate::store::carrier::Carrier;
use crate::tasks;

/// Prepared statements of a connection at most.
const STATEMENTS: usize = 200;
/// How long a connection may take to be made, unless the URL says so.
const CONNECT: Duration = Duration::from_secs(10);
/// How long a statement may take, waiting for others included, in milliseconds.
const PATIENCE: &str = "SET statement_timeout = 30000";

/// The way to the database.
pub(super) struct Line {
    config: Config,
    /// Carries the connections.
    carrier: Carrier,
}

impl Line {
    /// The way that a `postgres://…` URL describes.
    pub(super) fn new(url: &str) -> Result<Self, Trouble> {
        let mut config: Config = url.parse()?;
        if config.get_ssl_mode() == SslMode::Require {
            return Err(Trouble::Failed(
                "sslmode=require is not supported; use a socket, a private network or a tunnel"
                    .to_owned(),
            ));
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT);
        }
        config.application_name("fakeai");
        config.keepalives_idle(Duration::from_secs(15));
        config.tcp_user_timeout(Duration::from_secs(30));
        let carrier = Carrier::new("postgres");
        Ok(Self {
            config,
            carrier: carrier.map_err(|error| Trouble::Failed(error.to_string()))?,
        })
    }

    fn connect(&self) -> Result<Connection, Trouble> {
        let (config, handle) = (self.config.clone(), self.carrier.handle().clone());
        let connecting = self.carrier.run(async move {
            let (client, connection) = config.connect(NoTls).await?;
            tasks::start_on(&handle, async move {
                if let Err(error) = connection.await {
                    tracing::warn!("a connection to the storage broke: {error}");
                }
            });
            client.batch_execute(PATIENCE).await?;
            Ok::<_, tokio_postgres::Error>(client)
        });
        let client = connecting.map_err(Trouble::Failed)??;
        Ok(Connection {
            client,
            statements: HashMap::new(),
        })
    }
}

/// Connections that are used by one at a time, bounded in number.
pub(super) struct Pool {
    line: Arc<Line>,
    state: Mutex<PoolState>,
    given_back: Condvar,
}

struct PoolState {
    idle: Vec<Connection>,
    /// How many more may be taken.
    free: usize,
}

impl Pool {
    pub(super) fn new(line: &Arc<Line>, most: usize) -> Arc<Self> {
        Arc::new(Self {
            line: Arc::clone(line),
            state: Mutex::new(PoolState {
                idle: Vec::new(),
                free: most,
            }),
            given_back: Condvar::new(),
        })
    }

    /// A connection, as soon as one is free.
    pub(super) fn take(self: &Arc<Self>) -> Result<Place, Trouble> {
        let mut state = self.state.lock();
        while state.free == 0 {
            self.given_back.wait(&mut state);
        }
        state.free -= 1;
        state.idle.retain(|idle| !idle.client.is_closed());
        let mut place = Place {
            pool: Arc::clone(self),
            connection: state.idle.pop(),
        };
        drop(state);
        if place.connection.is_none() {
            place.connection = Some(self.line.connect()?);
        }
        Ok(place)
    }
}

/// A connection that was taken; it goes back when this goes.
pub(super) struct Place {
    pool: Arc<Pool>,
    connection: Option<Connection>,
}

impl Place {
    /// Works on the connection.
    pub(super) fn session<T>(
        &mut self,
        work: impl FnOnce(&mut dyn Session) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        match &mut self.connection {
            Some(connection) => work(connection),
            None => Err(Trouble::Failed("the connection was given up".to_owned())),
        }
    }

    /// Whether the connection is of no use any more.
    pub(super) fn is_broken(&self) -> bool {
        let connection = self.connection.as_ref();
        connection.is_none_or(|connection| connection.client.is_closed())
    }

    /// Closes the connection, with all that is held on it.
    pub(super) fn forget(&mut self) {
        self.connection = None;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.pool.state.lock();
        state.free += 1;
        // Work that panicked may have left a transaction open.
        if !std::thread::panicking() {
            state.idle.extend(self.connection.take());
        }
        self.pool.given_back.notify_one();
    }
}

struct Connection {
    client: Client,
    /// By their texts as the rooms above write them.
    statements: HashMap<String, Statement>,
}

impl Connection {
    fn prepared(&mut self, text: &str) -> Result<Statement, Trouble> {
        if let Some(statement) = self.statements.get(text) {
            return Ok(statement.clone());
        }
        if self.statements.len() >= STATEMENTS {
            self.statements.clear();
        }
        let statement = block_on(self.client.prepare(&text.replace('?', "$")))?;
        self.statements.insert(text.to_owned(), statement.clone());
        Ok(statement)
    }
}

impl Session for Connection {
    fn rows(&mut self, statement: &str, values: &[Given<'_>]) -> Result<Vec<Row>, Trouble> {
        let statement = self.prepared(statement)?;
        let values = parameters(values);
        let rows = block_on(self.client.query(&statement, &values))?;
        rows.iter().map(row).collect()
    }

    fn run(&mut self, statement: &str, values: &[Given<'_>]) -> Result<u64, Trouble> {
        let statement = self.prepared(statement)?;
        let values = parameters(values);
        Ok(block_on(self.client.execute(&statement, &values))?)
    }

    fn script(&mut self, statements: &str) -> Result<(), Trouble> {
        Ok(block_on(self.client.batch_execute(statements))?)
    }
}

fn parameters<'a>(values: &'a [Given<'a>]) -> Vec<&'a (dyn ToSql + Sync)> {
    let values = values.iter();
    values.map(|value| value as &(dyn ToSql + Sync)).collect()
}

fn row(row: &tokio_postgres::Row) -> Result<Row, Trouble> {
    let columns = row.columns().iter().enumerate();
    let cells = columns.map(|(place, column)| {
        Ok(match *column.type_() {
            Type::TEXT => {
                let text = row.try_get::<_, Option<String>>(place)?;
                text.map_or(Cell::Null, Cell::Text)
            }
            Type::INT8 => {
                let number = row.try_get::<_, Option<i64>>(place)?;
                number.map_or(Cell::Null, Cell::Whole)
            }
            // The result of a question whose rows are only counted.
            _ => Cell::Null,
        })
    });
    cells.collect::<Result<_, _>>().map(Row)
}

impl ToSql for Given<'_> {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Given::Null => Ok(IsNull::Yes),
            Given::Whole(number) => number.to_sql(kind, out),
            // The one letter that Postgres has no place for.
            Given::Text(text) if text.contains('\0') => {
                text.replace('\0', "\u{fffd}").to_sql(kind, out)
            }
            Given::Text(text) => text.to_sql(kind, out),
        }
    }

    fn accepts(kind: &Type) -> bool {
        matches!(*kind, Type::TEXT | Type::INT8)
    }

    to_sql_checked!();
}

impl From<tokio_postgres::Error> for Trouble {
    fn from(error: tokio_postgres::Error) -> Self {
        let told = error.as_db_error().map(ToString::to_string);
        Trouble::Failed(told.unwrap_or_else(|| error.to_string()))
    }
}
