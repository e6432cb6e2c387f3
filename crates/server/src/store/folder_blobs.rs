//! Blobs as files of a folder, one folder below it for each world. What a file is named is never
//! a client's word.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use fakeai_canon::ApiError;
use fakeai_resources::{BlobWriter, Blobs};
use parking_lot::Mutex;

use super::blob_errors::{full, missing};
use crate::tasks;

/// How a blob's file begins; its number follows.
const NAME: &str = "blob-";
/// How the file of a blob in the making ends.
const PART: &str = ".part";

/// The place of the blobs fails; what it says is for the log.
fn broken(error: &io::Error) -> ApiError {
    tracing::error!("the storage of files failed: {error}");
    super::unavailable()
}

/// A world's blobs in a folder.
pub struct FolderBlobs {
    folder: Arc<Folder>,
    /// Whether the blobs go when the world does.
    passing: bool,
}

struct Folder {
    path: PathBuf,
    max_bytes: u64,
    bytes: AtomicU64,
    next: AtomicU64,
    /// What was made here, where it goes when the world does.
    made: Mutex<HashSet<String>>,
}

impl FolderBlobs {
    /// The blobs of a world below `root`, at most so many bytes of them. Where they are `passing`,
    /// those that are made go when this does.
    ///
    /// # Errors
    /// A folder that can't be made or read.
    pub fn open(root: &Path, world: &str, max_bytes: u64, passing: bool) -> io::Result<Self> {
        // A world may be called `..`.
        let path = root.join(format!("world-{world}"));
        fs::create_dir_all(&path)?;
        let folder = Folder {
            path,
            max_bytes,
            bytes: AtomicU64::new(0),
            next: AtomicU64::new(0),
            made: Mutex::default(),
        };
        folder.count()?;
        Ok(Self {
            folder: Arc::new(folder),
            passing,
        })
    }

    /// Removes the files that no object names and that nobody has written to for so long.
    ///
    /// # Errors
    /// A folder that can't be read.
    pub fn keep_only(&self, named: &HashSet<String>, untouched: Duration) -> io::Result<()> {
        for entry in fs::read_dir(&self.folder.path)? {
            let entry = entry?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if !name.starts_with(NAME) || named.contains(&*name) {
                continue;
            }
            let age = entry.metadata()?.modified()?.elapsed().unwrap_or_default();
            if age >= untouched {
                fs::remove_file(entry.path())?;
            }
        }
        self.folder.count()
    }
}

