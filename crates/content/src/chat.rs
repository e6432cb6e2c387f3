//! A turn of a conversation: thinking, then calls or text, within the limits. Not here: what each
//! of them says.

use std::borrow::Cow;

use fakeai_canon::{
    ApiError, Choice, Finish, Generate, Generation, Input, Prompt, Seed, Segment, Sources, Tokens,
};
use fakeai_catalog::Model;

use crate::answer::Answer;
use crate::behaviour::vocabulary_of;
use crate::cited::Cited;
use crate::prose::{Kind, Topic};
use crate::reading::Reading;
use crate::reasoning::Thinking;
use crate::tools::{Call, Hosted, Move, Toolbox, program, skill};
use crate::voice::Voice;
use crate::{Config, length, limits, moderation, refusal, spoken, verdict_first};

/// Whether the work is a turn of a conversation.
pub(crate) fn is_chat(work: &Generate) -> bool {
    matches!(work.input, Input::Chat(_))
}

/// All that the choices of a turn share.
pub(crate) struct Turn<'a> {
    work: &'a Generate,
    reading: Reading<'a>,
    voice: Voice<'a>,
    thinking: Option<Thinking>,
    answer: Answer<'a>,
    tools: Toolbox<'a>,
    next: Move,
    cited: Option<Cited>,
    room: u32,
}

/// A choice in the making.
struct Draft {
    segments: Vec<Segment>,
    left: u32,
}

impl<'a> Turn<'a> {
    /// Reads the turn, and searches the documents that it is to be answered from.
    pub(crate) fn new(
        work: &'a Generate,
        prompts: &[Prompt],
        model: &Model,
        config: &'a Config,
        sources: &dyn Sources,
    ) -> Result<Self, ApiError> {
        let messages = match &work.input {
            Input::Chat(messages) => messages.as_slice(),
            Input::Raw(_) => &[],
        };
        let prompt = prompts.first().map_or(0, Prompt::len);
        let reading = Reading::of(messages);
        let voice = Voice::new(vocabulary_of(model), topic(work, &reading), work);
        let tools = Toolbox::compile(work, config)?;
        let refuses = config.refusals && refusal::is_due(&reading.asked);
        let next = if refuses {
            Move::Answer
        } else {
            tools.decide(&reading)?
        };
        let cited = if next.runs(Hosted::FileSearch) {
            Cited::search(work, &reading.asked, sources)?
        } else {
            None
        };
        Ok(Self {
            cited,
            thinking: Thinking::of(work, model, &reading.asked, prompt),
            answer: Answer::new(work, config, refuses)?,
            room: room(work, model, prompt),
            next,
            tools,
            reading,
            voice,
            work,
        })
    }

    /// Plans all choices.
    pub(crate) fn plan(&self, seed: Seed) -> Result<Generation, ApiError> {
        let choices =
            (0..u64::from(self.work.choices.max(1))).map(|index| self.choice(seed.nth(index)));
        let mut choices = choices.collect::<Result<Vec<_>, _>>()?;
        let verdicts = match (&self.work.moderation, &self.work.input) {
            (Some(wish), Input::Chat(messages)) => moderation::screen(wish, messages, &mut choices),
            (Some(_), Input::Raw(_)) | (None, _) => Vec::new(),
        };
        let (foretold, rejected) = self.answer.agreement(self.voice.vocabulary, &choices);
        Ok(Generation {
            vocabulary: self.voice.vocabulary,
            choices,
            discarded: 0,
            foretold,
            rejected_prediction: rejected,
            read: self.read(),
            verdicts,
            screening: None,
        })
    }

    fn choice(&self, seed: Seed) -> Result<Choice, ApiError> {
        let mut draft = Draft {
            segments: Vec::with_capacity(2),
            left: self.room,
        };
        if let Some(thinking) = &self.thinking {
            let is_cut = thinking.think(&self.voice, seed, draft.left, &mut draft.segments);
            draft.settle();
            if is_cut {
                return Ok(draft.end(Finish::Length));
            }
        }
        match &self.next {
            Move::Answer => self.say(draft, seed),
            Move::Call { calls, is_named } => {
                let finish = if *is_named {
                    Finish::Stop
                } else {
                    Finish::ToolCalls
                };
                self.call(draft, calls, finish, seed)
            }
            Move::Hosted(all) => {
                for hosted in all {
                    let call = match (&self.cited, hosted) {
                        (Some(cited), Hosted::FileSearch) => cited.call(self.voice.vocabulary),
                        (Some(_) | None, _) => {
                            hosted.run(self.work, &self.voice, &self.reading, seed)?
                        }
                    };
                    let output =
                        (*hosted == Hosted::Shell).then(|| skill::output(self.work, &call));
                    draft.segments.push(Segment::Hosted(call));
                    draft.settle();
                    draft.segments.extend(output.map(Segment::Hosted));
                }
                self.say(draft, seed)
            }
        }
    }

