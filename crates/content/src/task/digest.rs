//! A digest of a text that the prompt brings along: its most telling sentences, in their order. Not
//! here: talk about a topic that only sounds like a summary (`prose`).

use std::collections::HashMap;
use std::sync::LazyLock;

use memchr::memmem::Finder;
use serde::Deserialize;

use super::{Order, WORDS};
use crate::prose::{Topic, is_small, number};
use crate::shorten::shorten;

#[derive(Deserialize)]
pub(super) struct Words {
    /// Standing instructions with one of these want one.
    stems: Vec<String>,
    /// What wants lines with marks.
    bullets: Vec<String>,
}

static STEMS: LazyLock<Vec<Finder<'static>>> = LazyLock::new(|| {
    let stems = WORDS.digest.stems.iter();
    stems.map(|stem| Finder::new(stem).into_owned()).collect()
});

/// Longer texts are read up to here, in bytes.
const LONGEST: usize = 65_536;
/// The fewest sentences, and the most of a digest.
const FEWEST: usize = 2;
const MOST: usize = 6;
/// The longest sentence that is told whole, in bytes.
const WHOLE: usize = 400;

/// The digest.
pub(super) fn of(order: &Order<'_>, topic: &Topic) -> Option<String> {
    let asked = shorten(order.asked, LONGEST);
    let text = match order.text {
        Some(_) => asked,
        None => matter(asked)?,
    };
    let sentences = sentences(text);
    if sentences.len() < FEWEST {
        return None;
    }
    let lower = order
        .text
        .unwrap_or(head_and_tail(asked, text))
        .to_lowercase();
    let has_bullets = WORDS
        .digest
        .bullets
        .iter()
        .any(|word| lower.contains(word.as_str()));
    let usual = sentences.len().div_ceil(4).min(MOST);
    let listed = lower
        .split_whitespace()
        .find_map(number)
        .filter(|_| has_bullets)
        .map(|count| count as usize);
    let wanted = topic.sentences.map(|count| count as usize).or(listed);
    let count = wanted.unwrap_or(if has_bullets { usual.max(3) } else { usual });
    let told = chosen(&sentences, count.clamp(1, sentences.len()));
    let told = told.into_iter().map(|sentence| shorten(sentence, WHOLE));
    Some(match has_bullets {
        true => told
            .map(|one| format!("- {one}"))
            .collect::<Vec<_>>()
            .join("\n"),
        false => told.collect::<Vec<_>>().join(" "),
    })
}

/// The order around the text.
fn head_and_tail<'t>(asked: &'t str, text: &str) -> &'t str {
    let from = asked.find(text).unwrap_or_default();
    if from > 0 {
        return &asked[..from];
    }
    &asked[text.len().min(asked.len())..]
}

/// The text: what stands behind the first colon or line break, or before the last paragraph.
fn matter(asked: &str) -> Option<&str> {
    const ORDER: usize = 240;
    let head = asked
        .char_indices()
        .nth(ORDER)
        .map_or(asked.len(), |(at, _)| at);
    let begins = asked[..head].find([':', '\n']).map(|at| at + 1);
    let ends = asked.trim_end().rfind('\n');
    let behind = begins.map_or("", |at| &asked[at..]);
    let before = ends.map_or("", |at| &asked[..at]);
    // An order that follows its text is the last line, and short.
    let is_last = ends.is_some_and(|at| asked[at..].len() <= ORDER) && !is_wanted(asked);
    let text = if is_last { before } else { behind };
    let text = without_label(text).trim();
    let text =
        text.trim_matches(|c: char| matches!(c, '"' | '“' | '”' | '`' | '-' | '=' | '\n' | ' '));
    (!text.is_empty()).then_some(text)
}

/// Whether the first words order a digest.
pub(super) fn is_wanted(text: &str) -> bool {
    const OPENING: usize = 160;
    let opening = shorten(text, OPENING);
    let line = opening.split(['\n', ':']).next().unwrap_or_default();
    STEMS
        .iter()
        .any(|stem| stem.find(line.as_bytes()).is_some())
}

