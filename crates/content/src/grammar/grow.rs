//! Texts grown from rules: alternatives by chance near the start, the shallowest ones deeper down,
//! so that every text ends. Not here: the notation.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use fakeai_canon::Rng;
use serde::Deserialize;

use super::lark::{Rules, Term};
use super::regex;
use crate::data;
use crate::prose::Topic;

#[derive(Deserialize)]
struct Common {
    terminals: HashMap<String, String>,
}

static COMMON: LazyLock<HashMap<String, String>> = LazyLock::new(|| {
    data::facts::<Common>(include_str!("../../../../data/content/lark_common.toml")).terminals
});

/// Below this depth only the shallowest alternatives are taken.
const DEEP: usize = 8;
/// A text does not grow longer, in bytes.
const LONGEST: usize = 16_384;
/// The height of what never ends.
const ENDLESS: usize = usize::MAX / 4;

/// A text of the rule `start`.
///
/// # Errors
/// A name without a rule, a regular expression that can't be read, rules that never end.
pub(super) fn text(rules: &Rules, topic: &Topic, rng: &mut Rng) -> Result<String, String> {
    let heights = heights(rules);
    if heights.get("start").is_none_or(|height| *height >= ENDLESS) {
        return Err("the rule 'start' never ends".into());
    }
    let mut grower = Grower {
        rules,
        heights,
        topic,
        rng,
        text: String::new(),
    };
    grower.name("start", 0)?;
    Ok(grower.text)
}

/// How many rules deep the shallowest text of each rule goes.
fn heights(rules: &Rules) -> BTreeMap<&str, usize> {
    let mut heights: BTreeMap<&str, usize> = rules
        .rules
        .keys()
        .map(|name| (name.as_str(), ENDLESS))
        .collect();
    loop {
        let mut changed = false;
        for (name, alternatives) in &rules.rules {
            let height = 1 + lowest(alternatives, &heights);
            if height < heights[name.as_str()] {
                heights.insert(name, height);
                changed = true;
            }
        }
        if !changed {
            return heights;
        }
    }
}

fn lowest(alternatives: &[Vec<Term>], heights: &BTreeMap<&str, usize>) -> usize {
    alternatives
        .iter()
        .map(|sequence| height(sequence, heights))
        .min()
        .unwrap_or(0)
}

fn height(sequence: &[Term], heights: &BTreeMap<&str, usize>) -> usize {
    let one = |term: &Term| match term {
        Term::Literal(_) | Term::Regex(_) | Term::Range(..) => 0,
        Term::Name(name) => heights.get(name.as_str()).copied().unwrap_or(0),
        Term::Group(alternatives) => lowest(alternatives, heights),
        Term::Repeat(_, 0, _) => 0,
        Term::Repeat(term, ..) => height(std::slice::from_ref(term), heights),
    };
    sequence.iter().map(one).max().unwrap_or(0)
}

struct Grower<'a> {
    rules: &'a Rules,
    heights: BTreeMap<&'a str, usize>,
    topic: &'a Topic,
    rng: &'a mut Rng,
    text: String,
}

impl<'a> Grower<'a> {
    fn name(&mut self, name: &str, depth: usize) -> Result<(), String> {
        let rules = self.rules;
        if let Some(alternatives) = rules.rules.get(name) {
            return self.one_of(alternatives, depth + 1);
        }
        let common = rules.imported.get(name).and_then(|own| COMMON.get(own));
        let expression = common.ok_or_else(|| format!("the name '{name}' has no rule"))?;
        self.regex(expression)
    }

    fn one_of(&mut self, alternatives: &'a [Vec<Term>], depth: usize) -> Result<(), String> {
        let least = lowest(alternatives, &self.heights);
        let is_late = depth > DEEP || self.text.len() > LONGEST;
        let fits = |sequence: &&Vec<Term>| {
            let own = height(sequence, &self.heights);
            own < ENDLESS && (!is_late || own == least)
        };
        let open: Vec<_> = alternatives.iter().filter(fits).collect();
        let chosen = self.rng.pick(&open).copied();
        for term in chosen.into_iter().flatten() {
            self.term(term, depth)?;
        }
        Ok(())
    }

    fn term(&mut self, term: &'a Term, depth: usize) -> Result<(), String> {
        match term {
            Term::Literal(text) => self.push(text),
            Term::Regex(expression) => self.regex(expression)?,
            Term::Range(low, high) => {
                let drawn = self
                    .rng
                    .between(i64::from(*low as u32), i64::from(*high as u32));
                let drawn = char::from_u32(drawn as u32).unwrap_or(*low);
                self.text.push(drawn);
            }
            Term::Name(name) => self.name(name, depth)?,
            Term::Group(alternatives) => self.one_of(alternatives, depth)?,
            Term::Repeat(term, low, high) => {
                let is_late = depth > DEEP || self.text.len() > LONGEST;
                let drawn = self.rng.between(i64::from(*low), i64::from(*high)) as u32;
                for _ in 0..(if is_late { *low } else { drawn }) {
                    self.term(term, depth + 1)?;
                }
            }
        }
        Ok(())
    }

    fn regex(&mut self, expression: &str) -> Result<(), String> {
        let text = regex::text(expression, self.topic, self.rng);
        let text =
            text.ok_or_else(|| format!("the regular expression /{expression}/ can't be followed"))?;
        self.push(&text);
        Ok(())
    }

    /// Appends a terminal. Where something is ignored between terminals, two words are kept apart.
    fn push(&mut self, text: &str) {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        if self.rules.ignores && self.text.ends_with(is_word) && text.starts_with(is_word) {
            self.text.push(' ');
        }
        self.text.push_str(text);
    }
}
