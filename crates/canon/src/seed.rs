//! Chance: every choice comes from a seed forked by the name of the choice, so that equal
//! requests give equal bytes whatever runs beside them. Not cryptographic.

use std::hash::{Hash, Hasher};

/// A point from which choices are drawn. Copy it, fork it, never share a generator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Seed(pub u64);

impl Seed {
    /// The seed of the choice called `name`.
    pub fn fork(self, name: &str) -> Seed {
        Seed(xxhash_rust::xxh3::xxh3_64_with_seed(
            name.as_bytes(),
            self.0,
        ))
    }

    /// The seed of the `index`-th of several equal choices.
    pub fn nth(self, index: u64) -> Seed {
        Seed(mix(self.0 ^ mix(index.wrapping_add(0x9e37_79b9_7f4a_7c15))))
    }

    /// The seed that follows from a value: equal values give equal seeds on every machine.
    pub fn of<T: Hash + ?Sized>(self, value: &T) -> Seed {
        let mut hasher = StableHasher::new(self.0);
        value.hash(&mut hasher);
        Seed(hasher.finish())
    }

    /// A generator that starts here.
    pub fn rng(self) -> Rng {
        Rng { state: self.0 }
    }
}

/// SplitMix64 (Steele, Lea and Flood, 2014): one addition and one mix a draw, and a stream that
/// stays the same for ever.
#[derive(Clone, Debug)]
pub struct Rng {
    state: u64,
}

impl Rng {
    /// 64 even bits.
    #[inline]
    pub fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.state)
    }

    /// A whole number below `bound`; 0 where `bound` is 0.
    #[inline]
    pub fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.next_u64()) * bound as u128) >> 64) as usize
    }

    /// A whole number in `low..=high`.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = (i128::from(high) - i128::from(low) + 1).max(1) as u128;
        (i128::from(low) + ((u128::from(self.next_u64()) * span) >> 64) as i128) as i64
    }

    /// A number in `0.0..1.0`.
    #[inline]
    pub fn unit(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A draw from the standard normal distribution (Box and Muller, 1958).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// True with the given probability.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// One of the items; `None` where there is none.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.below(items.len()))
    }
}

#[inline]
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A hasher whose result depends on the values alone, not on the process or the word size.
pub struct StableHasher {
    inner: xxhash_rust::xxh3::Xxh3,
}

impl StableHasher {
    /// A hasher salted with `seed`.
    pub fn new(seed: u64) -> Self {
        Self {
            inner: xxhash_rust::xxh3::Xxh3::with_seed(seed),
        }
    }
}

impl Hasher for StableHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.inner.update(bytes);
    }

    fn write_usize(&mut self, value: usize) {
        self.inner.update(&(value as u64).to_le_bytes());
    }

    fn write_u32(&mut self, value: u32) {
        self.inner.update(&value.to_le_bytes());
    }

    fn write_u64(&mut self, value: u64) {
        self.inner.update(&value.to_le_bytes());
    }

    fn write_isize(&mut self, value: isize) {
        self.write_usize(value as usize);
    }

    fn finish(&self) -> u64 {
        self.inner.digest()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_depends_on_its_name_and_number_alone() {
        let seed = Seed(7);
        assert_eq!(
            seed.fork("text").rng().next_u64(),
            seed.fork("text").rng().next_u64()
        );
        assert_ne!(seed.fork("text"), seed.fork("tools"));
        assert_ne!(seed.nth(0), seed.nth(1));
    }

    #[test]
    fn draws_stay_in_their_bounds() {
        let mut rng = Seed(1).rng();
        for _ in 0..1000 {
            assert!(rng.below(7) < 7);
            assert!((-3..=3).contains(&rng.between(-3, 3)));
            assert!((0.0..1.0).contains(&rng.unit()));
        }
        assert_eq!(rng.between(i64::MIN, i64::MIN), i64::MIN);
    }

    #[test]
    fn the_stream_of_a_seed_is_fixed_for_ever() {
        assert_eq!(Seed(42).rng().next_u64(), 13_679_457_532_755_275_413);
    }
}
