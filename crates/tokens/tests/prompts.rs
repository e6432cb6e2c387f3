//! Prompt tokens against the totals that the provider publishes or reports.

use bytes::Bytes;
use fakeai_canon::{
    ApiError, CallKind, Detail, Format, Generate, Input, Media, MediaKind, MediaSource, Message,
    Mode, Part, PastCall, Prompt, RawPrompt, Role, Schema, Tool,
};
use fakeai_tokens::{MediaError, Vocabulary, prompts};
use serde_json::json;

fn said(role: Role, name: Option<&str>, text: &str) -> Message {
    Message {
        name: name.map(str::to_owned),
        ..Message::text(role, text)
    }
}

fn chat(model: &str, messages: Vec<Message>) -> Generate {
    Generate {
        model: model.to_owned(),
        input: Input::Chat(messages),
        ..Generate::default()
    }
}

fn prompt(work: &Generate) -> Prompt {
    prompts(work, Mode::Realistic).expect("readable").remove(0)
}

/// The conversation and totals of the cookbook's notebook, section 6.
#[test]
fn a_conversation_counts_as_in_the_cookbook() {
    let user = Some("example_user");
    let assistant = Some("example_assistant");
    let jargon = "Let's circle back when we have more bandwidth to touch base on opportunities for increased leverage.";
    let last =
        "This late pivot means we don't have time to boil the ocean for the client deliverable.";
    let task = "You are a helpful, pattern-following assistant that translates corporate jargon into plain English.";
    let messages = vec![
        said(Role::System, None, task),
        said(
            Role::System,
            user,
            "New synergies will help drive top-line growth.",
        ),
        said(
            Role::System,
            assistant,
            "Things working well together will increase revenue.",
        ),
        said(Role::System, user, jargon),
        said(
            Role::System,
            assistant,
            "Let's talk later when we're less busy about how to do better.",
        ),
        said(Role::User, None, last),
    ];
    for (model, total) in [
        ("gpt-3.5-turbo", 129),
        ("gpt-4-0613", 129),
        ("gpt-4o", 124),
        ("gpt-4o-mini", 124),
    ] {
        assert_eq!(
            prompt(&chat(model, messages.clone())).len(),
            total,
            "{model}"
        );
    }
}

/// The tool and totals of the cookbook's notebook, section 7.
#[test]
fn functions_count_as_in_the_cookbook() {
    let parameters = json!({
        "type": "object",
        "properties": {
            "location": {"type": "string", "description": "The city and state, e.g. San Francisco, CA"},
            "unit": {
                "type": "string",
                "description": "The unit of temperature to return",
                "enum": ["celsius", "fahrenheit"],
            },
        },
        "required": ["location"],
    });
    let tool = Tool::Function {
        name: "get_current_weather".to_owned(),
        description: Some("Get the current weather in a given location".to_owned()),
        parameters: Some(Schema(parameters.into())),
        strict: false,
    };
    let messages = vec![
        said(
            Role::System,
            None,
            "You are a helpful assistant that can answer to questions about the weather.",
        ),
        said(
            Role::User,
            None,
            "What's the weather like in San Francisco?",
        ),
    ];
    for (model, total) in [
        ("gpt-3.5-turbo", 105),
        ("gpt-4", 105),
        ("gpt-4o", 101),
        ("gpt-4o-mini", 101),
    ] {
        let work = Generate {
            tools: vec![tool.clone()],
            ..chat(model, messages.clone())
        };
        assert_eq!(prompt(&work).len(), total, "{model}");
    }
}

#[test]
fn calls_and_schemas_are_part_of_the_prompt() {
    let question = vec![said(Role::User, None, "Add 1 and 2")];
    let plain = prompt(&chat("gpt-4o", question.clone())).len();
    let call = PastCall {
        id: "call_1".to_owned(),
        name: "add".to_owned(),
        arguments: "{\"a\":1,\"b\":2}".to_owned(),
        kind: CallKind::Function,
    };
    let turn = Message {
        parts: Vec::new(),
        calls: vec![call],
        ..Message::text(Role::Assistant, "")
    };
    let with_call = prompt(&chat("gpt-4o", [question.clone(), vec![turn]].concat())).len();
    assert!(with_call > plain + 8, "{with_call} after {plain}");
    let schema =
        Schema(json!({"type": "object", "properties": {"sum": {"type": "integer"}}}).into());
    let format = Format::JsonSchema {
        name: "sum".to_owned(),
        schema,
        strict: true,
    };
    assert!(
        prompt(&Generate {
            format,
            ..chat("gpt-4o", question)
        })
        .len()
            > plain + 10
    );
}

