//! Units: the master that assignments refer to. One person proposes a change, another confirms it.

use uuid::Uuid;
use xinqiao_chassis::{
    desk::Act,
    random,
    refusal::{Fields, Page, Refusal},
};
use xinqiao_kernel::uscc::CreditCode;
use xinqiao_proto::assignment::{
    self, ConfirmUnitRequest, ConfirmUnitResponse, ListUnitProposalsRequest, ListUnitProposalsResponse,
    ListUnitsRequest, ListUnitsResponse, PutUnitRequest, PutUnitResponse,
};

use super::{decode, encode, opened};
use crate::{
    domain::{
        denied::Denied,
        unit::{Unit, UnitKind, UnitProposal, Units},
    },
    events::outgoing,
    store::{unit_proposals, units},
};

/// Proposes a unit, or a change of one.
pub(super) async fn put_unit(act: &mut Act, request: PutUnitRequest) -> Result<PutUnitResponse, Refusal> {
    opened::authorise_here(act)?;
    let mut fields = Fields::new();
    let unit = read(&request.unit.unwrap_or_default(), &mut fields);
    let units = locked(act).await?;
    units.check(&unit, &mut fields);
    fields.finish()?;
    units.check_version(&unit)?;
    let proposal = UnitProposal {
        id: random::new_id(),
        unit,
        by: act.actor_ref().to_owned(),
        name: act.caller().name.clone(),
        at: act.now(),
    };
    unit_proposals::put(act, &proposal).await?;
    Ok(PutUnitResponse {
        unit: Some(encode::unit(&proposal.unit)),
        proposal_id: proposal.id.to_string(),
    })
}

/// Puts in force what another person proposed.
pub(super) async fn confirm_unit(
    act: &mut Act,
    request: ConfirmUnitRequest,
) -> Result<ConfirmUnitResponse, Refusal> {
    opened::authorise_here(act)?;
    let mut fields = Fields::new();
    let id = fields.uuid("proposal_id", &request.proposal_id);
    fields.finish()?;
    let units = locked(act).await?;
    let proposal = unit_proposals::take(act, id.unwrap_or_default()).await?;
    let proposal = proposal.ok_or(Denied::NoProposal)?;
    let mut unit = proposal.confirm(act.actor_ref(), &units)?;
    units::save(act, &mut unit).await?;
    outgoing::unit_changed(act, &unit);
    Ok(ConfirmUnitResponse {
        unit: Some(encode::unit(&unit)),
    })
}

/// Every unit, while nobody else changes one.
async fn locked(act: &mut Act) -> Result<Units, Refusal> {
    let district = act.district();
    units::lock_tree(act.conn(), district).await?;
    Ok(units::all(act.conn(), district).await?)
}

fn read(entered: &assignment::Unit, fields: &mut Fields) -> Unit {
    let kind = fields
        .choice("unit.kind", entered.kind)
        .and_then(decode::unit_kind);
    let id = fields.optional_uuid("unit.unit_id", &entered.unit_id);
    Unit {
        id: id.unwrap_or_else(random::new_id),
        name: fields.text("unit.name", &entered.name, 2..=100),
        kind: kind.unwrap_or(UnitKind::GovernmentDepartment),
        parent: fields.optional_uuid("unit.parent_unit_id", &entered.parent_unit_id),
        successor: fields.optional_uuid("unit.successor_unit_id", &entered.successor_unit_id),
        uscc: uscc(&entered.uscc, fields),
        active: entered.active,
        version: i64::try_from(entered.version).unwrap_or(i64::MAX),
    }
}

fn uscc(entered: &str, fields: &mut Fields) -> Option<String> {
    let text = entered.trim();
    if text.is_empty() {
        return None;
    }
    let code = fields.take("unit.uscc", text.parse::<CreditCode>());
    code.map(|code| code.to_string())
}

/// Lists units by identifier.
pub(super) async fn list_units(
    act: &mut Act,
    request: ListUnitsRequest,
) -> Result<ListUnitsResponse, Refusal> {
    opened::authorise_here(act)?;
    let mut fields = Fields::new();
    let page: Page<Uuid> = Page::read(&mut fields, "page", request.page.as_ref());
    fields.finish()?;
    let district = act.district();
    let mut rows = units::page(
        act.conn(),
        district,
        request.include_inactive,
        page.after,
        page.limit(),
    )
    .await?;
    let info = page.cut(&mut rows, |unit| unit.id);
    Ok(ListUnitsResponse {
        units: rows.iter().map(encode::unit).collect(),
        page: Some(info),
    })
}

/// Lists what waits for another person.
pub(super) async fn list_unit_proposals(
    act: &mut Act,
    request: ListUnitProposalsRequest,
) -> Result<ListUnitProposalsResponse, Refusal> {
    opened::authorise_here(act)?;
    let mut fields = Fields::new();
    let page: Page<Uuid> = Page::read(&mut fields, "page", request.page.as_ref());
    fields.finish()?;
    let district = act.district();
    let mut rows = unit_proposals::page(act.conn(), district, page.after, page.limit()).await?;
    let info = page.cut(&mut rows, |proposal| proposal.unit.id);
    Ok(ListUnitProposalsResponse {
        proposals: rows.into_iter().map(encode::unit_proposal).collect(),
        page: Some(info),
    })
}
