//! What the archive takes from the other services, and what it publishes.
//!
//! Every event of every case is kept in the dossier. Beside that, `facts` says what an event tells about the
//! case, and [`Dossiers`] acts on three: `document.created` adds a reference, `case.closed` (or `case.filed`) hands
//! the case over, `case.remedy_changed` may make the package final (T37).

mod facts;
pub(crate) mod publish;

use futures::future::BoxFuture;
use tonic::Code;
use xinqiao_chassis::{
    concern,
    desk::Act,
    inbox::{Incoming, Subscriber},
    refusal::Refusal,
};
use xinqiao_kernel::CaseNumber;
use xinqiao_proto::{
    common::DocumentRef,
    event::{CaseClosed, CaseRegistered, ClockChanged, DocumentCreated},
};

pub(crate) use facts::{clock_note, day, instant};

use crate::domain::dossier::{LoggedEvent, Reference};
use crate::domain::facts::CaseFact;
use crate::store::{dossier, dossier::DossierRow};

/// Grows dossiers from events.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dossiers;

impl Subscriber for Dossiers {
    fn apply<'t>(&'t self, act: &'t mut Act, event: &'t Incoming) -> BoxFuture<'t, Result<(), Refusal>> {
        Box::pin(async move {
            concern::follow(act, event).await?;
            match event.case_no.filter(|_| event.entity_kind == "case") {
                Some(case_no) => take(act, event, case_no).await,
                None => Ok(()),
            }
        })
    }
}

async fn take(act: &mut Act, event: &Incoming, case_no: CaseNumber) -> Result<(), Refusal> {
    let (district, now, actor) = (act.district(), act.now(), act.actor_ref().to_owned());
    let case_id = event.entity_id;
    dossier::open(act.conn(), district, case_id, case_no, now, &actor).await?;
    let found = dossier::lock(act.conn(), district, case_id).await?;
    let mut row = found.ok_or_else(|| bad("dossier of another case", "number"))?;
    let fact = facts::fact(event)?;
    if let Some(fact) = &fact {
        row.facts.apply(fact);
        row.version += 1;
    }
    row.event_count += 1;
    let position = u32::try_from(row.event_count).map_err(|error| Refusal::internal(&error))?;
    dossier::add_event(act.conn(), district, case_id, &logged(event, position, &row)).await?;
    details(act, event, &mut row).await?;
    dossier::update(act.conn(), district, &row, now, &actor).await?;
    if matches!(fact, Some(CaseFact::RemedyChanged { .. })) {
        publish::finalise_if_due(act, &row, Some(event.event_id)).await?;
    }
    Ok(())
}

fn logged(event: &Incoming, position: u32, row: &DossierRow) -> LoggedEvent {
    LoggedEvent {
        position,
        event_id: event.event_id,
        kind: event.kind.clone(),
        publisher: event.publisher.clone(),
        sequence: event.sequence,
        occurred_at: event.occurred_at,
        actor_ref: event.actor_ref.clone(),
        causation_id: event.causation_id,
        body: event.body.to_vec(),
        state: row.facts.state,
        clock: None,
    }
}

/// What does not belong to the facts: the title, the references, the hand-over with its K15.
async fn details(act: &mut Act, event: &Incoming, row: &mut DossierRow) -> Result<(), Refusal> {
    match event.kind.as_str() {
        "case.registered" => {
            let body: CaseRegistered = event.decode()?;
            take_title(act, event, &body, row)?;
            // Registration announces its documents here, in one event.
            for document in &body.documents {
                take_reference(act, event, document, row).await?;
            }
            Ok(())
        }
        "document.created" => {
            let body: DocumentCreated = event.decode()?;
            let document = body.document.ok_or_else(|| bad(&event.kind, "document"))?;
            take_reference(act, event, &document, row).await
        }
        "case.closed" => {
            let body: CaseClosed = event.decode()?;
            row.held_at = Some(event.occurred_at);
            row.k15_due_eff = body.k15.as_ref().and_then(|term| day(&term.due_eff));
            row.k15 = body.k15.map(|term| prost::Message::encode_to_vec(&term));
            Ok(())
        }
        "clock.recomputed" => {
            let body: ClockChanged = event.decode()?;
            if let Some(k15) = body.term.filter(|term| term.clock == "K15") {
                row.k15_due_eff = day(&k15.due_eff);
                row.k15 = Some(prost::Message::encode_to_vec(&k15));
            }
            Ok(())
        }
        "case.filed" if row.facts.held() => {
            row.held_at = Some(event.occurred_at);
            Ok(())
        }
        _ => Ok(()),
    }
}

async fn take_reference(
    act: &mut Act,
    event: &Incoming,
    document: &DocumentRef,
    row: &DossierRow,
) -> Result<(), Refusal> {
    let reference = reference(document, &event.kind, &event.publisher)?;
    let district = act.district();
    Ok(dossier::add_reference(act.conn(), district, row.case_id, &reference).await?)
}

fn take_title(
    act: &Act,
    event: &Incoming,
    body: &CaseRegistered,
    row: &mut DossierRow,
) -> Result<(), Refusal> {
    if let Some(sealed) = &body.title {
        let opened = act
            .keys()
            .open_field(act.district(), event.event_id, "title", sealed);
        let title = opened.map_err(|error| Refusal::internal(&error))?;
        row.title = Some(act.seal("dossier", "title", row.case_id, &title));
    }
    Ok(())
}

/// The reference an event carries, every field checked: a dossier is no better than its references.
fn reference(document: &DocumentRef, kind: &str, publisher: &str) -> Result<Reference, Refusal> {
    let digest = |text: &str| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let wrong = |field: &'static str| move || bad(kind, field);
    Ok(Reference {
        document_id: document
            .document_id
            .parse()
            .map_err(|_| bad(kind, "document_id"))?,
        form: document.form.clone(),
        item: document
            .archive_item
            .parse()
            .map_err(|_| bad(kind, "archive_item"))?,
        content_sha256: Some(document.content_sha256.clone())
            .filter(|text| digest(text))
            .ok_or_else(wrong("content_sha256"))?,
        ciphertext_sha256: Some(document.ciphertext_sha256.clone())
            .filter(|text| digest(text))
            .ok_or_else(wrong("ciphertext_sha256"))?,
        ciphertext_bytes: document.ciphertext_bytes,
        key_version: document.key_version,
        created_at: document
            .created_at
            .as_ref()
            .and_then(instant)
            .ok_or_else(wrong("created_at"))?,
        publisher: publisher.to_owned(),
    })
}

/// An event that cannot be taken: it is tried again and then parked with this reason.
fn bad(kind: &str, field: &str) -> Refusal {
    Refusal::new(
        Code::InvalidArgument,
        "BAD_EVENT",
        format!("事件 {kind} 的 {field} 无效"),
        format!("event {kind} has no valid {field}"),
    )
}
