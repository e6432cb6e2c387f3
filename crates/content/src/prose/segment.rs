//! Cutting a template into segments at places where every supported vocabulary starts a new
//! pre-token, so that segments can be encoded on their own and joined without changing the
//! canonical encoding. Not here: the encoding itself (see `compile`).

use super::slot::Slot;

/// A stretch of a template: one text, or several to choose from. Slots are marks in the text.
pub(crate) type Segment = Vec<String>;

/// The first mark of a group while a template is being cut.
const GROUP: u32 = 0xE100;

/// A template of prose: `{t}` is a slot, `[this|that]` a choice, `\n` a line break.
pub(crate) fn of_prose(line: &str) -> Vec<Segment> {
    let text = slots(&line.replace("\\n", "\n"), '{', '}');
    let (masked, groups) = mask_groups(&text);
    cut(&masked, &groups)
        .into_iter()
        .map(|part| expand(part, &groups))
        .collect()
}

/// A template of code: `§t§` is a slot, all else stands for itself.
pub(crate) fn of_code(block: &str) -> Vec<Segment> {
    let text = slots(block, '§', '§');
    cut(&text, &[])
        .into_iter()
        .map(|part| vec![part.to_owned()])
        .collect()
}

/// Replaces spelt slots by their marks.
fn slots(text: &str, open: char, close: char) -> String {
    let mut marked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(open) {
        let inner = &rest[at + open.len_utf8()..];
        let slot = inner
            .find(close)
            .and_then(|end| Some((end, Slot::named(&inner[..end])?)));
        let Some((end, slot)) = slot else {
            marked.push_str(&rest[..at + open.len_utf8()]);
            rest = inner;
            continue;
        };
        marked.push_str(&rest[..at]);
        marked.push(slot.mark());
        rest = &inner[end + close.len_utf8()..];
    }
    marked.push_str(rest);
    marked
}

/// Replaces each `[a|b]` by a mark and gives the alternatives aside.
fn mask_groups(text: &str) -> (String, Vec<Vec<&str>>) {
    let (mut masked, mut groups) = (String::with_capacity(text.len()), Vec::new());
    let mut rest = text;
    while let Some(at) = rest.find('[') {
        let inner = &rest[at + 1..];
        let Some(end) = inner.find(']').filter(|end| inner[..*end].contains('|')) else {
            masked.push_str(&rest[..=at]);
            rest = inner;
            continue;
        };
        masked.push_str(&rest[..at]);
        masked.push(char::from_u32(GROUP + groups.len() as u32).expect("a private-use code point"));
        groups.push(inner[..end].split('|').collect());
        rest = &inner[end + 1..];
    }
    masked.push_str(rest);
    (masked, groups)
}

fn group<'g, 't>(mark: char, groups: &'g [Vec<&'t str>]) -> Option<&'g [&'t str]> {
    let index = (mark as u32).checked_sub(GROUP)?;
    groups.get(index as usize).map(Vec::as_slice)
}

/// Cuts at every safe boundary.
fn cut<'t>(text: &'t str, groups: &[Vec<&str>]) -> Vec<&'t str> {
    let (mut parts, mut from) = (Vec::new(), 0);
    for at in boundaries(text, groups) {
        parts.push(&text[from..at]);
        from = at;
    }
    parts.push(&text[from..]);
    parts
}

/// Byte positions at which a vocabulary's pre-tokens are sure to be separate.
pub(crate) fn unit_starts(text: &str) -> Vec<usize> {
    boundaries(text, &[])
}

fn boundaries(text: &str, groups: &[Vec<&str>]) -> Vec<usize> {
    let mut found = Vec::new();
    let mut before = None;
    let mut chars = text.char_indices().peekable();
    while let Some((at, here)) = chars.next() {
        let after = chars.peek().map(|(_, after)| *after);
        if let Some(before) = before
            && (starts_word(before, here, after, groups)
                || starts_line(before, &text[at..])
                || starts_clause(before, here, after, groups))
        {
            found.push(at);
        }
        before = Some(here);
    }
    found
}

/// A single space between two things that are not spaces.
fn starts_word(before: char, here: char, after: Option<char>, groups: &[Vec<&str>]) -> bool {
    here == ' '
        && solid(before, groups, |text| text.chars().next_back())
        && after.is_some_and(|after| solid(after, groups, |text| text.chars().next()))
}

/// True where a character, or every alternative of a group at its edge, is not white space.
fn solid(mark: char, groups: &[Vec<&str>], edge: fn(&str) -> Option<char>) -> bool {
    let is_solid = |c: char| !c.is_whitespace();
    match group(mark, groups) {
        Some(texts) => texts.iter().all(|text| edge(text).is_some_and(is_solid)),
        None => is_solid(mark),
    }
}

/// Behind the last line break of a run of white space. A slash may belong to the run in front.
fn starts_line(before: char, rest: &str) -> bool {
    let is_filled = || {
        let line = rest.split('\n').next().unwrap_or_default();
        !line.trim().is_empty()
    };
    before == '\n' && !rest.starts_with('/') && is_filled()
}

/// Before the punctuation between two clauses of a script without spaces.
fn starts_clause(before: char, here: char, after: Option<char>, groups: &[Vec<&str>]) -> bool {
    !here.is_ascii()
        && "，。、：；？！".contains(here)
        && is_word(before, groups, |text| text.chars().next_back())
        && after.is_some_and(|after| is_word(after, groups, |text| text.chars().next()))
}

fn is_word(mark: char, groups: &[Vec<&str>], edge: fn(&str) -> Option<char>) -> bool {
    let fits = |c: char| c.is_alphanumeric() || Slot::of(c).is_some();
    match group(mark, groups) {
        Some(texts) => texts.iter().all(|text| edge(text).is_some_and(fits)),
        None => fits(mark),
    }
}

/// All texts that the groups of a part allow.
fn expand(part: &str, groups: &[Vec<&str>]) -> Segment {
    let mut texts = vec![String::new()];
    for mark in part.chars() {
        match group(mark, groups) {
            None => texts.iter_mut().for_each(|text| text.push(mark)),
            Some(choices) => {
                let join = |text: &String| {
                    choices
                        .iter()
                        .map(move |c| format!("{text}{c}"))
                        .collect::<Vec<_>>()
                };
                texts = texts.iter().flat_map(join).collect();
            }
        }
    }
    texts
}
