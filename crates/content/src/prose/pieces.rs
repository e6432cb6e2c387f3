//! A text in the pieces between its spaces, each read and looked up once, and the language that
//! they tell. Not here: what the pieces mean together (see `keyphrase`, `topic`).

use fakeai_tokens::letters_end;

use super::Language;
use super::language::{Scripts, Votes};
use super::words::{self, Entry};

/// What stands between two spaces.
pub(crate) struct Piece<'t> {
    /// As it is written.
    pub(crate) raw: &'t str,
    /// Without the marks around it.
    pub(crate) word: &'t str,
    /// What is known of the word, where the piece is plain.
    pub(crate) entry: Option<&'static Entry>,
    /// Whether the word is made of letters (and apostrophes inside) and the marks around it
    /// belong to no word, so that everybody who splits the text finds this one word in it.
    pub(crate) is_plain: bool,
    /// Whether there is more in it than the word.
    pub(crate) has_marks: bool,
    /// Whether it is the first of its line.
    pub(crate) starts_line: bool,
}

/// See the module.
pub(crate) struct Pieces<'t> {
    pub(crate) text: &'t str,
    pub(crate) language: Language,
    pub(crate) list: Vec<Piece<'t>>,
}

/// What a byte is to the reader of pieces.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Letter,
    Apostrophe,
    /// A mark that belongs to no word.
    Mark,
    Space,
    /// What takes a closer look: digits, joined words, letters beyond ASCII.
    Other,
}

const CLASSES: [Class; 256] = {
    let mut classes = [Class::Other; 256];
    let mut byte = 0;
    while byte < 128 {
        classes[byte as usize] = match byte {
            b'a'..=b'z' | b'A'..=b'Z' => Class::Letter,
            b'\'' => Class::Apostrophe,
            b'\t'..=b'\r' | b' ' => Class::Space,
            b'0'..=b'9' | b'+' | b'#' | b'-' => Class::Other,
            _ => Class::Mark,
        };
        byte += 1;
    }
    classes
};

impl<'t> Pieces<'t> {
    /// Reads a text.
    pub(crate) fn of(text: &'t str) -> Self {
        let mut reader = Reader {
            text,
            table: words::table(),
            votes: Votes::default(),
            list: Vec::with_capacity(text.len() / 5 + 4),
            starts_line: true,
        };
        reader.read();
        let (list, mut votes) = (reader.list, reader.votes);
        let mut language = None;
        if !text.is_ascii() {
            let mut scripts = Scripts::default();
            for c in text.chars() {
                scripts.count(c);
                votes.letter(c);
            }
            language = scripts.language();
        }
        // One letter is a word of several languages, and tells none.
        if let [only] = list.as_slice()
            && only.word.len() == 1
        {
            language = Some(Language::English);
        }
        Self {
            text,
            language: language.unwrap_or_else(|| votes.language()),
            list,
        }
    }
}

struct Reader<'t> {
    text: &'t str,
    table: &'static words::Table,
    votes: Votes,
    list: Vec<Piece<'t>>,
    starts_line: bool,
}

impl<'t> Reader<'t> {
    fn read(&mut self) {
        let bytes = self.text.as_bytes();
        let class = |at: usize| {
            bytes
                .get(at)
                .map_or(Class::Space, |byte| CLASSES[*byte as usize])
        };
        let after_marks = |mut at: usize| {
            while class(at) == Class::Mark {
                at += 1;
            }
            at
        };
        let mut at = 0;
        while at < bytes.len() {
            if class(at) == Class::Space {
                self.starts_line |= bytes[at] == b'\n';
                at += 1;
                continue;
            }
            let start = at;
            let first = after_marks(start);
            let mut last = letters_end(bytes, first);
            while class(last) == Class::Apostrophe {
                last = letters_end(bytes, last + 1);
            }
            at = after_marks(last);
            let is_plain = class(at) == Class::Space
                && class(first) != Class::Apostrophe
                && (last == first || class(last - 1) == Class::Letter);
            if is_plain {
                self.plain((start, at), (first, last));
                continue;
            }
            while class(at) != Class::Space {
                at += 1;
            }
            self.any(&self.text[start..at]);
        }
    }

    /// A piece of ASCII marks, letters and marks.
    #[inline]
    fn plain(&mut self, (start, end): (usize, usize), (first, last): (usize, usize)) {
        let entry = match first == last {
            true => None,
            false => self.table.lookup_letters(self.text.as_bytes(), first, last),
        };
        if let Some(entry) = entry {
            self.votes.word(entry);
        }
        let raw = &self.text[start..end];
        let has_marks = last - first < raw.len();
        self.list.push(Piece {
            raw,
            word: match has_marks {
                true => &raw[first - start..last - start],
                false => raw,
            },
            entry,
            is_plain: true,
            has_marks,
            starts_line: std::mem::take(&mut self.starts_line),
        });
    }

    /// Any other piece; some spaces are beyond ASCII.
    fn any(&mut self, text: &'t str) {
        for raw in text.split_whitespace() {
            let word = bare(raw);
            let letters = |word: &str| word.chars().all(|c| c.is_alphabetic() || c == '\'');
            let joins = |c: char| "'+#-".contains(c);
            let around = raw.len() - word.len();
            let is_plain = letters(word)
                && (around == 0 || raw.chars().filter(|c| joins(*c)).count() == inside(word));
            let entry = self.table.lookup(word).filter(|_| is_plain);
            if is_plain {
                entry.into_iter().for_each(|entry| self.votes.word(entry));
            } else {
                let words = raw.split(|c: char| !c.is_alphabetic() && c != '\'');
                for entry in words.filter_map(|word| self.table.lookup(word)) {
                    self.votes.word(entry);
                }
            }
            self.list.push(Piece {
                raw,
                word,
                entry,
                is_plain,
                has_marks: around > 0,
                starts_line: std::mem::take(&mut self.starts_line),
            });
        }
    }
}

/// How many apostrophes a word has.
fn inside(word: &str) -> usize {
    word.bytes().filter(|byte| *byte == b'\'').count()
}

/// A word without the marks around it, of which `C++` and `C#` keep theirs.
pub(crate) fn bare(raw: &str) -> &str {
    if let [first, .., last] = raw.as_bytes()
        && first.is_ascii_alphanumeric()
        && last.is_ascii_alphanumeric()
    {
        return raw;
    }
    raw.trim_matches(|c: char| !c.is_alphanumeric() && c != '+' && c != '#')
        .trim_start_matches(['+', '#'])
}
