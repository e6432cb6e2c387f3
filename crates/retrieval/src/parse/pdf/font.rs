//! Fonts: what the codes of shown strings mean, and how wide they are. Not here: where they are shown.

use super::super::ParseError;
use super::super::budget::Budget;
use super::cmap::{self, CodeMap};
use super::encoding::{Codes, ENCODINGS};
use super::file::File;
use super::object::{Dictionary, Object, whole};

/// Width of a glyph that nothing is known of, in thousandths of the size.
const USUAL_WIDTH: f64 = 500.0;

pub(super) struct Font {
    meanings: Meanings,
    unicode: Option<CodeMap>,
    widths: Vec<Widths>,
    usual: f64,
}

enum Meanings {
    /// One byte a code.
    Latin(Vec<Option<String>>),
    /// Two bytes a code, which are UTF-16.
    Utf16,
    /// Two bytes a code, which mean what the map says.
    Mapped,
}

/// Codes that follow each other, and their widths; a single width is that of all.
struct Widths {
    first: u32,
    last: u32,
    widths: Vec<f64>,
}

/// A shown code.
pub(super) struct Glyph {
    pub(super) text: String,
    /// In thousandths of the size.
    pub(super) width: f64,
    pub(super) is_space: bool,
}

impl Font {
    pub(super) fn load(
        dictionary: &Dictionary,
        file: &mut File<'_>,
        budget: &mut Budget,
    ) -> Result<Self, ParseError> {
        let unicode = match file.entry(dictionary, "ToUnicode", budget)? {
            Object::Stream(stream) => match file.stream(&stream, budget)? {
                Some(bytes) => Some(CodeMap::read(&bytes, budget)?),
                None => None,
            },
            _ => None,
        };
        let subtype = file.entry(dictionary, "Subtype", budget)?;
        if subtype.name() == Some("Type0") {
            Self::composite(dictionary, unicode, file, budget)
        } else {
            Self::simple(dictionary, unicode, file, budget)
        }
    }

    fn simple(
        dictionary: &Dictionary,
        unicode: Option<CodeMap>,
        file: &mut File<'_>,
        budget: &mut Budget,
    ) -> Result<Self, ParseError> {
        let encoding = file.entry(dictionary, "Encoding", budget)?;
        let meanings = latin(&encoding, file, budget)?;
        let first = file
            .entry(dictionary, "FirstChar", budget)?
            .number()
            .and_then(whole)
            .unwrap_or(0);
        let widths = file.entry(dictionary, "Widths", budget)?;
        let widths = numbers(widths.array(), file, budget)?;
        let last = first.saturating_add(u32::try_from(widths.len()).unwrap_or(u32::MAX));
        let known = Widths {
            first,
            last: last.saturating_sub(1),
            widths,
        };
        Ok(Self {
            meanings: Meanings::Latin(meanings),
            unicode,
            widths: if known.widths.is_empty() {
                Vec::new()
            } else {
                vec![known]
            },
            usual: USUAL_WIDTH,
        })
    }

    fn composite(
        dictionary: &Dictionary,
        unicode: Option<CodeMap>,
        file: &mut File<'_>,
        budget: &mut Budget,
    ) -> Result<Self, ParseError> {
        let encoding = file.entry(dictionary, "Encoding", budget)?;
        let name = encoding.name().unwrap_or_default();
        let is_unicode = name.contains("UCS2") || name.contains("UTF16");
        let descendants = file.entry(dictionary, "DescendantFonts", budget)?;
        let descendant = descendants
            .array()
            .first()
            .cloned()
            .unwrap_or(Object::Nothing);
        let descendant = file.resolve(&descendant, budget)?;
        let (mut widths, mut usual) = (Vec::new(), 1000.0);
        if let Some(descendant) = descendant.dictionary() {
            usual = file
                .entry(descendant, "DW", budget)?
                .number()
                .unwrap_or(usual);
            let listed = file.entry(descendant, "W", budget)?;
            widths = composite_widths(listed.array(), file, budget)?;
        }
        let meanings = if is_unicode {
            Meanings::Utf16
        } else {
            Meanings::Mapped
        };
        Ok(Self {
            meanings,
            unicode,
            widths,
            usual,
        })
    }

