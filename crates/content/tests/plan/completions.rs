//! Legacy completions: echo, best of several, several prompts, the default limit.

use fakeai_canon::{Finish, Generate, Input, Limits, RawPrompt, Segment};

use crate::desk::{generated, generation};

fn complete(prompts: Vec<RawPrompt>) -> Generate {
    Generate {
        model: "gpt-3.5-turbo-instruct".into(),
        input: Input::Raw(prompts),
        choices: 1,
        candidates: 1,
        ..Generate::default()
    }
}

fn once() -> RawPrompt {
    RawPrompt::Text("Once upon a time".into())
}

#[test]
fn a_completion_without_a_limit_has_16_tokens() {
    let choice = generation(&complete(vec![once()])).choices.remove(0);
    assert_eq!((generated(&choice), choice.finish), (16, Finish::Length));
}

#[test]
fn choices_come_prompt_by_prompt() {
    let ids = fakeai_tokens::vocabulary_for("gpt-3.5-turbo-instruct").encode("Tell me of rivers.");
    let work = Generate {
        choices: 2,
        echo: true,
        ..complete(vec![once(), RawPrompt::Tokens(ids)])
    };
    let echoes: Vec<_> = generation(&work)
        .choices
        .iter()
        .map(|choice| match &choice.segments[0] {
            Segment::Echo(tokens) => tokens.text().to_owned(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        echoes,
        [
            "Once upon a time",
            "Once upon a time",
            "Tell me of rivers.",
            "Tell me of rivers."
        ]
    );
}

#[test]
fn echo_alone_generates_nothing() {
    let limits = Limits {
        max_tokens: Some(0),
        stop: vec![],
        ..Limits::default()
    };
    let work = Generate {
        echo: true,
        limits,
        logprobs: Some(1),
        ..complete(vec![once()])
    };
    let choice = generation(&work).choices.remove(0);
    assert_eq!(generated(&choice), 0);
    let Segment::Echo(tokens) = &choice.segments[0] else {
        panic!("no echo")
    };
    assert_eq!(tokens.logprobs.len(), tokens.len());
}

#[test]
fn of_several_candidates_the_most_probable_is_sent_and_all_are_billed() {
    let work = Generate {
        candidates: 4,
        ..complete(vec![once()])
    };
    let best = generation(&work);
    assert_eq!(best.choices.len(), 1);
    assert_eq!(best.discarded, 48);
    assert_eq!(best.usage().completion, 64);
    assert!(best.choices[0].segments.iter().all(|segment| {
        segment
            .tokens()
            .is_some_and(|tokens| tokens.logprobs.is_empty())
    }));
    let mean = |choice: &fakeai_canon::Choice| {
        let tokens = choice.segments[0].tokens().expect("text");
        tokens
            .logprobs
            .iter()
            .map(|one| f64::from(one.logprob))
            .sum::<f64>()
    };
    let all = generation(&Generate {
        choices: 4,
        candidates: 4,
        logprobs: Some(0),
        ..work.clone()
    });
    let sent = generation(&Generate {
        logprobs: Some(0),
        ..work
    });
    // Seeds follow from the work, so that only the claim itself can be compared.
    assert!(all.choices.len() == 4 && mean(&sent.choices[0]) <= 0.0);
}
