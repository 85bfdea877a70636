//! 交办办理: who handles a released case, and everything up to its closure report (states C30–C51, C63).
//!
//! It owns units, assignments with their objections, acceptance, investigation, extension, opinion, execution and the
//! closure report. It takes a case over by `case.released` and passes it on by `case.closure_reported`.
//!
//! Invariants:
//! - A transition is a line of [`domain::transitions`]; whatever is not there is refused and changes nothing.
//! - Only the holder acts: before the hand-over `NOT_YET_HERE`, after it `WRONG_HOLDER`.
//! - A unit sees cases assigned to itself, a leader those he is responsible for; others do not exist for them.
//! - Every text people entered is sealed in `paper` and stands word for word in the document of its act.
//!
//! To add an operation: its RPC in `proto/xinqiao/assignment/v1`, a line in [`domain::transitions`] with the act beside
//! its neighbours in [`domain`], a function in `rpc/`, rows in `rpc/roles.rs` and in the tables of `rpc.rs`, its event
//! in `events/outgoing.rs`.

pub mod domain;
mod events;
mod rpc;
mod store;

use xinqiao_chassis::seal::SealedColumn;
use xinqiao_chassis::service::{Parts, Service};

/// What is sealed and can be sealed anew.
static SEALED: [SealedColumn; 1] = [SealedColumn::new("paper", "content", "paper_id")];

/// The service as the chassis runs it.
pub fn service() -> Service {
    Service {
        name: "assignment",
        about: "交办办理: assigns released cases to units and follows the handling up to the closure report",
        migrator: &store::MIGRATOR,
        rights: rpc::RIGHTS,
        open: &[],
        sealed: &SEALED,
        settings: |_| (),
        build: |desk, ()| {
            Ok(Parts::new(rpc::routes(&desk), events::Inbound).with_digest(store::digest::CaseDigests))
        },
    }
}
