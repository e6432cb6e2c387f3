//! The words of a text as the lexicon spells them. Not here: what they mean.

/// A text in lower case, with one kind of apostrophe.
pub(super) fn lowered(text: &str) -> String {
    let mut lower = String::with_capacity(text.len());
    if text.is_ascii() {
        lower.push_str(text);
        lower.make_ascii_lowercase();
    } else {
        let plain = text.chars().map(|c| if c == '’' { '\'' } else { c });
        lower.extend(plain.flat_map(char::to_lowercase));
    }
    lower
}

/// The words of a lowered text, with apostrophes and hyphens inside.
pub(super) fn of(lower: &str) -> impl Iterator<Item = &str> {
    let inside = |c: char| c.is_alphanumeric() || matches!(c, '\'' | '-');
    let words = lower
        .split(move |c: char| !inside(c))
        .map(|word| word.trim_matches('\''));
    words.filter(|word| !word.is_empty())
}
