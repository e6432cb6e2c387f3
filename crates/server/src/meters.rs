//! How much was asked for lately: a meter for each project or key and each model, on the world's
//! clock. Which limits hold is the guard's question.

use std::collections::HashMap;
use std::sync::Arc;

use fakeai_canon::Micros;
use parking_lot::Mutex;

/// Meters that are kept. Past it those are dropped that have nothing to remember, and all where
/// that is not enough.
const METERS: usize = 10_000;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Requests,
    Tokens,
}

/// A limit: so many units in each span.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Limit {
    pub(crate) unit: Unit,
    pub(crate) most: u64,
    pub(crate) span: Span,
}

/// A span that a limit counts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Span {
    Minute,
    Day,
}

impl Span {
    fn micros(self) -> f64 {
        match self {
            Span::Minute => 60e6,
            Span::Day => 86_400e6,
        }
    }
}

/// The meters of a world.
#[derive(Default)]
pub(crate) struct Meters(Mutex<HashMap<(String, String), Arc<Meter>>>);

/// What one project or key has asked of one model.
#[derive(Default)]
pub(crate) struct Meter(Mutex<Levels>);

/// What is used, which drains as time goes: by unit and span.
#[derive(Clone, Copy, Default)]
struct Levels {
    at: Micros,
    used: [[f64; 2]; 2],
    /// The last limit of each, by which it drains.
    most: [[u64; 2]; 2],
    /// Requests that were let through, and those that were not.
    admitted: u64,
    refused: u64,
}

/// What one project or key has asked of one model, as it is shown.
pub(crate) struct Metered {
    pub(crate) who: String,
    pub(crate) model: String,
    pub(crate) admitted: u64,
    pub(crate) refused: u64,
    pub(crate) left: Vec<Left>,
}

/// A limit that is reached.
#[derive(Debug)]
pub(crate) struct Reached {
    pub(crate) limit: Limit,
    pub(crate) used: u64,
    pub(crate) requested: u64,
    /// How long until there is room; none where there never is.
    pub(crate) wait: Option<Micros>,
}

/// What is left of a limit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Left {
    pub(crate) limit: Limit,
    pub(crate) remaining: u64,
    /// How long until all of it is there again.
    pub(crate) reset: Micros,
}

impl Meters {
    /// All meters, by who and model.
    pub(crate) fn list(&self, now: Micros) -> Vec<Metered> {
        let mut list: Vec<Metered> = self
            .0
            .lock()
            .iter()
            .map(|((who, model), meter)| meter.shown(who, model, now))
            .collect();
        list.sort_by(|one, other| (&one.who, &one.model).cmp(&(&other.who, &other.model)));
        list
    }

    /// The meter of whoever `who` is for a model.
    pub(crate) fn of(&self, who: &str, model: &str, now: Micros) -> Arc<Meter> {
        let mut meters = self.0.lock();
        let name = (who.to_owned(), model.to_owned());
        if meters.len() >= METERS && !meters.contains_key(&name) {
            meters.retain(|_, meter| !meter.is_idle(now));
            if meters.len() >= METERS {
                meters.clear();
            }
        }
        Arc::clone(meters.entry(name).or_default())
    }
}

impl Meter {
    /// Takes a request of so many tokens, where every limit has room for it.
    pub(crate) fn take(&self, limits: &[Limit], tokens: u64, now: Micros) -> Result<(), Reached> {
        let mut levels = self.0.lock();
        levels.drain(limits, now);
        let reached = limits.iter().filter_map(|limit| {
            let requested = asked(limit.unit, tokens);
            levels.room(*limit, requested).err()
        });
        // A client that waits as it is told is not told to wait again.
        let longest = reached.max_by_key(|reached| reached.wait.map_or(u64::MAX, |wait| wait.0));
        if let Some(reached) = longest {
            levels.refused += 1;
            return Err(reached);
        }
        levels.admitted += 1;
        for limit in limits {
            *levels.used(*limit) += asked(limit.unit, tokens) as f64;
        }
        Ok(())
    }

