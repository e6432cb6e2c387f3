//! How alike two texts are, 0 to 1. Cosine is not here: it compares embeddings.
//!
//! Words are runs of letters and digits in lower case, except for BLEU and GLEU, which also count
//! punctuation, one mark a word.

use std::collections::HashMap;

use serde::Deserialize;

use super::lcs::common_length;
use super::meteor;

/// The measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Metric {
    Cosine,
    FuzzyMatch,
    Bleu,
    Gleu,
    Meteor,
    #[serde(rename = "rouge_1")]
    Rouge1,
    #[serde(rename = "rouge_2")]
    Rouge2,
    #[serde(rename = "rouge_3")]
    Rouge3,
    #[serde(rename = "rouge_4")]
    Rouge4,
    #[serde(rename = "rouge_5")]
    Rouge5,
    #[serde(rename = "rouge_l")]
    RougeL,
}

/// Characters of a text that are compared; the rest is left out, so that no grader takes long.
const COMPARED: usize = 32_768;

/// The likeness of a text to its reference; none for a measure that needs embeddings.
pub(super) fn of(metric: Metric, text: &str, reference: &str) -> Option<f64> {
    let (text, reference) = (start(text), start(reference));
    Some(match metric {
        Metric::Cosine => return None,
        Metric::FuzzyMatch => fuzzy(text, reference),
        Metric::Bleu => bleu(&marks(text), &marks(reference)),
        Metric::Gleu => gleu(&marks(text), &marks(reference)),
        Metric::Meteor => meteor::score(&words(text), &words(reference)),
        Metric::Rouge1 => rouge(text, reference, 1),
        Metric::Rouge2 => rouge(text, reference, 2),
        Metric::Rouge3 => rouge(text, reference, 3),
        Metric::Rouge4 => rouge(text, reference, 4),
        Metric::Rouge5 => rouge(text, reference, 5),
        Metric::RougeL => rouge_l(text, reference),
    })
}

fn start(text: &str) -> &str {
    let end = text.char_indices().nth(COMPARED);
    end.map_or(text, |(end, _)| &text[..end])
}

fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// Words and marks, case kept.
fn marks(text: &str) -> Vec<String> {
    let mut marks: Vec<String> = Vec::new();
    let mut within = false;
    for c in text.chars() {
        let letter = c.is_alphanumeric() || c == '_';
        match marks.last_mut() {
            Some(word) if letter && within => word.push(c),
            _ if c.is_whitespace() => {}
            _ => marks.push(c.to_string()),
        }
        within = letter;
    }
    marks
}

/// The normalised insertion and deletion similarity, which `rapidfuzz.fuzz.ratio` computes: twice
/// the longest common subsequence over both lengths.
fn fuzzy(text: &str, reference: &str) -> f64 {
    let (a, b): (Vec<char>, Vec<char>) = (text.chars().collect(), reference.chars().collect());
    if a.is_empty() && b.is_empty() {
        return 1.0;
    }
    2.0 * common_length(&a, &b) as f64 / (a.len() + b.len()) as f64
}

type Grams<'a> = HashMap<&'a [String], usize>;

fn grams(words: &[String], n: usize) -> Grams<'_> {
    let mut counts = HashMap::new();
    for gram in words.windows(n) {
        *counts.entry(gram).or_insert(0) += 1;
    }
    counts
}

/// How many n-grams both have, how many the text has, and how many the reference has.
fn shared(text: &[String], reference: &[String], n: usize) -> (f64, f64, f64) {
    let (ours, theirs) = (grams(text, n), grams(reference, n));
    let both = ours
        .iter()
        .map(|(gram, count)| count.min(theirs.get(gram).unwrap_or(&0)))
        .sum::<usize>();
    let total = |grams: &Grams<'_>| grams.values().sum::<usize>() as f64;
    (both as f64, total(&ours), total(&theirs))
}

/// Sentence BLEU (Papineni and others, 2002): the geometric mean of the precisions of 1- to
/// 4-grams times the brevity penalty. An order without a match counts as half of the one before
/// (Chen and Cherry, 2014, method 3), and orders longer than the text are left out.
fn bleu(text: &[String], reference: &[String]) -> f64 {
    if text.is_empty() || reference.is_empty() {
        return f64::from(u8::from(text.is_empty() && reference.is_empty()));
    }
    let orders = text.len().min(4);
    let (mut sum, mut halves) = (0.0, 1.0);
    for n in 1..=orders {
        let (both, ours, _) = shared(text, reference, n);
        if n == 1 && both == 0.0 {
            return 0.0;
        }
        let precision = if both == 0.0 {
            halves *= 2.0;
            1.0 / (halves * ours)
        } else {
            both / ours
        };
        sum += precision.ln();
    }
    let (ours, theirs) = (text.len() as f64, reference.len() as f64);
    let brevity = (1.0 - theirs / ours).min(0.0).exp();
    brevity * (sum / orders as f64).exp()
}

