//! What journeys and benchmarks share: a whole platform for one test, the sizes of long tests, seeded randomness, a load,
//! looks underneath, and a search for what must be written down nowhere.

pub mod chance;
pub mod counter;
pub mod dynamic;
pub mod fleet;
pub mod load;
pub mod otlp;
pub mod refused;
pub mod secrets;
pub mod sizes;
pub mod tokens;
pub mod underneath;
