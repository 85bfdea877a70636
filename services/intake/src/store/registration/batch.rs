//! One transaction of many registrations of one district: one statement, one flush of the disk.
//!
//! The statement swaps counter and audit head only if they still are what the numbers and hashes were made
//! from, and inserts only if both were swapped. It undoes itself when only one was: nothing divided by no head is
//! an error. A second replica, or an ordinary act that came in between, thus costs a retry and never a gap or a
//! broken chain.

use sqlx::postgres::PgArguments;
use sqlx::{Arguments as _, PgConnection};
use time::{Date, OffsetDateTime};
use uuid::Uuid;
use xinqiao_chassis::audit::{AuditRow, Head};
use xinqiao_chassis::desk::Desk;
use xinqiao_chassis::document::DocumentRow;
use xinqiao_chassis::seal::Sealed;
use xinqiao_kernel::CaseNumber;
use xinqiao_proto::intake::Registered;

use super::entry::{Entry, Key};
use super::series::Series;
use super::statement::{ARGUMENTS, FROM_BLOCK, FROM_COUNTER};
use super::{Numbered, Registration};

/// Room for the arguments of a usual registration, so that they do not move while they grow.
const ROW_BYTES: usize = 8 * 1024;

/// From where numbers and hashes of a batch were counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Base {
    /// Last number given out.
    pub(super) last: u32,
    /// Last number that may be given out.
    pub(super) end: u32,
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
        let Key {
            district,
            year,
            series,
        } = self.key;
        let digit = registration.submission.digit();
        let next = Some(self.next.last + 1).filter(|next| *next <= self.next.end);
        let number = next.and_then(|next| CaseNumber::new(district, i32::from(year), digit, next).ok());
        let Some(number) = number else {
            return entry.answer(Err(series.exhausted()));
        };
        let (numbered, answer) = registration.numbered(desk.service(), desk.keys(), number);
        let (audit, head) = registration.audit.chain(district, self.next.head);
        self.next = Base {
            last: number.sequence(),
            head,
            ..self.next
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

/// What came of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Everything is written.
    Written,
    /// Counter or chain have moved, or a request id is known already: nothing counts.
    Moved,
}

impl Batch {
    /// Sends the batch. On [`Outcome::Moved`] nothing is written.
    pub(super) async fn write(&self, connection: &mut PgConnection) -> Result<Outcome, sqlx::Error> {
        let mut arguments = PgArguments::default();
        arguments.reserve(ARGUMENTS, self.rows.len() * ROW_BYTES);
        let statement = match self.key.series {
            Series::Counter => FROM_COUNTER,
            Series::Block(_) => FROM_BLOCK,
        };
        let mut query = sqlx::query_scalar_with::<_, i32, _>(statement, arguments)
            .bind(self.key.district.as_str())
            .bind(self.list(|_, numbered, _| numbered.request.request_id))
            .bind(self.key.year)
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
        if let Series::Block(id) = self.key.series {
            query = query.bind(id);
        }
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
