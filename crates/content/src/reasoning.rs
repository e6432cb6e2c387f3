//! How much a model thinks before it answers, and what it shows of it. Not here: the words.

use std::sync::LazyLock;

use fakeai_canon::{Effort, Format, Generate, Seed, Segment};
use fakeai_catalog::{Model, ReasoningText};
use serde::Deserialize;

use crate::data;
use crate::prose::Form;
use crate::voice::Voice;
use crate::word_hash::WordSet;

#[derive(Deserialize)]
struct Facts {
    tokens: EffortTokens,
    report: Report,
    difficulty: Difficulty,
    summary: Summary,
}

#[derive(Deserialize)]
struct EffortTokens {
    none: u32,
    minimal: u32,
    low: u32,
    medium: u32,
    high: u32,
    xhigh: u32,
    max: u32,
}

#[derive(Deserialize)]
struct Report {
    multiple: u32,
}

#[derive(Deserialize)]
struct Difficulty {
    base: f64,
    per_hundred_prompt_tokens: f64,
    most_for_length: f64,
    per_hard_word: f64,
    most_for_words: f64,
    tools: f64,
    structured: f64,
    spread: f64,
    hard_words: WordSet,
}

#[derive(Deserialize)]
struct Summary {
    tokens_per_part: u32,
    most_parts: u32,
}

static FACTS: LazyLock<Facts> =
    LazyLock::new(|| data::facts(include_str!("../../../data/content/reasoning.toml")));

/// How a model thinks about one prompt.
pub(crate) struct Thinking {
    /// Tokens before the spread of each choice.
    tokens: f64,
    /// Whether the number of tokens is reported in whole multiples.
    is_hidden: bool,
    summary: bool,
}

impl Thinking {
    /// None where the model does not reason or is told not to.
    pub(crate) fn of(work: &Generate, model: &Model, asked: &str, prompt: usize) -> Option<Self> {
        let reasoning = model.reasoning.as_ref()?;
        let effort = work
            .reasoning
            .effort
            .or(reasoning.default)
            .unwrap_or(Effort::Medium);
        let tokens = f64::from(tokens_at(effort)) * difficulty(work, asked, prompt);
        let is_hidden = matches!(reasoning.shows, ReasoningText::Hidden);
        let summary = work.reasoning.summary;
        (tokens > 0.0).then_some(Self {
            tokens,
            is_hidden,
            summary,
        })
    }

    /// Thinks within `room` tokens; true where the room did not suffice.
    pub(crate) fn think(
        &self,
        voice: &Voice<'_>,
        seed: Seed,
        room: u32,
        out: &mut Vec<Segment>,
    ) -> bool {
        let seed = seed.fork("reasoning");
        let wanted = self.length(seed);
        let (tokens, is_cut) = if self.is_hidden {
            let max = wanted.min(room);
            (
                voice
                    .prose(
                        Form::Reasoning,
                        seed,
                        Some(wanted + FACTS.report.multiple),
                        max,
                    )
                    .0,
                wanted > room,
            )
        } else {
            let (tokens, _) = voice.prose(Form::Reasoning, seed, Some(wanted), room);
            let is_cut = tokens.len() as u32 >= room;
            (tokens, is_cut)
        };
        let thought = tokens.len() as u32;
        out.push(Segment::Reasoning(tokens));
        if self.summary {
            self.summarise(voice, seed, thought, out);
        }
        is_cut
    }

    fn length(&self, seed: Seed) -> u32 {
        let spread = FACTS.difficulty.spread;
        let factor = 1.0 + spread * (2.0 * seed.fork("length").rng().unit() - 1.0);
        let tokens = (self.tokens * factor).max(1.0) as u32;
        if self.is_hidden {
            tokens.next_multiple_of(FACTS.report.multiple)
        } else {
            tokens
        }
    }

    fn summarise(&self, voice: &Voice<'_>, seed: Seed, thought: u32, out: &mut Vec<Segment>) {
        const LONGEST_PART: u32 = 400;
        let facts = &FACTS.summary;
        let parts = thought
            .div_ceil(facts.tokens_per_part)
            .clamp(1, facts.most_parts);
        for part in 0..parts {
            let seed = seed.fork("summary").nth(u64::from(part));
            let (mut tokens, _) = voice.prose(Form::ReasoningSummary, seed, None, LONGEST_PART);
            tokens.logprobs.clear();
            out.push(Segment::Summary(tokens));
        }
    }
}

fn tokens_at(effort: Effort) -> u32 {
    let tokens = &FACTS.tokens;
    match effort {
        Effort::None => tokens.none,
        Effort::Minimal => tokens.minimal,
        Effort::Low => tokens.low,
        Effort::Medium => tokens.medium,
        Effort::High => tokens.high,
        Effort::XHigh => tokens.xhigh,
        Effort::Max => tokens.max,
    }
}

fn difficulty(work: &Generate, asked: &str, prompt: usize) -> f64 {
    let facts = &FACTS.difficulty;
    let length =
        (prompt as f64 / 100.0 * facts.per_hundred_prompt_tokens).min(facts.most_for_length);
    let words = asked
        .split(|c: char| !c.is_alphabetic() && c != '-')
        .filter(|word| word.len() > 2);
    let hard = words
        .filter(|word| facts.hard_words.contains(word.to_lowercase().as_str()))
        .count();
    let words = (hard as f64 * facts.per_hard_word).min(facts.most_for_words);
    let tools = if work.tools.is_empty() {
        0.0
    } else {
        facts.tools
    };
    let structured = if work.format == Format::Text {
        0.0
    } else {
        facts.structured
    };
    facts.base + length + words + tools + structured
}
