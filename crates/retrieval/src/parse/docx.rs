//! Word documents: paragraphs, tables, headings, notes. Not here: the archive around them, layout.

use super::archive::Archive;
use super::budget::Budget;
use super::xml::{self, Node};
use super::{Mark, ParseError, Place};

/// The parts that hold text, in the order in which they are read.
const PARTS: [&str; 3] = [
    "word/document.xml",
    "word/footnotes.xml",
    "word/endnotes.xml",
];

pub(super) fn read(
    archive: &mut Archive<'_>,
    budget: &mut Budget,
) -> Result<(String, Vec<Mark>), ParseError> {
    let mut reader = Reader::default();
    for part in PARTS {
        if archive.contains(part) {
            let source = archive.text(part, budget)?;
            xml::walk(&source, budget, |node| {
                reader.node(&node);
                budget.text(&reader.text)
            })?;
        }
    }
    Ok((reader.text, reader.marks))
}

#[derive(Default)]
struct Reader {
    text: String,
    marks: Vec<Mark>,
    paragraph: usize,
    is_heading: bool,
    is_text: bool,
    is_run: bool,
    /// In the copy of a drawing's text that is meant for old readers.
    is_fallback: bool,
    row: usize,
}

impl Reader {
    fn node(&mut self, node: &Node<'_>) {
        match node {
            Node::Start("p", _) => {
                self.paragraph = self.text.len();
                self.is_heading = false;
            }
            Node::Start("pStyle", attributes) => {
                let style = attributes.get("val").unwrap_or_default();
                self.is_heading = style.starts_with("Heading") || style == "Title";
            }
            Node::Start("t", _) => self.is_text = true,
            Node::End("t") => self.is_text = false,
            Node::Start("r", _) => self.is_run = true,
            Node::End("r") => self.is_run = false,
            Node::Start("Fallback", _) => self.is_fallback = true,
            Node::End("Fallback") => self.is_fallback = false,
            // Outside of runs, the same names set tab stops.
            Node::Start("tab", _) if self.is_run => self.text.push('\t'),
            Node::Start("br" | "cr", _) if self.is_run => self.text.push('\n'),
            Node::Text(text) if self.is_text && !self.is_fallback => self.text.push_str(text),
            Node::End("p") => self.end_paragraph(),
            Node::Start("tr", _) => self.row = self.text.len(),
            Node::End("tc") => self.end_cell(),
            Node::End("tr") => self.end_row(),
            Node::Start(..) | Node::End(_) | Node::Text(_) => {}
        }
    }

    fn end_paragraph(&mut self) {
        let title = self.text.get(self.paragraph..).unwrap_or_default().trim();
        if self.is_heading && !title.is_empty() {
            self.marks.push(Mark {
                offset: self.paragraph,
                place: Place::Section(title.to_owned()),
            });
        }
        self.text.push('\n');
    }

    /// Cells of a row stand beside each other.
    fn end_cell(&mut self) {
        if self.text.len() > self.row && self.text.ends_with('\n') {
            self.text.pop();
        }
        self.text.push('\t');
    }

    fn end_row(&mut self) {
        if self.text.ends_with('\t') {
            self.text.pop();
        }
        self.text.push('\n');
    }
}
