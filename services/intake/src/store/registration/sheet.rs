//! Makes a checked submission ready for the writer: identifiers, ciphertexts, blind indexes, documents.

use time::OffsetDateTime;
use tracing::Span;
use uuid::Uuid;
use xinqiao_chassis::audit::Entry;
use xinqiao_chassis::concern::{person_mark, unit_mark};
use xinqiao_chassis::desk::{Authorised, object_ref, person_ref, petitioner_ref};
use xinqiao_chassis::districts::District;
use xinqiao_chassis::document::{DocumentRow, Heading};
use xinqiao_chassis::idempotency::IdempotencyRow;
use xinqiao_chassis::identity::Caller;
use xinqiao_chassis::random;
use xinqiao_chassis::seal::{Compartment, KeyRing, SealContext, Sealed};
use xinqiao_chassis::trace;
use xinqiao_documents::forms::registration::{self as forms, Original};
use xinqiao_documents::{Form as _, canonical};
use xinqiao_kernel::{Calendar, CaseNumber, ClockCode, DistrictCode, Phone, SubmissionNumber, local};

use super::{AccusedRow, FormToCome, PetitionerRow, Registration, Series, paper};
use crate::domain::codes::Channel;
use crate::domain::submission::{Petitioner, Submission};
use crate::legal::{self, Deadlines};
use crate::store::access;
use crate::store::repeats::{self, Shared};

/// The office a registration happens at.
pub(crate) struct Office<'a> {
    /// Its district.
    pub(crate) district: &'a District,
    /// The working-day calendar in force.
    pub(crate) calendar: &'a Calendar,
    /// Deadlines worked out before.
    pub(crate) deadlines: &'a Deadlines,
    /// Keys of the districts.
    pub(crate) keys: &'a KeyRing,
    /// Legal time.
    pub(crate) now: OffsetDateTime,
}

/// Makes a submission ready. `action` is its name in the audit chain.
pub(crate) fn prepare(
    office: &Office<'_>,
    by: &Authorised,
    request: IdempotencyRow,
    submission: Submission,
) -> Registration {
    let (caller, district) = (by.caller(), office.district.code);
    let case_id = submission.case_id.unwrap_or_else(random::new_id);
    let (event_id, submission_id) = (random::new_id(), random::new_id());
    let start = local::local_date(submission.received_at);
    let sender_due = submission.forwarded().and_then(|forwarded| forwarded.sender_due);
    let k1 = office
        .deadlines
        .k1(office.district, office.calendar, start, sender_due);
    let query_code = office.keys.query_code(district, case_id);
    let (actor_ref, registered_by) = by_whom(caller, &submission, case_id);
    let trace_id = trace::current_trace_id();
    let mut audit = Entry::new(
        office.now,
        actor_ref.clone(),
        request.action,
        object_ref("case", case_id),
    );
    audit.request_id = Some(request.request_id);
    audit.trace_id.clone_from(&trace_id);
    by.record(&mut audit);
    let title = (!submission.sealed()).then(|| {
        office
            .keys
            .seal_field(district, event_id, "title", &submission.text.title)
    });
    let petitioners: Vec<PetitionerRow> = (submission.petitioners.iter())
        .map(|one| petitioner(office, &submission, one, &query_code))
        .collect();
    let persons = (!submission.sealed()).then(|| {
        office
            .keys
            .seal_field(district, event_id, "persons", &persons(&petitioners))
    });
    Registration {
        district,
        series: submission.number_block.map_or(Series::Counter, Series::Block),
        registered_on: local::local_date(office.now),
        now: office.now,
        original: original(office, &submission, case_id, &actor_ref),
        form: FormToCome {
            document_id: random::new_id(),
            salt: random::bytes(),
            district: office.district.name_zh.clone(),
            office: office.district.office.name_zh.clone(),
            registered_by,
        },
        petitioners,
        accused: accused(office, &submission, case_id),
        particulars: particulars(office, &submission, submission_id),
        query_code,
        actor_ref,
        request,
        case_id,
        event_id,
        submission_id,
        submission,
        rule_version: office.district.rules.version.clone(),
        k1,
        title,
        persons,
        ledger_salt: random::bytes(),
        audit,
        trace_id,
        span: Span::current(),
    }
}

/// Who registers, for journal and paper. A petitioner's account is kept nowhere: he is known as whoever shows the query
/// code of the case.
fn by_whom(caller: &Caller, submission: &Submission, case_id: Uuid) -> (String, String) {
    if submission.channel == Channel::Online {
        (petitioner_ref(case_id), "信访人网上提交".to_owned())
    } else {
        (person_ref(&caller.person_id), caller.name.clone())
    }
}

/// Accusations are sealed with keys of their own (DEC-14).
pub(crate) fn compartment(sealed: bool) -> Compartment {
    if sealed {
        Compartment::Accusation
    } else {
        Compartment::Ordinary
    }
}

fn seal(
    keys: &KeyRing,
    submission: &Submission,
    district: DistrictCode,
    table: &str,
    column: &str,
    row: Uuid,
    plain: &[u8],
) -> Sealed {
    let place = SealContext::new(district, table, column, row);
    keys.seal_in(compartment(submission.sealed()), &place, plain)
}

