//! The only place that names sqlx.

pub(crate) mod access;
pub(crate) mod break_glass;
pub(crate) mod cases;
pub(crate) mod daily;
pub(crate) mod digest;
pub(crate) mod draft;
pub(crate) mod exit;
pub(crate) mod export;
pub(crate) mod field_drafts;
pub(crate) mod notices;
pub(crate) mod number_blocks;
pub(crate) mod numbers;
pub(crate) mod onlooker;
pub(crate) mod reception_days;
pub(crate) mod registration;
pub(crate) mod repeats;
pub(crate) mod sealed;
pub(crate) mod search;
pub(crate) mod voids;
