//! The calendars that came into force, and running clocks held against one.

use serde_json::Value;
use sqlx::PgConnection;
use time::{Date, OffsetDateTime};
use uuid::Uuid;
use xinqiao_kernel::{CaseNumber, DistrictCode};

use super::{
    Stamp, Unreadable,
    clocks::{self, Row},
};
use crate::domain::clocks::{Clock, recompute::Recomputed};

/// A running clock with what else decides about it.
#[derive(Debug)]
pub(crate) struct OpenClock {
    /// Its case.
    pub(crate) case_id: Uuid,
    /// Number of the case.
    pub(crate) case_no: CaseNumber,
    /// The petitioner has the notice of acceptance.
    pub(crate) acceptance_served: bool,
    /// The clock; of its ledger only the first line, by which it is derived anew.
    pub(crate) clock: Clock,
}

#[derive(sqlx::FromRow)]
struct OpenRow {
    case_id: Uuid,
    case_no: String,
    acceptance_served: Option<bool>,
    #[sqlx(flatten)]
    row: Row,
}

/// Notes that a version came into force. One that is noted already stays as it is.
pub(crate) async fn came_into_force(
    connection: &mut PgConnection,
    stamp: &Stamp,
    edition: &str,
    from: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO calendar_edition (district_code, edition, in_force_from, created_at, created_by)
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (district_code, edition) DO NOTHING",
    )
    .bind(stamp.district.as_str())
    .bind(edition)
    .bind(from)
    .bind(stamp.at)
    .bind(&stamp.by)
    .execute(connection)
    .await?;
    Ok(())
}

/// The version that came into force last, and when; none when the built-in one holds.
pub(crate) async fn newest(
    connection: &mut PgConnection,
    district: DistrictCode,
) -> Result<Option<(String, OffsetDateTime)>, sqlx::Error> {
    sqlx::query_as(
        "SELECT edition, in_force_from FROM calendar_edition
          WHERE district_code = $1 ORDER BY in_force_from DESC LIMIT 1",
    )
    .bind(district.as_str())
    .fetch_optional(connection)
    .await
}

/// Takes up to `limit` cases with a running clock that was not held against a version, and passes by those that
/// somebody else has taken.
pub(crate) async fn claim_behind(
    connection: &mut PgConnection,
    district: DistrictCode,
    edition: &str,
    limit: i64,
) -> Result<Vec<Uuid>, sqlx::Error> {
    // Two ranges instead of an inequality: the index finds nothing as quickly as it finds something.
    sqlx::query_scalar(
        "SELECT case_id FROM supervised_case
          WHERE district_code = $1
            AND case_id IN (SELECT case_id FROM clock
                             WHERE district_code = $1 AND state = 'running'
                               AND (COALESCE(held_against, calendar_version) < $2
                                    OR COALESCE(held_against, calendar_version) > $2)
                             LIMIT $3)
            FOR UPDATE SKIP LOCKED",
    )
    .bind(district.as_str())
    .bind(edition)
    .bind(limit)
    .fetch_all(connection)
    .await
}

/// The running clocks of cases that were not held against a version.
pub(crate) async fn behind(
    connection: &mut PgConnection,
    district: DistrictCode,
    cases: &[Uuid],
    edition: &str,
) -> Result<Vec<OpenClock>, sqlx::Error> {
    let rows: Vec<OpenRow> = sqlx::query_as(
        "SELECT c.case_id, c.case_no, c.acceptance_served, k.clock_id, k.code, k.round, k.reception_id, k.state,
                k.start_date, k.term_length, k.term_unit, k.calendar_version, k.provisional, k.due_raw, k.due_eff,
                k.due_safe, jsonb_build_array(k.derivation -> 0) AS derivation, k.started_by, k.started_at, k.differed,
                COALESCE(k.held_against, k.calendar_version) AS held_against, k.stopped_by, k.stopped_at
           FROM clock k JOIN supervised_case c ON c.district_code = $1 AND c.case_id = k.case_id
          WHERE k.district_code = $1 AND k.state = 'running' AND k.case_id = ANY ($2)
            AND COALESCE(k.held_against, k.calendar_version) <> $3
          ORDER BY k.case_id, k.clock_id",
    )
    .bind(district.as_str())
    .bind(cases)
    .bind(edition)
    .fetch_all(&mut *connection)
    .await?;
    with_rungs(connection, district, rows).await
}

/// Up to `limit` running clocks behind one, by identifier.
pub(crate) async fn open_after(
    connection: &mut PgConnection,
    district: DistrictCode,
    after: Uuid,
    limit: i64,
) -> Result<Vec<OpenClock>, sqlx::Error> {
    let rows: Vec<OpenRow> = sqlx::query_as(
        "SELECT c.case_id, c.case_no, c.acceptance_served, k.clock_id, k.code, k.round, k.reception_id, k.state,
                k.start_date, k.term_length, k.term_unit, k.calendar_version, k.provisional, k.due_raw, k.due_eff,
                k.due_safe, NULL::jsonb AS derivation, k.started_by, k.started_at, k.differed,
                COALESCE(k.held_against, k.calendar_version) AS held_against, k.stopped_by, k.stopped_at
           FROM clock k JOIN supervised_case c ON c.district_code = $1 AND c.case_id = k.case_id
          WHERE k.district_code = $1 AND k.state = 'running' AND k.clock_id > $2
          ORDER BY k.clock_id LIMIT $3",
    )
    .bind(district.as_str())
    .bind(after)
    .bind(limit)
    .fetch_all(&mut *connection)
    .await?;
    with_rungs(connection, district, rows).await
}

