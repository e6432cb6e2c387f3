//! The text of an answer: which of its sources speaks. Not here: the sources.

use std::ops::Range;

use fakeai_canon::{ApiError, Choice, Finish, Generate, Seed, Segment, Tokens, Vocabulary};

use crate::prediction::{Prediction, common};
use crate::prompted::Prompted;
use crate::prose::{Form, Kind};
use crate::reading::Reading;
use crate::structured::{Bound, asked_for};
use crate::voice::{Said, Voice};
use crate::{
    Config, TextMode, agents, length, media, obedience, passages, short_answer, task, tools,
    verdict_first,
};

/// The sources of one request's text.
pub(crate) struct Answer<'a> {
    work: &'a Generate,
    config: &'a Config,
    bound: Bound,
    refuses: bool,
    prediction: Option<Prediction<'a>>,
}

/// The text of one choice.
pub(crate) struct Spoken {
    pub(crate) tokens: Tokens,
    pub(crate) finish: Finish,
    /// Whether it is a refusal in a structured answer.
    pub(crate) is_refusal: bool,
}

impl<'a> Answer<'a> {
    pub(crate) fn new(
        work: &'a Generate,
        config: &'a Config,
        refuses: bool,
    ) -> Result<Self, ApiError> {
        let bound = Bound::of(&work.format, config.mode)?;
        let prediction = work.prediction.as_deref().map(Prediction::new);
        Ok(Self {
            work,
            config,
            bound,
            refuses,
            prediction,
        })
    }

    /// Whether the text is the behaviour's own to choose.
    fn is_free(&self) -> bool {
        self.prediction.is_none() && matches!(self.config.text, TextMode::Prose)
    }

    /// Says it in at most `room` tokens. `cited` is what was found in documents or
    /// by a program, if anything was.
    pub(crate) fn say(
        &self,
        voice: &Voice<'_>,
        reading: &Reading<'_>,
        cited: &str,
        seed: Seed,
        room: u32,
    ) -> Result<Spoken, ApiError> {
        if self.refuses {
            let is_refusal = matches!(self.bound, Bound::Schema(_));
            let said = voice.prose(Form::Refusal, seed, None, room);
            let (tokens, finish) = match is_refusal {
                true => said,
                // A model whose end is ignored goes on behind a refusal, too.
                false => voice.reach(said, Form::Refusal, seed, room),
            };
            return Ok(Spoken {
                tokens,
                finish,
                is_refusal,
            });
        }
        let bound = match self.bound.text(voice, reading, seed)? {
            None if cited.is_empty() && self.is_free() => {
                let step = || agents::step(self.work, reading, voice, self.config, seed);
                let step = self.work.tools.is_empty().then(step).flatten();
                let form = || Prompted::of_text(reading, &voice.topic);
                step.or_else(|| form().and_then(|form| asked_for(&form, voice, reading, seed)))
            }
            text => text,
        };
        let (tokens, finish) = match bound {
            Some(text) => voice.exactly(&text, seed, room),
            None if !cited.is_empty() && self.is_free() => voice.verbatim(cited, seed, room),
            None => {
                let said = self.free(voice, reading, seed, room);
                voice.reach(said, self.form(), seed, room)
            }
        };
        Ok(Spoken {
            tokens,
            finish,
            is_refusal: false,
        })
    }

    /// How a free text goes on.
    fn form(&self) -> Form {
        match self.config.text {
            TextMode::Lorem => Form::Lorem,
            TextMode::Prose | TextMode::Echo | TextMode::Fixed(_) => Form::Answer,
        }
    }

    fn free(&self, voice: &Voice<'_>, reading: &Reading<'_>, seed: Seed, room: u32) -> Said {
        if let Some(prediction) = &self.prediction {
            return voice.verbatim(&prediction.revised(&reading.asked), seed, room);
        }
        match &self.config.text {
            TextMode::Prose => prose(voice, reading, seed, room),
            TextMode::Echo => voice.verbatim(&reading.asked, seed, room),
            TextMode::Lorem => voice.prose(Form::Lorem, seed, None, room),
            TextMode::Fixed(text) => voice.verbatim(text, seed, room),
        }
    }

