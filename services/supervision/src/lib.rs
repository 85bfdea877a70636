//! Supervision 督查督办: the clocks of every case, the completeness check, the petitioner's opinion, the leader's
//! inspections, his verified signature.
//!
//! It owns the states C60–C62 of the one case machine: it holds a case from the closure report until the leader has
//! signed, or it goes back to the unit. What always holds:
//!
//! - every open case has a running clock; clocks start and stop by events and end by legal time, nobody sets one;
//! - the dates of a clock are derived here by the kernel; a publisher with other dates raises an alarm and does not
//!   change them;
//! - every level of a clock is acted on once in effect, in order, over any number of replicas;
//! - nothing depends on whether the timer or an event comes first: what was due when an event happened is acted on before
//!   it, what was not is taken back;
//! - nobody waives anything: there is no field for it; a refusal or silence never holds a case up;
//! - only the leader who received signs, and only a signature that verifies closes a case.
//!
//! | room | what is in it |
//! |---|---|
//! | `domain` | the table of clocks, the rules of opinion, checklist, sheet and signature; pure |
//! | `events` | what is followed of the other services, what is published, the timer |
//! | `rpc` | one file per group of operations |
//! | `store` | SQL |
//!
//! To add an operation: describe it in the contract with its refusals, add its row to `rpc::RIGHTS`, add its trigger to
//! `domain::trigger` and its rows to `domain::clocks::table`, and write the handler beside its neighbours in `rpc`.

mod config;
pub mod domain;
mod events;
mod rpc;
mod store;

pub use events::{PreviewCalendars, RecomputeClocks, timer::FireClocks};

use xinqiao_chassis::{
    desk::Desk,
    seal::SealedColumn,
    service::{Parts, Service},
};

static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!();

/// What is sealed and can be sealed anew.
static SEALED: [SealedColumn; 5] = [
    SealedColumn::new("petitioner_opinion", "details", "opinion_id"),
    SealedColumn::new("inspection", "findings", "inspection_id"),
    SealedColumn::new("inspection", "instruction", "inspection_id"),
    SealedColumn::new("leader_review", "comment", "review_id"),
    SealedColumn::new("notice_service", "proof", "case_id"),
];

/// The service, for its binary and for tests.
pub fn service() -> Service {
    Service {
        name: "supervision",
        about: "督查督办: keeps the clocks, records the petitioner's opinion, verifies the leader's signature",
        migrator: &MIGRATOR,
        rights: rpc::RIGHTS,
        open: &[],
        sealed: &SEALED,
        settings: config::read,
        build,
    }
}

#[expect(
    clippy::needless_pass_by_value,
    clippy::unnecessary_wraps,
    reason = "the signature every service gives the chassis"
)]
fn build(desk: Desk, _settings: ()) -> anyhow::Result<Parts> {
    Ok(Parts::new(rpc::routes(&desk), events::Events)
        .with_job(FireClocks)
        .with_job(RecomputeClocks)
        .with_job(PreviewCalendars)
        .with_digest(store::case_digest::Cases))
}
