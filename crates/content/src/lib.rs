//! What is said: from a piece of work to a plan of reasoning, text, calls, refusals, vectors and
//! verdicts, with true tokens. Not here: when it is said (engine), how it is written (dialects).

mod answer;
mod behaviour;
mod bits;
mod calculation;
mod chat;
mod cited;
mod completion;
mod config;
mod data;
mod embedding;
mod facts;
pub mod film;
mod grammar;
mod identifier;
mod length;
mod likelihood;
mod limits;
mod made;
mod media;
mod mention;
mod moderation;
mod obedience;
mod object;
pub mod picture;
mod prediction;
mod prompt;
pub mod prose;
mod reading;
mod reasoning;
mod refusal;
mod short_answer;
mod shorten;
mod slots;
pub mod sound;
mod source;
mod spoken;
mod structured;
mod summary;
mod tools;
mod transcript;
mod voice;
mod word_hash;

pub use behaviour::Behaviour;
pub use config::{Config, TextMode};
pub use embedding::{ModelFiles, SentenceModel, VocabularyFile};
