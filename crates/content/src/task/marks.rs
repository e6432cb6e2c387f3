//! Cutting texts of tasks: lists of words, what stands behind a mark. Not here: what they mean.

use crate::facts::quoted_at;

/// The most words of an item.
const WORDS: usize = 5;
/// The most items.
const ITEMS: usize = 40;

/// Where a word begins that stands there on its own, or as the stem of a longer one.
pub(super) fn word_at(lower: &str, word: &str) -> Option<usize> {
    let mut places = memchr::memmem::find_iter(lower.as_bytes(), word);
    places.find(|at| !lower[..*at].ends_with(char::is_alphanumeric))
}

/// A text in small letters, of which every place is the same as in the text.
pub(super) fn lowered(text: &str) -> String {
    text.to_ascii_lowercase()
}

/// The items of the list that a text opens with (`a, b or c`, `a/b/c`, `[a, b]`, lines with
/// bullets), and where it ends; none where there are fewer than two.
pub(super) fn list(text: &str) -> Option<(Vec<&str>, usize)> {
    let start = text.len() - text.trim_start_matches([' ', ':', '[', '(', '{']).len();
    let text_here = &text[start..];
    let (items, length) = match text_here.trim_start_matches(' ').starts_with('\n') {
        true => bullets(text_here),
        false => in_line(text_here),
    };
    (2..=ITEMS)
        .contains(&items.len())
        .then_some((items, start + length))
}

/// Lines with bullets or numbers; what explains an item is no part of it.
fn bullets(text: &str) -> (Vec<&str>, usize) {
    let (mut items, mut end) = (Vec::new(), 0);
    for line in text.split_inclusive('\n') {
        let bare = line.trim();
        let item = bare.trim_start_matches(|c: char| {
            matches!(c, '-' | '*' | '•' | ' ' | '.' | ')') || c.is_ascii_digit()
        });
        if bare.is_empty() && items.is_empty() {
            end += line.len();
            continue;
        }
        if item.len() == bare.len() || item.is_empty() {
            break;
        }
        let name = item.split([':', '–', '—', '(']).next().unwrap_or(item);
        items.push(unquoted(name));
        end += line.len();
    }
    (items, end)
}

fn in_line(text: &str) -> (Vec<&str>, usize) {
    let (mut items, mut at) = (Vec::new(), 0);
    loop {
        at += text[at..].len() - text[at..].trim_start_matches([' ', '*']).len();
        let rest = &text[at..];
        let (item, taken) = match quoted_at(rest) {
            Some((quoted, after)) => (quoted, rest.len() - after.len()),
            None => {
                let end = item_end(rest);
                (rest[..end].trim(), end)
            }
        };
        let is_short = item.split_whitespace().count() <= WORDS && item.len() <= 60;
        if item.is_empty() || !is_short {
            return (Vec::new(), 0);
        }
        items.push(item.trim_matches('*'));
        at += taken;
        match joint(&text[at..]) {
            Some(length) => at += length,
            None => {
                let close = text[at..].trim_start_matches([']', ')', '}']);
                return (items, text.len() - close.len());
            }
        }
    }
}

/// The end of an item that is not quoted.
fn item_end(text: &str) -> usize {
    let ends = |(at, c): (usize, char)| match c {
        ',' | '/' | '|' | '\n' | ':' | ';' | ')' | ']' | '}' | '?' | '!' => true,
        '.' => text[at + 1..]
            .chars()
            .next()
            .is_none_or(char::is_whitespace),
        ' ' => AND.iter().any(|word| text[at..].starts_with(word)),
        _ => false,
    };
    text.char_indices()
        .find(|place| ends(*place))
        .map_or(text.len(), |(at, _)| at)
}

const AND: [&str; 9] = [
    " or ",
    " and ",
    " oder ",
    " und ",
    " ou ",
    " et ",
    " o ",
    " y ",
    " based on",
];

/// What stands between two items.
fn joint(text: &str) -> Option<usize> {
    let bare = text.trim_start_matches(' ');
    let mut at = text.len() - bare.len();
    let mut is_joint = false;
    if bare.starts_with([',', '/', '|']) {
        at += 1;
        is_joint = true;
    }
    // `a, b, or c`.
    let spaced = text[..at].ends_with(' ') || text[at..].starts_with(' ') || is_joint;
    let rest = text[at..].trim_start_matches(' ');
    for word in &AND[..8] {
        if let Some(after) = rest.strip_prefix(&word[1..]).filter(|_| spaced) {
            return Some(text.len() - after.len());
        }
    }
    is_joint.then_some(at)
}

/// A text without quotation marks around it.
pub(super) fn unquoted(text: &str) -> &str {
    text.trim()
        .trim_matches(|c: char| matches!(c, '"' | '\'' | '`' | '“' | '”' | '*'))
        .trim()
}
