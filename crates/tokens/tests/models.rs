//! Which vocabulary a model gets, and what is said about it.

use fakeai_tokens::{Exactness, tokenization_for, vocabulary_for};

#[test]
fn openai_models_have_their_own_vocabulary() {
    let o200k = [
        "gpt-4o",
        "gpt-4o-mini-2024-07-18",
        "gpt-4.1-nano",
        "gpt-5",
        "gpt-5.1-codex",
        "o1-mini",
        "o3",
        "o4-mini",
        "chatgpt-4o-latest",
        "openai/gpt-oss-120b",
        "ft:gpt-4o-mini:org::id",
        "GPT-4o",
    ];
    for model in o200k {
        let tokenization = tokenization_for(model);
        assert_eq!(tokenization.vocabulary.name(), "o200k_base", "{model}");
        assert_eq!(tokenization.exactness, Exactness::Exact, "{model}");
    }
    let cl100k = [
        "gpt-4",
        "gpt-4-0613",
        "gpt-4-turbo",
        "gpt-3.5-turbo-0125",
        "text-embedding-3-large",
        "text-embedding-ada-002",
        "ft:gpt-3.5-turbo:org::id",
        "davinci-002",
    ];
    for model in cl100k {
        assert_eq!(vocabulary_for(model).name(), "cl100k_base", "{model}");
    }
}

#[test]
fn other_families_say_that_a_stand_in_counts() {
    for (model, family) in [
        ("claude-sonnet-4-5", "anthropic"),
        ("gemini-2.5-pro", "google"),
        ("meta-llama/Llama-3.1-8B-Instruct", "meta-llama"),
        ("Qwen/Qwen3-8B", "qwen"),
        ("deepseek-r1", "deepseek"),
        ("never-heard-of-it", "unknown"),
        ("", "unknown"),
    ] {
        let tokenization = tokenization_for(model);
        assert_eq!(
            tokenization.exactness,
            Exactness::StandIn { for_family: family },
            "{model}"
        );
        assert_eq!(tokenization.vocabulary.name(), "o200k_base", "{model}");
    }
}