    /// Of each choice the tokens that the prediction had, and how many of its tokens no choice took.
    pub(crate) fn agreement(&self, vocabulary: &dyn Vocabulary, choices: &[Choice]) -> Agreement {
        let Some(prediction) = &self.prediction else {
            return Agreement::default();
        };
        let predicted = prediction.tokens(vocabulary);
        let mut rejected = 0;
        let foretold = choices.iter().map(|choice| {
            let (mut before, mut all) = (0, Vec::new());
            for segment in &choice.segments {
                if let Segment::Text(tokens) = segment {
                    let stretches = common(&predicted.ids, &tokens.ids);
                    let taken: usize = stretches.iter().map(Range::len).sum();
                    rejected += (predicted.len() - taken) as u64;
                    let shifted = stretches.into_iter();
                    all.extend(shifted.map(|one| one.start + before..one.end + before));
                }
                before += segment.generated() as u32;
            }
            all
        });
        (foretold.collect(), rejected)
    }
}

/// Stretches of each choice, and tokens that were predicted in vain.
type Agreement = (Vec<Vec<Range<u32>>>, u64);

fn prose(voice: &Voice<'_>, reading: &Reading<'_>, seed: Seed, room: u32) -> Said {
    if !reading.results.is_empty() {
        let text = tools::report(&reading.results, voice.topic.language);
        return voice.verbatim(&text, seed, room);
    }
    if let Some(text) = passages::of_chat(reading) {
        return voice.verbatim(&text, seed, room);
    }
    if let Some(text) = task::of(reading, &voice.topic).filter(|_| reading.media.is_empty()) {
        return voice.verbatim(&text, seed, room);
    }
    let wanted = obedience::wanted(&reading.asked);
    let short = || {
        let is_alone = reading.media.is_empty();
        is_alone.then(|| short_answer::of(&reading.asked, &voice.topic, seed))?
    };
    if let Some(text) = instructed(reading, seed).filter(|_| wanted.is_empty()) {
        return voice.verbatim(text, seed, room);
    }
    if let Some(text) = short() {
        return voice.verbatim(&text, seed, room);
    }
    if let Some(text) = seed.fork("wanted").rng().pick(&wanted) {
        return voice.verbatim(text, seed, room);
    }
    if let Some(first) = verdict_first::of(&reading.asked) {
        return verdict(voice, &first, seed, room);
    }
    if reading.media.is_empty() {
        return voice.prose(Form::Answer, seed, length::wanted(&reading.asked), room);
    }
    let preface = media::preface(&reading.media, voice.topic.language);
    if voice.topic.kind == Kind::Chat {
        // "What is that?" is no small talk where there is something to look at.
        return voice.verbatim(preface.trim_end(), seed, room);
    }
    let (mut tokens, finish) = voice.verbatim(&preface, seed, room);
    if finish == Finish::Length {
        return (tokens, finish);
    }
    let finish = voice.go_on(&mut tokens, Form::Answer, seed, None, room);
    (tokens, finish)
}

/// One of two words, and the reasons for it where they are wanted.
fn verdict(voice: &Voice<'_>, first: &verdict_first::Wanted, seed: Seed, room: u32) -> Said {
    let word = first.said(seed);
    if !first.explains {
        return voice.verbatim(&word, seed, room);
    }
    let (mut tokens, finish) = voice.verbatim(&(word + " "), seed, room);
    if finish == Finish::Length {
        return (tokens, finish);
    }
    let finish = voice.go_on(&mut tokens, Form::Answer, seed, None, room);
    (tokens, finish)
}

/// The words that an instruction wants and nothing else, the latest instruction first.
fn instructed<'r>(reading: &'r Reading<'_>, seed: Seed) -> Option<&'r str> {
    let instructions = reading.instructions.iter().rev();
    let mut found = instructions.map(|text| obedience::instructed(text));
    let options = found.find(|options| !options.is_empty())?;
    seed.fork("wanted").rng().pick(&options).copied()
}
