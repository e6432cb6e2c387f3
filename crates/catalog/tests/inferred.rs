//! Unlisted names: what follows from them, ids of fine-tuned models, and what a typo meant.

use fakeai_catalog::{
    Ability, Catalog, Endpoint, FineTune, Latency, Modality, Model, Origin, Parameter,
    ReasoningText, Support,
};

fn resolve(id: &str) -> Model {
    let model = Catalog::builtin().resolve(id);
    assert_eq!(model.id, id);
    model
}

#[test]
fn a_name_tells_its_maker() {
    for (id, provider, owned_by) in [
        ("gpt-9-turbo", "openai", "openai"),
        ("claude-next", "anthropic", "anthropic"),
        ("mistralai/Foo-7B", "mistral", "mistralai"),
        ("mixtral-3x9b", "mistral", "mistralai"),
        ("deepseek-v9", "deepseek", "deepseek-ai"),
        ("acme/whatever-12b", "custom", "acme"),
        ("my-model", "custom", "custom"),
    ] {
        let model = resolve(id);
        assert_eq!(
            (model.provider.as_str(), model.owned_by.as_str()),
            (provider, owned_by),
            "{id}"
        );
        assert_eq!(model.origin, Origin::Inferred);
    }
}

#[test]
fn a_name_tells_the_size_and_with_it_the_speed() {
    for (id, size) in [
        ("acme-70b", 70.0),
        ("x/tiny-0.5B-chat", 0.5),
        ("m-270m", 0.27),
        ("acme-8x7b", 56.0),
    ] {
        assert_eq!(resolve(id).parameters_billion, Some(size), "{id}");
    }
    assert_eq!(
        resolve("acme-235b-a22b").active_parameters_billion,
        Some(22.0)
    );
    assert_eq!(resolve("web-model").parameters_billion, None);
    let speed = |id| resolve(id).latency.itl.milliseconds;
    assert!(speed("acme-1b") < speed("acme-8b") && speed("acme-8b") < speed("acme-400b"));
    assert!(speed("acme-400b-a17b") < speed("acme-400b"));
}

#[test]
fn a_name_tells_whether_it_reasons() {
    for (id, shows) in [
        ("o3-custom", Some(ReasoningText::Hidden)),
        ("my-o1", Some(ReasoningText::Hidden)),
        ("gpt-5-custom", Some(ReasoningText::Hidden)),
        ("gpt-6", Some(ReasoningText::Hidden)),
        ("acme-r1-distill-8b", Some(ReasoningText::Content)),
        ("acme-8b-thinking", Some(ReasoningText::Content)),
        ("lab/gpt-oss-7b", Some(ReasoningText::Content)),
        ("Qwen/Qwen3-4B", Some(ReasoningText::Content)),
        ("Qwen/Qwen3-4B-Instruct-2507", None),
        ("acme-8b-instruct", None),
        ("gpt-4o-custom", None),
        ("foo1", None),
    ] {
        assert_eq!(
            resolve(id).reasoning.map(|reasoning| reasoning.shows),
            shows,
            "{id}"
        );
    }
    assert_eq!(
        resolve("my-o1").support(Parameter::Temperature),
        Support::DefaultOnly
    );
    assert_eq!(
        resolve("acme-r1").support(Parameter::Temperature),
        Support::Accepted
    );
}

#[test]
fn a_name_tells_what_goes_in_and_what_it_is_for() {
    assert!(resolve("acme-vl-7b").reads(Modality::Image));
    assert!(resolve("gpt-4-vision-custom").reads(Modality::Image));
    assert!(!resolve("acme-7b").reads(Modality::Image));
    assert!(resolve("acme-audio").reads(Modality::Audio));
    for (id, endpoint) in [
        ("acme-embed-v2", Endpoint::Embeddings),
        ("intfloat/e5-large", Endpoint::Embeddings),
        ("acme-moderation-1", Endpoint::Moderations),
        ("acme-rerank-2", Endpoint::Rerank),
        ("openai/whisper-large-v3", Endpoint::Transcriptions),
        ("acme-tts", Endpoint::Speech),
        ("acme-realtime", Endpoint::Realtime),
        ("black-forest-labs/FLUX.1-dev", Endpoint::Images),
    ] {
        assert_eq!(resolve(id).endpoints, [endpoint], "{id}");
    }
    assert!(resolve("acme-embed-v2").embedding.is_some());
    assert!(resolve("anything").serves(Endpoint::Chat) && resolve("anything").can(Ability::Tools));
}

