//! The GPUs of a simulated engine, as an exporter shows them: what they do follows from what was
//! answered.

use std::collections::BTreeMap;

use fakeai_server::config::{ClockKind, Config, DcgmSet, EngineKind};
use serde_json::{Value, json};

use crate::client::Request;
use crate::house::House;

fn serve(config: &mut Config) {
    config.serving.engine = Some(EngineKind::Vllm);
    config.serving.served_model = "meta-llama/Llama-3.1-70B".to_owned();
    config.serving.tensor_parallel_size = 4;
    config.serving.gpus = 8;
    config.server.clock = ClockKind::Virtual;
}

/// The samples of a page by name and GPU.
async fn page(house: &House) -> BTreeMap<(String, usize), f64> {
    let page = house.get("/dcgm/metrics").await;
    assert_eq!(page.status, 200);
    assert!(page.header("content-type").starts_with("text/plain"));
    let text = page.text();
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    let read = |line: &str| {
        let (name, rest) = line.split_once("{gpu=\"").expect("labels");
        let (gpu, rest) = rest.split_once('"').expect("a number");
        let value = rest.rsplit(' ').next().expect("a value");
        (
            (name.to_owned(), gpu.parse().expect("a number")),
            value.parse().expect("a number"),
        )
    };
    samples.map(read).collect()
}

async fn generate(house: &House, tokens: u32) {
    let body = json!({"model": "meta-llama/Llama-3.1-70B", "max_tokens": tokens,
        "ignore_eos": true, "messages": [{"role": "user", "content": "Tell me of Rome."}]});
    house.post("/v1/chat/completions", &body).await.ok();
}

#[tokio::test]
async fn gpus_work_while_something_is_answered() {
    let house = House::with(serve).await;
    let idle = page(&house).await;
    let of = |page: &BTreeMap<_, f64>, name: &str, gpu| page[&(name.to_owned(), gpu)];
    assert_eq!(idle.len(), 8 * 25, "25 counters of 8 GPUs");
    assert_eq!(of(&idle, "DCGM_FI_DEV_GPU_UTIL", 0), 0.0);
    assert_eq!(of(&idle, "DCGM_FI_DEV_POWER_USAGE", 0), 75.0);
    let sum = |page: &BTreeMap<_, f64>, gpu| {
        let parts = ["FREE", "USED", "RESERVED"];
        parts.map(|part| of(page, &format!("DCGM_FI_DEV_FB_{part}"), gpu))
    };
    assert_eq!(sum(&idle, 5).iter().sum::<f64>(), 81_559.0);
    assert!(
        sum(&idle, 5)[1] > 0.85 * 81_559.0,
        "it is taken from the start"
    );

    generate(&house, 400).await;
    let busy = page(&house).await;
    // One replica has answered; the GPUs of the other have nothing to do.
    for gpu in 0..4 {
        assert!(of(&busy, "DCGM_FI_DEV_GPU_UTIL", gpu) > 90.0);
        assert!(of(&busy, "DCGM_FI_PROF_DRAM_ACTIVE", gpu) > 0.3);
        let tensor = of(&busy, "DCGM_FI_PROF_PIPE_TENSOR_ACTIVE", gpu);
        assert!(tensor > 0.0 && tensor < 0.1, "{tensor}");
        assert!(of(&busy, "DCGM_FI_DEV_POWER_USAGE", gpu) > 120.0);
        assert!(of(&busy, "DCGM_FI_DEV_NVLINK_BANDWIDTH_TOTAL", gpu) > 0.0);
        assert!(of(&busy, "DCGM_FI_DEV_GPU_TEMP", gpu) > of(&busy, "DCGM_FI_DEV_GPU_TEMP", 4));
    }
    for gpu in 4..8 {
        assert_eq!(of(&busy, "DCGM_FI_DEV_GPU_UTIL", gpu), 0.0);
    }
    let energy = "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION";
    assert!(of(&busy, energy, 0) > 1.5 * of(&busy, energy, 4));
    let advance = json!({"advance_seconds": 100});
    house.post("/_fakeai/clock", &advance).await.ok();
    let later = page(&house).await;
    let spent = of(&later, energy, 0) - of(&busy, energy, 0);
    assert!((spent - 100.0 * 75.0 * 1e3).abs() < 2.0, "{spent} mJ");
    assert_eq!(of(&later, "DCGM_FI_DEV_GPU_UTIL", 0), 0.0);
}

#[tokio::test]
async fn gpus_fail_on_purpose() {
    let house = House::with(|config| {
        serve(config);
        config.metrics.dcgm_counters = DcgmSet::All;
    })
    .await;
    let faults = json!({"xid": 63, "ecc": {"corrected": 5, "uncorrected": 2}, "pcie_replays": 7});
    let told = house.post("/_fakeai/gpus/3", &faults).await.ok();
    assert_eq!(told["metrics"]["DCGM_FI_DEV_XID_ERRORS"], 63);
    let page = page(&house).await;
    let of = |name: &str, gpu| page[&(format!("DCGM_FI_DEV_{name}"), gpu)];
    assert_eq!(of("XID_ERRORS", 3), 63.0);
    assert_eq!(of("XID_ERRORS", 2), 0.0);
    assert_eq!(of("ECC_SBE_VOL_TOTAL", 3), 5.0);
    assert_eq!(of("ECC_DBE_VOL_TOTAL", 3), 2.0);
    assert_eq!(of("UNCORRECTABLE_REMAPPED_ROWS", 3), 2.0);
    assert_eq!(of("PCIE_REPLAY_COUNTER", 3), 7.0);
    house.post("/_fakeai/gpus/8", &faults).await.error(404);
    for wrong in [
        json!([]),
        json!({"xid": -1}),
        json!({"colour": 1}),
        json!({"ecc": {"lost": 1}}),
        json!({"ambient_celsius": 500}),
    ] {
        house.post("/_fakeai/gpus/0", &wrong).await.error(400);
    }
}

