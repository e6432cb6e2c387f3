//! `POST /tokenize` and `POST /detokenize`, as vLLM's server answers them: the ids that a prompt or
//! a conversation has here, which are those that usage counts and the cache of prompts hashes.
//! <https://docs.vllm.ai/en/stable/serving/openai_compatible_server/#tokenizer-api>

use std::sync::Arc;

use fakeai_canon::{ApiError, Call, Generate, Input, Mode, Prompt, TokenId};
use fakeai_catalog::Model;
use fakeai_contract::Strictness;
use fakeai_dialects::Decoded;
use fakeai_tokens::{Vocabulary, prompts, vocabulary_for};
use serde_json::{Value, json};

use super::native;
use crate::answer::Answer;
use crate::gateway::Gateway;
use crate::infer;
use crate::world::World;

/// The ids of `prompt` or of `messages`.
pub(super) fn tokenize(
    gateway: &Gateway,
    world: &Arc<World>,
    call: &Call,
    _: &Value,
) -> Result<Answer, ApiError> {
    native::with_body(world, call, |body| {
        let model = native::model(world, call, &body)?;
        let vocabulary = vocabulary_for(&model.id);
        let ids = match (&body["prompt"], &body["messages"]) {
            (Value::String(prompt), _) => vocabulary.encode(prompt),
            (_, Value::Array(_)) => conversation(gateway, world, &model, &body)?,
            (Value::Null, _) => return Err(native::missing("prompt")),
            (..) => return Err(native::wrong("prompt", "Input should be a valid string")),
        };
        let strings = flag(&body, "return_token_strs", false)?.then(|| {
            let strings = ids.iter().map(|id| token_string(vocabulary.piece(*id)));
            strings.collect::<Vec<_>>()
        });
        // A prompt gets no special tokens: the vocabularies at hand put none before a text.
        flag(&body, "add_special_tokens", true)?;
        Ok(Answer::value(&json!({
            "count": ids.len(),
            "max_model_len": native::max_model_len(world, &model),
            "tokens": ids,
            "token_strs": strings,
        })))
    })
}

/// The text of `tokens`.
pub(super) fn detokenize(
    _: &Gateway,
    world: &Arc<World>,
    call: &Call,
    _: &Value,
) -> Result<Answer, ApiError> {
    native::with_body(world, call, |body| {
        let model = native::model(world, call, &body)?;
        let Some(tokens) = body["tokens"].as_array() else {
            let error = match &body["tokens"] {
                Value::Null => native::missing("tokens"),
                _ => native::wrong("tokens", "Input should be a valid list"),
            };
            return Err(error);
        };
        let vocabulary: &Vocabulary = vocabulary_for(&model.id);
        let mut bytes = Vec::with_capacity(tokens.len() * 4);
        for token in tokens {
            let Some(id) = token.as_u64() else {
                let error = native::wrong("tokens", "Input should be a valid integer");
                return Err(error);
            };
            // An id beyond the vocabulary stands for nothing.
            if let Ok(id) = TokenId::try_from(id) {
                bytes.extend_from_slice(vocabulary.piece(id));
            }
        }
        Ok(Answer::value(
            &json!({"prompt": String::from_utf8_lossy(&bytes)}),
        ))
    })
}

/// The ids of a conversation: those that a chat completion with the same messages and tools has.
fn conversation(
    gateway: &Gateway,
    world: &Arc<World>,
    model: &Model,
    body: &Value,
) -> Result<Vec<TokenId>, native::Refusal> {
    let open_ended = flag(body, "continue_final_message", false)?;
    let primed = flag(body, "add_generation_prompt", !open_ended)?;
    if open_ended && primed {
        let problem =
            "Cannot set both `continue_final_message` and `add_generation_prompt` to True.";
        return Err(native::Refusal::invalid(problem));
    }
    let mut ids = chat_ids(gateway, world, model, body)?;
    let priming = priming(model)?;
    if !primed {
        ids.truncate(ids.len() - priming);
    }
    if open_ended {
        // The mark that ends the last message.
        ids.pop();
    }
    Ok(ids)
}

fn chat_ids(
    gateway: &Gateway,
    world: &Arc<World>,
    model: &Model,
    body: &Value,
) -> Result<Vec<TokenId>, native::Refusal> {
    let mut chat = json!({"model": model.id, "messages": body["messages"]});
    if let Some(tools) = body.get("tools").filter(|tools| !tools.is_null()) {
        chat["tools"] = tools.clone();
    }
    let Some((operation, endpoint)) = gateway.chat() else {
        return Err(native::Refusal::invalid("The model does not support chat."));
    };
    let valid = gateway.contract.validate_request(
        operation,
        "application/json",
        &chat,
        Strictness::REALISTIC,
    );
    if let Err(violation) = valid {
        return Err(native::Refusal::invalid(violation.message()));
    }
    let call = Decoded {
        body: chat,
        params: Vec::new(),
        query: Value::Null,
        files: Vec::new(),
        base: String::new(),
    };
    let opened = (endpoint.open)(call, &infer::context(world, None, &world.objects("")))?;
    let mut prompts = world.behaviour.prompt(&opened.work, model)?;
    Ok(prompts.pop().map(|prompt| prompt.ids).unwrap_or_default())
}

/// How many tokens prime an answer.
fn priming(model: &Model) -> Result<usize, ApiError> {
    let nothing = Generate {
        model: model.id.clone(),
        input: Input::Chat(Vec::new()),
        ..Generate::default()
    };
    let prompts = prompts(&nothing, Mode::Realistic)?;
    Ok(prompts.first().map_or(0, Prompt::len))
}

fn flag(body: &Value, name: &'static str, default: bool) -> Result<bool, native::Refusal> {
    match &body[name] {
        Value::Null => Ok(default),
        Value::Bool(value) => Ok(*value),
        _ => Err(native::wrong(name, "Input should be a valid boolean")),
    }
}

/// A token as byte-level tokenizers spell it: printable bytes as they are, any other as a letter
/// of its own from U+0100 on.
/// <https://github.com/openai/gpt-2/blob/master/src/encoder.py>, `bytes_to_unicode`
fn token_string(piece: &[u8]) -> String {
    let is_plain = |byte: u8| matches!(byte, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF);
    let letter = |byte: &u8| {
        if is_plain(*byte) {
            return char::from(*byte);
        }
        let before = (0..*byte).filter(|other| !is_plain(*other)).count() as u32;
        char::from_u32(0x100 + before).unwrap_or(char::REPLACEMENT_CHARACTER)
    };
    piece.iter().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_spelt_as_byte_level_tokenizers_spell_them() {
        assert_eq!(token_string(b" Hello\n"), "\u{120}Hello\u{10a}");
        assert_eq!(token_string("é".as_bytes()), "Ã©");
        assert_eq!(token_string(&[0x00, 0x7f, 0xad]), "\u{100}\u{121}\u{143}");
    }
}
