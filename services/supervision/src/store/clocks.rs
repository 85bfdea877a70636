//! Rows of `clock` and `clock_rung`.

use std::collections::HashMap;

use serde_json::Value;
use sqlx::PgConnection;
use time::{Date, OffsetDateTime};
use uuid::Uuid;
use xinqiao_kernel::{ClockCode, DistrictCode, Due, Term, term::DerivedDay};

use super::{Stamp, Unreadable, column, count};
use crate::domain::clocks::{Clock, ClockState, Clocks, Level, Rung};

/// A row of `clock`, with the calendar it was last held against.
#[derive(sqlx::FromRow)]
pub(super) struct Row {
    pub(super) clock_id: Uuid,
    code: String,
    round: i32,
    reception_id: Option<Uuid>,
    state: String,
    start_date: Date,
    term_length: i32,
    term_unit: String,
    calendar_version: String,
    provisional: bool,
    due_raw: Date,
    due_eff: Date,
    due_safe: Date,
    derivation: Option<Value>,
    started_by: String,
    started_at: OffsetDateTime,
    differed: bool,
    held_against: String,
    stopped_by: Option<String>,
    stopped_at: Option<OffsetDateTime>,
}

fn unreadable(column: &'static str, value: impl Into<String>) -> Unreadable {
    Unreadable {
        table: "clock",
        column,
        value: value.into(),
    }
}

impl Row {
    fn due(&mut self) -> Result<Due, Unreadable> {
        let length = u16::try_from(self.term_length)
            .map_err(|_| unreadable("term_length", self.term_length.to_string()))?;
        let term = match self.term_unit.as_str() {
            "day" => Term::Days(length),
            "working_day" => Term::WorkingDays(length),
            other => return Err(unreadable("term_unit", other)),
        };
        let derivation: Vec<DerivedDay> = match self.derivation.take() {
            Some(days) => {
                serde_json::from_value(days).map_err(|error| unreadable("derivation", error.to_string()))?
            }
            None => Vec::new(),
        };
        Ok(Due {
            start: self.start_date,
            term,
            raw: self.due_raw,
            eff: self.due_eff,
            safe: self.due_safe,
            provisional: self.provisional,
            calendar_version: self.calendar_version.clone(),
            derivation,
        })
    }

    pub(super) fn clock(mut self, rungs: Vec<Rung>) -> Result<Clock, Unreadable> {
        let due = self.due()?;
        Ok(Clock {
            id: self.clock_id,
            code: self
                .code
                .parse::<ClockCode>()
                .map_err(|_| unreadable("code", &*self.code))?,
            round: count(self.round),
            reception_id: self.reception_id,
            due,
            state: ClockState::from_code(&self.state).ok_or_else(|| unreadable("state", &*self.state))?,
            rungs,
            started_by: self.started_by,
            started_at: self.started_at,
            differed: self.differed,
            held_against: self.held_against,
            stopped_by: self.stopped_by,
            stopped_at: self.stopped_at,
        })
    }
}

/// Whether the day-by-day ledger is read as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ledger {
    /// For people.
    Read,
    /// For arithmetic, which does not need it.
    Leave,
}

/// The clocks of a case, oldest first.
pub(crate) async fn of_case(
    connection: &mut PgConnection,
    district: DistrictCode,
    case_id: Uuid,
    ledger: Ledger,
) -> Result<Clocks, sqlx::Error> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT clock_id, code, round, reception_id, state, start_date, term_length, term_unit, calendar_version, provisional,
                due_raw, due_eff, due_safe, CASE WHEN $3 THEN derivation END AS derivation, started_by, started_at,
                differed, COALESCE(held_against, calendar_version) AS held_against, stopped_by, stopped_at
           FROM clock WHERE district_code = $1 AND case_id = $2
          ORDER BY started_at, clock_id",
    )
    .bind(district.as_str())
    .bind(case_id)
    .bind(ledger == Ledger::Read)
    .fetch_all(&mut *connection)
    .await?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.clock_id).collect();
    let mut rungs = rungs_of(connection, district, &ids).await?;
    let mut all = Vec::with_capacity(rows.len());
    for row in rows {
        let rungs = rungs.remove(&row.clock_id).unwrap_or_default();
        all.push(row.clock(rungs)?);
    }
    Ok(Clocks { all })
}

