//! Rows of `calendar_preview` and `calendar_preview_row`.

use sqlx::{PgConnection, types::Json};
use time::Date;
use uuid::Uuid;
use xinqiao_kernel::{Calendar, DistrictCode, Due};

use super::{Stamp, calendar::OpenClock};
use crate::domain::clocks::recompute::{Recomputed, Tally};

/// What a proposed calendar would do, as far as it is worked out.
#[derive(Debug)]
pub(crate) struct Preview {
    /// The proposal.
    pub(crate) proposal_id: Uuid,
    /// The whole calendar as it would be in force.
    pub(crate) calendar: Calendar,
    /// The last clock looked at.
    pub(crate) looked_at: Uuid,
    /// All of them were.
    pub(crate) complete: bool,
    /// Its numbers.
    pub(crate) tally: Tally,
}

/// Dates of a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dates {
    pub(crate) raw: Date,
    pub(crate) eff: Date,
    pub(crate) safe: Date,
    pub(crate) provisional: bool,
}

impl From<&Due> for Dates {
    fn from(due: &Due) -> Self {
        Self {
            raw: due.raw,
            eff: due.eff,
            safe: due.safe,
            provisional: due.provisional,
        }
    }
}

/// A clock that would change.
#[derive(Debug)]
pub(crate) struct Row {
    case_id: Uuid,
    clock_id: Uuid,
    code: &'static str,
    old: Dates,
    new: Dates,
    told: bool,
    kept: bool,
}

impl Row {
    pub(crate) fn new(open: &OpenClock, recomputed: &Recomputed, told: bool) -> Self {
        Self {
            case_id: open.case_id,
            clock_id: open.clock.id,
            code: open.clock.code.code(),
            old: Dates::from(&open.clock.due),
            new: Dates::from(&recomputed.due),
            told,
            kept: recomputed.kept,
        }
    }
}

/// Notes that a preview is waited for. One that is there already stays as it is.
pub(crate) async fn insert(
    connection: &mut PgConnection,
    stamp: &Stamp,
    proposal_id: Uuid,
    calendar: &Calendar,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO calendar_preview (district_code, proposal_id, edition, calendar, looked_at, complete, open, moving,
                                       told, kept, certainty, created_at, created_by, updated_at, updated_by, version)
         VALUES ($1, $2, $3, $4, $5, false, 0, 0, 0, 0, 0, $6, $7, $6, $7, 1)
         ON CONFLICT (district_code, proposal_id) DO NOTHING",
    )
    .bind(stamp.district.as_str())
    .bind(proposal_id)
    .bind(calendar.version())
    .bind(Json(calendar))
    .bind(Uuid::nil())
    .bind(stamp.at)
    .bind(&stamp.by)
    .execute(connection)
    .await?;
    Ok(())
}

/// Removes a preview with its rows.
pub(crate) async fn remove(
    connection: &mut PgConnection,
    district: DistrictCode,
    proposal_id: Uuid,
) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM calendar_preview WHERE district_code = $1 AND proposal_id = $2")
        .bind(district.as_str())
        .bind(proposal_id)
        .execute(connection)
        .await?;
    Ok(())
}

/// Takes the preview that is waited for longest, unless another worker has it.
pub(crate) async fn claim(
    connection: &mut PgConnection,
    district: DistrictCode,
) -> Result<Option<Preview>, sqlx::Error> {
    type Found = (Uuid, Json<Calendar>, Uuid, [i64; 5]);
    let found: Option<Found> = sqlx::query_as(
        "SELECT proposal_id, calendar, looked_at, ARRAY[open, moving, told, kept, certainty]
           FROM calendar_preview WHERE district_code = $1 AND NOT complete
          ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED",
    )
    .bind(district.as_str())
    .fetch_optional(connection)
    .await?;
    Ok(found.map(|(proposal_id, calendar, looked_at, counts)| {
        let [open, moving, told, kept, certainty] = counts.map(i64::unsigned_abs);
        Preview {
            proposal_id,
            calendar: calendar.0,
            looked_at,
            complete: false,
            tally: Tally {
                open,
                moving,
                told,
                kept,
                certainty,
            },
        }
    }))
}

/// Writes how far it is worked out.
pub(crate) async fn update(
    connection: &mut PgConnection,
    stamp: &Stamp,
    preview: &Preview,
) -> Result<(), sqlx::Error> {
    let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let tally = &preview.tally;
    sqlx::query(
        "UPDATE calendar_preview
            SET looked_at = $3, complete = $4, open = $5, moving = $6, told = $7, kept = $8, certainty = $9,
                updated_at = $10, updated_by = $11, version = version + 1
          WHERE district_code = $1 AND proposal_id = $2",
    )
    .bind(stamp.district.as_str())
    .bind(preview.proposal_id)
    .bind(preview.looked_at)
    .bind(preview.complete)
    .bind(count(tally.open))
    .bind(count(tally.moving))
    .bind(count(tally.told))
    .bind(count(tally.kept))
    .bind(count(tally.certainty))
    .bind(stamp.at)
    .bind(&stamp.by)
    .execute(connection)
    .await?;
    Ok(())
}

