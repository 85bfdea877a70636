//! Properties of the kernel over generated input.
//!
//! A failing case prints its seed and is shrunk; nothing is written to the source tree.

#[path = "properties/deadlines.rs"]
mod deadlines;
#[path = "properties/numbers.rs"]
mod numbers;
#[path = "properties/people.rs"]
mod people;

use proptest::test_runner::Config;

/// Many small cases: each costs microseconds.
fn cases(count: u32) -> Config {
    Config {
        cases: count,
        failure_persistence: None,
        ..Config::default()
    }
}
