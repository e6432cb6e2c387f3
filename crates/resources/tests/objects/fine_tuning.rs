//! Fine-tuning jobs: their files, their states on the clock, and what they leave behind.

use fakeai_canon::Micros;
use fakeai_resources::Effect;
use serde_json::{Value, json};

use crate::world::{World, assert_missing, ids};

fn example(number: usize) -> String {
    json!({"messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": format!("Question {number}?")},
        {"role": "assistant", "content": format!("Answer {number}.")},
    ]})
    .to_string()
}

fn examples(count: usize) -> String {
    (0..count).map(|number| example(number) + "\n").collect()
}

fn job(world: &mut World, file: &str) -> Value {
    let body = json!({"model": "gpt-4o-mini", "training_file": file, "seed": 7,
        "suffix": "My Run", "metadata": {"team": "a"}});
    world.post("/fine_tuning/jobs", body).unwrap()
}

fn path(job: &Value) -> String {
    format!("/fine_tuning/jobs/{}", job["id"].as_str().unwrap())
}

/// The events' words, oldest first.
fn told(world: &mut World, job: &Value) -> Vec<String> {
    let path = format!("{}/events", path(job));
    let page = world.get(&path, json!({"limit": 1000})).unwrap();
    let mut words: Vec<String> = page["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["message"].as_str().unwrap().to_owned())
        .collect();
    words.reverse();
    words
}

#[test]
fn a_job_walks_its_states_and_a_model_comes_of_it() {
    let mut world = World::realistic();
    let file = world.stored_file("fine-tune", &examples(20));
    let validation = world.stored_file("fine-tune", &examples(3));
    let body = json!({"model": "gpt-4o-mini", "training_file": file, "validation_file": validation,
        "seed": 7, "suffix": "My Run", "metadata": {"team": "a"},
        "method": {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 4}}}});
    let made = world.post("/fine_tuning/jobs", body).unwrap();
    assert_eq!(made["status"], "validating_files");
    assert_eq!(made["model"], "gpt-4o-mini-2024-07-18");
    assert_eq!(made["hyperparameters"]["batch_size"], "auto");
    let mut states = vec!["validating_files".to_owned()];
    while let Some(due) = world.next_due() {
        world.advance_to(due);
        let now = world.get(&path(&made), json!({})).unwrap();
        let status = now["status"].as_str().unwrap().to_owned();
        if status == "running" && states.last() != Some(&status) {
            assert!(now["estimated_finish"].as_u64() > now["created_at"].as_u64());
        }
        if states.last() != Some(&status) {
            states.push(status);
        }
    }
    assert_eq!(
        states,
        ["validating_files", "queued", "running", "succeeded"]
    );
    let job = world.get(&path(&made), json!({})).unwrap();
    assert_eq!(
        job["hyperparameters"],
        json!({"n_epochs": 4, "batch_size": 1, "learning_rate_multiplier": 1.8})
    );
    let model = job["fine_tuned_model"].as_str().unwrap().to_owned();
    assert!(
        model.starts_with("ft:gpt-4o-mini-2024-07-18:acme-inc:my-run:"),
        "{model}"
    );
    // 3 + (3+1+3) + (3+1+3) + (3+1+4) by the published rule, in the model's own vocabulary.
    let tokens = |text: &str| fakeai_tokens::vocabulary_for("gpt-4o-mini").count(text) as u64;
    let of_messages = |number: usize| {
        let texts = [
            "system",
            "Be brief.",
            "user",
            &format!("Question {number}?"),
            "assistant",
            &format!("Answer {number}."),
        ];
        3 + 9 + texts.iter().map(|text| tokens(text)).sum::<u64>()
    };
    let all: u64 = (0..20).map(of_messages).sum();
    assert_eq!(job["trained_tokens"], all * 4);

    let words = told(&mut world, &made);
    assert!(words[0].starts_with("Created fine-tuning job: ftjob-"));
    assert!(words[1].contains(&format!("{file} and validation file: {validation}")));
    assert_eq!(words[2], "Files validated, moving job to queued state");
    assert_eq!(words[3], "Fine-tuning job started");
    assert!(
        words[4].starts_with("Step 1/80: training loss="),
        "{}",
        words[4]
    );
    assert_eq!(words[4..84].len(), 80);
    assert!(words[83].contains("full validation loss="), "{}", words[83]);
    assert!(words[84].contains("Checkpoint created at step 40 with Snapshot ID: ft:"));
    assert!(words[85].contains(":ckpt-step-60"));
    assert_eq!(words[86], format!("New fine-tuned model created: {model}"));
    assert_eq!(words[87], "The job has successfully completed");
    assert_eq!(words.len(), 88);
    let announced = Effect::Announce {
        event: "fine_tuning.job.succeeded",
        data: json!({"id": job["id"]}),
    };
    assert!(world.effects.contains(&announced));
}

