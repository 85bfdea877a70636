//! One machine: private servers, the token issuer, demo people and the main journey.
//!
//! The launcher `deploy/local/up` and the journeys of `tests/` share all of it. [`platform::Platform`]
//! is the whole: it starts Postgres, NATS, the issuer and the five services, moves the settable clock,
//! kills and restarts parts, and stops everything in order.

pub mod clients;
pub mod databases;
pub mod folder;
pub mod issuer;
pub mod journey;
pub mod nats;
pub mod people;
pub mod platform;
pub mod ports;
pub mod postgres;
pub mod process;
pub mod reconcile;
pub mod rest;
pub mod signing;
pub mod stage;
pub mod tls;
pub mod tools;
pub mod up;
