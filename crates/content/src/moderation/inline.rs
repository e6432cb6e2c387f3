//! Moderation along with an answer: what was asked and what is answered are judged, and what is
//! flagged is held back where the request wants that. Not here: how a judgement comes about.

use fakeai_canon::{
    Choice, Finish, Message, Moderate, ModerateInput, Moderation, Part, Role, Segment, Verdict,
};

use super::verdicts;

/// Judges a turn and its choices. A choice that is blocked says nothing, and ends by a filter.
pub(crate) fn screen(
    wish: &Moderation,
    messages: &[Message],
    choices: &mut [Choice],
) -> Vec<Verdict> {
    let asked = messages
        .iter()
        .filter(|message| message.role == Role::User)
        .flat_map(|message| message.parts.iter().cloned());
    let mut inputs = vec![ModerateInput {
        parts: asked.collect(),
    }];
    inputs.extend(choices.iter().map(|choice| ModerateInput {
        parts: choice.segments.iter().filter_map(said).collect(),
    }));
    let verdicts = verdicts(&Moderate {
        model: wish.model.clone(),
        inputs,
    });
    let is_refused = wish.blocks_input && verdicts[0].flagged();
    for (choice, verdict) in choices.iter_mut().zip(&verdicts[1..]) {
        if is_refused {
            choice.segments.clear();
        } else if wish.blocks_output && verdict.flagged() {
            let is_thought = |segment: &Segment| matches!(segment, Segment::Reasoning(_));
            choice.segments.retain(is_thought);
        } else {
            continue;
        }
        choice.finish = Finish::ContentFilter;
    }
    verdicts
}

/// The text of a segment that somebody gets to read.
fn said(segment: &Segment) -> Option<Part> {
    match segment {
        Segment::Text(tokens) | Segment::Refusal(tokens) => {
            Some(Part::Text(tokens.text().to_owned()))
        }
        Segment::Spoken(spoken) => Some(Part::Text(spoken.transcript.text().to_owned())),
        Segment::Reasoning(_)
        | Segment::Summary(_)
        | Segment::Echo(_)
        | Segment::Call(_)
        | Segment::Hosted(_) => None,
    }
}
