//! 交办办理.
pub mod domain;