#[test]
fn a_conversation_that_grows_keeps_its_beginning() {
    let first = vec![
        said(Role::System, None, "Be brief."),
        said(Role::User, None, "Hello!"),
    ];
    let grown = [
        first.clone(),
        vec![
            said(Role::Assistant, None, "Hi."),
            said(Role::User, None, "Bye."),
        ],
    ]
    .concat();
    let (first, grown) = (
        prompt(&chat("gpt-4o", first)),
        prompt(&chat("gpt-4o", grown)),
    );
    assert!(
        grown.ids.starts_with(&first.ids),
        "the primed answer is where the answer's turn begins"
    );
}

#[test]
fn raw_prompts_are_their_text_or_their_ids() {
    let raw = vec![
        RawPrompt::Text("Say this is a test".to_owned()),
        RawPrompt::Tokens(vec![1, 2, 3]),
    ];
    let model = "gpt-3.5-turbo-instruct".to_owned();
    let work = Generate {
        model,
        input: Input::Raw(raw),
        ..Generate::default()
    };
    let both = prompts(&work, Mode::Realistic).expect("no media");
    assert_eq!(
        both[0].ids,
        Vocabulary::cl100k_base().encode("Say this is a test")
    );
    assert_eq!(both[1].ids, [1, 2, 3]);
}

fn with_media(kind: MediaKind, source: MediaSource, format: Option<&str>) -> Generate {
    let media = Media {
        kind,
        source,
        format: format.map(str::to_owned),
        name: None,
        detail: Detail::High,
    };
    let parts = vec![Part::Text("What is this?".to_owned()), Part::Media(media)];
    chat(
        "gpt-4o",
        vec![Message {
            parts,
            ..Message::text(Role::User, "")
        }],
    )
}

fn png(width: u32, height: u32) -> Bytes {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    bytes.extend(width.to_be_bytes());
    bytes.extend(height.to_be_bytes());
    bytes.extend([8, 2, 0, 0, 0]);
    bytes.into()
}

#[test]
fn images_and_sound_are_pseudo_tokens_of_their_content() {
    let image = |width| {
        prompt(&with_media(
            MediaKind::Image,
            MediaSource::Bytes(png(width, 1024)),
            None,
        ))
    };
    assert_eq!(image(1024).image, 765);
    let pseudo = |prompt: &Prompt| {
        prompt
            .ids
            .iter()
            .filter(|id| **id >= Prompt::PSEUDO)
            .count()
    };
    assert_eq!(pseudo(&image(1024)), 765);
    assert_eq!(image(1024), image(1024));
    assert_ne!(image(1024).ids, image(1025).ids);

    let second = MediaSource::Bytes(vec![0; 48_000].into());
    let sound = prompt(&with_media(MediaKind::Audio, second, Some("pcm16")));
    assert_eq!((sound.audio, sound.image, pseudo(&sound)), (10, 0, 10));
}

#[test]
fn unreadable_media_are_the_providers_error_or_of_unknown_size_in_a_mock() {
    let work = with_media(
        MediaKind::Image,
        MediaSource::Bytes(Bytes::from_static(b"GIF87a")),
        None,
    );
    assert_eq!(prompts(&work, Mode::Realistic), Err(MediaError::Image));
    assert_eq!(prompts(&work, Mode::Mock).map(|all| all[0].image), Ok(765));
    let error = ApiError::from(MediaError::Image);
    assert_eq!(error.code.as_deref(), Some("invalid_image_format"));
    let sound = with_media(
        MediaKind::Audio,
        MediaSource::Bytes(Bytes::from_static(b"no")),
        Some("wav"),
    );
    assert_eq!(prompts(&sound, Mode::Realistic), Err(MediaError::Sound));
    assert!(!ApiError::from(MediaError::Sound).message.is_empty());
}

#[test]
fn files_count_as_their_text_or_by_their_pages() {
    let file = |bytes: &'static [u8]| {
        prompt(&with_media(
            MediaKind::File,
            MediaSource::Bytes(Bytes::from_static(bytes)),
            None,
        ))
    };
    let nothing = file(b"\xff").len() - 765 - 400;
    assert_eq!(file(b"hello world").len(), nothing + 2);
    let two_pages = b"%PDF-1.4 1 0 obj <</Type /Pages /Count 2>> <</Type /Page>> <</Type/Page >>";
    let pages = file(two_pages);
    assert_eq!(
        (pages.image, pages.len()),
        (2 * 765, nothing + 2 * (765 + 400))
    );
}
