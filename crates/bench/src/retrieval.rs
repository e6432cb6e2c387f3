//! How long a search takes in a full index. Not here: judging the result.

#![allow(clippy::disallowed_methods, reason = "measuring reads the real clock")]

use std::fmt::Write;
use std::time::{Duration, Instant};

use anyhow::Result;
use fakeai_retrieval::{Attributes, Filter, Index, Passage, Query, Ranker, Ranking};
use serde_json::json;

/// Words that passages are made of; the later, the rarer.
const WORDS: u64 = 20_000;

/// Words of a passage: about 800 tokens.
const LENGTH: usize = 600;

/// Passages of a file.
const FILE: usize = 100;

const SEARCHES: usize = 50;

/// Fills an index, searches it, and words the figures.
pub(crate) fn measure(passages: usize, dimensions: usize) -> Result<String> {
    let mut chance = Chance(1);
    let begin = Instant::now();
    let index = fill(&mut chance, passages, dimensions)?;
    let mut report = format!(
        "{passages} passages of {dimensions} dimensions: filled in {:.1} s, {} MB\n",
        begin.elapsed().as_secs_f64(),
        index.bytes() >> 20,
    );
    let filter =
        Filter::from_json(&json!({"type": "lt", "key": "number", "value": passages / FILE / 10}))?;
    let none = Ranking {
        ranker: Ranker::None,
        ..Ranking::default()
    };
    for (name, with_vector, filter, ranking) in [
        ("hybrid, reranked", true, None, Ranking::default()),
        ("hybrid", true, None, none),
        ("words only", false, None, none),
        (
            "a tenth of the files",
            true,
            Some(&filter),
            Ranking::default(),
        ),
    ] {
        let mut times = Vec::new();
        for _ in 0..SEARCHES {
            let text = chance.text(8);
            let vector = chance.vector(if with_vector { dimensions } else { 0 });
            let begin = Instant::now();
            let query = Query {
                text: &text,
                vector: &vector,
                limit: 10,
                filter,
                ranking,
            };
            let hits = index.search(&query)?.len();
            times.push(begin.elapsed());
            anyhow::ensure!(hits == 10, "{hits} hits");
        }
        times.sort();
        let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
        let (middle, most) = (times[SEARCHES / 2], times[SEARCHES - 1]);
        writeln!(
            report,
            "{name}: median {:.1} ms, most {:.1} ms",
            milliseconds(middle),
            milliseconds(most)
        )?;
    }
    Ok(report)
}

fn fill(chance: &mut Chance, passages: usize, dimensions: usize) -> Result<Index> {
    let mut index = Index::new();
    for number in 0..passages / FILE {
        let attributes: Attributes = [("number".to_owned(), json!(number))].into_iter().collect();
        let passage = |_| Passage {
            text: chance.text(LENGTH),
            vector: chance.vector(dimensions),
        };
        index.add(
            &format!("file-{number}"),
            attributes,
            (0..FILE).map(passage).collect(),
        )?;
    }
    Ok(index)
}

/// A sequence that is the same in every run (Marsaglia's xorshift).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Words as often as in a language: the n-th in proportion to 1/n.
    fn text(&mut self, words: usize) -> String {
        let mut text = String::new();
        for _ in 0..words {
            let share = (self.next() >> 11) as f64 / (1u64 << 53) as f64;
            let word = (WORDS as f64).powf(share) as u64;
            text.push_str(&format!("word{word} "));
        }
        text
    }

    fn vector(&mut self, dimensions: usize) -> Vec<f32> {
        (0..dimensions)
            .map(|_| (self.next() % 2001) as f32 - 1000.0)
            .collect()
    }
}