#[test]
fn a_name_that_continues_or_wraps_a_listed_id_has_its_facts() {
    for (id, like) in [
        ("openai/gpt-4o", "gpt-4o"),
        ("GPT-4O", "gpt-4o"),
        ("azure/gpt-4o-mini", "gpt-4o-mini"),
        ("gpt-4o-mini-2099-01-01", "gpt-4o-mini"),
        (
            "some-host/meta-llama/llama-3.1-8b-instruct",
            "meta-llama/Llama-3.1-8B-Instruct",
        ),
    ] {
        let (model, like) = (resolve(id), resolve(like));
        assert_eq!(model.family, like.family, "{id}");
        assert_eq!(model.context_window, like.context_window);
        assert_eq!(model.prices, like.prices);
    }
    assert_ne!(
        resolve("gpt-4.9").context_window,
        resolve("gpt-4").context_window
    );
}

#[test]
fn a_fine_tuned_model_is_its_base_under_another_owner() {
    let tuned = resolve("ft:gpt-4o-mini-2024-07-18:acme-inc:support:9xYz12");
    let base = resolve("gpt-4o-mini-2024-07-18");
    assert_eq!(
        tuned.origin,
        Origin::FineTuned {
            base: base.id.clone()
        }
    );
    assert_eq!(tuned.owned_by, "acme-inc");
    assert_eq!(
        (tuned.context_window, &tuned.abilities),
        (base.context_window, &base.abilities)
    );
    assert!(resolve("ft:o4-mini-2025-04-16:acme::x").reasoning.is_some());
    let parts = |id| FineTune::parse(id).map(|tune| (tune.base, tune.organisation));
    assert_eq!(
        parts("ft:gpt-3.5-turbo-0613:org::7p4lURel"),
        Some(("gpt-3.5-turbo-0613", "org"))
    );
    assert_eq!(
        parts("ft:gpt-4o:org:name:id:ckpt-step-90"),
        Some(("gpt-4o", "org"))
    );
    assert_eq!(parts("ft:host:8b:org:name:id"), Some(("host:8b", "org")));
    assert_eq!(parts("ft:gpt-4o:org"), Some(("gpt-4o", "org")));
    assert_eq!(parts("ft:gpt-4o"), Some(("gpt-4o", "")));
    assert_eq!(parts("gpt-4o"), None);
    assert_eq!(parts("ft:"), None);
    let twice = resolve("ft:ft:gpt-4o:one:a:b:two:c:d");
    assert_eq!(
        (twice.owned_by.as_str(), twice.family.as_str()),
        ("two", "gpt-4o")
    );
}

#[test]
fn no_name_is_too_strange() {
    for id in [
        "", "/", "//", "ft::::", ":", "a/b/c/d", "🦀", "İ-70b", "b", "x", "8x", "xb",
    ] {
        resolve(id);
    }
    for long in ["gpt-4o-", "ft:", "ft:a:b:c:", "/", "70b-", ":"] {
        let long = long.repeat(100_000);
        resolve(&long);
        assert!(Catalog::builtin().nearest(&long, 3).is_empty());
    }
}

#[test]
fn a_typo_finds_its_model() {
    let nearest = |id| Catalog::builtin().nearest(id, 3);
    assert_eq!(nearest("gpt4o")[0], "gpt-4o");
    assert_eq!(nearest("gpt-4o-min")[0], "gpt-4o-mini");
    assert_eq!(
        nearest("llama-3.1-8b-instruct")[0],
        "meta-llama/Llama-3.1-8B-Instruct"
    );
    assert!(nearest("zzzzzz").is_empty());
    assert_eq!(nearest("gpt-5").len(), 3);
}

#[test]
fn latencies_are_written_with_their_spread() {
    let latency: Latency = "20:10%".parse().expect("a latency");
    assert_eq!((latency.milliseconds, latency.spread_percent), (20.0, 10.0));
    assert_eq!(latency.to_string(), "20:10%");
    assert_eq!(
        "7.5".parse::<Latency>().expect("a latency").to_string(),
        "7.5"
    );
    assert_eq!("20:10".parse(), Ok(latency));
    for bad in [
        "", "x", "-1", "20:", "20:101%", "20:-1%", "20:10%%", "NaN", "inf", "20ms",
    ] {
        assert!(bad.parse::<Latency>().is_err(), "{bad}");
    }
}
