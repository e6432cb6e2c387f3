//! Maps from codes to Unicode that fonts bring along (ISO 32000-1, 9.10.3). Not here: fonts.

use super::super::ParseError;
use super::super::budget::Budget;
use super::lexer::{Lexer, Token};

#[derive(Debug, Default)]
pub(super) struct CodeMap {
    /// Ranges of codes with what their first one means, by ascending first code.
    ranges: Vec<Range>,
    /// Lengths of codes in bytes and their bounds.
    spaces: Vec<(usize, u32, u32)>,
}

#[derive(Debug)]
struct Range {
    first: u32,
    last: u32,
    meaning: Vec<u16>,
}

impl CodeMap {
    pub(super) fn read(bytes: &[u8], budget: &mut Budget) -> Result<Self, ParseError> {
        let mut map = Self::default();
        let mut lexer = Lexer::new(bytes, 0);
        while let Some(token) = lexer.next() {
            match token {
                Token::Word(b"begincodespacerange") => map.spaces(&mut lexer),
                Token::Word(b"beginbfchar") => map.characters(&mut lexer),
                Token::Word(b"beginbfrange") => map.ranges(&mut lexer),
                _ => {}
            }
            if map.ranges.len() > budget.limits.objects {
                return Err(ParseError::TooLarge);
            }
        }
        budget.objects(map.ranges.len() + map.spaces.len())?;
        map.ranges.sort_by_key(|range| range.first);
        map.spaces.sort_unstable();
        Ok(map)
    }

    fn spaces(&mut self, lexer: &mut Lexer<'_>) {
        while let (Some(Token::Text(first)), Some(Token::Text(last))) = (lexer.next(), lexer.next())
        {
            if (1..=4).contains(&first.len()) && self.spaces.len() < 256 {
                self.spaces
                    .push((first.len(), number(&first), number(&last)));
            }
        }
    }

    fn characters(&mut self, lexer: &mut Lexer<'_>) {
        while let Some(Token::Text(code)) = lexer.next() {
            let Some(Token::Text(meaning)) = lexer.next() else {
                return;
            };
            self.range(number(&code), number(&code), &meaning);
        }
    }

    fn ranges(&mut self, lexer: &mut Lexer<'_>) {
        while let Some(Token::Text(first)) = lexer.next() {
            let Some(Token::Text(last)) = lexer.next() else {
                return;
            };
            let (first, last) = (number(&first), number(&last));
            match lexer.next() {
                Some(Token::Text(meaning)) => self.range(first, last, &meaning),
                Some(Token::ArrayBegin) => {
                    let mut code = first;
                    while let Some(Token::Text(meaning)) = lexer.next() {
                        self.range(code, code, &meaning);
                        code = code.saturating_add(1);
                    }
                }
                _ => return,
            }
        }
    }

    fn range(&mut self, first: u32, last: u32, meaning: &[u8]) {
        let (units, _) = meaning.as_chunks::<2>();
        // A single byte is read as Latin-1, which some writers meant.
        let meaning = match meaning {
            [byte] => vec![u16::from(*byte)],
            _ => units.iter().map(|unit| u16::from_be_bytes(*unit)).collect(),
        };
        self.ranges.push(Range {
            first,
            last,
            meaning,
        });
    }

    /// What a code means.
    pub(super) fn meaning(&self, code: u32) -> Option<String> {
        let after = self.ranges.partition_point(|range| range.first <= code);
        let range = self.ranges[..after]
            .last()
            .filter(|range| code <= range.last)?;
        let mut units = range.meaning.clone();
        let last = units.last_mut()?;
        *last = last.wrapping_add((code - range.first) as u16);
        Some(String::from_utf16_lossy(&units).replace('\u{FFFD}', ""))
    }

    /// The length of the code that `bytes` begins with: that of the first range it is in, two bytes
    /// where there is none.
    pub(super) fn length(&self, bytes: &[u8]) -> usize {
        let fits = |(length, first, last): &&(usize, u32, u32)| {
            let code = bytes.get(..*length).map(number);
            code.is_some_and(|code| (*first..=*last).contains(&code))
        };
        self.spaces
            .iter()
            .find(fits)
            .map_or(2, |(length, _, _)| *length)
    }
}

/// Bytes as a number, the highest first.
pub(super) fn number(bytes: &[u8]) -> u32 {
    let low = &bytes[bytes.len().saturating_sub(4)..];
    low.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte))
}
