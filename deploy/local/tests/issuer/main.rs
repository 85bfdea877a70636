//! The launcher's identity provider, met over HTTP as a client and a service meet it.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail loudly too")]

mod client;
mod login;
mod refusals;
mod rotation;
