//! Key phrases of a text: runs of words that carry meaning, ranked by how they are written and
//! where they stand. Not here: what they are used for (see `topic`).

use super::Language;
use super::words::{self, Entry};

/// What was found in a text.
#[derive(Default)]
pub(crate) struct Found {
    /// The leading phrase first.
    pub(crate) phrases: Vec<Phrase>,
    pub(crate) quoted: Vec<String>,
    pub(crate) numbers: Vec<String>,
}

/// A key phrase.
#[derive(Clone, Default)]
pub(crate) struct Phrase {
    /// Without an article.
    pub(crate) bare: String,
    /// As it reads in a sentence: with the article of the prompt.
    pub(crate) spoken: String,
}

const MOST_PHRASES: usize = 6;
const MOST_CANDIDATES: usize = 64;
const MOST_WORDS: usize = 3;
const LONGEST: usize = 60;

struct Candidate {
    phrase: Phrase,
    folded: String,
    score: f32,
}

/// Reads a text.
pub(crate) fn find(text: &str, language: Language) -> Found {
    let mut finder = Finder {
        language,
        run: Vec::new(),
        article: None,
        loose: 0,
        carrying: 0,
        candidates: Vec::new(),
        found: Found::default(),
    };
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
    /// The words of the phrase at hand.
    run: Vec<&'t str>,
    /// The article in front of it.
    article: Option<&'t str>,
    /// How many linking words it ends with.
    loose: usize,
    /// How many words since its last link carry meaning.
    carrying: usize,
    candidates: Vec<Candidate>,
    found: Found,
}

impl<'t> Finder<'t> {
    /// Text between quotation marks: kept as a value, and a strong candidate where it is short.
    fn quotations(&mut self, text: &str) {
        const PAIRS: [(char, char); 6] = [
            ('"', '"'),
            ('“', '”'),
            ('«', '»'),
            ('„', '“'),
            ('「', '」'),
            ('`', '`'),
        ];
        for (open, close) in PAIRS {
            let mut rest = text;
            while let Some(at) = rest.find(open) {
                let inner = &rest[at + open.len_utf8()..];
                let Some(end) = inner.find(close) else { break };
                let quoted = inner[..end].trim();
                if !quoted.is_empty() && quoted.len() <= 120 {
                    self.found.quoted.push(quoted.to_owned());
                    self.offer(quoted, None, 3.0);
                }
                rest = &inner[end + close.len_utf8()..];
            }
        }
    }

    fn spaced(&mut self, text: &'t str) {
        for line in text.lines() {
            let (mut starts_sentence, mut known) = (true, self.candidates.len());
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
                if starts_sentence {
                    self.favour(known, raw);
                    known = self.candidates.len();
                }
            }
            self.close();
        }
    }

    /// What a question asks for counts more than what leads up to it.
    fn favour(&mut self, from: usize, last: &str) {
        if last.ends_with('?') {
            self.candidates[from..]
                .iter_mut()
                .for_each(|candidate| candidate.score += 0.6);
        }
    }

    fn word(&mut self, word: &'t str, starts_sentence: bool) {
        if word.starts_with(|c: char| c.is_numeric()) && !word.contains(char::is_alphabetic) {
            self.found.numbers.push(word.to_owned());
            return self.close();
        }
        let word = self.without_elision(word);
        let entry = words::lookup(word);
        if entry.is_some_and(|entry| self.joins(entry, word)) {
            return;
        }
        if word.chars().count() < 2 || !self.carries(word, entry, starts_sentence) {
            return self.close();
        }
        self.loose = 0;
        self.carrying += 1;
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
        let is_name = !starts_sentence
            && word.len() > 1
            && !word.contains(char::is_lowercase)
            && word.starts_with(char::is_uppercase);
        let ends = |entry: &Entry| entry.ending.has(self.language) && self.carrying > 0;
        is_name || entry.is_none_or(|entry| !self.is_idle(entry) || ends(entry))
    }

    /// `l'énergie` and `dell'arte` without what is before the apostrophe.
    fn without_elision(&self, word: &'t str) -> &'t str {
        let elides = matches!(self.language, Language::French | Language::Italian);
        match word.split_once(['\'', '’']) {
            Some((before, noun)) if elides && before.len() <= 4 && noun.chars().count() > 2 => noun,
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
        self.run.truncate(self.run.len() - self.loose);
        self.loose = 0;
        self.carrying = 0;
        let article = self.article.take();
        if self.run.is_empty() {
            return;
        }
        let text = self.run.join(" ");
        let capital = self
            .run
            .iter()
            .any(|word| word.starts_with(char::is_uppercase));
        let digits = self
            .run
            .iter()
            .any(|word| word.contains(|c: char| c.is_numeric()));
        let long = text.chars().count() >= 8;
        let score = 1.0
            + 0.3 * (self.run.len().min(4) as f32 - 1.0)
            + if capital { 0.5 } else { 0.0 }
            + if digits { 0.3 } else { 0.0 }
            + if long { 0.3 } else { 0.0 };
        self.run.clear();
        self.offer(&text, article, score);
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
            return self.found.numbers.push(text.to_owned());
        }
        let idle = words::lookup(text).is_some_and(|entry| entry.asking.has(self.language));
        let length = text.chars().count();
        if length >= 2 && !idle {
            let latin = if text.is_ascii() { 0.5 } else { 0.0 };
            self.offer(text, None, 1.0 + 0.15 * length.min(8) as f32 + latin);
        }
    }

    /// Adds a candidate, or weight to an equal one.
    fn offer(&mut self, text: &str, article: Option<&str>, score: f32) {
        let text = text.trim_matches(|c: char| !c.is_alphanumeric() && c != '+' && c != '#');
        let text = text.trim_start_matches(['+', '#']);
        if text.is_empty() || text.len() > LONGEST || text.contains('\n') {
            return;
        }
        let folded = text.to_lowercase();
        if let Some(known) = self
            .candidates
            .iter_mut()
            .find(|known| known.folded == folded)
        {
            known.score += 0.7;
        } else if self.candidates.len() < MOST_CANDIDATES {
            let rank = self.candidates.len();
            let late = 0.15 * rank.min(4) as f32 + 0.02 * rank as f32;
            let spoken = match article {
                Some(article) => format!("{} {text}", article.to_lowercase()),
                None => text.to_owned(),
            };
            let phrase = Phrase {
                bare: text.to_owned(),
                spoken,
            };
            self.candidates.push(Candidate {
                phrase,
                folded,
                score: score - late,
            });
        }
    }

    /// The best candidates; one that is part of a better one says nothing new.
    fn rank(&mut self) {
        self.candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
        let mut kept: Vec<&Candidate> = Vec::new();
        for candidate in &self.candidates {
            let is_new = kept
                .iter()
                .all(|better| !better.folded.contains(&candidate.folded));
            if is_new && kept.len() < MOST_PHRASES {
                kept.push(candidate);
            }
        }
        self.found.phrases = kept
            .into_iter()
            .map(|candidate| candidate.phrase.clone())
            .collect();
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
