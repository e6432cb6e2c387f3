//! Speaking: an outline is drawn, each step of it takes a template, each place of the template a
//! text, and the tokens are copied out. Not here: bent distributions and logprobs (`weighed`,
//! `score`), which walk the same tables.

use std::sync::{Mutex, PoisonError};

use fakeai_canon::{Finish, Rng, Seed, TokenId, Tokens, Vocabulary};

use super::compile::compile;
use super::model::Model;
use super::outline::{Gap, Outline, Step};
use super::request::{Form, Request};
use super::resolve::Resolver;
use super::slot::Needs;
use super::weighed::Bend;
use super::{Kind, Language, Topic, score, weighed};

/// The compiled corpus of one vocabulary.
pub struct Prose {
    pub(crate) model: Model,
}

static COMPILED: Mutex<Vec<&'static Prose>> = Mutex::new(Vec::new());

impl Prose {
    /// The corpus in a vocabulary, compiled at the first call.
    pub fn of(vocabulary: &'static dyn Vocabulary) -> &'static Prose {
        let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
        let known = compiled
            .iter()
            .find(|prose| prose.model.vocabulary.name() == vocabulary.name());
        if let Some(prose) = known {
            return prose;
        }
        let prose: &'static Prose = Box::leak(Box::new(Prose {
            model: compile(vocabulary),
        }));
        compiled.push(prose);
        prose
    }

    /// Appends a text; at most `length.max` tokens of it, exactly that many where it is longer.
    /// The text is the same with and without logprobs.
    pub fn generate(
        &self,
        form: Form,
        topic: &Topic,
        request: &Request,
        out: &mut Tokens,
    ) -> Finish {
        let mut speaker = Speaker::new(&self.model, form, topic, request, out);
        speaker.speak();
        speaker.finish()
    }

    /// Appends a given text, cut at the limit. Where logprobs are wanted each token counts as
    /// nearly certain.
    pub fn verbatim(&self, text: &str, request: &Request, out: &mut Tokens) -> Finish {
        let mut tokens = Tokens::of(self.model.vocabulary, text);
        let limit = request.length.max.map_or(usize::MAX, |max| max as usize);
        let finish = if tokens.len() > limit {
            Finish::Length
        } else {
            Finish::Stop
        };
        tokens.truncate(limit);
        let base = out.bytes.len() as u32;
        out.bytes.extend_from_slice(&tokens.bytes);
        out.ends.extend(tokens.ends.iter().map(|end| base + end));
        if request.logprobs.is_some() {
            out.logprobs
                .extend(tokens.ids.iter().map(|id| score::certain(*id)));
        }
        out.ids.append(&mut tokens.ids);
        finish
    }
}

/// One step of a text, before its template is chosen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turn {
    /// Templates to choose from.
    pub(crate) pool: (u32, u32),
    /// Whether a space comes first; settled when its turn comes.
    pub(crate) spaced: bool,
    /// What comes behind.
    pub(crate) gap: Gap,
    /// The number of the item in its list.
    pub(crate) index: u32,
    /// In a list whose order matters: how many more follow.
    pub(crate) follow: Option<u32>,
}

/// The state of a text in the making.
pub(crate) struct Speaker<'a> {
    pub(crate) model: &'a Model,
    pub(crate) topic: &'a Topic,
    pub(crate) request: &'a Request<'a>,
    pub(crate) out: &'a mut Tokens,
    pub(crate) rng: Rng,
    pub(crate) resolver: Resolver<'a>,
    pub(crate) bend: Bend<'a>,
    pub(crate) scratch: Vec<(TokenId, f32)>,
    form: Form,
    language: Language,
    base: usize,
    /// Templates already used, one bit each.
    used: Vec<u64>,
    /// Key phrases not yet mentioned.
    pending: u8,
    /// The last template used.
    last: u32,
    weights: Vec<f32>,
    plain: bool,
}

/// How much likelier a template is that brings in a key phrase not yet mentioned.
const PENDING_WEIGHT: f32 = 60.0;
/// How much less likely each further template of a pool is that speaks in order.
const FURTHER: f32 = 0.6;
/// About how long a sentence is, in tokens: to see the end of a target coming.
const SENTENCE: usize = 20;

