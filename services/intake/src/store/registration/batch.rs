//! One transaction of many registrations of one district: one statement, one flush of the disk.
//!
//! The statement swaps counter and audit head only if they still are what the numbers and hashes were made
//! from, and inserts only if both were swapped. It undoes itself when only one was: nothing divided by no head is
//! an error. A second replica, or an ordinary act that came in between, thus costs a retry and never a gap or a
//! broken chain.

use sqlx::postgres::PgArguments;
use sqlx::{Arguments as _, PgConnection};
use time::{Date, OffsetDateTime};
use tonic::Code;
use uuid::Uuid;
use xinqiao_chassis::audit::{AuditRow, Head};
use xinqiao_chassis::desk::Desk;
use xinqiao_chassis::document::DocumentRow;
use xinqiao_chassis::refusal::Refusal;
use xinqiao_chassis::seal::Sealed;
use xinqiao_kernel::CaseNumber;
use xinqiao_proto::intake::Registered;

use super::entry::{Entry, Key};
use super::{Numbered, Registration};

/// From where numbers and hashes of a batch were counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Base {
    /// Last number given out in the year.
    pub(super) last: u32,
    /// Last link of the audit chain.
    pub(super) head: Head,
}

/// Registrations with their numbers and links, and where they leave counter and chain.
#[derive(Debug)]
pub(super) struct Batch {
    key: Key,
    base: Base,
    pub(super) next: Base,
    rows: Vec<Row>,
}

/// A registration with what its number decides.
#[derive(Debug)]
struct Row {
    entry: Entry,
    numbered: Numbered,
    audit: AuditRow,
    answer: Registered,
}

impl Batch {
    /// An empty batch that counts from `base`.
    pub(super) const fn from(key: Key, base: Base) -> Self {
        Self {
            key,
            base,
            next: base,
            rows: Vec::new(),
        }
    }

    pub(super) const fn key(&self) -> Key {
        self.key
    }

    /// Whether a registration belongs here: of this district and year, and no copy of one that is in.
    pub(super) fn takes(&self, entry: &Entry) -> bool {
        let copy = || {
            self.rows
                .iter()
                .any(|row| row.entry.request_id() == entry.request_id())
        };
        entry.key() == self.key && !copy()
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Numbers one more registration and links it into the chain. One that gets no number any more is refused.
    pub(super) fn add(&mut self, desk: &Desk, entry: Entry) {
        let registration = &*entry.registration;
        let (district, year) = self.key;
        let digit = registration.submission.digit();
        let Ok(number) = CaseNumber::new(district, i32::from(year), digit, self.next.last + 1) else {
            return entry.answer(Err(exhausted()));
        };
        let (numbered, answer) = registration.numbered(desk.service(), desk.keys(), number);
        let (audit, head) = registration.audit.chain(district, self.next.head);
        self.next = Base {
            last: number.sequence(),
            head,
        };
        self.rows.push(Row {
            entry,
            numbered,
            audit,
            answer,
        });
    }

    /// Everybody is registered.
    pub(super) fn answer(self) {
        for row in self.rows {
            row.entry.answer(Ok((row.answer, false)));
        }
    }

    /// The entries without their numbers, which do not count.
    pub(super) fn into_entries(self) -> Vec<Entry> {
        self.rows.into_iter().map(|row| row.entry).collect()
    }
}

fn exhausted() -> Refusal {
    Refusal::new(
        Code::ResourceExhausted,
        "NUMBERS_EXHAUSTED",
        "本年度信访编号已用完，请联系系统管理员",
        "the case numbers of this year are used up; call the administrator",
    )
}

/// What came of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Everything is written.
    Written,
    /// Counter or chain have moved, or a request id is known already: nothing counts.
    Moved,
}

