//! What a user relies on in generated text: on the topic and in the prompt's language, the same
//! for the same seed, in true tokens, within limits, bent by the sampling parameters.

use std::collections::HashSet;

use fakeai_canon::{Finish, Sampling, Seed, TokenId, Tokens, Verbosity};
use fakeai_content::prose::{Form, Language, Length, Prose, Request, Topic, phrase};
use fakeai_tokens::Vocabulary;

const PROMPTS: &str = include_str!("../../../data/corpus/prompts.txt");
const VERBOSITIES: [Verbosity; 3] = [Verbosity::Low, Verbosity::Medium, Verbosity::High];

/// Language, prompt and the phrases that an answer should mention.
fn prompts() -> impl Iterator<Item = (&'static str, &'static str, Vec<&'static str>)> {
    PROMPTS
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let mut fields = line.split('\t');
            let mut field = || fields.next().unwrap_or_default();
            (
                field(),
                field(),
                field().split('|').filter(|key| !key.is_empty()).collect(),
            )
        })
}

fn say_with(
    prompt: &str,
    seed: u64,
    sampling: &Sampling,
    length: Length,
    logprobs: Option<u8>,
) -> (Tokens, Finish) {
    let request = Request {
        seed: Seed(seed),
        sampling,
        length,
        logprobs,
    };
    let mut tokens = Tokens::default();
    let finish = Prose::of(Vocabulary::o200k_base()).generate(
        Form::Answer,
        &Topic::of(prompt),
        &request,
        &mut tokens,
    );
    (tokens, finish)
}

fn say(prompt: &str, seed: u64) -> Tokens {
    say_with(prompt, seed, &Sampling::default(), Length::default(), None).0
}

fn bent(bend: impl Fn(&mut Sampling)) -> Sampling {
    let mut sampling = Sampling::default();
    bend(&mut sampling);
    sampling
}

#[test]
fn prompts_are_read_in_their_language() {
    for (language, prompt, _) in prompts() {
        assert_eq!(Topic::of(prompt).language.code(), language, "{prompt}");
    }
}

#[test]
fn the_topic_is_what_is_asked_about() {
    for (prompt, topic) in [
        ("How do tides work?", "tides"),
        ("Explain how tides work.", "tides"),
        ("How does DNS resolve?", "DNS"),
        ("Why do volcanoes form under the sea?", "volcanoes"),
        (
            "Write a one-sentence bedtime story about a unicorn.",
            "unicorn",
        ),
        ("Who wrote Hamlet?", "Hamlet"),
        ("Pourquoi le ciel est-il bleu ?", "ciel"),
        ("¿Cómo puedo hacer una paella?", "paella"),
        ("请用中文解释量子计算", "量子计算"),
    ] {
        let found = Topic::of(prompt).keywords;
        assert_eq!(found.first().map(String::as_str), Some(topic), "{prompt}");
        assert!(!found.iter().any(|key| key.contains("中文")), "{found:?}");
    }
}

#[test]
fn a_question_after_a_greeting_is_a_question() {
    let topic = Topic::of("Hi, what is the capital of France?");
    assert_eq!(topic.kind.name(), "question");
    assert_eq!(Topic::of("Hi there!").kind.name(), "chat");
}

#[test]
fn a_question_about_a_form_is_no_wish_for_it() {
    for prompt in [
        "How does email work?",
        "What is a haiku?",
        "Explain how a sonnet is built.",
        "Who wrote the poem?",
    ] {
        assert_eq!(Topic::of(prompt).kind.name(), "question", "{prompt}");
    }
    for (prompt, kind) in [
        ("Write an email to Ada.", "mail"),
        ("Can you tell me a joke?", "joke"),
        ("A haiku about rain, please", "haiku"),
    ] {
        assert_eq!(Topic::of(prompt).kind.name(), kind, "{prompt}");
    }
}

#[test]
fn forms_and_sentences_are_as_asked() {
    let say = |prompt: &str| {
        let length = Length::default();
        say_with(prompt, 3, &Sampling::default(), length, None)
            .0
            .text()
            .to_owned()
    };
    let ends = |text: &str| text.matches(['.', '!', '?']).count();
    assert_eq!(
        ends(&say("Write a one-sentence bedtime story about a unicorn.")),
        1
    );
    assert_eq!(ends(&say("Explain gravity in two sentences.")), 2);
    assert_eq!(say("Write a haiku about autumn").lines().count(), 3);
    let mail = say("Write an email to the landlord about the heating");
    assert!(
        mail.starts_with("Subject: ") && mail.contains("heating"),
        "{mail}"
    );
    let verses = say("Write a poem about the sea");
    assert!(
        verses.lines().count() > 7 && verses.contains("the sea"),
        "{verses}"
    );
}

