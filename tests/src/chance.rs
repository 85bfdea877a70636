//! Seeded randomness: a failure can be played again.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

/// Sets the seed; chosen anew at every run when it is not set.
pub const SEED: &str = "XINQIAO_TEST_SEED";

/// A generator whose seed was printed.
#[derive(Debug)]
pub struct Chance(StdRng);

impl Chance {
    /// Prints the seed, so that a failure can be played again with [`SEED`].
    pub fn announced() -> Self {
        let seed = std::env::var(SEED)
            .ok()
            .and_then(|text| text.parse().ok())
            .unwrap_or_else(|| u64::from_le_bytes(xinqiao_chassis::random::bytes()));
        eprintln!("seed: {SEED}={seed}");
        Self(StdRng::seed_from_u64(seed))
    }

    /// A generator of its own for a task that runs beside others.
    #[must_use]
    pub fn fork(&mut self) -> Self {
        Self(StdRng::seed_from_u64(self.0.random()))
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        self.0.random_range(low..=high)
    }

    /// A pause of `low` to `high` milliseconds.
    pub fn milliseconds(&mut self, low: u64, high: u64) -> Duration {
        Duration::from_millis(self.between(low, high))
    }

    /// One of them.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let last = from.len().checked_sub(1)?;
        from.get(self.0.random_range(0..=last))
    }

    /// So many of those characters.
    pub fn text(&mut self, length: usize, alphabet: &str) -> String {
        let letters: Vec<char> = alphabet.chars().collect();
        (0..length).filter_map(|_| self.pick(&letters).copied()).collect()
    }
}
