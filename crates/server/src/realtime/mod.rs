//! A realtime session without its socket: what a client says goes in as text, and what there is to do
//! comes out. It keeps the settings, the conversation's items and the buffer of sound, and hears where
//! somebody begins and ends to speak. Answers and transcripts are asked for as any other work; their
//! events pass by here on their way out, so that the session knows what it has said.
//! <https://platform.openai.com/docs/guides/realtime>

mod buffer;
mod conversation;
mod events;
mod hearing;
mod items;
mod opening;
mod session;
mod settings;
mod sound;
mod turns;

pub(crate) use opening::{call, open, refusal};
pub(crate) use session::{Out, Session};
pub(crate) use turns::problem_of;
