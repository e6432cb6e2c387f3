//! PDF: the text of its pages (ISO 32000-1). Objects are found by scanning, so that broken
//! cross-references don't matter. Not here: rendering, scanned images, encrypted files.

mod cmap;
mod content;
mod encoding;
mod file;
mod filters;
mod font;
mod layout;
mod lexer;
mod matrix;
mod object;
mod pages;

use super::budget::Budget;
use super::{Mark, ParseError, Place};

pub(super) fn read(bytes: &[u8], budget: &mut Budget) -> Result<(String, Vec<Mark>), ParseError> {
    let mut file = file::File::open(bytes, budget)?;
    let pages = pages::collect(&mut file, budget)?;
    let mut painter = content::Painter::new(file, budget);
    let mut marks = Vec::new();
    for (page, number) in pages.iter().zip(1..) {
        marks.push(Mark {
            offset: painter.begin_page(),
            place: Place::Page(number),
        });
        painter.page(page)?;
    }
    Ok((painter.into_text(), marks))
}
