//! The program's commands, run as a person runs them: what they print and how they end.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Output};

/// `fakeai` in an empty folder of this name, without any environment.
fn fakeai(folder: &str, files: &[(&str, &str)], arguments: &[&str]) -> Command {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(folder);
    std::fs::create_dir_all(&folder).expect("a folder");
    for (name, text) in files {
        std::fs::write(folder.join(name), text).expect("a file");
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_fakeai"));
    command.env_clear().current_dir(folder).args(arguments);
    command
}

fn run(arguments: &[&str]) -> Output {
    fakeai("empty", &[], arguments).output().expect("it runs")
}

fn printed(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn config_shows_every_layer_of_the_real_surroundings() {
    let files = [("fakeai.yaml", "server:\n  seed: 5\n")];
    let arguments = ["config", "--format", "json", "--port", "1"];
    let output = fakeai("layers", &files, &arguments)
        .env("FAKEAI_TTFT", "20:10%")
        .output()
        .expect("it runs");
    let shown: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(shown["server"]["seed"]["from"], "file fakeai.yaml:2");
    assert_eq!(
        shown["generation"]["ttft"]["from"],
        "environment FAKEAI_TTFT"
    );
    assert_eq!(shown["server"]["port"]["from"], "flag --port");
    assert_eq!(shown["server"]["host"]["from"], "default");
    let table = printed(&["config"]);
    assert!(table.starts_with("SETTING"), "{table}");
    assert!(printed(&["config", "--format", "toml"]).starts_with("[server]\n"));
    assert!(printed(&["config", "--markdown"]).starts_with("# Configuration"));
}

#[test]
fn a_wrong_configuration_ends_with_2_and_every_problem_on_a_line() {
    for command in ["server", "config", "status"] {
        let output = fakeai(
            "wrong",
            &[("fakeai.toml", "[server]\nprot = 1\n")],
            &[command],
        )
        .env("FAKEAI_PORT", "many")
        .output()
        .expect("it runs");
        assert_eq!(output.status.code(), Some(2), "{command}");
        let words = String::from_utf8(output.stderr).expect("text");
        assert!(words.contains("fakeai: file fakeai.toml:2: there is no setting `server.prot`."));
        assert!(
            words.contains("fakeai: environment FAKEAI_PORT: `server.port` can't be"),
            "{words}"
        );
        assert!(output.stdout.is_empty());
    }
    assert_eq!(run(&["server", "--prot", "1"]).status.code(), Some(2));
}

#[test]
fn models_are_listed_filtered_and_made_up() {
    let all = printed(&["models"]);
    assert!(
        all.lines().count() > 100 && all.starts_with("MODEL"),
        "{all}"
    );
    let embeddings = printed(&["models", "embeddings"]);
    assert!(embeddings.contains("text-embedding-3-small") && !embeddings.contains("gpt-4o"));
    let some = printed(&["models", "GPT-4O-MINI", "--json"]);
    let some: serde_json::Value = serde_json::from_str(&some).expect("JSON");
    assert_eq!(some[0]["id"], "gpt-4o-mini");
    assert_eq!(some[0]["prices"]["output"], 0.6);
    let made_up = printed(&["models", "ft:gpt-4o-mini-2024-07-18:acme::x", "--json"]);
    let made_up: serde_json::Value = serde_json::from_str(&made_up).expect("JSON");
    assert_eq!(
        made_up[0]["origin"]["fine_tuned_from"],
        "gpt-4o-mini-2024-07-18"
    );
    let typo = printed(&["models", "gpt4o"]);
    assert!(
        typo.contains("gpt4o is not listed") && typo.contains("alike: gpt-4o"),
        "{typo}"
    );
}

/// Answers one request with these bytes, and gives the request back.
fn status_of(answer: &str, more: &[&str]) -> (Output, String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener
        .local_addr()
        .expect("an address")
        .port()
        .to_string();
    std::thread::scope(|scope| {
        let server = scope.spawn(move || {
            let (mut stream, _) = listener.accept().expect("a connection");
            let mut request = vec![0; 1024];
            let length = stream.read(&mut request).expect("a request");
            stream.write_all(answer.as_bytes()).expect("an answer");
            String::from_utf8_lossy(&request[..length]).into_owned()
        });
        let output = run(&[&["status", "--port", &port], more].concat());
        (output, server.join().expect("the server ends"))
    })
}

#[test]
fn status_tells_by_its_exit_code_whether_a_server_is_well() {
    let body = r#"{"status":"healthy","timestamp":"now","models":3}"#;
    let well = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{body}");
    let (output, request) = status_of(&well, &[]);
    assert!(request.starts_with("GET /health HTTP/1.0\r\n"), "{request}");
    let words = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{words}");
    assert!(
        words.contains("is healthy (status 200)") && words.contains("models: 3"),
        "{words}"
    );
    let (json, _) = status_of(&well, &["--json"]);
    assert_eq!(String::from_utf8_lossy(&json.stdout).trim_end(), body);
    let (ill, _) = status_of("HTTP/1.1 503 No\r\n\r\n{\"status\":\"stopping\"}", &[]);
    assert_eq!(ill.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&ill.stdout).contains("is stopping (status 503)"));
    let (other, _) = status_of("SSH-2.0\r\n", &[]);
    assert_eq!(other.status.code(), Some(1));
    let nobody = run(&["status", "--port", "1"]);
    assert_eq!(nobody.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&nobody.stderr).contains("no server answers at 127.0.0.1"));
}

