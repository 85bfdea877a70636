//! What a proposed calendar would do to the open clocks, worked out before anybody approves it.
//!
//! The rows stay here, where the clocks are; scheduling is told their numbers. A page of clocks is looked at in one
//! transaction, in the order of their identifiers, so that memory does not grow with the district, and a process that stops goes
//! on where it was. Clocks that start meanwhile come last in this order and are seen.

use futures::{FutureExt as _, future::BoxFuture};
use xinqiao_chassis::{
    calendars,
    desk::{Act, Desk},
    inbox::Incoming,
    jobs::{Job, Progress},
    journal::{Entity, EntityKind},
    refusal::Refusal,
};
use xinqiao_kernel::DistrictCode;
use xinqiao_proto::event::{CalendarEffect, CalendarPreviewed, CalendarProposalEnded, CalendarProposed};

use super::{
    calendar::{recomputed, told},
    casefile::stamp,
};
use crate::{
    domain::clocks::recompute::Tally,
    store::{
        self,
        previews::{Preview, Row},
    },
};

/// Clocks of one turn and transaction.
const PAGE: i64 = 500;

/// Works out the previews that are waited for.
#[derive(Debug, Clone, Copy)]
pub struct PreviewCalendars;

impl Job for PreviewCalendars {
    fn name(&self) -> &'static str {
        "preview-calendars"
    }

    fn run_once<'t>(
        &'t self,
        desk: &'t Desk,
        district: DistrictCode,
    ) -> BoxFuture<'t, Result<Progress, Refusal>> {
        async move {
            let worked = desk
                .run(district, "supervision.PreviewCalendars", |act| {
                    look_at_some(act).boxed()
                })
                .await?;
            Ok(if worked { Progress::More } else { Progress::Idle })
        }
        .boxed()
    }
}

/// `calendar.proposed`: the job is told to look.
pub(super) async fn proposed(act: &mut Act, event: &Incoming) -> Result<(), Refusal> {
    let body: CalendarProposed = event.decode()?;
    let calendar = body.calendar.as_ref().and_then(calendars::from_event);
    let calendar = calendar.ok_or_else(|| Refusal::internal(&"calendar.proposed without a calendar"))?;
    let stamp = stamp(act);
    store::previews::insert(act.conn(), &stamp, event.entity_id, &calendar).await?;
    Ok(())
}

/// `calendar.refused`, `calendar.withdrawn`: nothing is left of what was worked out.
pub(super) async fn ended(act: &mut Act, event: &Incoming) -> Result<(), Refusal> {
    let _: CalendarProposalEnded = event.decode()?;
    let district = act.district();
    store::previews::remove(act.conn(), district, event.entity_id).await?;
    Ok(())
}

/// Looks at one page of clocks for one proposal. False when no proposal waits.
async fn look_at_some(act: &mut Act) -> Result<bool, Refusal> {
    let (district, now, stamp) = (act.district(), act.now(), stamp(act));
    let Some(mut preview) = store::previews::claim(act.conn(), district).await? else {
        return Ok(false);
    };
    let open = store::calendar::open_after(act.conn(), district, preview.looked_at, PAGE).await?;
    let mut rows = Vec::new();
    for it in &open {
        let (told, new) = (told(it), recomputed(it, &preview.calendar, now));
        preview.tally.add(&it.clock, told, new.as_ref());
        if let Some(new) = new.filter(|new| new.changes(&it.clock)) {
            rows.push(Row::new(it, &new, told));
        }
    }
    preview.looked_at = open.last().map_or(preview.looked_at, |it| it.clock.id);
    preview.complete = open.len() < usize::try_from(PAGE).unwrap_or(usize::MAX);
    store::previews::add(act.conn(), &stamp, preview.proposal_id, &rows).await?;
    store::previews::update(act.conn(), &stamp, &preview).await?;
    if preview.complete {
        tell(act, &preview);
    }
    Ok(true)
}

fn tell(act: &mut Act, preview: &Preview) {
    let body = CalendarPreviewed {
        proposal_id: preview.proposal_id.to_string(),
        version: preview.calendar.version().to_owned(),
        effect: Some(effect(preview.tally)),
    };
    let entity = Entity::of(EntityKind::Calendar, preview.proposal_id);
    act.publish("calendar.previewed", entity, &body);
}

fn effect(tally: Tally) -> CalendarEffect {
    CalendarEffect {
        open: tally.open,
        moving: tally.moving,
        told: tally.told,
        kept: tally.kept,
        certainty: tally.certainty,
    }
}