/// GLEU (Wu and others, 2016): the lesser of precision and recall over all 1- to 4-grams.
fn gleu(text: &[String], reference: &[String]) -> f64 {
    let counts = (1..=4).map(|n| shared(text, reference, n));
    let sum = |a: (f64, f64, f64), b: (f64, f64, f64)| (a.0 + b.0, a.1 + b.1, a.2 + b.2);
    let (both, ours, theirs) = counts.fold((0.0, 0.0, 0.0), sum);
    match ours.max(theirs) {
        0.0 => 1.0,
        most => both / most,
    }
}

/// ROUGE-N (Lin, 2004) as F1.
fn rouge(text: &str, reference: &str, n: usize) -> f64 {
    let (both, ours, theirs) = shared(&words(text), &words(reference), n);
    f1(both, ours, theirs)
}

/// ROUGE-L (Lin, 2004) as F1.
fn rouge_l(text: &str, reference: &str) -> f64 {
    let (ours, theirs) = (words(text), words(reference));
    let ours: Vec<&str> = ours.iter().map(String::as_str).collect();
    let theirs: Vec<&str> = theirs.iter().map(String::as_str).collect();
    let both = common_length(&ours, &theirs);
    f1(both as f64, ours.len() as f64, theirs.len() as f64)
}

/// The harmonic mean of `both / ours` and `both / theirs`.
fn f1(both: f64, ours: f64, theirs: f64) -> f64 {
    if both == 0.0 {
        return 0.0;
    }
    2.0 * both / (ours + theirs)
}

/// The cosine of two vectors; 0 where one has no length.
pub(super) fn cosine(a: &[f64], b: &[f64]) -> f64 {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    let lengths = (dot(a, a) * dot(b, b)).sqrt();
    if lengths == 0.0 {
        return 0.0;
    }
    dot(a, b) / lengths
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(metric: Metric, text: &str, reference: &str, expected: f64) {
        let got = of(metric, text, reference).expect("a measure of texts");
        assert!((got - expected).abs() < 1e-6, "{metric:?}: {got}");
    }

    const CAT: &str = "the cat sat on the mat";
    const DOG: &str = "the dog sat on the mat today";

    // Expected values by hand, from the formulas named above.
    #[test]
    fn the_formulas_are_those_of_their_papers() {
        close(Metric::Rouge1, CAT, DOG, 2.0 * 5.0 / 13.0);
        close(Metric::Rouge2, CAT, DOG, 2.0 * 3.0 / 11.0);
        close(Metric::Rouge5, CAT, DOG, 0.0);
        close(Metric::RougeL, CAT, DOG, 2.0 * 5.0 / 13.0);
        close(
            Metric::FuzzyMatch,
            "this is a test",
            "this is a test!",
            28.0 / 29.0,
        );
        close(Metric::Gleu, CAT, DOG, 11.0 / 22.0);
        let precisions = (5.0 / 6.0) * (3.0 / 5.0) * (2.0 / 4.0) * (1.0 / 3.0f64);
        close(
            Metric::Bleu,
            CAT,
            DOG,
            (1.0 - 7.0 / 6.0f64).exp() * precisions.powf(0.25),
        );
    }

    #[test]
    fn the_same_text_is_wholly_alike_and_another_is_not() {
        for metric in [
            Metric::FuzzyMatch,
            Metric::Bleu,
            Metric::Gleu,
            Metric::Rouge1,
            Metric::Rouge4,
            Metric::RougeL,
        ] {
            close(metric, CAT, CAT, 1.0);
            close(metric, "xyz", "abc", 0.0);
            assert!(of(metric, "", "").is_some_and(f64::is_finite));
            assert!(of(metric, "", "a b c").is_some_and(|score| score == 0.0));
        }
    }

    #[test]
    fn marks_count_as_words_of_their_own() {
        assert_eq!(
            marks("Hi, it_is 3.5!"),
            ["Hi", ",", "it_is", "3", ".", "5", "!"]
        );
    }
}
