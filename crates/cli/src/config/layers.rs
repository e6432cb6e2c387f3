//! What surrounds a start: the environment, and files by path. The only place that reads either;
//! everything else is handed them, so that tests hand over their own.

use std::io;
use std::path::Path;

/// What a start finds around it.
pub struct Surroundings<'a> {
    /// Environment variables; those of other programs are skipped.
    pub variables: Vec<(String, String)>,
    /// Files.
    pub files: &'a dyn Files,
}

/// Files by their path, relative ones in the working directory.
pub trait Files {
    /// The text of a file; `None` where there is none.
    ///
    /// # Errors
    /// There is one, and it can't be read.
    fn read(&self, path: &Path) -> io::Result<Option<String>>;
}

/// The files of this machine.
struct Disk;

impl Files for Disk {
    fn read(&self, path: &Path) -> io::Result<Option<String>> {
        match std::fs::read_to_string(path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl Surroundings<'static> {
    /// Those of this process.
    pub fn real() -> Self {
        // Names and values that are not Unicode are none of ours.
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Self {
            variables,
            files: &Disk,
        }
    }
}
