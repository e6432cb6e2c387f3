//! Small words: those that tell a language, those that ask for something, those that name a kind
//! of answer; from `data/corpus/words.txt`. Not here: how they are used (see `language`, `topic`).

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::{Kind, Language, Task};

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
}

/// What a word hints at beyond its language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cue {
    /// A kind of answer.
    Kind(Kind),
    /// A short answer.
    Brief,
    /// A small task, such as choosing a label.
    Task(Task),
    /// A long answer.
    Long,
    /// A programming language, by the name of its pool.
    Code(&'static str),
    /// A number of things.
    Count(u32),
    /// Sentences, as many as the word before says.
    Sentences,
    /// So many sentences.
    SentencesOf(u32),
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
    /// Languages in which the word ends a question for how or why something does what it does.
    pub(crate) verb: LanguageSet,
    /// Its hints, by language.
    pub(crate) cues: Vec<(Language, Cue)>,
    /// What it says for each language: more where it is of one alone.
    pub(crate) votes: [u8; Language::ALL.len()],
}

impl Entry {
    fn count_votes(&mut self) {
        let known = self.small.and(self.asking);
        let weight = if known.count() == 1 { 3 } else { 2 };
        let has = |language| u8::from(known.has(language));
        self.votes = Language::ALL.map(|language| weight * has(language));
    }
}

/// Words are no longer, in bytes.
const LONGEST: usize = 32;

/// A word in small letters, padded with zeros: equal words have equal keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Key([u64; LONGEST / 8]);

impl Key {
    /// The key of `text[from..to]`, which holds nothing but ASCII letters and apostrophes.
    #[inline]
    fn of_letters(text: &[u8], from: usize, to: usize) -> Self {
        const SMALL: u64 = 0x2020_2020_2020_2020;
        let mut key = Self::default();
        // Most words are short and stand well before the end.
        if to - from <= 8
            && let Some(eight) = text[from..].first_chunk()
        {
            let shown = u64::MAX >> (64 - 8 * (to - from));
            key.0[0] = (u64::from_le_bytes(*eight) | SMALL) & shown;
            return key;
        }
        for (part, at) in key.0.iter_mut().zip((from..to).step_by(8)) {
            let mut eight = [0; 8];
            match text.get(at..at + 8) {
                Some(whole) => eight.copy_from_slice(whole),
                None => eight[..to - at].copy_from_slice(&text[at..to]),
            }
            // The bytes behind the word are no part of it.
            let shown = u64::MAX >> (64 - 8 * (to - at).min(8));
            *part = (u64::from_le_bytes(eight) | SMALL) & shown;
        }
        key
    }

    /// The key of any word; none where it is too long.
    fn of(word: &str) -> Option<Self> {
        let mut folded = [0; LONGEST];
        if word.is_ascii() {
            let place = folded.get_mut(..word.len())?;
            place.copy_from_slice(word.as_bytes());
            place.make_ascii_lowercase();
        } else {
            let mut end = 0;
            for c in word.chars().flat_map(char::to_lowercase) {
                let place = folded.get_mut(end..end + c.len_utf8())?;
                end += c.encode_utf8(place).len();
            }
        }
        let mut key = Self::default();
        for (part, eight) in key.0.iter_mut().zip(folded.as_chunks().0) {
            *part = u64::from_le_bytes(*eight);
        }
        Some(key)
    }

    #[inline]
    fn hash(&self) -> u64 {
        const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
        let [first, second, third, fourth] = self.0;
        let head = (first ^ second.rotate_left(29).wrapping_mul(ODD)).wrapping_mul(ODD);
        if third == 0 {
            return head;
        }
        (head ^ third.rotate_left(17).wrapping_add(fourth)).wrapping_mul(ODD)
    }
}

