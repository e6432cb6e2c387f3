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
    // For whoever adds up what a whole test run has checked.
    if let Some(folder) = std::env::var_os("FAKEAI_CHECKED_FOLDER") {
        let file = std::path::Path::new(&folder).join("drill");
        std::fs::write(file, checked.to_string()).expect("the folder can be written to");
    }
}

#[test]
fn another_seed_gives_other_bytes() {
    assert_ne!(run(1).bytes, run(2).bytes);
}
