//! Reranking puts the passage that answers first, on a scale that stands on its own.

use fakeai_retrieval::{Candidate, rank};

fn texts<'a>(texts: &[&'a str]) -> Vec<Candidate<'a>> {
    texts
        .iter()
        .map(|text| Candidate { text, vector: &[] })
        .collect()
}

#[test]
fn weighty_words_decide_and_not_those_that_are_everywhere() {
    let candidates = texts(&[
        "What is the weather like in the mountains, and how is the road?",
        "GPU memory bandwidth: an H100 moves 3.35 TB per second.",
        "Unrelated.",
    ]);
    let ranked = rank(
        "What is the GPU memory bandwidth of the H100?",
        &[],
        &candidates,
    );
    assert_eq!(
        ranked.iter().map(|one| one.index).collect::<Vec<_>>(),
        [1, 0, 2]
    );
    assert!(
        ranked[0].logit > 0.0 && ranked[2].logit < -9.0,
        "{ranked:?}"
    );
    assert!(ranked.iter().all(|one| (0.0..=1.0).contains(&one.score)));
}

#[test]
fn a_vector_finds_what_words_do_not() {
    let candidates = [
        Candidate {
            text: "automobile",
            vector: &[3.0, 0.5],
        },
        Candidate {
            text: "banana",
            vector: &[0.0, 1.0],
        },
    ];
    let ranked = rank("car", &[1.0, 0.0], &candidates);
    assert_eq!(ranked[0].index, 0);
    assert!(ranked[0].logit > ranked[1].logit);
}

#[test]
fn a_logit_does_not_depend_on_the_others_and_equals_keep_their_order() {
    let alone = rank("red car", &[], &texts(&["a red car"]))[0].logit;
    let ranked = rank("red car", &[], &texts(&["x", "a red car", "a red car"]));
    assert_eq!(ranked[0].logit, alone);
    assert_eq!(
        ranked.iter().map(|one| one.index).collect::<Vec<_>>(),
        [1, 2, 0]
    );
    assert_eq!(rank("", &[], &texts(&["a"]))[0].logit, -10.0);
    assert_eq!(rank("a", &[], &[]), []);
}
