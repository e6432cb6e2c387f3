//! Tokens for what is to be said, in the request's vocabulary, sampling and topic. Not here: what
//! is to be said (see `chat` and `completion`), nor how prose comes about (see `prose`).

use fakeai_canon::{Finish, Generate, Seed, Tokens, Vocabulary};

use crate::likelihood;
use crate::prose::{Form, Length, Prose, Request, Topic};

/// Tokens, and whether the limit cut them.
pub(crate) type Said = (Tokens, Finish);

/// The voice of one request.
pub(crate) struct Voice<'a> {
    pub(crate) vocabulary: &'static dyn Vocabulary,
    pub(crate) topic: Topic,
    work: &'a Generate,
}

impl<'a> Voice<'a> {
    pub(crate) fn new(
        vocabulary: &'static dyn Vocabulary,
        topic: Topic,
        work: &'a Generate,
    ) -> Self {
        Self {
            vocabulary,
            topic,
            work,
        }
    }

    /// How many alternatives a token are wanted, where logprobs are.
    pub(crate) fn logprobs(&self) -> Option<u8> {
        self.work.logprobs
    }

    /// Prose of about `target` and at most `max` tokens.
    pub(crate) fn prose(&self, form: Form, seed: Seed, target: Option<u32>, max: u32) -> Said {
        let mut tokens = Tokens::default();
        let finish = self.go_on(&mut tokens, form, seed, target, max);
        (tokens, finish)
    }

    /// Appends prose; `max` is for the whole.
    pub(crate) fn go_on(
        &self,
        tokens: &mut Tokens,
        form: Form,
        seed: Seed,
        target: Option<u32>,
        max: u32,
    ) -> Finish {
        let logprobs = self.work.logprobs.filter(|_| form != Form::Reasoning);
        let max = max.saturating_sub(tokens.len() as u32);
        let request = Request {
            seed,
            sampling: &self.work.sampling,
            length: Length {
                verbosity: self.work.verbosity,
                target,
                max: Some(max),
            },
            logprobs,
        };
        Prose::of(self.vocabulary).generate(form, &self.topic, &request, tokens)
    }

    /// A free text that is as long as the request wants it at least: more prose behind what was
    /// said, where that ended too early.
    pub(crate) fn reach(&self, said: Said, form: Form, seed: Seed, max: u32) -> Said {
        let (mut tokens, mut finish) = said;
        let limits = &self.work.limits;
        let least = if limits.ignore_eos {
            max
        } else {
            limits.min_tokens.min(max)
        };
        for round in 0.. {
            let length = tokens.len() as u32;
            if length >= least || finish == Finish::Length {
                break;
            }
            // A target is met about; a text that is to fill the limit aims beyond it.
            let target = least - length + if limits.ignore_eos { 64 } else { 0 };
            let seed = seed.fork("more").nth(round);
            finish = self.go_on(&mut tokens, form, seed, Some(target), max);
        }
        if limits.ignore_eos {
            finish = Finish::Length;
        }
        (tokens, finish)
    }

    /// A given text, cut at `max` tokens, with synthetic logprobs where some are wanted. Banned
    /// tokens are left out.
    pub(crate) fn verbatim(&self, text: &str, seed: Seed, max: u32) -> Said {
        let mut tokens = Tokens::of(self.vocabulary, text);
        self.leave_out_banned(&mut tokens);
        let finish = cut(&mut tokens, max);
        likelihood::score(&mut tokens, self.work.logprobs, self.vocabulary, seed);
        (tokens, finish)
    }

    /// A given text whose every token counts, such as JSON.
    pub(crate) fn exactly(&self, text: &str, seed: Seed, max: u32) -> Said {
        let mut tokens = Tokens::of(self.vocabulary, text);
        let finish = cut(&mut tokens, max);
        likelihood::score(&mut tokens, self.work.logprobs, self.vocabulary, seed);
        (tokens, finish)
    }

    fn leave_out_banned(&self, tokens: &mut Tokens) {
        // The provider's documentation: values near −100 ban a token.
        const BAN: f64 = -90.0;
        let bias = &self.work.sampling.logit_bias;
        let is_banned = |id: u32| bias.iter().any(|(biased, by)| *biased == id && *by <= BAN);
        if bias.is_empty() || !tokens.ids.iter().any(|id| is_banned(*id)) {
            return;
        }
        let mut kept = Tokens::default();
        for id in tokens.ids.iter().filter(|id| !is_banned(**id)) {
            kept.push(*id, self.vocabulary.piece(*id));
        }
        // What remains must be text as a whole.
        if std::str::from_utf8(&kept.bytes).is_ok() {
            *tokens = kept;
        }
    }
}

fn cut(tokens: &mut Tokens, max: u32) -> Finish {
    if tokens.len() > max as usize {
        tokens.truncate(max as usize);
        return Finish::Length;
    }
    Finish::Stop
}