fn petitioner(
    office: &Office<'_>,
    submission: &Submission,
    petitioner: &Petitioner,
    query_code: &str,
) -> PetitionerRow {
    let told = &petitioner.identity;
    let (keys, district) = (office.keys, office.district.code);
    let id = random::new_id();
    let identity = serde_json::to_vec(&petitioner.identity).expect("invariant: identities are plain data");
    let index = |shared, value: Option<&String>| {
        value.map(|value| repeats::index(keys, district, compartment(submission.sealed()), shared, value))
    };
    PetitionerRow {
        id,
        kind: petitioner.kind.number(),
        preferred: petitioner.preferred.number(),
        representative: petitioner.representative,
        identity: seal(
            keys,
            submission,
            district,
            "petitioner",
            "identity",
            id,
            &identity,
        ),
        query_key: told
            .telephone()
            .and_then(|number| Phone::parse(number).ok())
            .map(|phone| access::query_key(keys, district, query_code, phone.last_four())),
        id_index: index(Shared::IdNo, told.id_no.as_ref()),
        mobile_index: index(Shared::Mobile, told.mobile()),
    }
}

/// Blind indexes of the representatives, or of the first petitioner where none is elected.
fn persons(petitioners: &[PetitionerRow]) -> String {
    let elected = petitioners.iter().any(|one| one.representative);
    let speaking = petitioners
        .iter()
        .filter(|one| one.representative || !elected)
        .take(if elected { petitioners.len() } else { 1 });
    let indexes: Vec<String> = speaking
        .flat_map(|one| one.id_index.iter().chain(&one.mobile_index))
        .map(hex::encode)
        .collect();
    indexes.join(",")
}

/// Whom it is about: marks to tell them by, and all that was named, sealed.
fn accused(office: &Office<'_>, submission: &Submission, case_id: Uuid) -> Option<AccusedRow> {
    if submission.accused.is_empty() {
        return None;
    }
    let (keys, district) = (office.keys, office.district.code);
    let mut marks = Vec::new();
    for one in &submission.accused {
        if let Some(unit) = one.unit {
            marks.extend(unit_mark(keys, district, case_id, unit));
        }
        if let Some(person) = &one.person {
            marks.extend(person_mark(keys, district, case_id, person));
        }
    }
    let named = serde_json::to_vec(&submission.accused).expect("invariant: names are plain data");
    let objects = seal(keys, submission, district, "accused", "objects", case_id, &named);
    Some(AccusedRow { marks, objects })
}

/// What only the channel has, sealed.
fn particulars(office: &Office<'_>, submission: &Submission, submission_id: Uuid) -> Option<Sealed> {
    let plain =
        serde_json::to_vec(submission.particulars.as_ref()?).expect("invariant: particulars are plain data");
    Some(seal(
        office.keys,
        submission,
        office.district.code,
        "submission",
        "particulars",
        submission_id,
        &plain,
    ))
}

fn original(office: &Office<'_>, submission: &Submission, case_id: Uuid, actor_ref: &str) -> DocumentRow {
    let content = Original {
        case_id: case_id.to_string(),
        kind: if submission.oral {
            "口述记录"
        } else {
            submission.channel.zh()
        }
        .to_owned(),
        subject: submission.text.title.clone(),
        content: submission.text.content.clone(),
        requests: submission.text.requests.clone(),
        read_back: submission.oral,
        scan_reference: submission.text.scan_reference.clone(),
    };
    let heading = Heading {
        document_id: random::new_id(),
        case_id,
        form: Original::CODE,
        archive_item: Original::ARCHIVE_ITEM.number(),
        created_at: office.now,
        created_by: actor_ref,
    };
    let canonical = canonical(&content, &random::bytes());
    document(
        office.keys,
        submission,
        office.district.code,
        &heading,
        &canonical,
    )
}

/// The registration form with its receipt, once the number is known.
pub(super) fn form_document(registration: &Registration, keys: &KeyRing, number: CaseNumber) -> DocumentRow {
    let submission = &registration.submission;
    let to_come = &registration.form;
    let content = forms::Registration {
        case_no: number,
        submission_no: SubmissionNumber::first(number),
        district: to_come.district.clone(),
        office: to_come.office.clone(),
        channel: submission.channel.zh().to_owned(),
        purpose: submission.purpose.zh().to_owned(),
        received_at: submission.received_at.into(),
        registered_at: registration.now.into(),
        postmark_on: submission.postmark_on.map(Into::into),
        reception_day: submission.reception_day.as_ref().map(Uuid::to_string),
        anonymous: submission.anonymous,
        petitioners: submission.petitioners.iter().map(paper::petitioner).collect(),
        visit_count: submission.visit_count.unsigned_abs(),
        affected_count: submission.affected_count.unsigned_abs(),
        joint: submission.joint,
        subject: submission.text.title.clone(),
        requests: submission.text.requests.clone(),
        confidential: submission.confidential,
        consent_public: submission.consent_public,
        k1: legal::on_paper(ClockCode::K1, &registration.k1.due),
        registered_by: to_come.registered_by.clone(),
        recording_told: (submission.channel == Channel::Phone).then_some(true),
        forwarded: submission.forwarded().map(paper::forwarded),
        outside_visit: submission.outside_visit().map(paper::outside_visit),
        receipt_way: Some(submission.receipt_way().zh().to_owned()),
    };
    let heading = Heading {
        document_id: to_come.document_id,
        case_id: registration.case_id,
        form: forms::Registration::CODE,
        archive_item: forms::Registration::ARCHIVE_ITEM.number(),
        created_at: registration.now,
        created_by: &registration.actor_ref,
    };
    let canonical = canonical(&content, &to_come.salt);
    document(keys, submission, registration.district, &heading, &canonical)
}

/// Seals a document, an accusation's with the keys of its compartment.
fn document(
    keys: &KeyRing,
    submission: &Submission,
    district: DistrictCode,
    heading: &Heading<'_>,
    canonical: &[u8],
) -> DocumentRow {
    DocumentRow::new_in(
        compartment(submission.sealed()),
        keys,
        district,
        heading,
        canonical,
    )
}
