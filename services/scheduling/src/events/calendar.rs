//! Tells every district of its first calendar, the one that is built in. Every other version is proposed and approved.

use std::time::Duration;

use futures::future::BoxFuture;
use xinqiao_chassis::desk::{Act, Desk};
use xinqiao_chassis::jobs::{Job, Progress};
use xinqiao_chassis::journal::{Entity, EntityKind};
use xinqiao_chassis::random;
use xinqiao_chassis::refusal::Refusal;
use xinqiao_kernel::{Calendar, DistrictCode};
use xinqiao_proto::event::{CalendarDay, CalendarPublished};

use crate::store;

/// Publishes `calendar.published` where the district has no calendar yet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PublishCalendar;

impl Job for PublishCalendar {
    fn name(&self) -> &'static str {
        "publish-calendar"
    }

    fn every(&self) -> Option<Duration> {
        // After the first turn there is nothing to do.
        Some(Duration::from_mins(10))
    }

    fn run_once<'t>(
        &'t self,
        desk: &'t Desk,
        district: DistrictCode,
    ) -> BoxFuture<'t, Result<Progress, Refusal>> {
        Box::pin(async move {
            desk.run(district, "scheduling.PublishCalendar", |act| {
                Box::pin(publish(act))
            })
            .await?;
            Ok(Progress::Idle)
        })
    }
}

async fn publish(act: &mut Act) -> Result<(), Refusal> {
    let calendar = Calendar::national();
    let id = random::new_id();
    // Two replicas that start together meet at the primary key: one of them inserts.
    if store::calendar::insert_first(act, id, calendar.version()).await? {
        act.publish(
            "calendar.published",
            Entity::of(EntityKind::Calendar, id),
            &body(&calendar),
        );
    }
    Ok(())
}

/// A calendar as events tell it.
pub(crate) fn body(calendar: &Calendar) -> CalendarPublished {
    let days = calendar.years().flat_map(|year| &year.days);
    CalendarPublished {
        version: calendar.version().to_owned(),
        days: days
            .map(|day| CalendarDay {
                date: day.date.to_string(),
                is_work: day.is_work,
                name: day.name.clone(),
            })
            .collect(),
        provisional_years: calendar
            .years()
            .filter(|year| year.provisional)
            .map(|year| year.year)
            .collect(),
    }
}
