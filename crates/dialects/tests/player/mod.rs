//! A plan played at once: its deltas in the order that `canon` promises, the choices in turns.
//! Not the server's player; it knows no time.

#![allow(clippy::unwrap_used, reason = "a test that finds nothing fails")]

use bytes::BytesMut;
use fakeai_canon::{
    Choice, Delta, Encoder, Micros, PartHead, Plan, Seed, Segment, Start, TokenId, Tokens, Usage,
    Vocabulary,
};

/// The world's time at which every played answer begins.
pub(crate) const CREATED: Micros = Micros(1_700_000_000_000_000);

/// Single bytes, and a few words above them.
pub(crate) struct Letters;

const WORDS: [&str; 6] = ["Hello", " world", "Hi", "!", " there", "{\"city\":"];

impl Vocabulary for Letters {
    fn name(&self) -> &'static str {
        "letters"
    }

    fn piece(&self, id: TokenId) -> &'static [u8] {
        static BYTES: [u8; 256] = {
            let mut bytes = [0; 256];
            let mut index = 0;
            while index < 256 {
                bytes[index] = index as u8;
                index += 1;
            }
            bytes
        };
        let id = id as usize;
        match id.checked_sub(256) {
            None => &BYTES[id..=id],
            Some(word) => WORDS.get(word).map_or(&[], |word| word.as_bytes()),
        }
    }

    fn size(&self) -> u32 {
        256 + WORDS.len() as u32
    }

    fn encode_into(&self, text: &str, ids: &mut Vec<TokenId>) {
        let mut rest = text;
        while !rest.is_empty() {
            let word = WORDS.iter().position(|word| rest.starts_with(word));
            match word {
                Some(index) => {
                    ids.push(256 + index as TokenId);
                    rest = &rest[WORDS[index].len()..];
                }
                None => {
                    let length = rest.chars().next().map_or(1, char::len_utf8);
                    ids.extend(
                        rest.as_bytes()[..length]
                            .iter()
                            .map(|byte| TokenId::from(*byte)),
                    );
                    rest = &rest[length..];
                }
            }
        }
    }

    fn count(&self, text: &str) -> usize {
        let mut ids = Vec::new();
        self.encode_into(text, &mut ids);
        ids.len()
    }
}

/// The tokens of a text.
pub(crate) fn tokens(text: &str) -> Tokens {
    Tokens::of(&Letters, text)
}

/// Plays a plan whose prompt has `prompt` tokens.
pub(crate) fn play(encoder: &mut dyn Encoder, plan: &Plan, prompt: u64) -> String {
    let mut out = BytesMut::new();
    let before = Usage {
        prompt,
        ..Usage::default()
    };
    let vocabulary: Option<&'static dyn Vocabulary> =
        matches!(plan, Plan::Generation(_)).then_some(&Letters as _);
    let start = Start {
        ids: Seed(7),
        created: CREATED,
        usage: before,
        vocabulary,
        screening: None,
        prompts: Vec::new(),
    };
    encoder.write(Delta::Start(&start), &mut out);
    let usage = match plan {
        Plan::Generation(generation) => {
            let mut turns: Vec<Turns> = generation.choices.iter().map(Turns::default_of).collect();
            let mut running = true;
            while running {
                running = false;
                for (index, turn) in turns.iter_mut().enumerate() {
                    running |= turn.step(index as u32, encoder, &mut out);
                }
            }
            if !generation.verdicts.is_empty() {
                encoder.write(Delta::Verdicts(&generation.verdicts), &mut out);
            }
            Usage {
                prompt,
                ..generation.usage()
            }
        }
        Plan::Vectors { vectors, usage } => {
            encoder.write(Delta::Vectors(vectors), &mut out);
            *usage
        }
        Plan::Verdicts { verdicts, usage } => {
            encoder.write(Delta::Verdicts(verdicts), &mut out);
            *usage
        }
        Plan::Made { pieces, usage } => {
            encoder.write(Delta::Made(pieces), &mut out);
            *usage
        }
        Plan::Ranking { ranked, usage } => {
            encoder.write(Delta::Ranked(ranked), &mut out);
            *usage
        }
        Plan::Count(usage) => *usage,
    };
    encoder.write(
        Delta::End {
            usage: &usage,
            at: CREATED,
        },
        &mut out,
    );
    String::from_utf8(out.to_vec()).unwrap()
}

struct Turns<'a> {
    choice: &'a Choice,
    segment: usize,
    token: usize,
    open: bool,
    finished: bool,
}

impl<'a> Turns<'a> {
    fn default_of(choice: &'a Choice) -> Self {
        Self {
            choice,
            segment: 0,
            token: 0,
            open: false,
            finished: false,
        }
    }

    /// One delta; false where none is left.
    fn step(&mut self, index: u32, encoder: &mut dyn Encoder, out: &mut BytesMut) -> bool {
        if self.finished {
            return false;
        }
        let Some(segment) = self.choice.segments.get(self.segment) else {
            self.finished = true;
            let reason = self.choice.finish;
            encoder.write(
                Delta::Finish {
                    choice: index,
                    reason,
                },
                out,
            );
            return true;
        };
        if !self.open {
            self.open = true;
            encoder.write(
                Delta::Open {
                    choice: index,
                    part: head(segment),
                },
                out,
            );
            return true;
        }
        match segment.tokens().filter(|tokens| self.token < tokens.len()) {
            Some(tokens) => self.piece(index, tokens, encoder, out),
            None => {
                if let Segment::Spoken(spoken) = segment {
                    let sound = Delta::Sound {
                        choice: index,
                        bytes: &spoken.recording,
                        tokens: spoken.sound,
                    };
                    encoder.write(sound, out);
                }
                encoder.write(Delta::Close { choice: index }, out);
                (self.segment, self.token, self.open) = (self.segment + 1, 0, false);
            }
        }
        true
    }

    fn piece(
        &mut self,
        index: u32,
        tokens: &Tokens,
        encoder: &mut dyn Encoder,
        out: &mut BytesMut,
    ) {
        let from = tokens.start(self.token);
        let mut last = self.token;
        let whole =
            |last: usize| std::str::from_utf8(&tokens.bytes[from..tokens.ends[last] as usize]);
        while whole(last).is_err() && last + 1 < tokens.len() {
            last += 1;
        }
        let range = self.token..=last;
        let piece = Delta::Piece {
            choice: index,
            text: whole(last).unwrap_or_default(),
            ids: &tokens.ids[range.clone()],
            ends: &tokens.ends[range.clone()],
            logprobs: tokens.logprobs.get(range).unwrap_or_default(),
        };
        encoder.write(piece, out);
        self.token = last + 1;
    }
}

fn head(segment: &Segment) -> PartHead<'_> {
    match segment {
        Segment::Reasoning(_) => PartHead::Reasoning,
        Segment::Summary(_) => PartHead::Summary,
        Segment::Echo(_) => PartHead::Echo,
        Segment::Text(_) => PartHead::Text,
        Segment::Refusal(_) => PartHead::Refusal,
        Segment::Spoken(_) => PartHead::Spoken,
        Segment::Call(call) => PartHead::Call {
            name: &call.name,
            kind: call.kind,
        },
        Segment::Hosted(call) => PartHead::Hosted(call),
    }
}
