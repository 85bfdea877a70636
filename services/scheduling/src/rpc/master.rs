//! Leaders and the calendar.

use time::{Date, Duration};
use tonic::{Request, Response, Status};
use xinqiao_chassis::desk::{Act, Desk};
use xinqiao_chassis::journal::{Entity, EntityKind};
use xinqiao_chassis::permission::Resource;
use xinqiao_chassis::random;
use xinqiao_chassis::refusal::{Fields, Page, Refusal};
use xinqiao_kernel::Calendar;
use xinqiao_proto::event::LeaderChanged;
use xinqiao_proto::scheduling as wire_v1;
use xinqiao_proto::scheduling::master_service_server::MasterService;

use super::error::{Error, What};
use super::wire;
use crate::certificate;
use crate::domain::leader::{self, LeaderEntry};
use crate::store::leaders::{Leader, Leave};
use crate::store::{self, violates};

/// Years the calendar is shown for.
const YEARS: std::ops::RangeInclusive<i32> = 2024..=2100;

/// Implements `MasterService`.
#[derive(Debug)]
pub(super) struct Masters {
    desk: Desk,
}

impl Masters {
    pub(super) const fn new(desk: Desk) -> Self {
        Self { desk }
    }
}

#[tonic::async_trait]
impl MasterService for Masters {
    async fn put_leader(
        &self,
        request: Request<wire_v1::PutLeaderRequest>,
    ) -> Result<Response<wire_v1::PutLeaderResponse>, Status> {
        self.desk
            .act(request, |act, query| Box::pin(put_leader(act, query)))
            .await
    }

    async fn list_leaders(
        &self,
        request: Request<wire_v1::ListLeadersRequest>,
    ) -> Result<Response<wire_v1::ListLeadersResponse>, Status> {
        self.desk
            .read(request, |act, query| Box::pin(list_leaders(act, query)))
            .await
    }

    async fn record_leave(
        &self,
        request: Request<wire_v1::RecordLeaveRequest>,
    ) -> Result<Response<wire_v1::RecordLeaveResponse>, Status> {
        self.desk
            .act(request, |act, query| Box::pin(record_leave(act, query)))
            .await
    }

    async fn get_calendar(
        &self,
        request: Request<wire_v1::GetCalendarRequest>,
    ) -> Result<Response<wire_v1::GetCalendarResponse>, Status> {
        self.desk
            .read(request, |act, query| Box::pin(get_calendar(act, query)))
            .await
    }
}

async fn put_leader(
    act: &mut Act,
    query: wire_v1::PutLeaderRequest,
) -> Result<wire_v1::PutLeaderResponse, Refusal> {
    wire::authorise_here(act)?;
    let mut fields = Fields::new();
    let id = fields.optional_uuid("leader_id", &query.leader_id);
    let entry = LeaderEntry {
        name: &query.name,
        post: &query.post,
        portfolio: &query.portfolio,
        linked_towns: &query.linked_towns,
        person_id: &query.person_id,
        order: query.order,
        signs_only: query.signs_only,
    };
    leader::check(&mut fields, &entry, act.district());
    certificate::check(&mut fields, "certificate_pem", &query.certificate_pem);
    fields.finish()?;
    let mut leader = Leader {
        id: id.unwrap_or_else(random::new_id),
        name: query.name.trim().to_owned(),
        post: query.post.trim().to_owned(),
        portfolio: query.portfolio,
        linked_towns: query.linked_towns,
        person_id: query.person_id.trim().to_owned(),
        certificate_pem: query.certificate_pem,
        rota_order: i32::try_from(query.order).unwrap_or(i32::MAX),
        active: query.active,
        signs_only: query.signs_only,
        version: i64::try_from(query.version).map_err(|_| Refusal::stale_version())?,
    };
    save(act, &leader).await?;
    leader.version += 1;
    act.publish(
        "leader.changed",
        Entity::of(EntityKind::Leader, leader.id),
        &changed(&leader),
    );
    Ok(wire_v1::PutLeaderResponse {
        leader: Some(shown(leader)),
    })
}

/// Version 0 adds, any other changes; what does not fit the row that is there is stale.
async fn save(act: &mut Act, leader: &Leader) -> Result<(), Refusal> {
    let there = store::leaders::find(act, leader.id).await?;
    let written = match (there, leader.version) {
        (None, 0) => store::leaders::insert(act, leader).await.map(|()| true),
        (None, _) => return Err(Error::NotFound(What::Leader).into()),
        (Some(_), _) => store::leaders::update(act, leader).await,
    };
    match written {
        Ok(true) => Ok(()),
        Ok(false) => Err(Refusal::stale_version()),
        Err(error) if violates(&error, "leader_person") => Err(Error::PersonIsAnotherLeader.into()),
        Err(error) if violates(&error, "leader_pkey") => Err(Refusal::stale_version()),
        Err(error) => Err(error.into()),
    }
}