#[test]
fn one_letter_tells_no_language() {
    for letter in ["a", "y", "e", "o", "x"] {
        assert_eq!(Topic::of(letter).language, Language::English, "{letter}");
    }
}

#[test]
fn answers_mention_the_key_words_of_the_prompt() {
    let (mut asked, mut met) = (0, 0);
    for verbosity in VERBOSITIES {
        for (seed, (_, prompt, keys)) in prompts().enumerate() {
            let length = Length {
                verbosity,
                ..Length::default()
            };
            let (answer, _) = say_with(prompt, seed as u64, &Sampling::default(), length, None);
            let text = answer.text().to_lowercase();
            for key in keys {
                asked += 1;
                let is_met = text.contains(&key.to_lowercase());
                met += usize::from(is_met);
                if !is_met {
                    println!(
                        "{prompt}: no {key} ({verbosity:?}) in {:?}",
                        Topic::of(prompt).keywords
                    );
                }
            }
        }
    }
    println!("recall: {met} of {asked}");
    assert!(met as f64 >= 0.85 * asked as f64, "recall {met} of {asked}");
}

#[test]
fn answers_are_in_the_language_of_the_prompt() {
    for (language, prompt, _) in prompts() {
        let prompt_kind = Topic::of(prompt).kind.name();
        if prompt_kind == "repeat" {
            continue;
        }
        let text = say(prompt, 3).text().to_owned();
        assert_eq!(Language::of(&text).code(), language, "{prompt} → {text}");
    }
}

#[test]
fn answers_end_with_a_sentence_and_fill_every_slot() {
    for (seed, (_, prompt, _)) in prompts().enumerate() {
        for verbosity in VERBOSITIES {
            let length = Length {
                verbosity,
                ..Length::default()
            };
            let (answer, finish) =
                say_with(prompt, seed as u64, &Sampling::default(), length, None);
            let text = answer.text();
            assert_eq!(finish, Finish::Stop);
            assert!(
                text.ends_with(['.', '!', '?', '。', '！', '？', '؟', '।', ']', '`', '」']),
                "{prompt} → {text}"
            );
            assert!(
                !text.contains(|c: char| ('\u{e000}'..'\u{f000}').contains(&c)),
                "{text}"
            );
            assert!(
                !text.contains("{t}") && !text.contains("|") || text.contains("```"),
                "{text}"
            );
        }
    }
}

#[test]
fn ids_are_the_canonical_encoding_of_the_text() {
    for vocabulary in [Vocabulary::o200k_base(), Vocabulary::cl100k_base()] {
        let prose = Prose::of(vocabulary);
        for (index, (_, prompt, _)) in prompts().enumerate() {
            for form in [
                Form::Answer,
                Form::Reasoning,
                Form::ReasoningSummary,
                Form::Refusal,
                Form::Lorem,
            ] {
                for verbosity in VERBOSITIES {
                    let length = Length {
                        verbosity,
                        ..Length::default()
                    };
                    let warm = bent(|sampling| sampling.temperature = Some(1.4));
                    for sampling in [Sampling::default(), warm] {
                        let request = Request {
                            seed: Seed(index as u64),
                            sampling: &sampling,
                            length,
                            logprobs: None,
                        };
                        let mut tokens = Tokens::default();
                        prose.generate(form, &Topic::of(prompt), &request, &mut tokens);
                        let text = tokens.text();
                        assert_eq!(text.len(), tokens.bytes.len(), "whole characters");
                        assert_eq!(
                            vocabulary.encode(text),
                            tokens.ids,
                            "{} {text}",
                            vocabulary.name()
                        );
                        assert_eq!(tokens.ends.last().copied(), Some(text.len() as u32));
                    }
                }
            }
        }
    }
}

#[test]
fn the_same_seed_says_the_same_and_another_something_else() {
    let prompt = "Explain how tides work.";
    assert_eq!(say(prompt, 1), say(prompt, 1));
    let answers: HashSet<_> = (0..20).map(|seed| say(prompt, seed).ids).collect();
    assert_eq!(answers.len(), 20);
}

#[test]
fn logprobs_do_not_change_the_text() {
    for temperature in [None, Some(0.0), Some(0.7), Some(1.3)] {
        let sampling = bent(|sampling| sampling.temperature = temperature);
        let (bare, _) = say_with(
            "What is a prime number?",
            5,
            &sampling,
            Length::default(),
            None,
        );
        let (scored, _) = say_with(
            "What is a prime number?",
            5,
            &sampling,
            Length::default(),
            Some(5),
        );
        assert_eq!(bare.ids, scored.ids);
        assert_eq!(scored.logprobs.len(), scored.ids.len());
        for (entry, id) in scored.logprobs.iter().zip(&scored.ids) {
            assert!(entry.logprob <= 0.0 && entry.logprob.is_finite());
            assert!(entry.top.len() <= 5 && !entry.top.is_empty());
            assert!(
                entry
                    .top
                    .windows(2)
                    .all(|pair| pair[0].logprob >= pair[1].logprob)
            );
            let sum: f32 = entry.top.iter().map(|top| top.logprob.exp()).sum();
            assert!(sum <= 1.001, "{sum}");
            let listed = entry.top.iter().find(|top| top.id == *id);
            assert!(listed.is_none_or(|top| (top.logprob - entry.logprob).abs() < 1e-3));
        }
    }
}

