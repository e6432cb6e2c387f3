//! The simulated engine keeps its books: no token is lost or doubled, blocks come back, limits
//! hold, who came first is served first, and the same requests give the same log.

#![allow(
    clippy::unwrap_used,
    reason = "a test that meets what it did not expect fails"
)]

mod cluster;
mod collected;
mod estimate;
mod facts;
mod golden;
mod gpus;
mod published;
mod refusals;
mod speculation;
mod step_time;
mod trajectory;

use std::collections::HashMap;

use fakeai_canon::{Micros, Seed};
use fakeai_catalog::hardware::{gpu, shape};
use fakeai_engine::serving::{
    Batch, Cluster, Finished, Kind, Layout, Log, Method, Precision, Request, SequenceId, Setup,
    Speculated, Speculation, Token,
};
use proptest::prelude::*;

const KINDS: [Kind; 3] = [Kind::Vllm, Kind::Sglang, Kind::TensorRt];

/// An engine that gets every request at once.
fn setup(kind: Kind) -> Setup {
    let served = served(kind);
    Setup {
        efficiency: served.efficiency.without_server(),
        ..served
    }
}

/// An engine behind its server.
fn served(kind: Kind) -> Setup {
    let shape = shape("meta-llama/Llama-3.1-8B").unwrap();
    Setup::new(shape, gpu("l4").unwrap(), 1, kind, Precision::Fp8)
}

/// A set-up whose cache holds few blocks, so that sequences have to make room.
fn narrow(kind: Kind) -> Setup {
    let mut setup = setup(kind);
    setup.setting.max_sequences = 8;
    setup.setting.max_batched_tokens = 64;
    setup.setting.blocks = Some(960 / setup.setting.block_tokens);
    setup
}

/// Those that speculate by this method.
fn speculating(mut setup: Setup, method: Method, tokens: u32) -> Setup {
    let how = Speculation::new(method, tokens, &setup, None);
    setup.speculation = Some(how);
    setup
}

/// Few blocks with every engine, with speculation of two kinds or none, and with answers that go on
/// in the steps of prompts.
fn narrow_ones() -> Vec<Setup> {
    let all = KINDS.into_iter().flat_map(|kind| {
        let without = narrow(kind);
        let from_text = speculating(narrow(kind), Method::Ngram, 5);
        let from_head = speculating(narrow(kind), Method::Eagle3, 3);
        [without, from_text, from_head]
    });
    let mut mixed = narrow(Kind::Sglang);
    mixed.setting.mixed_chunks = true;
    all.chain([mixed]).collect()
}

#[derive(Default)]
struct Books {
    tokens: HashMap<SequenceId, Vec<Micros>>,
    first_admitted: Vec<SequenceId>,
    finished: Vec<Finished>,
    widest: u32,
    ends: Vec<Micros>,
    preemptions: u32,
    speculated: Vec<Speculated>,
}

impl Log for Books {
    fn admitted(&mut self, id: SequenceId, _: Micros, _: u32, _: u32) {
        if !self.first_admitted.contains(&id) {
            self.first_admitted.push(id);
        }
    }

    fn step(&mut self, start: Micros, end: Micros, batch: &Batch) {
        assert!(start < end);
        assert!(self.ends.last().is_none_or(|last| *last <= start));
        self.ends.push(end);
        self.widest = self.widest.max(batch.tokens());
    }

    fn speculated(&mut self, speculated: &Speculated) {
        assert!(speculated.proposed > 0 && speculated.holding <= speculated.proposed);
        self.speculated.push(*speculated);
    }

    fn token(&mut self, token: &Token) {
        let tokens = self.tokens.entry(token.id).or_default();
        assert_eq!(tokens.len(), token.index as usize, "tokens come in order");
        let gap = tokens.last().map(|last| token.at.since(*last));
        assert_eq!(token.gap, gap);
        tokens.push(token.at);
    }

    fn preempted(&mut self, _: SequenceId, _: Micros) {
        self.preemptions += 1;
    }