const STATEMENT: &str = r"
WITH counter AS (
    UPDATE number_counter SET last = $5
    WHERE district_code = $1 AND year = $3 AND last = $4
    RETURNING 1
), head AS (
    UPDATE audit_head SET seq = $8, hash = $9
    WHERE district_code = $1 AND seq = $6 AND hash = $7 AND EXISTS (SELECT FROM counter)
    RETURNING 1
), answers AS (
    INSERT INTO idempotency (district_code, request_id, action, body_hash, answer, expires_at)
    SELECT $1, unnest($2::uuid[]), unnest($10::text[]), unnest($11::bytea[]), unnest($12::bytea[]),
        unnest($13::timestamptz[])
    WHERE EXISTS (SELECT FROM head)
), cases AS (
    INSERT INTO case_file (district_code, year, state, holder, worked_in, remedy, version,
        id, sequence, channel, purpose, sealed, anonymous, received_at, registered_at, created_at, updated_at,
        rule_version, k1_raw, k1_eff, k1_safe, k1_calendar, k1_provisional, reception_day_id, trace_id, event_id,
        created_by, updated_by)
    SELECT $1, $3, 'C10', 'intake', 'C41', 'R0', 1,
        r.id, r.sequence, r.channel, r.purpose, r.sealed, r.anonymous, r.received_at, r.at, r.at, r.at,
        r.rule_version, r.k1_raw, r.k1_eff, r.k1_safe, r.k1_calendar, r.k1_provisional, r.reception_day_id,
        r.trace_id, r.event_id, r.by, r.by
    FROM (SELECT unnest($14::uuid[]) AS id, unnest($15::integer[]) AS sequence, unnest($16::smallint[]) AS channel,
        unnest($17::smallint[]) AS purpose, unnest($18::boolean[]) AS sealed, unnest($19::boolean[]) AS anonymous,
        unnest($20::timestamptz[]) AS received_at, unnest($21::timestamptz[]) AS at,
        unnest($22::text[]) AS rule_version, unnest($23::date[]) AS k1_raw, unnest($24::date[]) AS k1_eff,
        unnest($25::date[]) AS k1_safe, unnest($26::text[]) AS k1_calendar, unnest($27::boolean[]) AS k1_provisional,
        unnest($28::uuid[]) AS reception_day_id, unnest($29::text[]) AS trace_id, unnest($30::uuid[]) AS event_id,
        unnest($31::text[]) AS by) AS r
    WHERE EXISTS (SELECT FROM head)
), submissions AS (
    INSERT INTO submission (district_code, ordinal, first_flag, version,
        case_id, channel, received_at, registered_at, created_at, updated_at, created_by, updated_by,
        id, postmark_on, visit_count, affected_count, joint, oral, confidential, consent_public, original_id, particulars)
    SELECT $1, 1, true, 1,
        r.case_id, r.channel, r.received_at, r.at, r.at, r.at, r.by, r.by,
        r.id, r.postmark_on, r.visit_count, r.affected_count, r.joint, r.oral, r.confidential, r.consent_public,
        r.original_id, r.particulars
    FROM (SELECT unnest($14::uuid[]) AS case_id, unnest($16::smallint[]) AS channel,
        unnest($20::timestamptz[]) AS received_at, unnest($21::timestamptz[]) AS at, unnest($31::text[]) AS by,
        unnest($32::uuid[]) AS id, unnest($33::date[]) AS postmark_on, unnest($34::integer[]) AS visit_count,
        unnest($35::integer[]) AS affected_count, unnest($36::boolean[]) AS joint, unnest($37::boolean[]) AS oral,
        unnest($38::boolean[]) AS confidential, unnest($39::boolean[]) AS consent_public,
        unnest($40::uuid[]) AS original_id, unnest($77::bytea[]) AS particulars) AS r
    WHERE EXISTS (SELECT FROM head)
), petitioners AS (
    INSERT INTO petitioner (district_code, ordinal, version,
        case_id, position, id, kind, preferred_channel, representative, identity, id_index, mobile_index, query_key,
        created_at, updated_at, created_by, updated_by)
    SELECT $1, 1, 1, r.case_id, r.position, r.id, r.kind, r.preferred, r.representative, r.identity, r.id_index,
        r.mobile_index, r.query_key, r.at, r.at, r.by, r.by
    FROM (SELECT unnest($41::uuid[]) AS case_id, unnest($42::smallint[]) AS position, unnest($43::uuid[]) AS id,
        unnest($44::smallint[]) AS kind, unnest($45::smallint[]) AS preferred,
        unnest($46::boolean[]) AS representative, unnest($47::bytea[]) AS identity, unnest($48::bytea[]) AS id_index,
        unnest($49::bytea[]) AS mobile_index, unnest($50::timestamptz[]) AS at, unnest($51::text[]) AS by,
        unnest($71::bigint[]) AS query_key) AS r
    WHERE EXISTS (SELECT FROM head)
), accused_of_cases AS (
    INSERT INTO accused (district_code, version, case_id, marks, objects, created_at, updated_at, created_by, updated_by)
    SELECT $1, 1, r.case_id, r.marks, r.objects, r.at, r.at, r.by, r.by
    FROM (SELECT unnest($72::uuid[]) AS case_id, unnest($73::bytea[]) AS marks, unnest($74::bytea[]) AS objects,
        unnest($75::timestamptz[]) AS at, unnest($76::text[]) AS by) AS r
    WHERE EXISTS (SELECT FROM head)
), documents AS (
    INSERT INTO document (district_code, document_id, case_id, form, archive_item, content, content_sha256,
        ciphertext_sha256, ciphertext_bytes, key_version, created_at, created_by)
    SELECT $1, r.document_id, r.case_id, r.form, r.archive_item, r.content, r.content_sha256,
        r.ciphertext_sha256, octet_length(r.content), r.key_version, r.at, r.by
    FROM (SELECT unnest($52::uuid[]) AS document_id, unnest($53::uuid[]) AS case_id, unnest($54::text[]) AS form,
        unnest($55::text[]) AS archive_item, unnest($56::bytea[]) AS content, unnest($57::bytea[]) AS content_sha256,
        unnest($58::bytea[]) AS ciphertext_sha256, unnest($59::integer[]) AS key_version,
        unnest($60::timestamptz[]) AS at, unnest($61::text[]) AS by) AS r
    WHERE EXISTS (SELECT FROM head)
), uncopied_documents AS (
    INSERT INTO uncopied (district_code, first_id, document_ids)
    SELECT $1, ($52::uuid[])[1], $52::uuid[] WHERE EXISTS (SELECT FROM head)
), events AS (
    INSERT INTO outbox (district_code, sequence, kind, entity_kind,
        event_id, entity_id, case_no, subject, body, trace_parent, actor_ref, occurred_at)
    SELECT $1, 1, 'case.registered', 'case',
        r.event_id, r.entity_id, r.case_no, r.subject, r.body, r.trace_parent, r.by, r.at
    FROM (SELECT unnest($30::uuid[]) AS event_id, unnest($14::uuid[]) AS entity_id, unnest($62::text[]) AS case_no,
        unnest($63::text[]) AS subject, unnest($64::bytea[]) AS body, unnest($65::text[]) AS trace_parent,
        unnest($31::text[]) AS by, unnest($21::timestamptz[]) AS at) AS r
    WHERE EXISTS (SELECT FROM head)
    RETURNING position, event_id
), unpublished_events AS (
    INSERT INTO unpublished (district_code, position, event_ids)
    SELECT $1, min(position), array_agg(event_id ORDER BY position) FROM events HAVING count(*) > 0
), audits AS (
    INSERT INTO audit (district_code, seq, object, canonical, prev_hash, hash)
    SELECT $1, unnest($66::bigint[]), unnest($67::text[]), unnest($68::bytea[]), unnest($69::bytea[]),
        unnest($70::bytea[])
    WHERE EXISTS (SELECT FROM head)
)
SELECT CASE WHEN EXISTS (SELECT FROM counter) THEN 1 / (SELECT count(*)::integer FROM head) ELSE 0 END";

