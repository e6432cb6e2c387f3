//! A prompt's passages one by one, each with the number that it is cited by. Not here: where in the
//! prompt they are.

use super::frame::is_fence;
use super::words::WORDS;

/// One passage.
pub(super) struct Passage {
    /// Its number, where it has one.
    pub(super) number: Option<String>,
    /// Its text, lines that were wrapped put together.
    pub(super) text: String,
}

/// Digits of a number at most.
const DIGITS: usize = 4;

/// The passages: one begins with a number, a tag, behind an empty line or a line of dashes.
pub(super) fn split(context: &str) -> Vec<Passage> {
    if let Some(listed) = listed(context.trim()) {
        return listed;
    }
    let mut found: Vec<Passage> = Vec::new();
    let mut number = None;
    let mut is_new = true;
    for line in context.lines() {
        let line = line.trim();
        if line.is_empty() || is_fence(line) {
            is_new = true;
            continue;
        }
        if let Some((own, rest)) = tag(line).or_else(|| numbered(line)) {
            is_new = true;
            if own.is_some() {
                number = own;
            }
            push(&mut found, &mut is_new, number.as_deref(), rest);
            continue;
        }
        push(&mut found, &mut is_new, number.as_deref(), line);
    }
    found
}

/// The texts of a list that is written as JSON.
fn listed(context: &str) -> Option<Vec<Passage>> {
    if !context.starts_with("[\"") {
        return None;
    }
    let texts: Vec<String> = serde_json::from_str(context).ok()?;
    let passages = texts.into_iter().map(|text| Passage { number: None, text });
    Some(passages.collect())
}

fn push(found: &mut Vec<Passage>, is_new: &mut bool, number: Option<&str>, line: &str) {
    let line = match line.strip_prefix('«') {
        Some(line) => line.trim_end_matches('»'),
        None => line.split("</").next().unwrap_or_default(),
    };
    let mut leads = WORDS.leads.iter();
    let lead = leads.find_map(|lead| line.trim_start().strip_prefix(lead.as_str()));
    let line = lead.unwrap_or(line).trim();
    if line.is_empty() || is_detail(line) {
        return;
    }
    let last = found.last_mut().filter(|_| !*is_new);
    *is_new = false;
    match last {
        Some(last) => {
            let goes_on = !last.text.ends_with(['.', '!', '?', ':', '。', '！', '？'])
                && line.starts_with(|c: char| c.is_lowercase());
            last.text.push(if goes_on { ' ' } else { '\n' });
            last.text.push_str(line);
        }
        None => found.push(Passage {
            number: number.map(str::to_owned),
            text: line.to_owned(),
        }),
    }
}

/// Whether a line is a detail of where a passage comes from, as `page_label: 3`.
fn is_detail(line: &str) -> bool {
    let Some((name, value)) = line.split_once(':') else {
        return false;
    };
    let is_name = name.len() > 1
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    is_name && !value.trim().contains(' ')
}

/// What a tag that opens a line says, and what stands behind it.
fn tag(line: &str) -> Option<(Option<String>, &str)> {
    let inner = line.strip_prefix('<')?;
    let opens = inner.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
    let (inner, rest) = inner.split_once('>').filter(|_| opens)?;
    let number = WORDS.attributes.iter().find_map(|name| {
        let at = inner.find(&format!(" {name}="))?;
        let value = inner[at + name.len() + 2..].trim_start_matches(['"', '\'']);
        digits(value).map(|(digits, _)| digits.to_owned())
    });
    Some((number, rest))
}

/// `[1] …`, `1. …`, `Source 1: …`, `Document [1]`.
fn numbered(line: &str) -> Option<(Option<String>, &str)> {
    let bare = line.trim_start_matches(['#', '*', '-', ' ']);
    let opened = bare.strip_prefix(['[', '(']).unwrap_or(bare);
    let end = opened
        .find(|c: char| !c.is_alphabetic())
        .unwrap_or(opened.len());
    let is_named = WORDS.numbered.contains(&opened[..end].to_lowercase());
    let rest = match (is_named, end) {
        (true, _) => opened[end..].trim_start_matches([' ', '[', '(', '#', ':']),
        (false, 0) => opened,
        (false, _) => return None,
    };
    let (number, rest) = digits(rest)?;
    let after = rest.trim_start_matches([']', ')', '*']);
    let is_closed = after.len() < rest.len();
    let text = after.trim_start_matches(['.', ':', ')', ' ', '-', '：']);
    let is_marked = after.starts_with(['.', ':', ')', '：']) && !text.is_empty();
    let is_alone = text.is_empty();
    // A bare number may open a sentence: `1889 was the year.`, `3.5 litres`.
    let fits = match is_named || bare.len() > opened.len() {
        true => is_closed || is_alone || is_marked || after.starts_with([' ', '(', ',']),
        false => after.starts_with(". ") || after.starts_with(") ") || after.starts_with(": "),
    };
    fits.then(|| (Some(number.to_owned()), text))
}

fn digits(text: &str) -> Option<(&str, &str)> {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    (1..=DIGITS).contains(&end).then(|| text.split_at(end))
}