    /// The glyph that `codes` begin with, and how many bytes its code has. `codes` is not empty.
    pub(super) fn glyph(&self, codes: &[u8]) -> (Glyph, usize) {
        let length = match (&self.meanings, &self.unicode) {
            (Meanings::Latin(_), _) => 1,
            (Meanings::Mapped, Some(map)) => map.length(codes),
            (Meanings::Utf16, _) | (Meanings::Mapped, None) => 2,
        };
        let length = length.min(codes.len());
        let code = cmap::number(&codes[..length]);
        let text = self.text(code);
        let glyph = Glyph {
            text: text.unwrap_or_default(),
            width: self.width(code),
            is_space: length == 1 && code == 32,
        };
        (glyph, length)
    }

    fn text(&self, code: u32) -> Option<String> {
        let mapped = self.unicode.as_ref().and_then(|map| map.meaning(code));
        let known = || match &self.meanings {
            Meanings::Latin(codes) => codes.get(code as usize).cloned().flatten(),
            Meanings::Utf16 => char::from_u32(code).map(String::from),
            Meanings::Mapped => None,
        };
        mapped.or_else(known)
    }

    fn width(&self, code: u32) -> f64 {
        let after = self.widths.partition_point(|range| range.first <= code);
        let range = self.widths[..after]
            .last()
            .filter(|range| code <= range.last);
        let Some(range) = range else {
            return self.usual;
        };
        let at = (code - range.first) as usize;
        range
            .widths
            .get(at)
            .or(range.widths.first())
            .copied()
            .unwrap_or(self.usual)
    }
}

/// The meanings of a simple font's codes (9.6.6).
fn latin(
    encoding: &Object,
    file: &mut File<'_>,
    budget: &mut Budget,
) -> Result<Vec<Option<String>>, ParseError> {
    let dictionary = encoding.dictionary();
    let base = match dictionary {
        Some(entries) => file.entry(entries, "BaseEncoding", budget)?,
        None => encoding.clone(),
    };
    let base: &Codes = match base.name() {
        Some("WinAnsiEncoding") => &ENCODINGS.windows,
        Some("MacRomanEncoding") => &ENCODINGS.macintosh,
        Some(_) | None => &ENCODINGS.standard,
    };
    let mut codes: Vec<Option<String>> = base.iter().map(|code| code.map(String::from)).collect();
    let Some(dictionary) = dictionary else {
        return Ok(codes);
    };
    let differences = file.entry(dictionary, "Differences", budget)?;
    budget.objects(differences.array().len())?;
    let mut code = 0usize;
    for item in differences.array() {
        match item {
            Object::Number(number) => code = whole(*number).unwrap_or(u32::MAX) as usize,
            Object::Name(name) => {
                if let Some(meaning) = codes.get_mut(code) {
                    *meaning = ENCODINGS.glyph(name);
                }
                code = code.saturating_add(1);
            }
            _ => {}
        }
    }
    Ok(codes)
}

/// The widths of a composite font (9.7.4.3): `first [w w …]` and `first last w`.
fn composite_widths(
    items: &[Object],
    file: &mut File<'_>,
    budget: &mut Budget,
) -> Result<Vec<Widths>, ParseError> {
    let (mut all, mut rest) = (Vec::new(), items);
    budget.objects(items.len())?;
    while let [first, second, more @ ..] = rest {
        let Some(first) = first.number().and_then(whole) else {
            break;
        };
        let second = file.resolve(second, budget)?;
        let (last, widths) = match (&second, more) {
            (Object::Array(items), _) => {
                let widths = numbers(items, file, budget)?;
                rest = more;
                let count = u32::try_from(widths.len()).unwrap_or(u32::MAX);
                (first.saturating_add(count.saturating_sub(1)), widths)
            }
            (Object::Number(last), [width, after @ ..]) => {
                rest = after;
                (
                    whole(*last).unwrap_or(first),
                    width.number().into_iter().collect(),
                )
            }
            _ => break,
        };
        all.push(Widths {
            first,
            last,
            widths,
        });
    }
    all.sort_by_key(|range: &Widths| range.first);
    Ok(all)
}

fn numbers(
    items: &[Object],
    file: &mut File<'_>,
    budget: &mut Budget,
) -> Result<Vec<f64>, ParseError> {
    budget.objects(items.len())?;
    let number = |item| Ok(file.resolve(item, budget)?.number().unwrap_or(0.0));
    items.iter().map(number).collect()
}
