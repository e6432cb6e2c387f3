//! Reasoning models: tokens by effort, summaries.

use fakeai_canon::{Effort, Generate, Reasoning, Segment};

use crate::desk::{chat, choice, generation};

fn think(effort: Option<Effort>, summary: bool) -> Generate {
    Generate {
        model: "gpt-5".into(),
        reasoning: Reasoning { effort, summary },
        ..chat("Prove that the square root of two is irrational.")
    }
}

#[test]
fn tokens_follow_the_effort_and_usage_counts_them() {
    let count = |effort| generation(&think(Some(effort), false)).usage().reasoning;
    let (minimal, low, medium, high) = (
        count(Effort::Minimal),
        count(Effort::Low),
        count(Effort::Medium),
        count(Effort::High),
    );
    assert_eq!(minimal, 0);
    assert!(
        0 < low && low < medium && medium < high,
        "{low} {medium} {high}"
    );
    assert_eq!(low % 64, 0);
    assert!(generation(&think(None, false)).usage().reasoning > 0);
}

#[test]
fn a_summary_comes_when_asked_for() {
    let parts = |summary| {
        let choice = choice(&think(Some(Effort::High), summary));
        choice.segments.iter().filter(|segment| matches!(segment, Segment::Summary(tokens) if tokens.text().starts_with("**"))).count()
    };
    assert_eq!(parts(false), 0);
    assert!(parts(true) >= 2);
}

#[test]
fn a_plain_model_does_not_reason() {
    assert_eq!(generation(&chat("Prove it.")).usage().reasoning, 0);
}
