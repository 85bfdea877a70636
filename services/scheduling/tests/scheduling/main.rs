//! The service from outside: real gRPC, real Postgres, real JetStream.

#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod booking;
mod calendar;
mod changes;
mod delegation;
mod hall;
mod holds;
mod joint;
mod limits;
mod lists;
mod masters;
mod own;
mod queue;
mod receptions;
mod roster;
mod rotation;
mod schedule;
mod sequences;
mod told;
