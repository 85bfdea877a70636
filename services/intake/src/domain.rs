//! Rules of intake, pure: no I/O, no clock, no randomness.

pub mod break_glass;
pub mod case;
pub mod codes;
pub mod draft;
pub mod exit;
pub mod export;
pub mod gap;
pub mod ledger;
pub mod notice;
pub mod particulars;
pub mod progress;
pub mod query;
pub mod sealed;
pub mod submission;
pub mod transition;
