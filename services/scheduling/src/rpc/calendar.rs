//! Proposals of another working-day calendar: import, what they would move, approval by a second person.

use time::OffsetDateTime;
use tonic::{Request, Response, Status};
use uuid::Uuid;
use xinqiao_chassis::desk::{Act, Desk};
use xinqiao_chassis::journal::{Entity, EntityKind};
use xinqiao_chassis::random;
use xinqiao_chassis::refusal::{Fields, Page, Refusal};
use xinqiao_kernel::CalendarYear;
use xinqiao_proto::event::{CalendarEffect, CalendarProposalEnded, CalendarProposed};
use xinqiao_proto::scheduling as wire_v1;
use xinqiao_proto::scheduling::calendar_service_server::CalendarService;
use xinqiao_proto::scheduling::{CalendarDayKind, CalendarProposalState, CalendarRow};

use super::error::{Error, What};
use super::wire;
use crate::domain::calendar::{self, Entry, State, Step};
use crate::events;
use crate::store::calendar_proposals::Proposal;
use crate::store::{self, calendar_proposals as rows};

/// Rows of a notice: no year has more days.
const ROWS_MAX: usize = 366;

/// Implements `CalendarService`.
#[derive(Debug)]
pub(super) struct Calendars {
    desk: Desk,
}

impl Calendars {
    pub(super) const fn new(desk: Desk) -> Self {
        Self { desk }
    }
}

#[tonic::async_trait]
impl CalendarService for Calendars {
    async fn propose_calendar(
        &self,
        request: Request<wire_v1::ProposeCalendarRequest>,
    ) -> Result<Response<wire_v1::ProposeCalendarResponse>, Status> {
        self.desk
            .act(request, |act, query| Box::pin(propose(act, query)))
            .await
    }

    async fn get_calendar_proposal(
        &self,
        request: Request<wire_v1::GetCalendarProposalRequest>,
    ) -> Result<Response<wire_v1::GetCalendarProposalResponse>, Status> {
        self.desk
            .read(request, |act, query| Box::pin(get(act, query)))
            .await
    }

    async fn list_calendar_proposals(
        &self,
        request: Request<wire_v1::ListCalendarProposalsRequest>,
    ) -> Result<Response<wire_v1::ListCalendarProposalsResponse>, Status> {
        self.desk
            .read(request, |act, query| Box::pin(list(act, query)))
            .await
    }

    async fn approve_calendar(
        &self,
        request: Request<wire_v1::ApproveCalendarRequest>,
    ) -> Result<Response<wire_v1::ApproveCalendarResponse>, Status> {
        self.desk
            .act(request, |act, query| Box::pin(approve(act, query)))
            .await
    }

    async fn refuse_calendar(
        &self,
        request: Request<wire_v1::RefuseCalendarRequest>,
    ) -> Result<Response<wire_v1::RefuseCalendarResponse>, Status> {
        self.desk
            .act(request, |act, query| Box::pin(refuse(act, query)))
            .await
    }

    async fn withdraw_calendar(
        &self,
        request: Request<wire_v1::WithdrawCalendarRequest>,
    ) -> Result<Response<wire_v1::WithdrawCalendarResponse>, Status> {
        self.desk
            .act(request, |act, query| Box::pin(withdraw(act, query)))
            .await
    }
}

async fn propose(
    act: &mut Act,
    query: wire_v1::ProposeCalendarRequest,
) -> Result<wire_v1::ProposeCalendarResponse, Refusal> {
    wire::authorise_here(act)?;
    let notice = read_notice(act, &query)?;
    if calendar::says_already(act.calendar(), &notice) {
        return Err(Error::CalendarUnchanged(notice.year).into());
    }
    let edition = rows::next_edition(act, calendar::named_after(act.calendar(), &notice)).await?;
    let (year, source) = (notice.year, notice.source.clone());
    let proposed = calendar::with_notice(act.calendar(), &edition, notice);
    let proposal = Proposal {
        id: random::new_id(),
        year,
        edition,
        base_edition: act.calendar().version().to_owned(),
        notice: source,
        calendar: proposed.map_err(|error| Refusal::internal(&error))?.into(),
        state: State::Proposed,
        effect: Vec::new(),
        previewed_at: None,
        decided_at: None,
        decided_by: None,
        refusal: None,
        created_at: act.now(),
        created_by: act.actor_ref().to_owned(),
        version: 1,
    };
    if !rows::insert(act, &proposal).await? {
        return Err(Refusal::try_again(std::time::Duration::from_millis(100)));
    }
    let body = CalendarProposed {
        proposal_id: proposal.id.to_string(),
        base_version: proposal.base_edition.clone(),
        year,
        calendar: Some(events::calendar::body(&proposal.calendar)),
    };
    act.publish("calendar.proposed", entity(proposal.id), &body);
    Ok(wire_v1::ProposeCalendarResponse {
        proposal: Some(shown(&proposal)),
    })
}

