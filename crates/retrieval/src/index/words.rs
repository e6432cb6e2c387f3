//! Lists of where each word stands, and BM25 over them (Robertson and Zaragoza, "The Probabilistic
//! Relevance Framework", 2009). Not here: what a word is.

use std::collections::HashMap;

use crate::terms;

/// How soon more of the same word stops to count.
const SATURATION: f32 = 1.2;

/// How much the length of a passage counts.
const LENGTH_SHARE: f32 = 0.75;

/// Words of a query that are looked up at most.
const MOST_TERMS: usize = 256;

#[derive(Debug, Default)]
pub(crate) struct Words {
    lists: HashMap<String, Vec<Posting>>,
    lengths: Vec<u32>,
    postings: usize,
    spelling: usize,
}

#[derive(Clone, Copy, Debug)]
struct Posting {
    passage: u32,
    count: u32,
}

impl Words {
    /// Reads the next passage.
    pub(crate) fn push(&mut self, text: &str) {
        let passage = u32::try_from(self.lengths.len()).unwrap_or(u32::MAX);
        let mut length = 0;
        let (lists, postings, spelling) = (&mut self.lists, &mut self.postings, &mut self.spelling);
        terms::each(text, |term| {
            length += 1;
            if !lists.contains_key(term) {
                *spelling += term.len();
                lists.insert(term.to_owned(), Vec::new());
            }
            let Some(list) = lists.get_mut(term) else {
                return;
            };
            match list.last_mut() {
                Some(last) if last.passage == passage => last.count += 1,
                Some(_) | None => {
                    *postings += 1;
                    list.push(Posting { passage, count: 1 });
                }
            }
        });
        self.lengths.push(length);
    }

    /// Whether a passage has a word.
    pub(crate) fn has(&self, term: &str, passage: usize) -> bool {
        let list = self.lists.get(term);
        let place = list
            .map(|list| list.binary_search_by_key(&passage, |posting| posting.passage as usize));
        place.is_some_and(|place| place.is_ok())
    }

    pub(crate) fn bytes(&self) -> usize {
        self.postings * size_of::<Posting>()
            + self.spelling
            + self.lists.len() * size_of::<(String, Vec<Posting>)>()
            + self.lengths.len() * size_of::<u32>()
    }

    /// The scores of all passages that have a word of the query, by passage; zero elsewhere.
    /// Statistics are those of the `live` passages, whatever a filter leaves of them.
    pub(crate) fn scores(&self, query: &str, live: impl Fn(usize) -> bool) -> Vec<f32> {
        let mut scores = vec![0.0; self.lengths.len()];
        let mut terms = terms::distinct(query);
        terms.truncate(MOST_TERMS);
        let lists: Vec<&Vec<Posting>> = terms
            .iter()
            .filter_map(|term| self.lists.get(term))
            .collect();
        if lists.is_empty() {
            return scores;
        }
        let (passages, average) = self.statistics(&live);
        for list in lists {
            let having = list.iter().filter(|posting| live(posting.passage as usize));
            let frequency = having.clone().count() as f32;
            let rarity = (1.0 + (passages - frequency + 0.5) / (frequency + 0.5)).ln();
            for posting in having {
                let number = posting.passage as usize;
                let count = posting.count as f32;
                let length = self.lengths[number] as f32 / average;
                let damping = SATURATION * (1.0 - LENGTH_SHARE + LENGTH_SHARE * length);
                scores[number] += rarity * count * (SATURATION + 1.0) / (count + damping);
            }
        }
        scores
    }

    /// Number and average length of the live passages.
    fn statistics(&self, live: &impl Fn(usize) -> bool) -> (f32, f32) {
        let lengths = self.lengths.iter().enumerate();
        let (mut passages, mut words) = (0u64, 0u64);
        for (_, length) in lengths.filter(|(number, _)| live(*number)) {
            passages += 1;
            words += u64::from(*length);
        }
        (
            passages as f32,
            (words as f32 / passages.max(1) as f32).max(1.0),
        )
    }
}
