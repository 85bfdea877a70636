//! The real service on a real Postgres and a real bus: the main journey through it, what it refuses, and to whom a case
//! exists at all.

#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod desks;
mod handover;
mod journey;
mod objection;
mod papers;
mod recusal;
mod refusals;
mod rotation;
mod units;
mod world;
