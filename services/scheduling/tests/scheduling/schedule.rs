//! What is published is open to everybody, and reads as a calendar.

use futures::stream::{FuturesUnordered, StreamExt as _};
use tonic::transport::Channel;
use tonic::{Code, Status};
use xinqiao_proto::scheduling::schedule_service_client::ScheduleServiceClient;
use xinqiao_proto::scheduling::{
    CancelReceptionDayRequest, GetScheduleCalendarRequest, ListScheduleRequest, ScheduledDay,
};

use crate::hall::{Hall, LIU, ZHANG, fresh, reason, wrong_fields};

/// Somebody without a token.
fn anybody(hall: &Hall) -> ScheduleServiceClient<Channel> {
    ScheduleServiceClient::new(hall.bench.plain_channel())
}

fn everything_of(district: &str) -> ListScheduleRequest {
    ListScheduleRequest {
        district_code: district.to_owned(),
        from: "2026-01-01".to_owned(),
        ..ListScheduleRequest::default()
    }
}

async fn shown(hall: &Hall, day: &str) -> ScheduledDay {
    let query = ListScheduleRequest {
        from: day.to_owned(),
        to: day.to_owned(),
        ..everything_of("220502")
    };
    let answer = anybody(hall).list_schedule(query).await.unwrap().into_inner();
    assert_eq!(answer.days.len(), 1);
    answer.days.into_iter().next().unwrap()
}

async fn feed(hall: &Hall, leader_id: &str) -> Result<String, Status> {
    let query = GetScheduleCalendarRequest {
        district_code: "220502".to_owned(),
        leader_id: leader_id.to_owned(),
    };
    Ok(anybody(hall)
        .get_schedule_calendar(query)
        .await?
        .into_inner()
        .calendar)
}

