//! A small S3 in this process: objects, parts, ranges and lists, for one bucket and one key. It
//! refuses what is not signed by the key and bodies whose hash is another, and fails when told.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;

use fakeai_server::config::{BlobsUrl, Secret, Storage};
use parking_lot::Mutex;
use ring::digest::{SHA256, digest};

/// The name of the bucket.
pub(crate) const BUCKET: &str = "files";
const KEY: &str = "AKIDEXAMPLE";

/// The server.
pub(crate) struct BucketServer {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    objects: BTreeMap<String, Vec<u8>>,
    uploads: BTreeMap<String, BTreeMap<u32, Vec<u8>>>,
    next: u32,
    /// The verb that is answered with 503 from now on.
    failing: Option<&'static str>,
    largest: usize,
    stopped: bool,
}

struct Request {
    verb: String,
    key: String,
    query: BTreeMap<String, String>,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

struct Response(u16, Vec<(&'static str, String)>, Vec<u8>);

impl BucketServer {
    #[allow(clippy::disallowed_methods, reason = "a server of a test's own")]
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state: Arc<Mutex<State>> = Arc::default();
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                if shared.lock().stopped {
                    return;
                }
                let state = Arc::clone(&shared);
                std::thread::spawn(move || serve(socket, &state));
            }
        });
        Self { address, state }
    }

    /// The settings that lead here.
    pub(crate) fn settings(&self) -> Storage {
        Storage {
            blobs: Some(BlobsUrl::Bucket {
                bucket: BUCKET.to_owned(),
                prefix: "some/prefix".to_owned(),
            }),
            s3_endpoint: Some(format!("http://{}", self.address)),
            s3_access_key_id: Some(KEY.to_owned()),
            s3_secret_access_key: Some(Secret("secret".to_owned())),
            ..Storage::default()
        }
    }

    /// The keys of all objects.
    pub(crate) fn keys(&self) -> Vec<String> {
        self.state.lock().objects.keys().cloned().collect()
    }

    /// Puts an object there that nobody asked for.
    pub(crate) fn put(&self, key: &str, bytes: &[u8]) {
        let mut state = self.state.lock();
        state.objects.insert(key.to_owned(), bytes.to_vec());
    }

    /// Uploads that are neither completed nor given up.
    pub(crate) fn open_uploads(&self) -> usize {
        self.state.lock().uploads.len()
    }

    /// Bytes of the largest body so far.
    pub(crate) fn largest(&self) -> usize {
        self.state.lock().largest
    }

    /// Fails requests with this verb, or none.
    pub(crate) fn fail(&self, verb: Option<&'static str>) {
        self.state.lock().failing = verb;
    }
}

impl Drop for BucketServer {
    fn drop(&mut self) {
        self.state.lock().stopped = true;
        // Wakes the listener, so that its thread ends.
        let _ = TcpStream::connect(self.address);
    }
}

fn serve(socket: TcpStream, state: &Mutex<State>) {
    let mut reader = BufReader::new(socket.try_clone().unwrap());
    let mut writer = socket;
    while let Some(request) = read(&mut reader) {
        let is_head = request.verb == "HEAD";
        let Response(status, headers, body) = answer(&request, &mut state.lock());
        let mut head = format!(
            "HTTP/1.1 {status} Whatever\r\ncontent-length: {}\r\n",
            body.len()
        );
        for (name, value) in headers {
            write!(head, "{name}: {value}\r\n").unwrap();
        }
        head.push_str("\r\n");
        let sent = writer.write_all(head.as_bytes());
        if sent.is_err() || (!is_head && writer.write_all(&body).is_err()) {
            return;
        }
    }
}

fn read(reader: &mut impl BufRead) -> Option<Request> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let mut words = line.split(' ');
    let (verb, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length");
    let length = length.map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let query = pairs.map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (name.to_owned(), plain(value))
    });
    Some(Request {
        verb,
        key: plain(
            path.strip_prefix(&format!("/{BUCKET}"))?
                .trim_start_matches('/'),
        ),
        query: query.collect(),
        headers,
        body,
    })
}

/// A text with its `%xx` read.
fn plain(text: &str) -> String {
    let query = format!("a={}", text.replace('+', "%2B"));
    let decoded = fakeai_contract::decode_query(&query);
    decoded[0].1.clone()
}

