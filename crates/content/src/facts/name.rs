//! Proper names: words with capitals, and runs of another script. Not here: other values.

use super::scan::Word;
use super::words;
use super::{Fact, FactKind};

/// The longest name, in words.
const LONGEST: usize = 6;

/// The name that the words open with, and how many words it takes.
pub(super) fn name_at<'a>(text: &'a str, words: &[Word<'a>]) -> Option<(Fact<'a>, usize)> {
    let first = &words[0];
    let is_known = words::is_opening(&first.text.to_lowercase());
    if !is_capital(first.text) || is_known {
        return None;
    }
    let mut taken = 1;
    while taken < LONGEST {
        let Some(more) = continuation(text, words, taken) else {
            break;
        };
        taken += more;
    }
    // A house number belongs to its street.
    let is_number = |word: &&Word<'_>| word.text.starts_with(|c: char| c.is_ascii_digit());
    let number = words.get(taken).filter(is_number);
    let beside = number.is_some_and(|word| &text[words[taken - 1].at.end..word.at.start] == " ");
    let is_street = beside && words::is_street(&words[taken - 1].text.to_lowercase());
    taken += usize::from(is_street);
    let at = first.at.start..words[taken - 1].at.end;
    let name = text[at.clone()]
        .strip_suffix("'s")
        .unwrap_or(&text[at.clone()]);
    let kind = if is_street {
        FactKind::Street
    } else {
        FactKind::Name
    };
    let fact = Fact::new(kind, name, at);
    let is_doubtful = first.opens && taken == 1;
    Some((
        Fact {
            is_doubtful,
            ..fact
        },
        taken,
    ))
}

/// How many words more belong to a name of `taken` words.
fn continuation(text: &str, words: &[Word<'_>], taken: usize) -> Option<usize> {
    let last = &words[taken - 1];
    let next = words.get(taken)?;
    let gap = &text[last.at.end..next.at.start];
    if next.quoted.is_some() || last.text.ends_with("'s") {
        return None;
    }
    let lower = next.text.to_lowercase();
    if gap == ", " {
        let is_state =
            next.text.len() == 2 && next.text.bytes().all(|byte| byte.is_ascii_uppercase());
        return (is_state || (is_capital(next.text) && words::is_country(&lower))).then_some(1);
    }
    if gap != " " {
        return None;
    }
    if is_capital(next.text) && !next.opens {
        let is_plain = !words::is_day(&lower) && words::month(&lower).is_none();
        return is_plain.then_some(1);
    }
    let after = words.get(taken + 1)?;
    let follows = text.get(next.at.end..after.at.start) == Some(" ") && is_capital(after.text);
    (words::is_inside_names(&lower) && follows && after.quoted.is_none()).then_some(2)
}

/// Whether a word begins with a capital, or is of a script without capitals.
fn is_capital(word: &str) -> bool {
    let Some(first) = word.chars().next() else {
        return false;
    };
    first.is_uppercase() || is_other_script(first)
}

fn is_other_script(c: char) -> bool {
    c.is_alphabetic() && !c.is_lowercase() && !c.is_uppercase()
}
