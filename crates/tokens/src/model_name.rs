//! Finding the row of a table that names a model. Not here: the tables.

/// The place of the first row with a prefix that fits the model. An empty prefix fits all.
pub(crate) fn row_for<'rows>(
    model: &str,
    rows: impl IntoIterator<Item = &'rows [String]>,
) -> Option<usize> {
    let name = bare_name(model);
    rows.into_iter()
        .position(|prefixes| prefixes.iter().any(|prefix| fits(&name, prefix)))
}

/// `ft:gpt-4o:org::id` → `gpt-4o:org::id`, `openai/GPT-4o` → `gpt-4o`.
fn bare_name(model: &str) -> String {
    let name = model
        .rsplit('/')
        .next()
        .unwrap_or(model)
        .to_ascii_lowercase();
    name.strip_prefix("ft:").map(str::to_owned).unwrap_or(name)
}

/// A prefix ends where the name ends or a mark such as `-` follows, unless it ends with one itself.
fn fits(name: &str, prefix: &str) -> bool {
    let marks = ['-', '.', ':', '@', '_'];
    let ends_open = prefix.is_empty() || prefix.ends_with(marks);
    name.strip_prefix(prefix)
        .is_some_and(|rest| ends_open || rest.is_empty() || rest.starts_with(marks))
}
