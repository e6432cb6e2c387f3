//! How good or bad a text sounds: words with a sign, turned by a negation before them. Not here:
//! other labels (`label`).

use std::sync::LazyLock;

use serde::Deserialize;

use crate::data;
use crate::prose::capitalised;
use crate::word_hash::WordSet;

#[derive(Deserialize)]
struct Words {
    good: WordSet,
    bad: WordSet,
    not: WordSet,
    /// Labels by what they stand for.
    labels: Labels,
}

#[derive(Deserialize)]
struct Labels {
    good: WordSet,
    bad: WordSet,
    neutral: WordSet,
    mixed: WordSet,
}

static WORDS: LazyLock<Words> =
    LazyLock::new(|| data::facts(include_str!("../../../../data/content/sentiment.toml")));

/// What a label stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    Good,
    Bad,
    Neutral,
    Mixed,
}

/// What a label stands for, if it is one of moods.
pub(super) fn mood(label: &str) -> Option<Mood> {
    let label = label.to_lowercase();
    let labels = &WORDS.labels;
    let of = |words: &WordSet, mood| words.contains(&label).then_some(mood);
    of(&labels.good, Mood::Good)
        .or_else(|| of(&labels.bad, Mood::Bad))
        .or_else(|| of(&labels.neutral, Mood::Neutral))
        .or_else(|| of(&labels.mixed, Mood::Mixed))
}

/// How many words of a text sound good, and how many bad.
fn heard(text: &str) -> (u32, u32) {
    /// A negation reaches over so many words.
    const REACH: u32 = 3;
    let (mut good, mut bad, mut since) = (0, 0, REACH);
    for word in text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '\'' | '’'))) {
        let word = word.to_lowercase().replace('’', "'");
        if word.is_empty() {
            continue;
        }
        let is_turned = since < REACH;
        since = if WORDS.not.contains(&word) {
            0
        } else {
            since + 1
        };
        if WORDS.good.contains(&word) {
            *(if is_turned { &mut bad } else { &mut good }) += 1;
        } else if WORDS.bad.contains(&word) {
            *(if is_turned { &mut good } else { &mut bad }) += 1;
        }
    }
    (good, bad)
}

/// The mood of a text, named as in an example whose label is a mood.
pub(super) fn of(text: &str, example: &str) -> Option<String> {
    mood(example)?;
    let label = choose(&["positive", "negative", "neutral"], text)?;
    let is_capital = example.starts_with(char::is_uppercase);
    Some(if is_capital {
        capitalised(label)
    } else {
        label.to_owned()
    })
}

/// Whether any word of a text sounds good or bad.
pub(super) fn has_mood(text: &str) -> bool {
    heard(text) != (0, 0)
}

/// The label that a text's mood has, where the labels are moods, or a number of stars.
pub(super) fn choose<'l>(labels: &[&'l str], text: &str) -> Option<&'l str> {
    let moods: Vec<_> = labels.iter().map(|label| mood(label)).collect();
    let at = |wanted: Mood| moods.iter().position(|mood| *mood == Some(wanted));
    let (good, bad) = (at(Mood::Good)?, at(Mood::Bad)?);
    let heard = heard(text);
    let between = || match heard {
        (0, 0) => at(Mood::Neutral).or(at(Mood::Mixed)),
        _ => at(Mood::Mixed).or(at(Mood::Neutral)),
    };
    let chosen = match heard.0.cmp(&heard.1) {
        std::cmp::Ordering::Greater => good,
        std::cmp::Ordering::Less => bad,
        std::cmp::Ordering::Equal => between().unwrap_or(good),
    };
    labels.get(chosen).copied()
}
