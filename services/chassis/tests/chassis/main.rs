//! The chassis against real servers and over real connections.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail loudly too")]

mod bench;
mod data;
mod edge;
mod keys;
mod permissions;
