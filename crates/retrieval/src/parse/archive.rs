//! An archive that is read within limits. Not here: what its entries mean.

use std::io::Cursor;

use super::ParseError;
use super::budget::Budget;

pub(super) struct Archive<'a>(zip::ZipArchive<Cursor<&'a [u8]>>);

impl<'a> Archive<'a> {
    /// Opens it. Nothing is inflated yet.
    pub(super) fn open(bytes: &'a [u8], budget: &Budget) -> Result<Self, ParseError> {
        let archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| ParseError::Broken)?;
        if archive.len() > budget.limits.archive_entries {
            return Err(ParseError::TooLarge);
        }
        Ok(Self(archive))
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        self.0.index_for_name(name).is_some()
    }

    /// Names that can be read.
    pub(super) fn names(&self) -> impl Iterator<Item = std::borrow::Cow<'_, str>> {
        self.0.file_names().flatten()
    }

    /// Inflates an entry, whatever size it claims, and reads it as UTF-8.
    pub(super) fn text(&mut self, name: &str, budget: &mut Budget) -> Result<String, ParseError> {
        let entry = self.0.by_name(name).map_err(|_| ParseError::Broken)?;
        if entry.encrypted() {
            return Err(ParseError::Broken);
        }
        let compressed = usize::try_from(entry.compressed_size()).unwrap_or(usize::MAX);
        let bytes = budget.inflate(entry, compressed, false)?;
        String::from_utf8(bytes).map_err(|_| ParseError::Broken)
    }
}
