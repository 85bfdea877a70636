//! What journeys and benchmarks share: a whole platform for one test, the sizes of long tests, seeded randomness, a load,
//! and looks underneath.

pub mod chance;
pub mod counter;
pub mod dynamic;
pub mod fleet;
pub mod load;
pub mod otlp;
pub mod refused;
pub mod sizes;
pub mod underneath;
