//! Small words: those that tell a language, those that ask for something, those that name a kind
//! of answer; from `data/corpus/words.txt`. Not here: how they are used (see `language`, `topic`).

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::LazyLock;

use super::{Kind, Language};

/// A set of languages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LanguageSet(u16);

impl LanguageSet {
    fn insert(&mut self, language: Language) {
        self.0 |= 1 << language as u16;
    }

    /// The languages of both.
    pub(crate) fn and(self, other: LanguageSet) -> LanguageSet {
        LanguageSet(self.0 | other.0)
    }

    /// How many languages.
    pub(crate) fn count(self) -> u32 {
        self.0.count_ones()
    }

    /// Whether a language is in it.
    pub(crate) fn has(self, language: Language) -> bool {
        self.0 & (1 << language as u16) != 0
    }

    /// The languages in order.
    pub(crate) fn iter(self) -> impl Iterator<Item = Language> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let lowest = left.trailing_zeros() as usize;
            left &= left.wrapping_sub(1);
            Language::ALL.get(lowest).copied()
        })
    }
}

/// What a word hints at beyond its language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cue {
    /// A kind of answer.
    Kind(Kind),
    /// A short answer.
    Brief,
    /// A long answer.
    Long,
    /// A programming language, by the name of its pool.
    Code(&'static str),
    /// A number of things.
    Count(u32),
}

/// What is known of a small word.
#[derive(Clone, Debug, Default)]
pub(crate) struct Entry {
    /// Languages in which the word is frequent and tells the language.
    pub(crate) small: LanguageSet,
    /// Languages in which the word asks for something and names no topic, as `explain`.
    pub(crate) asking: LanguageSet,
    /// Languages in which the word is an article that a phrase keeps.
    pub(crate) article: LanguageSet,
    /// Languages in which the word joins two nouns to one phrase, as `of`.
    pub(crate) link: LanguageSet,
    /// Languages in which the word may end a phrase although it is an asking one, as `list`.
    pub(crate) ending: LanguageSet,
    /// Its hints, by language.
    pub(crate) cues: Vec<(Language, Cue)>,
}

#[derive(Default)]
struct Table {
    words: HashMap<&'static str, Entry, BuildHasherDefault<WordHasher>>,
    breaks: [Vec<&'static str>; Language::ALL.len()],
    cues: [Vec<(&'static str, Cue)>; Language::ALL.len()],
    phrases: [Vec<(String, Cue)>; Language::ALL.len()],
}

/// A quick hash of short words (FNV-1a, eight bytes at a time); the words are ours, so nobody can
/// make them collide.
#[derive(Default)]
struct WordHasher(u64);

impl Hasher for WordHasher {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.0 = (self.0 ^ u64::from_le_bytes(word)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            self.0 ^= self.0 >> 32;
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

static TABLE: LazyLock<Table> =
    LazyLock::new(|| parse(include_str!("../../../../data/corpus/words.txt")));

/// What is known of a word, whatever its case.
pub(crate) fn lookup(word: &str) -> Option<&'static Entry> {
    const LONGEST: usize = 32;
    if word.len() > LONGEST {
        return None;
    }
    if word.bytes().all(|b| b.is_ascii_lowercase() || b == b'\'') {
        return TABLE.words.get(word);
    }
    if !word.is_ascii() {
        return TABLE.words.get(word.to_lowercase().as_str());
    }
    let mut folded = [0; LONGEST];
    folded[..word.len()].copy_from_slice(word.as_bytes());
    folded.make_ascii_lowercase();
    TABLE
        .words
        .get(std::str::from_utf8(&folded[..word.len()]).ok()?)
}

/// Character runs that end a key phrase in a language without spaces (or, for Korean, the
/// endings that a word loses), longest first.
pub(crate) fn breaks(language: Language) -> &'static [&'static str] {
    &TABLE.breaks[language as usize]
}

/// All hints of a language, for those whose words can't be looked up one by one.
pub(crate) fn cues(language: Language) -> &'static [(&'static str, Cue)] {
    &TABLE.cues[language as usize]
}

/// The hints of several words.
pub(crate) fn phrases(language: Language) -> &'static [(String, Cue)] {
    &TABLE.phrases[language as usize]
}

/// Sections such as `@ en small`, `@ en asking`, `@ en kind.code`, `@ zh breaks`, each followed
/// by words; in a hint `_` stands for a space.
fn parse(text: &'static str) -> Table {
    let mut table = Table::default();
    let mut section = None;
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if let Some(head) = line.strip_prefix("@ ") {
            let (code, name) = head.split_once(' ').unwrap_or((head, ""));
            section = Language::of_code(code).map(|language| (language, name));
        } else if let Some((language, name)) = section {
            let words = line.split_whitespace().enumerate();
            words.for_each(|(index, word)| table.add(language, name, index, word));
        }
    }
    for list in &mut table.breaks {
        list.sort_by_key(|word| std::cmp::Reverse(word.len()));
    }
    table
}

impl Table {
    fn add(&mut self, language: Language, section: &'static str, index: usize, word: &'static str) {
        if section == "breaks" {
            return self.breaks[language as usize].push(word);
        }
        if word.contains('_') {
            let phrase = cue(section, index).map(|cue| (word.replace('_', " "), cue));
            return self.phrases[language as usize].extend(phrase);
        }
        let entry = self.words.entry(word).or_default();
        match section {
            "small" => entry.small.insert(language),
            "asking" => entry.asking.insert(language),
            "article" => entry.article.insert(language),
            "ending" => entry.ending.insert(language),
            "link" => entry.link.insert(language),
            other => {
                if let Some(cue) = cue(other, index) {
                    entry.cues.push((language, cue));
                    self.cues[language as usize].push((word, cue));
                }
            }
        }
    }
}

/// The hint that a section stands for. `count` lists the words for one, two, three …
fn cue(section: &'static str, index: usize) -> Option<Cue> {
    match section.split_once('.') {
        Some(("kind", name)) => Kind::named(name).map(Cue::Kind),
        Some(("code", _)) => Some(Cue::Code(section)),
        _ => match section {
            "brief" => Some(Cue::Brief),
            "long" => Some(Cue::Long),
            "count" => Some(Cue::Count(index as u32 + 1)),
            _ => None,
        },
    }
}
