//! What supervision publishes, and what it does with the events of the other services.
//!
//! Every transition of a case comes here: its state and holder follow, the table of clocks is applied, and what
//! changed is published as `clock.*`. Kinds without a row in [`translate`] do not concern supervision.

mod calendar;
pub(crate) mod casefile;
mod masters;
mod metrics;
mod preview;
pub(crate) mod timer;
mod translate;
pub(crate) mod wire;

use std::time::Duration;

use futures::{FutureExt as _, future::BoxFuture};
use xinqiao_chassis::{
    concern,
    desk::Act,
    inbox::{Incoming, Subscriber},
    refusal::Refusal,
};
use xinqiao_proto::event::{CaseRegistered, DocumentCreated};

use crate::{domain::case::Case, store};
use casefile::CaseFile;

/// Pause before an event that came before its turn is looked at again.
const TURN: Duration = Duration::from_millis(100);

pub use calendar::RecomputeClocks;
pub(crate) use metrics::oldest_due;
pub use preview::PreviewCalendars;

/// Applies foreign events.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Events;

impl Subscriber for Events {
    fn apply<'t>(&'t self, act: &'t mut Act, event: &'t Incoming) -> BoxFuture<'t, Result<(), Refusal>> {
        apply(act, event).boxed()
    }
}

async fn apply(act: &mut Act, event: &Incoming) -> Result<(), Refusal> {
    concern::follow(act, event).await?;
    match event.kind.as_str() {
        "case.registered" => register(act, event).await,
        "document.created" => document(act, event).await,
        "leader.changed" => masters::leader(act, event).await,
        "delegation.changed" => masters::delegation(act, event).await,
        "calendar.published" => calendar::published(act, event).await,
        "calendar.proposed" => preview::proposed(act, event).await,
        "calendar.refused" | "calendar.withdrawn" => preview::ended(act, event).await,
        _ => transition(act, event).await,
    }
}

/// A case begins: K1 runs from the day its submission was received.
async fn register(act: &mut Act, event: &Incoming) -> Result<(), Refusal> {
    let body: CaseRegistered = event.decode()?;
    let (case, happening) = translate::registered(event, &body)?;
    let stamp = casefile::stamp(act);
    store::cases::insert(act.conn(), &stamp, &case).await?;
    for document in &body.documents {
        let seen = wire::seen_document(event.entity_id, document)?;
        store::documents::insert(act.conn(), &stamp, &seen).await?;
    }
    let mut file = CaseFile::open(act, event.entity_id)
        .await?
        .ok_or_else(before_its_turn)?;
    let changes = file.clocks_only(act, &happening);
    file.keep(act, &changes).await?;
    file.save(act).await
}

/// A document of another service exists: the completeness check counts it.
async fn document(act: &mut Act, event: &Incoming) -> Result<(), Refusal> {
    if event.entity_kind != "case" {
        return Ok(());
    }
    let body: DocumentCreated = event.decode()?;
    let Some(document) = body.document else {
        return Ok(());
    };
    let seen = wire::seen_document(event.entity_id, &document)?;
    let district = act.district();
    if !store::cases::lock(act.conn(), district, event.entity_id).await? {
        return Err(before_its_turn());
    }
    let stamp = casefile::stamp(act);
    store::documents::insert(act.conn(), &stamp, &seen).await?;
    Ok(())
}

/// A transition of a case that began here with its registration.
async fn transition(act: &mut Act, event: &Incoming) -> Result<(), Refusal> {
    let Some(told) = translate::transition(event)? else {
        return Ok(());
    };
    let mut file = CaseFile::open(act, event.entity_id)
        .await?
        .ok_or_else(before_its_turn)?;
    if !committed_by_holder(event, &file.case) {
        return Err(before_its_turn());
    }
    file.fire_until(act, told.happening.at).await?;
    told.facts.write_to(&mut file.case);
    let changes = file.happen(act, &told.happening);
    file.keep(act, &changes).await?;
    file.remedy_after(act, &told.happening);
    file.save(act).await
}

/// True unless the event comes before the hand-over it builds on.
///
/// Only the holder commits a transition (one holder, §0.2), so one by another service tells that a hand-over by a third
/// service is still on its way: an event names the last foreign event it builds on, not all of them. Receptions are
/// scheduling's own and move no case.
fn committed_by_holder(event: &Incoming, case: &Case) -> bool {
    event.publisher == "scheduling" || event.publisher == case.holder.service()
}

/// The event waits and is tried again; it does not count as failed.
fn before_its_turn() -> Refusal {
    Refusal::try_again(TURN)
}