fn answer(request: &Request, state: &mut State) -> Response {
    let header = |name: &str| request.headers.get(name).map_or("", String::as_str);
    let hash: String = digest(&SHA256, &request.body)
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let signed =
        header("authorization").starts_with(&format!("AWS4-HMAC-SHA256 Credential={KEY}/"));
    if !signed || header("x-amz-content-sha256") != hash {
        return refusal(403, "SignatureDoesNotMatch");
    }
    if state.failing == Some(request.verb.as_str()) {
        return refusal(503, "SlowDown");
    }
    state.largest = state.largest.max(request.body.len());
    let query = |name: &str| request.query.get(name);
    let tag = |body: &[u8]| vec![("etag", format!("\"{}\"", body.len()))];
    match (
        request.verb.as_str(),
        query("uploadId"),
        query("partNumber"),
    ) {
        ("POST", None, _) if query("uploads").is_some() => {
            state.next += 1;
            let id = format!("upload{}", state.next);
            state.uploads.insert(id.clone(), BTreeMap::new());
            xml(&format!(
                "<InitiateMultipartUploadResult><Bucket>{BUCKET}</Bucket><Key>{}</Key><UploadId>{id}</UploadId></InitiateMultipartUploadResult>",
                request.key
            ))
        }
        ("PUT", Some(id), Some(number)) => match state.uploads.get_mut(id) {
            Some(parts) => {
                parts.insert(number.parse().unwrap(), request.body.clone());
                Response(200, tag(&request.body), Vec::new())
            }
            None => refusal(404, "NoSuchUpload"),
        },
        ("POST", Some(id), _) => match state.uploads.remove(id) {
            Some(parts) => {
                let last = parts.keys().max().copied();
                let small = parts
                    .iter()
                    .any(|(number, part)| Some(*number) != last && part.len() < 5 << 20);
                if small {
                    return refusal(400, "EntityTooSmall");
                }
                let whole = parts.into_values().flatten().collect();
                state.objects.insert(request.key.clone(), whole);
                xml(
                    "<CompleteMultipartUploadResult><ETag>\"whole\"</ETag></CompleteMultipartUploadResult>",
                )
            }
            None => refusal(404, "NoSuchUpload"),
        },
        ("DELETE", Some(id), _) => {
            state.uploads.remove(id);
            Response(204, Vec::new(), Vec::new())
        }
        ("PUT", ..) => {
            state
                .objects
                .insert(request.key.clone(), request.body.clone());
            Response(200, tag(&request.body), Vec::new())
        }
        ("DELETE", ..) => {
            state.objects.remove(&request.key);
            Response(204, Vec::new(), Vec::new())
        }
        ("GET", ..) if request.key.is_empty() => list(request, state),
        ("GET" | "HEAD", ..) => match state.objects.get(&request.key) {
            Some(object) => object_answer(header("range"), object),
            None => refusal(404, "NoSuchKey"),
        },
        _ => refusal(405, "MethodNotAllowed"),
    }
}

fn object_answer(range: &str, object: &[u8]) -> Response {
    let mut headers = vec![
        ("etag", format!("\"{}\"", object.len())),
        ("last-modified", "Thu, 01 Jan 2026 00:00:00 GMT".to_owned()),
    ];
    let Some(range) = range.strip_prefix("bytes=") else {
        return Response(200, headers, object.to_vec());
    };
    let (from, to) = range.split_once('-').unwrap();
    let (from, to): (usize, usize) = (from.parse().unwrap(), to.parse().unwrap());
    if from >= object.len() {
        return refusal(416, "InvalidRange");
    }
    let to = to.min(object.len() - 1);
    headers.push((
        "content-range",
        format!("bytes {from}-{to}/{}", object.len()),
    ));
    Response(206, headers, object[from..=to].to_vec())
}

/// A page of two keys, so that whoever lists has to ask again.
fn list(request: &Request, state: &State) -> Response {
    let prefix = request.query.get("prefix").map_or("", String::as_str);
    let after = request.query.get("continuation-token");
    let mut found = state
        .objects
        .iter()
        .filter(|(key, _)| key.starts_with(prefix) && after.is_none_or(|after| *key > after));
    let page: Vec<_> = found.by_ref().take(2).collect();
    let more = found.next().is_some();
    let mut text =
        format!("<ListBucketResult><Name>{BUCKET}</Name><IsTruncated>{more}</IsTruncated>");
    if let Some((last, _)) = page.last().filter(|_| more) {
        write!(
            text,
            "<NextContinuationToken>{last}</NextContinuationToken>"
        )
        .unwrap();
    }
    for (key, object) in page {
        write!(text, "<Contents><Key>{key}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>\"e\"</ETag><Size>{}</Size></Contents>", object.len()).unwrap();
    }
    text.push_str("</ListBucketResult>");
    xml(&text)
}

fn xml(text: &str) -> Response {
    let media = vec![("content-type", "application/xml".to_owned())];
    Response(200, media, text.as_bytes().to_vec())
}

fn refusal(status: u16, code: &str) -> Response {
    let text = format!("<Error><Code>{code}</Code><Message>No.</Message></Error>");
    Response(status, Vec::new(), text.into_bytes())
}
