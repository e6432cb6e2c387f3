//! What can't run is refused with the arithmetic shown.

use fakeai_catalog::hardware::{gpu, shape};
use fakeai_engine::serving::{Cluster, Constants, Kind, Layout, Precision, Setup, read_measured};

fn refused(model: &str, hardware: &str, change: impl Fn(&mut Setup)) -> String {
    let mut setup = Setup::new(
        shape(model).unwrap(),
        gpu(hardware).unwrap(),
        1,
        Kind::Vllm,
        Precision::Bf16,
    );
    change(&mut setup);
    Cluster::new(&setup, Layout::of(1), None)
        .unwrap_err()
        .to_string()
}

#[test]
fn a_model_that_does_not_fit() {
    let message = refused("meta-llama/Llama-3.1-70B", "h100", |_| {});
    for part in [
        "141.1 GB of weights",
        "70.5·10⁹ parameters × 2 bytes / 1",
        "92 % of its 84.6 GB",
    ] {
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn heads_experts_and_layers_that_can_not_be_divided() {
    let message = refused("meta-llama/Llama-3.1-70B", "h100", |s| {
        s.tensor_parallel = 3
    });
    assert!(message.contains("64 / 3 leaves 1"), "{message}");
    let message = refused("Qwen/Qwen3-30B-A3B", "h100", |s| {
        s.tensor_parallel = 1;
        s.data_parallel = 3;
        s.expert_parallel = true;
    });
    assert!(message.contains("128 / 3 leaves 2"), "{message}");
    let message = refused("meta-llama/Llama-3.1-8B", "h100", |s| {
        s.pipeline_parallel = 33
    });
    assert!(message.contains("32 layers"), "{message}");
    let message = refused("meta-llama/Llama-3.1-8B", "h100", |s| s.data_parallel = 2);
    assert!(message.contains("no experts"), "{message}");
}

#[test]
fn a_calibration_that_is_none() {
    let wrong = |text: &str| Constants::shipped().with(text).unwrap_err();
    assert!(wrong("[gpu.H100]\nmemory = 0.5").contains("gpu.H100.memory is none of launch_us"));
    assert!(wrong("[engine.vllm]\nhost_us = -1.0").contains("below 0"));
    assert!(wrong("[vllm]\nhost_us = 1.0").contains("unknown field"));
    let right = Constants::shipped()
        .with("[engine.vllm]\nhost_us = 123.0")
        .unwrap();
    assert_eq!(right.of("H100-SXM5-80GB", "vllm").engine.host_us, 123.0);
    assert_ne!(right.of("H100-SXM5-80GB", "sglang").engine.host_us, 123.0);
}

#[test]
fn a_wrong_row_of_measurements_is_named_by_its_line() {
    let table = "model,gpu,engine,precision,tp,isl,osl,concurrency_or_rate,ttft_ms,itl_ms\n\
        meta-llama/Llama-3.1-8B,h100,vllm,bf16,1,1024,128,16,60,8.1\n\
        meta-llama/Llama-3.1-8B,h100,vllm,bf16,1,1024,128,16,,8.1\n\
        meta-llama/Llama-3.1-8B,h1000,vllm,bf16,1,1024,128,16,60,8.1\n\
        meta-llama/Llama-3.1-8B,h100,vllm,bf16,1,1024,128,many,60,8.1\n\
        nobody/knows,h100,vllm,bf16,1,1024,128,16,60,8.1\n\
        meta-llama/Llama-3.1-8B,h100,other,bf16,1,1024,128,16,60,8.1\n\
        meta-llama/Llama-3.1-8B,h100,vllm,fp3,1,1024,128,16,60,8.1\n\
        meta-llama/Llama-3.1-8B,h100,vllm,bf16,3,1024,128,16,60,fast\n";
    let (rows, unread) = read_measured(table, &[]);
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].line, 2);
    let told: Vec<String> = unread.iter().map(ToString::to_string).collect();
    for (line, word) in [
        (3, "ttft_ms is not there"),
        (4, "h1000"),
        (5, "many"),
        (6, "nobody/knows"),
        (7, "other"),
        (8, "fp3"),
        (9, "itl_ms is 'fast'"),
    ] {
        let is_named = |text: &&String| text.starts_with(&format!("line {line}:"));
        let text = told.iter().find(is_named).unwrap();
        assert!(text.contains(word), "{text}");
    }
}

#[test]
fn a_calibration_that_nothing_goes_by_or_that_can_not_be_is_refused() {
    let refused = |text: &str| Constants::shipped().with(text).unwrap_err();
    for (text, words) in [
        (
            "[gpu.H100]\nmemory_bf16 = 0\n",
            "gpu.H100.memory_bf16 is 0, which is nothing",
        ),
        ("[engine.vllm]\nhost_us = 1e300\n", "which is above 10^9"),
        ("[engine.vllm]\nhost_us = -1.0\n", "which is below 0"),
        (
            "[gpu.h100]\nmemory_bf16 = 0.8\n",
            "gpu.h100 is of nothing that is known",
        ),
        (
            "[engine.foo]\nhost_us = 1.0\n",
            "engine.foo is of nothing that is known",
        ),
        ("[gpu.H100]\nspeed = 1.0\n", "is none of"),
    ] {
        let why = refused(text);
        assert!(why.contains(words), "{why}");
    }
    let fine = "[gpu.H100]\nmemory_bf16 = 0.8\n[engine.default]\nhost_us = 0\n[client.aiperf]\nrequest_us = 0\n";
    assert!(Constants::shipped().with(fine).is_ok());
}
