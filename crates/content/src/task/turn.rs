//! Texts that are turned into others or counted by rule: a word reversed, a list sorted, the letters of
//! a word. Not here: programs that do so (`prose`), sums (`calculation`).

use serde::Deserialize;

use super::{WORDS, marks};
use crate::facts::quoted_at;

#[derive(Deserialize)]
pub(super) struct Words {
    reverse: Vec<String>,
    upper: Vec<String>,
    lower: Vec<String>,
    sort: Vec<String>,
    /// A list is to be sorted from its end.
    descending: Vec<String>,
    most: Vec<String>,
    least: Vec<String>,
    total: Vec<String>,
    mean: Vec<String>,
    /// What asks how often there is something.
    counts: Vec<String>,
    letters: Vec<String>,
    words: Vec<String>,
    /// What stands before the text that is looked at.
    within: Vec<String>,
    /// What may stand behind the text.
    verbs: Vec<String>,
    /// What may stand between these words and the text.
    filler: Vec<String>,
}

/// Longer turns are no such tasks, in bytes.
const LONGEST: usize = 400;

/// What comes of it.
pub(super) fn of(asked: &str) -> Option<String> {
    if asked.len() > LONGEST {
        return None;
    }
    let lower = marks::lowered(asked);
    let words = &WORDS.turn;
    let has = |all: &[String]| all.iter().find_map(|word| end_of(&lower, word));
    if let Some(at) = has(&words.counts) {
        return counted(asked, &lower, at);
    }
    if let Some(at) = has(&words.sort) {
        return sorted(asked, &lower, at);
    }
    if let Some(at) = has(&words.reverse) {
        return Some(text(asked, &lower, at)?.chars().rev().collect());
    }
    if let Some(at) = has(&words.upper) {
        return Some(cased(asked, &lower, at)?.to_uppercase());
    }
    if let Some(at) = has(&words.lower) {
        return Some(cased(asked, &lower, at)?.to_lowercase());
    }
    let numbers = || numbers(asked);
    // Two numbers may be the ends of a time: `the largest ship between 1900 and 1950`.
    let several = || numbers().filter(|all| all.len() > 2);
    let told = |value: f64| crate::calculation::written(value);
    if has(&words.most).is_some() {
        return several().map(|all| told(all.into_iter().fold(f64::MIN, f64::max)));
    }
    if has(&words.least).is_some() {
        return several().map(|all| told(all.into_iter().fold(f64::MAX, f64::min)));
    }
    if has(&words.total).is_some() {
        return numbers().map(|all| told(all.iter().sum()));
    }
    if has(&words.mean).is_some() {
        return numbers().map(|all| told(all.iter().sum::<f64>() / all.len() as f64));
    }
    None
}

/// Where a word ends that stands in a text.
fn end_of(lower: &str, word: &str) -> Option<usize> {
    marks::word_at(lower, word).map(|at| at + word.len())
}

/// The text behind a place: what is quoted there, what a colon announces, or the one word that is left.
fn text<'t>(asked: &'t str, lower: &str, at: usize) -> Option<&'t str> {
    let rest = &asked[at..];
    if let Some((quoted, _)) = rest
        .char_indices()
        .find_map(|(at, _)| quoted_at(&rest[at..]))
    {
        return Some(quoted);
    }
    if let Some(colon) = rest.find(':') {
        let behind = rest[colon + 1..].trim();
        return (!behind.is_empty()).then_some(behind);
    }
    let mut from = at;
    loop {
        let bare = lower[from..].trim_start();
        from = lower.len() - bare.len();
        let filler = WORDS.turn.filler.iter();
        let mut filler = filler.filter(|word| is_word(bare, word));
        match filler.next() {
            Some(word) => from += word.len(),
            None => break,
        }
    }
    let word = asked[from..].trim_matches(|c: char| !c.is_alphanumeric());
    let verbs = WORDS.turn.verbs.iter();
    let bare = verbs.filter_map(|verb| word.strip_suffix(verb.as_str()));
    let word = bare
        .min_by_key(|bare| bare.len())
        .unwrap_or(word)
        .trim_end();
    (!word.is_empty() && !word.contains(char::is_whitespace)).then_some(word)
}

fn is_word(text: &str, word: &str) -> bool {
    let rest = text.strip_prefix(word);
    rest.is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
}

/// The text of `convert 'x' to uppercase` and of `uppercase: x`.
fn cased<'t>(asked: &'t str, lower: &str, at: usize) -> Option<&'t str> {
    let quoted = asked
        .char_indices()
        .find_map(|(at, _)| quoted_at(&asked[at..]));
    quoted
        .map(|(quoted, _)| quoted)
        .or_else(|| text(asked, lower, at))
}

fn counted(asked: &str, lower: &str, at: usize) -> Option<String> {
    let words = &WORDS.turn;
    // What stands there most clearly comes first.
    let (what_ends, text_begins) = words.within.iter().find_map(|word| {
        let place = marks::word_at(&lower[at..], word)?;
        Some((at + place, at + place + word.len()))
    })?;
    let what = lower[at..what_ends].trim();
    let looked_at = text(asked, lower, text_begins)?;
    let is = |all: &[String]| all.iter().any(|word| end_of(what, word).is_some());
    if let Some(letter) = letter(what) {
        let count = looked_at.to_lowercase().matches(letter).count();
        let shown = letter.to_string();
        let times = if count == 1 { "time" } else { "times" };
        return Some(format!(
            "The letter \"{shown}\" appears {count} {times} in \"{looked_at}\"."
        ));
    }
    if is(&words.words) {
        let count = looked_at.split_whitespace().count();
        return Some(told(count, "word", looked_at));
    }
    if is(&words.letters) {
        let count = looked_at.chars().filter(|c| c.is_alphabetic()).count();
        return Some(told(count, "letter", looked_at));
    }
    None
}

