//! What each engine does with the same requests, step by step, against a log that is kept beside
//! this test. `ACCEPT_LOGS=1` writes the logs anew.

#![allow(
    clippy::disallowed_methods,
    reason = "the one variable that accepts new logs"
)]

use std::fmt::Write as _;
use std::path::Path;

use fakeai_canon::Micros;
use fakeai_engine::serving::{Batch, Cluster, Finished, Kind, Layout, Log, Request, SequenceId};

use super::narrow;

#[derive(Default)]
struct Written(String);

impl Log for Written {
    fn admitted(&mut self, id: SequenceId, _: Micros, cached: u32, _: u32) {
        let _ = write!(self.0, "+{}({cached}) ", id.0);
    }

    fn step(&mut self, _: Micros, _: Micros, batch: &Batch) {
        let _ = write!(self.0, "d{}/{}", batch.decodes, batch.context);
        for (tokens, before) in &batch.chunks {
            let _ = write!(self.0, " p{tokens}@{before}");
        }
        let _ = writeln!(self.0, " r{}", batch.rows);
    }

    fn preempted(&mut self, id: SequenceId, _: Micros) {
        let _ = write!(self.0, "-{} ", id.0);
    }

    fn finished(&mut self, finished: &Finished) {
        let _ = write!(self.0, "={}x{} ", finished.id.0, finished.output);
    }
}

/// Twelve requests at once, some of which begin alike, and more than the cache holds.
fn requests() -> Vec<Request> {
    (0..12_u32)
        .map(|number| Request {
            prompt: 40 + 17 * (number % 5),
            output: 20 + 13 * (number % 4),
            hashes: (0..2)
                .map(|block| u64::from(number % 3) * 100 + block)
                .collect(),
            ..Request::default()
        })
        .collect()
}

fn log(kind: Kind) -> String {
    let mut setup = narrow(kind);
    // Few tokens a step, so that prompts come in parts, and one block size for all.
    setup.setting.max_batched_tokens = 96;
    let mut cluster = Cluster::new(&setup, Layout::of(1), None).unwrap();
    for request in requests() {
        cluster.submit(request);
    }
    let mut written = Written::default();
    while let Some(next) = cluster.next() {
        cluster.advance(next, &mut written);
    }
    assert!(cluster.is_idle());
    written.0 + "\n"
}

#[test]
fn each_engine_schedules_as_its_log_says() {
    for kind in [Kind::Vllm, Kind::Sglang, Kind::TensorRt] {
        let name = format!("tests/serving/logs/{}.log", kind.name());
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        let now = log(kind);
        if std::env::var_os("ACCEPT_LOGS").is_some() {
            std::fs::write(&path, &now).unwrap();
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        for (number, (now, kept)) in now.lines().zip(kept.lines()).enumerate() {
            assert_eq!(now, kept, "{} line {}", path.display(), number + 1);
        }
        assert_eq!(
            now.lines().count(),
            kept.lines().count(),
            "{}",
            path.display()
        );
    }
}
