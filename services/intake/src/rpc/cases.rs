//! Cases as people see them: register, one case, its time line, identity data for a stated reason.

mod search;
pub(super) mod unmask;
pub(super) mod view;

use std::collections::HashMap;

use tonic::{Request, Response, Status};
use uuid::Uuid;
use xinqiao_chassis::desk::{Act, Desk};
use xinqiao_chassis::document::timestamp;
use xinqiao_chassis::permission::{CaseFacts, Resource, Right};
use xinqiao_chassis::refusal::{Fields, Page, Refusal};
use xinqiao_kernel::{CaseNumber, CaseState, TemporaryNumber};
use xinqiao_proto::common::PageInfo;
use xinqiao_proto::intake::case_service_server::CaseService;
use xinqiao_proto::intake::{
    BatchGetHeadersRequest, BatchGetHeadersResponse, GetCaseRequest, GetCaseResponse, GetTimelineRequest,
    GetTimelineResponse, ListRegisterRequest, ListRegisterResponse, SearchCasesRequest, SearchCasesResponse,
    TimelineEntry, UnmaskPetitionerRequest, UnmaskPetitionerResponse, get_case_request, get_timeline_request,
};

use super::refused::no_such_case;
use crate::contract;
use crate::store::access;
use crate::store::cases::{self as rows, CaseRow, RegisterKey, timeline};
use crate::store::field_drafts;
use crate::store::onlooker::Onlooker;
use crate::store::search::Bounds;

/// How the number of what a field tablet took down begins.
const TEMPORARY: &str = "TMP-";

/// Headers in one batch at the most.
const BATCH_MAX: usize = 200;

/// Reads of cases.
#[derive(Clone, Debug)]
pub(crate) struct Cases {
    pub(crate) desk: Desk,
    /// Of one search.
    pub(crate) bounds: Bounds,
    /// How often one person may be shown identity data on one legal day.
    pub(crate) unmask_per_day_max: u32,
}

#[tonic::async_trait]
impl CaseService for Cases {
    async fn get_case(&self, request: Request<GetCaseRequest>) -> Result<Response<GetCaseResponse>, Status> {
        self.desk
            .read(request, |act, query| Box::pin(get(act, query)))
            .await
    }

    async fn batch_get_headers(
        &self,
        request: Request<BatchGetHeadersRequest>,
    ) -> Result<Response<BatchGetHeadersResponse>, Status> {
        self.desk
            .read(request, |act, query| Box::pin(headers(act, query)))
            .await
    }

    async fn list_register(
        &self,
        request: Request<ListRegisterRequest>,
    ) -> Result<Response<ListRegisterResponse>, Status> {
        self.desk
            .read(request, |act, query| Box::pin(register(act, query)))
            .await
    }

    async fn search_cases(
        &self,
        request: Request<SearchCasesRequest>,
    ) -> Result<Response<SearchCasesResponse>, Status> {
        let bounds = self.bounds;
        self.desk
            .read(request, move |act, query| {
                Box::pin(search::search(act, bounds, query))
            })
            .await
    }

    async fn get_timeline(
        &self,
        request: Request<GetTimelineRequest>,
    ) -> Result<Response<GetTimelineResponse>, Status> {
        self.desk
            .read(request, |act, query| Box::pin(get_timeline(act, query)))
            .await
    }

    async fn unmask_petitioner(
        &self,
        request: Request<UnmaskPetitionerRequest>,
    ) -> Result<Response<UnmaskPetitionerResponse>, Status> {
        let max = self.unmask_per_day_max;
        self.desk
            .read(request, move |act, query| {
                Box::pin(unmask::unmask(act, max, query))
            })
            .await
    }
}

/// How a case is asked for.
pub(super) enum Named {
    Id(String),
    Number(String),
}

async fn get(act: &mut Act, query: GetCaseRequest) -> Result<GetCaseResponse, Refusal> {
    let named = query.case.map(|case| match case {
        get_case_request::Case::CaseId(id) => Named::Id(id),
        get_case_request::Case::CaseNo(number) => Named::Number(number),
    });
    let row = find(act, named).await?;
    view::case(act, &row).await
}

/// Leaves for the petitioner by which role, and in which unit, the caller looked into the case.
pub(in crate::rpc) async fn note_access(act: &mut Act, case_id: Uuid) -> Result<(), Refusal> {
    let (district, today) = (act.district(), act.today());
    if let Some(capacity) = act.capacity() {
        access::note(act.conn(), district, case_id, today, capacity).await?;
    }
    Ok(())
}

async fn headers(act: &mut Act, query: BatchGetHeadersRequest) -> Result<BatchGetHeadersResponse, Refusal> {
    let mut fields = Fields::new();
    fields.require(
        "case_ids",
        query.case_ids.len() <= BATCH_MAX,
        "TOO_MANY",
        format_args!("一次最多查询{BATCH_MAX}件"),
        format_args!("at most {BATCH_MAX} ids"),
    );
    let ids: Vec<Uuid> = (0_usize..)
        .zip(query.case_ids.iter().take(BATCH_MAX))
        .filter_map(|(index, id)| fields.uuid(&format!("case_ids[{index}]"), id))
        .collect();
    fields.finish()?;
    let district = act.district();
    let mut found = rows::find_all(act.conn(), district, &ids).await?;
    let onlooker = Onlooker::of(act).await?;
    act.only_permitted(&mut found, |row| row.resource(&onlooker));
    let mut by_id: HashMap<_, _> = view::headers(act, &found)
        .await?
        .into_iter()
        .map(|header| (header.case_id.clone(), header))
        .collect();
    Ok(BatchGetHeadersResponse {
        headers: ids
            .iter()
            .filter_map(|id| by_id.remove(&id.to_string()))
            .collect(),
    })
}