/// How often the first token is each of its values, against the probability that is reported.
#[test]
fn reported_probabilities_are_those_that_tokens_are_drawn_with() {
    const DRAWS: usize = 4000;
    let prompt = "What is a comet?";
    let length = Length {
        max: Some(1),
        verbosity: Verbosity::Low,
        target: None,
    };
    let firsts: Vec<_> = (0..DRAWS)
        .map(|seed| say_with(prompt, seed as u64, &Sampling::default(), length, Some(3)).0)
        .collect();
    let best = firsts[0].logprobs[0].top[0];
    let share = firsts
        .iter()
        .filter(|tokens| tokens.ids[0] == best.id)
        .count() as f32
        / DRAWS as f32;
    assert!(
        (share - best.logprob.exp()).abs() < 0.04,
        "{share} against {}",
        best.logprob.exp()
    );
}

#[test]
fn temperature_zero_is_the_most_probable_path_whatever_the_seed() {
    let sampling = bent(|sampling| sampling.temperature = Some(0.0));
    let say = |seed| {
        say_with(
            "Why is the sky blue?",
            seed,
            &sampling,
            Length::default(),
            None,
        )
        .0
        .ids
    };
    assert_eq!(say(1), say(2));
}

fn variety(sampling: &Sampling) -> usize {
    let length = Length {
        verbosity: Verbosity::Low,
        ..Length::default()
    };
    let firsts = (0..300).map(|seed| {
        say_with("What is rain?", seed, sampling, length, None)
            .0
            .ids[..6]
            .to_vec()
    });
    firsts.collect::<HashSet<_>>().len()
}

#[test]
fn temperature_and_top_p_govern_the_variety() {
    let cold = variety(&bent(|sampling| sampling.temperature = Some(0.2)));
    let usual = variety(&Sampling::default());
    let hot = variety(&bent(|sampling| sampling.temperature = Some(1.8)));
    let narrow = variety(&bent(|sampling| sampling.top_p = Some(0.2)));
    assert!(cold < usual && usual < hot, "{cold} {usual} {hot}");
    assert!(narrow < usual, "{narrow} {usual}");
}

#[test]
fn banned_tokens_never_appear_and_forced_ones_take_over() {
    let vocabulary = Vocabulary::o200k_base();
    let banned: Vec<TokenId> = [" the", " is", " and", " of", ","]
        .iter()
        .map(|text| vocabulary.encode(text)[0])
        .collect();
    let mut bias: Vec<_> = banned.iter().map(|id| (*id, -100.0)).collect();
    bias.sort_by_key(|(id, _)| *id);
    let sampling = bent(|sampling| sampling.logit_bias = bias.clone());
    for seed in 0..30 {
        let (answer, _) = say_with(
            "How do volcanoes form?",
            seed,
            &sampling,
            Length::default(),
            None,
        );
        assert!(!answer.is_empty());
        assert!(
            answer.ids.iter().all(|id| !banned.contains(id)),
            "{}",
            answer.text()
        );
        assert_eq!(vocabulary.encode(answer.text()), answer.ids);
    }
    let forced = vocabulary.encode(" banana")[0];
    let sampling = bent(|sampling| sampling.logit_bias = vec![(forced, 100.0)]);
    let length = Length {
        max: Some(12),
        ..Length::default()
    };
    let (answer, finish) = say_with("How do volcanoes form?", 1, &sampling, length, None);
    assert_eq!((answer.ids, finish), (vec![forced; 12], Finish::Length));
}

fn repetition(sampling: &Sampling) -> f64 {
    let length = Length {
        verbosity: Verbosity::High,
        target: Some(300),
        max: None,
    };
    let (mut all, mut distinct) = (0, 0);
    for seed in 0..30 {
        let (answer, _) = say_with(
            "Describe life in a medieval town.",
            seed,
            sampling,
            length,
            None,
        );
        let ids = &answer.ids[..200];
        all += ids.len();
        distinct += ids.iter().collect::<HashSet<_>>().len();
    }
    1.0 - distinct as f64 / all as f64
}