fn entity(id: Uuid) -> Entity {
    Entity::of(EntityKind::Calendar, id)
}

fn read_notice(act: &Act, query: &wire_v1::ProposeCalendarRequest) -> Result<CalendarYear, Refusal> {
    let mut fields = Fields::new();
    let notice = fields.text("calendar_notice", &query.calendar_notice, 2..=100);
    fields.count("calendar_days", query.calendar_days.len(), 1..=ROWS_MAX);
    let typed = query.calendar_days.iter().take(ROWS_MAX).enumerate();
    let entries: Vec<Entry> = typed
        .map(|(index, row)| fields.within(&format!("calendar_days[{index}]"), |fields| read_row(fields, row)))
        .collect();
    calendar::check(&mut fields, query.year, act.today(), &entries);
    fields.finish()?;
    Ok(calendar::year_of(query.year, notice, entries))
}

fn read_row(fields: &mut Fields, row: &CalendarRow) -> Entry {
    Entry {
        date: fields.date("date", &row.date),
        is_work: fields
            .choice("kind", row.kind)
            .map(|kind| matches!(kind, CalendarDayKind::Work)),
        name: fields.text("name", &row.name, 1..=20),
    }
}

async fn get(
    act: &mut Act,
    query: wire_v1::GetCalendarProposalRequest,
) -> Result<wire_v1::GetCalendarProposalResponse, Refusal> {
    wire::authorise_here(act)?;
    let id = wire::row_id("proposal_id", &query.proposal_id)?;
    let proposal = rows::find(act, id).await?;
    let proposal = proposal.ok_or(Error::NotFound(What::CalendarProposal))?;
    let days = year(&proposal)
        .map(|year| year.days.as_slice())
        .unwrap_or_default();
    Ok(wire_v1::GetCalendarProposalResponse {
        calendar_days: days
            .iter()
            .map(|day| CalendarRow {
                date: day.date.to_string(),
                kind: if day.is_work {
                    CalendarDayKind::Work.into()
                } else {
                    CalendarDayKind::Rest.into()
                },
                name: day.name.clone(),
            })
            .collect(),
        proposal: Some(shown(&proposal)),
    })
}

async fn list(
    act: &mut Act,
    query: wire_v1::ListCalendarProposalsRequest,
) -> Result<wire_v1::ListCalendarProposalsResponse, Refusal> {
    wire::authorise_here(act)?;
    let mut fields = Fields::new();
    let page: Page<(OffsetDateTime, Uuid)> = Page::read(&mut fields, "page", query.page.as_ref());
    fields.finish()?;
    let mut found = rows::page(act, query.open_only, page.after, page.limit()).await?;
    let next = page.cut(&mut found, |proposal| (proposal.created_at, proposal.id));
    Ok(wire_v1::ListCalendarProposalsResponse {
        proposals: found.iter().map(shown).collect(),
        page: Some(next),
    })
}

async fn approve(
    act: &mut Act,
    query: wire_v1::ApproveCalendarRequest,
) -> Result<wire_v1::ApproveCalendarResponse, Refusal> {
    wire::authorise_here(act)?;
    let id = wire::row_id("proposal_id", &query.proposal_id)?;
    let proposal = decide(act, id, query.version, Step::Approve, None).await?;
    let (edition, base) = (&proposal.edition, &proposal.base_edition);
    if !store::calendar::insert_after(act, id, edition, base).await? {
        return Err(Error::CalendarChanged.into());
    }
    act.publish(
        "calendar.published",
        entity(id),
        &events::calendar::body(&proposal.calendar),
    );
    Ok(wire_v1::ApproveCalendarResponse {
        proposal: Some(shown(&proposal)),
    })
}