async fn register(act: &mut Act, query: ListRegisterRequest) -> Result<ListRegisterResponse, Refusal> {
    act.authorise(&Resource::District(act.district()), no_such_case)?;
    let mut fields = Fields::new();
    let page: Page<RegisterKey> = Page::read(&mut fields, "page", query.page.as_ref());
    let states = states(&mut fields, &query.states);
    fields.finish()?;
    let Some(states) = shown_states(act, states) else {
        return Ok(ListRegisterResponse {
            page: Some(PageInfo::default()),
            ..ListRegisterResponse::default()
        });
    };
    let district = act.district();
    let mut found = rows::register(
        act.conn(),
        district,
        &states,
        query.held_here,
        page.after,
        page.limit(),
    )
    .await?;
    let info = page.cut(&mut found, |row| (row.year, row.sequence));
    // That there is an accusation is known to few, and never to who is accused.
    let onlooker = Onlooker::of(act).await?;
    act.only_known(&mut found, |row| row.resource(&onlooker));
    Ok(ListRegisterResponse {
        headers: view::headers(act, &found).await?,
        page: Some(info),
    })
}

/// Of the states asked for, those in which the caller may know of a case that he has no part in, none meaning all; the
/// archivist knows of closing cases alone (§5.1), and would be shown page after page without one. Nothing, when there is
/// no such state.
fn shown_states(act: &Act, asked: Vec<&'static str>) -> Option<Vec<&'static str>> {
    let known = |state: &CaseState| {
        let any = CaseFacts::new(act.district(), Uuid::nil(), *state);
        act.permits(Right::ReadCaseHeader, &Resource::Case(any))
    };
    if known(&CaseState::Registered) {
        return Some(asked);
    }
    let states: Vec<&str> = CaseState::ALL
        .into_iter()
        .filter(|state| asked.is_empty() || asked.contains(&state.code()))
        .filter(known)
        .map(CaseState::code)
        .collect();
    (!states.is_empty()).then_some(states)
}

/// The states a list is narrowed to, as the rule book writes them.
pub(super) fn states(fields: &mut Fields, numbers: &[i32]) -> Vec<&'static str> {
    let read = |(index, number): (usize, &i32)| {
        fields.some(
            format_args!("states[{index}]"),
            contract::state_of(*number),
            "UNKNOWN_VALUE",
            "没有该状态",
            "there is no such state",
        )
    };
    (0_usize..)
        .zip(numbers)
        .filter_map(read)
        .map(CaseState::code)
        .collect()
}

async fn get_timeline(act: &mut Act, query: GetTimelineRequest) -> Result<GetTimelineResponse, Refusal> {
    let named = query.case.map(|case| match case {
        get_timeline_request::Case::CaseId(id) => Named::Id(id),
        get_timeline_request::Case::CaseNo(number) => Named::Number(number),
    });
    let row = find(act, named).await?;
    note_access(act, row.id).await?;
    let district = act.district();
    let mut entries = vec![TimelineEntry {
        at: Some(timestamp(row.registered_at)),
        kind: "case.registered".to_owned(),
        state: contract::state(CaseState::Registered),
        actor: row.created_by.clone(),
        service: act.desk().service().to_owned(),
        trace_id: row.trace_id.clone().unwrap_or_default(),
        event_id: row.event_id.to_string(),
    }];
    let later = timeline::read(act.conn(), district, row.id).await?;
    entries.extend(later.into_iter().map(|entry| TimelineEntry {
        at: Some(timestamp(entry.at)),
        kind: entry.kind,
        state: entry.state.parse().map_or(0, contract::state),
        actor: entry.actor,
        service: entry.service,
        trace_id: entry.trace_id.unwrap_or_default(),
        event_id: entry.event_id.to_string(),
    }));
    let standing = row.standing();
    Ok(GetTimelineResponse {
        case_id: row.id.to_string(),
        case_no: row.number(district).to_string(),
        state: contract::state(standing.state),
        holder: contract::holder(standing.holder),
        remedy: contract::remedy(row.remedy()),
        entries,
    })
}

/// Finds a case for a caller who may do with it what he asks; one he may not know of is answered like one that does
/// not exist.
async fn find(act: &mut Act, named: Option<Named>) -> Result<CaseRow, Refusal> {
    let row = named_case(act, named).await?;
    let onlooker = Onlooker::of(act).await?;
    act.authorise(&row.resource(&onlooker), no_such_case)?;
    Ok(row)
}

/// The case that is named, before anybody asks whether the caller may see it.
pub(super) async fn named_case(act: &mut Act, named: Option<Named>) -> Result<CaseRow, Refusal> {
    let mut fields = Fields::new();
    let district = act.district();
    let found = match named {
        None => {
            fields.wrong("case", "REQUIRED", "请提供编号", "give an id or a number");
            None
        }
        Some(Named::Id(id)) => match fields.uuid("case_id", &id) {
            Some(id) => rows::find(act.conn(), district, id).await?,
            None => None,
        },
        Some(Named::Number(number)) if number.trim().starts_with(TEMPORARY) => {
            match fields.take("case_no", number.trim().parse::<TemporaryNumber>()) {
                Some(number) => match field_drafts::case_of(act.conn(), district, &number).await? {
                    Some(id) => rows::find(act.conn(), district, id).await?,
                    None => None,
                },
                None => None,
            }
        }
        Some(Named::Number(number)) => {
            match fields.take("case_no", number.trim().parse::<CaseNumber>()) {
                // A number of another district is not looked up at all.
                Some(number) if number.district() == district => {
                    rows::find_by_number(act.conn(), number).await?
                }
                _ => None,
            }
        }
    };
    fields.finish()?;
    found.ok_or_else(no_such_case)
}
