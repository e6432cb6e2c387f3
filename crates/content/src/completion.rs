//! Raw prompts that are continued, as legacy completions have them: echo, suffix, the best of
//! several. Not here: conversations.

use std::borrow::Cow;

use fakeai_canon::{
    ApiError, Choice, Finish, Generate, Generation, Input, Message, Prompt, RawPrompt, Role, Seed,
    Segment, Tokens, Vocabulary,
};
use fakeai_catalog::Model;

use crate::behaviour::vocabulary_of;
use crate::chat::room;
use crate::prose::{Form, Topic};
use crate::reading::Reading;
use crate::structured::Bound;
use crate::voice::{Said, Voice};
use crate::{Config, TextMode, agents, likelihood, limits, passages};

/// Plans all choices of all prompts.
///
/// # Errors
/// A schema or a grammar that can't be followed.
pub(crate) fn plan(
    work: &Generate,
    prompts: &[Prompt],
    model: &Model,
    config: &Config,
    seed: Seed,
) -> Result<Generation, ApiError> {
    let raw = match &work.input {
        Input::Raw(raw) => raw.as_slice(),
        Input::Chat(_) => &[],
    };
    let vocabulary = vocabulary_of(model);
    let mut generation = Generation::of(vocabulary, Vec::new());
    // Alternatives can only be ranked by their logprobs.
    let choices = work.choices.max(1);
    let is_ranked = work.candidates > choices;
    let shows_logprobs = work.logprobs.is_some();
    let ranked = Generate {
        logprobs: work.logprobs.or(Some(0)),
        ..work.clone()
    };
    let work = if is_ranked { &ranked } else { work };
    let bound = Bound::of(&work.format, config.mode)?;
    for (index, prompt) in raw.iter().enumerate() {
        let length = prompts.get(index).map_or(0, Prompt::len);
        let continuation = Continuation {
            bound: &bound,
            ..Continuation::new(work, prompt, vocabulary, config, model, length)
        };
        continuation.choices(seed.nth(index as u64), &mut generation)?;
    }
    if !shows_logprobs {
        generation.choices.iter_mut().for_each(forget_logprobs);
    }
    Ok(generation)
}

struct Continuation<'a> {
    work: &'a Generate,
    /// What the text is bound to.
    bound: &'a Bound,
    config: &'a Config,
    prompt: Cow<'a, str>,
    voice: Voice<'a>,
    room: u32,
}

impl<'a> Continuation<'a> {
    fn new(
        work: &'a Generate,
        prompt: &'a RawPrompt,
        vocabulary: &'static dyn Vocabulary,
        config: &'a Config,
        model: &Model,
        length: usize,
    ) -> Self {
        let prompt = text_of(prompt, vocabulary);
        let topic = match &work.suffix {
            Some(suffix) => Topic::of(&format!("{prompt}\n{suffix}")),
            None => Topic::of(&prompt),
        };
        let default = config.completion_max_tokens;
        let limit = work.limits.max_tokens.unwrap_or(default);
        let room = room(work, model, length).min(limit);
        Self {
            voice: Voice::new(vocabulary, topic, work),
            work,
            bound: &Bound::Free,
            config,
            prompt,
            room,
        }
    }

    /// The choices of one prompt: of more candidates the most probable.
    fn choices(&self, seed: Seed, generation: &mut Generation) -> Result<(), ApiError> {
        let wanted = self.work.choices.max(1);
        let drawn = self.work.candidates.max(wanted);
        let choices = (0..u64::from(drawn)).map(|index| self.choice(seed.nth(index)));
        let mut choices = choices.collect::<Result<Vec<_>, _>>()?;
        if drawn > wanted {
            choices.sort_by(|one, other| other.0.total_cmp(&one.0));
        }
        let rest = choices.split_off(wanted as usize);
        let generated = rest
            .iter()
            .flat_map(|(_, choice)| &choice.segments)
            .map(Segment::generated);
        generation.discarded += generated.sum::<usize>() as u64;
        generation
            .choices
            .extend(choices.into_iter().map(|(_, choice)| choice));
        Ok(())
    }

