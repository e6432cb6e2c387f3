//! A call into the house and the reply that leaves it, with no socket in either.

use std::task::Waker;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Method, StatusCode};

use crate::{ApiError, Micros};

/// What is known of a call before its body has come.
#[derive(Clone, Debug)]
pub struct Head {
    /// The verb.
    pub method: Method,
    /// The path as sent, still percent-encoded, with any world or deployment prefix.
    pub path: String,
    /// The query without its question mark; empty where there is none.
    pub query: String,
    /// The headers.
    pub headers: HeaderMap,
}

/// One whole call.
#[derive(Clone, Debug)]
pub struct Call {
    /// Everything but the body.
    pub head: Head,
    /// The body; empty where there is none, and where a form was read while it came.
    pub body: Bytes,
    /// A form that was read while it came, its files stored already.
    pub form: Option<Form>,
}

/// A form: fields and files in the order in which they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    /// Names and texts. A file is here too, with its file name as the text.
    pub fields: Vec<(String, String)>,
    /// The files.
    pub files: Vec<FilePart>,
}

/// A file of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilePart {
    /// The name of the form's field.
    pub field: String,
    /// The name that the client gave to the file, without the folders before it.
    pub name: String,
    /// The same with its folders, as it was sent: not to be trusted.
    pub path: String,
    /// The media type that the client gave.
    pub media: Option<String>,
    /// The blob that holds its bytes.
    pub blob: String,
    /// How many there are.
    pub bytes: u64,
}

impl Call {
    /// A call without a body, as for a `GET`.
    pub fn new(method: Method, target: &str) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Self {
            head: Head {
                method,
                path: path.to_owned(),
                query: query.to_owned(),
                headers: HeaderMap::new(),
            },
            body: Bytes::new(),
            form: None,
        }
    }

    /// The same call with a JSON body.
    #[must_use]
    pub fn json(mut self, body: impl Into<Bytes>) -> Self {
        self.head.headers.insert(
            http::header::CONTENT_TYPE,
            http::HeaderValue::from_static("application/json"),
        );
        self.body = body.into();
        self
    }

    /// The same call with one more header.
    #[must_use]
    pub fn header(mut self, name: http::HeaderName, value: http::HeaderValue) -> Self {
        self.head.headers.append(name, value);
        self
    }
}

/// The answer to a call.
pub struct Reply {
    /// The status; for a folded body, that of success.
    pub status: StatusCode,
    /// The headers, without those of the transport.
    pub headers: HeaderMap,
    /// The body.
    pub body: ReplyBody,
}

/// A body that is there, or that comes as time goes on.
pub enum ReplyBody {
    /// All of it.
    Whole(Bytes),
    /// A body that is sent as one piece when its last frame is due.
    Fold(Box<dyn Frames>),
    /// A body that is sent frame by frame.
    Stream(Box<dyn Frames>),
}

/// A body in the making. Pulled by whoever sends it; dropped when nobody listens any more.
pub trait Frames: Send {
    /// Appends to `out` what is due at `now`, as much as makes sense in one write, and says how
    /// to go on. `waker` is woken after `Pending`, and only then.
    fn pull(&mut self, now: Micros, out: &mut BytesMut, waker: &Waker) -> Pull;

    /// The server ends early (shutdown, a lost deadline): append what tells the client so.
    fn abort(&mut self, error: &ApiError, out: &mut BytesMut);

    /// Nobody wants the rest: append what tells so. Default: nothing does.
    fn cancel(&mut self, _why: Stopped, _out: &mut BytesMut) {}
}

/// Why nobody wants the rest of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// The application said so.
    ByClient,
    /// Somebody has begun to speak.
    ByTurn,
}

/// How a body goes on.
#[derive(Clone, Debug, PartialEq)]
pub enum Pull {
    /// More can be had at once; send what there is first.
    More,
    /// The next frame is due then.
    DueAt(Micros),
    /// Something else has to happen first; the waker tells.
    Pending,
    /// That was the last frame.
    End,
    /// The connection is to be cut here, as a fault asked for.
    Cut,
    /// The answer failed before anything was sent; only a folded body may say so.
    Failed(Box<ApiError>),
}
