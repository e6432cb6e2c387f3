//! Files to text. Not here: what is done with the text.

mod archive;
mod budget;
mod docx;
mod error;
mod format;
mod html;
mod limits;
mod pdf;
mod plain;
mod pptx;
mod xml;

pub use error::ParseError;
pub use format::Format;
pub use limits::Limits;

use budget::Budget;

/// A file.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// Its name, whose extension says what it claims to be.
    pub name: &'a str,
    /// What its sender says it is; asked only where the extension says nothing.
    pub media_type: Option<&'a str>,
    /// What it holds.
    pub bytes: &'a [u8],
}

/// The text of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// All of it, never blank.
    pub text: String,
    /// What the file was.
    pub format: Format,
    /// Where its parts begin, by ascending offset.
    pub marks: Vec<Mark>,
}

/// Where a part of a document begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Byte of the text.
    pub offset: usize,
    /// What begins there.
    pub place: Place,
}

/// A part of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A page, from 1.
    Page(u32),
    /// A slide, from 1.
    Slide(u32),
    /// What stands below a heading.
    Section(String),
}

/// Reads a file: what it is follows from its first bytes and its name. Time and memory are bounded by
/// the limits, whatever the file claims.
///
/// # Errors
/// Where the file is of no known type, broken, encrypted, without text, or over a limit.
pub fn parse(source: &Source<'_>, limits: &Limits) -> Result<Document, ParseError> {
    if source.bytes.len() > limits.input_bytes {
        return Err(ParseError::TooLarge);
    }
    if source.bytes.is_empty() {
        return Err(ParseError::Empty);
    }
    let mut budget = Budget::new(*limits);
    let format = format::detect(source)?;
    let (format, text, marks) = match format {
        format::Container::Pdf => {
            let (text, marks) = pdf::read(source.bytes, &mut budget)?;
            (Format::Pdf, text, marks)
        }
        format::Container::Office => office(source.bytes, &mut budget)?,
        format::Container::Plain(format) => {
            let (text, marks) = plain::read(format, source.bytes, &mut budget)?;
            (format, text, marks)
        }
    };
    if text.trim().is_empty() {
        return Err(ParseError::Empty);
    }
    Ok(Document {
        text,
        format,
        marks,
    })
}

fn office(bytes: &[u8], budget: &mut Budget) -> Result<(Format, String, Vec<Mark>), ParseError> {
    let mut archive = archive::Archive::open(bytes, budget)?;
    if archive.contains("word/document.xml") {
        let (text, marks) = docx::read(&mut archive, budget)?;
        Ok((Format::Docx, text, marks))
    } else if archive.contains("ppt/presentation.xml") {
        let (text, marks) = pptx::read(&mut archive, budget)?;
        Ok((Format::Pptx, text, marks))
    } else {
        Err(ParseError::Unsupported)
    }
}
