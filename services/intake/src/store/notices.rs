//! Notices: asked for, claimed, sent, failed, told by hand.

use sqlx::{FromRow, PgConnection};
use time::OffsetDateTime;
use uuid::Uuid;
use xinqiao_kernel::DistrictCode;

use super::cases::By;
use crate::domain::codes::{NoticeChannel, NoticeTemplate};
use crate::domain::notice::State;

/// What `NoticeRow` is read from.
macro_rules! notice_query {
    ($rest:literal) => {
        concat!(
            "SELECT id, case_id, petitioner_id, template, appointment_at, state, channel, attempts, failure, told_at,
                    created_at, version
             FROM notification WHERE district_code = $1 AND ",
            $rest
        )
    };
}

/// A notice to one petitioner.
#[derive(Clone, Debug, FromRow)]
pub(crate) struct NoticeRow {
    pub(crate) id: Uuid,
    pub(crate) case_id: Uuid,
    pub(crate) petitioner_id: Uuid,
    template: i16,
    pub(crate) appointment_at: Option<OffsetDateTime>,
    state: String,
    channel: Option<i16>,
    pub(crate) attempts: i32,
    pub(crate) failure: Option<String>,
    pub(crate) told_at: Option<OffsetDateTime>,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) version: i64,
}

impl NoticeRow {
    /// What he is told of.
    pub(crate) fn template(&self) -> NoticeTemplate {
        NoticeTemplate::of_number(self.template).expect("invariant: written from a template")
    }

    /// Where it stands.
    pub(crate) fn state(&self) -> State {
        State::of_code(&self.state).expect("invariant: written from a state")
    }

    /// How he is told, once somebody knows.
    pub(crate) fn channel(&self) -> Option<NoticeChannel> {
        self.channel.and_then(NoticeChannel::of_number)
    }
}

/// The request that a notice follows from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) publisher: &'a str,
    pub(crate) event_id: Uuid,
    pub(crate) case_id: Uuid,
    pub(crate) template: NoticeTemplate,
    pub(crate) appointment_at: Option<OffsetDateTime>,
}

/// A notice before it is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewNotice {
    pub(crate) id: Uuid,
    pub(crate) petitioner_id: Uuid,
}

