//! Undoing the filters of streams (ISO 32000-1, 7.4): Flate, hexadecimal, base 85. Not here: LZW, run
//! lengths, predictors and images, which text is hardly ever stored with.

use super::super::ParseError;
use super::super::budget::Budget;
use super::lexer::{hexadecimal_bytes, is_space};
use super::object::Object;

/// Filters in a row at most.
const MOST: usize = 8;

/// Undoes filters in their order; none where one is not known.
pub(super) fn decode<'n>(
    raw: &[u8],
    filters: impl Iterator<Item = &'n str>,
    predicts: bool,
    budget: &mut Budget,
) -> Result<Option<Vec<u8>>, ParseError> {
    let mut bytes: Option<Vec<u8>> = None;
    for filter in filters.take(MOST) {
        let input = bytes.as_deref().unwrap_or(raw);
        bytes = Some(match filter {
            "FlateDecode" | "Fl" if !predicts => {
                let reader = flate2::read::ZlibDecoder::new(input);
                budget.inflate(reader, input.len(), true)?
            }
            "ASCIIHexDecode" | "AHx" => {
                budget.reread(input.len())?;
                let end = memchr::memchr(b'>', input).unwrap_or(input.len());
                hexadecimal_bytes(&input[..end])
            }
            "ASCII85Decode" | "A85" => {
                budget.reread(input.len())?;
                base85(input)
            }
            _ => return Ok(None),
        });
    }
    if bytes.is_none() {
        budget.reread(raw.len())?;
    }
    Ok(Some(bytes.unwrap_or_else(|| raw.to_vec())))
}

/// Whether parameters ask for a predictor.
pub(super) fn predicts(parameters: &Object) -> bool {
    let asks = |object: &Object| {
        let dictionary = object.dictionary();
        let predictor = dictionary.and_then(|entries| entries.get("Predictor"));
        predictor
            .and_then(Object::number)
            .is_some_and(|number| number > 1.0)
    };
    asks(parameters) || parameters.array().iter().any(asks)
}

fn base85(input: &[u8]) -> Vec<u8> {
    let (mut output, mut group) = (Vec::new(), Vec::new());
    for byte in input.iter().copied().filter(|byte| !is_space(*byte)) {
        match byte {
            b'z' if group.is_empty() => output.extend([0; 4]),
            b'!'..=b'u' => group.push(byte - b'!'),
            _ => break,
        }
        if group.len() == 5 {
            output.extend(four(&group));
            group.clear();
        }
    }
    if group.len() > 1 {
        let kept = group.len() - 1;
        group.resize(5, 84);
        output.extend(&four(&group)[..kept]);
    }
    output
}

fn four(group: &[u8]) -> [u8; 4] {
    let digits = group.iter();
    let number = digits.fold(0u32, |sum, digit| {
        sum.wrapping_mul(85).wrapping_add(u32::from(*digit))
    });
    number.to_be_bytes()
}