/// The levels of clocks.
pub(super) async fn rungs_of(
    connection: &mut PgConnection,
    district: DistrictCode,
    clocks: &[Uuid],
) -> Result<HashMap<Uuid, Vec<Rung>>, sqlx::Error> {
    let rows: Vec<(Uuid, i16, OffsetDateTime, Option<OffsetDateTime>)> = sqlx::query_as(
        "SELECT clock_id, level, due_at, fired_at FROM clock_rung
          WHERE district_code = $1 AND clock_id = ANY ($2) ORDER BY clock_id, level",
    )
    .bind(district.as_str())
    .bind(clocks)
    .fetch_all(connection)
    .await?;
    let mut rungs: HashMap<Uuid, Vec<Rung>> = HashMap::new();
    for (clock, level, due_at, fired_at) in rows {
        let level = Level::from_number(level).ok_or_else(|| Unreadable {
            table: "clock_rung",
            column: "level",
            value: level.to_string(),
        })?;
        rungs.entry(clock).or_default().push(Rung {
            level,
            due_at,
            fired_at,
        });
    }
    Ok(rungs)
}

/// Inserts a clock just started, with its rungs.
pub(crate) async fn insert(
    connection: &mut PgConnection,
    stamp: &Stamp,
    case_id: Uuid,
    clock: &Clock,
) -> Result<(), sqlx::Error> {
    let due = &clock.due;
    let unit = match due.term {
        Term::Days(_) => "day",
        Term::WorkingDays(_) => "working_day",
    };
    let derivation = serde_json::to_value(&due.derivation).expect("invariant: dates and texts serialise");
    sqlx::query(
        "INSERT INTO clock (district_code, clock_id, case_id, code, round, reception_id, state, start_date, term_length, term_unit,
                            calendar_version, provisional, due_raw, due_eff, due_safe, derivation, started_by,
                            started_at, differed, created_at, created_by, updated_at, updated_by, version)
         VALUES ($1, $2, $3, $4, $5, $20, 'running', $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
                 $18, $19, 1)",
    )
    .bind(stamp.district.as_str())
    .bind(clock.id)
    .bind(case_id)
    .bind(clock.code.code())
    .bind(column(clock.round))
    .bind(due.start)
    .bind(i32::from(due.term.count()))
    .bind(unit)
    .bind(&due.calendar_version)
    .bind(due.provisional)
    .bind(due.raw)
    .bind(due.eff)
    .bind(due.safe)
    .bind(derivation)
    .bind(&clock.started_by)
    .bind(clock.started_at)
    .bind(clock.differed)
    .bind(stamp.at)
    .bind(&stamp.by)
    .bind(clock.reception_id)
    .execute(&mut *connection)
    .await?;
    for rung in &clock.rungs {
        sqlx::query(
            "INSERT INTO clock_rung (district_code, clock_id, level, due_at, created_at, created_by, updated_at,
                                     updated_by, version)
             VALUES ($1, $2, $3, $4, $5, $6, $5, $6, 1)",
        )
        .bind(stamp.district.as_str())
        .bind(clock.id)
        .bind(rung.level.number())
        .bind(rung.due_at)
        .bind(stamp.at)
        .bind(&stamp.by)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// Ends a clock. An ended clock never changes again; only of a right that ended unused it may turn out that it was used
/// in time.
pub(crate) async fn stop(
    connection: &mut PgConnection,
    stamp: &Stamp,
    clock: &Clock,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE clock SET state = $3, stopped_by = $4, stopped_at = $5, updated_at = $6, updated_by = $7,
                          version = version + 1
          WHERE district_code = $1 AND clock_id = $2 AND state IN ('running', 'expired')",
    )
    .bind(stamp.district.as_str())
    .bind(clock.id)
    .bind(clock.state.code())
    .bind(&clock.stopped_by)
    .bind(clock.stopped_at)
    .bind(stamp.at)
    .bind(&stamp.by)
    .execute(connection)
    .await?;
    Ok(())
}

/// Marks a rung as acted on.
pub(crate) async fn fired(
    connection: &mut PgConnection,
    stamp: &Stamp,
    clock: &Clock,
    level: Level,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE clock_rung SET fired_at = $4, updated_at = $4, updated_by = $5, version = version + 1
          WHERE district_code = $1 AND clock_id = $2 AND level = $3 AND fired_at IS NULL",
    )
    .bind(stamp.district.as_str())
    .bind(clock.id)
    .bind(level.number())
    .bind(stamp.at)
    .bind(&stamp.by)
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes a level back: the clock had stopped before it was due.
pub(crate) async fn withdrawn(
    connection: &mut PgConnection,
    stamp: &Stamp,
    clock: &Clock,
    level: Level,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE clock_rung SET fired_at = NULL, updated_at = $4, updated_by = $5, version = version + 1
          WHERE district_code = $1 AND clock_id = $2 AND level = $3",
    )
    .bind(stamp.district.as_str())
    .bind(clock.id)
    .bind(level.number())
    .bind(stamp.at)
    .bind(&stamp.by)
    .execute(connection)
    .await?;
    Ok(())
}
