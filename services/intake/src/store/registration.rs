//! A registration on its way into the database.
//!
//! A request task prepares everything that does not need the number ([`Registration`]); the writer gives the
//! number and makes the rest ([`Registration::numbered`]). What is sealed, hashed and encoded early is done by
//! many tasks in parallel, and the writer's thread keeps to what must happen in order.

pub(crate) mod batch;
mod entry;
mod metrics;
mod paper;
pub(crate) mod queue;
mod series;
mod sheet;
mod standing;
mod statement;
mod writer;

use std::sync::Arc;

use time::{Date, OffsetDateTime};
use tracing::Span;
use uuid::Uuid;
use xinqiao_chassis::audit::Entry;
use xinqiao_chassis::document::{DocumentRow, timestamp};
use xinqiao_chassis::idempotency::{self, IdempotencyRow};
use xinqiao_chassis::journal::{Draft, Entity, OutboxRow};
use xinqiao_chassis::refusal::Refusal;
use xinqiao_chassis::seal::{KeyRing, Sealed, sha256};
use xinqiao_kernel::{CaseNumber, CaseState, DistrictCode, SubmissionNumber};
use xinqiao_proto::common::SealedField;
use xinqiao_proto::event::CaseRegistered;
use xinqiao_proto::intake::{RegisterVisitResponse, Registered};

use crate::contract;
use crate::domain::ledger::receipt_facts;
use crate::domain::submission::Submission;
use crate::legal::Deadline;

pub(crate) use series::Series;
pub(crate) use sheet::{Office, prepare};
pub(crate) use standing::{KnownRequest, known, open as open_counter};

/// A submission with all that can be made ready before it has its number.
#[derive(Debug)]
pub(crate) struct Registration {
    pub(crate) district: DistrictCode,
    /// Where its number comes from.
    pub(crate) series: Series,
    /// Asia/Shanghai date of the registration; its year counts.
    pub(crate) registered_on: Date,
    pub(crate) now: OffsetDateTime,
    pub(crate) actor_ref: String,
    pub(crate) request: IdempotencyRow,
    pub(crate) case_id: Uuid,
    pub(crate) event_id: Uuid,
    pub(crate) submission_id: Uuid,
    pub(crate) submission: Submission,
    /// Told in the answer, and stored by nothing: it follows from the case.
    pub(crate) query_code: String,
    pub(crate) rule_version: String,
    pub(crate) k1: Arc<Deadline>,
    pub(crate) petitioners: Vec<PetitionerRow>,
    /// Whom an accusation is about, when it names anybody.
    pub(crate) accused: Option<AccusedRow>,
    /// What only its channel has.
    pub(crate) particulars: Option<Sealed>,
    /// The petitioner's own text, item 03.
    pub(crate) original: DocumentRow,
    /// The form with its receipt, item 02, but for the number.
    pub(crate) form: FormToCome,
    /// Title for the archive's catalogue; an accusation tells none (DEC-17).
    pub(crate) title: Option<SealedField>,
    /// Who may book for the case, by blind index; of an accusation nobody is told.
    pub(crate) persons: Option<SealedField>,
    pub(crate) ledger_salt: [u8; 32],
    pub(crate) audit: Entry,
    pub(crate) trace_id: Option<String>,
    /// The caller's span: the event's `create` span becomes its child.
    pub(crate) span: Span,
}

/// A petitioner's row.
#[derive(Debug)]
pub(crate) struct PetitionerRow {
    pub(crate) id: Uuid,
    pub(crate) kind: i16,
    pub(crate) preferred: i16,
    pub(crate) representative: bool,
    pub(crate) identity: Sealed,
    pub(crate) id_index: Option<[u8; 32]>,
    pub(crate) mobile_index: Option<[u8; 32]>,
    /// Of query code and last four digits of the telephone.
    pub(crate) query_key: Option<i64>,
}

/// Whom an accusation is about.
#[derive(Debug)]
pub(crate) struct AccusedRow {
    /// Keyed hashes of units and persons.
    pub(crate) marks: Vec<u8>,
    /// Everything that was named.
    pub(crate) objects: Sealed,
}

/// What the registration form will say beside the number and the submission.
#[derive(Debug)]
pub(crate) struct FormToCome {
    pub(crate) document_id: Uuid,
    pub(crate) salt: [u8; 32],
    pub(crate) district: String,
    pub(crate) office: String,
    pub(crate) registered_by: String,
}

