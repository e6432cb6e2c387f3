//! Evaluations: runs that ask models, grade what they say, count, and end.

use fakeai_resources::Effect;
use serde_json::{Value, json};

use crate::world::{World, assert_missing, ids, keep};

fn check() -> Value {
    json!({"type": "string_check", "name": "Match", "operation": "eq",
        "input": "{{sample.output_text}}", "reference": "{{item.label}}"})
}

fn eval(world: &mut World, criteria: Value) -> Value {
    let schema = json!({"type": "object", "properties": {"label": {"type": "string"}},
        "required": ["label"]});
    let body = json!({"name": "Labels", "testing_criteria": criteria,
        "data_source_config": {"type": "custom", "item_schema": schema,
            "include_sample_schema": true}});
    world.post("/evals", body).unwrap()
}

fn path(eval: &Value) -> String {
    format!("/evals/{}", eval["id"].as_str().unwrap())
}

fn content(labels: &[&str]) -> Value {
    let rows = labels.iter().map(|label| json!({"item": {"label": label}}));
    json!({"type": "file_content", "content": rows.collect::<Vec<_>>()})
}

/// A run that asks for the word `red`.
fn asking(kind: &str, source: &Value) -> Value {
    let template = json!([{"role": "developer", "content": "Answer with {{item.label}}"},
        {"role": "user", "content": {"type": "input_text", "text": "Say red"}}]);
    json!({"name": "first", "data_source": {"type": kind, "model": "gpt-4o", "source": source,
        "input_messages": {"type": "template", "template": template},
        "sampling_params": {"temperature": 0.5}}})
}

fn run(world: &mut World, eval: &Value, body: Value) -> Value {
    let made = world.post(&format!("{}/runs", path(eval)), body).unwrap();
    assert_eq!(made["status"], "queued");
    world.run_with_house();
    let path = format!("{}/runs/{}", path(eval), made["id"].as_str().unwrap());
    world.get(&path, json!({})).unwrap()
}

fn items(world: &mut World, run: &Value, query: Value) -> Value {
    let path = format!(
        "/evals/{}/runs/{}/output_items",
        run["eval_id"].as_str().unwrap(),
        run["id"].as_str().unwrap()
    );
    world.get(&path, query).unwrap()
}

#[test]
fn a_run_samples_each_row_and_grades_it() {
    for kind in ["completions", "responses"] {
        let mut world = World::realistic();
        let eval = eval(&mut world, json!([check()]));
        let run = run(
            &mut world,
            &eval,
            asking(kind, &content(&["red", "blue", "red"])),
        );
        assert_eq!(run["status"], "completed", "{run}");
        assert_eq!(
            run["result_counts"],
            json!({"total": 3, "errored": 0, "failed": 1, "passed": 2})
        );
        assert_eq!(
            run["per_model_usage"],
            json!([{"model_name": "gpt-4o", "invocation_count": 3,
            "prompt_tokens": 30, "completion_tokens": 6, "total_tokens": 36, "cached_tokens": 0}])
        );
        let criterion = &run["per_testing_criteria_results"][0];
        assert!(
            criterion["testing_criteria"]
                .as_str()
                .unwrap()
                .starts_with("Match-")
        );
        assert_eq!(
            (&criterion["passed"], &criterion["failed"]),
            (&json!(2), &json!(1))
        );
        let page = items(&mut world, &run, json!({}));
        assert_eq!(ids(&page).len(), 3);
        let first = &page["data"][0];
        assert_eq!(first["status"], "pass");
        assert_eq!(
            first["sample"]["output"],
            json!([{"role": "assistant", "content": "red"}])
        );
        assert_eq!(
            first["sample"]["input"][1],
            json!({"role": "user", "content": "Say red"})
        );
        assert_eq!(first["sample"]["temperature"], 0.5);
        let failed = items(&mut world, &run, json!({"status": "fail"}));
        assert_eq!(ids(&failed).len(), 1);
        assert_eq!(failed["data"][0]["datasource_item"]["label"], "blue");
        let rest = items(
            &mut world,
            &run,
            json!({"limit": 1, "after": ids(&page)[0]}),
        );
        assert_eq!(
            (ids(&rest), &rest["has_more"]),
            (vec![ids(&page)[1]], &json!(true))
        );
        let announced = Effect::Announce {
            event: "eval.run.succeeded",
            data: json!({"id": run["id"]}),
        };
        assert!(world.effects.contains(&announced));
        assert_eq!(world.next_due(), None);
    }
}

#[test]
fn many_rows_are_asked_for_a_few_at_a_time() {
    let mut world = World::realistic();
    let eval = eval(&mut world, json!([check()]));
    let labels = vec!["red"; 60];
    let made = world.post(
        &format!("{}/runs", path(&eval)),
        asking("completions", &content(&labels)),
    );
    let path = format!(
        "{}/runs/{}",
        path(&eval),
        made.unwrap()["id"].as_str().unwrap()
    );
    let soon = world.now + fakeai_canon::Micros::from_seconds(1.0);
    world.advance_to(soon);
    assert_eq!(world.effects.len(), 16);
    let running = world.get(&path, json!({})).unwrap();
    assert_eq!(running["status"], "in_progress");
    assert_eq!(running["result_counts"]["total"], 0);
    world.run_with_house();
    let run = world.get(&path, json!({})).unwrap();
    assert_eq!(run["result_counts"]["passed"], 60, "{run}");
}

