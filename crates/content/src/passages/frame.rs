//! A prompt taken apart: what is asked, the passages, and what is said besides. Not here: which
//! passage answers.

use std::ops::Range;

use super::label::{self, Label};
use super::words::{WORDS, has_any, speaks_of_passages};

/// The parts of a prompt.
pub(super) struct Frame<'t> {
    /// What is asked.
    pub(super) question: &'t str,
    /// Where the passages are.
    pub(super) context: &'t str,
    /// What else the prompt says.
    pub(super) around: String,
    /// Whether marks set the passages apart from instructions.
    pub(super) is_marked: bool,
}

/// Shorter texts have no passages, in bytes.
const SHORTEST: usize = 48;
/// Passages have so many words at least.
const FEWEST: usize = 4;

impl<'t> Frame<'t> {
    /// The parts of a text that has both.
    pub(super) fn of(text: &'t str) -> Option<Self> {
        if !may_have_passages(text) {
            return None;
        }
        let question = label::question(text);
        let taken = question.as_ref().map(|question| question.whole.clone());
        let (context, is_marked) = context(text, taken)?;
        let asked = match question {
            Some(question) => question.text,
            None => last_question(text, &context)?,
        };
        Some(Self {
            question: text[asked.clone()].trim(),
            context: &text[context.clone()],
            around: without(text, [context, asked]),
            is_marked,
        })
    }

    /// The passages of a text that is all about them, where what is asked stands elsewhere.
    pub(super) fn of_instructions(text: &'t str, question: &'t str) -> Option<Self> {
        if !may_have_passages(text) {
            return None;
        }
        let (context, is_marked) = context(text, None)?;
        Some(Self {
            question: question.trim(),
            context: &text[context.clone()],
            around: without(text, [context, 0..0]),
            is_marked,
        })
    }
}

/// Whether a text may have passages; most have none, and are read no further.
fn may_have_passages(text: &str) -> bool {
    // Without any of these nothing sets passages apart.
    let is_parted = || {
        let marks = memchr::memchr3(b':', b'<', b'\n', text.as_bytes());
        marks.is_some() || text.contains('：')
    };
    text.len() >= SHORTEST && is_parted() && speaks_of_passages(text)
}

fn without(text: &str, parts: [Range<usize>; 2]) -> String {
    let mut parts = parts;
    parts.sort_by_key(|part| part.start);
    let [first, second] = parts;
    let between = text.get(first.end..second.start).unwrap_or_default();
    let from = first.end.max(second.end);
    [&text[..first.start], between, &text[from..]].join("\n")
}

/// Where the passages are, and whether marks say so. `question` is where that stands, if it is known.
fn context(text: &str, question: Option<Range<usize>>) -> Option<(Range<usize>, bool)> {
    let is_enough = |range: &Range<usize>| {
        let is_apart = question
            .as_ref()
            .is_none_or(|question| question.end <= range.start || range.end <= question.start);
        is_apart && text[range.clone()].split_whitespace().take(FEWEST).count() == FEWEST
            || is_apart && !text[range.clone()].is_ascii() && range.len() > 3 * FEWEST
    };
    let marked = marks(text)
        .or_else(|| tags(text))
        .filter(|range| is_enough(range));
    if let Some(range) = marked {
        return Some((range, true));
    }
    let (before, after) = fences(text, question.as_ref());
    // Examples come before the last question, the passages to answer it from behind it.
    if let Some(range) = between(&after).filter(is_enough) {
        return Some((range, true));
    }
    if let Some(range) = labelled(text, question.as_ref()).filter(is_enough) {
        return Some((range, false));
    }
    if let Some(range) = between(&before).filter(is_enough) {
        return Some((range, true));
    }
    let range = match &question {
        Some(question) => announced(text, question),
        None => below(text, &before),
    };
    Some((range.filter(is_enough)?, false))
}

/// Behind the one line of dashes of instructions that speak of passages before it.
fn below(text: &str, fences: &[Range<usize>]) -> Option<Range<usize>> {
    match fences {
        [fence] if speaks_of_passages(&text[..fence.start]) => Some(fence.end..text.len()),
        _ => None,
    }
}

/// Between `[[ ## context ## ]]` and the next such mark.
fn marks(text: &str) -> Option<Range<usize>> {
    let ends = WORDS.context_marks.iter().filter_map(|mark| {
        let at = text.rfind(mark.as_str())?;
        Some(at + mark.len())
    });
    let from = ends.max()?;
    let length = text[from..].find(&WORDS.mark)?;
    Some(from..from + length)
}

/// From the first filled tag of a name to the last one.
fn tags(text: &str) -> Option<Range<usize>> {
    memchr::memmem::find(text.as_bytes(), b"</")?;
    let lower = text.to_ascii_lowercase();
    WORDS.tags.iter().find_map(|name| filled(&lower, name))
}

