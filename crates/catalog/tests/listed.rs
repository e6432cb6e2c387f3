//! The listed models: what clients ask for by name, with the facts that decide answers.

use fakeai_canon::Effort;
use fakeai_catalog::{
    Ability, Catalog, Endpoint, Modality, Origin, Parameter, ReasoningText, Support,
};

fn listed(id: &str) -> &'static fakeai_catalog::Model {
    Catalog::builtin()
        .get(id)
        .unwrap_or_else(|| panic!("{id} is not listed"))
}

#[test]
fn every_listed_model_is_whole() {
    for model in Catalog::builtin().models() {
        let id = &model.id;
        assert!(model.created > 0, "{id} has no day");
        assert!(
            !model.owned_by.is_empty() && !model.provider.is_empty(),
            "{id} has no owner"
        );
        assert!(
            model.context_window > 0 && !model.endpoints.is_empty(),
            "{id} serves nothing"
        );
        assert!(
            model.max_output_tokens <= model.context_window,
            "{id} says more than it can hold"
        );
        assert_eq!(model.origin, Origin::Listed);
        assert!(
            Catalog::builtin().get(&model.snapshot).is_some(),
            "{id} answers as a stranger"
        );
        assert_eq!(
            model.embedding.is_some(),
            model.serves(Endpoint::Embeddings),
            "{id}"
        );
        assert!(
            ["o200k_base", "cl100k_base"].contains(&model.vocabulary.table.as_str()),
            "{id}"
        );
        if let Some(reasoning) = &model.reasoning {
            assert!(
                reasoning
                    .default
                    .is_none_or(|effort| reasoning.efforts.contains(&effort))
            );
            assert!(
                reasoning.efforts.is_sorted(),
                "{id} lists its efforts in disorder"
            );
        }
        if let Some(prices) = model.prices {
            assert!(
                prices
                    .cached_input
                    .is_none_or(|cached| cached <= prices.input),
                "{id}"
            );
        }
    }
}

#[test]
fn the_ids_of_the_published_contract_and_of_the_python_fakeai_are_listed() {
    for id in [
        "gpt-5.6-sol",
        "gpt-5.5",
        "gpt-5.4-mini",
        "gpt-5.2-pro-2025-12-11",
        "gpt-5.1",
        "gpt-5-nano",
        "gpt-5-chat-latest",
        "gpt-4.1-nano-2025-04-14",
        "o4-mini",
        "o3-deep-research",
        "o1-preview",
        "gpt-4o",
        "gpt-4o-2024-08-06",
        "gpt-4o-mini-search-preview",
        "chatgpt-4o-latest",
        "codex-mini-latest",
        "gpt-4-vision-preview",
        "gpt-4-32k-0613",
        "gpt-3.5-turbo-16k-0613",
        "gpt-3.5-turbo-instruct",
        "davinci-002",
        "text-embedding-3-large",
        "text-embedding-ada-002",
        "omni-moderation-latest",
        "text-moderation-stable",
        "gpt-image-1",
        "dall-e-3",
        "tts-1-hd",
        "whisper-1",
        "gpt-realtime",
        "sora-2-pro",
        "computer-use-preview",
        "TinyLlama/TinyLlama-1.1B-Chat-v1.0",
        "meta-llama/Llama-3.1-8B-Instruct",
        "openai/gpt-oss-120b",
        "openai/gpt-oss-20b",
        "openai/gpt-oss-120b-realtime",
        "deepseek-ai/DeepSeek-R1",
        "deepseek-ai/DeepSeek-R1-Distill-Qwen-32B",
        "gpt-oss-120b",
        "gpt-oss-20b",
        "claude-3-opus",
        "claude-3-sonnet",
        "claude-3-haiku",
        "gemini-1.5-pro",
        "gemini-1.5-flash",
        "mixtral-8x7b",
        "mixtral-8x22b",
        "mistral-large",
        "deepseek-v3",
        "deepseek-ai/DeepSeek-R1-Distill-Llama-8B",
        "llama-3.1-405b",
        "llama-3.1-70b",
        "llama-3.1-8b",
        "sentence-transformers/all-mpnet-base-v2",
        "nomic-ai/nomic-embed-text-v1.5",
        "BAAI/bge-m3",
        "stabilityai/stable-diffusion-2-1",
        "stabilityai/stable-diffusion-xl-base-1.0",
        "tts-1",
    ] {
        listed(id);
    }
}

