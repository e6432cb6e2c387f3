//! Graders: run and checked through the operations on them.

use serde_json::{Value, json};

use crate::world::World;

fn run(grader: &Value, item: Value, sample: &str) -> Value {
    let body = json!({"grader": grader, "item": item, "model_sample": sample});
    let mut world = World::realistic();
    world.post("/fine_tuning/alpha/graders/run", body).unwrap()
}

fn string_check(operation: &str, input: &str, reference: &str) -> Value {
    json!({"type": "string_check", "name": "check", "operation": operation,
        "input": input, "reference": reference})
}

fn similarity(metric: &str) -> Value {
    json!({"type": "text_similarity", "name": metric, "evaluation_metric": metric,
        "input": "{{sample.output_text}}", "reference": "{{item.label}}"})
}

#[test]
fn texts_are_compared_as_templates_fill_them() {
    let reward = |operation: &str, input: &str| {
        let grader = string_check(operation, input, "{{ item.labels[1].name }}");
        let item = json!({"labels": [{"name": "no"}, {"name": "Paris"}]});
        run(
            &grader,
            item,
            "{\"city\": \"Paris\", \"other\": \"in paris now\"}",
        )["reward"]
            .clone()
    };
    assert_eq!(reward("eq", "{{sample.output_json.city}}"), 1.0);
    assert_eq!(reward("ne", "{{sample.output_json.city}}"), 0.0);
    assert_eq!(reward("like", "{{sample.output_json.other}}"), 0.0);
    assert_eq!(reward("ilike", "{{sample.output_json.other}}"), 1.0);
    assert_eq!(reward("like", "{{sample.output_text}}"), 1.0);
}

#[test]
fn measures_of_texts_and_of_vectors_give_a_reward() {
    for metric in [
        "fuzzy_match",
        "bleu",
        "gleu",
        "meteor",
        "rouge_1",
        "rouge_2",
        "rouge_l",
        "cosine",
    ] {
        let reward = |sample: &str| {
            let item = json!({"label": "the cat sat on the mat"});
            run(&similarity(metric), item, sample)["reward"]
                .as_f64()
                .unwrap()
        };
        let (same, near, far) = (
            reward("the cat sat on the mat"),
            reward("the cat sat on a mat"),
            reward("wxyz"),
        );
        assert!(
            same > 0.97 && same >= near && near > far,
            "{metric}: {same} {near} {far}"
        );
    }
}

#[test]
fn a_model_scores_and_labels_and_what_it_costs_is_told() {
    let input = json!([{"role": "user", "content": "Grade {{sample.output_text}}"}]);
    let score = json!({"type": "score_model", "name": "score", "model": "gpt-4o",
        "input": input, "range": [0, 10], "sampling_params": {"temperature": 0.2, "seed": 1}});
    let graded = run(&score, json!({}), "result 7.5");
    assert_eq!(graded["reward"], 7.5, "{graded}");
    assert_eq!(graded["metadata"]["sampled_model_name"], "gpt-4o");
    assert_eq!(graded["metadata"]["token_usage"]["total_tokens"], 12);
    assert_eq!(
        graded["model_grader_token_usage_per_model"]["gpt-4o"]["prompt_tokens"],
        10
    );
    let outside = run(&score, json!({}), "result 11");
    assert_eq!(
        outside["metadata"]["errors"]["model_grader_parse_error"],
        true
    );
    assert_eq!(outside["reward"], 0.0);

    let label = json!({"type": "label_model", "name": "label", "model": "gpt-4o", "input": input,
        "labels": ["good", "bad"], "passing_labels": ["good"]});
    let multi = |formula: &str| {
        json!({"type": "multi", "name": "all", "calculate_output": formula,
        "graders": {"judge": label, "same": string_check("eq", "a", "a"), "score": score}})
    };
    let graded = run(&multi("judge + same / 2"), json!({}), "result \"good\"");
    assert_eq!(
        graded["metadata"]["errors"]["model_grader_parse_error"],
        true
    );
    assert_eq!(graded["reward"], 1.5, "{graded}");
    assert_eq!(
        graded["sub_rewards"],
        json!({"judge": 1.0, "same": 1.0, "score": 0.0})
    );
}

#[test]
fn what_goes_wrong_is_flagged() {
    let flag = |grader: &Value, flag: &str| {
        let graded = run(grader, json!({}), "no json");
        assert_eq!(graded["metadata"]["errors"][flag], true, "{graded}");
        assert_eq!(graded["reward"], 0.0);
    };
    flag(
        &string_check("eq", "{{item.missing}}", "a"),
        "invalid_variable_error",
    );
    flag(
        &string_check("eq", "{{sample.output_json.a}}", "a"),
        "sample_parse_error",
    );
    let python = json!({"type": "python", "name": "py", "source": "def grade(s, i): return 1"});
    flag(&python, "python_grader_server_error");
    let unasked = json!({"type": "score_model", "name": "score", "model": "gpt-nobody",
        "input": [{"role": "user", "content": "x"}]});
    flag(&unasked, "model_grader_server_error");
    let formula = json!({"type": "multi", "name": "all", "calculate_output": "1 / a",
        "graders": {"a": string_check("ne", "a", "a")}});
    flag(&formula, "formula_parse_error");
}

#[test]
fn a_grader_is_checked_and_comes_back() {
    let mut world = World::realistic();
    let mut validate = |grader: Value| {
        world.post(
            "/fine_tuning/alpha/graders/validate",
            json!({"grader": grader}),
        )
    };
    let good = similarity("bleu");
    assert_eq!(validate(good.clone()).unwrap()["grader"], good);
    let wrong = [
        string_check("eq", "{{other.x}}", "a"),
        json!({"type": "label_model", "name": "l", "model": "gpt-4o", "labels": ["a"],
            "passing_labels": ["b"], "input": [{"role": "user", "content": "x"}]}),
        json!({"type": "score_model", "name": "s", "model": "gpt-4o", "range": [1, 0],
            "input": [{"role": "user", "content": "x"}]}),
        json!({"type": "multi", "name": "m", "graders": {"a": string_check("eq", "a", "a")},
            "calculate_output": "a + b"}),
        json!({"type": "python", "name": "p", "source": " "}),
    ];
    for grader in wrong {
        let error = validate(grader.clone()).unwrap_err();
        assert_eq!(error.code.as_deref(), Some("invalid_grader"), "{grader}");
    }
}
