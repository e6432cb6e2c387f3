//! Texts cut to a length. Not here: limits in tokens.

/// The text up to `most` bytes, cut between characters.
pub(crate) fn shorten(text: &str, most: usize) -> &str {
    if text.len() <= most {
        return text;
    }
    let end = (0..=most).rev().find(|at| text.is_char_boundary(*at));
    &text[..end.unwrap_or(0)]
}
