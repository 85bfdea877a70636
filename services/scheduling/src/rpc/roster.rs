//! Reception days: planning, publishing, opening, closing, calling off.

use tonic::{Request, Response, Status};
use uuid::Uuid;
use xinqiao_chassis::desk::{Act, Desk};
use xinqiao_chassis::journal::{Entity, EntityKind};
use xinqiao_chassis::permission::{Resource, Right};
use xinqiao_chassis::refusal::{Fields, Page, Refusal};
use xinqiao_proto::event::ReceptionDayChanged;
use xinqiao_proto::scheduling as wire_v1;
use xinqiao_proto::scheduling::roster_service_server::RosterService;

use super::error::{Error, What};
use super::wire;
use crate::domain::reception_day::{self, State};
use crate::store;
use crate::store::days::{Filter, ReceptionDay};

mod cancel;
mod change;
mod check;
mod generate;
mod joint;
mod publish;
mod told;

pub(super) use generate::turns;
use told::Expecting;

/// Implements `RosterService`.
#[derive(Debug)]
pub(super) struct Roster {
    desk: Desk,
}

impl Roster {
    pub(super) const fn new(desk: Desk) -> Self {
        Self { desk }
    }
}

#[tonic::async_trait]
impl RosterService for Roster {
    async fn generate_roster(
        &self,
        request: Request<wire_v1::GenerateRosterRequest>,
    ) -> Result<Response<wire_v1::GenerateRosterResponse>, Status> {
        self.desk
            .act(request, |act, query| Box::pin(generate::generate(act, query)))
            .await
    }

    async fn check_roster(
        &self,
        request: Request<wire_v1::CheckRosterRequest>,
    ) -> Result<Response<wire_v1::CheckRosterResponse>, Status> {
        self.desk
            .read(request, |act, query| Box::pin(check::check(act, query)))
            .await
    }

    async fn publish_roster(
        &self,
        request: Request<wire_v1::PublishRosterRequest>,
    ) -> Result<Response<wire_v1::PublishRosterResponse>, Status> {
        self.desk
            .act(request, |act, query| Box::pin(publish::publish(act, query)))
            .await
    }

    async fn change_reception_day(
        &self,
        request: Request<wire_v1::ChangeReceptionDayRequest>,
    ) -> Result<Response<wire_v1::ChangeReceptionDayResponse>, Status> {
        self.desk
            .act(request, |act, query| Box::pin(change::change(act, query)))
            .await
    }

    async fn open_reception_day(
        &self,
        request: Request<wire_v1::OpenReceptionDayRequest>,
    ) -> Result<Response<wire_v1::OpenReceptionDayResponse>, Status> {
        self.desk
            .act(request, |act, query| Box::pin(open(act, query)))
            .await
    }

    async fn close_reception_day(
        &self,
        request: Request<wire_v1::CloseReceptionDayRequest>,
    ) -> Result<Response<wire_v1::CloseReceptionDayResponse>, Status> {
        self.desk
            .act(request, |act, query| Box::pin(close(act, query)))
            .await
    }

    async fn cancel_reception_day(
        &self,
        request: Request<wire_v1::CancelReceptionDayRequest>,
    ) -> Result<Response<wire_v1::CancelReceptionDayResponse>, Status> {
        self.desk
            .act(request, |act, query| Box::pin(cancel::cancel(act, query)))
            .await
    }

    async fn list_reception_days(
        &self,
        request: Request<wire_v1::ListReceptionDaysRequest>,
    ) -> Result<Response<wire_v1::ListReceptionDaysResponse>, Status> {
        self.desk
            .read(request, |act, query| Box::pin(list(act, query)))
            .await
    }

    async fn get_reception_day(
        &self,
        request: Request<wire_v1::GetReceptionDayRequest>,
    ) -> Result<Response<wire_v1::GetReceptionDayResponse>, Status> {
        self.desk
            .read(request, |act, query| Box::pin(get(act, query)))
            .await
    }
}

/// Queues the event that tells what happened to a day.
fn announce(act: &mut Act, kind: &'static str, day: &ReceptionDay) {
    announce_to(act, kind, day, &Expecting::default(), None);
}

/// The same with those who expect the session, and who was to receive before.
fn announce_to(
    act: &mut Act,
    kind: &'static str,
    day: &ReceptionDay,
    expecting: &Expecting,
    previous: Option<Uuid>,
) {
    let body = ReceptionDayChanged {
        reception_day_id: day.id.to_string(),
        day: day.day.to_string(),
        leader_id: day.leader_id.to_string(),
        kind: wire::day_kind(day.kind).into(),
        provisional: day.provisional,
        case_ids: wire::texts(&expecting.case_ids),
        previous_leader_id: wire::text_or_empty(previous),
        substitute_id: wire::text_or_empty(day.substitute_id),
    };
    act.publish(kind, Entity::of(EntityKind::ReceptionDay, day.id), &body);
}

