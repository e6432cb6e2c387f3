//! Key phrases of a text: runs of words that carry meaning, ranked by how they are written and
//! where they stand. Not here: what they are used for (see `topic`).

use std::borrow::Cow;

use super::Language;
use super::candidates::{Candidates, Phrase};
use super::pieces::{Piece, Pieces, bare};
use super::words::{self, Entry};

/// What was found in a text.
pub(crate) struct Found<'t> {
    /// The leading phrase first.
    pub(crate) phrases: Vec<Phrase<'t>>,
    pub(crate) quoted: Vec<String>,
    pub(crate) numbers: Vec<String>,
}

const MOST_PHRASES: usize = 6;
const MOST_WORDS: usize = 3;

/// Reads a text.
pub(crate) fn find<'t>(pieces: &Pieces<'t>) -> Found<'t> {
    let mut finder = Finder {
        language: pieces.language,
        run: Vec::with_capacity(2 * MOST_WORDS),
        article: None,
        loose: 0,
        carrying: 0,
        text: pieces.text,
        has_digit: false,
        candidates: Candidates::default(),
        quoted: Vec::new(),
        numbers: Vec::new(),
    };
    finder.quotations(pieces.text);
    match pieces.language {
        Language::Chinese | Language::Japanese => finder.unspaced(pieces.text),
        _ => finder.spaced(&pieces.list),
    }
    Found {
        phrases: finder.candidates.best(MOST_PHRASES),
        quoted: finder.quoted,
        numbers: finder.numbers,
    }
}

struct Finder<'t> {
    language: Language,
    /// The words of the phrase at hand.
    run: Vec<&'t str>,
    /// The article in front of it.
    article: Option<&'t str>,
    /// How many linking words it ends with.
    loose: usize,
    /// How many words since its last link carry meaning.
    carrying: usize,
    text: &'t str,
    /// Whether a word of the phrase has a digit.
    has_digit: bool,
    candidates: Candidates<'t>,
    quoted: Vec<String>,
    numbers: Vec<String>,
}

impl<'t> Finder<'t> {
    /// Text between quotation marks: kept as a value, and a strong candidate where it is short.
    fn quotations(&mut self, text: &'t str) {
        const PAIRS: [(char, char); 6] = [
            ('"', '"'),
            ('“', '”'),
            ('«', '»'),
            ('„', '“'),
            ('「', '」'),
            ('`', '`'),
        ];
        let is_ascii = text.is_ascii();
        let stands = |open: char| match u8::try_from(open) {
            Ok(byte) if open.is_ascii() => memchr::memchr(byte, text.as_bytes()).is_some(),
            _ => !is_ascii,
        };
        for (open, close) in PAIRS.into_iter().filter(|(open, _)| stands(*open)) {
            let mut rest = text;
            while let Some(at) = rest.find(open) {
                let inner = &rest[at + open.len_utf8()..];
                let Some(end) = inner.find(close) else { break };
                let quoted = inner[..end].trim();
                if !quoted.is_empty() && quoted.len() <= 120 {
                    self.quoted.push(quoted.to_owned());
                    if !bare(quoted).contains('\n') {
                        self.candidates.offer(quoted.into(), None, 3.0);
                    }
                }
                rest = &inner[end + close.len_utf8()..];
            }
        }
    }

