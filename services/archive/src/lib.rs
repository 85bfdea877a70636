//! Archive 归档: dossiers, sealed packages, fixity.

pub mod domain;