impl<'a> Speaker<'a> {
    fn new(
        model: &'a Model,
        form: Form,
        topic: &'a Topic,
        request: &'a Request<'a>,
        out: &'a mut Tokens,
    ) -> Self {
        let temperature = request.sampling.temperature.unwrap_or(1.0);
        let seed = if temperature == 0.0 {
            Seed(topic.tilt)
        } else {
            request.seed
        };
        make_room(out, request.length.max);
        Speaker {
            base: out.len(),
            used: vec![0; model.templates.len().div_ceil(64)],
            pending: topic.knows() & Needs::KEYWORDS,
            rng: seed.fork("prose").rng(),
            resolver: Resolver::new(model, topic),
            bend: Bend::new(request.sampling),
            scratch: Vec::new(),
            last: 0,
            weights: Vec::with_capacity(64),
            plain: request.sampling.is_plain(),
            language: form.language(topic),
            model,
            form,
            topic,
            request,
            out,
        }
    }

    fn speak(&mut self) {
        let turns = self.turns();
        let target = self.request.length.target.map(|target| target as usize);
        let count = turns.len();
        for (number, mut turn) in turns.into_iter().enumerate() {
            let is_last = number + 1 == count
                || target.is_some_and(|target| self.said() + SENTENCE >= target);
            if is_last {
                let is_met = target.is_none_or(|target| self.said() + SENTENCE >= target);
                turn.gap = if is_met { Gap::Inline } else { Gap::Paragraph };
            }
            self.turn(turn);
            if self.is_full() || (is_last && turn.gap == Gap::Inline) {
                return;
            }
        }
        self.go_on();
    }

    /// Paragraphs until the target is met.
    fn go_on(&mut self) {
        let target = self
            .request
            .length
            .target
            .map_or(0, |target| target as usize);
        let pool = self
            .model
            .pool(self.language, self.numbered(self.filler_role()));
        let mut sentence = 0;
        while !self.is_full() {
            sentence += 1;
            let is_last = self.said() + SENTENCE >= target;
            let gap = match (is_last, sentence % 4 == 0 || !self.language.is_spaced()) {
                (false, true) => Gap::Paragraph,
                _ => Gap::Inline,
            };
            self.turn(Turn {
                pool,
                spaced: false,
                gap,
                index: sentence,
                follow: None,
            });
            if is_last {
                return;
            }
        }
    }

    /// Whether the text so far ends inside a line.
    fn needs_space(&self) -> bool {
        let last = self.out.bytes.last();
        self.language.is_spaced() && last.is_some_and(|byte| !byte.is_ascii_whitespace())
    }

