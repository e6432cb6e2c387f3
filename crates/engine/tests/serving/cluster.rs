//! Several replicas: routed, disaggregated, failing, drained, asleep. Whatever happens to them, each
//! request gets its tokens once and blocks come back.

use std::collections::HashMap;

use fakeai_canon::{Micros, Seed};
use fakeai_engine::serving::{
    Cluster, Finished, Kind, Layout, Log, OnFailure, Order, Policy, Quiet, Request, Role, Router,
    SequenceId, Setup, SleepLevel, State, Token,
};
use proptest::prelude::*;

use crate::{KINDS, narrow, request, requests, setup};

/// Tokens as a client gets them: what was announced and taken back counts as not said.
#[derive(Default, PartialEq, Debug)]
struct Books {
    tokens: HashMap<SequenceId, Vec<(u32, Micros)>>,
    replica: u32,
    admitted_in: HashMap<SequenceId, u32>,
    admitted: Vec<SequenceId>,
    finished: Vec<Finished>,
    refused: Vec<SequenceId>,
    failed: Vec<SequenceId>,
    displaced: u32,
    preempted: Vec<SequenceId>,
}

impl Log for Books {
    fn replica(&mut self, number: u32) {
        self.replica = number;
    }

    fn admitted(&mut self, id: SequenceId, _: Micros, _: u32, _: u32) {
        self.admitted_in.insert(id, self.replica);
        self.admitted.push(id);
    }

    fn token(&mut self, token: &Token) {
        let tokens = self.tokens.entry(token.id).or_default();
        tokens.push((token.index, token.at));
    }

    fn preempted(&mut self, id: SequenceId, _: Micros) {
        self.preempted.push(id);
    }

    fn finished(&mut self, finished: &Finished) {
        self.finished.push(finished.clone());
    }

    fn refused(&mut self, id: SequenceId, _: Micros) {
        self.refused.push(id);
    }

    fn displaced(&mut self, id: SequenceId, at: Micros) {
        self.displaced += 1;
        if let Some(tokens) = self.tokens.get_mut(&id) {
            tokens.retain(|(_, due)| *due <= at);
        }
    }

    fn failed(&mut self, id: SequenceId, _: Micros) {
        self.failed.push(id);
    }
}

fn played(
    setup: &Setup,
    layout: Layout,
    requests: &[Request],
    orders: &[(u64, Order)],
) -> (Books, Cluster) {
    let mut cluster = Cluster::new(setup, layout, Some(Seed(3))).unwrap();
    for (at, order) in orders {
        cluster.schedule(Micros(*at), *order);
    }
    for request in requests {
        cluster.submit(request.clone());
    }
    let mut books = Books::default();
    while let Some(next) = cluster.next() {
        cluster.advance(next, &mut books);
    }
    (books, cluster)
}

fn routers() -> impl Strategy<Value = Router> {
    prop_oneof![
        Just(Router::RoundRobin),
        Just(Router::LeastLoaded),
        Just(Router::PrefixAware {
            overlap: 1.0,
            load: 1.0
        }),
        Just(Router::Session),
    ]
}

fn layouts() -> impl Strategy<Value = Layout> {
    (1_u32..4, 0_u32..3, routers()).prop_map(|(replicas, prefill, router)| Layout {
        replicas,
        prefill,
        router,
        on_failure: OnFailure::Requeue,
    })
}

