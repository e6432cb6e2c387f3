//! The vocabulary that every room shares: calls, work, plans, deltas, usage, events, errors, time
//! and chance. Small and stable: no I/O, no async runtime, no wire JSON of any provider.

mod answer;
mod billed;
mod call;
mod caller;
mod clock;
mod engine;
mod engine_event;
mod error;
mod event;
mod ids;
mod made;
mod message;
mod mode;
mod moderation;
mod plan;
mod rank;
mod seed;
mod shelf;
mod sources;
mod tokens;
mod tool;
mod usage;
mod work;

pub use answer::{Delta, Encoder, Keep, PartHead, Start};
pub use billed::{Billed, Extras};
pub use call::{Call, FilePart, Form, Frames, Head, Pull, Reply, ReplyBody, Stopped};
pub use caller::{Caller, CallerKey, KeyKind, Owner};
pub use clock::{Clock, Micros};
pub use engine::{Admission, Engine, Job, Tick, Ticks};
pub use engine_event::{
    CacheChange, Ended, Ending, EngineEvent, FirstToken, Gap, Origins, Proposed, RequestParams,
    RequestShape, Step, StoredBlocks, Transfer, Way, WorkerLoad,
};
pub use error::{ApiError, ErrorKind};
pub use event::{Closed, Event, Intervals, Observer, Opened};
pub use ids::Alphabet;
pub use made::{Draw, Speak, Speech, Transcribe};
pub use message::{Detail, Media, MediaKind, MediaSource, Message, Part, PastCall, Role};
pub use mode::Mode;
pub use moderation::{Category, Finding, Grade, Moderation, Screening, Severity, Verdict};
pub use plan::{Choice, Finish, Generation, HostedCall, Plan, PlannedCall, Segment, Spoken};
pub use rank::{Rank, Ranked, Reads};
pub use seed::{Rng, Seed, StableHasher};
pub use shelf::Shelf;
pub use sources::{NoSources, Passage, Sources};
pub use tokens::{Alternative, Prompt, TokenId, TokenLogprob, Tokens, Vocabulary};
pub use tool::{CallKind, Format, Grammar, Schema, Tool, ToolChoice};
pub use usage::Usage;
pub use work::{
    Effort, Embed, Generate, Input, Limits, Moderate, ModerateInput, RawPrompt, Reasoning,
    Sampling, Skill, TextInput, Verbosity, Work,
};
