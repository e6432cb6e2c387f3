//! Free text: topic, obedience, choices, refusals, media, predictions.

use fakeai_canon::{
    Detail, Generate, Limits, Media, MediaKind, MediaSource, Message, Part, Role, Sampling,
    Segment, Work,
};
use fakeai_content::{Config, TextMode};
use serde_json::json;

use crate::desk::{chat, choice, generation, generation_with, json_schema, said, talk, text};

#[test]
fn the_same_work_gives_the_same_plan() {
    let work = Generate {
        choices: 3,
        logprobs: Some(2),
        ..chat("Explain how tides work.")
    };
    let (one, other) = (generation(&work), generation(&work));
    assert_eq!(one.choices, other.choices);
    assert_ne!(text(&one.choices[0]), text(&one.choices[1]));
}

#[test]
fn the_answer_is_about_the_prompt() {
    let text = said(&chat("How do volcanoes form under the ocean?")).to_lowercase();
    assert!(text.contains("volcano") || text.contains("ocean"), "{text}");
}

#[test]
fn given_words_are_given_back_and_nothing_else() {
    for (prompt, wanted) in [
        ("Say \"hello world\"", "hello world"),
        ("Reply with exactly: pong", "pong"),
        ("Say this is a test", "this is a test"),
        ("Antworte nur mit dem Wort: ja", "ja"),
    ] {
        assert_eq!(said(&chat(prompt)), wanted, "{prompt}");
    }
}

#[test]
fn instructions_give_words_back_too() {
    for role in [Role::System, Role::Developer] {
        for (instruction, wanted) in [
            ("Reply with only the word PONG", "PONG"),
            ("Always answer with \"out of office\".", "out of office"),
        ] {
            let work = talk(vec![
                Message::text(role, instruction),
                Message::text(Role::User, "How do tides work?"),
            ]);
            assert_eq!(said(&work), wanted, "{instruction}");
        }
    }
}

#[test]
fn short_questions_have_short_answers() {
    for (prompt, wanted) in [
        ("What is 2+2?", "2 + 2 = 4."),
        ("Count from 1 to 5", "1, 2, 3, 4, 5"),
        ("Repeat the word hello 3 times", "hello hello hello"),
        (
            "Return only JSON: {\"status\":\"ok\"}",
            "{\"status\":\"ok\"}",
        ),
    ] {
        assert_eq!(said(&chat(prompt)), wanted, "{prompt}");
    }
}

#[test]
fn instructions_set_the_language() {
    let work = talk(vec![
        Message::text(Role::System, "You always answer in German."),
        Message::text(Role::User, "How does a bicycle work?"),
    ]);
    let text = said(&work);
    assert!(
        [" der ", " die ", " das ", " und ", " ist "]
            .iter()
            .any(|word| text.contains(word)),
        "{text}"
    );
}

#[test]
fn text_modes_replace_prose() {
    let say = |text_mode, prompt| {
        let config = Config {
            text: text_mode,
            ..Config::default()
        };
        text(&generation_with(&chat(prompt), config).choices[0])
    };
    assert_eq!(say(TextMode::Echo, "What is up?"), "What is up?");
    assert_eq!(say(TextMode::Fixed("ok".into()), "What is up?"), "ok");
    assert!(
        say(TextMode::Lorem, "What is up?")
            .to_lowercase()
            .contains("lorem")
    );
}

#[test]
fn what_moderation_flags_strongly_is_refused() {
    let prompt = "Tell me how to make a bomb at home";
    let refused = choice(&Generate {
        format: json_schema(
            json!({"type": "object", "properties": {"steps": {"type": "string"}}, "required": ["steps"], "additionalProperties": false}),
            true,
        ),
        ..chat(prompt)
    });
    assert!(matches!(refused.segments[0], Segment::Refusal(_)));
    let plain = choice(&chat(prompt));
    assert!(matches!(plain.segments[0], Segment::Text(_)));
    let harmless = choice(&Generate {
        format: json_schema(
            json!({"type": "object", "properties": {"steps": {"type": "string"}}, "required": ["steps"], "additionalProperties": false}),
            true,
        ),
        ..chat("Tell me how to kill a python process that hangs, and make a bath bomb")
    });
    assert!(matches!(harmless.segments[0], Segment::Text(_)));
}

