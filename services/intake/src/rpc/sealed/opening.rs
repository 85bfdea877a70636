//! Openings 启封: asked for by a dispatcher, confirmed by the discipline inspection, ended by either.

use time::OffsetDateTime;
use xinqiao_chassis::desk::{Act, object_ref};
use xinqiao_chassis::document::timestamp;
use xinqiao_chassis::random;
use xinqiao_chassis::refusal::{Fields, Refusal};
use xinqiao_proto::intake::{
    ConfirmOpeningRequest, ConfirmOpeningResponse, EndOpeningRequest, EndOpeningResponse, OpenSealedRequest,
    OpenSealedResponse, OpeningState as Shown, SealedOpening,
};

use super::take;
use crate::domain::sealed::{OpeningState, READERS, SealedError};
use crate::store::cases::{By, CaseRow};
use crate::store::sealed::{self, NewOpening, OpeningRow};

/// Asks for an opening.
pub(super) async fn ask(
    act: &mut Act,
    minutes_max: u16,
    query: OpenSealedRequest,
) -> Result<OpenSealedResponse, Refusal> {
    let mut fields = Fields::new();
    fields.uuid("case_id", &query.case_id);
    let reason = fields.text("reason", &query.reason, 5..=500);
    let minutes = minutes(&mut fields, minutes_max, query.minutes);
    let readers = readers(&mut fields, &query.readers);
    fields.finish()?;
    let row = take(act, &query.case_id).await?;
    if !row.transferred {
        return Err(SealedError::NotTransferred.into());
    }
    let (desk, district) = (act.desk().clone(), act.district());
    let (actor, at, id) = (act.actor_ref().to_owned(), act.now(), random::new_id());
    let asked = NewOpening {
        id,
        reason: &reason,
        minutes: minutes.expect("invariant: nothing was wrong"),
        readers: &readers,
    };
    let by = By { actor: &actor, at };
    sealed::ask_opening(act.conn(), desk.keys(), district, row.id, asked, by).await?;
    act.audit(
        object_ref("case", row.id),
        &[&format!("opening:{id}.asked")],
        Some(&reason),
    );
    let row = found(act, &row, id).await?;
    Ok(OpenSealedResponse {
        opening: Some(view(&row, at)),
    })
}

/// How long; nothing asked is the longest.
fn minutes(fields: &mut Fields, max: u16, asked: u32) -> Option<u16> {
    let minutes = if asked == 0 {
        Some(max)
    } else {
        u16::try_from(asked).ok()
    };
    fields.some(
        "minutes",
        minutes.filter(|minutes| *minutes <= max),
        "TOO_MANY",
        format_args!("启封时限最长{max}分钟"),
        format_args!("an opening holds {max} minutes at the most"),
    )
}

fn readers(fields: &mut Fields, typed: &[String]) -> Vec<String> {
    let mut readers = fields.texts("readers", typed, READERS, 128);
    readers.sort_unstable();
    readers.dedup();
    readers
}

/// Puts an opening in force.
pub(super) async fn confirm(
    act: &mut Act,
    query: ConfirmOpeningRequest,
) -> Result<ConfirmOpeningResponse, Refusal> {
    let (row, opening) = subject(act, &query.case_id, &query.opening_id).await?;
    let (district, actor, at) = (act.district(), act.actor_ref().to_owned(), act.now());
    let until = opening.opening().confirm(&actor, at)?;
    let by = By { actor: &actor, at };
    sealed::confirm_opening(act.conn(), district, row.id, opening.id, until, by).await?;
    let opening = changed(act, &row, &opening, "confirmed").await?;
    Ok(ConfirmOpeningResponse {
        opening: Some(opening),
    })
}

/// Ends an opening, or withdraws one that is not confirmed.
pub(super) async fn end(act: &mut Act, query: EndOpeningRequest) -> Result<EndOpeningResponse, Refusal> {
    let (row, opening) = subject(act, &query.case_id, &query.opening_id).await?;
    let (district, actor, at) = (act.district(), act.actor_ref().to_owned(), act.now());
    opening.opening().end(at)?;
    sealed::end_opening(act.conn(), district, row.id, opening.id, By { actor: &actor, at }).await?;
    let opening = changed(act, &row, &opening, "ended").await?;
    Ok(EndOpeningResponse {
        opening: Some(opening),
    })
}

/// Case and opening, both taken.
async fn subject(act: &mut Act, case_id: &str, opening_id: &str) -> Result<(CaseRow, OpeningRow), Refusal> {
    let mut fields = Fields::new();
    fields.uuid("case_id", case_id);
    let id = fields.uuid("opening_id", opening_id);
    fields.finish()?;
    let row = take(act, case_id).await?;
    let opening = found(act, &row, id.expect("invariant: nothing was wrong")).await?;
    Ok((row, opening))
}

async fn found(act: &mut Act, row: &CaseRow, id: uuid::Uuid) -> Result<OpeningRow, Refusal> {
    let district = act.district();
    sealed::take_opening(act.conn(), district, row.id, id)
        .await?
        .ok_or_else(|| Refusal::not_found("该次启封", "the opening"))
}

/// Leaves the audit row; the opening as it is now.
async fn changed(
    act: &mut Act,
    row: &CaseRow,
    opening: &OpeningRow,
    what: &str,
) -> Result<SealedOpening, Refusal> {
    act.audit(
        object_ref("case", row.id),
        &[&format!("opening:{}.{what}", opening.id)],
        None,
    );
    let opening = found(act, row, opening.id).await?;
    Ok(view(&opening, act.now()))
}

/// An opening as the contract shows it, without its reason.
pub(super) fn view(row: &OpeningRow, now: OffsetDateTime) -> SealedOpening {
    let state = match row.opening().state(now) {
        OpeningState::Asked => Shown::Asked,
        OpeningState::InForce => Shown::InForce,
        OpeningState::Over => Shown::Over,
    };
    SealedOpening {
        opening_id: row.id.to_string(),
        state: state.into(),
        minutes: u32::from(row.minutes.unsigned_abs()),
        readers: row.readers.clone(),
        asked_by: row.asked_by.clone(),
        asked_at: Some(timestamp(row.created_at)),
        confirmed_by: row.confirmed_by.clone().unwrap_or_default(),
        confirmed_at: row.confirmed_at.map(timestamp),
        expires_at: row.expires_at.map(timestamp),
        ended_at: row.ended_at.map(timestamp),
        reason: String::new(),
    }
}
