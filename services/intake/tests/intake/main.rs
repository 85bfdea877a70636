//! Intake as its callers meet it: the real service on its own Postgres and NATS.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail loudly too")]

mod blocks;
mod break_glass;
mod channels;
mod desk;
mod drafts;
mod exits;
mod export;
mod field;
mod follow;
mod gap_report;
mod journey;
mod notices;
mod numbers;
mod own_case;
mod paper;
mod people;
mod places;
mod reception_day;
mod recusal;
mod refusals;
mod repeats;
mod rotation;
mod sealed;
mod search;
mod secrecy;
mod transitions;
mod voids;
