//! The languages that are answered, and how a text's own is told: by script first, by small
//! words where the script is shared. Not here: the small words (they are data, see `words`).

use super::pieces::Pieces;
use super::words::Entry;

/// A language that prompts are answered in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Language {
    English,
    German,
    French,
    Spanish,
    Portuguese,
    Italian,
    Dutch,
    Polish,
    Turkish,
    Russian,
    Chinese,
    Japanese,
    Korean,
    Arabic,
    Hindi,
    /// The filler text of printers.
    Lorem,
}

impl Language {
    /// All of them, in the order of their numbers.
    pub const ALL: [Language; 16] = [
        Language::English,
        Language::German,
        Language::French,
        Language::Spanish,
        Language::Portuguese,
        Language::Italian,
        Language::Dutch,
        Language::Polish,
        Language::Turkish,
        Language::Russian,
        Language::Chinese,
        Language::Japanese,
        Language::Korean,
        Language::Arabic,
        Language::Hindi,
        Language::Lorem,
    ];

    /// The two-letter code of ISO 639-1; `la` for the filler text.
    pub fn code(self) -> &'static str {
        const CODES: [&str; 16] = [
            "en", "de", "fr", "es", "pt", "it", "nl", "pl", "tr", "ru", "zh", "ja", "ko", "ar",
            "hi", "la",
        ];
        CODES[self as usize]
    }

    /// The language of a two-letter code.
    pub fn of_code(code: &str) -> Option<Language> {
        Language::ALL
            .into_iter()
            .find(|language| language.code() == code)
    }

    /// Whether words and sentences are set apart by spaces.
    pub(crate) fn is_spaced(self) -> bool {
        !matches!(self, Language::Chinese | Language::Japanese)
    }

    /// Whether a word is one of those that every text of the language has, or that ask for something.
    pub(crate) fn is_small(self, word: &str) -> bool {
        super::words::lookup(word)
            .is_some_and(|entry| entry.small.has(self) || entry.asking.has(self))
    }

    /// The language that most of a text is written in; English where nothing tells.
    pub fn of(text: &str) -> Language {
        Pieces::of(text).language
    }
}

/// How many letters of each script a text has.
#[derive(Default)]
pub(crate) struct Scripts {
    latin: u32,
    han: u32,
    kana: u32,
    hangul: u32,
    cyrillic: u32,
    arabic: u32,
    devanagari: u32,
}

impl Scripts {
    #[inline]
    pub(crate) fn count(&mut self, c: char) {
        match c {
            'a'..='z' | 'A'..='Z' | '\u{c0}'..='\u{24f}' => self.latin += 1,
            '\u{3040}'..='\u{30ff}' => self.kana += 1,
            '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' => self.han += 1,
            '\u{ac00}'..='\u{d7a3}' | '\u{1100}'..='\u{11ff}' => self.hangul += 1,
            '\u{400}'..='\u{52f}' => self.cyrillic += 1,
            '\u{600}'..='\u{6ff}' | '\u{750}'..='\u{77f}' => self.arabic += 1,
            '\u{900}'..='\u{97f}' => self.devanagari += 1,
            _ => {}
        }
    }

    /// A letter of a denser script weighs as much as three Latin ones, so that a name or a term
    /// in Latin letters does not outvote the sentence around it.
    pub(crate) fn language(&self) -> Option<Language> {
        let japanese = if self.kana > 0 {
            self.kana + self.han
        } else {
            0
        };
        let dense = [
            (japanese * 3, Language::Japanese),
            (self.han * 3, Language::Chinese),
            (self.hangul * 3, Language::Korean),
            (self.cyrillic * 2, Language::Russian),
            (self.arabic * 2, Language::Arabic),
            (self.devanagari * 2, Language::Hindi),
        ];
        let mut best = (self.latin, None);
        for (letters, language) in dense {
            if letters > best.0 {
                best = (letters, Some(language));
            }
        }
        best.1
    }
}

/// What small words and letters say for each language.
#[derive(Default)]
pub(crate) struct Votes([u32; Language::ALL.len()]);

impl Votes {
    /// A word speaks for the languages that it is small in.
    #[inline]
    pub(crate) fn word(&mut self, entry: &Entry) {
        for (votes, more) in self.0.iter_mut().zip(entry.votes) {
            *votes += u32::from(more);
        }
    }

    /// A letter that a language has to itself speaks for it.
    pub(crate) fn letter(&mut self, c: char) {
        if let Some(language) = by_letter(c) {
            self.0[language as usize] += 3;
        }
    }

    /// The language with the most votes; the earlier in the list at a tie.
    pub(crate) fn language(&self) -> Language {
        let mut best = Language::English;
        for language in Language::ALL {
            if self.0[language as usize] > self.0[best as usize] {
                best = language;
            }
        }
        best
    }
}

/// Letters that one of the languages has to itself.
fn by_letter(c: char) -> Option<Language> {
    match c {
        'ß' | 'ä' => Some(Language::German),
        'ñ' | '¿' | '¡' => Some(Language::Spanish),
        'ã' | 'õ' => Some(Language::Portuguese),
        'ł' | 'ą' | 'ę' | 'ś' | 'ż' | 'ź' | 'ń' | 'ć' => Some(Language::Polish),
        'ğ' | 'ş' | 'ı' | 'İ' => Some(Language::Turkish),
        'œ' | 'ê' => Some(Language::French),
        _ => None,
    }
}