/// The event of a day in a feed, one property a line.
fn event(feed: &str, day: &ScheduledDay) -> Vec<String> {
    let lines = feed.replace("\r\n ", "");
    let events = lines.split("BEGIN:VEVENT\r\n").skip(1);
    let mut of_the_day =
        events.filter(|event| event.starts_with(&format!("UID:{}\r\n", day.reception_day_id)));
    let found = of_the_day.next().unwrap();
    assert!(of_the_day.next().is_none(), "one event a day");
    found.split("\r\n").map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn anybody_reads_what_was_published_and_no_leaders_name() {
    let hall = Hall::with_roster().await;
    let answer = anybody(&hall)
        .list_schedule(everything_of("220502"))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(answer.days.len(), 46);
    assert_eq!(answer.days[0].day, "2026-02-10", "planned days are not public");
    let march = shown(&hall, "2026-03-03").await;
    let leader = march.leader.clone().unwrap();
    assert_eq!(
        (leader.post.as_str(), leader.leader_id),
        ("副区长", ZHANG.to_string())
    );
    assert_eq!(leader.portfolio, ["03"]);
    assert_eq!(
        (march.open_from.as_str(), march.open_to.as_str()),
        ("09:00", "16:30")
    );
    assert!(!march.hall.is_empty() && !march.address.is_empty() && !march.cancelled);
    assert!(
        !answer.office.is_empty() && !answer.office_phone.is_empty(),
        "how to book"
    );
    let said = format!("{answer:?}{}", feed(&hall, "").await.unwrap());
    assert!(!said.contains("张副区长") && !said.contains("刘副区长"));

    let neighbours = anybody(&hall)
        .list_schedule(everything_of("220503"))
        .await
        .unwrap()
        .into_inner();
    assert!(neighbours.days.is_empty());
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_day_is_shown_with_its_substitute_once_that_is_published() {
    let hall = Hall::with_roster().await;
    let before = shown(&hall, "2026-03-10").await;
    let published = event(&feed(&hall, "").await.unwrap(), &before);
    assert!(
        published.contains(&"SEQUENCE:2".to_owned()) && published.contains(&"STATUS:CONFIRMED".to_owned())
    );
    assert!(
        published.contains(&"DTSTAMP:20260202T010000Z".to_owned()),
        "legal time: {published:?}"
    );
    assert!(published.contains(&"DTSTART;TZID=Asia/Shanghai:20260310T090000".to_owned()));

    hall.bench.set_clock("2026-02-03T09:00:00+08:00");
    let day = hall.day("2026-03-10").await;
    let request = CancelReceptionDayRequest {
        request_id: fresh(),
        reception_day_id: day.reception_day_id,
        version: day.version,
        reason: "防汛值守".to_owned(),
        substitute_day: "2026-03-12".to_owned(),
    };
    hall.roster(&Hall::head())
        .cancel_reception_day(request)
        .await
        .unwrap();
    let cancelled = shown(&hall, "2026-03-10").await;
    assert!(cancelled.cancelled);
    assert_eq!(
        (
            cancelled.cancel_reason.as_str(),
            cancelled.substitute_day.as_str()
        ),
        ("防汛值守", "")
    );

    hall.publish(2026).await.unwrap();
    let cancelled = shown(&hall, "2026-03-10").await;
    assert_eq!(cancelled.substitute_day, "2026-03-12");
    assert!(!shown(&hall, "2026-03-12").await.cancelled);
    let off = event(&feed(&hall, "").await.unwrap(), &cancelled);
    assert_eq!(published[0], off[0], "the event stays the same one");
    assert!(off.contains(&"SEQUENCE:3".to_owned()) && off.contains(&"STATUS:CANCELLED".to_owned()));
    assert!(off.contains(&"DTSTAMP:20260203T010000Z".to_owned()));
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_has_a_feed_of_his_own_days() {
    let hall = Hall::with_roster().await;
    let all = feed(&hall, "").await.unwrap();
    let own = feed(&hall, &LIU.to_string()).await.unwrap();
    let count = |feed: &str| feed.matches("BEGIN:VEVENT").count();
    assert_eq!((count(&all), count(&own)), (46, 23));
    assert_eq!(
        own,
        feed(&hall, &LIU.to_string()).await.unwrap(),
        "the same schedule, the same bytes"
    );
    assert!(own.split("\r\n").all(|line| line.len() <= 75));

    let unknown = feed(&hall, &fresh()).await.unwrap_err();
    assert_eq!(unknown.code(), Code::NotFound);
    let wrong = ListScheduleRequest {
        district_code: "22".to_owned(),
        to: "soon".to_owned(),
        leader_id: "x".to_owned(),
        ..ListScheduleRequest::default()
    };
    let refused = anybody(&hall).list_schedule(wrong).await.unwrap_err();
    assert_eq!(wrong_fields(&refused), ["district_code", "to", "leader_id"]);
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_finds_all_windows_of_a_district_taken_is_sent_away() {
    let hall = Hall::set("2026-02-02T09:00:00+08:00", &[("XINQIAO_SCHEDULE_WINDOWS", "1")]).await;
    hall.leaders().await;
    // Whoever asks for this leader waits until the row is let go.
    let mut held = hall.bench.pool().begin().await.unwrap();
    sqlx::query("LOCK TABLE leader IN ACCESS EXCLUSIVE MODE")
        .execute(&mut *held)
        .await
        .unwrap();
    let leader = LIU.to_string();
    let mut crowd: FuturesUnordered<_> = (0..8).map(|_| feed(&hall, &leader)).collect();
    for _ in 0..7 {
        let refused = crowd.next().await.unwrap().unwrap_err();
        assert_eq!(
            (refused.code(), reason(&refused)),
            (Code::ResourceExhausted, "WINDOWS_TAKEN".to_owned())
        );
    }
    held.rollback().await.unwrap();
    assert!(crowd.next().await.unwrap().is_ok());
    drop(crowd);
    hall.bench.finish().await;
}
