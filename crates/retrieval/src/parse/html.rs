//! HTML to text: tags off, scripts and styles out, blocks on lines of their own. No tree is built, so
//! that nesting costs nothing. Not here: rendering.

use quick_xml::escape::resolve_html5_entity;

use super::budget::Budget;
use super::{Mark, ParseError, Place};

/// Elements whose content is not text.
const SILENT: &[&str] = &[
    "script", "style", "template", "noscript", "svg", "iframe", "object", "canvas", "select",
];

/// Elements that stand on lines of their own.
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "br",
    "caption",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "header",
    "hr",
    "html",
    "legend",
    "li",
    "main",
    "nav",
    "ol",
    "option",
    "p",
    "pre",
    "section",
    "summary",
    "table",
    "tbody",
    "tfoot",
    "thead",
    "title",
    "tr",
    "ul",
];

/// The longest name of a character; an ampersand that is followed by more is one.
const LONGEST_ENTITY: usize = 32;

pub(super) fn read(source: &str, budget: &mut Budget) -> Result<(String, Vec<Mark>), ParseError> {
    let mut reader = Reader::default();
    let mut rest = source;
    while let Some(start) = rest.find('<') {
        reader.text(&rest[..start]);
        rest = reader.markup(&rest[start..]);
        budget.text(&reader.output)?;
    }
    reader.text(rest);
    reader.end_heading();
    budget.text(&reader.output)?;
    Ok((reader.output, reader.marks))
}

#[derive(Default)]
struct Reader {
    output: String,
    marks: Vec<Mark>,
    /// Where the heading that is open began.
    heading: Option<usize>,
    is_preformatted: bool,
    /// A space was read that is written before the next word.
    space: bool,
}

impl Reader {
    /// Reads what begins with `<`, and gives what follows.
    fn markup<'s>(&mut self, source: &'s str) -> &'s str {
        if let Some(comment) = source.strip_prefix("<!--") {
            return comment.split_once("-->").map_or("", |(_, rest)| rest);
        }
        if source.starts_with("<!") || source.starts_with("<?") {
            return source.split_once('>').map_or("", |(_, rest)| rest);
        }
        let is_end = source.starts_with("</");
        let inner = &source[if is_end { 2 } else { 1 }..];
        if !inner.starts_with(|first: char| first.is_ascii_alphabetic()) {
            self.text("<");
            return &source[1..];
        }
        let name_end = inner.find(|c: char| !c.is_ascii_alphanumeric() && c != '-');
        let (name, attributes) = inner.split_at(name_end.unwrap_or(inner.len()));
        let name = name.to_ascii_lowercase();
        let rest = after_tag(attributes);
        if !is_end && SILENT.contains(&name.as_str()) {
            return after_element(rest, &name);
        }
        self.tag(&name, is_end);
        rest
    }

    fn tag(&mut self, name: &str, is_end: bool) {
        let is_heading = matches!(name, "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "title");
        if BLOCKS.contains(&name) {
            if is_heading {
                self.end_heading();
            }
            self.line();
        }
        match (name, is_end) {
            ("pre", _) => self.is_preformatted = !is_end,
            ("li", false) => self.output.push_str("- "),
            ("td" | "th", true) => self.output.push('\t'),
            ("p" | "table" | "ul" | "ol", true) => self.paragraph(),
            _ if is_heading && !is_end => self.heading = Some(self.output.len()),
            _ => {}
        }
    }

    fn end_heading(&mut self) {
        let Some(offset) = self.heading.take() else {
            return;
        };
        let title = self.output.get(offset..).unwrap_or_default().trim();
        if !title.is_empty() {
            let place = Place::Section(title.to_owned());
            self.marks.push(Mark { offset, place });
        }
    }

    fn line(&mut self) {
        self.space = false;
        while self.output.ends_with([' ', '\t']) {
            self.output.pop();
        }
        if !self.output.is_empty() && !self.output.ends_with('\n') {
            self.output.push('\n');
        }
    }

    fn paragraph(&mut self) {
        self.line();
        if !self.output.is_empty() && !self.output.ends_with("\n\n") {
            self.output.push('\n');
        }
    }

    fn text(&mut self, source: &str) {
        let mut rest = source;
        while let Some(start) = rest.find('&') {
            self.words(&rest[..start]);
            let (character, length) = entity(&rest[start..]);
            self.words(&character);
            rest = &rest[start + length..];
        }
        self.words(rest);
    }

    /// Writes text with runs of white space as one space.
    fn words(&mut self, text: &str) {
        if self.is_preformatted {
            self.output.push_str(text);
            return;
        }
        for character in text.chars() {
            if character.is_ascii_whitespace() {
                self.space = true;
                continue;
            }
            let is_begin = self.output.is_empty() || self.output.ends_with([' ', '\n', '\t']);
            if std::mem::take(&mut self.space) && !is_begin {
                self.output.push(' ');
            }
            self.output.push(character);
        }
    }
}

/// What follows the tag whose attributes these are; values in quotes may hold `>`.
fn after_tag(attributes: &str) -> &str {
    let mut quote = None;
    for (at, byte) in attributes.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return &attributes[at + 1..],
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            (None | Some(_), _) => {}
        }
    }
    // An unclosed quote: the tag ends at the first `>` after all.
    attributes.split_once('>').map_or("", |(_, rest)| rest)
}

/// What follows the end tag of `name`.
fn after_element<'s>(source: &'s str, name: &str) -> &'s str {
    let mut from = 0;
    while let Some(at) = source[from..].find("</") {
        let inner = &source[from + at + 2..];
        let found = inner.as_bytes().get(..name.len());
        if found.is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes())) {
            return inner.split_once('>').map_or("", |(_, rest)| rest);
        }
        from += at + 2;
    }
    ""
}

/// The character that a text beginning with `&` names, and how long the name is.
fn entity(source: &str) -> (String, usize) {
    let plain = ("&".to_owned(), 1);
    let name_end = source
        .bytes()
        .take(LONGEST_ENTITY)
        .position(|byte| byte == b';');
    let Some(end) = name_end else {
        return plain;
    };
    let name = &source[1..end];
    let number = name
        .strip_prefix('#')
        .map(|digits| match digits.strip_prefix(['x', 'X']) {
            Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16),
            None => digits.parse(),
        });
    let found = match number {
        Some(number) => number.ok().and_then(char::from_u32).map(String::from),
        None => resolve_html5_entity(name).map(str::to_owned),
    };
    found
        .filter(|found| found != "\0")
        .map_or(plain, |found| (found, end + 1))
}
