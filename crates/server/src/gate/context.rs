//! The context window: what does not fit is refused with the counts.

use fakeai_canon::{ApiError, ErrorKind, Generate, Input, Prompt, Work};

use super::Meaning;
use crate::visit::Visit;

/// Tokens of all inputs of one embeddings request together.
/// <https://platform.openai.com/docs/api-reference/embeddings/create>
const MOST_EMBEDDED: usize = 300_000;

/// Refuses what does not fit into the model's window.
pub(super) fn check(meaning: &Meaning<'_>, _: &mut Visit) -> Result<(), ApiError> {
    if meaning.world.is_mock() {
        return Ok(());
    }
    match meaning.work {
        Work::Generate(work) => check_generation(meaning, work),
        Work::Embed(_) => check_inputs(meaning),
        Work::Rank(_) => check_pairs(meaning),
        Work::Compact(_)
        | Work::Count(_)
        | Work::Moderate(_)
        | Work::Draw(_)
        | Work::Speak(_)
        | Work::Transcribe(_) => Ok(()),
    }
}

fn check_generation(meaning: &Meaning<'_>, work: &Generate) -> Result<(), ApiError> {
    let counts = Counts {
        window: u64::from(window(meaning)),
        prompt: longest(meaning.prompts) as u64,
        asked: u64::from(work.limits.max_tokens.unwrap_or_default()),
        most: u64::from(meaning.model.max_output_tokens),
    };
    match work.input {
        Input::Raw(_) => counts.check_completion(),
        Input::Chat(_) if &*meaning.operation.tag == "Responses" => counts.check_response(),
        Input::Chat(_) => counts.check_chat(),
    }
}

/// The model's window, or less where the engine's longest context is.
fn window(meaning: &Meaning<'_>) -> u32 {
    let engine = meaning.world.rules.max_context;
    meaning.model.context_window.min(engine.unwrap_or(u32::MAX))
}

fn longest(prompts: &[Prompt]) -> usize {
    prompts.iter().map(Prompt::len).max().unwrap_or_default()
}

/// All in tokens.
struct Counts {
    window: u64,
    prompt: u64,
    asked: u64,
    most: u64,
}

impl Counts {
    fn check_chat(&self) -> Result<(), ApiError> {
        let Self {
            window,
            prompt,
            asked,
            ..
        } = self;
        if prompt >= window {
            return Err(exceeded(
                "messages",
                format!(
                    "This model's maximum context length is {window} tokens. However, your messages \
                 resulted in {prompt} tokens. Please reduce the length of the messages."
                ),
            ));
        }
        self.check_output("max_tokens")?;
        if prompt + asked > *window {
            return Err(exceeded(
                "messages",
                format!(
                    "This model's maximum context length is {window} tokens. However, you requested \
                 {} tokens ({prompt} in the messages, {asked} in the completion). Please reduce \
                 the length of the messages or completion.",
                    prompt + asked
                ),
            ));
        }
        Ok(())
    }

    /// An answer may run into the end of the window; only a prompt that fills it is refused.
    fn check_response(&self) -> Result<(), ApiError> {
        if self.prompt >= self.window {
            return Err(exceeded(
                "input",
                "Your input exceeds the context window of this model. Please adjust your input \
                 and try again."
                    .to_owned(),
            ));
        }
        self.check_output("max_output_tokens")
    }

    fn check_completion(&self) -> Result<(), ApiError> {
        if self.prompt + self.asked > self.window {
            return Err(overlong(self.window, self.prompt, self.asked));
        }
        Ok(())
    }

    fn check_output(&self, param: &'static str) -> Result<(), ApiError> {
        let Self { asked, most, .. } = self;
        if asked <= most {
            return Ok(());
        }
        Err(ApiError::invalid(format!(
            "{param} is too large: {asked}. This model supports at most {most} completion \
             tokens, whereas you provided {asked}."
        ))
        .param(param)
        .code("invalid_value"))
    }
}

fn exceeded(param: &str, message: String) -> ApiError {
    ApiError::invalid(message)
        .param(param)
        .code("context_length_exceeded")
}

/// The words of the older endpoints.
fn overlong(window: u64, prompt: u64, completion: u64) -> ApiError {
    ApiError::invalid(format!(
        "This model's maximum context length is {window} tokens, however you requested {} tokens \
         ({prompt} in your prompt; {completion} for the completion). Please reduce your prompt; \
         or completion length.",
        prompt + completion
    ))
}

/// Query and passage are read together.
fn check_pairs(meaning: &Meaning<'_>) -> Result<(), ApiError> {
    let window = window(meaning) as usize;
    let longest = longest(meaning.prompts);
    if longest <= window {
        return Ok(());
    }
    Err(ApiError::new(
        ErrorKind::Unprocessable,
        format!("Input length {longest} exceeds maximum allowed token size {window}"),
    ))
}

fn check_inputs(meaning: &Meaning<'_>) -> Result<(), ApiError> {
    let window = window(meaning) as usize;
    let longest = longest(meaning.prompts);
    if longest > window {
        return Err(overlong(window as u64, longest as u64, 0));
    }
    let total: usize = meaning.prompts.iter().map(Prompt::len).sum();
    if total > MOST_EMBEDDED {
        return Err(ApiError::invalid(format!(
            "Requested {total} tokens, max {MOST_EMBEDDED} tokens per request"
        ))
        .code("max_tokens_per_request"));
    }
    Ok(())
}
