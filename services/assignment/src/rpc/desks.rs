//! The desks: what is due first comes first.

use xinqiao_chassis::{
    desk::Act,
    permission::{CaseFacts, Resource},
    refusal::{Fields, Page, Refusal},
};
use xinqiao_kernel::DistrictCode;
use xinqiao_proto::{
    assignment::{
        CaseStanding, CaseState, ListLeaderDeskRequest, ListLeaderDeskResponse, ListOfficeDeskRequest,
        ListOfficeDeskResponse, ListUnitDeskRequest, ListUnitDeskResponse,
    },
    common::{PageInfo, PageRequest},
};

use super::{encode, opened};
use crate::domain::{
    case::{Case, Purpose},
    unit::Units,
};
use crate::store::{
    desks::{self, DeskKey, DeskOf},
    units,
};

/// Cases of the caller's unit; nothing for a caller without a unit.
pub(super) async fn list_unit_desk(
    act: &mut Act,
    request: ListUnitDeskRequest,
) -> Result<ListUnitDeskResponse, Refusal> {
    opened::authorise_here(act)?;
    let desk = act.caller().unit_id.map(DeskOf::Unit);
    let (cases, page) = list(act, desk, request.state, request.page.as_ref()).await?;
    Ok(ListUnitDeskResponse {
        cases,
        page: Some(page),
    })
}

/// Cases held here.
pub(super) async fn list_office_desk(
    act: &mut Act,
    request: ListOfficeDeskRequest,
) -> Result<ListOfficeDeskResponse, Refusal> {
    opened::authorise_here(act)?;
    let (cases, page) = list(act, Some(DeskOf::Office), request.state, request.page.as_ref()).await?;
    Ok(ListOfficeDeskResponse {
        cases,
        page: Some(page),
    })
}

/// Cases the caller, or the leader he works for, is responsible for.
pub(super) async fn list_leader_desk(
    act: &mut Act,
    request: ListLeaderDeskRequest,
) -> Result<ListLeaderDeskResponse, Refusal> {
    opened::authorise_here(act)?;
    let desk = act.caller().leader_id.map(DeskOf::Leader);
    let (cases, page) = list(act, desk, request.state, request.page.as_ref()).await?;
    Ok(ListLeaderDeskResponse {
        cases,
        page: Some(page),
    })
}

/// What decides about a row. Nobody acts by it, so that it does not matter who is recused.
fn header(district: DistrictCode, case: &Case, units: &Units) -> Resource {
    let complained = case
        .triage
        .as_ref()
        .map(|triage| triage.complained_units.as_slice());
    Resource::Case(CaseFacts {
        sealed: case.purpose == Purpose::Accusation,
        leader: case.responsible_leader,
        lead_unit: case.lead_unit,
        units: case.lead_unit.iter().chain(&case.assist_units).copied().collect(),
        accused_units: units.under(complained.unwrap_or_default()),
        ..CaseFacts::new(district, case.id, case.state)
    })
}

async fn list(
    act: &mut Act,
    desk: Option<DeskOf>,
    state: i32,
    page: Option<&PageRequest>,
) -> Result<(Vec<CaseStanding>, PageInfo), Refusal> {
    let mut fields = Fields::new();
    let page: Page<DeskKey> = Page::read(&mut fields, "page", page);
    let state = fields.optional_choice::<CaseState>("state", state);
    fields.finish()?;
    let Some(desk) = desk else {
        return Ok((Vec::new(), PageInfo::default()));
    };
    let district = act.district();
    let state = state.and_then(encode::state_asked);
    let mut rows = desks::list(act.conn(), district, desk, state, page.after, page.limit()).await?;
    let info = page.cut(&mut rows, desks::key);
    let units = units::all(act.conn(), district).await?;
    act.only_known(&mut rows, |case| header(district, case, &units));
    Ok((rows.iter().map(encode::standing).collect(), info))
}
