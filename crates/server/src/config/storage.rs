//! The section `storage`: what is kept of stored objects and files, and where.

use std::path::PathBuf;
use std::time::Duration;

use super::raw::Raw;
use super::secret::Secret;
use super::value::{ByteCount, Value};

section! {
    /// How much a world keeps, and where: responses, conversations, stored completions, files.
    storage: Storage {
        /// Where objects are. `memory:` forgets them when the server ends. `sqlite:PATH` is a file
        /// that one server works on; none of what was acknowledged is lost when the process ends,
        /// however it ends. `postgres://USER@HOST/DATABASE` is shared by all servers that name it:
        /// they see each other's objects.
        url: StoreUrl = StoreUrl::Memory, also ["storage_url"];
        /// Where the bytes of files are: `memory:`, `folder:PATH`, or `s3://BUCKET/PREFIX` in
        /// any service that speaks S3. Left open, they are in memory where the objects are, beside
        /// the file of `sqlite:PATH` in the folder `PATH.blobs`, and nowhere for `postgres://`,
        /// which needs a place that all its servers reach.
        blobs: Option<BlobsUrl> = None, also ["storage_blobs"];
        /// The address of the S3 service, as `https://HOST:PORT`; left open, Amazon's of the region.
        /// Left open, this and the next four are read from the variables that AWS's own programs
        /// read, such as `AWS_ENDPOINT_URL` and `AWS_SECRET_ACCESS_KEY`.
        s3_endpoint: Option<String> = None;
        /// The region of the bucket.
        s3_region: String = "us-east-1".to_owned();
        /// The id of the key that opens the bucket. Left open, the machine's own role is asked for.
        s3_access_key_id: Option<String> = None;
        /// The secret of that key.
        s3_secret_access_key: Option<Secret> = None;
        /// The token of a key that is only lent.
        s3_session_token: Option<Secret> = None;
        /// Objects at most. What would go beyond is refused with an error; nothing is dropped.
        max_objects: u32 = 100000, from 1 to 100000000;
        /// Responses that are kept though their requests don't say `store`. Beyond these the oldest
        /// goes, so that a load test doesn't fill the store. Responses with `"store": true`, those
        /// that run in the background and those of conversations are not among them; `0` keeps all.
        /// Each server counts those that it stores and those that it found at its start.
        unasked_responses: u32 = 5000, from 0 to 100000000;
        /// Bytes of all objects at most, refused beyond as `max_objects` is.
        max_bytes: ByteCount = ByteCount(256 << 20), from 1048576 to 1e12;
        /// Bytes of all files and of what is made of them at most, refused beyond.
        max_blob_bytes: ByteCount = ByteCount(4 << 30), from 1048576 to 1e15;
        /// Seconds after which an object goes, by the world's clock; `0` keeps it.
        retention: Duration = Duration::ZERO, also ["retention_seconds"];
    }
}

/// Where objects are.
#[derive(Clone, PartialEq, Eq)]
pub enum StoreUrl {
    /// In memory.
    Memory,
    /// In a SQLite file.
    Sqlite(PathBuf),
    /// In the Postgres database of this URL.
    Postgres(String),
}

impl Value for StoreUrl {
    fn read(raw: &Raw) -> Option<Self> {
        let text = raw.line()?;
        let text = text.trim();
        if matches!(text, "memory" | "memory:") {
            return Some(Self::Memory);
        }
        if let Some(path) = text.strip_prefix("sqlite:") {
            // `sqlite:///srv/a.db` is the form that other programs take.
            let path = path.strip_prefix("//").unwrap_or(path);
            return (!path.is_empty()).then(|| Self::Sqlite(PathBuf::from(path)));
        }
        let postgres = text.starts_with("postgres://") || text.starts_with("postgresql://");
        postgres.then(|| Self::Postgres(text.to_owned()))
    }

    fn show(&self) -> Raw {
        Raw::Text(match self {
            Self::Memory => "memory:".to_owned(),
            Self::Sqlite(path) => format!("sqlite:{}", path.display()),
            Self::Postgres(url) => without_password(url),
        })
    }

    fn accepts(_: Option<(f64, f64)>) -> String {
        "`memory:`, `sqlite:PATH` or `postgres://…`".to_owned()
    }
}

impl std::fmt::Debug for StoreUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.show())
    }
}

/// A URL with its password hidden.
fn without_password(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or_default();
    let (user, place) = rest.rsplit_once('@').unwrap_or(("", rest));
    match user.split_once(':') {
        Some((user, _)) => format!("{scheme}://{user}:…@{place}"),
        None => url.to_owned(),
    }
}

/// Where the bytes of files are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlobsUrl {
    /// In memory.
    Memory,
    /// In a folder.
    Folder(PathBuf),
    /// In a bucket, below a prefix.
    Bucket {
        /// Its name.
        bucket: String,
        /// How the keys begin; may be empty.
        prefix: String,
    },
}

impl Value for BlobsUrl {
    fn read(raw: &Raw) -> Option<Self> {
        let text = raw.line()?;
        let text = text.trim();
        if matches!(text, "memory" | "memory:") {
            return Some(Self::Memory);
        }
        if let Some(path) = text.strip_prefix("folder:") {
            return (!path.is_empty()).then(|| Self::Folder(PathBuf::from(path)));
        }
        let rest = text.strip_prefix("s3://")?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        (!bucket.is_empty()).then(|| Self::Bucket {
            bucket: bucket.to_owned(),
            prefix: prefix.trim_end_matches('/').to_owned(),
        })
    }

    fn show(&self) -> Raw {
        Raw::Text(match self {
            Self::Memory => "memory:".to_owned(),
            Self::Folder(path) => format!("folder:{}", path.display()),
            Self::Bucket { bucket, prefix } => format!("s3://{bucket}/{prefix}"),
        })
    }

    fn accepts(_: Option<(f64, f64)>) -> String {
        "`memory:`, `folder:PATH` or `s3://BUCKET/PREFIX`".to_owned()
    }
}