/// Adds rows.
pub(crate) async fn add(
    connection: &mut PgConnection,
    stamp: &Stamp,
    proposal_id: Uuid,
    rows: &[Row],
) -> Result<(), sqlx::Error> {
    let dates = |which: fn(&Row) -> Date| rows.iter().map(which).collect::<Vec<_>>();
    let flags = |which: fn(&Row) -> bool| rows.iter().map(which).collect::<Vec<_>>();
    sqlx::query(
        "INSERT INTO calendar_preview_row (district_code, proposal_id, clock_id, case_id, code, old_raw, old_eff,
                                           old_safe, old_provisional, new_raw, new_eff, new_safe, new_provisional,
                                           told, kept)
         SELECT $1, $2, r.* FROM unnest($3::uuid[], $4::uuid[], $5::text[], $6::date[], $7::date[], $8::date[],
                                        $9::boolean[], $10::date[], $11::date[], $12::date[], $13::boolean[],
                                        $14::boolean[], $15::boolean[])
                            AS r (clock_id, case_id, code, old_raw, old_eff, old_safe, old_provisional, new_raw,
                                  new_eff, new_safe, new_provisional, told, kept)",
    )
    .bind(stamp.district.as_str())
    .bind(proposal_id)
    .bind(rows.iter().map(|row| row.clock_id).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.case_id).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.code).collect::<Vec<_>>())
    .bind(dates(|row| row.old.raw))
    .bind(dates(|row| row.old.eff))
    .bind(dates(|row| row.old.safe))
    .bind(flags(|row| row.old.provisional))
    .bind(dates(|row| row.new.raw))
    .bind(dates(|row| row.new.eff))
    .bind(dates(|row| row.new.safe))
    .bind(flags(|row| row.new.provisional))
    .bind(flags(|row| row.told))
    .bind(flags(|row| row.kept))
    .execute(connection)
    .await?;
    Ok(())
}

/// Which version a proposal would be, and whether its preview is complete; none when there is none.
pub(crate) async fn standing(
    connection: &mut PgConnection,
    district: DistrictCode,
    proposal_id: Uuid,
) -> Result<Option<(String, bool)>, sqlx::Error> {
    sqlx::query_as(
        "SELECT edition, complete FROM calendar_preview WHERE district_code = $1 AND proposal_id = $2",
    )
    .bind(district.as_str())
    .bind(proposal_id)
    .fetch_optional(connection)
    .await
}

/// A row as it is shown.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct ShownRow {
    pub(crate) clock_id: Uuid,
    pub(crate) code: String,
    pub(crate) case_id: Uuid,
    pub(crate) case_no: String,
    pub(crate) case_state: String,
    pub(crate) responsible_leader_id: Option<Uuid>,
    pub(crate) old_raw: Date,
    pub(crate) old_eff: Date,
    pub(crate) old_safe: Date,
    pub(crate) old_provisional: bool,
    pub(crate) new_raw: Date,
    pub(crate) new_eff: Date,
    pub(crate) new_safe: Date,
    pub(crate) new_provisional: bool,
    pub(crate) told: bool,
    pub(crate) kept: bool,
}

/// Up to `limit` rows behind a clock. Cases of the sealed compartment do not appear in lists.
pub(crate) async fn page(
    connection: &mut PgConnection,
    district: DistrictCode,
    proposal_id: Uuid,
    told_only: bool,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<ShownRow>, sqlx::Error> {
    sqlx::query_as(
        "SELECT r.clock_id, r.code, r.case_id, c.case_no, c.state AS case_state, c.responsible_leader_id, r.old_raw,
                r.old_eff, r.old_safe, r.old_provisional, r.new_raw, r.new_eff, r.new_safe, r.new_provisional, r.told,
                r.kept
           FROM calendar_preview_row r
           JOIN supervised_case c ON c.district_code = $1 AND c.case_id = r.case_id
          WHERE r.district_code = $1 AND r.proposal_id = $2 AND NOT c.sealed AND (r.told OR NOT $3)
            AND ($4::uuid IS NULL OR r.clock_id > $4)
          ORDER BY r.clock_id LIMIT $5",
    )
    .bind(district.as_str())
    .bind(proposal_id)
    .bind(told_only)
    .bind(after)
    .bind(limit)
    .fetch_all(connection)
    .await
}