fn changed(leader: &Leader) -> LeaderChanged {
    LeaderChanged {
        leader_id: leader.id.to_string(),
        name: leader.name.clone(),
        post: leader.post.clone(),
        portfolio: leader.portfolio.clone(),
        linked_towns: leader.linked_towns.clone(),
        certificate_pem: leader.certificate_pem.clone(),
        person_id: leader.person_id.clone(),
        active: leader.active,
    }
}

fn shown(leader: Leader) -> wire_v1::Leader {
    wire_v1::Leader {
        leader_id: leader.id.to_string(),
        name: leader.name,
        post: leader.post,
        portfolio: leader.portfolio,
        linked_towns: leader.linked_towns,
        person_id: leader.person_id,
        certificate_pem: leader.certificate_pem,
        order: leader.rota_order.unsigned_abs(),
        active: leader.active,
        signs_only: leader.signs_only,
        version: leader.version.unsigned_abs(),
    }
}

async fn list_leaders(
    act: &mut Act,
    query: wire_v1::ListLeadersRequest,
) -> Result<wire_v1::ListLeadersResponse, Refusal> {
    wire::authorise_here(act)?;
    let mut fields = Fields::new();
    let page = Page::read(&mut fields, "page", query.page.as_ref());
    fields.finish()?;
    let mut rows = store::leaders::page(act, page.after, page.limit()).await?;
    let next = page.cut(&mut rows, |leader| (leader.rota_order, leader.id));
    Ok(wire_v1::ListLeadersResponse {
        leaders: rows.into_iter().map(shown).collect(),
        page: Some(next),
    })
}

async fn record_leave(
    act: &mut Act,
    query: wire_v1::RecordLeaveRequest,
) -> Result<wire_v1::RecordLeaveResponse, Refusal> {
    let mut fields = Fields::new();
    let leader_id = fields.uuid("leader_id", &query.leader_id);
    let first = fields.date("first_day", &query.first_day);
    let last = fields.date("last_day", &query.last_day);
    if let Some((first, last)) = first.zip(last) {
        leader::check_leave(&mut fields, act.calendar(), act.today(), first, last);
    }
    fields.finish()?;
    let (Some(leader_id), Some(first_day), Some(last_day)) = (leader_id, first, last) else {
        return Err(Refusal::internal(&"fields were checked"));
    };
    let district = act.district();
    act.authorise(&Resource::Leader(district, leader_id), || {
        Error::NotFound(What::Leader).into()
    })?;
    if store::leaders::find(act, leader_id).await?.is_none() {
        return Err(Error::NotFound(What::Leader).into());
    }
    let id = random::new_id();
    store::leaders::insert_leave(
        act,
        id,
        &Leave {
            leader_id,
            first_day,
            last_day,
        },
    )
    .await?;
    act.audit(format!("leave:{id}"), &["first_day", "last_day"], None);
    let days = store::days::between(act, first_day, last_day).await?;
    let affected = days
        .into_iter()
        .filter(|day| day.leader_id == leader_id || day.joint_leader_ids.contains(&leader_id))
        .map(|day| day.id.to_string());
    Ok(wire_v1::RecordLeaveResponse {
        leave_id: id.to_string(),
        affected_reception_day_ids: affected.collect(),
    })
}

async fn get_calendar(
    act: &mut Act,
    query: wire_v1::GetCalendarRequest,
) -> Result<wire_v1::GetCalendarResponse, Refusal> {
    wire::authorise_here(act)?;
    let mut fields = Fields::new();
    let known = YEARS.contains(&query.year);
    fields.require(
        "year",
        known,
        "OUT_OF_RANGE",
        "年份为 2024 至 2100",
        "year is 2024 to 2100",
    );
    fields.finish()?;
    let bounds = wire::year_bounds(query.year);
    let (first, last) = bounds.ok_or_else(|| Refusal::internal(&"the year was checked"))?;
    let version = act.calendar().version().to_owned();
    let published_at = store::calendar::published_at(act, &version).await?;
    let calendar = act.calendar();
    Ok(wire_v1::GetCalendarResponse {
        version,
        provisional: calendar.is_provisional(first),
        days: days(calendar, first, last),
        published_at: published_at.map(wire::timestamp),
    })
}

fn days(calendar: &Calendar, first: Date, last: Date) -> Vec<wire_v1::get_calendar_response::Day> {
    (0..=(last - first).whole_days())
        .map(|offset| {
            let day = calendar.day(first + Duration::days(offset));
            wire_v1::get_calendar_response::Day {
                date: day.date.to_string(),
                is_work: day.kind.is_work(),
                reason: day.to_string(),
            }
        })
        .collect()
}
