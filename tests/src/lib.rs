//! What the journeys share: a whole platform for one test, the sizes of long tests, seeded randomness,
//! and looks underneath.

pub mod chance;
pub mod counter;
pub mod dynamic;
pub mod fleet;
pub mod otlp;
pub mod refused;
pub mod sizes;
pub mod underneath;
