//! The timer: acts on every level of a clock when it is due, exactly once in effect.
//!
//! Due is what legal time says, passed as a parameter. Cases are claimed oldest due first; a row lock keeps two
//! workers apart, and the effect is in the transaction that also writes the event, so a worker that dies leaves
//! nothing half-done. After downtime every level fires once and in order.

use futures::{FutureExt as _, future::BoxFuture};
use xinqiao_chassis::{
    desk::{Act, Desk},
    jobs::{Job, Progress},
    refusal::Refusal,
};
use xinqiao_kernel::DistrictCode;

use super::{casefile::CaseFile, oldest_due};
use crate::store;

/// Cases of one turn and transaction: few, so that others wait little.
const BATCH: i64 = 16;

/// The timer as a job. Any number of them may run beside each other.
#[derive(Debug, Clone, Copy)]
pub struct FireClocks;

impl Job for FireClocks {
    fn name(&self) -> &'static str {
        "fire-clocks"
    }

    fn run_once<'t>(
        &'t self,
        desk: &'t Desk,
        district: DistrictCode,
    ) -> BoxFuture<'t, Result<Progress, Refusal>> {
        turn(desk, district).boxed()
    }
}

async fn turn(desk: &Desk, district: DistrictCode) -> Result<Progress, Refusal> {
    let database_time = desk.database().time().await?;
    // Timers stop and alarm until the clocks agree; the job backs off meanwhile.
    desk.clock()
        .agree_with_database(database_time)
        .map_err(|drift| Refusal::internal(&drift))?;
    let claimed = desk
        .run(district, "supervision.FireClocks", |act| fire(act).boxed())
        .await?;
    Ok(if claimed > 0 {
        Progress::More
    } else {
        Progress::Idle
    })
}

/// Acts on what is due of a few cases. Returns how many cases there were.
async fn fire(act: &mut Act) -> Result<usize, Refusal> {
    let (district, now) = (act.district(), act.now());
    let age = store::cases::oldest_due(act.conn(), district)
        .await?
        .map_or(0.0, |due| (now - due).as_seconds_f64());
    oldest_due(district, age.max(0.0));
    let claimed = store::cases::claim_due(act.conn(), district, now, BATCH).await?;
    for case_id in &claimed {
        let Some(mut file) = CaseFile::open(act, *case_id).await? else {
            continue;
        };
        file.fire_until(act, now).await?;
        file.save(act).await?;
    }
    Ok(claimed.len())
}
