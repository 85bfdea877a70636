//! A case opened for one act: locked, and only for those whose case it is.

use uuid::Uuid;
use xinqiao_chassis::{desk::Act, identity::Role, refusal::Refusal};
use xinqiao_proto::{assignment::ActResult, common::DocumentRef};

use super::encode;
use crate::{
    domain::{
        case::Case,
        denied::Denied,
        fault::Faults,
        terms::{Law, LegalTerm},
        transitions,
    },
    store::cases,
};

/// The case for the office, which sees every case of its district.
pub(super) async fn for_office(
    act: &mut Act,
    case_id: &str,
    version: u64,
    what: transitions::Act,
) -> Result<Case, Refusal> {
    let case = locked(act, case_id).await?;
    case.gate(version, what)?;
    Ok(case)
}

/// The case for its lead unit; to others it does not exist.
pub(super) async fn for_unit(
    act: &mut Act,
    case_id: &str,
    version: u64,
    what: transitions::Act,
) -> Result<Case, Refusal> {
    let case = locked_for_unit(act, case_id).await?;
    case.gate(version, what)?;
    Ok(case)
}

/// The case for its lead unit, before the gate.
pub(super) async fn locked_for_unit(act: &mut Act, case_id: &str) -> Result<Case, Refusal> {
    let case = locked(act, case_id).await?;
    case.seen_by_lead_unit(act.caller().unit_id)?;
    Ok(case)
}

/// The case for its responsible leader, or for the head of the office where there is none (DEC-16).
pub(super) async fn for_leader(
    act: &mut Act,
    case_id: &str,
    version: u64,
    what: transitions::Act,
) -> Result<Case, Refusal> {
    let case = locked(act, case_id).await?;
    let caller = act.caller();
    let leader = caller.leader_id.filter(|_| caller.has(Role::Ldr));
    case.seen_by_leader(leader, caller.has(Role::Dsp))?;
    case.gate(version, what)?;
    Ok(case)
}

/// The case, locked; absent and foreign ones are told apart by nobody.
pub(super) async fn locked(act: &mut Act, case_id: &str) -> Result<Case, Refusal> {
    let case_id = identifier(case_id)?;
    let district = act.district();
    let case = cases::lock(act.conn(), district, case_id).await?;
    Ok(case.ok_or(Denied::NotFound)?)
}

/// The identifier of a case as it stands in the request.
pub(super) fn identifier(case_id: &str) -> Result<Uuid, Refusal> {
    let mut faults = Faults::default();
    let id = faults.id("case_id", case_id);
    faults.finish()?;
    Ok(id.unwrap_or_default())
}

/// What this act computes its terms with.
pub(super) fn law(act: &Act) -> Law<'_> {
    Law {
        today: act.today(),
        calendar: act.calendar(),
        rules: act.rules(),
    }
}

/// Stores the case and answers with where it stands.
pub(super) async fn close(
    act: &mut Act,
    mut case: Case,
    terms: &[LegalTerm],
    documents: Vec<DocumentRef>,
) -> Result<Option<ActResult>, Refusal> {
    cases::save(act, &mut case).await?;
    Ok(Some(encode::result(&case, terms, documents)))
}