/// Writes the notices of a request. What is there already stays as it is: the request has come a second time.
pub(crate) async fn insert(
    connection: &mut PgConnection,
    district: DistrictCode,
    asked: Asked<'_>,
    notices: &[NewNotice],
    by: By<'_>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO notification (district_code, id, publisher, event_id, case_id, petitioner_id, template,
                                   appointment_at, state, attempts, next_try_at,
                                   created_at, created_by, updated_at, updated_by, version)
         SELECT $1, n.id, $2, $3, $4, n.petitioner_id, $5, $6, 'DUE', 0, $7, $7, $8, $7, $8, 1
         FROM unnest($9::uuid[], $10::uuid[]) AS n (id, petitioner_id)
         ON CONFLICT (district_code, publisher, event_id, petitioner_id) DO NOTHING",
    )
    .bind(district.as_str())
    .bind(asked.publisher)
    .bind(asked.event_id)
    .bind(asked.case_id)
    .bind(asked.template.number())
    .bind(asked.appointment_at)
    .bind(by.at)
    .bind(by.actor)
    .bind(notices.iter().map(|notice| notice.id).collect::<Vec<_>>())
    .bind(
        notices
            .iter()
            .map(|notice| notice.petitioner_id)
            .collect::<Vec<_>>(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Claims what is due, oldest first, and counts the attempt: until `over` nobody else tries it.
pub(crate) async fn claim(
    connection: &mut PgConnection,
    district: DistrictCode,
    now: OffsetDateTime,
    over: OffsetDateTime,
    limit: i64,
) -> Result<Vec<NoticeRow>, sqlx::Error> {
    sqlx::query_as(
        "UPDATE notification n SET attempts = attempts + 1, next_try_at = $3
         FROM (SELECT id FROM notification
               WHERE district_code = $1 AND state = 'DUE' AND next_try_at <= $2
               ORDER BY next_try_at, id LIMIT $4 FOR UPDATE SKIP LOCKED) due
         WHERE n.district_code = $1 AND n.id = due.id
         RETURNING n.id, n.case_id, n.petitioner_id, n.template, n.appointment_at, n.state, n.channel, n.attempts,
                   n.failure, n.told_at, n.created_at, n.version",
    )
    .bind(district.as_str())
    .bind(now)
    .bind(over)
    .bind(limit)
    .fetch_all(connection)
    .await
}

/// What became of an attempt.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome {
    pub(crate) state: State,
    /// How he is told, when a channel reaches him.
    pub(crate) channel: Option<NoticeChannel>,
    /// When it is tried next.
    pub(crate) next_try_at: OffsetDateTime,
    /// Why it failed.
    pub(crate) failure: Option<&'static str>,
}

/// Writes what became of an attempt; false when the notice has gone on without it.
pub(crate) async fn settle(
    connection: &mut PgConnection,
    district: DistrictCode,
    row: &NoticeRow,
    outcome: Outcome,
    by: By<'_>,
) -> Result<bool, sqlx::Error> {
    let told_at = (outcome.state == State::Sent).then_some(by.at);
    let done = sqlx::query(
        "UPDATE notification SET state = $4, channel = $5, next_try_at = $6, failure = $7, told_at = $8,
                                 updated_at = $9, updated_by = $10, version = version + 1
         WHERE district_code = $1 AND id = $2 AND attempts = $3 AND state = 'DUE'",
    )
    .bind(district.as_str())
    .bind(row.id)
    .bind(row.attempts)
    .bind(outcome.state.code())
    .bind(outcome.channel.map(NoticeChannel::number))
    .bind(outcome.next_try_at)
    .bind(outcome.failure)
    .bind(told_at)
    .bind(by.at)
    .bind(by.actor)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The notices of a case, newest first.
pub(crate) async fn of_case(
    connection: &mut PgConnection,
    district: DistrictCode,
    case_id: Uuid,
    limit: i64,
) -> Result<Vec<NoticeRow>, sqlx::Error> {
    sqlx::query_as(notice_query!(
        "case_id = $2 ORDER BY created_at DESC, id DESC LIMIT $3"
    ))
    .bind(district.as_str())
    .bind(case_id)
    .bind(limit)
    .fetch_all(connection)
    .await
}

/// Where a page of what was not delivered goes on.
pub(crate) type Key = (OffsetDateTime, Uuid);

/// A page of what no channel has delivered, oldest first.
pub(crate) async fn undelivered(
    connection: &mut PgConnection,
    district: DistrictCode,
    after: Option<Key>,
    limit: i64,
) -> Result<Vec<NoticeRow>, sqlx::Error> {
    let (created_at, id) = after.unwrap_or((OffsetDateTime::UNIX_EPOCH, Uuid::nil()));
    sqlx::query_as(notice_query!(
        "state IN ('FAILED', 'NEEDS_HAND') AND (created_at, id) > ($2, $3) ORDER BY created_at, id LIMIT $4"
    ))
    .bind(district.as_str())
    .bind(created_at)
    .bind(id)
    .bind(limit)
    .fetch_all(connection)
    .await
}

/// Finds a notice and keeps others from changing it until the transaction ends.
pub(crate) async fn take(
    connection: &mut PgConnection,
    district: DistrictCode,
    id: Uuid,
) -> Result<Option<NoticeRow>, sqlx::Error> {
    sqlx::query_as(notice_query!("id = $2 FOR UPDATE"))
        .bind(district.as_str())
        .bind(id)
        .fetch_optional(connection)
        .await
}

/// Makes a failed notice due again, as if it had not been tried. Returns the new version.
pub(crate) async fn retry(
    connection: &mut PgConnection,
    district: DistrictCode,
    id: Uuid,
    by: By<'_>,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar(
        "UPDATE notification SET state = 'DUE', attempts = 0, next_try_at = $3, failure = NULL,
                                 updated_at = $3, updated_by = $4, version = version + 1
         WHERE district_code = $1 AND id = $2 RETURNING version",
    )
    .bind(district.as_str())
    .bind(id)
    .bind(by.at)
    .bind(by.actor)
    .fetch_one(connection)
    .await
}

/// Writes that a petitioner was told by hand. Returns the new version.
pub(crate) async fn told_by_hand(
    connection: &mut PgConnection,
    district: DistrictCode,
    id: Uuid,
    (channel, told_at): (NoticeChannel, OffsetDateTime),
    by: By<'_>,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar(
        "UPDATE notification SET state = 'TOLD_BY_HAND', channel = $3, told_at = $4,
                                 updated_at = $5, updated_by = $6, version = version + 1
         WHERE district_code = $1 AND id = $2 RETURNING version",
    )
    .bind(district.as_str())
    .bind(id)
    .bind(channel.number())
    .bind(told_at)
    .bind(by.at)
    .bind(by.actor)
    .fetch_one(connection)
    .await
}
