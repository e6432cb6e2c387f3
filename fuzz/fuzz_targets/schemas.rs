//! Any JSON as a user's schema: it compiles or is refused, and an instance that is made fits.
//! `cargo xtask fuzz schemas`

#![no_main]

use fakeai_canon::{Rng, Seed};
use fakeai_contract::{Hint, Source, UserSchema};
use libfuzzer_sys::fuzz_target;

struct Draw(Rng);

impl Source for Draw {
    fn string(&mut self, _: &Hint<'_>) -> String {
        format!("text {}", self.0.below(100))
    }

    fn integer(&mut self, _: &Hint<'_>, low: i64, high: i64) -> i64 {
        self.0.between(low, high)
    }

    fn number(&mut self, _: &Hint<'_>, low: f64, high: f64) -> f64 {
        low + self.0.unit() * (high - low)
    }

    fn boolean(&mut self, _: &Hint<'_>) -> bool {
        self.0.chance(0.5)
    }

    fn pick(&mut self, count: usize) -> usize {
        self.0.below(count)
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(value) = serde_json::from_slice(bytes) else { return };
    for strict in [false, true] {
        let Ok(schema) = UserSchema::compile(&value, strict) else { continue };
        if let Ok(instance) = schema.instance(&mut Draw(Seed(1).rng())) {
            assert!(schema.validate(&instance).is_ok(), "{instance} does not fit {value}");
        }
    }
});
