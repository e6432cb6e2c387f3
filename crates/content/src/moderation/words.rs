//! The words of a text as the lexicon spells them. Not here: what they mean.

/// The words in lower case, with apostrophes and hyphens inside.
pub(super) fn of(text: &str) -> Vec<String> {
    let inside = |c: char| c.is_alphanumeric() || matches!(c, '\'' | '’' | '-');
    let words = text
        .split(|c: char| !inside(c))
        .map(|word| word.trim_matches(['\'', '’']));
    words.filter(|word| !word.is_empty()).map(lowered).collect()
}

fn lowered(word: &str) -> String {
    let plain = word.chars().map(|c| if c == '’' { '\'' } else { c });
    plain.flat_map(char::to_lowercase).collect()
}
