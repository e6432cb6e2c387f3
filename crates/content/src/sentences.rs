//! Texts cut into their sentences. Not here: which of them is said.

/// The sentences of a text: they end with a mark before white space, or with the line. Headings are
/// none.
pub(crate) fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.lines().map(str::trim);
    let lines = lines.filter(|line| !line.starts_with('#'));
    let parts = lines.flat_map(|line| {
        let mut begin = 0;
        let ends = line.char_indices().filter_map(move |(at, character)| {
            let end = at + character.len_utf8();
            let is_end = matches!(character, '.' | '!' | '?' | '。' | '！' | '？');
            let goes_on = line[end..]
                .chars()
                .next()
                .is_some_and(|next| !next.is_whitespace());
            (is_end && (!goes_on || !character.is_ascii())).then_some(end)
        });
        let ends = ends.chain([line.len()]);
        ends.filter_map(move |end| {
            let sentence = line.get(begin..end).unwrap_or_default().trim();
            begin = end;
            (!sentence.is_empty()).then_some(sentence)
        })
    });
    parts.filter(|sentence| sentence.chars().any(char::is_alphanumeric))
}
