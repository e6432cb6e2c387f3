//! What codes mean in the Latin encodings, and what glyphs' names mean. Not here: maps that fonts
//! bring along.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Characters by code.
pub(super) type Codes = [Option<char>; 256];

pub(super) struct Encodings {
    names: HashMap<&'static str, char>,
    pub(super) standard: Codes,
    pub(super) windows: Codes,
    pub(super) macintosh: Codes,
}

pub(super) static ENCODINGS: LazyLock<Encodings> =
    LazyLock::new(|| read(include_str!("../../../../../data/retrieval/glyphs.txt")));

/// Rows of name, character, and code in three encodings; what does not fit is no row.
fn read(table: &'static str) -> Encodings {
    let mut encodings = Encodings {
        names: HashMap::new(),
        standard: [None; 256],
        windows: [None; 256],
        macintosh: [None; 256],
    };
    for row in table.lines().filter(|row| !row.starts_with('#')) {
        let mut cells = row.split(' ');
        let (Some(name), Some(character)) = (cells.next(), cells.next().and_then(scalar)) else {
            continue;
        };
        encodings.names.insert(name, character);
        let codes = [
            &mut encodings.standard,
            &mut encodings.windows,
            &mut encodings.macintosh,
        ];
        for (codes, cell) in codes.into_iter().zip(cells) {
            if let Ok(code) = u8::from_str_radix(cell, 16) {
                codes[usize::from(code)] = Some(character);
            }
        }
    }
    encodings
}

impl Encodings {
    /// What a glyph's name means: `fi`, `uni0041`, `u1F600`, `a.alt`, `f_i`.
    pub(super) fn glyph(&self, name: &str) -> Option<String> {
        let name = name.split('.').next().filter(|name| !name.is_empty())?;
        name.split('_').map(|part| self.part(part)).collect()
    }

    fn part(&self, name: &str) -> Option<String> {
        if let Some(character) = self.names.get(name) {
            return Some(character.to_string());
        }
        if let Some(digits) = name.strip_prefix("uni").filter(|digits| digits.len() >= 4) {
            let units = digits.as_bytes().chunks(4).map(std::str::from_utf8);
            return units.map(|unit| scalar(unit.ok()?)).collect();
        }
        name.strip_prefix('u').and_then(scalar).map(String::from)
    }
}

fn scalar(digits: &str) -> Option<char> {
    let is_number = (4..=6).contains(&digits.len());
    let number = u32::from_str_radix(digits, 16).ok().filter(|_| is_number);
    number.and_then(char::from_u32)
}