    fn finished(&mut self, finished: &Finished) {
        self.finished.push(finished.clone());
    }
}

fn alone(setup: &Setup) -> Cluster {
    Cluster::new(setup, Layout::of(1), Some(Seed(3))).unwrap()
}

fn played(setup: &Setup, requests: &[Request]) -> Books {
    let mut cluster = alone(setup);
    for request in requests {
        cluster.submit(request.clone());
    }
    let mut books = Books::default();
    while let Some(next) = cluster.next() {
        cluster.advance(next, &mut books);
        assert!(cluster.running() <= setup.setting.max_sequences as usize);
    }
    assert!(cluster.is_idle());
    assert_eq!(cluster.cache_usage(), 0.0, "blocks come back");
    books
}

fn requests() -> impl Strategy<Value = Vec<Request>> {
    let request = (0_u64..400_000, 1_u32..300, 1_u32..120, 0_u64..3);
    prop::collection::vec(request, 1..40).prop_map(|rows| {
        let rows = rows
            .into_iter()
            .map(|(arrived, prompt, output, family)| Request {
                arrived: Micros(arrived),
                prompt,
                hashes: (0..u64::from(prompt / 16))
                    .map(|block| family * 1_000 + block)
                    .collect(),
                output,
                ..Request::default()
            });
        rows.collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_token_comes_once_and_every_block_comes_back(requests in requests()) {
        for setup in narrow_ones() {
            let books = played(&setup, &requests);
            prop_assert_eq!(books.finished.len(), requests.len());
            prop_assert!(books.widest <= setup.setting.max_batched_tokens);
            for finished in &books.finished {
                let request = &requests[finished.id.0 as usize];
                prop_assert_eq!(finished.output, request.output);
                let tokens = &books.tokens[&finished.id];
                prop_assert_eq!(tokens.len() as u32, request.output);
                prop_assert_eq!(tokens[0], finished.first_token);
                prop_assert_eq!(*tokens.last().unwrap(), finished.ended);
                prop_assert!(finished.first_token > request.arrived);
                prop_assert!(finished.cached < request.prompt);
            }
        }
    }

    #[test]
    fn the_same_requests_give_the_same_log(requests in requests()) {
        for setup in narrow_ones() {
            prop_assert_eq!(played(&setup, &requests).ends, played(&setup, &requests).ends);
        }
    }

    #[test]
    fn who_comes_first_is_taken_up_first(requests in requests()) {
        let books = played(&narrow(Kind::Vllm), &requests);
        let arrivals: Vec<_> = books.first_admitted.iter()
            .map(|id| requests[id.0 as usize].arrived).collect();
        prop_assert!(arrivals.is_sorted(), "{:?}", arrivals);
    }
}

fn request(at: u64, prompt: u32, output: u32, hashes: Vec<u64>) -> Request {
    Request {
        arrived: Micros(at),
        prompt,
        hashes,
        output,
        ..Request::default()
    }
}

#[test]
fn a_prompt_that_was_seen_is_found_in_the_cache_but_for_its_last_token() {
    let hashes: Vec<u64> = (0..64).collect();
    let requests = [
        request(0, 1_024, 4, hashes.clone()),
        request(60_000_000, 1_024, 4, hashes.clone()),
        request(120_000_000, 1_100, 4, hashes),
    ];
    let cached: Vec<u32> = played(&setup(Kind::Vllm), &requests)
        .finished
        .iter()
        .map(|finished| finished.cached)
        .collect();
    assert_eq!(cached, [0, 1_008, 1_024]);
    let mut off = setup(Kind::Vllm);
    off.setting.prefix_caching = false;
    assert!(
        played(&off, &requests)
            .finished
            .iter()
            .all(|finished| finished.cached == 0)
    );
}

#[test]
fn answers_of_a_batch_gain_their_tokens_together() {
    let requests: Vec<_> = (0..8).map(|_| request(0, 100, 50, Vec::new())).collect();
    let books = played(&setup(Kind::Vllm), &requests);
    let first = &books.tokens[&SequenceId(0)];
    assert!(books.tokens.values().all(|tokens| tokens == first));
}

#[test]
fn a_server_takes_in_who_comes_by_what_its_replica_has_under_way() {
    let setup = served(Kind::Vllm);
    let costs = setup.efficiency.engine;
    let alone = costs.request_us + 100.0 * costs.prompt_token_us;
    let requests: Vec<_> = [0, 0, 0, 60_000_000]
        .map(|at| request(at, 100, 50, Vec::new()))
        .to_vec();
    let books = played(&setup, &requests);
    for (place, others) in [0, 1, 2, 0].into_iter().enumerate() {
        let is_it = |finished: &&Finished| finished.id == SequenceId(place as u64);
        let finished = books.finished.iter().find(is_it).unwrap();
        assert_eq!(finished.others, others);
        let share = alone + f64::from(others) * costs.concurrency_us;
        let waited = finished.admitted.since(finished.arrived).0 as f64;
        // Who comes in while a step is under way waits for its end, too.
        assert!(waited >= share - 1.0, "{waited} of {share} us");
        assert!(others > 0 || waited < share + 2.0, "{waited} of {share} us");
    }
}

#[test]
fn a_long_prompt_holds_up_the_others_in_vllm_step_by_step() {
    let mut setup = setup(Kind::Vllm);
    setup.setting.max_batched_tokens = 512;
    let requests = [
        request(0, 16, 200, Vec::new()),
        request(1_000_000, 4_000, 2, Vec::new()),
    ];
    let books = played(&setup, &requests);
    let tokens = &books.tokens[&SequenceId(0)];
    let gaps: Vec<u64> = tokens
        .windows(2)
        .map(|pair| pair[1].since(pair[0]).0)
        .collect();
    let usual = gaps[5];
    let held_up = gaps.iter().filter(|gap| **gap > usual * 3 / 2).count();
    assert_eq!(held_up, 8, "4,000 tokens in parts of 511: {gaps:?}");
}

#[test]
fn a_cache_that_is_too_small_makes_the_last_make_room_and_loses_nothing() {
    let requests: Vec<_> = (0..8).map(|_| request(0, 60, 100, Vec::new())).collect();
    let books = played(&narrow(Kind::Vllm), &requests);
    assert!(
        books
            .finished
            .iter()
            .any(|finished| finished.preemptions > 0)
    );
    assert!(books.preemptions > 0);
    let reserving = played(&narrow(Kind::TensorRt), &requests);
    assert_eq!(
        reserving.preemptions, 0,
        "room for the whole answer is there from the start"
    );
}

#[test]
fn what_can_not_run_is_refused_with_the_arithmetic() {
    let llama = shape("meta-llama/Llama-3.1-70B").unwrap();
    let h100 = gpu("h100").unwrap();
    let alone = Setup::new(llama, h100, 1, Kind::Vllm, Precision::Bf16);
    let message = Cluster::new(&alone, Layout::of(1), None)
        .unwrap_err()
        .to_string();
    assert!(message.contains("141.1 GB of weights"), "{message}");
    let odd = Setup::new(llama, h100, 3, Kind::Vllm, Precision::Bf16);
    let message = Cluster::new(&odd, Layout::of(1), None)
        .unwrap_err()
        .to_string();
    assert!(message.contains("64 / 3 leaves 1"), "{message}");
    let enough = Setup::new(llama, h100, 4, Kind::Vllm, Precision::Bf16);
    assert!(Cluster::new(&enough, Layout::of(1), None).is_ok());
}

#[test]
fn a_request_that_is_taken_back_leaves_nothing() {
    let mut worker = alone(&narrow(Kind::Vllm));
    let ids: Vec<_> = (0..12)
        .map(|_| worker.submit(request(0, 50, 80, Vec::new())))
        .collect();
    let mut books = Books::default();
    worker.advance(Micros(50_000), &mut books);
    for id in ids {
        worker.cancel(id, &mut books);
    }
    assert!(worker.is_idle() && worker.cache_usage() == 0.0);
}
