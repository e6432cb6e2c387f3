//! A schedule that is timed with the constants that it was made with tells what a simulation tells,
//! and a fit finds constants with which a simulation tells what was measured.

use fakeai_canon::Seed;
use fakeai_engine::serving::{
    Arrivals, ClosedLoop, Cluster, Kind, Layout, Lengths, Setup, StepTime, Trajectory, Workload,
    run,
};

use super::{KINDS, served};

const PROMPT: Lengths = Lengths {
    low: 300,
    high: 500,
};
const OUTPUT: Lengths = Lengths { low: 60, high: 100 };

/// Mean milliseconds to the first token and for each further one: simulated, and timed again.
fn both(setup: &Setup, concurrency: u32) -> [[f64; 2]; 2] {
    let requests = concurrency * 8;
    let workload = Workload {
        arrivals: Arrivals::Closed { concurrency },
        requests,
        prompt: PROMPT,
        output: OUTPUT,
        shared: None,
        adapters: 0,
    };
    let mut cluster = Cluster::new(setup, Layout::of(1), None).unwrap();
    let simulated = run(&mut cluster, &workload, &mut Seed(3).rng());
    let load = ClosedLoop {
        concurrency,
        requests,
        warm_up: 0,
        prompts: None,
        prompt: PROMPT,
        output: OUTPUT,
    };
    let trajectory = Trajectory::of(setup, &load, &mut Seed(3).rng()).unwrap();
    let means = trajectory.means(&StepTime::new(setup));
    [
        [
            simulated.mean(|one| Some(one.ttft)) * 1e3,
            simulated.mean(|one| one.tpot) * 1e3,
        ],
        [means.ttft_ms, means.tpot_ms],
    ]
}

fn assert_same(setup: &Setup, concurrency: u32) {
    let [simulated, timed] = both(setup, concurrency);
    for (simulated, timed) in simulated.into_iter().zip(timed) {
        assert!(
            (timed / simulated - 1.0).abs() < 0.005,
            "{:?} with {concurrency}: {timed} timed, {simulated} simulated",
            setup.setting.kind
        );
    }
}

#[test]
fn a_schedule_timed_with_its_own_constants_is_the_simulation() {
    for kind in KINDS {
        for concurrency in [1, 4, 48] {
            assert_same(&served(kind), concurrency);
        }
    }
}

#[test]
fn a_server_that_is_behind_its_engine_is_timed_as_it_is_simulated() {
    let mut setup = served(Kind::Sglang);
    setup.efficiency.engine.output_us = 0.0;
    let [quick, _] = both(&setup, 48);
    setup.efficiency.engine.output_us = 2_000.0;
    assert_same(&setup, 48);
    let [slow, _] = both(&setup, 48);
    // 48 tokens of a step take 96 ms, whatever the engine takes; what is computed waits to be sent.
    assert!(slow[1] > 90.0 && slow[1] < 100.0, "{slow:?}");
    assert!(slow[0] > 3.0 * quick[0], "{quick:?} {slow:?}");
}