fn told(count: usize, thing: &str, text: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    let verb = if count == 1 { "is" } else { "are" };
    format!("There {verb} {count} {thing}{plural} in \"{text}\".")
}

/// The one letter that is asked for: `r's`, `the letter r`, `"r"`.
fn letter(what: &str) -> Option<char> {
    let parts =
        what.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '’' | '`' | '“' | '”'));
    let mut single = None;
    for part in parts {
        let mut chars = part.chars();
        let (Some(first), None) = (chars.next(), chars.next()) else {
            // `rs` without an apostrophe, as in `how many rs`.
            let bare = part
                .strip_suffix('s')
                .filter(|bare| bare.chars().count() == 1);
            single = single.or(bare
                .and_then(|bare| bare.chars().next())
                .filter(|c| !"ai".contains(*c)));
            continue;
        };
        // `the letter a` names it, `a` alone is an article, and `s` comes behind an apostrophe.
        let is_named = what.contains("letter") || what.contains(['"', '\'', '’']);
        if first.is_alphabetic() && (is_named || first != 'a') {
            single = single.or(Some(first));
        }
    }
    single
}

/// A list in order, joined as it was.
fn sorted(asked: &str, lower: &str, at: usize) -> Option<String> {
    let rest = match asked[at..].find(':') {
        Some(colon) => &asked[at + colon + 1..],
        None => &asked[at..],
    };
    let rest = rest.lines().find(|line| !line.trim().is_empty())?;
    let (opens, inner, closes) = match (rest.find('['), rest.rfind(']')) {
        (Some(from), Some(to)) if from < to => ("[", &rest[from + 1..to], "]"),
        _ => ("", rest, ""),
    };
    let mut items: Vec<&str> = inner
        .split(',')
        .map(|item| item.trim().trim_end_matches(['.', '?']))
        .collect();
    let is_short = |item: &&str| !item.is_empty() && item.split(' ').count() <= 3;
    if items.len() < 3 || !items.iter().all(is_short) {
        return None;
    }
    let value = |item: &str| item.parse::<f64>().ok();
    let is_announced = asked[at..].contains([':', '[']);
    if !is_announced && items.iter().any(|item| value(item).is_none()) {
        return None;
    }
    if items.iter().all(|item| value(item).is_some()) {
        items.sort_by(|a, b| {
            value(a)
                .unwrap_or_default()
                .total_cmp(&value(b).unwrap_or_default())
        });
    } else {
        items.sort_by_key(|item| item.to_lowercase());
    }
    if WORDS
        .turn
        .descending
        .iter()
        .any(|word| lower.contains(word.as_str()))
    {
        items.reverse();
    }
    Some(format!("{opens}{}{closes}", items.join(", ")))
}

/// The numbers of a list; none where there is no list of numbers.
fn numbers(asked: &str) -> Option<Vec<f64>> {
    let parts = asked.split(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-')));
    let numbers: Vec<f64> = parts
        .filter_map(|part| part.trim_end_matches('.').parse().ok())
        .collect();
    let is_list = asked.contains(',') || asked.contains(" and ");
    (numbers.len() >= 3 || (numbers.len() == 2 && is_list)).then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn what_a_rule_makes_of_a_text_is_told() {
        for (asked, expected) in [
            ("Reverse the string 'hello'", "olleh"),
            ("Reverse the word stressed", "desserts"),
            ("Convert 'hello world' to uppercase", "HELLO WORLD"),
            ("Sort these numbers: 5, 3, 10, 1", "1, 3, 5, 10"),
            ("Sort in descending order: [5, 3, 10]", "[10, 5, 3]"),
            ("Sort alphabetically: pear, Apple, fig", "Apple, fig, pear"),
            ("Which number is the largest: 3, 17, 9?", "17"),
            ("What is the average of 2, 4 and 9?", "5"),
            (
                "How many r's are in strawberry?",
                "The letter \"r\" appears 3 times in \"strawberry\".",
            ),
            (
                "How many times does the letter e appear in 'nine'?",
                "The letter \"e\" appears 1 time in \"nine\".",
            ),
            (
                "Count the letter r in the word strawberry",
                "The letter \"r\" appears 3 times in \"strawberry\".",
            ),
            (
                "How many letters are in 'banana'?",
                "There are 6 letters in \"banana\".",
            ),
            (
                "How many words are in this sentence: The cat sat down",
                "There are 4 words in \"The cat sat down\".",
            ),
        ] {
            assert_eq!(of(asked).as_deref(), Some(expected), "{asked}");
        }
    }

    #[test]
    fn other_questions_are_left() {
        for asked in [
            "How many people live in Berlin?",
            "What is the largest planet?",
            "How do I sort a list by date?",
            "What is the sum of human knowledge?",
            "How many planets are in the solar system?",
            "Write a letter in French",
            "What sort of food, drinks, music do they like?",
            "What was the largest ship between 1900 and 1950?",
        ] {
            assert_eq!(of(asked), None, "{asked}");
        }
    }
}
