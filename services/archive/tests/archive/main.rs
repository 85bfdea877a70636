//! The archive as a whole: events and objects in, a sealed package out.

#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod calls;
mod fixity;
mod reading;
mod rotation;
mod sealing;
mod world;