pub(super) fn filled(lower: &str, name: &str) -> Option<Range<usize>> {
    let close = format!("</{name}>");
    let open = format!("<{name}");
    let mut found: Option<Range<usize>> = None;
    for (end, _) in lower.match_indices(&close) {
        let begin = lower[..end].rmatch_indices(&open).map(|(at, _)| at);
        let is_open = |at: &usize| matches!(lower.as_bytes()[at + open.len()], b'>' | b' ');
        let mut begin = begin.filter(is_open);
        let Some(begin) = begin.next() else {
            continue;
        };
        let inside = lower[begin..end].find('>').map(|at| begin + at + 1);
        let is_filled = |inside: &usize| *inside <= end && !lower[*inside..end].trim().is_empty();
        if inside.filter(is_filled).is_none() {
            continue;
        }
        let first = found.map_or(begin, |found| found.start);
        found = Some(first..end + close.len());
    }
    found
}

/// Behind a line such as `Context:`, or one that ends so, up to what is asked or to the next label.
fn labelled(text: &str, question: Option<&Range<usize>>) -> Option<Range<usize>> {
    let labels = label::all(text);
    let is_context = |label: &&Label| WORDS.context.contains(&*label.name);
    let announces = |label: &&Label| {
        let line = text[..label.end].rsplit('\n').next().unwrap_or_default();
        let ends = text[label.end..].lines().next().unwrap_or_default();
        // `Source 2:` is one of them, not what announces them.
        let is_one = line.bytes().any(|byte| byte.is_ascii_digit());
        ends.trim().is_empty() && !is_one && speaks_of_passages(line)
    };
    let is_in_question =
        |label: &&Label| question.is_some_and(|question| question.contains(&label.begin));
    let candidates = || labels.iter().filter(|label| !is_in_question(label));
    let begin = candidates()
        .find(|label| label.is_line && is_context(label))
        .or_else(|| candidates().rfind(announces))
        .or_else(|| candidates().find(is_context))?;
    let is_end = |label: &&Label| label.begin > begin.begin && label.is_line;
    let ending = labels
        .iter()
        .filter(is_end)
        .find(|label| WORDS.ending.contains(&*label.name))
        .map(|label| label.begin);
    let question = question.map(|question| question.start);
    let question = question.filter(|at| *at >= begin.end);
    let end = match question {
        Some(question) => question,
        None => ending.unwrap_or(text.len()),
    };
    Some(begin.end..end)
}

/// Lines of dashes and their like, before what is asked and behind it.
fn fences(text: &str, question: Option<&Range<usize>>) -> (Vec<Range<usize>>, Vec<Range<usize>>) {
    let fences = label::lines(text).filter(|line| is_fence(text[line.clone()].trim()));
    let question = question.map_or(text.len(), |question| question.start);
    fences.partition(|fence| fence.end <= question)
}

fn between(fences: &[Range<usize>]) -> Option<Range<usize>> {
    match fences {
        [first, .., last] => Some(first.end..last.start),
        _ => None,
    }
}

pub(super) fn is_fence(line: &str) -> bool {
    const SHORTEST: usize = 3;
    let mut bytes = line.bytes();
    let first = bytes.next().unwrap_or(b' ');
    line.len() >= SHORTEST
        && matches!(first, b'-' | b'=' | b'#' | b'*' | b'`' | b'"' | b'~' | b'_')
        && bytes.all(|byte| byte == first)
}

/// Behind the paragraph that speaks of passages, up to what is asked.
fn announced(text: &str, question: &Range<usize>) -> Option<Range<usize>> {
    let before = &text[..question.start];
    let mut from = 0;
    for paragraph in before.split_inclusive("\n\n") {
        let end = from + paragraph.len();
        if speaks_of_passages(paragraph) {
            if !before[end..].trim().is_empty() {
                return Some(end..question.start);
            }
            // All in one paragraph: behind its sentences that instruct.
            let mut begin = from;
            let sentences = crate::sentences::sentences(paragraph);
            for sentence in sentences.take_while(|sentence| is_instruction(sentence)) {
                let at = before[begin..].find(sentence)?;
                begin += at + sentence.len();
            }
            return (begin > from).then_some(begin..question.start);
        }
        from = end;
    }
    None
}

/// Whether a sentence is about how to answer rather than about the matter.
pub(super) fn is_instruction(sentence: &str) -> bool {
    let lower = sentence.to_lowercase();
    speaks_of_passages(&lower) && has_any(&lower, &WORDS.instructs)
        || has_any(&lower, &WORDS.instructs) && has_any(&lower, &WORDS.strict)
}

/// The last line outside of the passages that asks something.
fn last_question(text: &str, context: &Range<usize>) -> Option<Range<usize>> {
    let lines: Vec<_> = label::lines(text).collect();
    let asks = |line: &&Range<usize>| {
        let is_outside = line.end <= context.start || line.start >= context.end;
        is_outside && text[(*line).clone()].trim_end().ends_with(['?', '？', '؟'])
    };
    let line = lines.iter().rfind(asks).cloned()?;
    // Behind `Answer from the documents alone:`.
    let lead = text[line.clone()]
        .rfind(": ")
        .filter(|at| speaks_of_passages(&text[line.start..line.start + at]));
    Some(line.start + lead.map_or(0, |at| at + 1)..line.end)
}