    fn spaced(&mut self, pieces: &[Piece<'t>]) {
        let (mut starts_sentence, mut known) = (true, self.candidates.len());
        let mut asks_how = false;
        for (index, piece) in pieces.iter().enumerate() {
            if piece.starts_line {
                self.close();
                (starts_sentence, known) = (true, self.candidates.len());
            }
            if piece.has_marks && opens(piece.raw) {
                self.close();
            }
            asks_how &= !starts_sentence;
            asks_how |= piece.entry.is_some_and(|_| asks_for_manner(piece.word));
            if asks_how && self.is_verb(piece, pieces.get(index + 1)) {
                self.close();
            } else {
                self.word(piece, starts_sentence);
            }
            starts_sentence = false;
            if !piece.has_marks {
                continue;
            }
            let last = piece.raw.as_bytes().last();
            starts_sentence = matches!(last, Some(b'.' | b'!' | b'?' | b':'));
            if closes(piece.raw) {
                self.close();
            }
            if starts_sentence {
                // What a question asks for counts more than what leads up to it.
                if last == Some(&b'?') {
                    self.candidates.favour(known);
                }
                known = self.candidates.len();
            }
        }
        self.close();
    }

    /// Whether a word is what the phrase at hand does: `work` in `How do tides work?`.
    fn is_verb(&self, piece: &Piece<'t>, next: Option<&Piece<'t>>) -> bool {
        let in_set = |piece: &Piece<'t>, set: fn(&Entry) -> words::LanguageSet| {
            piece
                .entry
                .is_some_and(|entry| set(entry).has(self.language))
        };
        let ends = || {
            next.is_none_or(|next| {
                next.starts_line || closes(piece.raw) || in_set(next, |entry| entry.small)
            })
        };
        self.carrying > 0 && in_set(piece, |entry| entry.verb) && ends()
    }

    fn word(&mut self, piece: &Piece<'t>, starts_sentence: bool) {
        let Piece { word, is_plain, .. } = *piece;
        if !is_plain
            && word.starts_with(|c: char| c.is_numeric())
            && !word.contains(char::is_alphabetic)
        {
            self.numbers.push(word.to_owned());
            return self.close();
        }
        let (word, entry) = match self.without_elision(word) {
            noun if is_plain && noun.len() == word.len() => (word, piece.entry),
            noun => (noun, words::lookup(noun)),
        };
        if entry.is_some_and(|entry| self.joins(entry, word)) {
            return;
        }
        let is_letter = match word.len() {
            0 | 1 => true,
            2..=4 => !word.as_bytes()[0].is_ascii() && word.chars().nth(1).is_none(),
            _ => false,
        };
        if is_letter || !self.carries(word, entry, starts_sentence) {
            return self.close();
        }
        self.loose = 0;
        self.carrying += 1;
        self.has_digit |= !is_plain && word.contains(char::is_numeric);
        match self.stem(word) {
            Some(stem) => {
                self.run.push(stem);
                self.close();
            }
            None => self.run.push(word),
        }
        if self.carrying == MOST_WORDS {
            self.close();
        }
    }

    /// Takes an article before a phrase, or a word such as "of" inside one.
    fn joins(&mut self, entry: &Entry, word: &'t str) -> bool {
        if entry.article.has(self.language) && self.run.is_empty() {
            self.article = Some(word);
            return true;
        }
        let is_link = entry.link.has(self.language) && self.loose == 0;
        let goes_on = entry.article.has(self.language) && self.loose == 1;
        if self.run.is_empty() || !(is_link || goes_on) {
            return false;
        }
        self.run.push(word);
        self.loose += 1;
        self.carrying = 0;
        true
    }

    /// Whether a word carries meaning. A word in capitals does, whatever it is elsewhere.
    fn carries(&self, word: &str, entry: Option<&Entry>, starts_sentence: bool) -> bool {
        let ends = |entry: &Entry| entry.ending.has(self.language) && self.carrying > 0;
        let is_name = || {
            !starts_sentence
                && word.len() > 1
                && word.starts_with(char::is_uppercase)
                && !word.contains(char::is_lowercase)
        };
        entry.is_none_or(|entry| !self.is_idle(entry) || ends(entry)) || is_name()
    }

