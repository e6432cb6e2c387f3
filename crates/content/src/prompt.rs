//! The prompts of a piece of work, as ids. Not here: chat templates and the counting rules of
//! media, which are those of the tokens room.

use fakeai_canon::{ApiError, Mode, ModerateInput, Part, Prompt, Reads, TextInput, Work};
use fakeai_catalog::Model;

/// One prompt for a chat, one a raw prompt, one an input.
pub(crate) fn of(work: &Work, model: &Model, mode: Mode) -> Result<Vec<Prompt>, ApiError> {
    let vocabulary = || fakeai_tokens::vocabulary_for(&model.id);
    let plain = |ids| Prompt {
        ids,
        ..Prompt::default()
    };
    match work {
        Work::Generate(generate) | Work::Count(generate) | Work::Compact(generate) => {
            Ok(fakeai_tokens::prompts(generate, mode)?)
        }
        Work::Embed(embed) => {
            let ids = |input: &TextInput| fakeai_tokens::text_ids(vocabulary(), input);
            Ok(embed.inputs.iter().map(ids).map(plain).collect())
        }
        Work::Rank(rank) => {
            let query = vocabulary().encode(&rank.query);
            let pair = |passage: &String| {
                let passage = vocabulary().encode(passage);
                let read = match rank.reads {
                    Reads::All => passage.len(),
                    Reads::Pair(most) => (most as usize).saturating_sub(query.len()),
                    Reads::Passage(most) => most as usize,
                };
                plain(
                    query
                        .iter()
                        .copied()
                        .chain(passage.into_iter().take(read))
                        .collect(),
                )
            };
            Ok(rank.passages.iter().map(pair).collect())
        }
        Work::Draw(draw) => Ok(vec![plain(vocabulary().encode(&draw.prompt))]),
        Work::Speak(speak) => {
            let mut ids = vocabulary().encode(&speak.input);
            ids.extend(vocabulary().encode(&speak.instructions));
            Ok(vec![plain(ids)])
        }
        Work::Transcribe(work) => {
            let sounds = (0..work.sound_tokens).map(|place| Prompt::PSEUDO | place);
            let mut ids: Vec<_> = sounds.collect();
            ids.extend(vocabulary().encode(&work.prompt));
            Ok(vec![Prompt {
                ids,
                audio: work.sound_tokens,
                ..Prompt::default()
            }])
        }
        Work::Moderate(moderate) => {
            let ids = |input: &ModerateInput| {
                let texts = input.parts.iter().filter_map(Part::as_text);
                texts.flat_map(|text| vocabulary().encode(text)).collect()
            };
            Ok(moderate.inputs.iter().map(ids).map(plain).collect())
        }
    }
}