#[tokio::test]
async fn the_page_has_a_twin_in_json() {
    let house = House::with(serve).await;
    generate(&house, 50).await;
    let text = page(&house).await;
    let accept = Request::get("/dcgm/metrics").header("accept", "application/json");
    for twin in [
        house.get("/dcgm/metrics?format=json").await.ok(),
        house.send(accept).await.ok(),
    ] {
        let gpus = twin["data"].as_array().expect("GPUs");
        assert_eq!(gpus.len(), 8);
        for (number, gpu) in gpus.iter().enumerate() {
            assert_eq!(gpu["modelName"], "NVIDIA H100 80GB HBM3");
            for (name, value) in gpu["metrics"].as_object().expect("metrics") {
                let same = text[&(name.clone(), number)];
                assert_eq!(value.as_f64(), Some(same), "{name}");
            }
        }
        let uuids: Vec<&Value> = gpus.iter().map(|gpu| &gpu["UUID"]).collect();
        assert!(uuids.windows(2).all(|pair| pair[0] != pair[1]));
    }
}

#[tokio::test]
async fn a_fatal_error_of_a_gpu_ends_its_replica_and_requests_go_on_elsewhere() {
    let house = House::with(|config| {
        serve(config);
        config.server.clock = ClockKind::Real;
    })
    .await;
    let body = json!({"model": "meta-llama/Llama-3.1-70B", "max_tokens": 100, "ignore_eos": true,
        "stream": true, "stream_options": {"include_usage": true},
        "messages": [{"role": "user", "content": "Tell me of Rome."}]});
    let mut answer = house.stream("/v1/chat/completions", &body).await;
    answer.event().await.expect("it has begun");
    let workers = || async { house.get("/_fakeai/engine/workers").await.ok() };
    let before = workers().await;
    let has_it = (0..2).find(|number| before["data"][number]["running"] == 1);
    let has_it = has_it.expect("a replica has it");
    // What is corrected ends nothing.
    let gpu = format!("/_fakeai/gpus/{}", has_it * 4 + 2);
    house.post(&gpu, &json!({"xid": 63})).await.ok();
    assert_eq!(workers().await["data"][has_it]["state"], "up");
    house.post(&gpu, &json!({"xid": 79})).await.ok();
    let after = workers().await;
    assert_eq!(after["data"][has_it]["state"], "down");
    assert_eq!(after["data"][1 - has_it]["running"], 1, "it goes on there");
    let chunks = answer.chunks().await;
    let last = chunks.last().expect("an end");
    assert_eq!(last["usage"]["completion_tokens"], 100);
    // Nothing is held where nothing runs.
    let page = page(&house).await;
    let used = |gpu| page[&("DCGM_FI_DEV_FB_USED".to_owned(), gpu)];
    for part in 0..4 {
        assert_eq!(used(has_it * 4 + part), 0.0);
        assert!(used((1 - has_it) * 4 + part) > 0.85 * 81_559.0);
    }
    let xid = |gpu| page[&("DCGM_FI_DEV_XID_ERRORS".to_owned(), gpu)];
    assert_eq!((xid(has_it * 4 + 2), xid(has_it * 4)), (79.0, 0.0));
    let restore = json!({"worker": has_it, "action": "restore"});
    let back = house.post("/_fakeai/engine/workers", &restore).await.ok();
    assert_eq!(back["data"][has_it]["state"], "up");
}

#[tokio::test]
async fn gpus_that_join_are_shown_and_a_hot_one_slows_answers() {
    let house = House::with(|config| {
        serve(config);
        config.serving.gpus = 4;
    })
    .await;
    let add = json!({"action": "add"});
    house.post("/_fakeai/engine/workers", &add).await.ok();
    assert_eq!(
        page(&house).await.len(),
        8 * 25,
        "those of the new one, too"
    );
    let drain = json!({"worker": 1, "action": "drain"});
    house.post("/_fakeai/engine/workers", &drain).await.ok();
    let long = "Tell me of Rome. ".repeat(1_500);
    let seconds = async |about: &str| {
        let content = format!("{about}: {long}");
        let body = json!({"model": "meta-llama/Llama-3.1-70B", "max_tokens": 1,
            "messages": [{"role": "user", "content": content}]});
        let before = now(&house).await;
        house.post("/v1/chat/completions", &body).await.ok();
        now(&house).await - before
    };
    let cool = seconds("First").await;
    let hot = json!({"ambient_celsius": 110});
    house.post("/_fakeai/gpus/3", &hot).await.ok();
    let advance = json!({"advance_seconds": 600});
    house.post("/_fakeai/clock", &advance).await.ok();
    let slow = seconds("Second").await;
    assert!(slow > 2.0 * cool, "{slow} {cool}");
}

async fn now(house: &House) -> f64 {
    let clock = house.get("/_fakeai/clock").await.ok();
    clock["now"]
        .as_f64()
        .unwrap_or_else(|| panic!("a time: {clock}"))
}
