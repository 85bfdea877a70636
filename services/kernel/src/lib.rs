//! The shared kernel: values and rules that every service speaks.
//!
//! Everything here is a pure function of its arguments. The current day, the calendar and the rule set are
//! passed in; nothing reads a clock, a file or a network, and nothing is asynchronous.
//!
//! | module | what it knows |
//! |---|---|
//! | [`district`] | GB/T 2260 district codes (the tenant) and township codes |
//! | [`number`] | case, submission and reception numbers, their check digit and their parts |
//! | [`resident_id`], [`phone`], [`post_code`], [`email`], [`uscc`] | what a clerk types about a person, checked and normalised |
//! | [`mask`] | how such values are shown to people who do not need them whole |
//! | [`fields`] | what is wrong with what somebody typed: every field at once, under its name on the form |
//! | [`local`] | Asia/Shanghai dates and the instants at which they begin and end |
//! | [`calendar`] | working days, holidays and make-up days, versioned |
//! | [`term`] | deadline arithmetic with its day-by-day derivation |
//! | [`clock`], [`rules`] | the clocks of a case, their lengths and who may change them |
//! | [`state`] | states of a case, its holder and the remedy overlay |
//!
//! Tags in square brackets name the source of a rule: `[R:34]` is article 34 of the national petition regulation
//! (《信访工作条例》, 2022), `[S:L42]` line 42 of the district rule, `[CC:201]` the Civil Code, `[HOL:2]` the
//! regulation on public holidays, `[W:1]` the simplified procedure of 2016, `[SD:59]` a provincial regulation, `DES` and
//! `DEC-03` a design decision without other authority.

pub mod calendar;
pub mod clock;
pub mod district;
pub mod email;
pub mod explain;
pub mod fields;
pub mod local;
pub mod mask;
pub mod number;
pub mod phone;
pub mod post_code;
pub mod resident_id;
pub mod rules;
pub mod state;
pub mod term;
pub mod text;
pub mod uscc;

pub use calendar::{Calendar, CalendarDay, CalendarYear, DayKind};
pub use clock::{ClockCode, Length, Owner};
pub use district::{DistrictCode, TownCode};
pub use explain::Explain;
pub use fields::{Fields, Violation, WrongFields};
pub use number::{CaseNumber, ChannelDigit, ReceptionNumber, SubmissionNumber, TemporaryNumber};
pub use phone::Phone;
pub use resident_id::ResidentId;
pub use rules::RuleSet;
pub use state::{CaseState, Holder, Remedy};
pub use term::{Due, Term};
