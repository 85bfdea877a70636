//! The rules of assignment and handling. Pure: time, calendar and identifiers are arguments.
//!
//! | module | what it knows |
//! |---|---|
//! | [`transitions`] | which act is possible in which state: the one table |
//! | [`case`] | what the rules decide on: holder, state, terms, parties |
//! | [`assign`], [`objection`], [`acceptance`], [`investigation`], [`extension`], [`opinion`], [`closure`] | the acts, with what is entered for each |
//! | [`mod@unit`], [`leader`] | units with their order, leaders with their portfolios; the test of DEC-14 |
//! | [`notice`], [`paper`], [`terms`] | service of documents, kinds of papers, legal terms |
//! | [`denied`] | why an act is refused |

pub mod acceptance;
pub mod assign;
pub mod case;
pub mod closure;
pub mod denied;
pub mod extension;
pub mod investigation;
pub mod leader;
pub mod notice;
pub mod objection;
pub mod opinion;
pub mod paper;
pub mod terms;
pub mod transitions;
pub mod unit;

#[cfg(test)]
mod journey_tests;