async fn refuse(
    act: &mut Act,
    query: wire_v1::RefuseCalendarRequest,
) -> Result<wire_v1::RefuseCalendarResponse, Refusal> {
    wire::authorise_here(act)?;
    let mut fields = Fields::new();
    let id = fields.uuid("proposal_id", &query.proposal_id);
    let reason = fields.text("reason", &query.reason, 5..=500);
    fields.finish()?;
    let id = id.unwrap_or_default();
    let proposal = decide(act, id, query.version, Step::Refuse, Some(reason)).await?;
    act.publish("calendar.refused", entity(id), &ended(&proposal));
    Ok(wire_v1::RefuseCalendarResponse {
        proposal: Some(shown(&proposal)),
    })
}

async fn withdraw(
    act: &mut Act,
    query: wire_v1::WithdrawCalendarRequest,
) -> Result<wire_v1::WithdrawCalendarResponse, Refusal> {
    wire::authorise_here(act)?;
    let id = wire::row_id("proposal_id", &query.proposal_id)?;
    let proposal = decide(act, id, query.version, Step::Withdraw, None).await?;
    act.publish("calendar.withdrawn", entity(id), &ended(&proposal));
    Ok(wire_v1::WithdrawCalendarResponse {
        proposal: Some(shown(&proposal)),
    })
}

/// Takes a proposal that the caller has seen like this, and decides about it.
async fn decide(
    act: &mut Act,
    id: Uuid,
    version: u64,
    step: Step,
    refusal: Option<String>,
) -> Result<Proposal, Refusal> {
    let proposal = rows::take(act, id).await?;
    let mut proposal = proposal.ok_or(Error::NotFound(What::CalendarProposal))?;
    let is_proposer = proposal.created_by == act.actor_ref();
    let state = calendar::step(proposal.state, step, is_proposer).map_err(Error::Calendar)?;
    wire::same_version(version, proposal.version)?;
    proposal.state = state;
    proposal.refusal = refusal;
    proposal.decided_at = Some(act.now());
    proposal.decided_by = Some(act.actor_ref().to_owned());
    proposal.version += 1;
    rows::decide(act, &proposal).await?;
    Ok(proposal)
}

fn ended(proposal: &Proposal) -> CalendarProposalEnded {
    CalendarProposalEnded {
        proposal_id: proposal.id.to_string(),
        version: proposal.edition.clone(),
    }
}

/// The year that a proposal brings.
fn year(proposal: &Proposal) -> Option<&CalendarYear> {
    proposal.calendar.years().find(|year| year.year == proposal.year)
}

fn shown(proposal: &Proposal) -> wire_v1::CalendarProposal {
    wire_v1::CalendarProposal {
        proposal_id: proposal.id.to_string(),
        calendar_version: proposal.edition.clone(),
        base_version: proposal.base_edition.clone(),
        year: proposal.year,
        calendar_notice: proposal.notice.clone(),
        state: state(proposal.state).into(),
        net_rest_days: year(proposal).map_or(0, calendar::net_rest_days),
        effect: effect(proposal),
        previewed_at: proposal.previewed_at.map(wire::timestamp),
        proposed_by: person(Some(&proposal.created_by)),
        proposed_at: Some(wire::timestamp(proposal.created_at)),
        decided_by: person(proposal.decided_by.as_ref()),
        decided_at: proposal.decided_at.map(wire::timestamp),
        refusal: proposal.refusal.clone().unwrap_or_default(),
        version: proposal.version.unsigned_abs(),
    }
}

/// The subject of his token.
fn person(actor: Option<&String>) -> String {
    let actor = actor.map(String::as_str).unwrap_or_default();
    actor.strip_prefix("person:").unwrap_or(actor).to_owned()
}

fn effect(proposal: &Proposal) -> Option<CalendarEffect> {
    let [open, moving, told, kept, certainty] = proposal.effect[..] else {
        return None;
    };
    Some(CalendarEffect {
        open: open?.unsigned_abs(),
        moving: moving?.unsigned_abs(),
        told: told?.unsigned_abs(),
        kept: kept?.unsigned_abs(),
        certainty: certainty?.unsigned_abs(),
    })
}

const fn state(state: State) -> CalendarProposalState {
    match state {
        State::Proposed => CalendarProposalState::Proposed,
        State::Previewed => CalendarProposalState::Previewed,
        State::Approved => CalendarProposalState::Approved,
        State::Refused => CalendarProposalState::Refused,
        State::Withdrawn => CalendarProposalState::Withdrawn,
    }
}
