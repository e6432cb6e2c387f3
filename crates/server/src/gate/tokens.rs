//! Prompts in token ids: each id has to be one of the model's vocabulary.

use fakeai_canon::{ApiError, Generate, Input, RawPrompt, TextInput, TokenId, Work};

use super::Meaning;
use crate::visit::Visit;

/// Refuses ids that stand for no text.
pub(super) fn check(meaning: &Meaning<'_>, _: &mut Visit) -> Result<(), ApiError> {
    if meaning.world.is_mock() {
        return Ok(());
    }
    match meaning.work {
        Work::Generate(work) | Work::Count(work) | Work::Compact(work) => prompts(meaning, work),
        Work::Embed(work) => work.inputs.iter().try_for_each(|input| match input {
            TextInput::Tokens(ids) => known(meaning, ids, "input"),
            TextInput::Text(_) => Ok(()),
        }),
        Work::Moderate(_)
        | Work::Rank(_)
        | Work::Draw(_)
        | Work::Speak(_)
        | Work::Transcribe(_) => Ok(()),
    }
}

fn prompts(meaning: &Meaning<'_>, work: &Generate) -> Result<(), ApiError> {
    let Input::Raw(prompts) = &work.input else {
        return Ok(());
    };
    prompts.iter().try_for_each(|prompt| match prompt {
        RawPrompt::Tokens(ids) => known(meaning, ids, "prompt"),
        RawPrompt::Text(_) => Ok(()),
    })
}

fn known(meaning: &Meaning<'_>, ids: &[TokenId], param: &str) -> Result<(), ApiError> {
    let vocabulary = fakeai_tokens::vocabulary_for(&meaning.model.id);
    match ids.iter().find(|id| !vocabulary.is_text(**id)) {
        None => Ok(()),
        Some(id) => Err(ApiError::invalid(format!(
            "Invalid '{param}': {id} is not a token of this model's vocabulary."
        ))
        .param(param)
        .code("invalid_value")),
    }
}
