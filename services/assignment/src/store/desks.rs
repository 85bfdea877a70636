//! The desks: cases held here, what is due first comes first.

use sqlx::PgConnection;
use time::{Date, macros::date};
use uuid::Uuid;
use xinqiao_kernel::{CaseState, DistrictCode};

use super::cases::CaseRow;
use crate::domain::case::Case;

/// Cases without a date come last.
const NEVER: Date = date!(9999 - 12 - 31);

/// Before every legal date.
const FIRST: Date = date!(1900 - 01 - 01);

/// Whose desk.
#[derive(Debug, Clone, Copy)]
pub(crate) enum DeskOf {
    /// The office sees every case held here.
    Office,
    /// Cases whose lead unit it is.
    Unit(Uuid),
    /// Cases the leader is responsible for.
    Leader(Uuid),
}

/// Where a page begins: the row before it, by due day and case.
pub(crate) type DeskKey = (i32, Uuid);

/// The key of a row.
pub(crate) fn key(case: &Case) -> DeskKey {
    (case.due_on.unwrap_or(NEVER).to_julian_day(), case.id)
}

macro_rules! desk_statement {
    ($whose:literal) => {
        concat!(
            "SELECT * FROM case_file WHERE district_code = $1 AND hold = 'HERE' AND ",
            $whose,
            " AND ($3::text IS NULL OR state = $3)
              AND (COALESCE(due_on, DATE '9999-12-31'), case_id) > ($4, $5)
              ORDER BY COALESCE(due_on, DATE '9999-12-31'), case_id LIMIT $6"
        )
    };
}

/// At most `limit` cases of a desk after a key.
pub(crate) async fn list(
    conn: &mut PgConnection,
    district: DistrictCode,
    desk: DeskOf,
    state: Option<CaseState>,
    after: Option<DeskKey>,
    limit: i64,
) -> Result<Vec<Case>, sqlx::Error> {
    let (statement, owner) = match desk {
        DeskOf::Office => (desk_statement!("$2::uuid IS NULL"), None),
        DeskOf::Unit(unit) => (desk_statement!("lead_unit_id = $2"), Some(unit)),
        DeskOf::Leader(leader) => (desk_statement!("responsible_leader_id = $2"), Some(leader)),
    };
    let (day, case_id) = after.unwrap_or((FIRST.to_julian_day(), Uuid::nil()));
    let rows: Vec<CaseRow> = sqlx::query_as(statement)
        .bind(district.as_str())
        .bind(owner)
        .bind(state.map(CaseState::code))
        .bind(Date::from_julian_day(day).unwrap_or(NEVER))
        .bind(case_id)
        .bind(limit)
        .fetch_all(conn)
        .await?;
    rows.into_iter().map(CaseRow::into_case).collect()
}
