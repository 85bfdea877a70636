//! Brings every sealed column under the keys that seal now, a few rows at a time, beside the work of the service.
//!
//! A column is walked along its table's key. What is under an old key is sealed anew and put in the place of the bytes
//! that were read, when they are still there: whoever changed the row meanwhile sealed with the new key himself. Rows
//! that somebody holds are left for the next walk, so nobody waits for this and it waits for nobody. A walk goes on
//! where it was broken off, and begins again until nothing is left. A column of which a whole walk could change nothing
//! rests for a while, longer each time, and the columns after it have their turn.

mod rest;
mod rows;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use xinqiao_kernel::DistrictCode;

pub use rows::ColumnState;
pub(super) use rows::{forget_finish, state};

use self::rest::Rests;
use self::rows::{Mark, Old};
use super::purpose::Purpose;
use super::{KeyRing, SealContext};
use crate::desk::Desk;
use crate::jobs::{Job, Progress};
use crate::metrics;
use crate::refusal::Refusal;

/// How long a process believes that a district it has finished is finished: a refused `keys retire` begins again.
const BELIEVED: Duration = Duration::from_secs(30);

/// A column of sealed values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealedColumn {
    /// The table, in the schema and in the place its values are bound to.
    pub table: &'static str,
    /// The column, in both.
    pub column: &'static str,
    /// The column (uuid) that names the row its value is bound to.
    pub row: &'static str,
    /// The column (uuid) that follows the district in the table's key: the table is walked along it.
    pub walk: &'static str,
}

impl SealedColumn {
    /// A column whose values are bound to the key of their table.
    pub const fn new(table: &'static str, column: &'static str, row: &'static str) -> Self {
        Self {
            table,
            column,
            row,
            walk: row,
        }
    }

    /// The table is walked along this column instead.
    #[must_use]
    pub const fn walked_by(self, walk: &'static str) -> Self {
        Self { walk, ..self }
    }
}

/// The columns of the chassis.
const OWN: [SealedColumn; 1] = [SealedColumn::new("idempotency", "answer", "request_id")];

/// All sealed columns of a service: its own, and those of the chassis.
pub fn columns_of(service: &[SealedColumn]) -> Vec<SealedColumn> {
    OWN.into_iter().chain(service.iter().copied()).collect()
}

/// How fast old values come under new keys.
#[derive(Clone, Copy, Debug)]
pub struct ResealPace {
    /// Rows in one turn.
    pub batch: i64,
    /// Pause between turns.
    pub pause: Duration,
    /// How long a new key must have been sealing before it begins.
    pub settled: Duration,
}

/// The job.
#[derive(Debug)]
pub struct Reseal {
    columns: Vec<SealedColumn>,
    pace: ResealPace,
    finished: Mutex<HashMap<DistrictCode, (String, Instant)>>,
    rests: Rests,
}

impl Reseal {
    /// The job for the columns of a service.
    pub fn new(columns: Vec<SealedColumn>, pace: ResealPace) -> Self {
        Self {
            columns,
            pace,
            finished: Mutex::default(),
            rests: Rests::new(pace.pause),
        }
    }

    async fn turn(&self, desk: &Desk, district: DistrictCode) -> Result<(), Refusal> {
        if !desk.keys().covers(district) {
            return Ok(());
        }
        let target = target(desk.keys(), district);
        if !desk.keys().has_aged(district, self.pace.settled) || self.is_finished(district, &target) {
            return Ok(());
        }
        let mut all = true;
        for column in &self.columns {
            let mut tx = desk.database().begin(district).await?;
            let mark = rows::mark(tx.conn(), district, column, &target).await?;
            tx.rollback().await?;
            match mark {
                Some(mark) if mark.finished => {}
                Some(_) if self.rests.has(district, column) => all = false,
                Some(mark) => return self.walk(desk, district, column, mark).await,
                None => {
                    self.rests.begins(district, column);
                    return begin(desk, district, column, &target, 0).await;
                }
            }
        }
        if !all {
            return Ok(());
        }
        let mut finished = self.finished.lock().unwrap_or_else(PoisonError::into_inner);
        finished.insert(district, (target, Instant::now()));
        Ok(())
    }