    /// `l'énergie` and `dell'arte` without what is before the apostrophe.
    fn without_elision(&self, word: &'t str) -> &'t str {
        if !matches!(self.language, Language::French | Language::Italian) {
            return word;
        }
        match word.split_once(['\'', '’']) {
            Some((before, noun)) if before.len() <= 4 && noun.chars().count() > 2 => noun,
            _ => word,
        }
    }

    /// A Korean word without its particle.
    fn stem(&self, word: &'t str) -> Option<&'t str> {
        if self.language != Language::Korean {
            return None;
        }
        let endings = words::breaks(Language::Korean).iter();
        let mut stems = endings.filter_map(|ending| word.strip_suffix(ending));
        stems.find(|stem| stem.chars().count() >= 2)
    }

    /// Small words and words that only ask for something.
    fn is_idle(&self, entry: &Entry) -> bool {
        let own = |set: words::LanguageSet| set.has(self.language);
        own(entry.small) || own(entry.asking)
    }

    fn close(&mut self) {
        if self.run.is_empty() {
            self.article = None;
            return;
        }
        self.run.truncate(self.run.len() - self.loose);
        self.loose = 0;
        self.carrying = 0;
        let article = self.article.take();
        let has_digit = std::mem::take(&mut self.has_digit);
        if self.run.is_empty() {
            return;
        }
        let is_capital = |word: &&str| match word.as_bytes()[0] {
            byte if byte.is_ascii() => byte.is_ascii_uppercase(),
            _ => word.starts_with(char::is_uppercase),
        };
        let text = self.joined();
        let is_long = text.len() >= 32
            || (text.len() >= 8 && (text.is_ascii() || text.chars().nth(7).is_some()));
        let score = 1.0
            + 0.3 * (self.run.len().min(4) as f32 - 1.0)
            + if self.run.iter().any(is_capital) {
                0.5
            } else {
                0.0
            }
            + if has_digit { 0.3 } else { 0.0 }
            + if is_long { 0.3 } else { 0.0 };
        self.run.clear();
        self.candidates.offer(text, article, score);
    }

    /// The words at hand with a space between them, as most stand in the text.
    fn joined(&self) -> Cow<'t, str> {
        let (Some(first), Some(last)) = (self.run.first(), self.run.last()) else {
            return Cow::Borrowed("");
        };
        let place = |word: &str| word.as_ptr() as usize - self.text.as_ptr() as usize;
        let written = &self.text[place(first)..place(last) + last.len()];
        let gaps = self.run.len() - 1;
        let letters: usize = self.run.iter().map(|word| word.len()).sum();
        let spaces = || written.bytes().filter(|byte| *byte == b' ').count();
        if gaps == 0 || (written.len() == letters + gaps && spaces() == gaps) {
            Cow::Borrowed(written)
        } else {
            Cow::Owned(self.run.join(" "))
        }
    }

    /// Chinese and Japanese: what is left between function words, punctuation and, in Japanese,
    /// hiragana.
    fn unspaced(&mut self, text: &str) {
        let breaks = words::breaks(self.language);
        let (mut rest, mut run) = (text, String::new());
        while let Some(here) = rest.chars().next() {
            if let Some(word) = breaks.iter().find(|word| rest.starts_with(**word)) {
                self.close_unspaced(&mut run);
                rest = &rest[word.len()..];
                continue;
            }
            let hiragana = ('\u{3040}'..='\u{309f}').contains(&here);
            let switches = run
                .chars()
                .next_back()
                .is_some_and(|last| last.is_ascii() != here.is_ascii());
            if switches && here != ' ' {
                self.close_unspaced(&mut run);
            }
            if here.is_alphanumeric() && !hiragana
                || (here.is_ascii() && !run.is_empty() && "-+#. ".contains(here))
            {
                run.push(here);
            } else {
                self.close_unspaced(&mut run);
            }
            rest = &rest[here.len_utf8()..];
        }
        self.close_unspaced(&mut run);
    }

    fn close_unspaced(&mut self, run: &mut String) {
        let text = std::mem::take(run);
        let text = text.trim_matches(|c: char| !c.is_alphanumeric() && c != '+' && c != '#');
        if !text.is_empty() && text.chars().all(|c| c.is_numeric()) {
            return self.numbers.push(text.to_owned());
        }
        let idle = words::lookup(text).is_some_and(|entry| entry.asking.has(self.language));
        let length = text.chars().count();
        if length >= 2 && !idle {
            let latin = if text.is_ascii() { 0.5 } else { 0.0 };
            self.candidates.offer(
                text.to_owned().into(),
                None,
                1.0 + 0.15 * length.min(8) as f32 + latin,
            );
        }
    }
}

/// Whether a word of English asks how something comes about.
fn asks_for_manner(word: &str) -> bool {
    word.len() == 3
        && ["how", "why"]
            .iter()
            .any(|asking| word.eq_ignore_ascii_case(asking))
}

/// Whether a mark stands in front of a piece.
fn opens(raw: &str) -> bool {
    match raw.as_bytes().first() {
        Some(byte) if byte.is_ascii() => !byte.is_ascii_alphanumeric(),
        _ => raw.starts_with(|c: char| !c.is_alphanumeric()),
    }
}

/// Whether a piece ends with a mark that ends a phrase.
fn closes(raw: &str) -> bool {
    match raw.as_bytes().last() {
        Some(byte) if byte.is_ascii() => matches!(
            byte,
            b',' | b'.' | b';' | b':' | b'!' | b'?' | b')' | b']' | b'}' | b'"'
        ),
        _ => raw.ends_with(['»', '”', '…', '؟', '،', '।', '。']),
    }
}

/// The words that a prompt such as "Say this is a test" wants back: what it quotes, else the
/// rest of its line as a sentence.
pub(crate) fn wanted(text: &str, language: Language) -> Option<String> {
    const MOST: usize = 160;
    let (first, rest) = text.trim().split_once([' ', ':', '：', '「'])?;
    let (first, rest) = match POLITE.contains(&first.to_lowercase().as_str()) {
        true => rest.trim().split_once([' ', ':'])?,
        false => (first, rest),
    };
    if !asks_back(first, language) {
        return None;
    }
    let rest = rest.split('\n').next()?.trim();
    let words = match quotation(rest) {
        Some(quoted) => quoted.trim().to_owned(),
        None => sentence(LEADS.iter().fold(rest, |rest, lead| without(rest, lead))),
    };
    (!words.is_empty() && words.len() <= MOST && !words.ends_with('?')).then_some(words)
}

const POLITE: [&str; 4] = ["please", "bitte", "kindly", "just"];
const LEADS: [&str; 6] = [
    "with",
    "exactly",
    "only",
    "the words",
    "the word",
    "the phrase",
];

fn asks_back(word: &str, language: Language) -> bool {
    let repeat = words::Cue::Kind(super::Kind::Repeat);
    words::lookup(word).is_some_and(|entry| {
        let fits = |of: Language| of == language || of == Language::English;
        entry
            .cues
            .iter()
            .any(|(of, cue)| *cue == repeat && fits(*of))
    })
}

fn quotation(text: &str) -> Option<&str> {
    let mut inner = text[text.find(['"', '“', '\'', '«', '「'])?..].chars();
    let close = match inner.next()? {
        '“' => '”',
        '«' => '»',
        '「' => '」',
        same => same,
    };
    let inner = inner.as_str();
    Some(&inner[..inner.find(close)?])
}

/// A text without the word it may start with.
fn without<'t>(text: &'t str, word: &str) -> &'t str {
    let rest = text
        .strip_prefix(word)
        .filter(|rest| rest.starts_with([' ', ':']));
    rest.map_or(text, |rest| rest.trim_start_matches([' ', ':']))
}

/// With a capital, and a full stop where several words have none.
fn sentence(text: &str) -> String {
    let text = text.trim().trim_matches([':', ' ']);
    let mut words = super::topic::capitalised(text);
    if text.split(' ').count() > 2 && text.ends_with(char::is_alphanumeric) {
        words.push('.');
    }
    words
}