/// A text without a last line that only says what comes: `SUMMARY:`.
fn without_label(text: &str) -> &str {
    let bare = text.trim_end();
    match bare.rfind('\n') {
        Some(at) if bare.ends_with(':') && bare.len() - at < 40 => &bare[..at],
        _ => text,
    }
}

fn sentences(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for line in text.lines() {
        let mut from = 0;
        for (at, c) in line.char_indices() {
            let end = at + c.len_utf8();
            let is_end = match c {
                '.' | '!' | '?' => {
                    line[end..].starts_with(char::is_whitespace) || end == line.len()
                }
                '。' | '！' | '？' => true,
                _ => false,
            };
            // An abbreviation such as `Dr.` ends nothing.
            let is_short = end - from < 12 && end < line.len() && c == '.';
            if is_end && !is_short {
                found.push(line[from..end].trim());
                from = end;
            }
        }
        found.push(line[from..].trim());
    }
    found.retain(|sentence| sentence.chars().filter(|c| c.is_alphanumeric()).count() > 2);
    found
}

/// The sentences whose words the others share most, in the order of the text.
fn chosen<'t>(sentences: &[&'t str], count: usize) -> Vec<&'t str> {
    let words: Vec<Vec<String>> = sentences.iter().map(|sentence| content(sentence)).collect();
    let mut frequency: HashMap<&str, f64> = HashMap::new();
    for word in words.iter().flatten() {
        *frequency.entry(word).or_default() += 1.0;
    }
    let score = |index: usize| {
        let own = &words[index];
        let sum: f64 = own.iter().map(|word| frequency[word.as_str()]).sum();
        let opening = if index == 0 { 1.25 } else { 1.0 };
        opening * sum / (own.len() as f64 + 4.0).sqrt()
    };
    let mut order: Vec<usize> = (0..sentences.len()).collect();
    let scores: Vec<f64> = order.iter().map(|index| score(*index)).collect();
    order.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]).then(a.cmp(b)));
    order.truncate(count);
    order.sort_unstable();
    order.into_iter().map(|index| sentences[index]).collect()
}

/// The words that carry meaning, each once.
fn content(sentence: &str) -> Vec<String> {
    let parts = sentence.split(|c: char| !c.is_alphanumeric());
    let mut words: Vec<String> = parts
        .filter(|word| word.chars().count() > 2 && !is_small(word))
        .map(str::to_lowercase)
        .collect();
    words.sort_unstable();
    words.dedup();
    words
}

#[cfg(test)]
mod tests {
    use fakeai_canon::{Message, Role};

    use crate::reading::Reading;

    const TEXT: &str = "The old bridge over the river was closed on Monday. Engineers had found cracks in \
        two of its pillars. The town will repair the bridge until autumn. A ferry takes people over \
        the river until the bridge is open again. Shops on the other bank fear for their customers.";

    fn said(system: &str, user: &str) -> Option<String> {
        let messages = [
            Message::text(Role::System, system),
            Message::text(Role::User, user),
        ];
        let reading = Reading::of(&messages);
        crate::task::of(&reading, &reading.topic())
    }

    #[test]
    fn a_digest_is_made_of_the_text_itself() {
        let lines = TEXT.replace(". ", ".\n");
        for (system, user, count) in [
            ("", format!("Summarize the following text:\n\n{TEXT}"), 2),
            (
                "",
                format!("{TEXT}\n\nSummarize the text above in one sentence."),
                1,
            ),
            ("You summarize what users send you.", TEXT.to_owned(), 2),
            (
                "",
                format!(
                    "Write a concise summary of the following:\n\n\"{TEXT}\"\n\nCONCISE SUMMARY:"
                ),
                2,
            ),
            ("", format!("Summarize in 3 bullet points: {TEXT}"), 3),
        ] {
            let said = said(system, &user).expect(&user);
            let told = lines.lines().filter(|line| said.contains(line)).count();
            assert_eq!(told, count, "{said}");
            assert!(said.contains("bridge") && !said.contains("ummar"), "{said}");
        }
    }

    #[test]
    fn a_summary_of_what_is_not_there_is_none() {
        assert_eq!(said("", "Give me a summary of the French Revolution"), None);
        assert_eq!(
            said("You are kind. Summarize at the end.", "Hi there"),
            None
        );
    }
}