#[test]
fn completions_and_the_version() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(printed(&["completions", shell]).contains("ttft"), "{shell}");
    }
    assert_eq!(
        printed(&["--version"]),
        concat!("fakeai ", env!("CARGO_PKG_VERSION"), "\n")
    );
    assert!(printed(&["server", "--help"]).contains("--ssl-certfile"));
}

#[test]
fn speculation_is_told_and_a_wrong_field_of_it_is_named() {
    let speculates = |how: &str| {
        let engine = [
            "simulate",
            "--engine",
            "vllm",
            "--json",
            "--speculative-config",
        ];
        run(&[&engine[..], &[how]].concat())
    };
    let output = speculates(
        r#"{"method": "eagle", "num_speculative_tokens": 2, "synthetic_acceptance_length": 3}"#,
    );
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(told["mean_acceptance_length"], 3.0);
    let output = speculates(r#"{"method": "eagle", "num_speculative_token": 2}"#);
    assert!(!output.status.success());
    let error = String::from_utf8_lossy(&output.stderr);
    let hint = "did you mean 'num_speculative_tokens'?";
    assert!(error.contains(hint), "{error}");
}

#[test]
fn groups_of_attention_share_experts_and_are_replicas_without() {
    let gpus = |more: &[&str]| {
        let engine = ["simulate", "--engine", "vllm", "--gpu", "h200", "--json"];
        let text = printed(&[&engine[..], &["--requests", "32"], more].concat());
        let told: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        (
            told["gpus"].as_str().expect("text").to_owned(),
            told["tpot_ms"]["mean"].as_f64(),
        )
    };
    let llama = [
        "--served-model",
        "meta-llama/Llama-3.1-8B",
        "-tp",
        "2",
        "-dp=4",
    ];
    assert_eq!(gpus(&llama).0, "8 x H200-SXM in 4 replicas");
    let deepseek = [
        "--served-model",
        "deepseek-ai/DeepSeek-V3",
        "--quantization",
        "fp8_block",
    ];
    let (apart, slow) = gpus(&[&deepseek[..], &["-dp", "8", "-ep"]].concat());
    assert_eq!(apart, "8 x H200-SXM in 1 replicas");
    let (_, cut) = gpus(&[&deepseek[..], &["-dp", "8"]].concat());
    assert_ne!(slow, cut, "experts that are cut take another time");
    let refused = run(&["simulate", "--engine", "vllm", "-ep"]);
    let error = String::from_utf8_lossy(&refused.stderr);
    assert!(error.contains("has no experts"), "{error}");
}

#[test]
fn a_simulated_cluster_tells_its_figures_and_a_wrong_line_of_a_trace_its_number() {
    let engine = ["simulate", "--engine", "vllm", "--gpu", "h100", "--json"];
    let figures = |more: &[&str]| -> serde_json::Value {
        let text = printed(&[&engine[..], more].concat());
        serde_json::from_str(&text).expect("JSON")
    };
    let two = [
        "--replicas",
        "2",
        "--rate",
        "10",
        "--requests",
        "200",
        "--slo",
        "ttft:500",
        "--fail",
        "0@5",
    ];
    let run = figures(&two);
    assert_eq!(run["requests"], 200);
    assert!(run["displaced"].as_u64() > Some(0), "{run}");
    assert!(run["joules_per_output_token"].as_f64() > Some(0.0), "{run}");
    assert_eq!(run, figures(&two), "the same seed, the same figures");
    let shared = figures(&["--shared-prefix", "2000", "--requests", "50"]);
    assert!(shared["cache_hit_rate"].as_f64() > Some(0.7), "{shared}");

    let line = r#"{"timestamp":0,"input_length":900,"output_length":9,"hash_ids":[1,2]}"#;
    let trace = format!("{line}\n{line}\n{{\"timestamp\":-1}}\n");
    let files = [("trace.jsonl", trace.as_str())];
    let arguments = [
        &engine[..],
        &["--trace", "trace.jsonl", "--html", "run.html"],
    ]
    .concat();
    let wrong = fakeai("trace", &files, &arguments)
        .output()
        .expect("it runs");
    assert_eq!(wrong.status.code(), Some(1));
    let words = String::from_utf8_lossy(&wrong.stderr).into_owned();
    assert!(
        words.contains("trace.jsonl:3: needs arrival_time"),
        "{words}"
    );
    let trace = format!("{line}\n{line}\n");
    let files = [("trace.jsonl", trace.as_str())];
    let right = fakeai("trace", &files, &arguments)
        .output()
        .expect("it runs");
    assert!(right.status.success());
    let page = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("trace/run.html");
    let page = std::fs::read_to_string(page).expect("a page");
    assert_eq!(page.matches("<svg").count(), 7);
    assert!(!page.contains("http"), "it needs nothing from elsewhere");
}

#[test]
fn a_plan_names_the_cheapest_that_does_and_why_the_others_do_not() {
    let wanted = [
        "plan",
        "--engine",
        "vllm",
        "--served-model",
        "meta-llama/Llama-3.1-70B",
        "--rate",
        "2",
        "--requests",
        "200",
        "--slo",
        "ttft:2000",
        "--slo",
        "tpot:60",
        "--among",
        "l4,h100",
        "--json",
    ];
    let plan: serde_json::Value = serde_json::from_str(&printed(&wanted)).expect("JSON");
    assert_eq!(plan["best"]["gpu"], "H100-SXM5-80GB", "{plan}");
    assert!(plan["best"]["good_share"].as_f64() >= Some(0.95), "{plan}");
    let why = plan["rejected"].to_string();
    assert!(why.contains("141.1 GB of weights"), "{why}");
    let impossible = run(&[
        "plan",
        "--engine",
        "vllm",
        "--rate",
        "1",
        "--slo",
        "tpot:0.01",
        "--among",
        "h100",
    ]);
    assert_eq!(impossible.status.code(), Some(1));
    let text = String::from_utf8_lossy(&impossible.stdout).into_owned();
    assert!(text.contains("runs alone has a tpot of"), "{text}");
    let plan = [
        "plan", "--engine", "vllm", "--rate", "1", "--slo", "ttft:900",
    ];
    for (more, words) in [
        (["--attain", "1.01"], "--attain has to be"),
        (["--replicas", "4"], "--replicas is what is searched for"),
    ] {
        let refused = run(&[&plan[..], &more].concat());
        let why = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(why.contains(words), "{why}");
    }
    let only = printed(&[&plan[..], &["--gpu", "h100", "--tp", "2", "--json"]].concat());
    let only: serde_json::Value = serde_json::from_str(&only).expect("JSON");
    let best = (&only["best"]["gpu"], &only["best"]["gpus"]);
    assert_eq!(best, (&"H100-SXM5-80GB".into(), &2.into()));
}

#[test]
fn what_can_not_be_simulated_is_refused_with_the_arithmetic() {
    let engine = ["simulate", "--engine", "vllm", "--gpu", "h100"];
    for (arguments, words) in [
        (vec!["--tp", "7"], "32 / 7 leaves 4"),
        (
            vec!["--input-len", "300000"],
            "300000 tokens and 128 of an answer are 300128",
        ),
        (vec!["--requests", "0"], "above 0"),
        (vec!["--concurrency", "0"], "above 0"),
        (vec!["--slo", "ttft:-1"], "with milliseconds"),
        (vec!["--gpu-price=-1"], "0 or more"),
        (
            vec!["--max-num-batched-tokens", "8", "--max-num-seqs", "9"],
            "is 8, fewer than the 9 sequences",
        ),
    ] {
        let refused = run(&[&engine[..], &arguments].concat());
        let why = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_ne!(refused.status.code(), Some(0), "{arguments:?}");
        assert!(why.contains(words), "{why}");
    }
    for (name, text, words) in [
        ("empty.jsonl", "\n", "no request"),
        (
            "late.jsonl",
            "\n{\"arrival_time\":1e30,\"input_length\":1,\"output_length\":1}\n",
            "late.jsonl:2: a time above",
        ),
    ] {
        let arguments = [&engine[..], &["--trace", name]].concat();
        let refused = fakeai("refused", &[(name, text)], &arguments).output();
        let why = String::from_utf8_lossy(&refused.expect("it runs").stderr).into_owned();
        assert!(why.contains(words), "{why}");
    }
}

#[test]
fn who_gets_no_answer_is_not_served_well() {
    let run = |more: &[&str]| -> serde_json::Value {
        let engine = ["simulate", "--engine", "vllm", "--gpu", "h100", "--json"];
        let load = ["--rate", "20", "--requests", "200", "--slo", "ttft:60000"];
        let text = printed(&[&engine[..], &load, more].concat());
        serde_json::from_str(&text).expect("JSON")
    };
    let well = run(&[]);
    assert_eq!(
        (&well["unfinished"], &well["good_share"]),
        (&0.into(), &1.0.into())
    );
    // At low load nobody waits longer than for the end of a step.
    assert!(well["queue_ms"]["p50"].as_f64() < Some(10.0), "{well}");
    let failed = run(&["--fail", "0@5"]);
    let done = failed["requests"].as_u64().expect("a count");
    assert_eq!(failed["unfinished"], 200 - done);
    let share = done as f64 / 200.0;
    let told = failed["good_share"].as_f64().expect("a share");
    assert!((told - share).abs() < 1e-3, "{told} {share}");
    let long = run(&["--output-len", "8-200", "--max-model-len", "600"]);
    let refused = long["refused"].as_u64().expect("a count");
    assert!((50..200).contains(&refused), "{long}");
    assert_eq!(long["requests"], 200 - refused);
}

#[test]
fn adapters_take_turns_and_who_comes_to_a_sleeping_engine_waits() {
    let engine = ["simulate", "--engine", "vllm", "--gpu", "h100", "--json"];
    let load = ["--rate", "20", "--requests", "200"];
    let run = |more: &[&str]| -> serde_json::Value {
        let text = printed(&[&engine[..], &load, more].concat());
        serde_json::from_str(&text).expect("JSON")
    };
    let queued = |run: &serde_json::Value| run["queue_ms"]["mean"].as_f64().expect("a mean");
    let of = |most: &str| run(&["--enable-lora", "--max-loras", most, "--adapters", "4"]);
    let (one, four) = (of("1"), of("4"));
    assert_eq!(
        (&one["requests"], &four["requests"]),
        (&200.into(), &200.into())
    );
    // One adapter at a time: the others wait until nobody runs with it.
    assert!(queued(&one) > 10.0 * queued(&four), "{one} {four}");
    let slept = run(&["--sleep", "3", "--wake", "6"]);
    assert_eq!(slept["requests"], 200);
    let latest = |run: &serde_json::Value| run["ttft_ms"]["p99"].as_f64().expect("a time");
    assert!(latest(&slept) > 2_500.0, "{slept}");
    assert!(latest(&run(&[])) < 1_000.0);
    for (more, words) in [
        (vec!["--adapters", "2"], "--enable-lora"),
        (vec!["--sleep", "3"], "without a later --wake"),
        (vec!["--wake=-1"], "is no second"),
    ] {
        let refused = self::run(&[&engine[..], &more].concat());
        let refused = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(refused.contains(words), "{refused}");
    }
}

/// A machine whose numbers are known, and differ from those that ship.
const MACHINE: &str =
    "[gpu.H100]\nmemory_bf16 = 0.6\n\n[engine.vllm]\nhost_us = 3000.0\nrequest_us = 40000.0\n";

/// Mean milliseconds to the first token and for each further one, of a simulated closed loop.
fn simulated(concurrency: &str, more: &[&str]) -> [f64; 2] {
    let requests = (concurrency.parse::<u32>().expect("a number") * 10).to_string();
    let arguments = [
        "simulate",
        "--engine",
        "vllm",
        "--gpu",
        "h100",
        "--served-model",
        "meta-llama/Llama-3.1-8B-Instruct",
        "--json",
        "--input-len",
        "800-1000",
        "--output-len",
        "160-200",
        "--concurrency",
        concurrency,
        "--requests",
        &requests,
    ];
    let files = [("machine.toml", MACHINE)];
    let output = fakeai("calibrate", &files, &[&arguments, more].concat())
        .output()
        .expect("it runs");
    let run: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    ["ttft_ms", "tpot_ms"].map(|name| run[name]["mean"].as_f64().expect("a mean"))
}

#[test]
fn what_is_calibrated_simulates_as_was_measured() {
    let measured = ["4", "16", "64"].map(|concurrency| {
        (
            concurrency,
            simulated(concurrency, &["--calibration", "machine.toml"]),
        )
    });
    let mut table =
        String::from("model,gpu,tp,precision,engine,isl,osl,concurrency_or_rate,ttft_ms,itl_ms\n");
    for (concurrency, [ttft, tpot]) in measured {
        table += &format!(
            "meta-llama/Llama-3.1-8B-Instruct,H100-SXM5-80GB,1,bf16,vllm,1000,200,{concurrency},{ttft},{tpot}\n"
        );
    }
    let files = [("runs.csv", table.as_str())];
    let arguments = ["calibrate", "runs.csv", "--out", "fitted.toml"];
    let output = fakeai("calibrate", &files, &arguments)
        .output()
        .expect("it runs");
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{told}");
    assert!(told.contains("with the shipped constants"), "{told}");
    assert!(told.contains("gpu H100 memory_bf16"), "{told}");
    for (concurrency, of_machine) in measured {
        let before = simulated(concurrency, &[]);
        let after = simulated(concurrency, &["--calibration", "fitted.toml"]);
        for (place, most) in [(0, 0.04), (1, 0.04)] {
            let off = |means: [f64; 2]| (means[place] / of_machine[place] - 1.0).abs();
            assert!(
                off(after) < most && off(before) > 1.5 * off(after),
                "{concurrency}: {before:?} before, {after:?} after, {of_machine:?} measured"
            );
        }
    }
}