/// Arguments of the statement.
const ARGUMENTS: usize = 77;
/// Room for the arguments of a usual registration, so that they do not move while they grow.
const ROW_BYTES: usize = 8 * 1024;

impl Batch {
    /// Sends the batch. On [`Outcome::Moved`] nothing is written.
    pub(super) async fn write(&self, connection: &mut PgConnection) -> Result<Outcome, sqlx::Error> {
        let mut arguments = PgArguments::default();
        arguments.reserve(ARGUMENTS, self.rows.len() * ROW_BYTES);
        let mut query = sqlx::query_scalar_with::<_, i32, _>(STATEMENT, arguments)
            .bind(self.key.0.as_str())
            .bind(self.list(|_, numbered, _| numbered.request.request_id))
            .bind(self.key.1)
            .bind(as_integer(self.base.last))
            .bind(as_integer(self.next.last))
            .bind(self.base.head.seq)
            .bind(self.base.head.hash.as_slice())
            .bind(self.next.head.seq)
            .bind(self.next.head.hash.as_slice());
        query = self.bind_answers(query);
        query = self.bind_cases(query);
        query = self.bind_submissions(query);
        query = self.bind_petitioners(query);
        query = self.bind_documents(query);
        query = self.bind_events_and_audit(query);
        query = self.bind_query_keys(query);
        query = self.bind_accused(query);
        query = query.bind(self.list(|row, _, _| row.particulars.as_ref().map(Sealed::as_bytes)));
        match query.fetch_one(connection).await {
            Ok(1) => Ok(Outcome::Written),
            Ok(_) => Ok(Outcome::Moved),
            // No look-up before: the key itself finds a request that comes again, and costs the others nothing.
            Err(error) if violates(&error, "idempotency_pkey") || half_swapped(&error) => Ok(Outcome::Moved),
            Err(error) => Err(error),
        }
    }

