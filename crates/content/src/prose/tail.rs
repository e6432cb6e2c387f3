//! The tail of the distribution: which words follow a context anywhere in the corpus of the
//! same language, an n-gram of order three that backs off to two and to one. Positions are kept
//! instead of words alone, so that a text that takes such a word goes on from there. Not here:
//! the templates, which have nearly all of the mass.

use fakeai_canon::TokenId;

use super::Language;
use super::model::Model;

/// A word that may follow.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Follower {
    pub(crate) id: TokenId,
    /// Where it stands in [`Model::ids`].
    pub(crate) position: u32,
    /// Its probability.
    pub(crate) weight: f32,
}

/// See the module.
#[derive(Default)]
pub(crate) struct Tail {
    /// Sorted by context, then by falling count.
    rows: Vec<Row>,
    /// Where the rows of each context are, open-addressed by the hash of the context; zero is
    /// free, else one more than the first row.
    slots: Vec<u32>,
    /// The template, place and alternative of each run of tokens, by where it starts.
    owners: Vec<(u32, Owner)>,
}

/// Where a position belongs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Owner {
    pub(crate) template: u32,
    pub(crate) place: u32,
    pub(crate) alternative: u32,
}

#[derive(Clone, Copy)]
struct Row {
    context: u64,
    id: TokenId,
    count: u32,
    position: u32,
    /// What its template needs to know of the topic.
    needs: u8,
}

/// The mass of the tail where a word starts, by the length of the context.
const MASS: [f32; 3] = [0.0005, 0.003, 0.02];
/// The mass of the tail inside a word; only for show.
const MASS_INSIDE: f32 = 0.0005;
const MOST_FOLLOWERS: usize = 8;
const MOST_COMMON: usize = 24;
/// No token of that number is in a context.
const NONE: TokenId = (1 << 20) - 1;

fn context(language: Language, before: TokenId, last: TokenId) -> u64 {
    (language as u64) << 40 | u64::from(before & NONE) << 20 | u64::from(last & NONE)
}

impl Tail {
    /// Indexes the inner parts of all templates of prose.
    pub(crate) fn of(model: &Model) -> Tail {
        let mut tail = Tail::default();
        for (language, role, pool) in &model.table {
            if role.starts_with("code.") {
                continue;
            }
            let (from, to) = model.pools[*pool as usize];
            (from..to).for_each(|template| tail.add(model, *language, template));
        }
        tail.owners.sort_unstable_by_key(|(first, _)| *first);
        tail.rows = condensed(std::mem::take(&mut tail.rows));
        tail.index();
        tail
    }

    fn add(&mut self, model: &Model, language: Language, template: u32) {
        let body = model.templates[template as usize].body;
        for element in body.0..body.1 {
            for number in model.choices(element) {
                let alternative = model.alternatives[number as usize];
                let place = element - body.0 + 1;
                self.owners.push((
                    alternative.first,
                    Owner {
                        template,
                        place,
                        alternative: number,
                    },
                ));
                for position in alternative.first..alternative.last {
                    if model.starts[position as usize] {
                        let needs = model.templates[template as usize].needs;
                        self.rows_at(model, language, (alternative.first, position), needs);
                    }
                }
            }
        }
    }

    fn rows_at(
        &mut self,
        model: &Model,
        language: Language,
        (first, position): (u32, u32),
        needs: u8,
    ) {
        let id = model.ids[position as usize];
        let before = |back: u32| {
            let at = position.checked_sub(back).filter(|at| *at >= first);
            at.map_or(NONE, |at| model.ids[at as usize])
        };
        let mut push = |context| {
            self.rows.push(Row {
                context,
                id,
                count: 1,
                position,
                needs,
            })
        };
        push(context(language, NONE, NONE));
        if before(1) != NONE {
            push(context(language, NONE, before(1)));
        }
        if before(2) != NONE {
            push(context(language, before(2), before(1)));
        }
    }

    fn index(&mut self) {
        self.slots = vec![0; (self.rows.len() * 2).next_power_of_two()];
        let mut context = u64::MAX;
        for (number, row) in self
            .rows
            .iter()
            .enumerate()
            .filter(|(_, row)| std::mem::replace(&mut context, row.context) != row.context)
        {
            let mut slot = spot(row.context, self.slots.len());
            while self.slots[slot] != 0 {
                slot = (slot + 1) % self.slots.len();
            }
            self.slots[slot] = number as u32 + 1;
        }
    }

    fn rows_of(&self, context: u64) -> &[Row] {
        let mut slot = spot(context, self.slots.len());
        while let Some(from) = self.slots[slot].checked_sub(1) {
            let rows = &self.rows[from as usize..];
            if rows[0].context == context {
                let length = rows.iter().take_while(|row| row.context == context).count();
                return &rows[..length];
            }
            slot = (slot + 1) % self.slots.len();
        }
        &[]
    }

    /// What may follow a text that ends in `last`, with the mass it takes from the templates.
    pub(crate) fn followers(
        &self,
        language: Language,
        last: &[TokenId],
        starts_word: bool,
        knows: u8,
        found: &mut Vec<Follower>,
    ) -> f32 {
        found.clear();
        if !starts_word {
            return self.spread(context(language, NONE, NONE), MASS_INSIDE, knows, found);
        }
        let mut mass = self.spread(context(language, NONE, NONE), MASS[0], knows, found);
        if let [.., last] = last {
            mass += self.spread(context(language, NONE, *last), MASS[1], knows, found);
        }
        if let [.., before, last] = last {
            mass += self.spread(context(language, *before, *last), MASS[2], knows, found);
        }
        mass
    }

    fn spread(&self, context: u64, mass: f32, knows: u8, found: &mut Vec<Follower>) -> f32 {
        let rows = self
            .rows_of(context)
            .iter()
            .filter(|row| row.needs & !knows == 0);
        let total: u32 = rows.clone().map(|row| row.count).sum();
        for row in rows {
            let weight = mass * row.count as f32 / total as f32;
            found.push(Follower {
                id: row.id,
                position: row.position,
                weight,
            });
        }
        if total == 0 { 0.0 } else { mass }
    }

    /// The owner of a position that [`Tail::followers`] gave.
    pub(crate) fn owner(&self, position: u32) -> Option<Owner> {
        let behind = self.owners.partition_point(|(first, _)| *first <= position);
        self.owners[..behind].last().map(|(_, owner)| *owner)
    }
}

/// Where the search for a context starts in a table of a power of two.
fn spot(context: u64, size: usize) -> usize {
    (context.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize & (size - 1)
}

/// Equal rows become one with a count; of each context the most frequent stay.
fn condensed(mut rows: Vec<Row>) -> Vec<Row> {
    rows.sort_unstable_by_key(|row| (row.context, row.id, row.needs, row.position));
    rows.dedup_by(|row, kept| {
        let same = row.context == kept.context && row.id == kept.id;
        kept.count += if same { row.count } else { 0 };
        same
    });
    rows.sort_unstable_by_key(|row| (row.context, std::cmp::Reverse(row.count), row.id));
    let (mut context, mut rank) = (u64::MAX, 0);
    rows.retain(|row| {
        rank = if row.context == context { rank + 1 } else { 0 };
        context = row.context;
        let is_common = row.context & ((1 << 40) - 1) == (1 << 40) - 1;
        rank < if is_common {
            MOST_COMMON
        } else {
            MOST_FOLLOWERS
        }
    });
    rows
}