/// What the number decides.
#[derive(Debug)]
pub(crate) struct Numbered {
    pub(crate) number: CaseNumber,
    pub(crate) form: DocumentRow,
    pub(crate) event: OutboxRow,
    pub(crate) request: IdempotencyRow,
}

impl Registration {
    /// Makes the parts that carry the number, and the answer.
    pub(crate) fn numbered(
        &self,
        service: &str,
        keys: &KeyRing,
        number: CaseNumber,
    ) -> (Numbered, Registered) {
        let submission_no = SubmissionNumber::first(number).to_string();
        let form = sheet::form_document(self, keys, number);
        let documents = vec![form.reference(), self.original.reference()];
        let answer = Registered {
            case_id: self.case_id.to_string(),
            case_no: number.to_string(),
            submission_no: submission_no.clone(),
            query_code: String::new(),
            state: contract::state(CaseState::Registered),
            version: 1,
            k1: Some(self.k1.term.clone()),
            registered_at: Some(timestamp(self.now)),
            documents: documents.clone(),
            sealed: self.submission.sealed(),
            receipt_way: self.submission.receipt_way().number().into(),
            temporary_no: self.submission.temporary_no(),
        };
        let forwarded = self.submission.forwarded();
        let facts = receipt_facts(number, self.k1.due.start, self.registered_on, self.k1.due.eff);
        let body = CaseRegistered {
            submission_no,
            channel: self.submission.channel.number().into(),
            received_at: Some(timestamp(self.submission.received_at)),
            registered_at: Some(timestamp(self.now)),
            purpose: self.submission.purpose.number().into(),
            leader_received: self.submission.reception_day.is_some(),
            reception_day_id: self
                .submission
                .reception_day
                .map(|day| day.to_string())
                .unwrap_or_default(),
            visit_count: self.submission.visit_count.unsigned_abs(),
            affected_count: self.submission.affected_count.unsigned_abs(),
            joint: self.submission.joint,
            anonymous: self.submission.anonymous,
            title: self.title.clone(),
            k1: Some(self.k1.term.clone()),
            rule_version: self.rule_version.clone(),
            ledger_salt: self.ledger_salt.to_vec().into(),
            ledger_commitment: sha256(&[&self.ledger_salt[..], &facts].concat()).to_vec().into(),
            documents,
            sealed: self.submission.sealed(),
            representative_count: self.submission.representatives(),
            source_level: forwarded
                .filter(|_| !self.submission.sealed())
                .map_or(0, |forwarded| forwarded.level.into()),
            sender_due: forwarded
                .and_then(|forwarded| forwarded.sender_due)
                .map(|day| day.to_string())
                .unwrap_or_default(),
            persons: self.persons.clone(),
        };
        let entity = Entity::case(self.case_id, number);
        let draft = self.span.in_scope(|| {
            Draft::new(
                service,
                self.district,
                "case.registered",
                entity,
                self.event_id,
                &body,
            )
        });
        // Every registration answers with the same bytes: one field, the registered case.
        let response = RegisterVisitResponse {
            registered: Some(answer),
        };
        let numbered = Numbered {
            number,
            form,
            event: draft.into_row(1, None, &self.actor_ref, self.now),
            request: self.request.clone().answered(keys, self.district, &response),
        };
        let told = Registered {
            query_code: self.query_code.clone(),
            ..response.registered.unwrap_or_default()
        };
        (numbered, told)
    }
}

/// What was told to a request that is known; a refusal when it was another request.
pub(crate) fn told_before(
    keys: &KeyRing,
    district: DistrictCode,
    request: &IdempotencyRow,
    known: KnownRequest,
) -> Result<Registered, Refusal> {
    let stored: RegisterVisitResponse =
        idempotency::replay(keys, district, request, &known.body_hash, known.answer)?;
    told_again(keys, district, stored)
}

/// A stored answer as it was told: with the query code, which is derived again.
fn told_again(
    keys: &KeyRing,
    district: DistrictCode,
    stored: RegisterVisitResponse,
) -> Result<Registered, Refusal> {
    let registered = stored.registered.unwrap_or_default();
    let case_id = Uuid::parse_str(&registered.case_id).map_err(|error| Refusal::internal(&error))?;
    Ok(Registered {
        query_code: keys.query_code(district, case_id),
        ..registered
    })
}