    fn list<'b, T>(&'b self, pick: impl Fn(&'b Registration, &'b Numbered, &'b AuditRow) -> T) -> Vec<T> {
        self.rows
            .iter()
            .map(|row| pick(&row.entry.registration, &row.numbered, &row.audit))
            .collect()
    }

    fn bind_answers<'q>(&'q self, query: Query<'q>) -> Query<'q> {
        query
            .bind(self.list(|_, numbered, _| numbered.request.action))
            .bind(self.list(|_, numbered, _| numbered.request.body_hash.as_slice()))
            .bind(self.list(|_, numbered, _| numbered.request.answer.as_ref().map(Sealed::as_bytes)))
            .bind(self.list(|_, numbered, _| numbered.request.expires_at))
    }

    fn bind_cases<'q>(&'q self, query: Query<'q>) -> Query<'q> {
        query
            .bind(self.list(|row, _, _| row.case_id))
            .bind(self.list(|_, numbered, _| as_integer(numbered.number.sequence())))
            .bind(self.list(|row, _, _| row.submission.channel.number()))
            .bind(self.list(|row, _, _| row.submission.purpose.number()))
            .bind(self.list(|row, _, _| row.submission.sealed()))
            .bind(self.list(|row, _, _| row.submission.anonymous))
            .bind(self.list(|row, _, _| row.submission.received_at))
            .bind(self.list(|row, _, _| row.now))
            .bind(self.list(|row, _, _| row.rule_version.as_str()))
            .bind(self.list(|row, _, _| row.k1.due.raw))
            .bind(self.list(|row, _, _| row.k1.due.eff))
            .bind(self.list(|row, _, _| row.k1.due.safe))
            .bind(self.list(|row, _, _| row.k1.due.calendar_version.as_str()))
            .bind(self.list(|row, _, _| row.k1.due.provisional))
            .bind(self.list(|row, _, _| row.submission.reception_day))
            .bind(self.list(|row, _, _| row.trace_id.as_deref()))
            .bind(self.list(|row, _, _| row.event_id))
            .bind(self.list(|row, _, _| row.actor_ref.as_str()))
    }

    fn bind_submissions<'q>(&'q self, query: Query<'q>) -> Query<'q> {
        query
            .bind(self.list(|row, _, _| row.submission_id))
            .bind(self.list(|row, _, _| row.submission.postmark_on))
            .bind(self.list(|row, _, _| row.submission.visit_count))
            .bind(self.list(|row, _, _| row.submission.affected_count))
            .bind(self.list(|row, _, _| row.submission.joint))
            .bind(self.list(|row, _, _| row.submission.oral))
            .bind(self.list(|row, _, _| row.submission.confidential))
            .bind(self.list(|row, _, _| row.submission.consent_public))
            .bind(self.list(|row, _, _| row.original.document_id))
    }

    fn bind_petitioners<'q>(&'q self, query: Query<'q>) -> Query<'q> {
        let all: Vec<_> = self
            .rows
            .iter()
            .flat_map(|row| {
                let row = &*row.entry.registration;
                (0_i16..)
                    .zip(&row.petitioners)
                    .map(move |(position, one)| (row, position, one))
            })
            .collect();
        query
            .bind(all.iter().map(|(row, ..)| row.case_id).collect::<Vec<Uuid>>())
            .bind(all.iter().map(|(_, position, _)| *position).collect::<Vec<i16>>())
            .bind(all.iter().map(|(.., one)| one.id).collect::<Vec<Uuid>>())
            .bind(all.iter().map(|(.., one)| one.kind).collect::<Vec<i16>>())
            .bind(all.iter().map(|(.., one)| one.preferred).collect::<Vec<i16>>())
            .bind(
                all.iter()
                    .map(|(.., one)| one.representative)
                    .collect::<Vec<bool>>(),
            )
            .bind(
                all.iter()
                    .map(|(.., one)| one.identity.as_bytes())
                    .collect::<Vec<&[u8]>>(),
            )
            .bind(
                all.iter()
                    .map(|(.., one)| one.id_index.as_ref().map(|index| &index[..]))
                    .collect::<Vec<_>>(),
            )
            .bind(
                all.iter()
                    .map(|(.., one)| one.mobile_index.as_ref().map(|index| &index[..]))
                    .collect::<Vec<_>>(),
            )
            .bind(
                all.iter()
                    .map(|(row, ..)| row.now)
                    .collect::<Vec<OffsetDateTime>>(),
            )
            .bind(
                all.iter()
                    .map(|(row, ..)| row.actor_ref.as_str())
                    .collect::<Vec<&str>>(),
            )
    }

