//! The calendar that scheduling publishes: open clocks are held against it, and what changes is published.
//!
//! A calendar is in force from the instant of its event on, for clocks that start. Those that run are held against it
//! by [`RecomputeClocks`], some cases at a time, and a case that is opened before its turn comes is held then: nobody
//! acts on dates that are no longer the law. Which clocks change is decided by [`recompute`] alone, the same function that
//! made the preview of a proposal; so the preview of a clock is what becomes of it, unless it was stopped or passed its
//! last level since. One that was started since is derived with the calendar that was in force then, and held against the
//! new one like every other.

use futures::{FutureExt as _, future::BoxFuture};
use time::OffsetDateTime;
use uuid::Uuid;
use xinqiao_chassis::{
    desk::{Act, Desk},
    inbox::Incoming,
    jobs::{Job, Progress},
    journal::Entity,
    refusal::Refusal,
};
use xinqiao_kernel::{Calendar, DistrictCode};
use xinqiao_proto::event::{CalendarPublished, ClockChanged};

use super::{casefile::stamp, wire};
use crate::{
    domain::clocks::recompute::{Recomputed, is_told, recompute},
    store::{self, calendar::OpenClock},
};

/// Cases of one turn and transaction: few, so that others wait little.
const BATCH: i64 = 100;

/// Holds the running clocks against the calendar in force, after another one was published.
#[derive(Debug, Clone, Copy)]
pub struct RecomputeClocks;

impl Job for RecomputeClocks {
    fn name(&self) -> &'static str {
        "recompute-clocks"
    }

    fn run_once<'t>(
        &'t self,
        desk: &'t Desk,
        district: DistrictCode,
    ) -> BoxFuture<'t, Result<Progress, Refusal>> {
        async move {
            let held = desk
                .run(district, "supervision.RecomputeClocks", |act| {
                    hold_some(act).boxed()
                })
                .await?;
            Ok(if held { Progress::More } else { Progress::Idle })
        }
        .boxed()
    }
}

/// `calendar.published`: from the time of the event on it is in force.
pub(super) async fn published(act: &mut Act, event: &Incoming) -> Result<(), Refusal> {
    let body: CalendarPublished = event.decode()?;
    let stamp = stamp(act);
    store::calendar::came_into_force(act.conn(), &stamp, &body.version, event.occurred_at).await?;
    Ok(())
}

/// Holds the clocks of some cases; false when there was none left.
async fn hold_some(act: &mut Act) -> Result<bool, Refusal> {
    let Some(from) = in_force_from(act).await? else {
        return Ok(false);
    };
    let (district, edition) = (act.district(), act.calendar().version().to_owned());
    let cases = store::calendar::claim_behind(act.conn(), district, &edition, BATCH).await?;
    if !cases.is_empty() {
        hold(act, &cases, from).await?;
    }
    Ok(!cases.is_empty())
}

/// Holds the clocks of a case that this transaction has, when they are behind. False when nothing was to be done.
pub(super) async fn hold_case(act: &mut Act, case_id: Uuid) -> Result<bool, Refusal> {
    let from = in_force_from(act).await?;
    if let Some(from) = from {
        hold(act, &[case_id], from).await?;
    }
    Ok(from.is_some())
}

/// Since when this act's calendar is in force. None when no published one is, or when another replica has already applied
/// the next: an act that began with the one before must not lead clocks back.
async fn in_force_from(act: &mut Act) -> Result<Option<OffsetDateTime>, Refusal> {
    let district = act.district();
    let newest = store::calendar::newest(act.conn(), district).await?;
    let known = act.calendar().version();
    Ok(newest
        .filter(|(edition, _)| edition == known)
        .map(|(_, from)| from))
}

async fn hold(act: &mut Act, cases: &[Uuid], from: OffsetDateTime) -> Result<(), Refusal> {
    let (district, stamp) = (act.district(), stamp(act));
    let edition = act.calendar().version().to_owned();
    let open = store::calendar::behind(act.conn(), district, cases, &edition).await?;
    let all: Vec<Uuid> = open.iter().map(|it| it.clock.id).collect();
    let anew = |it| Some((it, recomputed(it, act.calendar(), from)?));
    let to_come: Vec<(&OpenClock, Recomputed)> = open.iter().filter_map(anew).collect();
    let rungs: Vec<_> = to_come.iter().map(|(it, new)| (it.clock.id, new)).collect();
    let changing = || to_come.iter().filter(|(it, new)| new.changes(&it.clock));
    let dates: Vec<_> = changing().map(|(it, new)| (it.clock.id, new)).collect();
    store::calendar::move_rungs(act.conn(), &stamp, &rungs).await?;
    store::calendar::move_dates(act.conn(), &stamp, &edition, &dates).await?;
    store::calendar::held(act.conn(), &stamp, &edition, &all).await?;
    store::calendar::due_anew(act.conn(), district, cases).await?;
    for (it, new) in changing() {
        publish(act, it, new);
    }
    Ok(())
}

/// An open clock under a calendar.
pub(super) fn recomputed(open: &OpenClock, calendar: &Calendar, from: OffsetDateTime) -> Option<Recomputed> {
    recompute(&open.clock, told(open), calendar, from)
}

/// Whether its petitioner has been told its dates.
pub(super) fn told(open: &OpenClock) -> bool {
    is_told(open.clock.code, open.acceptance_served)
}

fn publish(act: &mut Act, open: &OpenClock, new: &Recomputed) {
    let body = ClockChanged {
        clock_id: open.clock.id.to_string(),
        term: Some(wire::legal_term_of(open.clock.code, &new.due)),
        round: open.clock.round,
        ..ClockChanged::default()
    };
    act.publish(
        "clock.recomputed",
        Entity::case(open.case_id, open.case_no),
        &body,
    );
}
