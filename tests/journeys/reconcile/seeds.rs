//! What is done behind the back of a service, and what must be said of it.

use xinqiao_local::reconcile::Kind;

/// The services that hear of a registration.
const HEARERS: [&str; 4] = ["scheduling", "assignment", "supervision", "archive"];

/// What a seed is about, its `$1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    /// A case of its own, registered and nothing else.
    Case,
    /// A reception day, of which several events were published.
    ReceptionDay,
    /// The audit chain of the district: `$1` is the district.
    AuditChain,
}

/// One thing done behind the back of a service, and what must be said of it.
#[derive(Debug)]
pub(super) struct Seed {
    pub(super) database: &'static str,
    pub(super) about: About,
    pub(super) statement: &'static str,
    pub(super) said: Vec<(&'static str, Kind)>,
}

/// Something wrong in one service, which is said of that one alone.
fn one(database: &'static str, kind: Kind, statement: &'static str) -> Seed {
    Seed {
        database,
        about: About::Case,
        statement,
        said: vec![(database, kind)],
    }
}

/// Every difference there is to find.
pub(super) fn seeds() -> Vec<Seed> {
    let groups = [heard(), published(), documents(), clocks(), audit(), states()];
    groups.into_iter().flatten().collect()
}

/// In the inbox of each service that hears of a registration.
fn heard() -> Vec<Seed> {
    let done = [
        (
            Kind::MissingEvent,
            "DELETE FROM inbox WHERE entity_id = $1 AND kind = 'case.registered'",
        ),
        (
            Kind::DifferentEvent,
            "UPDATE inbox SET body = body || '\\x00' WHERE entity_id = $1 AND kind = 'case.registered'",
        ),
        (
            Kind::ParkedEvent,
            "UPDATE inbox SET state = 'parked' WHERE entity_id = $1 AND kind = 'case.registered'",
        ),
        (
            Kind::WaitingEvent,
            "UPDATE inbox SET state = 'waiting' WHERE entity_id = $1 AND kind = 'case.registered'",
        ),
    ];
    let everywhere = done
        .into_iter()
        .flat_map(|(kind, statement)| HEARERS.map(|database| one(database, kind, statement)));
    let surplus = one(
        "archive",
        Kind::SurplusEvent,
        "INSERT INTO inbox (district_code, event_id, publisher, kind, entity_kind, entity_id, case_no, sequence, body,
                            actor_ref, occurred_at, state, applied_at)
         SELECT district_code, gen_random_uuid(), publisher, kind, entity_kind, entity_id, case_no, sequence + 1, body,
                actor_ref, occurred_at, state, applied_at
         FROM inbox WHERE entity_id = $1 AND kind = 'case.registered'",
    );
    everywhere.chain([surplus]).collect()
}

/// In the journal of a publisher.
fn published() -> Vec<Seed> {
    let unlike = || HEARERS.map(|hearer| (hearer, Kind::DifferentEvent));
    vec![
        one(
            "intake",
            Kind::UnpublishedEvent,
            "INSERT INTO unpublished SELECT district_code, position, ARRAY[event_id] FROM outbox WHERE entity_id = $1",
        ),
        one(
            "intake",
            Kind::LostEvent,
            "DELETE FROM outbox WHERE entity_id = $1",
        ),
        one(
            "supervision",
            Kind::LostEvent,
            "DELETE FROM outbox WHERE entity_id = $1 AND kind = 'clock.started'",
        ),
        Seed {
            about: About::ReceptionDay,
            ..one(
                "scheduling",
                Kind::LostEvent,
                "DELETE FROM outbox WHERE entity_id = $1 AND sequence = 1",
            )
        },
        Seed {
            said: unlike().to_vec(),
            ..one(
                "intake",
                Kind::DifferentEvent,
                // A field that no contract knows: the body still reads.
                "UPDATE outbox SET body = body || '\\xa00601' WHERE entity_id = $1",
            )
        },
        Seed {
            said: unlike()
                .into_iter()
                .chain([("intake", Kind::UnreadableEvent)])
                .collect(),
            ..one(
                "intake",
                Kind::DifferentEvent,
                "UPDATE outbox SET body = body || '\\x00' WHERE entity_id = $1",
            )
        },
    ]
}