    fn is_finished(&self, district: DistrictCode, target: &str) -> bool {
        let finished = self.finished.lock().unwrap_or_else(PoisonError::into_inner);
        finished
            .get(&district)
            .is_some_and(|(of, at)| of == target && at.elapsed() < BELIEVED)
    }

    /// The next rows of a walk.
    async fn walk(
        &self,
        desk: &Desk,
        district: DistrictCode,
        column: &SealedColumn,
        mark: Mark,
    ) -> Result<(), Refusal> {
        let headers = headers(desk.keys(), district);
        let mut tx = desk.database().begin(district).await?;
        let page = rows::page(
            tx.conn(),
            district,
            column,
            (mark.walked, self.pace.batch),
            &headers,
        )
        .await?;
        let Some(last) = page.last else {
            tx.rollback().await?;
            self.rests.walked(district, column, mark.done);
            return begin(desk, district, column, &mark.target, mark.done).await;
        };
        let renewed = renewed(desk.keys(), district, column, page.old);
        let done = rows::replace(tx.conn(), district, column, &renewed).await?;
        let left = rows::advance(tx.conn(), district, column, &mark, (last, done)).await?;
        tx.commit().await?;
        if let Some(left) = left {
            metrics::old_values(district, column.table, column.column, left);
        }
        Ok(())
    }
}

/// Counts what is left of a column: nothing, and it is finished; otherwise a walk begins.
async fn begin(
    desk: &Desk,
    district: DistrictCode,
    column: &SealedColumn,
    target: &str,
    done: i64,
) -> Result<(), Refusal> {
    let headers = headers(desk.keys(), district);
    let mut tx = desk.database().begin_snapshot(district).await?;
    let left = rows::left(tx.conn(), district, column, &headers).await?;
    tx.rollback().await?;
    let mut tx = desk.database().begin(district).await?;
    let mark = Mark {
        target: target.to_owned(),
        walked: None,
        left,
        done,
        finished: left == 0,
    };
    rows::set_mark(tx.conn(), district, column, &mark).await?;
    tx.commit().await?;
    metrics::old_values(district, column.table, column.column, left);
    if left == 0 {
        let (table, column) = (column.table, column.column);
        tracing::info!(%district, table, column, done, "column is under the current keys");
    }
    Ok(())
}

/// Seals old values anew. One that does not open is left as it is: `keys retire` will not let its key go.
fn renewed(
    keys: &KeyRing,
    district: DistrictCode,
    column: &SealedColumn,
    old: Vec<Old>,
) -> Vec<(Old, Vec<u8>)> {
    let mut done = Vec::with_capacity(old.len());
    for value in old {
        let place = SealContext::new(district, column.table, column.column, value.row);
        match keys.renewed(&place, &value.sealed) {
            Ok(Some(sealed)) => done.push((value, sealed.into_bytes())),
            Ok(None) => {}
            Err(error) => {
                let (table, column) = (column.table, column.column);
                tracing::error!(%district, table, column, row = %value.row, %error, "value does not open");
            }
        }
    }
    done
}

/// What values of columns begin with when they are under the current keys.
fn headers(keys: &KeyRing, district: DistrictCode) -> Vec<Vec<u8>> {
    Purpose::SEALING
        .into_iter()
        .filter(|purpose| purpose.is_column())
        .map(|purpose| keys.current_header(district, purpose).to_vec())
        .collect()
}

fn target(keys: &KeyRing, district: DistrictCode) -> String {
    let headers: Vec<_> = headers(keys, district).iter().map(hex::encode).collect();
    headers.join(" ")
}

impl Job for Reseal {
    fn name(&self) -> &'static str {
        "reseal"
    }

    fn every(&self) -> Option<Duration> {
        Some(self.pace.pause)
    }

    fn run_once<'t>(
        &'t self,
        desk: &'t Desk,
        district: DistrictCode,
    ) -> BoxFuture<'t, Result<Progress, Refusal>> {
        // Idle even when there is more: the next turn comes after the pause.
        self.turn(desk, district)
            .map(|done| done.map(|()| Progress::Idle))
            .boxed()
    }
}