    /// Sets right what a request has used: it took so many tokens and needed so many.
    pub(crate) fn settle(&self, taken: u64, needed: u64) {
        let mut levels = self.0.lock();
        for used in &mut levels.used[Unit::Tokens as usize] {
            *used = (*used + needed as f64 - taken as f64).max(0.0);
        }
    }

    /// What is left of each limit.
    pub(crate) fn left(&self, limits: &[Limit], now: Micros) -> Vec<Left> {
        let mut levels = self.0.lock();
        levels.drain(limits, now);
        let left = limits.iter().map(|limit| {
            let used = *levels.used(*limit);
            Left {
                limit: *limit,
                remaining: (limit.most as f64 - used + SLACK).max(0.0) as u64,
                reset: limit.time_for(used),
            }
        });
        left.collect()
    }

    /// What is left of the limits that held last, and how many requests they let through.
    fn shown(&self, who: &str, model: &str, now: Micros) -> Metered {
        let (limits, admitted, refused) = {
            let levels = self.0.lock();
            (levels.limits(), levels.admitted, levels.refused)
        };
        Metered {
            who: who.to_owned(),
            model: model.to_owned(),
            admitted,
            refused,
            left: self.left(&limits, now),
        }
    }

    fn is_idle(&self, now: Micros) -> bool {
        let mut levels = self.0.lock();
        levels.drain(&[], now);
        levels.used.as_flattened().iter().all(|used| *used < SLACK)
    }
}

/// What rounding may leave of a unit.
const SLACK: f64 = 1e-6;

fn asked(unit: Unit, tokens: u64) -> u64 {
    match unit {
        Unit::Requests => 1,
        Unit::Tokens => tokens,
    }
}

impl Limit {
    /// How long it takes until so many units are there again, in whole milliseconds.
    fn time_for(self, units: f64) -> Micros {
        if self.most == 0 {
            return Micros(self.span.micros() as u64);
        }
        let micros = (units - SLACK).max(0.0) / self.most as f64 * self.span.micros();
        Micros((micros / 1e3).ceil() as u64 * 1_000)
    }
}

impl Levels {
    /// The limits that held last.
    fn limits(&self) -> Vec<Limit> {
        let mut limits = Vec::new();
        for unit in [Unit::Requests, Unit::Tokens] {
            for span in [Span::Minute, Span::Day] {
                let most = self.most[unit as usize][span as usize];
                if most > 0 {
                    limits.push(Limit { unit, most, span });
                }
            }
        }
        limits
    }

    fn used(&mut self, limit: Limit) -> &mut f64 {
        &mut self.used[limit.unit as usize][limit.span as usize]
    }

    /// Lets drain what has drained since it was last looked at.
    fn drain(&mut self, limits: &[Limit], now: Micros) {
        for limit in limits {
            self.most[limit.unit as usize][limit.span as usize] = limit.most;
        }
        let passed = now.since(self.at).0 as f64;
        self.at = self.at.max(now);
        for (used, most) in self.used.iter_mut().zip(&self.most) {
            for ((used, most), span) in used.iter_mut().zip(most).zip([Span::Minute, Span::Day]) {
                // What is not limited is not remembered.
                *used = match most {
                    0 => 0.0,
                    most => (*used - passed * *most as f64 / span.micros()).max(0.0),
                };
            }
        }
    }

    fn room(&mut self, limit: Limit, requested: u64) -> Result<(), Reached> {
        let used = *self.used(limit);
        let over = used + requested as f64 - limit.most as f64;
        if over <= SLACK {
            return Ok(());
        }
        Err(Reached {
            limit,
            used: used.ceil() as u64,
            requested,
            wait: (requested <= limit.most).then(|| limit.time_for(over)),
        })
    }
}
