//! AS-02 and the life of a reception day.

use tonic::Code;
use xinqiao_chassis::identity::Role;
use xinqiao_chassis::testing::Person;
use xinqiao_proto::event::{ReceptionDayChanged, ReceptionDayKind};
use xinqiao_proto::scheduling::{
    CancelReceptionDayRequest, CloseReceptionDayRequest, FinaliseReceptionRequest, GetReceptionDayRequest,
    ListReceptionDaysRequest, ReceptionDayState,
};

use crate::hall::{Hall, LIU, ZHANG, booking, fact, fresh, reason, talk, wrong_fields};

#[tokio::test(flavor = "multi_thread")]
async fn the_roster_of_2026_has_51_sessions() {
    let hall = Hall::empty("2026-02-02T09:00:00+08:00").await;
    hall.leaders().await;
    let days = hall.generate(2026).await.unwrap();
    assert_eq!(days.len(), 51);
    let of_kind = |kind: ReceptionDayKind| days.iter().filter(|day| day.kind() == kind).collect::<Vec<_>>();
    assert_eq!(of_kind(ReceptionDayKind::Regular).len(), 49);
    let substitutes: Vec<_> = of_kind(ReceptionDayKind::Substitute)
        .iter()
        .map(|day| day.day.as_str())
        .collect();
    assert_eq!(substitutes, ["2026-05-06", "2026-10-08"]);
    let dates: Vec<_> = days.iter().map(|day| day.day.as_str()).collect();
    let none = [
        "2026-02-17",
        "2026-05-05",
        "2026-10-06",
        "2026-02-14",
        "2026-02-28",
        "2026-05-09",
        "2026-09-20",
    ];
    assert!(none.iter().all(|day| !dates.contains(day)));
    assert!(!dates.contains(&"2026-10-10"));
    assert_eq!(dates.iter().filter(|day| **day == "2026-02-24").count(), 1);
    let march = days.iter().find(|day| day.day == "2026-03-03").unwrap();
    assert_eq!(
        (march.leader_id.as_str(), march.hall.is_empty()),
        (ZHANG.to_string().as_str(), false)
    );
    assert_eq!(march.backup_leader_id, LIU.to_string());
    assert_eq!(march.state(), ReceptionDayState::Planned);
    assert_eq!(
        hall.generate(2026).await.unwrap(),
        days,
        "planning again changes nothing"
    );
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_for_a_holiday_is_told_the_next_days() {
    let hall = Hall::with_roster().await;
    let request = booking(("2026-05-05", "09:00", "1"), "测试甲", "", "19900000001");
    let refused = hall
        .appointments(&Hall::clerk())
        .book_appointment(request)
        .await
        .unwrap_err();
    assert_eq!(reason(&refused), "NOT_A_RECEPTION_DAY");
    assert_eq!(wrong_fields(&refused), ["slot.day"]);
    assert_eq!(fact(&refused, "next_days"), "2026-05-06,2026-05-12");
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_year_without_a_notice_is_provisional_and_booked_thirty_days_ahead_only() {
    let hall = Hall::empty("2026-12-21T09:00:00+08:00").await;
    hall.leaders().await;
    let days = hall.generate(2027).await.unwrap();
    assert!(days.iter().all(|day| day.provisional));
    hall.publish(2027).await.unwrap();
    let near = booking(("2027-01-19", "09:00", "1"), "测试甲", "", "19900000001");
    hall.appointments(&Hall::clerk())
        .book_appointment(near)
        .await
        .unwrap();
    let far = booking(("2027-01-26", "09:00", "1"), "测试甲", "", "19900000001");
    let refused = hall
        .appointments(&Hall::clerk())
        .book_appointment(far)
        .await
        .unwrap_err();
    assert_eq!(reason(&refused), "PROVISIONAL_DAY");
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn days_are_published_three_working_days_ahead() {
    let hall = Hall::empty("2026-02-27T09:00:00+08:00").await;
    hall.leaders().await;
    let none = hall.generate(2025).await;
    assert!(none.is_ok(), "last year can be planned");
    hall.generate(2026).await.unwrap();
    let (published, too_late) = hall.publish(2026).await.unwrap();
    assert_eq!(published[0].day, "2026-03-03");
    assert!(too_late.contains(&"2026-02-24".to_owned()));
    let again = hall.publish(2026).await.unwrap_err();
    assert_eq!(
        (again.code(), reason(&again)),
        (Code::FailedPrecondition, "NOTHING_TO_PUBLISH".to_owned())
    );
    let event: ReceptionDayChanged = hall.bench.event("reception_day.published").await;
    assert_eq!(event.day, "2026-12-29");
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_is_opened_on_the_day_and_closed_when_its_records_are_finalised() {
    let hall = Hall::with_roster().await;
    hall.units().await;
    let day = hall.day("2026-03-03").await;
    let early = hall.open(&day).await.unwrap_err();
    assert_eq!(reason(&early), "NOT_TODAY");
    hall.bench.set_clock("2026-03-03T10:00:00+08:00");
    let open = hall.open(&day).await.unwrap();
    assert_eq!(reason(&hall.open(&day).await.unwrap_err()), "STALE_VERSION");
    assert_eq!(reason(&hall.open(&open).await.unwrap_err()), "WRONG_STATE");

    let case = hall.case(1, &open).await;
    let mut receptions = hall.receptions(&Hall::clerk());
    let record = receptions
        .record_reception(talk(case, &open))
        .await
        .unwrap()
        .into_inner();
    let close = || CloseReceptionDayRequest {
        request_id: fresh(),
        reception_day_id: open.reception_day_id.clone(),
        version: open.version,
    };
    let mut roster = hall.roster(&Hall::clerk());
    let refused = roster.close_reception_day(close()).await.unwrap_err();
    assert_eq!(reason(&refused), "OPEN_RECORDS");
    assert_eq!(fact(&refused, "reception_numbers"), "JF-220502-20260303-001");
    let finalise = FinaliseReceptionRequest {
        request_id: fresh(),
        reception_id: record.reception_id,
        version: record.version,
    };
    receptions.finalise_reception(finalise).await.unwrap();
    let closed = roster
        .close_reception_day(close())
        .await
        .unwrap()
        .into_inner()
        .reception_day
        .unwrap();
    assert_eq!(closed.state(), ReceptionDayState::Closed);

    let request = GetReceptionDayRequest {
        reception_day_id: open.reception_day_id.clone(),
    };
    let shown = roster.get_reception_day(request).await.unwrap().into_inner();
    assert_eq!(shown.slots.len(), 22);
    assert_eq!(shown.visitors.len(), 1);
    assert!(!shown.visitors[0].reception_id.is_empty());
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn calling_a_day_off_frees_its_appointments_and_plans_a_substitute() {
    let hall = Hall::with_roster().await;
    let request = booking(("2026-03-10", "09:00", "1"), "测试甲", "", "19900000001");
    hall.appointments(&Hall::clerk())
        .book_appointment(request)
        .await
        .unwrap();
    let day = hall.day("2026-03-10").await;
    let cancel = |substitute: &str| CancelReceptionDayRequest {
        request_id: fresh(),
        reception_day_id: day.reception_day_id.clone(),
        version: day.version,
        reason: "防汛值守".to_owned(),
        substitute_day: substitute.to_owned(),
    };
    let mut roster = hall.roster(&Hall::head());
    let taken = roster
        .cancel_reception_day(cancel("2026-03-17"))
        .await
        .unwrap_err();
    assert_eq!(reason(&taken), "DAY_TAKEN");
    let weekend = roster
        .cancel_reception_day(cancel("2026-03-14"))
        .await
        .unwrap_err();
    assert_eq!(wrong_fields(&weekend), ["substitute_day"]);
    let done = roster
        .cancel_reception_day(cancel("2026-03-12"))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(done.cancelled_appointments, 1);
    assert_eq!(done.substitute.unwrap().kind(), ReceptionDayKind::Extra);
    assert_eq!(done.reception_day.unwrap().state(), ReceptionDayState::Cancelled);
    assert_eq!(hall.day("2026-03-12").await.state(), ReceptionDayState::Planned);
    let days = hall.generate(2026).await.unwrap();
    assert!(
        !days.iter().any(|day| day.day == "2026-03-10"),
        "a day that was called off is not planned again"
    );
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_public_sees_published_days_page_by_page() {
    let hall = Hall::with_roster().await;
    let citizen = Person::new("jia", "测试甲").with(Role::Pet);
    let mut roster = hall.roster(&citizen);
    let mut request = ListReceptionDaysRequest {
        from: "2026-01-01".to_owned(),
        ..ListReceptionDaysRequest::default()
    };
    request.page = Some(xinqiao_proto::common::PageRequest {
        page_size: 30,
        page_token: String::new(),
    });
    let first = roster
        .list_reception_days(request.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(first.reception_days.len(), 30);
    assert_eq!(
        first.reception_days[0].day, "2026-02-10",
        "what was too late to publish is not public"
    );
    let next_page_token = first.page.unwrap().next_page_token;
    request.page = Some(xinqiao_proto::common::PageRequest {
        page_size: 30,
        page_token: next_page_token,
    });
    let second = roster.list_reception_days(request).await.unwrap().into_inner();
    assert_eq!(second.reception_days.len(), 16);
    assert!(second.page.unwrap().next_page_token.is_empty());
    hall.bench.finish().await;
}
