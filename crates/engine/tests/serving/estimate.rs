//! SGLang takes a request up where there is room for what is expected of all answers.

use fakeai_canon::Seed;
use fakeai_engine::serving::{Cluster, Kind, Layout, Quiet, Request, Setup};

use super::{narrow, played, request, setup};

fn sglang(conservativeness: f64) -> Setup {
    let mut setup = narrow(Kind::Sglang);
    setup.setting.conservativeness = conservativeness;
    setup
}

#[test]
fn who_expects_much_makes_nobody_give_way() {
    let requests: Vec<_> = (0..8).map(|_| request(0, 60, 100, Vec::new())).collect();
    let gave_way = |setup: &Setup| played(setup, &requests).preemptions;
    assert_eq!(gave_way(&sglang(2.0)), 0, "all of each answer is expected");
    assert!(gave_way(&sglang(0.0)) > 0, "nothing is expected");
    assert!(
        gave_way(&narrow(Kind::Vllm)) > 0,
        "and vLLM expects nothing either"
    );
}

#[test]
fn who_has_said_least_gives_way_and_comes_last() {
    let requests = [
        request(0, 200, 300, Vec::new()),
        request(0, 120, 300, Vec::new()),
        request(400_000, 300, 200, Vec::new()),
    ];
    let books = played(&sglang(0.0), &requests);
    let gave_way: Vec<u32> = (0..3)
        .map(|id| {
            let of = books.finished.iter().find(|ended| ended.id.0 == id);
            of.unwrap().preemptions
        })
        .collect();
    assert_eq!(gave_way[..2], [0, 0], "{gave_way:?}");
    assert!(gave_way[2] > 0);
}

#[test]
fn less_is_expected_the_longer_all_goes_well_and_all_again_after_a_rest() {
    let mut setup = setup(Kind::Sglang);
    setup.setting.blocks = Some(30_000 / setup.setting.block_tokens);
    // Callers allow far more than they get.
    let ask = |at: u64| Request {
        limit: Some(2_000),
        ..request(at, 100, 100, Vec::new())
    };
    let mut cluster = Cluster::new(&setup, Layout::of(1), Some(Seed(1))).unwrap();
    let widest = |cluster: &mut Cluster, count: u64| {
        let now = cluster.now().0;
        for _ in 0..count {
            cluster.submit(ask(now));
        }
        let (mut first, mut most) = (0, 0);
        let mut steps = 0;
        while let Some(next) = cluster.next() {
            cluster.advance(next, &mut Quiet);
            most = most.max(cluster.running());
            steps += 1;
            if steps < 60 {
                first = most;
            }
        }
        (first, most)
    };
    let (first, most) = widest(&mut cluster, 600);
    assert!(
        (10..30).contains(&first) && most > first * 2,
        "{first} {most}"
    );
    let (again, _) = widest(&mut cluster, 100);
    assert_eq!(again, first);
}