    fn filler_role(&self) -> &'static str {
        match self.form {
            Form::Reasoning => "think",
            Form::Answer | Form::ReasoningSummary | Form::Refusal | Form::Lorem => "point",
        }
    }

    fn said(&self) -> usize {
        self.out.len() - self.base
    }

    /// Whether the limit is passed: one token more than allowed tells that the text was longer.
    pub(crate) fn is_full(&self) -> bool {
        self.request
            .length
            .max
            .is_some_and(|max| self.said() > max as usize)
    }

    fn finish(mut self) -> Finish {
        if !self.is_full() {
            return Finish::Stop;
        }
        let max = self.request.length.max.unwrap_or_default() as usize;
        self.out.truncate(self.base + max);
        self.pending = 0;
        Finish::Length
    }

    /// So many sentences and nothing else.
    fn sentences(&self, count: u32) -> Vec<Turn> {
        let (first, further) = match self.topic.kind {
            Kind::Writing | Kind::Poem | Kind::Haiku => ("story", "story"),
            Kind::Compare => ("contrast", "contrast"),
            Kind::Advice => ("advice", "point"),
            Kind::Summary => ("summary", "point"),
            _ => ("intro", "point"),
        };
        let turn = |index: u32| Turn {
            pool: self.model.pool(
                self.language,
                self.numbered(if index == 1 { first } else { further }),
            ),
            spaced: false,
            gap: Gap::Inline,
            index,
            follow: None,
        };
        (1..=count).map(turn).collect()
    }

    /// The steps of the text, in order.
    fn turns(&mut self) -> Vec<Turn> {
        let asks =
            self.form == Form::Answer && !matches!(self.topic.kind, Kind::Code | Kind::Repeat);
        if let Some(count) = self.topic.sentences.filter(|_| asks) {
            return self.sentences(count);
        }
        let Some(outline) = self.outline() else {
            return Vec::new();
        };
        let mut turns = Vec::with_capacity(16);
        let mut gap;
        for step in &outline.steps {
            let asked = self.topic.count.filter(|_| step.countable);
            let drawn = self
                .rng
                .between(i64::from(step.at_least), i64::from(step.at_most))
                as u32;
            let times = asked.unwrap_or(drawn);
            let pool = self.model.pool(self.language, self.role(step));
            for index in 1..=times {
                gap = if index == times {
                    step.behind
                } else {
                    step.within
                };
                if gap == Gap::Inline && !self.language.is_spaced() {
                    gap = Gap::Paragraph;
                }
                let follow = (step.role == "step").then_some(times - index);
                turns.push(Turn {
                    pool,
                    spaced: false,
                    gap,
                    index,
                    follow,
                });
            }
        }
        turns
    }

    fn role(&self, step: &Step) -> usize {
        match step.role {
            "code" => self.numbered(self.topic.code.unwrap_or("code.python")),
            _ => step.number,
        }
    }

    fn numbered(&self, role: &str) -> usize {
        self.model.role(role).unwrap_or_default()
    }

    fn outline(&mut self) -> Option<&'a Outline> {
        let name = match self.form {
            Form::Answer => self.topic.kind.name(),
            Form::Reasoning => "reasoning",
            Form::ReasoningSummary => "headline",
            Form::Refusal => "refusal",
            Form::Lorem => "lorem",
        };
        let asked = self.topic.verbosity.filter(|_| self.form == Form::Answer);
        let verbosity = asked.unwrap_or(self.request.length.verbosity);
        let fits = |outline: &&Outline| outline.name == name && outline.verbosity == verbosity;
        let model = self.model;
        // Those of a kind and a length stand together.
        let from = model.outlines.iter().position(|outline| fits(&outline))?;
        let fitting = model.outlines[from..].iter().take_while(fits).count();
        model.outlines.get(from + self.rng.below(fitting))
    }

    /// Says one template.
    fn turn(&mut self, mut turn: Turn) {
        if turn.pool.0 == turn.pool.1 {
            return;
        }
        turn.spaced = self.needs_space();
        let window = self.window(turn);
        self.weigh_templates(turn.pool, window);
        let template = if self.plain {
            self.plainly(turn)
        } else {
            weighed::turn(self, turn)
        };
        self.used[template as usize / 64] |= 1 << (template % 64);
        self.pending &= !self.model.templates[template as usize].needs;
        self.last = template;
    }

    /// The templates that may come now: all of the pool, but of one that speaks in order only
    /// those behind the last, with enough left for what follows.
    fn window(&self, turn: Turn) -> (u32, u32) {
        let (from, to) = turn.pool;
        let Some(follow) = turn.follow else {
            return (from, to);
        };
        let first = if turn.index > 1 && (from..to).contains(&self.last) {
            self.last + 1
        } else {
            from
        };
        let last = to.saturating_sub(follow).max(first + 1);
        if last > to { (from, to) } else { (first, last) }
    }

    /// Fills `weights` with those of a pool's templates: what can be filled, was not yet used,
    /// suits the prompt, and brings in what is still to be mentioned.
    fn weigh_templates(&mut self, (from, to): (u32, u32), window: (u32, u32)) {
        let knows = self.topic.knows();
        self.weights.clear();
        let is_ordered = window.1 - window.0 < to - from;
        let pending_weight = if is_ordered { 2.0 } else { PENDING_WEIGHT };
        let mut total = 0.0;
        let mut nearness = 1.0;
        for number in from..to {
            let template = &self.model.templates[number as usize];
            let is_used = self.used[number as usize / 64] >> (number % 64) & 1 == 1;
            if is_ordered && number > window.0 {
                nearness *= FURTHER;
            }
            let mut weight = 0.0;
            if template.needs & !knows == 0 && (window.0..window.1).contains(&number) {
                weight = tilt(self.topic.tilt, number) * nearness;
                if template.needs & self.pending != 0 {
                    weight *= pending_weight * (template.needs & self.pending).count_ones() as f32;
                }
                if is_used {
                    weight *= 1e-4;
                }
            }
            total += weight;
            self.weights.push(weight);
        }
        if total <= 0.0 {
            self.weights.iter_mut().for_each(|weight| *weight = 1.0);
            total = self.weights.len() as f32;
        }
        self.weights.iter_mut().for_each(|weight| *weight /= total);
    }

    /// The language that is spoken.
    pub(crate) fn language(&self) -> Language {
        self.language
    }

    /// The probability of each template of the turn's pool.
    pub(crate) fn template_weights(&self) -> &[f32] {
        &self.weights
    }

    /// Draws from the model's own distribution by drawing a template and then its texts.
    fn plainly(&mut self, turn: Turn) -> u32 {
        let chosen = draw(&self.weights, self.rng.unit() as f32) as u32 + turn.pool.0;
        let from = self.out.len();
        let mut place = 0;
        let template = &self.model.templates[chosen as usize];
        while let Some(element) = template.element(place, turn.spaced, turn.gap) {
            let alternative = self.choose(element);
            self.say(alternative, turn.index);
            place += 1;
        }
        if self.request.logprobs.is_some() {
            score::score(self, turn, from);
        }
        chosen
    }

    fn choose(&mut self, element: u32) -> u32 {
        let element = self.model.elements[element as usize];
        if element.count == 1 {
            return element.first;
        }
        let numbers = element.first..element.first + element.count;
        let total: f32 = numbers
            .clone()
            .map(|number| tilt(self.topic.tilt, number))
            .sum();
        let mut left = self.rng.unit() as f32 * total;
        for number in numbers.clone() {
            left -= tilt(self.topic.tilt, number);
            if left < 0.0 {
                return number;
            }
        }
        numbers.end - 1
    }

    fn say(&mut self, number: u32, index: u32) {
        let run = self.resolver.resolve(number, index);
        let base = self.out.bytes.len() as u32;
        self.out.ids.extend_from_slice(run.ids);
        self.out.bytes.extend_from_slice(run.bytes);
        self.out
            .ends
            .extend(run.ends.iter().map(|end| base + (end - run.start)));
    }
}

