//! Archive 归档: dossiers, sealed packages, fixity.
//!
//! It owns C80 and nothing before: a dossier grows by the events of the other services alone, the archivist
//! seals it once the case has come (`case.closed`, or `case.filed` without a leader's review), and a sealed package
//! is never written again.
//!
//! Invariants:
//! - A dossier has every event of its case, in an order in which each follows its cause.
//! - A package exists on disk, whole, before the register names it; it never changes afterwards.
//! - Archival numbers have no gap: the counter moves only together with the register.
//! - What lies in the folder of packages is ciphertext; plain bytes leave by `ReadPackage` alone, audited.
//!
//! To add an item's rule: [`xinqiao_documents::demand`]. To take one more event: `events/facts.rs`. To add an operation:
//! the contract, a row in `rpc::RIGHTS`, a file under `rpc/`.

mod config;
pub mod domain;
mod events;
mod rpc;
mod store;

use std::sync::Arc;

use anyhow::Context as _;
use sqlx::migrate::Migrator;
use xinqiao_chassis::seal::SealedColumn;
use xinqiao_chassis::service::{Parts, Service};

pub use config::Settings;

use store::shelf::Shelf;

static MIGRATOR: Migrator = sqlx::migrate!();

/// What is sealed and can be sealed anew; packages cannot.
static SEALED: [SealedColumn; 1] = [SealedColumn::new("dossier", "title", "case_id")];

/// The service, for its binary, the launcher and tests.
pub fn service() -> Service<Settings> {
    Service {
        name: "archive",
        about: "归档: dossiers, sealed packages, fixity",
        migrator: &MIGRATOR,
        rights: rpc::RIGHTS,
        open: &[],
        sealed: &SEALED,
        settings: Settings::read,
        build: |desk, settings| {
            let keys = Arc::clone(desk.keys());
            let shelf =
                Shelf::open(settings.folder, keys).context("the folder of packages cannot be used")?;
            Ok(Parts::new(
                rpc::routes(desk, shelf, settings.package_max_bytes),
                events::Dossiers,
            )
            .with_digest(store::digest::Digest))
        },
    }
}
