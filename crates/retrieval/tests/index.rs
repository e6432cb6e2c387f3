//! Search finds what fits, keeps to filters and thresholds, and equals a naive search.

#![allow(clippy::unwrap_used, reason = "this is test code")]

use std::collections::{BTreeMap, BTreeSet};

use fakeai_retrieval::{
    Attributes, Filter, Hit, Hybrid, Index, IndexError, Passage, Query, Ranker, Ranking, merge,
};
use proptest::prelude::*;
use serde_json::json;

fn passage(text: &str, vector: &[f32]) -> Passage {
    Passage {
        text: text.to_owned(),
        vector: vector.to_vec(),
    }
}

fn query<'a>(text: &'a str, vector: &'a [f32]) -> Query<'a> {
    Query {
        text,
        vector,
        limit: 10,
        filter: None,
        ranking: Ranking::default(),
    }
}

fn of(language: &str) -> Attributes {
    [("lang".to_owned(), json!(language))].into_iter().collect()
}

fn small() -> Index {
    let mut index = Index::new();
    index
        .add(
            "file-a",
            of("en"),
            vec![
                passage("The capital of France is Paris.", &[1.0, 0.1, 0.0]),
                passage("Bread is baked in an oven.", &[0.0, 1.0, 0.0]),
            ],
        )
        .unwrap();
    index
        .add(
            "file-b",
            of("de"),
            vec![passage("Steuern werden im Mai gezahlt.", &[0.0, 0.1, 1.0])],
        )
        .unwrap();
    index
}

fn files<'i>(hits: &[Hit<'i>]) -> Vec<(&'i str, usize)> {
    hits.iter().map(|hit| (hit.file, hit.passage)).collect()
}

#[test]
fn words_and_vectors_both_find() {
    let index = small();
    let hits = index
        .search(&query("What is France's capital?", &[]))
        .unwrap();
    assert_eq!(hits[0].text, "The capital of France is Paris.");
    // A paraphrase without a common word, by its vector.
    let hits = index
        .search(&query("Où se trouve le gouvernement?", &[0.9, 0.2, 0.1]))
        .unwrap();
    assert_eq!(files(&hits), [("file-a", 0), ("file-a", 1), ("file-b", 0)]);
    assert!(hits.windows(2).all(|pair| pair[0].score >= pair[1].score));
    assert!(hits.iter().all(|hit| (0.0..=1.0).contains(&hit.score)));
    assert_eq!(hits[0].attributes, &of("en"));
}

#[test]
fn filters_thresholds_and_limits_hold() {
    let index = small();
    let filter = Filter::from_json(&json!({"type": "eq", "key": "lang", "value": "de"})).unwrap();
    let mut asked = query("capital of France", &[1.0, 0.0, 0.0]);
    asked.filter = Some(&filter);
    assert_eq!(files(&index.search(&asked).unwrap()), [("file-b", 0)]);
    asked.filter = None;
    asked.limit = 1;
    assert_eq!(index.search(&asked).unwrap().len(), 1);
    asked.limit = 0;
    assert_eq!(index.search(&asked).unwrap().len(), 0);
    asked.limit = 10;
    asked.ranking.score_threshold = 0.9;
    assert_eq!(files(&index.search(&asked).unwrap()), [("file-a", 0)]);
}

#[test]
fn attributes_can_change_and_files_can_go() {
    let mut index = small();
    let filter = Filter::from_json(&json!({"type": "eq", "key": "lang", "value": "fr"})).unwrap();
    assert!(index.set_attributes("file-b", of("fr")));
    assert!(!index.set_attributes("file-z", of("fr")));
    let mut asked = query("Steuern", &[]);
    asked.filter = Some(&filter);
    assert_eq!(index.search(&asked).unwrap().len(), 1);
    assert!(index.remove("file-b"));
    assert!(!index.remove("file-b"));
    assert_eq!((index.files(), index.passages()), (1, 2));
    assert!(
        index
            .search(&query("Steuern", &[0.0, 0.0, 1.0]))
            .unwrap()
            .iter()
            .all(|hit| hit.file == "file-a")
    );
    index
        .add(
            "file-a",
            of("en"),
            vec![passage("Replaced.", &[1.0, 0.0, 0.0])],
        )
        .unwrap();
    assert_eq!(index.passages(), 1);
}