/// Failures that are mended later, drains that end, sleep that is woken from, one more of each.
fn orders() -> impl Strategy<Value = Vec<(u64, Order)>> {
    let one = (0_u64..900_000, 1_u64..400_000, 0_u32..5, 0_u32..5);
    prop::collection::vec(one, 0..4).prop_map(|rows| {
        let pairs = rows.into_iter().flat_map(|(at, later, number, kind)| {
            let (first, second) = match kind {
                0 | 1 => (Order::Fail(number), Order::Restore(number)),
                2 => (Order::Drain(number), Order::Restore(number)),
                3 => (Order::Sleep(SleepLevel::One), Order::Wake),
                _ => (Order::Add(Role::Whole), Order::Drain(number + 100)),
            };
            [(at, first), (at + later, second)]
        });
        let mut orders: Vec<_> = pairs.collect();
        // In the end all are there, so that nothing waits for ever.
        orders.extend((0..10).map(|number| (5_000_000, Order::Restore(number))));
        orders.push((5_000_000, Order::Wake));
        orders
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn whatever_happens_to_replicas_each_token_comes_once(
        requests in requests(), layout in layouts(), orders in orders(), kind in 0_usize..3,
    ) {
        let setup = narrow(KINDS[kind]);
        let (books, cluster) = played(&setup, layout, &requests, &orders);
        prop_assert!(cluster.is_idle());
        prop_assert_eq!(cluster.cache_usage(), 0.0, "blocks come back");
        prop_assert_eq!(books.finished.len(), requests.len());
        for finished in &books.finished {
            let request = &requests[finished.id.0 as usize];
            let tokens = &books.tokens[&finished.id];
            let indices: Vec<u32> = tokens.iter().map(|(index, _)| *index).collect();
            prop_assert_eq!(indices, (0..request.output).collect::<Vec<_>>());
            prop_assert!(tokens.windows(2).all(|pair| pair[0].1 < pair[1].1));
            prop_assert_eq!(tokens[0].1, finished.first_token);
            prop_assert_eq!(tokens[tokens.len() - 1].1, finished.ended);
            prop_assert!(finished.arrived <= finished.admitted);
            prop_assert!(finished.admitted < finished.first_token);
        }
        let (again, _) = played(&setup, layout, &requests, &orders);
        prop_assert_eq!(books, again, "the same requests give the same log");
    }

    #[test]
    fn the_lowest_priority_value_is_taken_up_first(
        rows in prop::collection::vec((0_i32..4, 20_u32..120), 2..30),
    ) {
        let mut setup = narrow(Kind::Vllm);
        setup.setting.policy = Policy::Priority;
        setup.setting.max_sequences = 1;
        let requests: Vec<_> = rows.iter().map(|(priority, prompt)| Request {
            priority: *priority,
            ..request(0, *prompt, 3, Vec::new())
        }).collect();
        let (books, _) = played(&setup, Layout::of(1), &requests, &[]);
        // The first to come finds an empty engine.
        let order: Vec<_> = books.admitted[1..].iter()
            .map(|id| (requests[id.0 as usize].priority, id.0)).collect();
        prop_assert!(order.is_sorted(), "{order:?}");
    }
}

#[test]
fn the_worst_priority_makes_room_for_the_others() {
    let mut setup = narrow(Kind::Vllm);
    setup.setting.policy = Policy::Priority;
    let requests: Vec<_> = (0..8)
        .map(|number| Request {
            priority: if number == 0 { 9 } else { 0 },
            ..request(0, 60, 100, Vec::new())
        })
        .collect();
    let (books, _) = played(&setup, Layout::of(1), &requests, &[]);
    assert_eq!(books.preempted[0], SequenceId(0));
    assert_eq!(books.finished.len(), 8);
    assert!(books.finished[7].id == SequenceId(0), "and ends last");
}

#[test]
fn more_than_may_wait_are_refused_and_the_others_served() {
    let mut setup = narrow(Kind::Vllm);
    setup.setting.max_waiting = Some(5);
    let requests: Vec<_> = (0..40).map(|_| request(0, 60, 20, Vec::new())).collect();
    let (books, _) = played(&setup, Layout::of(1), &requests, &[]);
    assert_eq!(books.refused.len() + books.finished.len(), 40);
    assert_eq!(
        books.refused.len(),
        27,
        "all came before the first step: eight have a place in it, and five wait"
    );
}

#[test]
fn one_adapter_too_many_is_passed_over_and_holds_up_nobody() {
    let mut setup = setup(Kind::Vllm);
    setup.setting.max_adapters = Some(1);
    let with = |adapter| Request {
        adapter,
        ..request(0, 60, 20, Vec::new())
    };
    let requests = [with(Some(1)), with(Some(2)), with(Some(1)), with(None)];
    let (books, _) = played(&setup, Layout::of(1), &requests, &[]);
    let order: Vec<u64> = books.admitted.iter().map(|id| id.0).collect();
    assert_eq!(order, [0, 2, 3, 1]);
    let ended = |id| {
        books
            .finished
            .iter()
            .find(|f| f.id == SequenceId(id))
            .unwrap()
    };
    assert!(ended(1).admitted >= ended(0).ended);
}

#[test]
fn a_long_prompt_takes_no_more_of_a_step_than_it_may() {
    let mut setup = setup(Kind::Vllm);
    let requests = [request(0, 1_000, 2, Vec::new())];
    let ttft = |setup: &Setup| {
        let (books, _) = played(setup, Layout::of(1), &requests, &[]);
        books.finished[0].first_token
    };
    let whole = ttft(&setup);
    setup.setting.long_prefill_tokens = 100;
    assert!(ttft(&setup) > Micros(2 * whole.0), "ten steps for one");
}

#[test]
fn a_prefix_aware_router_sends_a_prompt_to_where_it_is_known() {
    let router = Router::PrefixAware {
        overlap: 1.0,
        load: 0.0,
    };
    let layout = Layout {
        router,
        ..Layout::of(4)
    };
    let family = |family: u64| {
        (0..64)
            .map(|block| family * 1_000 + block)
            .collect::<Vec<_>>()
    };
    let mut requests: Vec<_> = (0..4)
        .map(|number| request(number * 10, 1_024, 8, family(number)))
        .collect();
    requests.extend((0..4).map(|number| request(60_000_000, 1_040, 8, family(3 - number))));
    let (books, _) = played(&setup(Kind::Vllm), layout, &requests, &[]);
    for number in 4..8 {
        let finished = books.finished.iter().find(|f| f.id == SequenceId(number));
        assert_eq!(finished.unwrap().cached, 1_024);
    }
}

#[test]
fn a_session_stays_where_it_is_and_turns_are_taken_in_turn() {
    let of_session = |session| Request {
        session: Some(session),
        ..request(session * 1_000, 50, 5, Vec::new())
    };
    let sessions: Vec<_> = (0..60).map(|number| of_session(number % 6)).collect();
    let layout = |router| Layout {
        router,
        ..Layout::of(3)
    };
    let (books, _) = played(&setup(Kind::Vllm), layout(Router::Session), &sessions, &[]);
    for number in 6..60 {
        let replica = |id| books.admitted_in[&SequenceId(id)];
        assert_eq!(replica(number), replica(number % 6));
    }
    let (books, _) = played(
        &setup(Kind::Vllm),
        layout(Router::RoundRobin),
        &sessions,
        &[],
    );
    for replica in 0..3 {
        let here = books.admitted_in.values().filter(|r| **r == replica);
        assert_eq!(here.count(), 20);
    }
}

#[test]
fn a_prompt_that_is_computed_elsewhere_comes_by_the_link_and_costs_its_time() {
    let disaggregated = Layout {
        prefill: 1,
        ..Layout::of(1)
    };
    let mut setup = setup(Kind::Vllm);
    let requests = [request(0, 2_000, 50, Vec::new())];
    let ttft = |setup: &Setup| {
        let (books, cluster) = played(setup, disaggregated, &requests, &[]);
        assert_eq!(cluster.moved_bytes(), setup.cache_bytes_a_token() * 1_999.0);
        books.finished[0].first_token.seconds()
    };
    let fast = ttft(&setup);
    setup.links.network_gb_s /= 10.0;
    setup.links.handshake_ms += 100.0;
    let bytes = setup.cache_bytes_a_token() * 1_999.0;
    let more = bytes * 9.0 / 10.0 / (setup.links.network_gb_s * 1e9) + 0.1;
    assert!((ttft(&setup) - fast - more).abs() < 1e-3);
}

#[test]
fn answers_are_not_held_up_by_prompts_that_are_computed_elsewhere() {
    let mut requests = vec![request(0, 16, 200, Vec::new())];
    requests.extend((1..20).map(|number| request(number * 100_000, 4_000, 2, Vec::new())));
    let longest = |layout| {
        let (books, _) = played(&setup(Kind::Vllm), layout, &requests, &[]);
        let tokens = &books.tokens[&SequenceId(0)];
        let gaps = tokens.windows(2).map(|pair| pair[1].1.since(pair[0].1));
        gaps.max().unwrap()
    };
    let apart = Layout {
        prefill: 1,
        ..Layout::of(1)
    };
    assert!(longest(apart).0 * 3 < longest(Layout::of(2).with_round_robin()).0);
}

trait WithRoundRobin {
    fn with_round_robin(self) -> Self;
}

impl WithRoundRobin for Layout {
    fn with_round_robin(self) -> Self {
        Self {
            router: Router::RoundRobin,
            ..self
        }
    }
}

#[test]
fn a_failed_replica_sends_its_requests_elsewhere_or_ends_them() {
    let requests: Vec<_> = (0..8).map(|_| request(0, 100, 200, Vec::new())).collect();
    let fail = [(500_000, Order::Fail(0))];
    let (books, cluster) = played(&setup(Kind::Vllm), Layout::of(2), &requests, &fail);
    assert_eq!((books.displaced, books.finished.len()), (4, 8));
    let states: Vec<State> = cluster.workers().map(|worker| worker.state).collect();
    assert_eq!(states, [State::Down, State::Up]);
    let ending = Layout {
        on_failure: OnFailure::End,
        ..Layout::of(2)
    };
    let (books, _) = played(&setup(Kind::Vllm), ending, &requests, &fail);
    assert_eq!((books.failed.len(), books.finished.len()), (4, 4));
}

#[test]
fn a_drained_replica_ends_what_it_has_and_takes_no_more() {
    let mut requests: Vec<_> = (0..4).map(|_| request(0, 100, 200, Vec::new())).collect();
    requests.extend((0..4).map(|_| request(600_000, 100, 10, Vec::new())));
    let (books, cluster) = played(
        &setup(Kind::Vllm),
        Layout::of(2),
        &requests,
        &[(500_000, Order::Drain(0))],
    );
    assert_eq!((books.displaced, books.finished.len()), (0, 8));
    for number in 4..8 {
        assert_eq!(books.admitted_in[&SequenceId(number)], 1);
    }
    assert_eq!(cluster.workers().next().unwrap().state, State::Down);
}

#[test]
fn an_engine_that_sleeps_keeps_its_requests_waiting_until_its_weights_are_back() {
    let setup = setup(Kind::Vllm);
    let orders = [
        (100_000, Order::Sleep(SleepLevel::One)),
        (9_000_000, Order::Wake),
    ];
    let requests = [
        request(0, 100, 100, Vec::new()),
        request(1_000_000, 100, 10, Vec::new()),
    ];
    let (books, _) = played(&setup, Layout::of(1), &requests, &orders);
    let loaded = 9.0 + setup.weight_bytes() / (setup.links.host_gb_s * 1e9);
    assert!(books.finished.iter().all(|f| f.ended.seconds() > loaded));
    let waited = books.finished.iter().find(|f| f.id == SequenceId(1));
    assert!((waited.unwrap().admitted.seconds() - loaded).abs() < 1e-3);
}

#[test]
fn a_cache_that_is_emptied_knows_nothing_any_more_and_one_in_use_is_kept() {
    let hashes: Vec<u64> = (0..64).collect();
    let mut cluster = Cluster::new(&setup(Kind::Vllm), Layout::of(1), None).unwrap();
    let cached = |cluster: &mut Cluster| {
        let at = cluster.now() + Micros(1);
        cluster.submit(request(at.0, 1_024, 4, hashes.clone()));
        let mut books = Books::default();
        while let Some(next) = cluster.next() {
            cluster.advance(next, &mut books);
        }
        books.finished[0].cached
    };
    assert_eq!(cached(&mut cluster), 0);
    assert_eq!(cached(&mut cluster), 1_008);
    assert!(cluster.reset_prefix_cache());
    assert_eq!(cached(&mut cluster), 0);
    let at = cluster.now() + Micros(1);
    cluster.submit(request(at.0, 1_024, 400, Vec::new()));
    cluster.advance(at, &mut Quiet);
    assert!(!cluster.reset_prefix_cache(), "a block is in use");
}

#[test]
fn what_the_cache_gives_up_comes_back_from_the_hosts_memory() {
    let mut setup = narrow(Kind::Vllm);
    setup.setting.max_batched_tokens = 2_048;
    let block = setup.cache_bytes_a_token() * f64::from(setup.setting.block_tokens);
    let family = |family: u64| {
        (0..40)
            .map(|block| family * 1_000 + block)
            .collect::<Vec<_>>()
    };
    let requests: Vec<_> = [1, 2, 3, 1]
        .into_iter()
        .enumerate()
        .map(|(place, number)| request(place as u64 * 60_000_000, 650, 4, family(number)))
        .collect();
    let last = |setup: &Setup| {
        let (books, _) = played(setup, Layout::of(1), &requests, &[]);
        let last = books.finished[3].clone();
        (last.cached, last.first_token.since(last.arrived).seconds())
    };
    let (cached, without) = last(&setup);
    assert_eq!(cached, 0);
    setup.setting.host_bytes = 200.0 * block;
    let (cached, with) = last(&setup);
    assert_eq!(cached, 640);
    let fetched = 40.0 * block / (setup.links.host_gb_s * 1e9);
    assert!(
        fetched < with && with < without,
        "{fetched} {with} {without}"
    );
}
