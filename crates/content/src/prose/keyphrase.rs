//! Key phrases of a text: runs of words that carry meaning, ranked by how they are written and
//! where they stand. Not here: what they are used for (see `topic`).

use super::Language;
use super::words::{self, Entry};

/// What was found in a text.
#[derive(Default)]
pub(crate) struct Found {
    /// The leading phrase first.
    pub(crate) phrases: Vec<String>,
    pub(crate) quoted: Vec<String>,
    pub(crate) numbers: Vec<String>,
}

const MOST_PHRASES: usize = 6;
const MOST_CANDIDATES: usize = 64;
const MOST_WORDS: usize = 3;
const LONGEST: usize = 48;

struct Candidate {
    text: String,
    folded: String,
    score: f32,
}

/// Reads a text.
pub(crate) fn find(text: &str, language: Language) -> Found {
    let mut finder = Finder { language, run: Vec::new(), candidates: Vec::new(), found: Found::default() };
    finder.quotations(text);
    match language {
        Language::Chinese | Language::Japanese => finder.unspaced(text),
        _ => finder.spaced(text),
    }
    finder.rank();
    finder.found
}

struct Finder<'t> {
    language: Language,
    run: Vec<&'t str>,
    candidates: Vec<Candidate>,
    found: Found,
}

impl<'t> Finder<'t> {
    /// Text between quotation marks: kept as a value, and a strong candidate where it is short.
    fn quotations(&mut self, text: &str) {
        const PAIRS: [(char, char); 6] =
            [('"', '"'), ('“', '”'), ('«', '»'), ('„', '“'), ('「', '」'), ('`', '`')];
        for (open, close) in PAIRS {
            let mut rest = text;
            while let Some(at) = rest.find(open) {
                let inner = &rest[at + open.len_utf8()..];
                let Some(end) = inner.find(close) else { break };
                let quoted = inner[..end].trim();
                if !quoted.is_empty() && quoted.len() <= 120 {
                    self.found.quoted.push(quoted.to_owned());
                    self.offer(quoted, 3.0);
                }
                rest = &inner[end + close.len_utf8()..];
            }
        }
    }

    fn spaced(&mut self, text: &'t str) {
        for line in text.lines() {
            let mut starts_sentence = true;
            for raw in line.split_whitespace() {
                let word = raw.trim_matches(|c: char| !c.is_alphanumeric() && c != '+' && c != '#');
                let word = word.trim_start_matches(['+', '#']);
                let opens = raw.starts_with(|c: char| !c.is_alphanumeric());
                let closes = raw.ends_with(|c: char| ",.;:!?)]}»”\"…؟،।。".contains(c));
                if opens {
                    self.close();
                }
                self.word(word, starts_sentence);
                starts_sentence = raw.ends_with(['.', '!', '?', ':']);
                if closes {
                    self.close();
                }
            }
            self.close();
        }
    }

