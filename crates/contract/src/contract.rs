//! One API's contract: rows, routes, and the checks of what comes and goes.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, OnceLock};

use serde_json::Value;

use crate::check::{Fields, Violation, Walk};
use crate::load;
use crate::make::Heights;
use crate::mount::Mount;
use crate::operation::{Method, Operation};
use crate::route::{Match, Routes, Wanted};
use crate::rows;
use crate::schema::{SchemaId, Schemas};
use crate::wire::Wire;

/// How many violations of a response are listed.
const LISTED: usize = 16;

static OPENAI: LazyLock<Contract> = LazyLock::new(|| {
    Contract::parse_beside(OPENAI_TEXT, rows::rows())
        .expect("the embedded contract is read by a test")
});

/// The embedded file.
pub(crate) const OPENAI_TEXT: &str = include_str!("../../../data/contracts/openai.json");

/// OpenAI's contract, and the rows of other makers that stand beside it. Made on first use: a few
/// milliseconds.
pub fn openai() -> &'static Contract {
    &OPENAI
}

/// How strictly a request's fields are taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Strictness<'e> {
    /// Unknown fields of the body and of the objects that the overlay closes are violations, and of
    /// all objects where the operation closes them.
    pub closed: bool,
    /// Fields taken all the same: a bare name, or a path without indices.
    pub extras: &'e [&'e str],
}

impl Strictness<'static> {
    /// As the provider is.
    pub const REALISTIC: Self = Self {
        closed: true,
        extras: &[],
    };
    /// As the document is.
    pub const MOCK: Self = Self {
        closed: false,
        extras: &[],
    };
}

impl<'e> Strictness<'e> {
    fn fields(self) -> Fields<'e> {
        match self.closed {
            true => Fields::Request(self.extras),
            false => Fields::Open,
        }
    }
}

/// A webhook: what the provider posts to a subscriber.
#[derive(Clone, Debug)]
pub struct Webhook {
    /// The event's name.
    pub name: Arc<str>,
    /// What is posted.
    pub schema: SchemaId,
}

/// The contract of one API.
pub struct Contract {
    pub(crate) schemas: Schemas,
    operations: Vec<Operation>,
    by_id: BTreeMap<Arc<str>, u16>,
    webhooks: Vec<Webhook>,
    named: BTreeMap<Arc<str>, SchemaId>,
    pub(crate) wires: Vec<Wire>,
    mounts: Vec<Mount>,
    routes: Routes,
    heights: OnceLock<Heights>,
}

