//! Operations as rows: everything the house knows about a route before a request comes.

use std::sync::Arc;

use crate::api::Api;
use crate::schema::SchemaId;

/// The groups of operations that close every object of a request.
const CLOSED_BELOW: [&str; 4] = ["Responses", "responses", "Conversations", "Assistants"];

/// The HTTP methods that operations have.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Method {
    /// GET
    Get,
    /// POST
    Post,
    /// PUT
    Put,
    /// PATCH
    Patch,
    /// DELETE
    Delete,
}

impl Method {
    /// All of them, in the order in which an `allow` header lists them.
    pub const ALL: [Self; 5] = [Self::Get, Self::Post, Self::Put, Self::Patch, Self::Delete];

    /// From the name on the wire, in any case.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|method| method.as_str().eq_ignore_ascii_case(name))
    }

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// The three ways in which an operation is served.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// Generates: content, engine and a dialect's encoder.
    Infer,
    /// Stored objects.
    Resource,
    /// Shows what telemetry and the catalogue know.
    View,
}

/// Which key opens an operation. Both are bearer tokens.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Security {
    /// An ordinary key.
    Key,
    /// An organisation's admin key.
    Admin,
}

/// Where a parameter stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Place {
    /// In the path template.
    Path,
    /// In the query.
    Query,
    /// In a header.
    Header,
}

/// A parameter outside the body.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// As the document writes it; a list may end in `[]`.
    pub name: Arc<str>,
    /// Where it stands.
    pub place: Place,
    /// Whether a request without it is refused.
    pub required: bool,
    /// What it must fit.
    pub schema: SchemaId,
}

/// A body that a request may have.
#[derive(Clone, Debug)]
pub struct Body {
    /// The media type without parameters.
    pub media: Arc<str>,
    /// What it must fit.
    pub schema: SchemaId,
}

/// An answer that the document describes.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The media type; none for an empty body.
    pub media: Option<Arc<str>>,
    /// What the body fits; for a stream, each event's data.
    pub schema: Option<SchemaId>,
}

/// One row of the contract.
#[derive(Clone, Debug)]
pub struct Operation {
    /// Its place among all operations: dense, so it can index tables.
    pub index: u16,
    /// The document's operation id.
    pub id: Arc<str>,
    /// The HTTP method.
    pub method: Method,
    /// The path template, without `/v1`.
    pub path: Arc<str>,
    /// Whose wire it is of.
    pub api: Api,
    /// Whether its path stands at the origin, and not below `/v1`.
    pub root: bool,
    /// Whether unknown fields of a request are ignored, also where requests are taken strictly.
    pub open: bool,
    /// How it is served.
    pub kind: Kind,
    /// The document's group.
    pub tag: Arc<str>,
    /// Which key opens it.
    pub security: Security,
    /// Parameters outside the body.
    pub parameters: Box<[Parameter]>,
    /// The bodies it takes; empty for none.
    pub request: Box<[Body]>,
    /// Whether a request without a body is refused.
    pub request_required: bool,
    /// The documented answers, successes first.
    pub responses: Box<[Answer]>,
    /// Whether it can answer with server-sent events.
    pub streams: bool,
    /// What the data of each event fits.
    pub event: Option<SchemaId>,
    /// Whether `event` describes `{event, data}` pairs, not the data alone.
    pub event_pairs: bool,
    /// Whether the provider means to take it away.
    pub deprecated: bool,
    /// Whether it is reached with `?beta=true` only.
    pub beta: bool,
    /// Whether it is a WebSocket: a GET that upgrades.
    pub upgrade: bool,
    /// The largest body, in bytes; none where there is no body.
    pub body_limit: Option<u64>,
}

impl Operation {
    /// The first documented success.
    pub fn success(&self) -> Option<&Answer> {
        self.responses.first().filter(|answer| answer.status < 300)
    }

    /// The status of a success: 200 unless the document has another.
    pub fn success_status(&self) -> u16 {
        self.success().map_or(200, |answer| answer.status)
    }

    /// The answer with a status and media type, if the document has it.
    pub fn answer(&self, status: u16, media: &str) -> Option<&Answer> {
        let named = |answer: &&Answer| answer.media.as_deref() == Some(media);
        self.responses
            .iter()
            .filter(|answer| answer.status == status)
            .find(named)
    }

    /// Whether unknown fields are refused however deep they stand. Newer endpoints do so, with
    /// `Unknown parameter: 'input[0].content[0].cache_control'.`; older ones look at the top alone.
    pub fn is_closed_below(&self) -> bool {
        self.api == Api::OpenAi && CLOSED_BELOW.contains(&&*self.tag)
    }

    /// The schema of a request body with a media type (without its parameters).
    pub fn body(&self, media: &str) -> Option<SchemaId> {
        let media = media.split(';').next().unwrap_or_default().trim();
        let named = |body: &&Body| body.media.eq_ignore_ascii_case(media);
        self.request.iter().find(named).map(|body| body.schema)
    }
}