#[test]
fn vectors_that_do_not_fit_are_refused_and_change_nothing() {
    let mut index = small();
    let wrong = |vector: &[f32]| vec![passage("x", &[1.0, 0.0, 0.0]), passage("y", vector)];
    let refused = |index: &mut Index, vector: &[f32]| {
        index.add("file-c", of("en"), wrong(vector)).unwrap_err()
    };
    assert_eq!(
        refused(&mut index, &[1.0]),
        IndexError::Dimensions {
            expected: 3,
            got: 1
        }
    );
    assert_eq!(refused(&mut index, &[0.0, 0.0, 0.0]), IndexError::Vector);
    assert_eq!(
        refused(&mut index, &[f32::NAN, 0.0, 0.0]),
        IndexError::Vector
    );
    assert_eq!(index.passages(), 3);
    assert!(index.search(&query("x", &[1.0])).is_err());
}

#[test]
fn weights_choose_between_words_and_vectors() {
    let mut index = Index::new();
    index
        .add(
            "words",
            of("en"),
            vec![passage("quarterly revenue report", &[0.0, 1.0])],
        )
        .unwrap();
    index
        .add(
            "vectors",
            of("en"),
            vec![passage("money earned in spring", &[1.0, 0.0])],
        )
        .unwrap();
    let mut asked = query("revenue report", &[1.0, 0.0]);
    let mut first = |embedding_weight, text_weight| {
        asked.ranking.hybrid = Some(Hybrid {
            embedding_weight,
            text_weight,
        });
        let hits = index.search(&asked).unwrap();
        (hits[0].file.to_owned(), hits[0].score)
    };
    assert_eq!(first(0.0, 1.0), ("words".to_owned(), 1.0));
    assert_eq!(first(1.0, 0.0), ("vectors".to_owned(), 1.0));
    assert_eq!(first(0.1, 1.0).0, "words");
}

#[test]
fn several_lists_are_merged_with_the_best_score() {
    let index = small();
    let one = index.search(&query("bread oven", &[])).unwrap();
    let two = index
        .search(&query("bread France capital oven Paris", &[]))
        .unwrap();
    let best = one[0].score.max(two[0].score);
    let merged = merge(vec![one, two], 10);
    assert_eq!(merged[0].score, best);
    assert_eq!(
        merged.len(),
        merged
            .iter()
            .map(|hit| (hit.file, hit.passage))
            .collect::<BTreeSet<_>>()
            .len()
    );
    assert_eq!(merge(vec![merged.clone()], 1).len(), 1);
}

/// A passage as the naive search keeps it: the number of its file, text, vector.
type Kept = (usize, String, Vec<f32>);

/// The scores of a naive search in double precision: all cosines, BM25 from its formula.
fn naive_lists(passages: &[Kept], text: &str, vector: &[f32]) -> [Vec<f64>; 2] {
    let product = |one: &[f32], other: &[f32]| -> f64 {
        let pairs = one.iter().zip(other);
        pairs
            .map(|(one, other)| f64::from(*one) * f64::from(*other))
            .sum()
    };
    let length = |vector: &[f32]| product(vector, vector).sqrt();
    let cosine = |(_, _, own): &Kept| product(own, vector) / length(own) / length(vector);
    let words =
        |text: &str| -> Vec<String> { text.split_whitespace().map(str::to_owned).collect() };
    let lengths: Vec<f64> = passages
        .iter()
        .map(|(_, text, _)| words(text).len() as f64)
        .collect();
    let average = (lengths.iter().sum::<f64>() / passages.len() as f64).max(1.0);
    let mut terms = words(text);
    let mut seen = BTreeSet::new();
    terms.retain(|term| seen.insert(term.clone()));
    let bm25 = |at: usize| {
        let score = |term: &String| {
            let count = words(&passages[at].1)
                .iter()
                .filter(|word| *word == term)
                .count() as f64;
            let has = |(_, text, _): &&Kept| words(text).contains(term);
            let having = passages.iter().filter(has).count() as f64;
            let rarity = (1.0 + (passages.len() as f64 - having + 0.5) / (having + 0.5)).ln();
            rarity * count * 2.2 / (count + 1.2 * (0.25 + 0.75 * lengths[at] / average))
        };
        terms.iter().map(score).sum::<f64>()
    };
    [
        passages.iter().map(cosine).collect(),
        (0..passages.len()).map(bm25).collect(),
    ]
}

