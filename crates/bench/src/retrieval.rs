//! How long a search takes in a full index. Not here: judging the result.

use anyhow::Result;
use fakeai_retrieval::{Attributes, Filter, Index, Passage, Query, Ranker, Ranking};
use serde_json::json;

use crate::process;

/// Words that passages are made of; the later, the rarer.
const WORDS: u64 = 20_000;

/// Words of a passage: about 800 tokens.
const LENGTH: usize = 600;

/// Passages of a file.
const FILE: usize = 100;

const SEARCHES: usize = 50;

/// What searches of one kind came to: milliseconds of processor time each, on the mean.
pub(crate) struct Searched {
    pub(crate) kind: &'static str,
    pub(crate) milliseconds: f64,
}

/// Fills an index and searches it in several ways.
pub(crate) fn measure(passages: usize, dimensions: usize) -> Result<Vec<Searched>> {
    let mut chance = Chance(1);
    let index = fill(&mut chance, passages, dimensions)?;
    let filter =
        Filter::from_json(&json!({"type": "lt", "key": "number", "value": passages / FILE / 10}))?;
    let none = Ranking {
        ranker: Ranker::None,
        ..Ranking::default()
    };
    let kinds = [
        (
            "words and vectors, reranked",
            true,
            None,
            Ranking::default(),
        ),
        ("words and vectors", true, None, none),
        ("words only", false, None, none),
        (
            "words and vectors in a tenth of the files",
            true,
            Some(&filter),
            Ranking::default(),
        ),
    ];
    let mut searched = Vec::new();
    for (kind, with_vector, filter, ranking) in kinds {
        let asked: Vec<_> = (0..SEARCHES)
            .map(|_| {
                let text = chance.text(8);
                (
                    text,
                    chance.vector(if with_vector { dimensions } else { 0 }),
                )
            })
            .collect();
        let begin = process::thread_nanoseconds()?;
        for (text, vector) in &asked {
            let query = Query {
                text,
                vector,
                limit: 10,
                filter,
                ranking,
            };
            let hits = index.search(&query)?.len();
            anyhow::ensure!(hits == 10, "{hits} hits");
        }
        let taken = process::thread_nanoseconds()? - begin;
        searched.push(Searched {
            kind,
            milliseconds: taken as f64 / 1e6 / SEARCHES as f64,
        });
    }
    Ok(searched)
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