/// The day to be changed, locked, in the version the caller saw, and the state the act leads to.
async fn take(
    act: &mut Act,
    id: &str,
    version: u64,
    deed: reception_day::Act,
) -> Result<(ReceptionDay, State), Refusal> {
    let id = wire::row_id("reception_day_id", id)?;
    let day = store::days::lock(act, id)
        .await?
        .ok_or(Error::NotFound(What::ReceptionDay))?;
    wire::same_version(version, day.version)?;
    let next = day.state.after(deed).ok_or(Error::DayState(day.state))?;
    Ok((day, next))
}

/// Writes a day that was taken.
async fn put(act: &mut Act, day: &mut ReceptionDay) -> Result<(), Refusal> {
    if store::days::change(act, day).await? {
        Ok(())
    } else {
        Err(Refusal::stale_version())
    }
}

async fn open(
    act: &mut Act,
    query: wire_v1::OpenReceptionDayRequest,
) -> Result<wire_v1::OpenReceptionDayResponse, Refusal> {
    wire::authorise_here(act)?;
    let (mut day, next) = take(
        act,
        &query.reception_day_id,
        query.version,
        reception_day::Act::Open,
    )
    .await?;
    if act.today() != day.day {
        return Err(Error::NotToday(day.day).into());
    }
    day.state = next;
    put(act, &mut day).await?;
    announce(act, "reception_day.opened", &day);
    Ok(wire_v1::OpenReceptionDayResponse {
        reception_day: Some(wire::reception_day(&day)),
    })
}

async fn close(
    act: &mut Act,
    query: wire_v1::CloseReceptionDayRequest,
) -> Result<wire_v1::CloseReceptionDayResponse, Refusal> {
    wire::authorise_here(act)?;
    let (mut day, next) = take(
        act,
        &query.reception_day_id,
        query.version,
        reception_day::Act::Close,
    )
    .await?;
    let open = store::receptions::open_of_day(act, day.id).await?;
    if !open.is_empty() {
        return Err(Error::OpenRecords(open).into());
    }
    day.state = next;
    put(act, &mut day).await?;
    announce(act, "reception_day.closed", &day);
    Ok(wire_v1::CloseReceptionDayResponse {
        reception_day: Some(wire::reception_day(&day)),
    })
}

async fn list(
    act: &mut Act,
    query: wire_v1::ListReceptionDaysRequest,
) -> Result<wire_v1::ListReceptionDaysResponse, Refusal> {
    wire::authorise_here(act)?;
    let mut fields = Fields::new();
    let page = Page::read(&mut fields, "page", query.page.as_ref());
    let from = fields.optional_date("from", &query.from);
    let to = fields.optional_date("to", &query.to);
    let leader_id = fields.optional_uuid("leader_id", &query.leader_id);
    fields.finish()?;
    let filter = Filter {
        from: from.unwrap_or_else(|| act.today()),
        to: to.unwrap_or_else(|| wire::far_ahead(act.today())),
        leader_id,
        published_only: !act.permits(Right::ReadRoster, &Resource::District(act.district())),
    };
    let mut rows = store::days::page(act, filter, page.after, page.limit()).await?;
    let next = page.cut(&mut rows, |day| (day.day, day.id));
    let reception_days = rows.iter().map(wire::reception_day).collect();
    Ok(wire_v1::ListReceptionDaysResponse {
        reception_days,
        page: Some(next),
    })
}

async fn get(
    act: &mut Act,
    query: wire_v1::GetReceptionDayRequest,
) -> Result<wire_v1::GetReceptionDayResponse, Refusal> {
    wire::authorise_here(act)?;
    let id = wire::row_id("reception_day_id", &query.reception_day_id)?;
    let day = store::days::find(act, id)
        .await?
        .ok_or(Error::NotFound(What::ReceptionDay))?;
    let slots = store::slots::of_day(act, id).await?;
    let mut visitors = store::known::visitors(act, id).await?;
    act.only_known(&mut visitors, |visitor| {
        store::known::listed(act.district(), visitor.case_id, day.leader_id)
    });
    Ok(wire_v1::GetReceptionDayResponse {
        reception_day: Some(wire::reception_day(&day)),
        slots: slots
            .into_iter()
            .map(|slot| wire_v1::get_reception_day_response::Slot {
                start: wire::hour_minute(slot.starts_at),
                room: slot.room,
                walk_in: slot.walk_in,
                free: slot.free,
            })
            .collect(),
        visitors: visitors
            .into_iter()
            .map(|visitor| wire_v1::get_reception_day_response::Visitor {
                case_id: visitor.case_id.to_string(),
                case_no: visitor.case_no,
                registered_at: Some(wire::timestamp(visitor.registered_at)),
                reception_id: wire::text_or_empty(visitor.reception_id),
            })
            .collect(),
    })
}