async fn with_rungs(
    connection: &mut PgConnection,
    district: DistrictCode,
    rows: Vec<OpenRow>,
) -> Result<Vec<OpenClock>, sqlx::Error> {
    let ids: Vec<Uuid> = rows.iter().map(|open| open.row.clock_id).collect();
    let mut rungs = clocks::rungs_of(connection, district, &ids).await?;
    let open = |open: OpenRow| {
        let rungs = rungs.remove(&open.row.clock_id).unwrap_or_default();
        let unreadable = || Unreadable {
            table: "supervised_case",
            column: "case_no",
            value: open.case_no.clone(),
        };
        Ok(OpenClock {
            case_id: open.case_id,
            case_no: open.case_no.parse().map_err(|_| unreadable())?,
            acceptance_served: open.acceptance_served == Some(true),
            clock: open.row.clock(rungs)?,
        })
    };
    let found: Result<Vec<OpenClock>, Unreadable> = rows.into_iter().map(open).collect();
    Ok(found?)
}

/// Marks clocks as held against a version; their dates stand by the one they were derived with.
pub(crate) async fn held(
    connection: &mut PgConnection,
    stamp: &Stamp,
    edition: &str,
    clocks: &[Uuid],
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE clock SET held_against = $3 WHERE district_code = $1 AND clock_id = ANY ($2)")
        .bind(stamp.district.as_str())
        .bind(clocks)
        .bind(edition)
        .execute(connection)
        .await?;
    Ok(())
}

/// Writes new dates, and keeps those that were there.
pub(crate) async fn move_dates(
    connection: &mut PgConnection,
    stamp: &Stamp,
    edition: &str,
    moved: &[(Uuid, &Recomputed)],
) -> Result<(), sqlx::Error> {
    let ids: Vec<Uuid> = moved.iter().map(|(id, _)| *id).collect();
    sqlx::query(
        "INSERT INTO clock_move (district_code, clock_id, edition, calendar_version, due_raw, due_eff, due_safe,
                                 provisional, created_at, created_by)
         SELECT district_code, clock_id, $3, calendar_version, due_raw, due_eff, due_safe, provisional, $4, $5
           FROM clock WHERE district_code = $1 AND clock_id = ANY ($2)",
    )
    .bind(stamp.district.as_str())
    .bind(&ids)
    .bind(edition)
    .bind(stamp.at)
    .bind(&stamp.by)
    .execute(&mut *connection)
    .await?;
    let dates = |which: fn(&Recomputed) -> Date| moved.iter().map(|(_, new)| which(new)).collect::<Vec<_>>();
    let ledger = |new: &Recomputed| {
        serde_json::to_value(&new.due.derivation).expect("invariant: dates and texts serialise")
    };
    sqlx::query(
        "UPDATE clock k
            SET due_raw = r.due_raw, due_eff = r.due_eff, due_safe = r.due_safe, provisional = r.provisional,
                derivation = r.derivation, calendar_version = $3, updated_at = $4, updated_by = $5,
                version = k.version + 1
           FROM unnest($2::uuid[], $6::date[], $7::date[], $8::date[], $9::boolean[], $10::jsonb[])
                AS r (clock_id, due_raw, due_eff, due_safe, provisional, derivation)
          WHERE k.district_code = $1 AND k.clock_id = r.clock_id",
    )
    .bind(stamp.district.as_str())
    .bind(&ids)
    .bind(edition)
    .bind(stamp.at)
    .bind(&stamp.by)
    .bind(dates(|new| new.due.raw))
    .bind(dates(|new| new.due.eff))
    .bind(dates(|new| new.due.safe))
    .bind(
        moved
            .iter()
            .map(|(_, new)| new.due.provisional)
            .collect::<Vec<_>>(),
    )
    .bind(moved.iter().map(|(_, new)| ledger(new)).collect::<Vec<Value>>())
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes when the levels of clocks are due that are still to come.
pub(crate) async fn move_rungs(
    connection: &mut PgConnection,
    stamp: &Stamp,
    recomputed: &[(Uuid, &Recomputed)],
) -> Result<(), sqlx::Error> {
    let (mut ids, mut levels, mut due) = (Vec::new(), Vec::new(), Vec::new());
    for (id, new) in recomputed {
        for rung in &new.rungs {
            ids.push(*id);
            levels.push(rung.level.number());
            due.push(rung.due_at);
        }
    }
    sqlx::query(
        "UPDATE clock_rung g
            SET due_at = r.due_at, updated_at = $5, updated_by = $6, version = g.version + 1
           FROM unnest($2::uuid[], $3::smallint[], $4::timestamptz[]) AS r (clock_id, level, due_at)
          WHERE g.district_code = $1 AND g.clock_id = r.clock_id AND g.level = r.level
            AND g.fired_at IS NULL AND g.due_at <> r.due_at",
    )
    .bind(stamp.district.as_str())
    .bind(ids)
    .bind(levels)
    .bind(due)
    .bind(stamp.at)
    .bind(&stamp.by)
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes for which level the timer comes to cases next.
pub(crate) async fn due_anew(
    connection: &mut PgConnection,
    district: DistrictCode,
    cases: &[Uuid],
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE supervised_case c
            SET next_due_at = (SELECT min(g.due_at)
                                 FROM clock k JOIN clock_rung g ON g.district_code = $1 AND g.clock_id = k.clock_id
                                WHERE k.district_code = $1 AND k.case_id = c.case_id AND k.state = 'running'
                                  AND g.fired_at IS NULL)
          WHERE c.district_code = $1 AND c.case_id = ANY ($2)",
    )
    .bind(district.as_str())
    .bind(cases)
    .execute(connection)
    .await?;
    Ok(())
}