/// All words, open-addressed. Most words of a text are in no list, and one look at a slot tells.
#[derive(Default)]
pub(crate) struct Table {
    /// Two bytes of the hash over the number of the word, counted from one; zero is free.
    slots: Vec<u32>,
    keys: Vec<Key>,
    entries: Vec<Entry>,
    breaks: [Vec<&'static str>; Language::ALL.len()],
    cues: [Vec<(&'static str, Cue)>; Language::ALL.len()],
    phrases: [Vec<(Finder<'static>, Cue)>; Language::ALL.len()],
}

/// Slots by the upper bits of a hash: three for a word or so.
const SLOT_BITS: u32 = 13;

static TABLE: LazyLock<Table> =
    LazyLock::new(|| parse(include_str!("../../../../data/corpus/words.txt")));

/// The table, for those who look up many words.
pub(crate) fn table() -> &'static Table {
    &TABLE
}

/// What is known of a word, whatever its case.
pub(crate) fn lookup(word: &str) -> Option<&'static Entry> {
    TABLE.lookup(word)
}

/// Whether a word carries no meaning by itself in some language.
pub(crate) fn is_small(word: &str) -> bool {
    lookup(word).is_some_and(|entry| entry.small.count() > 0)
}

impl Table {
    /// What is known of a word, whatever its case.
    pub(crate) fn lookup(&self, word: &str) -> Option<&Entry> {
        if word.len() > LONGEST {
            return None;
        }
        self.entry(&Key::of(word)?)
    }

    /// What is known of the word `text[from..to]` of ASCII letters and apostrophes.
    #[inline]
    pub(crate) fn lookup_letters(&self, text: &[u8], from: usize, to: usize) -> Option<&Entry> {
        if to - from > LONGEST {
            return None;
        }
        self.entry(&Key::of_letters(text, from, to))
    }

    #[inline]
    fn entry(&self, key: &Key) -> Option<&Entry> {
        match self.slot(key) {
            Ok(number) => Some(&self.entries[number]),
            Err(_) => None,
        }
    }

    /// The number of a word, or the free slot where it belongs.
    #[inline]
    fn slot(&self, key: &Key) -> Result<usize, usize> {
        let hash = key.hash();
        let mut at = (hash >> (64 - SLOT_BITS)) as usize;
        loop {
            let slot = self.slots[at];
            if slot == 0 {
                return Err(at);
            }
            let number = (slot & 0xffff) as usize - 1;
            if slot >> 16 == mark(hash) && self.keys[number] == *key {
                return Ok(number);
            }
            at = (at + 1) % self.slots.len();
        }
    }

    /// The entry of a word of the lists, new where it is named first; words that are too long to
    /// be looked up have none.
    fn entry_mut(&mut self, word: &str) -> Option<&mut Entry> {
        let key = Key::of(word)?;
        let number = match self.slot(&key) {
            Ok(number) => number,
            Err(free) => {
                self.keys.push(key);
                self.entries.push(Entry::default());
                self.slots[free] = mark(key.hash()) << 16 | self.keys.len() as u32;
                self.keys.len() - 1
            }
        };
        self.entries.get_mut(number)
    }
}

/// Sixteen bits of a hash that tell words apart which share a slot.
#[inline]
fn mark(hash: u64) -> u32 {
    (hash >> 32) as u32 & 0xffff
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

/// The hints of several words, each with what finds it.
pub(crate) fn phrases(language: Language) -> &'static [(Finder<'static>, Cue)] {
    &TABLE.phrases[language as usize]
}

/// Sections such as `@ en small`, `@ en asking`, `@ en kind.code`, `@ zh breaks`, each followed
/// by words; in a hint `_` stands for a space.
fn parse(text: &'static str) -> Table {
    let mut table = Table {
        slots: vec![0; 1 << SLOT_BITS],
        ..Table::default()
    };
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
    table.entries.iter_mut().for_each(Entry::count_votes);
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
            let finder = || Finder::new(&word.replace('_', " ")).into_owned();
            let phrase = cue(section, index).map(|cue| (finder(), cue));
            return self.phrases[language as usize].extend(phrase);
        }
        let hint = cue(section, index);
        if let Some(cue) = hint {
            self.cues[language as usize].push((word, cue));
        }
        let Some(entry) = self.entry_mut(word) else {
            return;
        };
        match section {
            "small" => entry.small.insert(language),
            "asking" => entry.asking.insert(language),
            "article" => entry.article.insert(language),
            "verb" => entry.verb.insert(language),
            "ending" => entry.ending.insert(language),
            "link" => entry.link.insert(language),
            _ => entry.cues.extend(hint.map(|cue| (language, cue))),
        }
    }
}

/// The hint that a section stands for. `count` lists the words for one, two, three …
fn cue(section: &'static str, index: usize) -> Option<Cue> {
    match section.split_once('.') {
        Some(("kind", name)) => Kind::named(name).map(Cue::Kind),
        Some(("code", _)) => Some(Cue::Code(section)),
        Some(("task", name)) => Task::named(name).map(Cue::Task),
        Some(("sentences", _)) => Some(Cue::SentencesOf(index as u32 + 1)),
        _ => match section {
            "brief" => Some(Cue::Brief),
            "long" => Some(Cue::Long),
            "sentences" => Some(Cue::Sentences),
            "count" => Some(Cue::Count(index as u32 + 1)),
            _ => None,
        },
    }
}