#[test]
fn models_and_formulas_grade_too() {
    let mut world = World::realistic();
    let judge = |kind: &str, more: Value| {
        let mut judge = json!({"type": kind, "name": kind, "model": "gpt-4o",
            "input": [{"role": "user", "content": "Rate {{sample.output_text}}: {{item.label}}"}]});
        judge
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        judge
    };
    let criteria = json!([
        judge("score_model", json!({"range": [0, 10], "pass_threshold": 7})),
        judge("label_model", json!({"labels": ["8", "x"], "passing_labels": ["8"]})),
        {"type": "text_similarity", "name": "near", "evaluation_metric": "fuzzy_match",
            "input": "{{item.label}}", "reference": "result 8", "pass_threshold": 0.9},
    ]);
    let eval = eval(&mut world, criteria);
    let stored = &eval["testing_criteria"][0]["input"][0];
    assert_eq!(stored["type"], "message");
    let source = json!({"type": "file_content", "content": [
        {"item": {"label": "result 8"}, "sample": {"output_text": "fine"}},
        {"item": {"label": "result 3"}, "sample": {"output_text": "poor"}},
    ]});
    let run = run(
        &mut world,
        &eval,
        json!({"data_source": {"type": "jsonl", "source": source}}),
    );
    let page = items(&mut world, &run, json!({}));
    let results = &page["data"][0]["results"];
    assert_eq!(
        (&results[0]["score"], &results[0]["passed"]),
        (&json!(8.0), &json!(true))
    );
    assert_eq!(results[2]["passed"], true);
    // The label comes back as a number, which is none of the labels.
    assert_eq!(page["data"][0]["status"], "error");
    assert_eq!(
        page["data"][0]["sample"]["error"]["code"],
        "model_grader_parse_error"
    );
    assert_eq!(page["data"][1]["results"][0]["passed"], false);
    assert_eq!(run["per_model_usage"][0]["invocation_count"], 4);
}

#[test]
fn files_and_stored_answers_are_sources() {
    let mut world = World::realistic();
    let eval = eval(&mut world, json!([check()]));
    let lines = "{\"item\": {\"label\": \"a\"}, \"sample\": {\"output_text\": \"a\"}}\n\n{\"item\": {\"label\": \"b\"}, \"sample\": {\"output_text\": \"c\"}}\n";
    let file = world.stored_file("evals", lines);
    let source = json!({"type": "file_id", "id": file});
    let run_of_file = run(
        &mut world,
        &eval,
        json!({"data_source": {"type": "jsonl", "source": source}}),
    );
    assert_eq!(run_of_file["result_counts"]["passed"], 1);
    assert_eq!(run_of_file["result_counts"]["failed"], 1);

    for (id, team, text) in [("chatcmpl-1", "a", "red"), ("chatcmpl-2", "b", "blue")] {
        let object = json!({"id": id, "object": "chat.completion", "created": 5, "model": "gpt-4o",
            "metadata": {"team": team}, "choices": [{"index": 0, "finish_reason": "stop",
                "message": {"role": "assistant", "content": text, "refusal": null}}]});
        let asked = json!({"role": "user", "content": "Say blue"});
        world.keep(vec![
            keep("chat.completions", id, None, object),
            keep("chat.completions.messages", "", Some(id), asked),
        ]);
    }
    let body = json!({"data_source_config": {"type": "stored_completions", "metadata": {"team": "a"}},
        "testing_criteria": [{"type": "string_check", "name": "Blue", "operation": "eq",
            "input": "{{sample.output_text}}", "reference": "blue"}]});
    let eval = world.post("/evals", body).unwrap();
    let stored = json!({"type": "stored_completions"});
    let as_they_are = json!({"data_source": {"type": "completions", "source": stored}});
    let as_they_are = run(&mut world, &eval, as_they_are);
    assert_eq!(
        as_they_are["result_counts"],
        json!({"total": 1, "errored": 0, "failed": 1, "passed": 0})
    );
    let again = json!({"data_source": {"type": "completions", "source": stored, "model": "gpt-4o",
        "input_messages": {"type": "item_reference", "item_reference": "item.input_trajectory"}}});
    let again = run(&mut world, &eval, again);
    assert_eq!(again["result_counts"]["passed"], 1, "{again}");
}

