//! Questions about passages that a prompt brings along, as retrieval-augmented prompts have them: the
//! sentences of the passages that answer, with the numbers to cite where the prompt wants them; or
//! that they don't have it. Not here: passages that the provider's tool finds (see `cited`).

mod frame;
mod label;
mod split;
mod weigh;
mod words;

use crate::facts::quoted_at;
use crate::prose::Language;
use crate::reading::Reading;
use crate::shorten::shorten;

use frame::Frame;
use split::Passage;
use weigh::Fit;
use words::{WORDS, has_any};

/// Sentences of an answer at most, and what a further one must be worth of the best.
const MOST: usize = 3;
const WORTHY: f64 = 0.85;
/// The longest sentence that is said, in bytes.
const LONGEST: usize = 600;

/// The answer to the last question of a conversation by the passages that it, or the instructions,
/// brought along; none where there are none.
pub(crate) fn of_chat(reading: &Reading<'_>) -> Option<String> {
    if let Some(frame) = Frame::of(&reading.asked) {
        let told = reading.instructions.iter().rev();
        return answer(&frame, told.map(|text| &**text), true);
    }
    // Small talk is none of the passages' business.
    const SHORTEST: usize = 3;
    let words = reading.asked.split_whitespace().take(SHORTEST).count();
    if words < SHORTEST && !reading.asked.contains(['?', '？', '؟']) {
        return None;
    }
    let mut instructions = reading.instructions.iter().rev();
    let found = instructions.find_map(|text| Frame::of_instructions(text, &reading.asked))?;
    // Whoever talks in passing of what no passage has is not told so, unless that is the wish.
    let is_strict = has_any(&found.around.to_lowercase(), &WORDS.strict);
    answer(&found, std::iter::empty(), is_strict)
}

/// The same for a text that is continued.
pub(crate) fn of_text(prompt: &str) -> Option<String> {
    answer(&Frame::of(prompt)?, std::iter::empty(), true)
}

/// Whether a field of this name is to hold the answer.
pub(crate) fn is_answer(field: &str) -> bool {
    WORDS.answer_fields.contains(field)
}

fn answer<'t>(
    frame: &Frame<'_>,
    told: impl Iterator<Item = &'t str>,
    says_unknown: bool,
) -> Option<String> {
    let mut around = frame.around.clone();
    for text in told {
        around.push('\n');
        around.push_str(text);
    }
    let language = Language::of(frame.question);
    let mut passages = split::split(frame.context);
    let earlier = label::labelled(&frame.around, &WORDS.earlier_answer);
    // An answer that is to be refined counts as much as what is new.
    passages.extend(earlier.map(|text| Passage {
        number: None,
        text: text.to_owned(),
    }));
    let fits = weigh::fits(frame.question, language, &passages, frame.is_marked)?;
    if fits.is_empty() {
        let unknown = || unknown(&around, language);
        let repeated = earlier.map(str::to_owned);
        return repeated.or_else(|| says_unknown.then(unknown));
    }
    let cites = has_any(&around.to_lowercase(), &WORDS.cites);
    let said = chosen(&fits);
    let sentences = said.iter().map(|fit| written(fit, &passages, cites));
    let joint = if language.is_spaced() { " " } else { "" };
    Some(sentences.collect::<Vec<_>>().join(joint))
}

/// The best sentence, and those of other passages that fit about as well.
fn chosen<'f, 'p>(fits: &'f [Fit<'p>]) -> Vec<&'f Fit<'p>> {
    let best = &fits[0];
    let mut chosen: Vec<&Fit<'_>> = vec![best];
    for fit in &fits[1..] {
        let is_worthy = fit.score >= WORTHY * best.score && fit.coverage >= best.coverage * WORTHY;
        let is_new = chosen
            .iter()
            .all(|other| other.passage != fit.passage && other.text != fit.text);
        if is_worthy && is_new && chosen.len() < MOST {
            chosen.push(fit);
        }
    }
    chosen
}

/// A sentence, with its passage's number before the mark that ends it.
fn written(fit: &Fit<'_>, passages: &[Passage], cites: bool) -> String {
    let sentence = shorten(fit.text, LONGEST);
    match &passages[fit.passage].number {
        Some(number) if cites => {
            let bare = sentence.trim_end_matches(['.', '。', '!', '！']);
            format!("{bare} [{number}]{}", &sentence[bare.len()..])
        }
        Some(_) | None => sentence.to_owned(),
    }
}

/// That the passages don't have it: in the prompt's words, where it has some for this.
fn unknown(around: &str, language: Language) -> String {
    if let Some(own) = wording(around) {
        return own.to_owned();
    }
    let known = WORDS.unknown.get(language.code());
    known.unwrap_or(&WORDS.unknown["en"]).clone()
}

/// What an instruction wants said where the answer is not known: what it quotes in the same sentence.
fn wording(around: &str) -> Option<&str> {
    let lower = around.to_lowercase();
    if lower.len() != around.len() {
        return None;
    }
    let mut places: Vec<usize> = WORDS
        .unsure
        .iter()
        .flat_map(|words| lower.match_indices(words.as_str()).map(|(at, _)| at))
        .collect();
    places.sort_unstable();
    places.into_iter().find_map(|at| quoted(&around[at..]))
}

fn quoted(text: &str) -> Option<&str> {
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        if !before.is_alphanumeric()
            && let Some((quoted, _)) = quoted_at(&text[at..])
        {
            return Some(quoted);
        }
        let ends = matches!(c, '.' | '。') || (c == '\n' && !matches!(before, ':' | '：'));
        if ends {
            return None;
        }
        before = if c.is_whitespace() && c != '\n' && before == ':' {
            before
        } else {
            c
        };
    }
    None
}
