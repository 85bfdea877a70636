//! The chassis every service runs on.
//!
//! A service states *what* it does; the chassis has *how* a change happens, once: a call is authenticated
//! and authorised ([`identity`], [`permission`], [`server`]), one transaction of one district does its work, its audit row
//! and its events, and the answer is sent after the commit. A relay publishes the journal, an inbox takes
//! what other services publish, and [`lifecycle`] stops everything in order.
//!
//! | to | read |
//! |---|---|
//! | run a service | [`service`] |
//! | know a setting | [`config`] |
//! | tell a caller what is wrong | [`refusal`] |
//! | ask the time | [`clock`] |
//! | know a district | [`districts`] |

pub mod audit;
pub mod bus;
pub mod calendars;
pub mod clock;
pub mod concern;
pub mod config;
pub mod database;
pub mod desk;
pub mod digest;
pub mod districts;
pub mod document;
mod envelope;
pub mod idempotency;
pub mod identity;
pub mod inbox;
pub mod jobs;
pub mod journal;
pub mod lifecycle;
mod metrics;
pub mod permission;
pub mod random;
pub mod refusal;
pub mod relay;
pub mod seal;
pub mod search;
pub mod server;
pub mod service;
pub mod telemetry;
#[cfg(feature = "testing")]
#[expect(clippy::unwrap_used, reason = "a test harness fails loudly")]
pub mod testing;
pub mod trace;
pub mod waker;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
