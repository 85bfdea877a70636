//! The published schedule, for everybody and without a token.

use time::{Date, Duration};
use tonic::{Request, Response, Status};
use uuid::Uuid;
use xinqiao_chassis::desk::{Act, Desk};
use xinqiao_chassis::districts::District;
use xinqiao_chassis::refusal::{Fields, Page, Refusal};
use xinqiao_chassis::server::{Window, Windows};
use xinqiao_kernel::DistrictCode;
use xinqiao_proto::scheduling as wire_v1;
use xinqiao_proto::scheduling::schedule_service_server::ScheduleService;

use super::error::{Error, What};
use super::wire;
use crate::domain::reception_day::State;
use crate::domain::schedule::{self, OnDuty, PublishedDay, Publisher};
use crate::store;
use crate::store::days::Filter;

/// How long a day that is over stays in the feed, so that programs see what became of it.
const FEED_PAST_DAYS: i64 = 31;
/// Days of a feed at the most: a roster is planned at the most two years ahead.
const FEED_DAYS_MAX: i64 = 1_000;

/// Implements `ScheduleService`.
#[derive(Debug)]
pub(super) struct Schedule {
    desk: Desk,
    windows: Windows,
}

impl Schedule {
    pub(super) const fn new(desk: Desk, windows: Windows) -> Self {
        Self { desk, windows }
    }
}

#[tonic::async_trait]
impl ScheduleService for Schedule {
    async fn list_schedule(
        &self,
        request: Request<wire_v1::ListScheduleRequest>,
    ) -> Result<Response<wire_v1::ListScheduleResponse>, Status> {
        let mut fields = Fields::new();
        let query = request.into_inner();
        let district = district(&mut fields, &query.district_code);
        let asked = Asked {
            page: Page::read(&mut fields, "page", query.page.as_ref()),
            from: fields.optional_date("from", &query.from),
            to: fields.optional_date("to", &query.to),
            leader_id: fields.optional_uuid("leader_id", &query.leader_id),
        };
        fields.finish().map_err(Refusal::from)?;
        let (district, window) = self.enter(district)?;
        let answer = self
            .desk
            .run(district, "scheduling.ListSchedule", |act| {
                Box::pin(list(act, asked, window))
            })
            .await?;
        Ok(Response::new(answer))
    }

    async fn get_schedule_calendar(
        &self,
        request: Request<wire_v1::GetScheduleCalendarRequest>,
    ) -> Result<Response<wire_v1::GetScheduleCalendarResponse>, Status> {
        let mut fields = Fields::new();
        let query = request.into_inner();
        let district = district(&mut fields, &query.district_code);
        let leader_id = fields.optional_uuid("leader_id", &query.leader_id);
        fields.finish().map_err(Refusal::from)?;
        let (district, window) = self.enter(district)?;
        let answer = self
            .desk
            .run(district, "scheduling.GetScheduleCalendar", move |act| {
                Box::pin(calendar(act, leader_id, window))
            })
            .await?;
        Ok(Response::new(answer))
    }
}

impl Schedule {
    /// A window of the district that was asked about. It is held to the end of the work.
    fn enter(&self, district: Option<DistrictCode>) -> Result<(DistrictCode, Window), Refusal> {
        let district = district.ok_or_else(|| Refusal::internal(&"the district was checked"))?;
        Ok((district, self.windows.take(district)?))
    }
}

fn district(fields: &mut Fields, typed: &str) -> Option<DistrictCode> {
    fields.take("district_code", typed.trim().parse())
}

struct Asked {
    page: Page<(Date, Uuid)>,
    from: Option<Date>,
    to: Option<Date>,
    leader_id: Option<Uuid>,
}

async fn list(
    act: &mut Act,
    asked: Asked,
    _window: Window,
) -> Result<wire_v1::ListScheduleResponse, Refusal> {
    let Asked {
        page,
        from,
        to,
        leader_id,
    } = asked;
    let filter = Filter {
        from: from.unwrap_or_else(|| act.today()),
        to: to.unwrap_or_else(|| wire::far_ahead(act.today())),
        leader_id,
        published_only: true,
    };
    let mut rows = store::schedule::page(act, filter, page.after, page.limit()).await?;
    let next = page.cut(&mut rows, |day| (day.day, day.id));
    let district = act.district_file();
    Ok(wire_v1::ListScheduleResponse {
        days: rows.into_iter().map(|day| shown(district, day)).collect(),
        page: Some(next),
        office: district.office.name_zh.clone(),
        office_phone: district.office.phone.clone(),
    })
}

fn shown(district: &District, day: PublishedDay) -> wire_v1::ScheduledDay {
    wire_v1::ScheduledDay {
        reception_day_id: day.id.to_string(),
        day: day.day.to_string(),
        kind: wire::day_kind(day.kind).into(),
        cancelled: day.state == State::Cancelled,
        cancel_reason: day.cancel_reason.unwrap_or_default(),
        substitute_day: day.substitute_day.map(|day| day.to_string()).unwrap_or_default(),
        hall: day.hall,
        address: district.reception.address_zh.clone(),
        open_from: wire::hour_minute(day.open_from),
        open_to: wire::hour_minute(day.open_to),
        leader: Some(on_duty(day.leader)),
        joint_leaders: day.joint.into_iter().map(on_duty).collect(),
        duty_units: day.units,
        published_at: Some(wire::timestamp(day.published_at)),
    }
}

fn on_duty(leader: OnDuty) -> wire_v1::scheduled_day::LeaderOnDuty {
    wire_v1::scheduled_day::LeaderOnDuty {
        leader_id: leader.leader_id.to_string(),
        post: leader.post,
        portfolio: leader.portfolio,
    }
}

async fn calendar(
    act: &mut Act,
    leader_id: Option<Uuid>,
    _window: Window,
) -> Result<wire_v1::GetScheduleCalendarResponse, Refusal> {
    let post = match leader_id {
        None => None,
        Some(id) => {
            let leader = store::leaders::find(act, id).await?;
            Some(leader.ok_or(Error::NotFound(What::Leader))?.post)
        }
    };
    let filter = Filter {
        from: act.today() - Duration::days(FEED_PAST_DAYS),
        to: wire::far_ahead(act.today()),
        leader_id,
        published_only: true,
    };
    let days = store::schedule::page(act, filter, None, FEED_DAYS_MAX).await?;
    let feed = schedule::feed(publisher(act.district_file()), post.as_deref(), &days);
    Ok(wire_v1::GetScheduleCalendarResponse {
        calendar: feed.text(),
    })
}

fn publisher(district: &District) -> Publisher<'_> {
    Publisher {
        district: &district.name_zh,
        address: &district.reception.address_zh,
        office: &district.office.name_zh,
        phone: &district.office.phone,
    }
}
