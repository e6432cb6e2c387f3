//! Slots: the places of a template that take the prompt's own words. In compiled text a slot is
//! one private-use character. Not here: where the words come from (see `topic`).

/// What a slot is filled with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Slot {
    /// The leading key phrase.
    Topic,
    /// The leading key phrase, its first letter a capital.
    TopicCapital,
    /// The second key phrase.
    Second,
    /// The second, its first letter a capital.
    SecondCapital,
    /// The third.
    Third,
    /// The third, its first letter a capital.
    ThirdCapital,
    /// The number of a step in its list.
    Index,
    /// The leading phrase as an identifier, `binary_search`.
    Snake,
    /// The leading phrase as a type name, `BinarySearch`.
    Pascal,
    /// The text that the prompt asks to have repeated.
    Wanted,
    /// The first number of the prompt.
    Number,
}

/// The spelling of each slot in the corpus, and what must be known for it to be filled.
const SPELLINGS: [(&str, Slot); 11] = [
    ("t", Slot::Topic),
    ("T", Slot::TopicCapital),
    ("a", Slot::Second),
    ("A", Slot::SecondCapital),
    ("b", Slot::Third),
    ("B", Slot::ThirdCapital),
    ("i", Slot::Index),
    ("id", Slot::Snake),
    ("Id", Slot::Pascal),
    ("w", Slot::Wanted),
    ("n", Slot::Number),
];

const FIRST: u32 = 0xE000;

impl Slot {
    /// The slot spelt `name` in the corpus.
    pub(crate) fn named(name: &str) -> Option<Slot> {
        SPELLINGS
            .iter()
            .find(|(spelling, _)| *spelling == name)
            .map(|(_, slot)| *slot)
    }

    /// The character that stands for it in compiled text.
    pub(crate) fn mark(self) -> char {
        char::from_u32(FIRST + self as u32).expect("a private-use code point")
    }

    /// The slot that a character stands for.
    pub(crate) fn of(mark: char) -> Option<Slot> {
        let index = (mark as u32).checked_sub(FIRST)?;
        SPELLINGS
            .iter()
            .map(|(_, slot)| *slot)
            .find(|slot| *slot as u32 == index)
    }

    /// One bit for each kind of knowledge that a slot needs.
    pub(crate) fn need(self) -> u8 {
        match self {
            Slot::Topic | Slot::TopicCapital => Needs::TOPIC,
            Slot::Second | Slot::SecondCapital => Needs::SECOND,
            Slot::Third | Slot::ThirdCapital => Needs::THIRD,
            Slot::Wanted => Needs::WANTED,
            Slot::Number => Needs::NUMBER,
            Slot::Index | Slot::Snake | Slot::Pascal => 0,
        }
    }
}

/// Names of the bits of [`Slot::need`].
pub(crate) struct Needs;

impl Needs {
    pub(crate) const TOPIC: u8 = 1;
    pub(crate) const SECOND: u8 = 2;
    pub(crate) const THIRD: u8 = 4;
    pub(crate) const WANTED: u8 = 8;
    pub(crate) const NUMBER: u8 = 16;
    /// The key phrases, which an answer should mention.
    pub(crate) const KEYWORDS: u8 = 7;
}

/// All that a text needs to know.
pub(crate) fn needs(text: &str) -> u8 {
    text.chars()
        .filter_map(Slot::of)
        .fold(0, |needs, slot| needs | slot.need())
}