impl Folder {
    /// Counts the bytes that are there, and finds the first number that is free.
    fn count(&self) -> io::Result<()> {
        let (mut bytes, mut next) = (0, 0);
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            let name = entry.file_name();
            let number = name.to_str().and_then(number);
            if let Some(number) = number {
                bytes += entry.metadata()?.len();
                next = next.max(number + 1);
            }
        }
        self.bytes.store(bytes, Ordering::Relaxed);
        self.next.fetch_max(next, Ordering::Relaxed);
        Ok(())
    }

    /// The file of a blob; none where the id is not one of ours.
    fn file(&self, id: &str) -> Option<PathBuf> {
        number(id).map(|number| self.path.join(format!("{NAME}{number}")))
    }

    /// A name that nobody else has; its empty file keeps it so.
    fn reserve(&self) -> io::Result<String> {
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let id = format!("{NAME}{number}");
            let mut options = OpenOptions::new();
            match options
                .write(true)
                .create_new(true)
                .open(self.path.join(&id))
            {
                Ok(_) => return Ok(id),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn create(self: &Arc<Self>) -> io::Result<Writer> {
        let id = self.reserve()?;
        let part = self.path.join(format!("{id}{PART}"));
        let mut options = OpenOptions::new();
        let file = options
            .write(true)
            .create(true)
            .truncate(true)
            .open(&part)?;
        Ok(Writer {
            folder: Arc::clone(self),
            id,
            part,
            file: Some(file),
            bytes: 0,
        })
    }

    fn read(&self, id: &str, from: u64, most: usize) -> io::Result<Option<Bytes>> {
        let Some(path) = self.file(id) else {
            return Ok(None);
        };
        let mut file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let length = file.metadata()?.len();
        let most = length.saturating_sub(from).min(most as u64);
        let mut piece = Vec::with_capacity(usize::try_from(most).unwrap_or(0));
        file.seek(SeekFrom::Start(from))?;
        file.take(most).read_to_end(&mut piece)?;
        Ok(Some(Bytes::from(piece)))
    }

    fn remove(&self, id: &str) {
        let Some(path) = self.file(id) else {
            return;
        };
        let length = fs::metadata(&path).map_or(0, |file| file.len());
        match fs::remove_file(&path) {
            Ok(()) => drop(self.bytes.fetch_sub(length, Ordering::Relaxed)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => tracing::warn!("can't remove {}: {error}", path.display()),
        }
    }
}

/// The number of a blob's name.
fn number(id: &str) -> Option<u64> {
    let digits = id.strip_prefix(NAME)?;
    let plain = digits.bytes().all(|letter| letter.is_ascii_digit());
    if plain { digits.parse().ok() } else { None }
}

impl Blobs for FolderBlobs {
    fn create(&self) -> Result<Box<dyn BlobWriter>, ApiError> {
        let writer = tasks::aside(|| self.folder.create());
        let writer = writer.map_err(|error| broken(&error))?;
        if self.passing {
            self.folder.made.lock().insert(writer.id.clone());
        }
        Ok(Box::new(writer))
    }

    fn size(&self, id: &str) -> Option<u64> {
        let path = self.folder.file(id)?;
        tasks::aside(|| fs::metadata(path))
            .ok()
            .map(|file| file.len())
    }

    fn read(&self, id: &str, from: u64, most: usize) -> Result<Bytes, ApiError> {
        let read = tasks::aside(|| self.folder.read(id, from, most));
        read.map_err(|error| broken(&error))?
            .ok_or_else(|| missing(id))
    }

    fn delete(&self, id: &str) {
        self.folder.made.lock().remove(id);
        tasks::aside(|| self.folder.remove(id));
    }
}

impl Drop for FolderBlobs {
    fn drop(&mut self) {
        let made = std::mem::take(&mut *self.folder.made.lock());
        tasks::aside(|| made.iter().for_each(|id| self.folder.remove(id)));
    }
}

/// A blob in the making: a file of another name, until all of it is on the disk.
struct Writer {
    folder: Arc<Folder>,
    id: String,
    part: PathBuf,
    /// There until the blob is kept.
    file: Option<File>,
    bytes: u64,
}

impl Writer {
    fn keep(&mut self, file: &File) -> io::Result<()> {
        file.sync_all()?;
        fs::rename(&self.part, self.folder.path.join(&self.id))?;
        // The new name is only then sure to be found after a crash.
        File::open(&self.folder.path)?.sync_all()
    }
}

impl BlobWriter for Writer {
    fn write(&mut self, bytes: Bytes) -> Result<(), ApiError> {
        let more = bytes.len() as u64;
        let before = self.folder.bytes.fetch_add(more, Ordering::Relaxed);
        self.bytes += more;
        if before + more > self.folder.max_bytes {
            return Err(full(self.folder.max_bytes));
        }
        let Some(file) = &mut self.file else {
            return Ok(());
        };
        tasks::aside(|| file.write_all(&bytes)).map_err(|error| broken(&error))
    }

    fn finish(mut self: Box<Self>) -> Result<String, ApiError> {
        let Some(file) = self.file.take() else {
            return Err(missing(&self.id));
        };
        match tasks::aside(|| self.keep(&file)) {
            Ok(()) => Ok(self.id.clone()),
            Err(error) => {
                self.file = Some(file);
                Err(broken(&error))
            }
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if self.file.take().is_none() {
            return;
        }
        self.folder.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
        self.folder.made.lock().remove(&self.id);
        // What can't be removed now is removed at the next start.
        let _ = fs::remove_file(&self.part);
        let _ = fs::remove_file(self.folder.path.join(&self.id));
    }
}
