//! A hundred seeds, each twice: nothing that must hold is broken, and the bytes are the same.

use std::collections::BTreeSet;

use fakeai_drill::run;

/// What has to happen somewhere in a hundred seeds, or the drill would prove little.
const REACHED: &[&str] = &[
    "cancelResponse 200",
    "cancelResponse 400",
    "createChatCompletion 200",
    "createChatCompletion 400",
    "createChatCompletion abandoned",
    "createChatCompletion fault 503",
    "createCompletion 200",
    "createConversation 200",
    "createConversationItems 200",
    "createEmbedding 200",
    "createModeration 200",
    "createResponse 200",
    "createResponse 404",
    "createResponse abandoned",
    "deleteChatCompletion 200",
    "deleteConversation 200",
    "deleteResponse 200",
    "getChatCompletion 200",
    "getChatCompletionMessages 200",
    "getConversation 200",
    "getResponse 200",
    "getResponse 400",
    "getResponse 404",
    "getResponse abandoned",
    "listConversationItems 200",
    "listFiles 200",
    "listInputItems 200",
    "nothing 404",
    "updateChatCompletion 200",
    "updateConversation 200",
];

/// How many seeds are run: a hundred, or as many as `DRILL_SEEDS` says.
#[expect(
    clippy::disallowed_methods,
    reason = "a long run is asked for this way"
)]
fn seeds() -> u64 {
    let wanted = std::env::var("DRILL_SEEDS").ok();
    wanted.and_then(|wanted| wanted.parse().ok()).unwrap_or(100)
}

#[test]
fn a_hundred_seeds_keep_every_invariant_and_their_bytes() {
    let mut checked = 0;
    let mut fates = BTreeSet::new();
    for seed in 0..seeds() {
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
        fates.extend(first.fates);
    }
    assert!(
        checked > 10_000,
        "only {checked} answers and events were checked"
    );
    let missing: Vec<&&str> = REACHED
        .iter()
        .filter(|fate| !fates.contains(**fate))
        .collect();
    assert!(missing.is_empty(), "never seen: {missing:?} in {fates:#?}");
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
