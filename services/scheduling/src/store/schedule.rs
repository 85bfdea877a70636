//! What was published, read for everybody.

use time::{Date, OffsetDateTime, Time};
use uuid::Uuid;
use xinqiao_chassis::desk::Act;

use super::days::Filter;
use crate::domain::reception_day::{Kind, State};
use crate::domain::schedule::PublishedDay;

#[derive(Debug, sqlx::FromRow)]
struct Row {
    id: Uuid,
    day: Date,
    #[sqlx(try_from = "String")]
    kind: Kind,
    #[sqlx(try_from = "String")]
    state: State,
    hall: String,
    open_from: Time,
    open_to: Time,
    leader_id: Uuid,
    post: String,
    portfolio: Vec<String>,
    published_at: OffsetDateTime,
    revised_at: OffsetDateTime,
    cancel_reason: Option<String>,
    substitute_day: Option<Date>,
    version: i64,
}

impl From<Row> for PublishedDay {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            day: row.day,
            kind: row.kind,
            state: row.state,
            hall: row.hall,
            open_from: row.open_from,
            open_to: row.open_to,
            leader_id: row.leader_id,
            post: row.post,
            portfolio: row.portfolio,
            published_at: row.published_at,
            revised_at: row.revised_at,
            cancel_reason: row.cancel_reason,
            substitute_day: row.substitute_day,
            version: row.version.unsigned_abs(),
        }
    }
}

/// One page of published days by date, after the key given. A substitute is shown once it is published itself.
pub(crate) async fn page(
    act: &mut Act,
    filter: Filter,
    after: Option<(Date, Uuid)>,
    limit: i64,
) -> Result<Vec<PublishedDay>, sqlx::Error> {
    let district = act.district().to_string();
    let (day, id) = after.unwrap_or((filter.from, Uuid::nil()));
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT d.id, d.day, d.kind, d.state, d.hall, d.open_from, d.open_to, d.leader_id, l.post, l.portfolio,
                d.published_at, GREATEST(d.updated_at, l.updated_at, s.published_at) AS revised_at, d.cancel_reason,
                s.day AS substitute_day, d.version
         FROM reception_day d
         JOIN leader l ON l.district_code = d.district_code AND l.id = d.leader_id
         LEFT JOIN reception_day s ON s.district_code = d.district_code AND s.id = d.substitute_id
                                  AND s.published_at IS NOT NULL
         WHERE d.district_code = $1 AND d.published_at IS NOT NULL AND d.day BETWEEN $2 AND $3
           AND ($4::uuid IS NULL OR d.leader_id = $4) AND (d.day, d.id) > ($5, $6)
         ORDER BY d.day, d.id LIMIT $7",
    )
    .bind(district)
    .bind(filter.from)
    .bind(filter.to)
    .bind(filter.leader_id)
    .bind(day)
    .bind(id)
    .bind(limit)
    .fetch_all(act.conn())
    .await?;
    Ok(rows.into_iter().map(PublishedDay::from).collect())
}
