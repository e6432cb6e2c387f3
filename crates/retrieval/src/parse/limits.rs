//! What a file may cost. Not here: keeping to it.

/// Bounds of reading one file. What is over a bound is refused as too large.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file.
    pub input_bytes: usize,
    /// Bytes of the text that comes out.
    pub text_bytes: usize,
    /// Entries of an archive.
    pub archive_entries: usize,
    /// Bytes that all compressed parts together may become. A part that is read twice counts twice.
    pub inflated_bytes: usize,
    /// How many times its compressed size a part may become, once it is over a mebibyte.
    pub inflate_ratio: usize,
    /// Objects of a PDF, and values in its objects.
    pub objects: usize,
    /// Pages of a PDF, slides of a presentation.
    pub pages: usize,
    /// How deep values, elements and drawn forms may stand in each other.
    pub nesting: usize,
}

impl Default for Limits {
    /// The provider takes files of 512 MB; the rest leaves room for any honest document.
    fn default() -> Self {
        Self {
            input_bytes: 512 << 20,
            text_bytes: 32 << 20,
            archive_entries: 10_000,
            inflated_bytes: 256 << 20,
            inflate_ratio: 250,
            objects: 1_000_000,
            pages: 10_000,
            nesting: 128,
        }
    }
}
