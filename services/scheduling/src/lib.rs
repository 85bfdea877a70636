//! 接访安排: who receives, when, whom, and what was said.
//!
//! **Owns** leaders and their leave, the working-day calendar, reception days with slots and appointments, and
//! reception records. It is the only writer of these.
//!
//! **Invariants**
//! - One reception day per district and date, never on a rest day: `domain::roster`.
//! - A slot has at most one live appointment and a person at most one per day: unique indexes decide, in one
//!   statement, whatever happens beside it: `rpc::appointment::book`. A hold that is over is none.
//! - Places go by rules that are told: the waiting list by `domain::waiting`, the queue by `domain::queue`.
//! - A reception day is closed only when all its records are finalised.
//! - A record is accepted only with all five integrations; who received is responsible from then on (DEC-07).
//! - Everybody may read what was published, without a token; of leaders the post and not the name: `rpc::schedule`.
//! - Names, identity numbers, telephones and every text of a talk are sealed; events carry none of them.
//!
//! **To add one more operation**: write it into the contract with its callers and refusals, give it a row in
//! `rpc::RIGHTS`, a rule in `domain` when it has one, statements in `store`, and a function in the file of its group
//! under `rpc` that decodes, asks the domain, writes, publishes and encodes.

use xinqiao_chassis::seal::SealedColumn;
use xinqiao_chassis::service::{Parts, Service};

mod certificate;
mod config;
pub mod domain;
mod events;
mod rpc;
mod store;

pub use config::SchedulingSettings;

static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!();

/// What is sealed and can be sealed anew.
static SEALED: [SealedColumn; 5] = [
    SealedColumn::new("known_case", "persons", "id"),
    SealedColumn::new("appointment", "visitors", "id"),
    SealedColumn::new("appointment", "subject", "id"),
    SealedColumn::new("appointment", "end_reason", "id"),
    SealedColumn::new("reception", "record", "id"),
];

/// The service, for its binary and for tests.
pub fn service() -> Service<SchedulingSettings> {
    Service {
        name: "scheduling",
        about: "接访安排 – leaders, reception days, appointments and reception records",
        migrator: &MIGRATOR,
        rights: rpc::RIGHTS,
        open: rpc::OPEN,
        sealed: &SEALED,
        settings: SchedulingSettings::read,
        build: |desk, settings| {
            Ok(
                Parts::new(rpc::routes(&desk, settings), events::SchedulingSubscriber)
                    .with_job(events::PublishCalendar)
                    .with_digest(store::digest::Receptions),
            )
        },
    }
}
