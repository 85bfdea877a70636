//! Intake as its callers meet it: the real service on its own Postgres and NATS.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail loudly too")]

mod break_glass;
mod desk;
mod follow;
mod journey;
mod numbers;
mod own_case;
mod people;
mod recusal;
mod refusals;
mod rotation;
mod sealed;
mod search;
mod secrecy;