/// Room for a text of usual length, so that the lists need not grow piece by piece.
fn make_room(out: &mut Tokens, max: Option<u32>) {
    const USUAL: usize = 160;
    let tokens = max.map_or(USUAL, |max| USUAL.min(max as usize + SENTENCE));
    out.ids.reserve(tokens);
    out.ends.reserve(tokens);
    out.bytes.reserve(tokens * 6);
}

/// How much a prompt prefers a choice: a factor of ½ to 2 that is always the same for the two.
#[inline]
pub(crate) fn tilt(prompt: u64, choice: u32) -> f32 {
    const FACTORS: [f32; 8] = [0.5, 0.6, 0.75, 0.9, 1.1, 1.35, 1.65, 2.0];
    let hash = (prompt ^ u64::from(choice).wrapping_mul(0x9e37_79b9_7f4a_7c15))
        .wrapping_mul(0xbf58_476d_1ce4_e5b9);
    FACTORS[(hash >> 61) as usize]
}

/// The index that a number of `0..1` falls on.
fn draw(weights: &[f32], mut at: f32) -> usize {
    for (index, weight) in weights.iter().enumerate() {
        at -= weight;
        if at < 0.0 {
            return index;
        }
    }
    weights
        .iter()
        .rposition(|weight| *weight > 0.0)
        .unwrap_or(0)
}
