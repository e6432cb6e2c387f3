//! What is said in a recording that nobody listens to: as much prose as fits its length, in the
//! language that is asked for.

use std::sync::LazyLock;

use fakeai_canon::{Choice, Generate, Generation, Seed, Segment, Transcribe};
use fakeai_catalog::Model;
use serde::Deserialize;

use crate::behaviour::vocabulary_of;
use crate::prose::{Form, Language, Topic};
use crate::voice::Voice;

/// Tokens that somebody speaks in a second: about 150 words a minute.
const TOKENS_A_SECOND: f64 = 3.2;

/// Plans the text.
pub(crate) fn plan(work: &Transcribe, model: &Model, seed: Seed) -> Generation {
    let vocabulary = vocabulary_of(model);
    let mut topic = Topic::of(subject(work, seed));
    if let Some(language) = work.language.as_deref().and_then(Language::of_code) {
        topic.language = language;
    }
    let spoken = Generate {
        model: work.model.clone(),
        logprobs: work.logprobs.then_some(0),
        ..Generate::default()
    };
    let voice = Voice::new(vocabulary, topic, &spoken);
    let tokens = (work.milliseconds as f64 / 1000.0 * TOKENS_A_SECOND).round() as u32;
    let tokens = tokens.clamp(1, MOST);
    let (tokens, finish) = voice.prose(Form::Answer, seed, Some(tokens), tokens);
    let choice = Choice {
        segments: vec![Segment::Text(tokens)],
        finish,
    };
    Generation::of(vocabulary, vec![choice])
}

/// What the recording is about: what the request says, else one of a few things.
fn subject(work: &Transcribe, seed: Seed) -> &str {
    if !work.prompt.trim().is_empty() {
        return &work.prompt;
    }
    let chosen = seed.fork("subject").rng().pick(&SUBJECTS.questions);
    chosen.map_or("", String::as_str)
}

#[derive(Deserialize)]
struct Subjects {
    questions: Vec<String>,
}

static SUBJECTS: LazyLock<Subjects> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../data/content/recordings.toml"))
        .expect("the list of subjects is part of this program")
});

/// Tokens of a transcript at most: that of an hour and a half.
const MOST: u32 = 16_384;
