//! The service from outside: real gRPC, real Postgres, real JetStream. The events of the other services are played.

#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod calendar;
mod clocks;
mod closing;
mod delegation;
mod filing;
mod opinion;
mod recusal;
mod rotation;
mod seeing;
mod signature;
mod stage;
mod timer;