    fn bind_query_keys<'q>(&'q self, query: Query<'q>) -> Query<'q> {
        let petitioners = self
            .rows
            .iter()
            .flat_map(|row| &row.entry.registration.petitioners);
        query.bind(petitioners.map(|one| one.query_key).collect::<Vec<_>>())
    }

    fn bind_accused<'q>(&'q self, query: Query<'q>) -> Query<'q> {
        let of_row = |row: &'q Row| {
            let registration = &*row.entry.registration;
            registration
                .accused
                .as_ref()
                .map(|accused| (registration, accused))
        };
        let all: Vec<_> = self.rows.iter().filter_map(of_row).collect();
        query
            .bind(all.iter().map(|(row, _)| row.case_id).collect::<Vec<Uuid>>())
            .bind(
                all.iter()
                    .map(|(_, one)| one.marks.as_slice())
                    .collect::<Vec<&[u8]>>(),
            )
            .bind(
                all.iter()
                    .map(|(_, one)| one.objects.as_bytes())
                    .collect::<Vec<&[u8]>>(),
            )
            .bind(
                all.iter()
                    .map(|(row, _)| row.now)
                    .collect::<Vec<OffsetDateTime>>(),
            )
            .bind(
                all.iter()
                    .map(|(row, _)| row.actor_ref.as_str())
                    .collect::<Vec<&str>>(),
            )
    }

    fn bind_documents<'q>(&'q self, query: Query<'q>) -> Query<'q> {
        let all: Vec<&DocumentRow> = self
            .rows
            .iter()
            .flat_map(|row| [&row.numbered.form, &row.entry.registration.original])
            .collect();
        query
            .bind(all.iter().map(|one| one.document_id).collect::<Vec<Uuid>>())
            .bind(all.iter().map(|one| one.case_id).collect::<Vec<Uuid>>())
            .bind(all.iter().map(|one| one.form.as_str()).collect::<Vec<&str>>())
            .bind(
                all.iter()
                    .map(|one| one.archive_item.as_str())
                    .collect::<Vec<&str>>(),
            )
            .bind(
                all.iter()
                    .map(|one| one.content.as_bytes())
                    .collect::<Vec<&[u8]>>(),
            )
            .bind(
                all.iter()
                    .map(|one| one.content_sha256.as_slice())
                    .collect::<Vec<&[u8]>>(),
            )
            .bind(
                all.iter()
                    .map(|one| one.ciphertext_sha256.as_slice())
                    .collect::<Vec<&[u8]>>(),
            )
            .bind(
                all.iter()
                    .map(|one| i32::from(one.key_version))
                    .collect::<Vec<i32>>(),
            )
            .bind(
                all.iter()
                    .map(|one| one.created_at)
                    .collect::<Vec<OffsetDateTime>>(),
            )
            .bind(
                all.iter()
                    .map(|one| one.created_by.as_str())
                    .collect::<Vec<&str>>(),
            )
    }

    fn bind_events_and_audit<'q>(&'q self, query: Query<'q>) -> Query<'q> {
        query
            .bind(self.list(|_, numbered, _| numbered.event.case_no.as_deref()))
            .bind(self.list(|_, numbered, _| numbered.event.subject.as_str()))
            .bind(self.list(|_, numbered, _| numbered.event.body.as_slice()))
            .bind(self.list(|_, numbered, _| numbered.event.trace_parent.as_deref()))
            .bind(self.list(|_, _, audit| audit.seq))
            .bind(self.list(|_, _, audit| audit.object.as_str()))
            .bind(self.list(|_, _, audit| audit.canonical.as_slice()))
            .bind(self.list(|_, _, audit| audit.prev_hash.as_slice()))
            .bind(self.list(|_, _, audit| audit.hash.as_slice()))
    }
}

type Query<'q> = sqlx::query::QueryScalar<'q, sqlx::Postgres, i32, PgArguments>;

fn violates(error: &sqlx::Error, constraint: &str) -> bool {
    error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::constraint)
        .is_some_and(|name| name == constraint)
}

/// The statement divided by the number of heads it swapped, which was none.
fn half_swapped(error: &sqlx::Error) -> bool {
    const DIVISION_BY_ZERO: &str = "22012";
    error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code)
        .is_some_and(|code| code == DIVISION_BY_ZERO)
}

fn as_integer(number: u32) -> i32 {
    i32::try_from(number).expect("invariant: numbers have six digits")
}

/// The year a number of this day belongs to, as the counter stores it.
pub(super) fn year_of(day: Date) -> i16 {
    i16::try_from(day.year()).expect("invariant: years have four digits")
}
