//! What supervision is about, without database, network or wire format: time and identifiers are arguments.

pub mod case;
pub mod checklist;
pub mod clocks;
pub mod opinion;
pub mod sheet;
pub mod signature;
pub mod trigger;
