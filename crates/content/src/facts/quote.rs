//! Text in quotation marks of any language. Not here: what is done with it.

/// Opening and closing marks. What opens with a mark may close with any of its partners.
const MARKS: [(char, &[char]); 9] = [
    ('"', &['"']),
    ('“', &['”', '"']),
    ('„', &['“', '”', '"']),
    ('«', &['»']),
    ('»', &['«']),
    ('‘', &['’']),
    ('\'', &['\'']),
    ('`', &['`']),
    ('「', &['」']),
];

/// The quoted text at the very start, and what follows it. An apostrophe closes only where no
/// letter follows.
pub(crate) fn quoted_at(text: &str) -> Option<(&str, &str)> {
    let open = text.chars().next()?;
    let (_, close) = MARKS.iter().find(|(mark, _)| *mark == open)?;
    let inner = &text[open.len_utf8()..];
    let ends = inner.char_indices().filter(|(_, c)| close.contains(c));
    for (at, mark) in ends {
        let after = &inner[at + mark.len_utf8()..];
        let is_apostrophe = matches!(mark, '\'' | '’') && after.starts_with(char::is_alphanumeric);
        if !is_apostrophe {
            return (at > 0).then(|| (inner[..at].trim(), after));
        }
    }
    None
}
