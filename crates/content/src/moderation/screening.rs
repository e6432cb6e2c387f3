//! A content filter: what the lexicon finds in prompts and answers, graded by severity, and answers cut
//! where they go too far. Not here: the lexicon.

use std::sync::{Arc, LazyLock};

use fakeai_canon::{
    ApiError, ErrorKind, Finding, Finish, Generate, Generation, Grade, Input, Message, Part,
    RawPrompt, Screening, Segment, Severity, Tokens, Vocabulary,
};
use serde::Deserialize;

use super::categories::index_of;
use super::lexicon::LEXICON;
use crate::data;

#[derive(Deserialize)]
struct File {
    category: Vec<Harm>,
    levels: Levels,
    jailbreak: Jailbreak,
}

/// A category of harm.
#[derive(Deserialize)]
struct Harm {
    name: String,
    /// The categories of a moderation that it draws on.
    from: Vec<String>,
}

/// The scores from which levels are reached.
#[derive(Deserialize)]
struct Levels {
    low: f64,
    medium: f64,
    high: f64,
}

#[derive(Deserialize)]
struct Jailbreak {
    phrases: Vec<String>,
}

static FACTS: LazyLock<File> =
    LazyLock::new(|| data::facts(include_str!("../../../../data/moderation/screening.toml")));

/// What is looked for in answers only and never found: nothing said here is anybody's material.
const PROTECTED: [&str; 2] = ["protected_material_code", "protected_material_text"];

/// What a filter finds in the prompts of a request.
///
/// # Errors
/// A prompt that the filter keeps back.
pub(crate) fn prompts(
    work: &Generate,
    vocabulary: &dyn Vocabulary,
) -> Result<Vec<Vec<Finding>>, ApiError> {
    let prompts: Vec<Vec<Finding>> = match &work.input {
        Input::Chat(messages) => vec![prompt(&messages.iter().map(text_of).collect::<Vec<_>>())],
        Input::Raw(prompts) => {
            let text = |raw: &RawPrompt| match raw {
                RawPrompt::Text(text) => text.clone(),
                RawPrompt::Tokens(ids) => read(ids.iter().map(|id| vocabulary.piece(*id))),
            };
            prompts.iter().map(|raw| prompt(&[text(raw)])).collect()
        }
    };
    match prompts.iter().find(|findings| is_filtered(findings)) {
        None => Ok(prompts),
        Some(findings) => {
            let kind = ErrorKind::ContentFilter(findings.clone().into());
            let problem = "The prompt was kept back by a content filter.";
            Err(ApiError::new(kind, problem)
                .code("content_filter")
                .param("prompt"))
        }
    }
}

/// Looks at what the choices say, cuts those that go too far, and notes what was found.
pub(crate) fn answers(generation: &mut Generation, prompts: Vec<Vec<Finding>>) {
    let mut choices = Vec::new();
    for choice in &mut generation.choices {
        let texts = choice.segments.iter().filter_map(said).map(text);
        let findings = answer(&texts.collect::<Vec<_>>().join("\n"));
        if is_filtered(&findings) {
            cut(&mut choice.segments);
            choice.finish = Finish::ContentFilter;
        }
        choices.push(findings);
    }
    generation.screening = Some(Arc::new(Screening { prompts, choices }));
}

/// What is said of a segment, the tokens that a client is shown.
fn said(segment: &Segment) -> Option<&Tokens> {
    match segment {
        Segment::Text(tokens) | Segment::Refusal(tokens) => Some(tokens),
        Segment::Call(call) => Some(&call.arguments),
        Segment::Spoken(spoken) => Some(&spoken.transcript),
        Segment::Reasoning(_) | Segment::Summary(_) | Segment::Echo(_) | Segment::Hosted(_) => None,
    }
}

fn text(tokens: &Tokens) -> String {
    String::from_utf8_lossy(&tokens.bytes).into_owned()
}

/// Keeps the sentences of the first text that are good together, and nothing behind them.
fn cut(segments: &mut Vec<Segment>) {
    let first = segments.iter().position(|segment| said(segment).is_some());
    let Some(first) = first else { return };
    segments.truncate(first + 1);
    if let Some(Segment::Text(tokens)) = segments.last_mut() {
        let whole = text(tokens);
        let ends = whole.match_indices(['.', '!', '?', '\n']);
        let ends = ends.map(|(at, mark)| at + mark.len());
        let good = |end: &usize| !is_filtered(&answer(&whole[..*end]));
        let kept = ends.take_while(good).last().unwrap_or(0);
        let count = tokens.ends.iter().filter(|end| **end as usize <= kept);
        let count = count.count();
        tokens.truncate(count);
    } else {
        segments.pop();
    }
}

fn is_filtered(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.filtered)
}

/// What is found in a prompt: of each category the worst of its turns.
fn prompt(turns: &[String]) -> Vec<Finding> {
    let mut findings = harms(turns);
    let detected = turns.iter().any(|turn| is_jailbreak(turn));
    findings.push(detection("jailbreak", detected));
    findings.sort_by_key(|finding| finding.name);
    findings
}

fn answer(text: &str) -> Vec<Finding> {
    let mut findings = harms(&[text.to_owned()]);
    findings.extend(PROTECTED.map(|name| detection(name, false)));
    findings.sort_by_key(|finding| finding.name);
    findings
}

fn harms(texts: &[String]) -> Vec<Finding> {
    let scores: Vec<Vec<f64>> = texts.iter().map(|text| LEXICON.scores(text)).collect();
    let finding = |harm: &'static Harm| {
        let places = harm.from.iter().filter_map(|name| index_of(name));
        let own = places.flat_map(|place| scores.iter().map(move |scores| scores[place]));
        let severity = severity(own.fold(0.0, f64::max));
        Finding {
            name: harm.name.as_str(),
            grade: Grade::Severity(severity),
            filtered: severity >= Severity::Medium,
        }
    };
    FACTS.category.iter().map(finding).collect()
}

fn severity(score: f64) -> Severity {
    let levels = &FACTS.levels;
    if score >= levels.high {
        Severity::High
    } else if score >= levels.medium {
        Severity::Medium
    } else if score >= levels.low {
        Severity::Low
    } else {
        Severity::Safe
    }
}

fn detection(name: &'static str, detected: bool) -> Finding {
    Finding {
        name,
        grade: Grade::Detected(detected),
        filtered: detected,
    }
}

fn is_jailbreak(text: &str) -> bool {
    let text = text.to_lowercase();
    let words: Vec<&str> = text.split_whitespace().collect();
    let text = words.join(" ");
    FACTS
        .jailbreak
        .phrases
        .iter()
        .any(|phrase| text.contains(phrase.as_str()))
}

fn text_of(message: &Message) -> String {
    let texts: Vec<&str> = message.parts.iter().filter_map(Part::as_text).collect();
    texts.join("\n")
}

fn read<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> String {
    let bytes: Vec<u8> = pieces.flatten().copied().collect();
    String::from_utf8_lossy(&bytes).into_owned()
}