#[test]
fn checkpoints_results_and_permissions_are_left_behind() {
    let mut world = World::realistic();
    let file = world.stored_file("fine-tune", &examples(10));
    let made = job(&mut world, &file);
    world.run();
    let job = world.get(&path(&made), json!({})).unwrap();
    let page = world
        .get(&format!("{}/checkpoints", path(&made)), json!({}))
        .unwrap();
    let steps: Vec<_> = page["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|checkpoint| checkpoint["step_number"].as_u64().unwrap())
        .collect();
    assert_eq!(steps, [100, 90, 80]);
    assert_eq!(
        page["data"][0]["fine_tuned_model_checkpoint"],
        job["fine_tuned_model"]
    );
    let loss = |place: usize| {
        page["data"][place]["metrics"]["train_loss"]
            .as_f64()
            .unwrap()
    };
    assert!(loss(0) < 1.5);
    let results = job["result_files"][0].as_str().unwrap();
    let table = world.content(results);
    let rows: Vec<&str> = table.lines().collect();
    assert!(rows[0].starts_with("step,train_loss,train_accuracy,valid_loss"));
    assert_eq!(rows.len(), 101);
    let first = |row: &str| row.split(',').nth(1).unwrap().parse::<f64>().unwrap();
    assert!(first(rows[1]) > 2.0 * first(rows[100]), "the loss falls");

    let path = format!(
        "/fine_tuning/checkpoints/{}/permissions",
        job["fine_tuned_model"].as_str().unwrap()
    );
    let body = json!({"project_ids": ["proj_a", "proj_b"]});
    let given = world.post(&path, body).unwrap();
    assert_eq!(ids(&given).len(), 2);
    let listed = world.get(&path, json!({"order": "ascending"})).unwrap();
    assert_eq!(listed["data"], given["data"]);
    let filtered = world.get(&path, json!({"project_id": "proj_b"})).unwrap();
    assert_eq!(filtered["data"][0], given["data"][1]);
    let one = format!("{path}/{}", ids(&given)[0]);
    assert_eq!(
        world.delete(&one).unwrap()["object"],
        "checkpoint.permission"
    );
    assert_missing(
        world.delete(&one),
        &format!("No such checkpoint permission: {}", ids(&given)[0]),
    );
}

#[test]
fn bad_files_make_jobs_fail_in_the_providers_words() {
    let long = examples(9) + &example(9).replace("Answer 9", "<|fim_suffix|>");
    let cases = [
        (
            examples(3),
            "invalid_n_examples",
            "Training file has 3 example(s), but must have at least 10 examples",
        ),
        (
            examples(10) + "[1]",
            "invalid_file_format",
            "Line 11 is not a dictionary (starts with \"[\").",
        ),
        (
            "{\"text\": 1}\n".repeat(10),
            "invalid_training_file",
            "Unexpected file format, expected either prompt/completion pairs or chat messages.",
        ),
        (
            long,
            "invalid_file_format",
            "Example 10 message 3 contains an invalid token: <|fim_suffix|>",
        ),
    ];
    for (text, code, words) in cases {
        let mut world = World::realistic();
        let file = world.stored_file("fine-tune", &text);
        let made = job(&mut world, &file);
        world.run();
        let job = world.get(&path(&made), json!({})).unwrap();
        assert_eq!(job["status"], "failed");
        assert_eq!(job["error"]["code"], code);
        assert_eq!(job["error"]["param"], "training_file");
        assert!(
            job["error"]["message"].as_str().unwrap().ends_with(words),
            "{job}"
        );
        assert_eq!(
            told(&mut world, &made).last().unwrap(),
            job["error"]["message"].as_str().unwrap()
        );
        assert_eq!(job["fine_tuned_model"], Value::Null);
    }
}

#[test]
fn what_cannot_be_trained_is_refused_at_once() {
    let mut world = World::realistic();
    let file = world.stored_file("fine-tune", &examples(10));
    let other = world.stored_file("assistants", &examples(10));
    let mut refused = |change: Value| {
        let mut body = json!({"model": "gpt-4o", "training_file": file});
        let change = change.as_object().unwrap().clone();
        body.as_object_mut().unwrap().extend(change);
        let error = world.post("/fine_tuning/jobs", body).unwrap_err();
        (error.message, error.code.unwrap_or_default().into_owned())
    };
    let untunable =
        |id: &str| format!("Model {id} is not available for fine-tuning or does not exist.");
    for id in ["gpt-5", "nobody", "ft:gpt-4o:acme-inc::x"] {
        let body = json!({"model": id});
        assert_eq!(
            refused(body),
            (untunable(id), "model_not_available".to_owned())
        );
    }
    assert_eq!(
        refused(json!({"training_file": "file-x"})).0,
        "invalid training_file: file-x"
    );
    assert_eq!(
        refused(json!({"validation_file": other})).0,
        format!("invalid validation_file: {other}")
    );
    let method = json!({"method": {"type": "dpo"}, "model": "davinci-002"});
    assert_eq!(refused(method).1, "method_not_available");
    let grader = json!({"type": "string_check", "name": "g", "operation": "eq",
        "input": "{{who.knows}}", "reference": "x"});
    let method = json!({"type": "reinforcement", "reinforcement": {"grader": grader}});
    assert_eq!(
        refused(json!({"method": method, "model": "o4-mini"})).1,
        "invalid_grader"
    );
}

#[test]
fn a_job_is_paused_resumed_and_cancelled() {
    let mut world = World::realistic();
    let file = world.stored_file("fine-tune", &examples(10));
    let made = job(&mut world, &file);
    let act =
        |world: &mut World, what: &str| world.post(&format!("{}/{what}", path(&made)), Value::Null);
    while world.get(&path(&made), json!({})).unwrap()["status"] != "running" {
        let due = world.next_due().unwrap();
        world.advance_to(due);
    }
    assert!(
        act(&mut world, "resume")
            .unwrap_err()
            .message
            .contains("its status is running")
    );
    assert_eq!(act(&mut world, "pause").unwrap()["status"], "paused");
    assert_eq!(world.next_due(), None);
    let so_far = told(&mut world, &made).len();
    assert_eq!(act(&mut world, "resume").unwrap()["status"], "queued");
    world.advance_to(world.now + Micros::from_seconds(1.5));
    assert_eq!(
        world.get(&path(&made), json!({})).unwrap()["status"],
        "running"
    );
    world.advance_to(world.now + Micros::from_seconds(2.0));
    assert!(told(&mut world, &made).len() > so_far + 1);
    let cancelled = act(&mut world, "cancel").unwrap();
    assert_eq!(cancelled["status"], "cancelled");
    assert!(cancelled["finished_at"].is_u64());
    assert_eq!(world.next_due(), None);
    assert!(
        act(&mut world, "cancel")
            .unwrap_err()
            .message
            .contains("already cancelled")
    );
    let found = world
        .get("/fine_tuning/jobs", json!({"metadata": {"team": "a"}}))
        .unwrap();
    assert_eq!(ids(&found), [made["id"].as_str().unwrap()]);
    let found = world
        .get("/fine_tuning/jobs", json!({"metadata": {"team": "b"}}))
        .unwrap();
    assert!(ids(&found).is_empty());
}

#[test]
fn preferences_and_rewards_have_measures_of_their_own() {
    let preference = json!({"input": {"messages": [{"role": "user", "content": "hi"}]},
        "preferred_output": [{"role": "assistant", "content": "a"}],
        "non_preferred_output": [{"role": "assistant", "content": "b"}]});
    let graded = json!({"messages": [{"role": "user", "content": "hi"}], "label": "x"});
    let grader = json!({"type": "string_check", "name": "g", "operation": "eq",
        "input": "{{sample.output_text}}", "reference": "{{item.label}}"});
    let cases = [
        (
            "gpt-4o",
            preference,
            json!({"type": "dpo", "dpo": {"hyperparameters": {"beta": 0.5}}}),
            "training loss=",
        ),
        (
            "o4-mini",
            graded,
            json!({"type": "reinforcement", "reinforcement": {"grader": grader}}),
            "training mean reward=",
        ),
    ];
    for (model, line, method, words) in cases {
        let mut world = World::realistic();
        let file = world.stored_file("fine-tune", &format!("{line}\n").repeat(10));
        let body = json!({"model": model, "training_file": file, "method": method});
        let made = world.post("/fine_tuning/jobs", body).unwrap();
        world.run();
        let job = world.get(&path(&made), json!({})).unwrap();
        assert_eq!(job["status"], "succeeded", "{job}");
        assert!(told(&mut world, &made)[4].contains(words));
    }
}