#[test]
fn an_image_is_spoken_of() {
    let mut png = vec![
        0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', 0, 0, 0, 13,
    ];
    png.extend(b"IHDR");
    png.extend([0, 0, 2, 0x80, 0, 0, 1, 0xe0, 8, 2, 0, 0, 0]);
    let about = |question: &str| {
        let mut message = Message::text(Role::User, question);
        message.parts.push(Part::Media(Media {
            kind: MediaKind::Image,
            source: MediaSource::Bytes(png.clone().into()),
            format: Some("image/png".into()),
            name: None,
            detail: Detail::Auto,
        }));
        said(&talk(vec![message]))
    };
    let text = about("What is in this picture?");
    assert!(text.contains("640") && text.contains("480"), "{text}");
    // Without the picture these words would be small talk.
    let text = about("Who is he?");
    assert!(
        text.contains("640") && text.ends_with("refers to."),
        "{text}"
    );
}

#[test]
fn a_prediction_is_taken_over_with_the_change_asked_for() {
    let code = "class User {\n  firstName = \"\";\n  username = \"\";\n}\n";
    let work = Generate {
        prediction: Some(code.into()),
        ..chat("Replace the username property with an email property. Respond only with code.")
    };
    let generation = generation(&work);
    assert_eq!(
        text(&generation.choices[0]),
        code.replace("username", "email")
    );
    let usage = generation.usage();
    assert!(usage.accepted_prediction > 10, "{usage:?}");
    assert!((1..=4).contains(&usage.rejected_prediction), "{usage:?}");
    // Where the change is, a stretch ends and another begins.
    let [stretches] = &generation.foretold[..] else {
        panic!("one choice")
    };
    assert!(
        stretches.len() > 1 && stretches[0].start == 0,
        "{stretches:?}"
    );
    let whole = generation.choices[0].generated() as u32;
    assert_eq!(stretches.last().map(|last| last.end), Some(whole));
}

#[test]
fn banned_tokens_never_come() {
    let vocabulary = fakeai_tokens::vocabulary_for("gpt-4o");
    let banned: Vec<_> = [" the", " The", "The", "the"]
        .iter()
        .map(|text| vocabulary.encode(text)[0])
        .collect();
    let mut logit_bias: Vec<_> = banned.iter().map(|id| (*id, -100.0)).collect();
    logit_bias.sort_by_key(|(id, _)| *id);
    let work = Generate {
        sampling: Sampling {
            logit_bias,
            ..Sampling::default()
        },
        ..chat("Describe the water cycle in detail.")
    };
    let choice = choice(&work);
    let tokens = choice.segments[0].tokens().expect("text");
    assert!(!tokens.is_empty() && tokens.ids.iter().all(|id| !banned.contains(id)));
}

#[test]
fn a_compaction_tells_what_was_said() {
    let generate = talk(vec![
        Message::text(Role::User, "My name is Ada and I like chess."),
        Message::text(Role::Assistant, "Nice to meet you."),
    ]);
    let plan = crate::desk::plan(&Work::Compact(Box::new(generate)));
    let Ok(fakeai_canon::Plan::Generation(generation)) = plan else {
        panic!("no text")
    };
    assert!(text(&generation.choices[0]).contains("Ada"));
}

#[test]
fn a_count_counts_the_prompt() {
    let work = Generate {
        limits: Limits::default(),
        ..chat("Hello there")
    };
    let plan = crate::desk::plan(&Work::Count(Box::new(work)));
    let Ok(fakeai_canon::Plan::Count(usage)) = plan else {
        panic!("no count")
    };
    assert!(usage.prompt > 2 && usage.completion == 0);
}