fn documents() -> Vec<Seed> {
    vec![
        one(
            "intake",
            Kind::LostDocument,
            "DELETE FROM document WHERE case_id = $1 AND form = 'D01'",
        ),
        one(
            "intake",
            Kind::AlteredDocument,
            "UPDATE document SET content = content || '\\x00' WHERE case_id = $1 AND form = 'D01'",
        ),
        one(
            "intake",
            Kind::AlteredDocument,
            "UPDATE document SET content_sha256 = sha256(content) WHERE case_id = $1 AND form = 'D01'",
        ),
        // What was exchanged with care, so that the row agrees with itself.
        one(
            "intake",
            Kind::AlteredDocument,
            "UPDATE document SET content = content || '\\x00', ciphertext_bytes = ciphertext_bytes + 1,
                                 ciphertext_sha256 = sha256(content || '\\x00')
             WHERE case_id = $1 AND form = 'D01'",
        ),
        one(
            "intake",
            Kind::UnannouncedDocument,
            "INSERT INTO document (district_code, document_id, case_id, form, archive_item, content, content_sha256,
                                   ciphertext_sha256, ciphertext_bytes, key_version, created_at, created_by)
             SELECT district_code, gen_random_uuid(), case_id, form, archive_item, content, content_sha256,
                    ciphertext_sha256, ciphertext_bytes, key_version, created_at, created_by
             FROM document WHERE case_id = $1 AND form = 'D01'",
        ),
    ]
}

/// K1 is the one clock of a case that was registered.
fn clocks() -> Vec<Seed> {
    vec![
        one(
            "intake",
            Kind::ClockDiffers,
            "UPDATE case_file SET k1_eff = k1_eff + 1 WHERE id = $1",
        ),
        one(
            "supervision",
            Kind::ClockDiffers,
            "UPDATE clock SET due_eff = due_eff + 1 WHERE case_id = $1",
        ),
        one(
            "supervision",
            Kind::ClockDiffers,
            "UPDATE clock SET due_raw = due_raw + 7, due_eff = due_eff + 7, due_safe = due_safe + 7
             WHERE case_id = $1",
        ),
        one(
            "supervision",
            Kind::ClockMissing,
            "WITH rungs AS (DELETE FROM clock_rung
                            WHERE clock_id IN (SELECT clock_id FROM clock WHERE case_id = $1))
             DELETE FROM clock WHERE case_id = $1",
        ),
    ]
}

fn audit() -> Vec<Seed> {
    let done = [
        (
            "intake",
            "UPDATE audit SET canonical = canonical || '\\x00' WHERE district_code = $1 AND seq = 3",
        ),
        (
            "scheduling",
            "DELETE FROM audit WHERE district_code = $1 AND seq = 2",
        ),
        (
            "assignment",
            "UPDATE audit_head SET seq = seq + 1 WHERE district_code = $1",
        ),
        (
            "supervision",
            "UPDATE audit SET prev_hash = sha256(prev_hash) WHERE district_code = $1 AND seq = 2",
        ),
    ];
    let broken = |(database, statement)| Seed {
        about: About::AuditChain,
        ..one(database, Kind::AuditBroken, statement)
    };
    done.map(broken).into()
}

fn states() -> Vec<Seed> {
    vec![
        one(
            "intake",
            Kind::StateDiffers,
            "UPDATE case_file SET state = 'C30' WHERE id = $1",
        ),
        one(
            "supervision",
            Kind::StateDiffers,
            "UPDATE supervised_case SET state = 'C30' WHERE case_id = $1",
        ),
        one(
            "archive",
            Kind::UnknownCase,
            "WITH events AS (DELETE FROM dossier_event WHERE case_id = $1),
                  documents AS (DELETE FROM dossier_document WHERE case_id = $1)
             DELETE FROM dossier WHERE case_id = $1",
        ),
    ]
}
