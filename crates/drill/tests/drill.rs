//! A hundred seeds, each twice: nothing that must hold is broken, and the bytes are the same.

use fakeai_drill::run;

#[test]
fn a_hundred_seeds_keep_every_invariant_and_their_bytes() {
    let mut checked = 0;
    for seed in 0..100 {
        let first = run(seed);
        assert!(
            first.findings.0.is_empty(),
            "seed {seed}: {:#?}",
            first.findings.0
        );
        let again = run(seed);
        assert!(
            first.bytes == again.bytes,
            "seed {seed} gave other bytes the second time"
        );
        checked += first.checked + again.checked;
    }
    assert!(
        checked > 10_000,
        "only {checked} answers and events were checked"
    );
}

#[test]
fn another_seed_gives_other_bytes() {
    assert_ne!(run(1).bytes, run(2).bytes);
}