#[test]
fn facts_that_decide_errors_are_those_of_the_provider() {
    let plain = listed("gpt-4o");
    assert_eq!(
        (plain.context_window, plain.max_output_tokens),
        (128_000, 16_384)
    );
    assert_eq!(plain.created, 1_715_367_049);
    assert!(plain.reads(Modality::Image) && !plain.reads(Modality::Audio));
    assert!(plain.can(Ability::StructuredOutputs) && plain.reasoning.is_none());
    assert_eq!(plain.support(Parameter::Temperature), Support::Accepted);
    assert_eq!(plain.support(Parameter::ReasoningEffort), Support::Rejected);
    assert_eq!(plain.support(Parameter::Prediction), Support::Accepted);
    assert_eq!(plain.support(Parameter::Verbosity), Support::DefaultOnly);
    assert!(!listed("gpt-4o-2024-05-13").can(Ability::StructuredOutputs));
    assert!(!listed("gpt-3.5-turbo-instruct").serves(Endpoint::Chat));
    assert!(!listed("gpt-5.5-pro").serves(Endpoint::Chat));
    assert_eq!(listed("gpt-4").context_window, 8192);
    assert!(listed("gpt-4o-audio-preview").writes(Modality::Audio));
}

#[test]
fn reasoning_models_refuse_sampling_as_the_provider_does() {
    for id in ["o1", "o3", "o3-mini", "o4-mini", "gpt-5", "gpt-5-mini"] {
        let model = listed(id);
        assert_eq!(
            model.support(Parameter::Temperature),
            Support::DefaultOnly,
            "{id}"
        );
        for parameter in [
            Parameter::TopP,
            Parameter::Logprobs,
            Parameter::TopLogprobs,
            Parameter::LogitBias,
            Parameter::PresencePenalty,
            Parameter::FrequencyPenalty,
            Parameter::MaxTokens,
            Parameter::Stop,
        ] {
            assert_eq!(
                model.support(parameter),
                Support::Rejected,
                "{id} {}",
                parameter.name()
            );
        }
        assert_eq!(
            model.support(Parameter::ReasoningEffort),
            Support::Accepted,
            "{id}"
        );
        let reasoning = model.reasoning.as_ref().expect("it reasons");
        assert_eq!(reasoning.shows, ReasoningText::Hidden);
        assert_eq!(reasoning.default, Some(Effort::Medium));
    }
    assert_eq!(
        listed("o3").support(Parameter::ParallelToolCalls),
        Support::Rejected
    );
    assert_eq!(
        listed("gpt-5").support(Parameter::ParallelToolCalls),
        Support::Accepted
    );
    assert_eq!(
        listed("gpt-5").support(Parameter::Verbosity),
        Support::Accepted
    );
    let later = listed("gpt-5.1");
    assert_eq!(
        later.support(Parameter::Temperature),
        Support::WithoutReasoning
    );
    assert_eq!(
        later.reasoning.as_ref().and_then(|r| r.default),
        Some(Effort::None)
    );
    let open = listed("openai/gpt-oss-20b");
    assert_eq!(
        open.reasoning.as_ref().map(|r| r.shows),
        Some(ReasoningText::Content)
    );
    assert_eq!(open.support(Parameter::Temperature), Support::Accepted);
}

#[test]
fn embeddings_and_prices() {
    let small = listed("text-embedding-3-small")
        .embedding
        .expect("it makes vectors");
    assert_eq!((small.dimensions, small.shortenable), (1536, true));
    let old = listed("text-embedding-ada-002")
        .embedding
        .expect("it makes vectors");
    assert!(!old.shortenable);
    let prices = listed("gpt-4o-2024-08-06")
        .prices
        .expect("a snapshot has its model's price");
    assert_eq!(
        (prices.input, prices.cached_input, prices.output),
        (2.5, Some(1.25), 10.0)
    );
    assert!(listed("whisper-1").prices.is_none());
    assert!(listed("gpt-4").vocabulary.exact && listed("gpt-4").vocabulary.name == "cl100k_base");
    assert!(!listed("claude-3-opus").vocabulary.exact);
}

#[test]
fn an_alias_answers_with_its_snapshot() {
    for (id, snapshot) in [
        ("gpt-4o", "gpt-4o-2024-08-06"),
        ("gpt-4o-mini", "gpt-4o-mini-2024-07-18"),
        ("gpt-4", "gpt-4-0613"),
        ("gpt-3.5-turbo", "gpt-3.5-turbo-0125"),
        ("gpt-5", "gpt-5-2025-08-07"),
        ("o3-mini", "o3-mini-2025-01-31"),
        ("gpt-4o-2024-11-20", "gpt-4o-2024-11-20"),
        ("text-embedding-3-small", "text-embedding-3-small"),
        ("gpt-oss-20b", "gpt-oss-20b"),
        ("openai/gpt-oss-20b", "openai/gpt-oss-20b"),
        ("claude-opus-4-5", "claude-opus-4-5-20251101"),
    ] {
        assert_eq!(listed(id).snapshot, snapshot, "{id}");
        assert!(Catalog::builtin().get(snapshot).is_some());
    }
    let tuned = Catalog::builtin().resolve("ft:gpt-4o-mini:acme::x");
    assert_eq!(tuned.snapshot, tuned.id);
}
