//! Supervision 督查督办.

pub mod domain;
