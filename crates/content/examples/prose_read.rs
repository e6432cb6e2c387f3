//! Reads answers aloud: `cargo run -p fakeai-content --example prose_read -- "What is TCP?"`.
//! Without a prompt it takes the prompts of the test data. Not a test.
#![allow(clippy::print_stdout, reason = "it is there to be read")]

use fakeai_canon::{Sampling, Seed, Tokens, Verbosity};
use fakeai_content::prose::{Form, Length, Prose, Request, Topic};
use fakeai_tokens::Vocabulary;

fn main() {
    let asked: Vec<String> = std::env::args().skip(1).collect();
    let file = include_str!("../../../data/corpus/prompts.txt");
    let listed = file
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split('\t').nth(1));
    let prompts = if asked.is_empty() {
        listed.map(str::to_owned).collect()
    } else {
        asked
    };
    let prose = Prose::of(Vocabulary::o200k_base());
    for (number, prompt) in prompts.iter().enumerate() {
        let topic = Topic::of(prompt);
        let sampling = Sampling::default();
        for (form, verbosity) in [
            (Form::Answer, Verbosity::Low),
            (Form::Answer, Verbosity::Medium),
        ] {
            let length = Length {
                verbosity,
                ..Length::default()
            };
            let request = Request {
                seed: Seed(number as u64),
                sampling: &sampling,
                length,
                logprobs: None,
            };
            let mut tokens = Tokens::default();
            let finish = prose.generate(form, &topic, &request, &mut tokens);
            println!(
                "=== {prompt}\n[{} {:?} {:?} | {} tokens, {finish:?}]\n",
                topic.language.code(),
                topic.kind,
                topic.keywords,
                tokens.len()
            );
            println!("{}\n", tokens.text());
        }
    }
}
