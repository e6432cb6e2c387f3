//! Character classes of the pre-token patterns, from tables that the build makes of the Unicode
//! data of `regex-syntax`, which tiktoken's own engine reads. Not here: what the classes are for.

pub(super) const LETTER: u8 = 1;
pub(super) const NUMBER: u8 = 2;
pub(super) const SPACE: u8 = 4;
/// Upper, title, modifier and caseless letters, and marks.
pub(super) const UPPER: u8 = 8;
/// Lower, modifier and caseless letters, and marks.
pub(super) const LOWER: u8 = 16;
/// Carriage return and line feed.
pub(super) const LINE_END: u8 = 32;

/// The block number of each 128 code points.
static INDEX: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/class.index"));
/// The classes by block; block 0 is ASCII.
static BLOCKS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/class.blocks"));
static ASCII: &[u8; 128] = BLOCKS.first_chunk().expect("there are blocks");

/// What the patterns need to know of one character.
#[derive(Clone, Copy)]
pub(super) struct Character {
    classes: u8,
    /// Bytes in UTF-8.
    pub(super) length: usize,
}

impl Character {
    /// Whether it is in one of these classes.
    #[inline(always)]
    pub(super) fn is(self, classes: u8) -> bool {
        self.classes & classes != 0
    }
}

/// The character that begins at `at` in whole UTF-8.
#[inline(always)]
pub(super) fn character(text: &[u8], at: usize) -> Character {
    match ASCII.get(usize::from(text[at])) {
        Some(classes) => Character {
            classes: *classes,
            length: 1,
        },
        None => wide_character(&text[at..]),
    }
}

fn wide_character(text: &[u8]) -> Character {
    let bits = |at: usize| text.get(at).map_or(0, |byte| u32::from(byte & 0x3F));
    let lead = u32::from(text[0]);
    let (code, length) = match lead {
        ..0xE0 => ((lead & 0x1F) << 6 | bits(1), 2),
        0xE0..0xF0 => ((lead & 0x0F) << 12 | bits(1) << 6 | bits(2), 3),
        _ => (
            (lead & 0x07) << 18 | bits(1) << 12 | bits(2) << 6 | bits(3),
            4,
        ),
    };
    let block = usize::from(INDEX[(code >> 7) as usize]);
    Character {
        classes: BLOCKS[block << 7 | (code & 0x7F) as usize],
        length,
    }
}
