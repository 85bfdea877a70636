//! A case opened for one act: locked, and only for those who may act on it.

use uuid::Uuid;
use xinqiao_chassis::{
    concern,
    desk::Act,
    permission::{CaseFacts, Resource},
    refusal::{Fields, Refusal},
};
use xinqiao_proto::{assignment::ActResult, common::DocumentRef};

use super::encode;
use crate::{
    domain::{
        case::{Case, Purpose},
        denied::Denied,
        terms::{Law, LegalTerm},
        transitions,
    },
    store::{cases, units},
};

/// The case for an act: of a caller who may do it, held here, as he saw it, in a state that allows it.
pub(super) async fn for_act(
    act: &mut Act,
    case_id: &str,
    version: u64,
    what: transitions::Act,
) -> Result<Case, Refusal> {
    let case = authorised(act, case_id).await?;
    case.gate(version, what)?;
    Ok(case)
}

/// The case of a caller who may do what he asks, locked; before the gate.
pub(super) async fn authorised(act: &mut Act, case_id: &str) -> Result<Case, Refusal> {
    let case = locked(act, case_id).await?;
    authorise(act, &case, case.responsible_leader).await?;
    Ok(case)
}

/// Asks for the right on the case; `leader` is whose case it is.
pub(super) async fn authorise(act: &mut Act, case: &Case, leader: Option<Uuid>) -> Result<(), Refusal> {
    let resource = resource(act, case, leader).await?;
    act.authorise(&resource, || Denied::NotFound.into())
}

/// Asks once more after the act has said whom the case concerns: nobody recuses himself and goes on `[R:28(3)]`.
pub(super) async fn authorise_again(act: &mut Act, case: &Case) -> Result<(), Refusal> {
    authorise(act, case, case.responsible_leader).await
}

/// What decides about a case: with the units under those complained about (DEC-14), and whom else it concerns
/// `[R:28(3)]`.
pub(super) async fn resource(act: &mut Act, case: &Case, leader: Option<Uuid>) -> Result<Resource, Refusal> {
    let district = act.district();
    let concern = concern::of(act, case.id).await?;
    let accused_units = match concern.units.as_slice() {
        [] => Vec::new(),
        complained => units::all(act.conn(), district).await?.under(complained),
    };
    Ok(Resource::Case(CaseFacts {
        sealed: case.purpose == Purpose::Accusation,
        field: case.triage.as_ref().map(|triage| triage.field_code.clone()),
        town: case.triage.as_ref().map(|triage| triage.town_code.clone()),
        leader,
        lead_unit: case.lead_unit,
        units: case.lead_unit.iter().chain(&case.assist_units).copied().collect(),
        accused_units,
        investigators: case
            .investigators
            .iter()
            .map(|person| person.person_id.clone())
            .collect(),
        concerned: concern.persons,
        ..CaseFacts::new(district, case.id, case.state)
    }))
}

/// Asks for the right on the district as a whole.
pub(super) fn authorise_here(act: &mut Act) -> Result<(), Refusal> {
    let district = Resource::District(act.district());
    act.authorise(&district, || Denied::NotFound.into())
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
    let mut fields = Fields::new();
    let id = fields.uuid("case_id", case_id);
    fields.finish()?;
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
