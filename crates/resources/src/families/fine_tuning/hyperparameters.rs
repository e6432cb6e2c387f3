//! Hyperparameters: where a request names them, and what `auto` becomes.

use serde_json::{Map, Value, json};

use super::example::Method;

/// The names that every method has, and those of its own, with what they are where left open.
fn defaults(method: Method) -> Map<String, Value> {
    let own: &[(&str, &str)] = match method {
        Method::Supervised => &[],
        Method::Dpo => &[("beta", "auto")],
        Method::Reinforcement => &[
            ("eval_interval", "auto"),
            ("eval_samples", "auto"),
            ("compute_multiplier", "auto"),
            ("reasoning_effort", "default"),
        ],
    };
    let all = ["n_epochs", "batch_size", "learning_rate_multiplier"];
    let all = all.iter().map(|name| (*name, "auto"));
    all.chain(own.iter().copied())
        .map(|(name, value)| (name.to_owned(), json!(value)))
        .collect()
}

/// What a request asks for: the method's own, else those at the top (the older place), else open.
pub(super) fn asked(body: &Value, method: Method, name: &str) -> Map<String, Value> {
    let mut asked = defaults(method);
    let places = [
        &body["hyperparameters"],
        &body["method"][name]["hyperparameters"],
    ];
    for place in places {
        for (name, value) in place.as_object().into_iter().flatten() {
            if !value.is_null() && asked.contains_key(name) {
                asked.insert(name.clone(), value.clone());
            }
        }
    }
    asked
}

/// The same with everything that was left open decided for a number of examples.
///
/// Epochs follow the provider's published data preparation guide (three, more for less than 100
/// examples in all, fewer for more than 25,000:
/// <https://cookbook.openai.com/examples/chat_finetuning_data_prep>), the batch its published rule
/// of thumb (0.2 % of the examples, at most 256).
pub(super) fn decided(asked: &Map<String, Value>, examples: u64) -> Map<String, Value> {
    let mut decided = asked.clone();
    for (name, value) in &mut decided {
        if *value == "auto" {
            *value = match name.as_str() {
                "n_epochs" => json!(epochs(examples)),
                "batch_size" => json!((examples / 500).clamp(1, 256)),
                "learning_rate_multiplier" => json!(1.8),
                "beta" => json!(0.1),
                "eval_interval" => json!(5),
                "eval_samples" => json!(3),
                "compute_multiplier" => json!(1.0),
                _ => continue,
            };
        }
    }
    decided
}

fn epochs(examples: u64) -> u64 {
    const TARGET: u64 = 3;
    let examples = examples.max(1);
    if examples * TARGET < 100 {
        (100 / examples).min(25)
    } else if examples * TARGET > 25_000 {
        (25_000 / examples).max(1)
    } else {
        TARGET
    }
}
