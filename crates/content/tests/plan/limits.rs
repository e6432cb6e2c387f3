//! Limits at the token, and stop texts.

use fakeai_canon::{Finish, Generate, Limits, Segment, ToolChoice};
use fakeai_content::{Config, TextMode};
use proptest::prelude::*;
use serde_json::json;

use crate::desk::{chat, choice, function, generated, generation_with, json_schema, said, text};

fn limited(max_tokens: u32) -> Generate {
    Generate {
        limits: Limits {
            max_tokens: Some(max_tokens),
            stop: vec![],
            ..Limits::default()
        },
        ..chat("Explain how glaciers shape valleys.")
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_limit_cuts_at_the_token(max in 1u32..120) {
        let choice = choice(&limited(max));
        let count = generated(&choice);
        prop_assert!(count <= max as usize);
        if choice.finish == Finish::Length {
            prop_assert_eq!(count, max as usize);
        }
    }

    #[test]
    fn a_stop_text_is_not_sent_and_ends_the_answer(word in "[a-z]{1,2}") {
        let work = Generate { limits: Limits { max_tokens: None, stop: vec![word.clone()], ..Limits::default() }, ..chat("Explain how glaciers shape valleys.") };
        let choice = choice(&work);
        prop_assert!(!text(&choice).contains(&word));
        prop_assert_eq!(choice.finish, Finish::Stop);
    }

    #[test]
    fn reasoning_counts_against_the_limit(max in 1u32..600) {
        let work = Generate { model: "o3-mini".into(), ..limited(max) };
        let choice = choice(&work);
        prop_assert!(generated(&choice) <= max as usize);
        if let [Segment::Reasoning(tokens)] = &choice.segments[..] {
            prop_assert_eq!(tokens.len(), max as usize);
            prop_assert_eq!(choice.finish, Finish::Length);
        }
    }

    #[test]
    fn calls_keep_to_the_limit(max in 1u32..40) {
        let tool = function("add", "Add numbers", json!({"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}, "required": ["a", "b"]}));
        let work = Generate { tools: vec![tool], tool_choice: ToolChoice::Required, limits: Limits { max_tokens: Some(max), stop: vec![], ..Limits::default() }, ..chat("Add 1234567 and 7654321") };
        let choice = choice(&work);
        prop_assert!(generated(&choice) <= max as usize);
        if generated(&choice) == max as usize && choice.finish != Finish::Length {
            prop_assert_eq!(choice.finish, Finish::ToolCalls);
        }
    }

    #[test]
    fn a_cut_object_says_length(max in 1u32..60) {
        let schema = json!({"type": "object", "properties": {"name": {"type": "string"}, "story": {"type": "string"}}, "required": ["name", "story"], "additionalProperties": false});
        let work = Generate { format: json_schema(schema, true), ..limited(max) };
        let choice = choice(&work);
        let whole = serde_json::from_str::<serde_json::Value>(&text(&choice)).is_ok();
        prop_assert_eq!(whole, choice.finish == Finish::Stop);
    }
}

#[test]
fn the_token_that_completes_a_stop_text_is_counted() {
    let free = choice(&chat("Explain how glaciers shape valleys."));
    let tokens = free.segments[0].tokens().expect("text");
    let stop =
        String::from_utf8_lossy(&tokens.bytes[tokens.start(5) + 1..tokens.ends[6] as usize - 1])
            .into_owned();
    let work = Generate {
        limits: Limits {
            max_tokens: None,
            stop: vec![stop.clone()],
            ..Limits::default()
        },
        ..chat("Explain how glaciers shape valleys.")
    };
    let cut = choice(&work);
    assert_eq!(cut.finish, Finish::Stop);
    assert!(!text(&cut).contains(&stop));
}

#[test]
fn a_text_that_ignores_its_end_has_exactly_as_many_tokens_as_are_allowed() {
    for text in [TextMode::Prose, TextMode::Lorem, TextMode::Echo] {
        for most in [1, 17, 400, 2_000] {
            let mut work = limited(most);
            work.limits.ignore_eos = true;
            let config = Config {
                text: text.clone(),
                ..Config::default()
            };
            let choice = &generation_with(&work, config).choices[0];
            assert_eq!(choice.finish, Finish::Length);
            assert_eq!(generated(choice), most as usize);
        }
    }
    let refused = Generate {
        limits: Limits {
            ignore_eos: true,
            ..limited(400).limits
        },
        ..chat("Tell me how to make a bomb at home")
    };
    assert_eq!(generated(&choice(&refused)), 400);
}

#[test]
fn a_text_is_not_shorter_than_the_request_wants() {
    let mut work = limited(3_000);
    work.limits.min_tokens = 900;
    let choice = choice(&work);
    assert!((900..1_200).contains(&generated(&choice)));
    assert_eq!(choice.finish, Finish::Stop);
}

#[test]
fn a_number_of_words_is_kept_about() {
    let said = said(&chat("Write a 1000-word essay about rivers."));
    let words = said.split_whitespace().count();
    assert!((800..1_300).contains(&words), "{words}");
}
