//! The context window: a prompt that does not fit is refused with the counts.

use fakeai_canon::{ApiError, Generate, Input, Prompt, Work};

use super::Meaning;

/// Refuses what does not fit into the model's window.
pub(super) fn check(meaning: &Meaning<'_>) -> Result<(), ApiError> {
    if meaning.world.is_mock() {
        return Ok(());
    }
    match meaning.work {
        Work::Generate(work) => check_generation(meaning, work),
        Work::Embed(_) => check_inputs(meaning),
        Work::Compact(_) | Work::Count(_) | Work::Moderate(_) => Ok(()),
    }
}

fn check_generation(meaning: &Meaning<'_>, work: &Generate) -> Result<(), ApiError> {
    let window = u64::from(meaning.model.context_window);
    let prompt = meaning
        .prompts
        .iter()
        .map(Prompt::len)
        .max()
        .unwrap_or_default() as u64;
    let asked = u64::from(work.limits.max_tokens.unwrap_or_default());
    if prompt >= window && is_responses(meaning) {
        return Err(ApiError::invalid(
            "Your input exceeds the context window of this model. Please adjust your input and \
             try again.",
        )
        .param("input")
        .code("context_length_exceeded"));
    }
    if prompt >= window {
        return Err(exceeded(
            work,
            format!(
                "This model's maximum context length is {window} tokens. However, your messages \
             resulted in {prompt} tokens. Please reduce the length of the messages."
            ),
        ));
    }
    let most = u64::from(meaning.model.max_output_tokens);
    if asked > most {
        return Err(ApiError::invalid(format!(
            "max_tokens is too large: {asked}. This model supports at most {most} completion \
             tokens, whereas you provided {asked}."
        ))
        .param("max_tokens")
        .code("invalid_value"));
    }
    // The Responses API lets an answer run into the end of the window instead.
    if prompt + asked > window && !is_responses(meaning) {
        return Err(exceeded(
            work,
            format!(
                "This model's maximum context length is {window} tokens. However, you requested \
             {total} tokens ({prompt} in the messages, {asked} in the completion). Please reduce \
             the length of the messages or completion.",
                total = prompt + asked,
            ),
        ));
    }
    Ok(())
}

fn is_responses(meaning: &Meaning<'_>) -> bool {
    &*meaning.operation.tag == "Responses"
}

fn exceeded(work: &Generate, message: String) -> ApiError {
    let param = match work.input {
        Input::Chat(_) => "messages",
        Input::Raw(_) => "prompt",
    };
    ApiError::invalid(message)
        .param(param)
        .code("context_length_exceeded")
}

fn check_inputs(meaning: &Meaning<'_>) -> Result<(), ApiError> {
    let window = meaning.model.context_window as usize;
    match meaning
        .prompts
        .iter()
        .map(Prompt::len)
        .find(|length| *length > window)
    {
        None => Ok(()),
        Some(length) => Err(ApiError::invalid(format!(
            "This model's maximum context length is {window} tokens, however you requested \
             {length} tokens ({length} in your prompt; 0 for the completion). Please reduce your \
             prompt; or completion length."
        ))),
    }
}
