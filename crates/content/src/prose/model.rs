//! The compiled corpus of one vocabulary: a weighted grammar whose ends are runs of tokens, laid
//! out flat so that speaking is copying. Not here: how it is built (see `compile`), how it is
//! walked (see `speak` and `weighed`).

use fakeai_canon::{TokenId, Vocabulary};

use super::Language;
use super::outline::{Gap, Outline};
use super::tail::Tail;

/// One text of several that can stand in a place.
#[derive(Clone, Copy)]
pub(crate) struct Alternative {
    /// Where its tokens start in [`Model::ids`].
    pub(crate) first: u32,
    /// Where they end.
    pub(crate) last: u32,
    /// The text with slots, in [`Model::patterns`], where it has any; then it has no tokens.
    pub(crate) pattern: Option<u32>,
}

/// A place in a template: a run of alternatives, equally likely.
#[derive(Clone, Copy)]
pub(crate) struct Element {
    pub(crate) first: u32,
    pub(crate) count: u32,
}

/// A sentence, list item or block of code.
pub(crate) struct Template {
    /// Its start, without and with a space in front; where it is all there is, by the gap behind.
    pub(crate) heads: [[u32; 3]; 2],
    /// The elements between start and end.
    pub(crate) body: (u32, u32),
    /// Its end, by the gap behind; none where the start is all there is.
    pub(crate) tails: Option<[u32; 3]>,
    /// What must be known of the topic to fill its slots.
    pub(crate) needs: u8,
}

impl Template {
    /// The element at `place`, counted from the start; none behind the end.
    pub(crate) fn element(&self, place: u32, spaced: bool, gap: Gap) -> Option<u32> {
        let body = self.body.1 - self.body.0;
        match place {
            0 => Some(self.heads[usize::from(spaced)][gap as usize]),
            _ if place <= body => Some(self.body.0 + place - 1),
            _ if place == body + 1 => self.tails.map(|tails| tails[gap as usize]),
            _ => None,
        }
    }
}

/// See the module.
pub(crate) struct Model {
    pub(crate) vocabulary: &'static dyn Vocabulary,
    pub(crate) ids: Vec<TokenId>,
    /// Where in `bytes` each token ends.
    pub(crate) ends: Vec<u32>,
    pub(crate) bytes: Vec<u8>,
    /// Whether a token starts a stretch that can be encoded on its own.
    pub(crate) starts: Vec<bool>,
    pub(crate) alternatives: Vec<Alternative>,
    pub(crate) patterns: Vec<String>,
    pub(crate) elements: Vec<Element>,
    pub(crate) templates: Vec<Template>,
    /// Templates of each pool, from and to.
    pub(crate) pools: Vec<(u32, u32)>,
    /// The pool of each role in each language, as written.
    pub(crate) table: Vec<(Language, &'static str, u32)>,
    pub(crate) stand_ins: Vec<(&'static str, &'static str)>,
    /// The roles that plans and forms name, with the templates that speak for each in each
    /// language.
    pub(crate) roles: Vec<(&'static str, [(u32, u32); Language::ALL.len()])>,
    pub(crate) outlines: Vec<Outline>,
    pub(crate) tail: Tail,
}

impl Model {
    /// The number of a role, which is added where it is new.
    pub(crate) fn intern(&mut self, role: &'static str) -> usize {
        if let Some(known) = self.role(role) {
            return known;
        }
        let pools = Language::ALL.map(|language| self.find_pool(language, role));
        self.roles.push((role, pools));
        self.roles.len() - 1
    }

    /// The number of a role.
    pub(crate) fn role(&self, role: &str) -> Option<usize> {
        self.roles.iter().position(|(own, _)| *own == role)
    }

    /// The templates of a role in a language.
    pub(crate) fn pool(&self, language: Language, role: usize) -> (u32, u32) {
        self.roles[role].1[language as usize]
    }

    /// The pool of a role in a language: its own, that of the role that stands in for it, or
    /// English.
    fn find_pool(&self, language: Language, role: &'static str) -> (u32, u32) {
        let own = |language, role: &str| {
            let row = self
                .table
                .iter()
                .find(|row| row.0 == language && row.1 == role);
            row.map(|row| self.pools[row.2 as usize])
        };
        let stand_in = |role: &&'static str| {
            self.stand_ins
                .iter()
                .find(|(from, _)| from == role)
                .map(|(_, to)| *to)
        };
        let chain = std::iter::successors(Some(role), stand_in).take(self.stand_ins.len());
        let mut native = chain.clone().filter_map(|role| own(language, role));
        let mut english = chain.filter_map(|role| own(Language::English, role));
        native.next().or_else(|| english.next()).unwrap_or_default()
    }

    /// The alternatives of an element, by number.
    pub(crate) fn choices(&self, element: u32) -> std::ops::Range<u32> {
        let element = self.elements[element as usize];
        element.first..element.first + element.count
    }

    /// Where the bytes of token `index` start.
    pub(crate) fn start(&self, index: u32) -> u32 {
        if index == 0 {
            0
        } else {
            self.ends[index as usize - 1]
        }
    }
}
