//! Who may do what: every decision is made here, by policies that read like the permission matrix (rule book §5.2).
//!
//! `policies/` holds one file for each group of roles, and the hard rules that win over every permission. They are
//! validated against a schema when the process starts. A [`Right`] names a cell of the matrix, a [`Resource`] what it
//! is asked for; nothing is permitted that no policy permits.

mod policies;
mod resource;
mod right;

pub use policies::{Decision, Permissions, PolicyError, Told};
pub use resource::{CaseFacts, Resource};
pub use right::Right;

/// The right that each RPC needs, by full path: `/xinqiao.intake.v1.RegistrationService/RegisterVisit`.
pub type RightTable = &'static [(&'static str, Right)];
