//! Single words that are values: links, addresses, dates, times, numbers, codes; and calculations.
//! Not here: names.

use super::scan::Word;
use super::words;
use super::{Fact, FactKind};

/// The value that a word is by itself.
pub(super) fn classify<'a>(word: &Word<'a>) -> Option<Fact<'a>> {
    let text = word.text;
    let fact = |kind| Some(Fact::new(kind, text, word.at.clone()));
    if text.contains("://") || text.starts_with("www.") {
        return fact(FactKind::Url);
    }
    if is_email(text) {
        return fact(FactKind::Email);
    }
    if text.contains(|c: char| c.is_ascii_digit()) {
        return with_digits(word);
    }
    let lower = text.to_lowercase();
    if let Some(value) = words::number(&lower) {
        let number = Some(f64::from(value));
        let fact = Fact::new(FactKind::Number, value.to_string(), word.at.clone());
        return Some(Fact {
            number,
            is_doubtful: true,
            ..fact
        });
    }
    if words::is_day(&lower) {
        return fact(FactKind::Day);
    }
    None
}

/// Dates, times, numbers and codes.
fn with_digits<'a>(word: &Word<'a>) -> Option<Fact<'a>> {
    let text = word.text;
    let fact = |kind| Some(Fact::new(kind, text, word.at.clone()));
    if let Some(date) = date(text) {
        return Some(Fact::new(FactKind::Date, date, word.at.clone()));
    }
    if is_time(text) {
        return fact(FactKind::Time);
    }
    if let Some(value) = number(text) {
        return Some(Fact {
            number: Some(value),
            ..Fact::new(FactKind::Number, text, word.at.clone())
        });
    }
    if is_code(text) {
        return fact(FactKind::Code);
    }
    None
}

fn is_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && domain.contains('.') && !domain.starts_with('.')
    })
}

/// A date in digits, as in ISO 8601: `2024-03-05`, `2024-03-05T10:00:00Z`, `5.3.2024` (day
/// first), `3/5/2024` (month first).
fn date(text: &str) -> Option<String> {
    let (day, rest) = text.split_at_checked(10).unwrap_or((text, ""));
    let parts: Vec<_> = day.split('-').collect();
    if let [year, month, date] = parts[..] {
        let is_date = year.len() == 4 && month.len() == 2 && date.len() == 2;
        let has_time = rest.is_empty() || rest.starts_with('T');
        return (is_date && has_time && all_digits(&parts)).then(|| text.to_owned());
    }
    let (parts, is_day_first) = match text.contains('/') {
        true => (text.split('/').collect::<Vec<_>>(), false),
        false => (text.split('.').collect(), true),
    };
    let [first, second, year] = parts[..] else {
        return None;
    };
    if year.len() != 4 || !all_digits(&parts) {
        return None;
    }
    let (first, second): (u32, u32) = (first.parse().ok()?, second.parse().ok()?);
    let (day, month) = if is_day_first || first > 12 {
        (first, second)
    } else {
        (second, first)
    };
    let is_date = (1..=31).contains(&day) && (1..=12).contains(&month);
    is_date.then(|| format!("{year}-{month:02}-{day:02}"))
}

fn all_digits(parts: &[&str]) -> bool {
    parts
        .iter()
        .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

fn is_time(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let bare = lower
        .trim_end_matches("am")
        .trim_end_matches("pm")
        .trim_end_matches('h');
    let parts: Vec<_> = bare.split(':').collect();
    let has_half = bare.len() < lower.len();
    let is_clock = matches!(parts.len(), 2 | 3) && parts.iter().all(|part| part.len() <= 2);
    let is_hour = parts.len() == 1 && has_half && bare.len() <= 2;
    (is_clock || is_hour) && all_digits(&parts)
}

/// A number with its sign, thousands and decimals, and a currency or a unit around it.
pub(super) fn number(text: &str) -> Option<f64> {
    let bare = text.trim_start_matches(['$', '€', '£', '¥', '#', '+']);
    let units = [
        "%", "€", "$", "£", "°c", "°f", "°", "kg", "km", "cm", "mm", "mb", "gb", "kb", "ms", "m",
        "s", "g",
    ];
    let lower = bare.to_ascii_lowercase();
    let unit = units.iter().find(|unit| {
        lower
            .strip_suffix(*unit)
            .is_some_and(|rest| rest.ends_with(|c: char| c.is_ascii_digit()))
    });
    let digits = unit.map_or(lower.as_str(), |unit| &lower[..lower.len() - unit.len()]);
    let digits = digits
        .strip_suffix("st")
        .or(digits.strip_suffix("nd"))
        .or(digits.strip_suffix("rd"))
        .or(digits.strip_suffix("th"))
        .unwrap_or(digits);
    let digits = digits.replace('−', "-");
    let sound = digits.strip_prefix('-').unwrap_or(&digits);
    if !sound.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok().filter(|value: &f64| value.is_finite())
}

/// Letters and digits in one word, or a word with underscores.
fn is_code(text: &str) -> bool {
    let has_digit = text.contains(|c: char| c.is_ascii_digit());
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '#' | '.' | '/' | '+');
    has_digit && text.len() >= 2 && text.chars().all(is_word)
}

/// The length of the calculation that a text opens with: numbers with operators between them.
pub(super) fn expression_at(text: &str) -> Option<usize> {
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '(' | '-')) {
        return None;
    }
    let is_part = |c: char| c.is_ascii_digit() || " .+-*/^()×÷%".contains(c);
    let run = &text[..text.find(|c: char| !is_part(c)).unwrap_or(text.len())];
    let run = run.trim_end_matches(|c: char| !(c.is_ascii_digit() || matches!(c, ')' | '%')));
    let numbers = run.split(|c: char| !(c.is_ascii_digit() || c == '.'));
    let count = numbers
        .filter(|part| part.contains(|c: char| c.is_ascii_digit()))
        .count();
    let has_operator = run.contains(['+', '*', '/', '^', '×', '÷']) || run.contains(" - ");
    let is_date = run.split('/').count() == 3 && !run.contains(' ');
    // Two numbers with nothing but a space between them are no calculation.
    let joined = run.replace(' ', "");
    let is_whole = !run.contains(' ') || joined.len() < run.len() && has_operator;
    (count >= 2 && has_operator && !is_date && is_whole).then_some(run.len())
}
