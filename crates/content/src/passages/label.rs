//! Labels of a prompt's parts, such as `Question:` at the start of a line or inside of one. Not here:
//! what the parts are for.

use std::borrow::Cow;
use std::ops::Range;

use super::frame::{filled, is_fence};
use super::words::WORDS;
use crate::word_hash::WordSet;

/// A label, with what stands before a colon.
pub(super) struct Label<'t> {
    /// In small letters.
    pub(super) name: Cow<'t, str>,
    /// Where it begins, and where what it names does.
    pub(super) begin: usize,
    pub(super) end: usize,
    /// Whether it opens a line.
    pub(super) is_line: bool,
}

/// A question with its label, and by itself.
pub(super) struct Question {
    pub(super) whole: Range<usize>,
    pub(super) text: Range<usize>,
}

/// Labels are no longer, in bytes.
const LONGEST: usize = 40;

/// The lines of a text, without their ends.
pub(super) fn lines(text: &str) -> impl DoubleEndedIterator<Item = Range<usize>> {
    let base = text.as_ptr() as usize;
    text.lines().map(move |line| {
        let start = line.as_ptr() as usize - base;
        start..start + line.len()
    })
}

/// All labels, in order.
pub(super) fn all(text: &str) -> Vec<Label<'_>> {
    let colons = text.match_indices([':', '：']);
    colons
        .filter_map(|(at, colon)| label_before(text, at, at + colon.len()))
        .collect()
}

/// The label that ends with a colon: the line up to there, or the words of it from a capital on.
fn label_before(text: &str, colon: usize, end: usize) -> Option<Label<'_>> {
    let begin = text[..colon].rfind('\n').map_or(0, |at| at + 1);
    let line = &text[begin..colon];
    let bare = bare(line);
    let (label, is_line) = match WORDS.names(bare) {
        true => (bare, true),
        false => (inner(line).unwrap_or(line), false),
    };
    let from = label.as_ptr() as usize - text.as_ptr() as usize;
    let rest = text[end..].trim_start_matches(['*', '_']);
    Some(Label {
        name: small(label),
        begin: if is_line { begin } else { from },
        end: text.len() - rest.len(),
        is_line: is_line || line.len() == label.len(),
    })
}

/// A label's words without the marks around them.
fn bare(line: &str) -> &str {
    line.trim_matches(|c: char| matches!(c, '*' | '#' | '_' | '-' | '>' | '[' | ']' | ' ' | '\t'))
}

/// The known label that ends a text, in capital letters.
fn inner(line: &str) -> Option<&str> {
    let starts = line
        .char_indices()
        .rev()
        .take_while(|(at, _)| line.len() - at <= LONGEST);
    let mut found = None;
    for (at, c) in starts {
        let opens = line[..at].ends_with([' ', '.', '?']) && c.is_uppercase();
        if opens && WORDS.names(&line[at..]) {
            found = Some(&line[at..]);
        }
    }
    found
}

fn small(label: &str) -> Cow<'_, str> {
    match label.len() <= LONGEST {
        true => Cow::Owned(label.to_lowercase()),
        false => Cow::Borrowed(""),
    }
}

impl super::words::Words {
    fn names(&self, label: &str) -> bool {
        if label.is_empty() || label.len() > LONGEST {
            return false;
        }
        let lower = label.to_lowercase();
        [&self.question, &self.context, &self.ending]
            .iter()
            .any(|set| set.contains(&lower))
    }
}

/// The paragraph behind one of these labels at the start of a line.
pub(super) fn labelled<'t>(text: &'t str, names: &WordSet) -> Option<&'t str> {
    let labels = all(text);
    let label = labels
        .iter()
        .find(|label| label.is_line && names.contains(&*label.name))?;
    let mut later = labels.iter().filter(|other| other.begin >= label.end);
    let next = later.find(|other| other.is_line && WORDS.names(&other.name));
    let end = next.map_or(text.len(), |next| next.begin);
    let paragraph = paragraph(text, label.end..end);
    Some(text[paragraph].trim()).filter(|text| !text.is_empty())
}

/// The last question that a label, a tag or a mark names.
pub(super) fn question(text: &str) -> Option<Question> {
    let marks = WORDS.question_marks.iter();
    let mark = marks
        .filter_map(|mark| Some((text.rfind(mark.as_str())?, mark.len())))
        .max();
    if let Some((begin, length)) = mark {
        let from = begin + length;
        let end = text[from..]
            .find(&WORDS.mark)
            .map_or(text.len(), |at| from + at);
        return filled_in(text, begin, until_instructions(text, from..end));
    }
    if text.contains("</") {
        let lower = text.to_ascii_lowercase();
        let tags = WORDS.question_tags.iter();
        let mut tagged = tags.filter_map(|name| Some((filled(&lower, name)?, name.len())));
        if let Some((whole, length)) = tagged.next() {
            let inside = text[whole.clone()].find('>')? + 1;
            let range = whole.start + inside..whole.end - length - "</>".len();
            return filled_in(text, whole.start, range);
        }
    }
    let labels = all(text);
    let mut asked = labels
        .iter()
        .enumerate()
        .rev()
        .filter(|(_, label)| WORDS.question.contains(&*label.name));
    asked.find_map(|(place, label)| {
        let mut others = labels[place + 1..].iter();
        let next = others
            .find(|label| WORDS.names(&label.name))
            .map(|label| label.begin);
        let range = label.end..next.unwrap_or(text.len());
        filled_in(text, label.begin, paragraph(text, range))
    })
}

/// A field's text ends where the library's own words begin.
fn until_instructions(text: &str, range: Range<usize>) -> Range<usize> {
    let length = text[range.clone()].trim_start().find("\n\n");
    let lead = text[range.clone()].len() - text[range.clone()].trim_start().len();
    match length {
        Some(length) => range.start..range.start + lead + length,
        None => range,
    }
}

/// The first paragraph, or what of it comes before a line of dashes or a tag.
fn paragraph(text: &str, range: Range<usize>) -> Range<usize> {
    let whole = &text[range.clone()];
    let lead = whole.len() - whole.trim_start().len();
    let mut end = range.start + lead;
    for line in lines(&whole[lead..]) {
        let text = whole[lead..][line.clone()].trim();
        if text.is_empty() || is_fence(text) || text.starts_with(['<', '|']) {
            break;
        }
        end = range.start + lead + line.end;
    }
    range.start + lead..end
}

fn filled_in(text: &str, begin: usize, range: Range<usize>) -> Option<Question> {
    let is_filled = text
        .get(range.clone())
        .is_some_and(|text| !text.trim().is_empty());
    is_filled.then_some(Question {
        whole: begin..range.end,
        text: range,
    })
}
