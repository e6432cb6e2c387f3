//! A place in one choice: which segment, which token. Advances by generated tokens and holds text
//! back until its UTF-8 is whole.

use bytes::BytesMut;
use fakeai_canon::{Choice, Delta, Encoder, PartHead, Segment, Spoken, Tokens, Usage};

/// A place in one choice.
pub(crate) struct Cursor {
    segment: usize,
    /// Tokens of the segment that have been generated, its overhead included.
    generated: usize,
    /// The first token whose text has not been sent.
    unsent: usize,
    open: bool,
    finished: bool,
}

impl Cursor {
    /// The place before the first token.
    pub(crate) fn new() -> Self {
        Self {
            segment: 0,
            generated: 0,
            unsent: 0,
            open: false,
            finished: false,
        }
    }

    /// True when the choice's end has been written.
    pub(crate) fn is_done(&self) -> bool {
        self.finished
    }

    /// What has been generated so far.
    pub(crate) fn generated(&self, choice: &Choice) -> Usage {
        let mut usage = Usage::default();
        for (index, segment) in choice.segments.iter().enumerate() {
            let tokens = match index.cmp(&self.segment) {
                std::cmp::Ordering::Less => segment.generated(),
                std::cmp::Ordering::Equal => self.generated,
                std::cmp::Ordering::Greater => break,
            } as u64;
            usage.completion += tokens;
            if matches!(segment, Segment::Reasoning(_)) {
                usage.reasoning += tokens;
            }
            if let Segment::Spoken(spoken) = segment {
                usage.completion_audio += u64::from(spoken.made(tokens as usize).1);
            }
        }
        usage
    }

    /// Writes up to `most` generated tokens, and whatever stands before and behind them that takes
    /// no time. Returns the number of tokens generated: fewer where the choice has no more.
    pub(crate) fn advance(
        &mut self,
        most: u32,
        (index, choice): (u32, &Choice),
        encoder: &mut dyn Encoder,
        out: &mut BytesMut,
    ) -> u32 {
        let mut done = 0;
        while done < most && !self.finished {
            done += self.run(most - done, (index, choice), encoder, out);
        }
        done
    }

    /// Writes up to `most` tokens of one segment in one piece.
    fn run(
        &mut self,
        most: u32,
        (index, choice): (u32, &Choice),
        encoder: &mut dyn Encoder,
        out: &mut BytesMut,
    ) -> u32 {
        self.pass_timeless(index, choice, encoder, out);
        let Some(segment) = choice.segments.get(self.segment) else {
            self.finish(index, choice, encoder, out);
            return 0;
        };
        self.open(index, segment, encoder, out);
        let length = segment.generated();
        let run = (most as usize).min(length - self.generated);
        self.generated += run;
        if let Segment::Spoken(spoken) = segment {
            self.speak(index, spoken, self.generated - run, encoder, out);
        } else if let Some(tokens) = segment.tokens() {
            let overhead = length - tokens.len();
            if self.generated > overhead {
                self.send(index, tokens, self.generated - overhead - 1, encoder, out);
            }
        }
        if self.generated == length {
            self.close(index, encoder, out);
            self.pass_timeless(index, choice, encoder, out);
            if self.segment == choice.segments.len() {
                self.finish(index, choice, encoder, out);
            }
        }
        run as u32
    }

    /// Writes the segments here that take no step: summaries, echoes, empty ones.
    fn pass_timeless(
        &mut self,
        index: u32,
        choice: &Choice,
        encoder: &mut dyn Encoder,
        out: &mut BytesMut,
    ) {
        while let Some(segment) = choice.segments.get(self.segment)
            && segment.generated() == 0
        {
            self.open(index, segment, encoder, out);
            if let Some(tokens) = segment.tokens() {
                for token in 0..tokens.len() {
                    self.send(index, tokens, token, encoder, out);
                }
            }
            self.close(index, encoder, out);
        }
    }

    fn open(
        &mut self,
        choice: u32,
        segment: &Segment,
        encoder: &mut dyn Encoder,
        out: &mut BytesMut,
    ) {
        if self.open {
            return;
        }
        self.open = true;
        encoder.write(
            Delta::Open {
                choice,
                part: head(segment),
            },
            out,
        );
    }

    /// Sends what has been said since `before` tokens: the words, and then the sound.
    fn speak(
        &mut self,
        choice: u32,
        spoken: &Spoken,
        before: usize,
        encoder: &mut dyn Encoder,
        out: &mut BytesMut,
    ) {
        let (_, heard) = spoken.made(before);
        let (text, sound) = spoken.made(self.generated);
        if text > self.unsent {
            self.send(choice, &spoken.transcript, text - 1, encoder, out);
        }
        if sound > heard {
            let bytes = &spoken.bytes(heard, sound);
            let tokens = sound - heard;
            encoder.write(
                Delta::Sound {
                    choice,
                    bytes,
                    tokens,
                },
                out,
            );
        }
    }

    /// Sends the text up to `token` if it ends there on a whole character.
    fn send(
        &mut self,
        choice: u32,
        tokens: &Tokens,
        token: usize,
        encoder: &mut dyn Encoder,
        out: &mut BytesMut,
    ) {
        let start = tokens.start(self.unsent);
        let end = tokens.ends[token] as usize;
        let is_last = token + 1 == tokens.len();
        let whole = tokens.bytes.get(end).is_none_or(|next| next & 0xc0 != 0x80);
        let text = match std::str::from_utf8(&tokens.bytes[start..end]) {
            Ok(text) if whole || is_last => text,
            Err(error) if is_last => {
                let valid = start + error.valid_up_to();
                std::str::from_utf8(&tokens.bytes[start..valid]).unwrap_or_default()
            }
            Ok(_) | Err(_) => return,
        };
        let sent = self.unsent..token + 1;
        encoder.write(
            Delta::Piece {
                choice,
                text,
                ids: &tokens.ids[sent.clone()],
                ends: &tokens.ends[sent.clone()],
                logprobs: tokens.logprobs.get(sent).unwrap_or_default(),
            },
            out,
        );
        self.unsent = token + 1;
    }

    fn close(&mut self, choice: u32, encoder: &mut dyn Encoder, out: &mut BytesMut) {
        encoder.write(Delta::Close { choice }, out);
        self.segment += 1;
        self.generated = 0;
        self.unsent = 0;
        self.open = false;
    }

    fn finish(
        &mut self,
        index: u32,
        choice: &Choice,
        encoder: &mut dyn Encoder,
        out: &mut BytesMut,
    ) {
        self.finished = true;
        encoder.write(
            Delta::Finish {
                choice: index,
                reason: choice.finish,
            },
            out,
        );
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
