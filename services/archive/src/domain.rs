//! What a dossier is, when it is complete, how long it is kept and what its package looks like. Pure.

pub mod bag;
pub mod catalogue;
pub mod dossier;
pub mod facts;
pub mod gap;
pub mod number;
pub mod package;
pub mod process_log;
pub mod retention;
pub mod verify;