#[test]
fn what_cannot_be_run_is_refused_and_what_fails_is_counted() {
    let mut world = World::realistic();
    let eval = eval(&mut world, json!([check()]));
    let runs = format!("{}/runs", path(&eval));
    let mut refused = |body: Value| world.post(&runs, body).unwrap_err();
    let mut unknown = asking("completions", &content(&["red"]));
    unknown["data_source"]["model"] = json!("what");
    assert_eq!(refused(unknown).code.as_deref(), Some("model_not_found"));
    let unfit = json!({"type": "file_content", "content": [{"item": {"label": 5}}]});
    assert!(
        refused(asking("completions", &unfit))
            .message
            .starts_with("Item 1 does not match")
    );
    assert!(
        refused(asking("completions", &content(&[])))
            .message
            .contains("no rows")
    );
    let missing = json!({"type": "file_id", "id": "file-none"});
    assert!(
        refused(asking("completions", &missing))
            .message
            .contains("file-none")
    );

    let mut lost = asking("completions", &content(&["red"]));
    lost["data_source"]["model"] = json!("gpt-nobody");
    let run = run(&mut world, &eval, lost);
    assert_eq!(run["status"], "completed");
    assert_eq!(run["result_counts"]["errored"], 1, "{run}");
    let page = items(&mut world, &run, json!({}));
    assert_eq!(
        page["data"][0]["sample"]["error"]["code"],
        "model_not_found"
    );
    assert_eq!(page["data"][0]["results"], json!([]));
}

#[test]
fn a_run_is_cancelled_and_deleted_and_its_answers_come_to_nobody() {
    let mut world = World::realistic();
    let eval = eval(&mut world, json!([check()]));
    let runs = format!("{}/runs", path(&eval));
    let made = world
        .post(&runs, asking("completions", &content(&["red"; 30])))
        .unwrap();
    let run = format!("{runs}/{}", made["id"].as_str().unwrap());
    let soon = world.now + fakeai_canon::Micros::from_seconds(1.0);
    world.advance_to(soon);
    let cancelled = world.post(&run, Value::Null).unwrap();
    assert_eq!(cancelled["status"], "canceled");
    world.run_with_house();
    let after = world.get(&run, json!({})).unwrap();
    assert_eq!(after, cancelled);
    assert!(
        world
            .post(&run, Value::Null)
            .unwrap_err()
            .message
            .contains("canceled")
    );
    let listed = world.get(&runs, json!({"status": "canceled"})).unwrap();
    assert_eq!(ids(&listed), [made["id"].as_str().unwrap()]);
    let id = made["id"].as_str().unwrap();
    assert_eq!(
        world.delete(&run).unwrap(),
        json!({"object": "eval.run.deleted", "deleted": true, "run_id": id})
    );
    assert_missing(
        world.get(&run, json!({})),
        &format!("Eval run with id '{id}' not found."),
    );
    assert_eq!(world.count(), 1);
}

#[test]
fn evals_are_listed_by_either_time_changed_and_deleted() {
    let mut world = World::realistic();
    let made: Vec<Value> = (0..3)
        .map(|_| {
            world.now = world.now + fakeai_canon::Micros::from_seconds(1.0);
            eval(&mut world, json!([check()]))
        })
        .collect();
    let id = |place: usize| made[place]["id"].as_str().unwrap();
    world.now = world.now + fakeai_canon::Micros::from_seconds(1.0);
    let changed = world
        .post(
            &path(&made[0]),
            json!({"name": "New", "metadata": {"a": "b"}}),
        )
        .unwrap();
    assert_eq!(
        (&changed["name"], &changed["metadata"]),
        (&json!("New"), &json!({"a": "b"}))
    );
    let by_creation = world.get("/evals", json!({})).unwrap();
    assert_eq!(ids(&by_creation), [id(0), id(1), id(2)]);
    let by_change = world
        .get(
            "/evals",
            json!({"order_by": "updated_at", "order": "desc", "limit": 2}),
        )
        .unwrap();
    assert_eq!(
        (ids(&by_change), &by_change["has_more"]),
        (vec![id(0), id(2)], &json!(true))
    );
    let rest = world
        .get(
            "/evals",
            json!({"order_by": "updated_at", "order": "desc", "after": id(2)}),
        )
        .unwrap();
    assert_eq!(ids(&rest), [id(1)]);
    assert_eq!(world.delete(&path(&made[1])).unwrap()["eval_id"], id(1));
    assert_missing(
        world.get(&path(&made[1]), json!({})),
        &format!("Eval with id '{}' not found.", id(1)),
    );
    let wrong = json!({"data_source_config": {"type": "custom", "item_schema": {"type": "object"}},
        "testing_criteria": [{"type": "string_check", "name": "x", "operation": "eq",
            "input": "{{row.a}}", "reference": "b"}]});
    assert_eq!(
        world.post("/evals", wrong).unwrap_err().code.as_deref(),
        Some("invalid_grader")
    );
}

#[test]
fn a_judges_messages_have_the_roles_that_a_conversation_has() {
    let mut world = World::realistic();
    let judge = |role: &str| {
        json!({"data_source_config": {"type": "custom", "item_schema": {}}, "testing_criteria": [
            {"type": "label_model", "name": "Judge", "model": "gpt-4o", "labels": ["a"],
             "passing_labels": ["a"], "input": [{"role": role, "content": "Good?"}]}]})
    };
    world.post("/evals", judge("developer")).unwrap();
    let refused = world.post("/evals", judge("judge")).unwrap_err();
    assert_eq!(
        refused.param.as_deref(),
        Some("testing_criteria[0].input[0].role")
    );
}
