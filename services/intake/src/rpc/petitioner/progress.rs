//! What was done and what is due, as the petitioner is told `[R:18(1)]` `[R:21(2)]`.

use uuid::Uuid;
use xinqiao_chassis::desk::Act;
use xinqiao_chassis::refusal::Refusal;
use xinqiao_kernel::{ClockCode, local::local_date};
use xinqiao_proto::common::Bilingual;
use xinqiao_proto::intake::{CaseDue, CaseStep};

use super::said;
use crate::domain::progress::{self, Words};
use crate::store::cases::{CaseRow, terms, timeline};
use crate::store::{exit, sealed};

/// The steps of his case that he is told of, oldest first.
pub(super) async fn steps(act: &mut Act, row: &CaseRow) -> Result<Vec<CaseStep>, Refusal> {
    let district = act.district();
    let registered = ("case.registered".to_owned(), row.registered_at);
    let later = timeline::read(act.conn(), district, row.id).await?;
    let all = std::iter::once(registered).chain(later.into_iter().map(|entry| (entry.kind, entry.at)));
    Ok(all
        .filter_map(|(kind, at)| {
            Some(CaseStep {
                date: local_date(at).to_string(),
                what: Some(bilingual(progress::step(&kind)?)),
            })
        })
        .collect())
}

/// What is due on his case, the soonest first.
pub(super) async fn due(act: &mut Act, row: &CaseRow) -> Result<Vec<CaseDue>, Refusal> {
    let district = act.district();
    let unit = match row.unit_ids.first() {
        Some(unit) => sealed::unit_name(act.conn(), district, *unit).await?,
        None => None,
    };
    let running = terms::running(act.conn(), district, row.id).await?;
    let due = running.into_iter().filter_map(|(code, due_eff)| {
        let clock: ClockCode = code.parse().ok()?;
        let (basis_zh, basis_en) = progress::basis(clock);
        let owes = progress::owes(clock);
        let is_unit = owes.is_some_and(|(zh, _)| zh == progress::UNIT.0);
        let named = unit.as_deref().filter(|_| is_unit).map(|name| said(name, ""));
        Some(CaseDue {
            what: Some(bilingual(progress::awaited(clock)?)),
            owes: named.or(owes.map(bilingual)),
            due_on: due_eff.to_string(),
            basis: Some(said(&basis_zh, &basis_en)),
        })
    });
    Ok(due.collect())
}

/// The number of the case with which the matter goes on; empty when it was not joined.
pub(super) async fn joined_to(act: &mut Act, case_id: Uuid) -> Result<String, Refusal> {
    let district = act.district();
    let Some(open) = exit::links(act.conn(), district, case_id).await?.to else {
        return Ok(String::new());
    };
    let row = crate::store::cases::find(act.conn(), district, open).await?;
    Ok(row
        .map(|row| row.number(district).to_string())
        .unwrap_or_default())
}

fn bilingual((zh, en): Words) -> Bilingual {
    said(zh, en)
}
