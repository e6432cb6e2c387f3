//! Objectives of service held against the ledger: the share of calls that met one, and how much of the
//! error budget is used up. It judges; what counts as an objective is the reader's.

use fakeai_canon::Micros;
use serde_json::{Value, json};

use crate::ledger::{Ledger, UNMATCHED};
use crate::series::Totals;

/// What has to hold of a call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Objective {
    /// It is not answered with a status of 500 or more.
    Availability,
    /// Its first token comes within so many milliseconds.
    FirstToken(f64),
    /// It is answered whole within so many milliseconds.
    Duration(f64),
}

/// Calls that count, and those of them that missed an objective.
#[derive(Clone, Copy, Default)]
struct Score {
    calls: u64,
    bad: u64,
}

impl Score {
    /// How a share of them that may go wrong is used up.
    fn json(self, name: &str, target: Value, objective: f64) -> Value {
        let calls = self.calls.max(1) as f64;
        let met = 1.0 - self.bad as f64 / calls;
        let allowed = (1.0 - objective) * self.calls as f64;
        let used = if self.calls == 0 {
            0.0
        } else {
            self.bad as f64 / allowed
        };
        json!({
            "name": name,
            "within_ms": target,
            "objective": objective,
            "calls": self.calls,
            "missed": self.bad,
            "met": met,
            "compliant": met >= objective,
            "error_budget": {"allowed": allowed, "used": used, "left": (1.0 - used).max(0.0)},
        })
    }
}

/// All objectives, each with its budget, over all that the ledgers have counted; of availability also
/// how fast the last minute uses it up, 1 being as fast as the objective allows.
pub fn objectives_json(
    ledgers: &[(&str, &Ledger)],
    objective: f64,
    asked: &[Objective],
    now: Micros,
) -> Value {
    // Pages of our own, this one among them, are nobody's service, nor is a path that there is not.
    let all = ledgers.iter().flat_map(|(_, ledger)| ledger.totals(now));
    let all: Vec<(u16, Totals)> = all
        .filter(|(key, _)| key.operation != UNMATCHED)
        .map(|(key, totals)| (key.status, totals))
        .collect();
    let recent = all
        .iter()
        .fold(Score::default(), |sum, (status, totals)| Score {
            calls: sum.calls + totals.recent.requests,
            bad: sum.bad
                + if *status >= 500 {
                    totals.recent.requests
                } else {
                    0
                },
        });
    let share = recent.bad as f64 / recent.calls.max(1) as f64;
    let data: Vec<Value> = asked
        .iter()
        .map(|one| {
            let score = score(*one, &all);
            match one {
                Objective::Availability => {
                    let mut json = score.json("availability", Value::Null, objective);
                    json["burn_rate_last_minute"] = json!(share / (1.0 - objective));
                    json
                }
                Objective::FirstToken(within) => score.json("ttft", json!(within), objective),
                Objective::Duration(within) => score.json("e2e", json!(within), objective),
            }
        })
        .collect();
    json!({"object": "slo", "data": data})
}

/// Times are those of calls that were answered well; what failed is availability's.
fn score(objective: Objective, all: &[(u16, Totals)]) -> Score {
    let mut score = Score::default();
    for (status, totals) in all {
        let (calls, bad) = match objective {
            Objective::Availability => {
                let bad = if *status >= 500 { totals.requests } else { 0 };
                (totals.requests, bad)
            }
            Objective::FirstToken(_) | Objective::Duration(_) if *status >= 400 => (0, 0),
            Objective::FirstToken(within) => late(&totals.first_token, within),
            Objective::Duration(within) => late(&totals.duration, within),
        };
        score.calls += calls;
        score.bad += bad;
    }
    score
}

/// How many there are, and how many of them took longer.
fn late(counts: &crate::histogram::Counts, within_ms: f64) -> (u64, u64) {
    let all = counts.count();
    let bound = (within_ms * 1e3) as u64;
    (all, all.saturating_sub(counts.up_to(bound)))
}