/// Whether rounding to single precision can't swap two of them.
fn is_clear(scores: &[f64]) -> bool {
    let mut sorted = scores.to_vec();
    sorted.sort_by(f64::total_cmp);
    let near = |pair: &[f64]| pair[0] != pair[1] && pair[1] - pair[0] < 1e-5;
    !sorted.windows(2).any(near)
}

/// Both lists ranked whole, and joined.
fn fused(lists: &[Vec<f64>; 2]) -> Vec<(usize, f64)> {
    let ranks = |scores: &[f64], least: f64| -> BTreeMap<usize, usize> {
        let mut order: Vec<usize> = (0..scores.len()).filter(|at| scores[*at] > least).collect();
        order.sort_by(|one, other| scores[*other].total_cmp(&scores[*one]).then(one.cmp(other)));
        order
            .into_iter()
            .enumerate()
            .map(|(rank, at)| (at, rank))
            .collect()
    };
    let (near, worded) = (ranks(&lists[0], -2.0), ranks(&lists[1], 0.0));
    let share = |ranks: &BTreeMap<usize, usize>, at: usize| {
        ranks
            .get(&at)
            .map_or(0.0, |rank| 1.0 / (61.0 + *rank as f64))
    };
    let score = |at| (at, (share(&near, at) + share(&worded, at)) / (2.0 / 61.0));
    let mut fused: Vec<(usize, f64)> = (0..lists[0].len()).map(score).collect();
    fused.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
    fused
}

/// Numbers with fractions that are different for every passage.
fn floats(vector: &[i8], salt: u64) -> Vec<f32> {
    let mut state = salt.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut fraction = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % 1000) as f32 / 1000.0
    };
    vector
        .iter()
        .map(|number| f32::from(*number) + fraction())
        .collect()
}

fn passages() -> impl Strategy<Value = Vec<(String, Vec<i8>)>> {
    let text = "((red|green|blue|sea|sky|sun) ){1,6}";
    prop::collection::vec((text, prop::collection::vec(-4i8..5, 20)), 0..4)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever was added, replaced and removed: the list is that of a naive search over what is left.
    #[test]
    fn search_equals_brute_force(
        steps in prop::collection::vec((0usize..8, prop::option::weighted(0.7, passages())), 1..40),
        text in "((red|green|blue|sea|sky|sun|moon) ){0,4}",
        vector in prop::collection::vec(-4i8..5, 20),
    ) {
        let mut index = Index::new();
        let mut kept: Vec<Kept> = Vec::new();
        for (salt, (file, passages)) in (1u64..).zip(&steps) {
            kept.retain(|(other, _, _)| other != file);
            let Some(passages) = passages else {
                index.remove(&file.to_string());
                continue;
            };
            let own: Vec<Kept> = (salt * 100..).zip(passages)
                .map(|(salt, (text, vector))| (*file, text.clone(), floats(vector, salt)))
                .collect();
            let given = own.iter().map(|(_, text, vector)| passage(text, vector)).collect();
            index.add(&file.to_string(), Attributes::new(), given).unwrap();
            kept.extend(own);
        }
        prop_assert_eq!(index.passages(), kept.len());
        let asked_vector = floats(&vector, 7);
        let lists = naive_lists(&kept, &text, &asked_vector);
        prop_assume!(is_clear(&lists[0]) && is_clear(&lists[1]));
        let mut asked = query(&text, &asked_vector);
        asked.limit = 50;
        asked.ranking.ranker = Ranker::None;
        let found = index.search(&asked).unwrap();
        let expected = fused(&lists);
        prop_assert_eq!(found.len(), expected.len().min(50));
        for (hit, (at, score)) in found.iter().zip(&expected) {
            prop_assert!((f64::from(hit.score) - score).abs() < 1e-5, "{} is not {}", hit.score, score);
            // Two joined scores may be equal but for rounding; then either order is right.
            if expected.iter().filter(|(_, other)| (other - score).abs() < 1e-5).count() == 1 {
                let file = kept[*at].0.to_string();
                prop_assert_eq!((hit.file, hit.text), (file.as_str(), kept[*at].1.as_str()));
            }
        }
        prop_assert_eq!(files(&index.search(&asked).unwrap()), files(&found));
    }
}