#[test]
fn penalties_reduce_repetition() {
    let usual = repetition(&Sampling::default());
    let frequency = repetition(&bent(|sampling| sampling.frequency_penalty = 1.5));
    let presence = repetition(&bent(|sampling| sampling.presence_penalty = 2.0));
    assert!(
        frequency < usual && presence < usual,
        "{usual} {frequency} {presence}"
    );
}

#[test]
fn the_limit_cuts_at_the_token_and_only_there() {
    for max in [1, 2, 7, 30, 50] {
        let length = Length {
            max: Some(max),
            verbosity: Verbosity::High,
            target: None,
        };
        let (answer, finish) = say_with(
            "Explain gravity in detail.",
            4,
            &Sampling::default(),
            length,
            Some(2),
        );
        assert_eq!(
            (answer.len(), answer.logprobs.len(), finish),
            (max as usize, max as usize, Finish::Length)
        );
    }
    let (whole, _) = say_with(
        "Explain gravity in detail.",
        4,
        &Sampling::default(),
        Length::default(),
        None,
    );
    let length = Length {
        max: Some(whole.len() as u32),
        ..Length::default()
    };
    let (same, finish) = say_with(
        "Explain gravity in detail.",
        4,
        &Sampling::default(),
        length,
        None,
    );
    assert_eq!((same.ids, finish), (whole.ids, Finish::Stop));
}

#[test]
fn a_target_is_met_within_a_sentence_or_two() {
    for (_, prompt, _) in prompts() {
        let kind = Topic::of(prompt).kind.name();
        if ["repeat", "code"].contains(&kind) {
            continue;
        }
        for target in [40, 150, 600] {
            let length = Length {
                target: Some(target),
                ..Length::default()
            };
            let said = say_with(prompt, 2, &Sampling::default(), length, None)
                .0
                .len() as i64;
            let off = said - i64::from(target);
            assert!((-40..=160).contains(&off), "{prompt}: {said} for {target}");
        }
    }
}

#[test]
fn text_is_appended() {
    let prose = Prose::of(Vocabulary::o200k_base());
    let sampling = Sampling::default();
    let request = Request {
        seed: Seed(1),
        sampling: &sampling,
        length: Length::default(),
        logprobs: None,
    };
    let mut tokens = Tokens::default();
    prose.verbatim("First.\n", &request, &mut tokens);
    let first = tokens.len();
    prose.generate(
        Form::Answer,
        &Topic::of("What is tea?"),
        &request,
        &mut tokens,
    );
    assert!(tokens.text().starts_with("First.\n") && tokens.len() > first + 10);
    assert_eq!(tokens.ends.len(), tokens.ids.len());
}

#[test]
fn a_prompt_that_asks_for_words_gets_them() {
    for (prompt, wanted) in [
        ("Say this is a test", "This is a test."),
        ("Please say \"good night\"", "good night"),
        ("Reply with exactly: PONG", "PONG"),
    ] {
        assert_eq!(say(prompt, 1).text(), wanted);
    }
}

#[test]
fn lists_have_as_many_entries_as_asked_for() {
    for (prompt, count) in [
        ("Give me five tips for learning the piano", 5),
        ("List 12 ideas for a garden party", 12),
    ] {
        let entries = say(prompt, 1)
            .text()
            .lines()
            .filter(|line| line.starts_with("- "))
            .count();
        assert_eq!(entries, count, "{prompt}");
    }
}

#[test]
fn any_prompt_is_answered() {
    let odd = [
        "",
        " ",
        "?",
        "\n\n",
        "🙂🙂🙂",
        "a",
        "{t} [x|y]",
        "\u{e000}\u{e001}",
        "ﷺ",
        "1 2 3",
        "'''''",
        "```",
        "-----",
        "Ａ１",
        "\0",
    ];
    let long = "word ".repeat(50_000);
    for prompt in odd.into_iter().chain([long.as_str()]) {
        let answer = say(prompt, 1);
        assert!(!answer.is_empty(), "{prompt:.20}");
    }
}

#[test]
fn phrases_suit_the_name_of_their_field() {
    let topic = Topic::of("Plan a workshop about glass blowing");
    let mut rng = Seed(9).rng();
    let mut phrase = |hint: &str| phrase(hint, &topic, &mut rng);
    assert!(phrase("contactEmail").contains('@'));
    assert!(phrase("homepage_url").starts_with("https://"));
    assert_eq!(phrase("start-date").len(), 10);
    assert!(phrase("full_name").contains(' '));
    assert!(
        phrase("something").to_lowercase().contains("glass blowing")
            || phrase("title").contains("glass blowing")
    );
    for hint in [
        "city",
        "country",
        "phone",
        "status",
        "summary",
        "",
        "Ünïcode",
        "x",
    ] {
        let text = phrase(hint);
        assert!(
            !text.is_empty() && !text.contains(['{', '}']),
            "{hint}: {text}"
        );
    }
}
