//! Intake 受理登记: petitioners, submissions, the case header with its number, triage, and the overall state of a
//! case as people see it.
//!
//! It owns states C10–C12 and C20–C23 of the one state machine (rule book §4). What always holds:
//!
//! - everybody gets a number; numbers of a district and year have no gaps and are never used twice;
//! - only while intake holds a case do its acts change it; `case.released` passes the hold, `case.objection_upheld`
//!   gives it back;
//! - names, identity numbers, telephones and the petitioner's words are stored sealed, and an accusation with keys
//!   of its own, which open for nobody but the readers of an opening in force;
//! - a draft is no case and expires in sight: it becomes one case at the most, and no draft is deleted;
//! - rows of the register leave only as an export that two persons have decided on, masked and counted;
//! - whoever an accusation is about, person or unit or a unit under it, is answered as if it were not there;
//! - a petitioner is told by a sentence that says nothing of his matter, once, or visibly not at all; of an accusation
//!   nothing is sent;
//! - petition texts are searched by keyed tokens, and no text or word is kept in clear for it;
//! - the state shown of a case that others hold follows their events and decides nothing.
//!
//! | room | what is in it |
//! |---|---|
//! | `domain` | code values, the transition table, guards; pure |
//! | `rpc` | one file per group of operations |
//! | `store` | SQL; `store::registration` is the group commit of registrations, `store::search` the index over sealed texts |
//! | `events` | what is followed of the other services |
//! | `notices` | tells petitioners: the sender, and the channels it hands to |
//!
//! To add an operation: describe it in the contract with its refusals, add its row to `rpc::RIGHTS`, write the guard
//! in `domain::case` with its test, and the handler beside its neighbours in `rpc`.

mod config;
mod contract;
pub mod domain;
mod events;
mod legal;
mod notices;
mod rpc;
mod store;

use tonic::service::Routes;
use xinqiao_chassis::desk::Desk;
use xinqiao_chassis::seal::SealedColumn;
use xinqiao_chassis::server::{MESSAGE_MAX_BYTES, Windows};
use xinqiao_chassis::service::{Parts, Service};
use xinqiao_proto::intake::break_glass_service_server::BreakGlassServiceServer;
use xinqiao_proto::intake::case_service_server::CaseServiceServer;
use xinqiao_proto::intake::draft_service_server::DraftServiceServer;
use xinqiao_proto::intake::exit_service_server::ExitServiceServer;
use xinqiao_proto::intake::export_service_server::ExportServiceServer;
use xinqiao_proto::intake::notification_service_server::NotificationServiceServer;
use xinqiao_proto::intake::number_service_server::NumberServiceServer;
use xinqiao_proto::intake::petitioner_service_server::PetitionerServiceServer;
use xinqiao_proto::intake::registration_service_server::RegistrationServiceServer;
use xinqiao_proto::intake::sealed_service_server::SealedServiceServer;
use xinqiao_proto::intake::triage_service_server::TriageServiceServer;

pub use config::IntakeSettings;

static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!();

/// What is sealed and can be sealed anew.
static SEALED: [SealedColumn; 16] = [
    SealedColumn::new("accused", "objects", "case_id"),
    SealedColumn::new("break_glass", "reason", "id"),
    SealedColumn::new("break_glass", "refusal", "id"),
    SealedColumn::new("case_exit", "proposal", "case_id"),
    SealedColumn::new("draft", "content", "id"),
    SealedColumn::new("draft", "explanation", "id"),
    SealedColumn::new("export_request", "reason", "id"),
    SealedColumn::new("export_request", "refusal", "id"),
    SealedColumn::new("petitioner", "identity", "id").walked_by("case_id"),
    SealedColumn::new("sealed_opening", "reason", "id").walked_by("case_id"),
    SealedColumn::new("sealed_transfer", "addressee", "case_id"),
    SealedColumn::new("sealed_transfer", "reasons", "case_id"),
    SealedColumn::new("search_text", "body", "place").walked_by("case_id"),
    SealedColumn::new("submission", "particulars", "id").walked_by("case_id"),
    SealedColumn::new("triage", "sheet", "case_id"),
    SealedColumn::new("void_register", "explanation", "case_id"),
];

