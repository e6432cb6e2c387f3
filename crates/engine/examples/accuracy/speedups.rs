//! What speculative decoding brings, held against runs that were measured with and without it
//! (`data/hardware/speedups.toml`).

use std::error::Error;

use fakeai_canon::Seed;
use fakeai_catalog::hardware::{gpu, shape};
use fakeai_engine::serving::{
    ClosedLoop, Constants, Kind, Lengths, Method, Precision, Setup, Speculation, StepTime,
    Trajectory,
};
use serde::Deserialize;

/// A run: how it was served, and how much faster it was with proposals, measured and simulated.
pub(crate) struct Speedup {
    pub(crate) served: String,
    pub(crate) proposals: String,
    pub(crate) lengths: String,
    pub(crate) under_way: u32,
    pub(crate) measured: f64,
    pub(crate) simulated: f64,
    pub(crate) made: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    run: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    #[serde(rename = "source")]
    _source: String,
    model: String,
    gpu: String,
    tp: u32,
    engine: String,
    precision: String,
    method: Method,
    tokens: u32,
    prompt: u32,
    output: u32,
    under_way: u32,
    plain_ms: f64,
    with_ms: f64,
}

const RUNS: &str = include_str!("../../../../data/hardware/speedups.toml");
/// Answers of each that is under way.
const WAVES: u32 = 4;

/// All runs with what these constants make of them.
pub(crate) fn all(constants: &Constants) -> Result<Vec<Speedup>, Box<dyn Error>> {
    let table: Table = toml::from_str(RUNS)?;
    table
        .run
        .iter()
        .map(|row| row.simulated(constants))
        .collect()
}

impl Row {
    fn setup(&self, constants: &Constants) -> Result<Setup, Box<dyn Error>> {
        let shape = shape(&self.model).ok_or_else(|| format!("no shape of {}", self.model))?;
        let hardware = gpu(&self.gpu).ok_or_else(|| format!("no GPU {}", self.gpu))?;
        let kind = Kind::parse(&self.engine).ok_or("no such engine")?;
        let precision = Precision::parse(&self.precision).ok_or("no such precision")?;
        let mut setup = Setup::new(shape, hardware, self.tp, kind, precision);
        setup.efficiency = constants.of(&setup.gpu.name, kind.name());
        if kind == Kind::TensorRt {
            setup.cache_bytes = 1.0;
        }
        Ok(setup)
    }

    fn simulated(&self, constants: &Constants) -> Result<Speedup, Box<dyn Error>> {
        let plain = self.setup(constants)?;
        let how = Speculation::new(self.method, self.tokens, &plain, None);
        let made = how.mean_length();
        let mut with = plain.clone();
        with.speculation = Some(how);
        let near = |high: u32| Lengths {
            low: high * 4 / 5,
            high,
        };
        let load = ClosedLoop {
            concurrency: self.under_way,
            requests: self.under_way * WAVES,
            warm_up: 0,
            prompts: None,
            prompt: near(self.prompt),
            output: near(self.output),
        };
        let tpot = |setup: &Setup| -> Result<f64, Box<dyn Error>> {
            let trajectory = Trajectory::of(setup, &load, &mut Seed(1).rng())?;
            Ok(trajectory.means(&StepTime::new(setup)).tpot_ms)
        };
        Ok(Speedup {
            served: format!(
                "{} on {} × {}, {} {}",
                self.model, self.tp, plain.gpu.name, self.engine, self.precision
            ),
            proposals: format!("{} × {}", self.tokens, self.method.name()),
            lengths: format!("{} / {}", self.prompt, self.output),
            under_way: self.under_way,
            measured: self.plain_ms / self.with_ms,
            simulated: tpot(&plain)? / tpot(&with)?,
            made,
        })
    }
}