    fn word(&mut self, word: &'t str, starts_sentence: bool) {
        if word.is_empty() {
            return self.close();
        }
        if word.starts_with(|c: char| c.is_numeric()) && !word.contains(char::is_alphabetic) {
            self.found.numbers.push(word.to_owned());
            return self.close();
        }
        let entry = words::lookup(word);
        let shouts = !starts_sentence && word.starts_with(char::is_uppercase) && self.language != Language::German;
        let carries = entry.is_none_or(|entry| !self.is_idle(entry)) || (shouts && word.len() > 1 && word.chars().all(|c| !c.is_lowercase()));
        if !carries || (word.chars().count() < 2) {
            return self.close();
        }
        match self.stem(word) {
            Some(stem) => {
                self.run.push(stem);
                self.close();
            }
            None => self.run.push(word),
        }
        if self.run.len() == MOST_WORDS {
            self.close();
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
        own(entry.small) || own(entry.asking) || (entry.asking.has(Language::English) && self.language == Language::English)
    }

    fn close(&mut self) {
        if self.run.is_empty() {
            return;
        }
        let text = self.run.join(" ");
        let capital = self.run.iter().any(|word| word.starts_with(char::is_uppercase));
        let digits = self.run.iter().any(|word| word.contains(|c: char| c.is_numeric()));
        let long = text.chars().count() >= 8;
        let score = 1.0
            + 0.4 * (self.run.len() as f32 - 1.0)
            + if capital { 0.6 } else { 0.0 }
            + if digits { 0.3 } else { 0.0 }
            + if long { 0.4 } else { 0.0 };
        self.run.clear();
        self.offer(&text, score);
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
            let switches = run.chars().next_back().is_some_and(|last| last.is_ascii() != here.is_ascii());
            if switches && here != ' ' {
                self.close_unspaced(&mut run);
            }
            if here.is_alphanumeric() && !hiragana || (here.is_ascii() && !run.is_empty() && "-+#. ".contains(here)) {
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
            return self.found.numbers.push(text.to_owned());
        }
        let idle = words::lookup(text).is_some_and(|entry| entry.asking.has(self.language));
        let length = text.chars().count();
        if length >= 2 && !idle {
            self.offer(text, 1.0 + 0.15 * length.min(8) as f32 + if text.is_ascii() { 0.5 } else { 0.0 });
        }
    }

    /// Adds a candidate, or weight to an equal one.
    fn offer(&mut self, text: &str, score: f32) {
        let text = text.trim_matches(|c: char| !c.is_alphanumeric() && c != '+' && c != '#');
        let text = text.trim_start_matches(['+', '#']);
        if text.is_empty() || text.len() > LONGEST || text.contains('\n') {
            return;
        }
        let folded = text.to_lowercase();
        if let Some(known) = self.candidates.iter_mut().find(|known| known.folded == folded) {
            known.score += 0.7;
        } else if self.candidates.len() < MOST_CANDIDATES {
            let score = score - 0.03 * self.candidates.len() as f32;
            self.candidates.push(Candidate { text: text.to_owned(), folded, score });
        }
    }

    /// The best candidates; one that is part of a better one says nothing new.
    fn rank(&mut self) {
        self.candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
        let mut kept: Vec<&Candidate> = Vec::new();
        for candidate in &self.candidates {
            let is_new = kept.iter().all(|better| !better.folded.contains(&candidate.folded));
            if is_new && kept.len() < MOST_PHRASES {
                kept.push(candidate);
            }
        }
        self.found.phrases = kept.into_iter().map(|candidate| candidate.text.clone()).collect();
    }
}

/// The words that a prompt such as "Say this is a test" wants back.
pub(crate) fn wanted(text: &str, language: Language) -> Option<String> {
    const MOST: usize = 160;
    let text = text.trim();
    let (first, rest) = text.split_once([' ', ':', '：', '「'])?;
    let (first, rest) = if is_polite(first) { rest.trim().split_once([' ', ':'])? } else { (first, rest) };
    let repeats = words::lookup(first).is_some_and(|entry| {
        let repeat = words::Cue::Kind(super::Kind::Repeat);
        entry.cues.iter().any(|(of, cue)| *cue == repeat && (*of == language || *of == Language::English))
    });
    let rest = rest.split('\n').next()?.trim();
    let quotation = rest.find(['"', '“', '\'', '«', '「']).and_then(|at| {
        let mut inner = rest[at..].chars();
        let open = inner.next()?;
        let close = match open { '“' => '”', '«' => '»', '「' => '」', same => same };
        let inner = inner.as_str();
        Some(&inner[..inner.find(close)?])
    });
    let lead = ["with ", "exactly ", "only ", "the words ", "the word ", "this ", ": "];
    let mut plain = rest;
    for word in lead.iter().filter(|word| **word != "this ") {
        plain = plain.strip_prefix(word).unwrap_or(plain);
    }
    let words = quotation.unwrap_or(plain).trim().trim_matches([':', ' ']);
    (repeats && !words.is_empty() && words.len() <= MOST && !words.ends_with('?')).then(|| words.to_owned())
}

fn is_polite(word: &str) -> bool {
    ["please", "bitte", "kindly", "just"].contains(&word.to_lowercase().as_str())
}