/// The service, for its binary and for tests.
pub fn service() -> Service<IntakeSettings> {
    Service {
        name: "intake",
        about: "受理登记: registers petitions, triages them and shows where they stand",
        migrator: &MIGRATOR,
        rights: rpc::RIGHTS,
        open: rpc::OPEN,
        sealed: &SEALED,
        settings: IntakeSettings::read,
        build,
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the chassis hands a service its settings"
)]
fn build(desk: Desk, settings: IntakeSettings) -> anyhow::Result<Parts> {
    let (queue, registrar) = store::registration::queue::open(desk.clone(), settings.registration);
    let registration = rpc::registration::Registration {
        desk: desk.clone(),
        queue,
        deadlines: std::sync::Arc::default(),
        repeats_shown: settings.registration.repeats_shown,
    };
    let drafts = rpc::draft::Drafts {
        desk: desk.clone(),
        counter: registration.clone(),
    };
    let triage = rpc::triage::Triage { desk: desk.clone() };
    let exits = rpc::exit::Exits { desk: desk.clone() };
    let petitioners = rpc::petitioner::Petitioners {
        desk: desk.clone(),
        windows: Windows::new(settings.sign_in_windows),
    };
    let break_glasses = rpc::break_glass::BreakGlasses { desk: desk.clone() };
    let told = rpc::notices::Notices { desk: desk.clone() };
    let exports = rpc::export::Exports {
        desk: desk.clone(),
        limits: settings.export,
    };
    let numbers = rpc::numbers::Numbers {
        desk: desk.clone(),
        limits: settings.numbers,
    };
    let sealed = rpc::sealed::SealedCases {
        desk: desk.clone(),
        minutes_max: settings.sealed.opening_minutes_max,
    };
    let sender = notices::send::SendNotices::open(&settings.notices)?;
    let search = settings.search;
    let cases = rpc::cases::Cases {
        desk,
        bounds: store::search::Bounds {
            texts_max: search.texts_max,
            statement_timeout: search.statement_timeout,
        },
        unmask_per_day_max: settings.unmask_per_day_max,
    };
    let routes = Routes::new(
        RegistrationServiceServer::new(registration).max_decoding_message_size(MESSAGE_MAX_BYTES),
    )
    .add_service(DraftServiceServer::new(drafts).max_decoding_message_size(MESSAGE_MAX_BYTES))
    .add_service(TriageServiceServer::new(triage).max_decoding_message_size(MESSAGE_MAX_BYTES))
    .add_service(ExitServiceServer::new(exits).max_decoding_message_size(MESSAGE_MAX_BYTES))
    .add_service(SealedServiceServer::new(sealed).max_decoding_message_size(MESSAGE_MAX_BYTES))
    .add_service(PetitionerServiceServer::new(petitioners).max_decoding_message_size(MESSAGE_MAX_BYTES))
    .add_service(BreakGlassServiceServer::new(break_glasses).max_decoding_message_size(MESSAGE_MAX_BYTES))
    .add_service(NotificationServiceServer::new(told).max_decoding_message_size(MESSAGE_MAX_BYTES))
    .add_service(ExportServiceServer::new(exports).max_decoding_message_size(MESSAGE_MAX_BYTES))
    .add_service(NumberServiceServer::new(numbers).max_decoding_message_size(MESSAGE_MAX_BYTES))
    .add_service(CaseServiceServer::new(cases).max_decoding_message_size(MESSAGE_MAX_BYTES));
    Ok(Parts::new(routes, events::Follower)
        .with_job(store::search::FillSearch {
            batch: search.fill_batch_max,
            every: search.fill_pause,
        })
        .with_job(sender)
        .with_task("registrar", |stop| registrar.run(stop))
        .with_digest(store::digest::Digest))
}
