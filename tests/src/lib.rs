//! What the journeys share: a whole platform for one test, the sizes of long tests, seeded randomness.

pub mod fleet;
pub mod otlp;
pub mod sizes;
