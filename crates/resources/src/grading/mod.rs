//! Graders: they score what a model said against what was expected of it. Used by the operations
//! on graders, by evaluations and by reinforcement fine-tuning. No Python runs here.

mod formula;
mod grade;
mod grader;
mod judge;
mod lcs;
mod meteor;
mod similarity;
mod subject;
mod template;

pub(crate) use grade::{Answered, Ask, Fault, Graded, asks, grade};
pub(crate) use grader::Grader;
pub(crate) use judge::{Usage, chat_messages};
pub(crate) use subject::{Subject, sample_of};
pub(crate) use template::value;
