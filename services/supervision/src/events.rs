//! What supervision publishes, and what it does with the events of the other services.
//!
//! Every transition of a case comes here: its state and holder follow, the table of clocks is applied, and what
//! changed is published as `clock.*`. Kinds without a row in [`translate`] do not concern supervision.

pub(crate) mod casefile;
mod masters;
mod metrics;
pub(crate) mod timer;
mod translate;
pub(crate) mod wire;

use futures::{FutureExt as _, future::BoxFuture};
use xinqiao_chassis::{
    desk::Act,
    inbox::{Incoming, Subscriber},
    refusal::Refusal,
};
use xinqiao_proto::event::{CaseRegistered, DocumentCreated};

use crate::store;
use casefile::CaseFile;

pub(crate) use metrics::oldest_due;

/// Applies foreign events.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Events;

impl Subscriber for Events {
    fn apply<'t>(&'t self, act: &'t mut Act, event: &'t Incoming) -> BoxFuture<'t, Result<(), Refusal>> {
        apply(act, event).boxed()
    }
}

async fn apply(act: &mut Act, event: &Incoming) -> Result<(), Refusal> {
    match event.kind.as_str() {
        "case.registered" => register(act, event).await,
        "document.created" => document(act, event).await,
        "leader.changed" => masters::leader(act, event).await,
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
        .ok_or_else(Refusal::not_yet_here)?;
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
        return Err(Refusal::not_yet_here());
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
        .ok_or_else(Refusal::not_yet_here)?;
    told.facts.write_to(&mut file.case);
    let changes = file.happen(act, &told.happening);
    file.keep(act, &changes).await?;
    file.remedy_after(act, &told.happening);
    file.save(act).await
}