impl Contract {
    /// Reads a contract file as `cargo xtask import-contract` writes it.
    ///
    /// # Errors
    /// When the text is not such a file.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        Self::parse_beside(text, &[])
    }

    fn parse_beside(text: &str, beside: &[rows::Rows]) -> Result<Self, serde_json::Error> {
        let loaded = load::load(text, beside)?;
        let by_id = loaded
            .operations
            .iter()
            .map(|row| (row.id.clone(), row.index))
            .collect();
        let webhooks = loaded.webhooks.into_iter();
        Ok(Self {
            routes: Routes::new(&loaded.operations, &loaded.greedy),
            schemas: loaded.schemas,
            operations: loaded.operations,
            by_id,
            webhooks: webhooks
                .map(|(name, schema)| Webhook { name, schema })
                .collect(),
            named: loaded.named,
            wires: loaded.wires,
            mounts: loaded.mounts,
            heights: OnceLock::new(),
        })
    }

    /// Only made-up answers need them: worked out at the first.
    pub(crate) fn heights(&self) -> &Heights {
        self.heights.get_or_init(|| Heights::of(&self.schemas))
    }

    /// All rows, in the document's order, the overlay's last.
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// The row with an operation id.
    pub fn operation(&self, id: &str) -> Option<&Operation> {
        self.by_id
            .get(id)
            .map(|index| &self.operations[*index as usize])
    }

    /// All webhooks.
    pub fn webhooks(&self) -> &[Webhook] {
        &self.webhooks
    }

    /// The webhook of an event, such as `batch.completed`: the document writes its name with
    /// underscores.
    pub fn webhook(&self, event: &str) -> Option<&Webhook> {
        let name = event.replace('.', "_");
        self.webhooks.iter().find(|webhook| *webhook.name == *name)
    }

    /// A named schema, e.g. `ResponseStreamEvent`.
    pub fn schema(&self, name: &str) -> Option<SchemaId> {
        self.named.get(name).copied()
    }

    /// Where operations stand besides, in other wires. The first that a path fits is the one.
    pub fn mounts(&self) -> &[Mount] {
        &self.mounts
    }

    /// The names of all named schemas, sorted.
    pub fn schema_names(&self) -> impl Iterator<Item = &str> {
        self.named.keys().map(|name| &**name)
    }

    /// How many schema nodes the contract has, for the record.
    pub fn node_count(&self) -> usize {
        self.schemas.len()
    }

    /// The operation of a path without `/v1` and without its query. `query_beta`: whether the
    /// query holds `beta=true`.
    pub fn find(&self, method: Method, path: &str, query_beta: bool) -> Match<'_> {
        let wanted = Wanted {
            method,
            beta: query_beta,
            upgrade: false,
        };
        self.routes.find(&self.operations, wanted, path)
    }

    /// The WebSocket operation of a path.
    pub fn find_upgrade(&self, path: &str) -> Match<'_> {
        let wanted = Wanted {
            method: Method::Get,
            beta: false,
            upgrade: true,
        };
        self.routes.find(&self.operations, wanted, path)
    }

    /// Checks a request body.
    ///
    /// # Errors
    /// The first violation. A media type that the operation does not take is not one: see
    /// [`Operation::body`].
    pub fn validate_request(
        &self,
        operation: &Operation,
        media: &str,
        body: &Value,
        strictness: Strictness<'_>,
    ) -> Result<(), Violation> {
        let Some(schema) = operation.body(media) else {
            return Ok(());
        };
        let fields = match strictness.closed {
            true if operation.is_closed_below() => Fields::Whole(strictness.extras),
            _ => strictness.fields(),
        };
        self.first(schema, body, fields)
    }

    /// Checks what a client sent against a schema, such as a message of a WebSocket.
    ///
    /// # Errors
    /// The first violation.
    pub fn validate(
        &self,
        schema: SchemaId,
        sent: &Value,
        strictness: Strictness<'_>,
    ) -> Result<(), Violation> {
        self.first(schema, sent, strictness.fields())
    }

    fn first(&self, schema: SchemaId, sent: &Value, fields: Fields<'_>) -> Result<(), Violation> {
        match Walk::new(&self.schemas, fields, 1).run(schema, sent).pop() {
            Some(violation) => Err(violation),
            None => Ok(()),
        }
    }

    /// Takes out of a JSON request's body what its schema does not name, for those who ignore
    /// unknown fields. The body's own fields stay.
    pub fn trim(&self, operation: &Operation, body: &mut Value) {
        if let Some(schema) = operation.body("application/json") {
            Walk::new(&self.schemas, Fields::Open, 0).trim_below(schema, body);
        }
    }

    /// Checks a response body: it fits what the document has for the status, an error fits the
    /// errors of its wire, and no field is sent that is not documented or in `extras`.
    ///
    /// # Errors
    /// What does not fit. A JSON body where the document has none is not checked.
    pub fn check_response(
        &self,
        operation: &Operation,
        status: u16,
        media: &str,
        body: &Value,
        extras: &[&str],
    ) -> Result<(), Vec<Violation>> {
        let media = media.split(';').next().unwrap_or_default().trim();
        let documented = operation
            .answer(status, media)
            .and_then(|answer| answer.schema);
        let schema = match status {
            200..300 => documented,
            _ => documented.or_else(|| self.error_schema(operation.api)),
        };
        match schema {
            Some(schema) => self.check_schema(schema, body, extras),
            None => Ok(()),
        }
    }

    /// Checks the data of one server-sent event, or one message of a WebSocket.
    ///
    /// # Errors
    /// What does not fit.
    pub fn check_event(
        &self,
        operation: &Operation,
        event: &Value,
        extras: &[&str],
    ) -> Result<(), Vec<Violation>> {
        match operation.event {
            Some(schema) => self.check_schema(schema, event, extras),
            None => Ok(()),
        }
    }

    /// Checks a value against any schema, undocumented fields included.
    ///
    /// # Errors
    /// What does not fit.
    pub fn check_schema(
        &self,
        schema: SchemaId,
        value: &Value,
        extras: &[&str],
    ) -> Result<(), Vec<Violation>> {
        let found = Walk::new(&self.schemas, Fields::Named(extras), LISTED).run(schema, value);
        if found.is_empty() { Ok(()) } else { Err(found) }
    }
}
