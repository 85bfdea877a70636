//! What was published, read for everybody.

use time::{Date, OffsetDateTime, Time};
use uuid::Uuid;
use xinqiao_chassis::desk::Act;

use super::days::Filter;
use crate::domain::reception_day::{Kind, State};
use crate::domain::schedule::{OnDuty, PublishedDay};

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
    joint_leader_ids: Vec<Uuid>,
    duty_unit_ids: Vec<Uuid>,
    published_at: OffsetDateTime,
    revised_at: OffsetDateTime,
    cancel_reason: Option<String>,
    substitute_day: Option<Date>,
    version: i64,
}

impl Row {
    /// With whoever takes part in a joint reception.
    fn shown(self, leaders: &[OnDuty], units: &[(Uuid, String)]) -> PublishedDay {
        let leader = |id: &Uuid| leaders.iter().find(|leader| leader.leader_id == *id).cloned();
        let unit = |id: &Uuid| {
            let known = units.iter().find(|(unit, _)| unit == id);
            known.map(|(_, name)| name.clone())
        };
        PublishedDay {
            id: self.id,
            day: self.day,
            kind: self.kind,
            state: self.state,
            hall: self.hall,
            open_from: self.open_from,
            open_to: self.open_to,
            leader: OnDuty {
                leader_id: self.leader_id,
                post: self.post,
                portfolio: self.portfolio,
            },
            joint: self.joint_leader_ids.iter().filter_map(leader).collect(),
            units: self.duty_unit_ids.iter().filter_map(unit).collect(),
            published_at: self.published_at,
            revised_at: self.revised_at,
            cancel_reason: self.cancel_reason,
            substitute_day: self.substitute_day,
            version: self.version.unsigned_abs(),
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
                d.joint_leader_ids, d.duty_unit_ids,
                d.published_at, GREATEST(d.updated_at, l.updated_at, s.published_at) AS revised_at, d.cancel_reason,
                s.day AS substitute_day, d.version
         FROM reception_day d
         JOIN leader l ON l.district_code = d.district_code AND l.id = d.leader_id
         LEFT JOIN reception_day s ON s.district_code = d.district_code AND s.id = d.substitute_id
                                  AND s.published_at IS NOT NULL
         WHERE d.district_code = $1 AND d.published_at IS NOT NULL AND d.day BETWEEN $2 AND $3
           AND ($4::uuid IS NULL OR d.leader_id = $4 OR $4 = ANY (d.joint_leader_ids)) AND (d.day, d.id) > ($5, $6)
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
    let joint: Vec<Uuid> = rows.iter().flat_map(|row| row.joint_leader_ids.clone()).collect();
    let units: Vec<Uuid> = rows.iter().flat_map(|row| row.duty_unit_ids.clone()).collect();
    let joint = super::leaders::on_duty(act, &joint).await?;
    let units = super::known::unit_names(act, &units).await?;
    Ok(rows.into_iter().map(|row| row.shown(&joint, &units)).collect())
}
