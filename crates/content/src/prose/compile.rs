//! From the corpus as written to the flat tables of one vocabulary. Not here: reading the files
//! (see `corpus`).

use fakeai_canon::Vocabulary;

use super::corpus::{self, Pool};
use super::model::{Alternative, Element, Model, Template};
use super::outline::Outline;
use super::segment::{self, Segment};
use super::slot::{self, Slot};
use super::tail::Tail;

/// Builds the tables; some milliseconds.
pub(crate) fn compile(vocabulary: &'static dyn Vocabulary) -> Model {
    let (outlines, stand_ins) = corpus::plans();
    let mut builder = Builder {
        model: Model {
            vocabulary,
            ids: Vec::new(),
            ends: Vec::new(),
            bytes: Vec::new(),
            starts: Vec::new(),
            alternatives: Vec::new(),
            patterns: Vec::new(),
            elements: Vec::new(),
            templates: Vec::new(),
            pools: Vec::new(),
            table: Vec::new(),
            stand_ins,
            roles: Vec::new(),
            outlines: Vec::new(),
            tail: Tail::default(),
        },
    };
    corpus::pools().iter().for_each(|pool| builder.pool(pool));
    let mut model = builder.model;
    name_roles(&mut model, outlines);
    model.tail = Tail::of(&model);
    model
}

/// Gives every role that can be asked for its number.
fn name_roles(model: &mut Model, mut outlines: Vec<Outline>) {
    for role in ["point", "think", "code.python"] {
        model.intern(role);
    }
    let programs: Vec<_> = model
        .table
        .iter()
        .map(|row| row.1)
        .filter(|role| role.starts_with("code."))
        .collect();
    for role in programs {
        model.intern(role);
    }
    for step in outlines.iter_mut().flat_map(|outline| &mut outline.steps) {
        step.number = model.intern(step.role);
    }
    model.outlines = outlines;
}

struct Builder {
    model: Model,
}

impl Builder {
    fn pool(&mut self, pool: &Pool) {
        let from = self.model.templates.len() as u32;
        for text in &pool.templates {
            let template = self.template(pool.segments(text), pool.language.is_spaced());
            self.model.templates.push(template);
        }
        self.model
            .table
            .push((pool.language, pool.role, self.model.pools.len() as u32));
        self.model
            .pools
            .push((from, self.model.templates.len() as u32));
    }

    fn template(&mut self, segments: Vec<Segment>, spaced: bool) -> Template {
        let needs = segments
            .iter()
            .flatten()
            .fold(0, |needs, text| needs | slot::needs(text));
        let leads = if spaced { ["", " "] } else { ["", ""] };
        const GAPS: [&str; 3] = ["", "\n", "\n\n"];
        let Some((first, rest)) = segments.split_first() else {
            return Template {
                heads: [[0; 3]; 2],
                body: (0, 0),
                tails: None,
                needs,
            };
        };
        let Some((last, middle)) = rest.split_last() else {
            let heads = leads.map(|lead| GAPS.map(|gap| self.element(&around(lead, first, gap))));
            return Template {
                heads,
                body: (0, 0),
                tails: None,
                needs,
            };
        };
        let heads = leads.map(|lead| [self.element(&around(lead, first, "")); 3]);
        let body = self.body(middle);
        let tails = Some(GAPS.map(|gap| self.element(&around("", last, gap))));
        Template {
            heads,
            body,
            tails,
            needs,
        }
    }

    /// Plain neighbours become one run.
    fn body(&mut self, segments: &[Segment]) -> (u32, u32) {
        let from = self.model.elements.len() as u32;
        let mut run = String::new();
        for segment in segments {
            match segment.as_slice() {
                [only] if !has_slot(only) => run.push_str(only),
                _ => {
                    self.run(&mut run);
                    self.element(segment);
                }
            }
        }
        self.run(&mut run);
        (from, self.model.elements.len() as u32)
    }

    fn run(&mut self, run: &mut String) {
        if !run.is_empty() {
            self.element(&vec![std::mem::take(run)]);
        }
    }

    fn element(&mut self, segment: &Segment) -> u32 {
        let first = self.model.alternatives.len() as u32;
        for text in segment {
            let alternative = self.alternative(text);
            self.model.alternatives.push(alternative);
        }
        self.model.elements.push(Element {
            first,
            count: segment.len() as u32,
        });
        self.model.elements.len() as u32 - 1
    }

    fn alternative(&mut self, text: &str) -> Alternative {
        let model = &mut self.model;
        let first = model.ids.len();
        if has_slot(text) {
            model.patterns.push(text.to_owned());
            let pattern = Some(model.patterns.len() as u32 - 1);
            return Alternative {
                first: first as u32,
                last: first as u32,
                pattern,
            };
        }
        model.vocabulary.encode_into(text, &mut model.ids);
        let base = model.bytes.len();
        let units = segment::unit_starts(text);
        for id in &model.ids[first..] {
            let at = model.bytes.len() - base;
            model
                .starts
                .push(at == 0 || units.binary_search(&at).is_ok());
            model.bytes.extend_from_slice(model.vocabulary.piece(*id));
            model.ends.push(model.bytes.len() as u32);
        }
        Alternative {
            first: first as u32,
            last: model.ids.len() as u32,
            pattern: None,
        }
    }
}

fn has_slot(text: &str) -> bool {
    text.chars().any(|c| Slot::of(c).is_some())
}

fn around(lead: &str, segment: &Segment, gap: &str) -> Segment {
    segment
        .iter()
        .map(|text| format!("{lead}{text}{gap}"))
        .collect()
}