    fn say(&self, mut draft: Draft, seed: Seed) -> Result<Choice, ApiError> {
        let found = self.found();
        let seed = seed.fork("answer");
        let said = self
            .answer
            .say(&self.voice, &self.reading, &found, seed, draft.left)?;
        let (mut tokens, mut finish) = (said.tokens, said.finish);
        if limits::stop(&mut tokens, &self.work.limits) {
            finish = Finish::Stop;
        }
        let segment = match &self.work.speech {
            _ if said.is_refusal => Segment::Refusal(tokens),
            Some(speech) => {
                let (spoken, is_cut) = spoken::speak(tokens, speech, draft.left, seed);
                if is_cut {
                    finish = Finish::Length;
                }
                Segment::Spoken(spoken)
            }
            None => Segment::Text(tokens),
        };
        draft.segments.push(segment);
        Ok(draft.end(finish))
    }

    /// Tokens of the passages that the answer is written from.
    fn read(&self) -> u64 {
        let cited = self.cited.as_ref();
        cited.map_or(0, |cited| cited.read(self.voice.vocabulary))
    }

    /// What tools of the provider's have found out; empty where none has. What documents say comes
    /// first, since its sources are told by their places.
    fn found(&self) -> Cow<'_, str> {
        let cited = self.cited.as_ref().map_or("", |cited| cited.text.as_str());
        let told = self.next.runs(Hosted::CodeInterpreter);
        match told.then(|| program::told(&self.reading.asked)).flatten() {
            None => Cow::Borrowed(cited),
            Some(told) if cited.is_empty() => Cow::Owned(told),
            Some(told) => Cow::Owned(format!("{cited} {told}")),
        }
    }

    fn call(
        &self,
        mut draft: Draft,
        calls: &[Call],
        finish: Finish,
        seed: Seed,
    ) -> Result<Choice, ApiError> {
        for (index, call) in calls.iter().enumerate() {
            let seed = seed.fork("call").nth(index as u64);
            let mut planned = call.plan(&self.tools, &self.voice, &self.reading, seed)?;
            let needed = planned.overhead + planned.arguments.len() as u32;
            if needed > draft.left {
                if planned.overhead < draft.left {
                    planned
                        .arguments
                        .truncate((draft.left - planned.overhead) as usize);
                    draft.segments.push(Segment::Call(planned));
                } else if draft.left > 0 {
                    planned.arguments = Tokens::default();
                    planned.overhead = draft.left;
                    draft.segments.push(Segment::Call(planned));
                }
                return Ok(draft.end(Finish::Length));
            }
            draft.left -= needed;
            draft.segments.push(Segment::Call(planned));
        }
        Ok(draft.end(finish))
    }
}

impl Draft {
    /// Takes what the last generated segment needed from what is left.
    fn settle(&mut self) {
        let generated = self
            .segments
            .iter()
            .rev()
            .find(|segment| segment.generated() > 0);
        let needed = generated.map_or(0, Segment::generated) as u32;
        self.left = self.left.saturating_sub(needed);
    }

    fn end(self, finish: Finish) -> Choice {
        Choice {
            segments: self.segments,
            finish,
        }
    }
}

/// What the turn is about: what was asked, in the light of the skills that are read for it.
fn topic(work: &Generate, reading: &Reading<'_>) -> Topic {
    let mut asked = reading.topic();
    if work.speech.is_some() && length::wanted(&reading.asked).is_none() {
        asked.say_briefly();
    }
    if verdict_first::of(&reading.asked).is_some_and(|first| first.explains) {
        asked.give_reasons();
    }
    let skills: Vec<_> = skill::read(work).map(skill::subject).collect();
    if skills.is_empty() || asked.kind == Kind::Repeat {
        return asked;
    }
    // How it is answered is for the question to say, and the skills join in what it is about.
    let mut topic = Topic::of(&format!("{}\n{}", reading.asked, skills.join("\n")));
    topic.kind = asked.kind;
    topic.language = asked.language;
    topic.count = asked.count;
    topic.sentences = asked.sentences;
    topic.verbosity = asked.verbosity;
    topic
}

/// The most tokens of a choice: what the request allows, and what the model has room for.
pub(crate) fn room(work: &Generate, model: &Model, prompt: usize) -> u32 {
    let most = work.limits.max_prompt_tokens;
    if most.is_some_and(|most| prompt > most as usize) {
        return 0;
    }
    let window = model.context_window.saturating_sub(prompt as u32).max(1);
    let own = model.max_output_tokens.max(1).min(window);
    work.limits
        .max_tokens
        .map_or(own, |limit| limit.min(window))
}