    /// One choice and its mean logprob.
    fn choice(&self, seed: Seed) -> Result<(f64, Choice), ApiError> {
        let mut segments = Vec::with_capacity(2);
        if self.work.echo {
            segments.push(Segment::Echo(self.echo(seed)));
        }
        let (mut tokens, mut finish) = match self.bound_text(seed)? {
            Some(text) => self.voice.exactly(&text, seed, self.room),
            None => self.text(seed),
        };
        if limits::stop(&mut tokens, &self.work.limits) {
            finish = Finish::Stop;
        }
        let mean = mean_logprob(&tokens);
        if !tokens.is_empty() || !self.work.echo {
            segments.push(Segment::Text(tokens));
        }
        Ok((mean, Choice { segments, finish }))
    }

    /// The text, where it is bound to anything.
    fn bound_text(&self, seed: Seed) -> Result<Option<String>, ApiError> {
        if matches!(self.bound, Bound::Free) {
            return Ok(None);
        }
        let turn = [Message::text(Role::User, &*self.prompt)];
        self.bound.text(&self.voice, &Reading::of(&turn), seed)
    }

    fn echo(&self, seed: Seed) -> Tokens {
        let mut tokens = Tokens::of(self.voice.vocabulary, &self.prompt);
        let seed = seed.fork("echo");
        likelihood::score(&mut tokens, self.work.logprobs, self.voice.vocabulary, seed);
        tokens
    }

    fn text(&self, seed: Seed) -> Said {
        let form = match &self.config.text {
            TextMode::Prose => Form::Answer,
            TextMode::Lorem => Form::Lorem,
            TextMode::Echo => return self.given(&self.prompt, seed),
            TextMode::Fixed(text) => return self.given(text, seed),
        };
        if let Some(text) = self.wanted(seed).filter(|_| form == Form::Answer) {
            return self.given(&text, seed);
        }
        // A prompt that ends inside a line is continued in a new paragraph.
        let gap = if self.prompt.ends_with(char::is_whitespace) {
            ""
        } else {
            "\n\n"
        };
        let (mut tokens, finish) = self.voice.verbatim(gap, seed, self.room);
        if finish == Finish::Length {
            return (tokens, finish);
        }
        let finish = self.voice.go_on(&mut tokens, form, seed, None, self.room);
        self.voice.reach((tokens, finish), form, seed, self.room)
    }

    /// What the prompt itself wants: an agent's next step, an answer from passages.
    fn wanted(&self, seed: Seed) -> Option<String> {
        let gap = if self.prompt.ends_with(char::is_whitespace) {
            ""
        } else {
            " "
        };
        let step = agents::of_text(&self.prompt, &self.voice, self.config, seed);
        step.or_else(|| Some(format!("{gap}{}", passages::of_text(&self.prompt)?)))
    }

    fn given(&self, text: &str, seed: Seed) -> Said {
        let said = self.voice.verbatim(text, seed, self.room);
        self.voice.reach(said, Form::Answer, seed, self.room)
    }
}

fn text_of<'a>(prompt: &'a RawPrompt, vocabulary: &dyn Vocabulary) -> Cow<'a, str> {
    match prompt {
        RawPrompt::Text(text) => Cow::Borrowed(text),
        RawPrompt::Tokens(ids) => {
            let bytes: Vec<u8> = ids
                .iter()
                .flat_map(|id| vocabulary.piece(*id))
                .copied()
                .collect();
            Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
        }
    }
}

fn mean_logprob(tokens: &Tokens) -> f64 {
    let sum: f64 = tokens
        .logprobs
        .iter()
        .map(|token| f64::from(token.logprob))
        .sum();
    sum / tokens.logprobs.len().max(1) as f64
}

fn forget_logprobs(choice: &mut Choice) {
    for segment in &mut choice.segments {
        if let Segment::Text(tokens) | Segment::Echo(tokens) = segment {
            tokens.logprobs.clear();
        }
    }
}
