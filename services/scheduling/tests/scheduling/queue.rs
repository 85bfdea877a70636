//! The queue of a reception day: numbers without gaps, one rule for who is next, and a screen that shows nobody.

use tonic::Code;
use xinqiao_chassis::identity::Role;
use xinqiao_chassis::testing::Person;
use xinqiao_proto::scheduling::queue_service_client::QueueServiceClient;
use xinqiao_proto::scheduling::{
    CallNextRequest, CallNextResponse, CheckInAppointmentRequest, EndCallRequest, QueueEntry, QueueState,
    ReceptionDay, TakeNumberRequest, TakeNumberResponse, WatchScreenRequest,
};

use crate::hall::{Hall, ZHANG, booking, fresh, reason, wrong_fields};

const JIA: &str = "11010519491231002X";

fn number(day: &ReceptionDay, with_needs: bool) -> TakeNumberRequest {
    TakeNumberRequest {
        request_id: fresh(),
        reception_day_id: day.reception_day_id.clone(),
        appointment_id: String::new(),
        with_needs,
    }
}

async fn take(hall: &Hall, request: TakeNumberRequest) -> Result<TakeNumberResponse, tonic::Status> {
    let mut queue = QueueServiceClient::new(hall.bench.channel(&Hall::clerk()));
    Ok(queue.take_number(request).await?.into_inner())
}

async fn call(hall: &Hall, day: &ReceptionDay, room: &str) -> Result<CallNextResponse, tonic::Status> {
    let aide = Person::new("wu", "吴联络").with(Role::Lda).leader(ZHANG);
    let request = CallNextRequest {
        request_id: fresh(),
        reception_day_id: day.reception_day_id.clone(),
        room: room.to_owned(),
    };
    let mut queue = QueueServiceClient::new(hall.bench.channel(&aide));
    Ok(queue.call_next(request).await?.into_inner())
}

fn entry(answer: TakeNumberResponse) -> QueueEntry {
    answer.entry.unwrap()
}

/// Two who have an appointment at half past nine and at two, booked before the day.
async fn with_appointments() -> (Hall, ReceptionDay, [String; 2]) {
    let hall = Hall::with_roster().await;
    let mut ids = Vec::new();
    let mut clerk = hall.appointments(&Hall::clerk());
    for (start, id_no, phone) in [("09:30", JIA, ""), ("14:00", "", "19900000002")] {
        let request = booking(("2026-03-03", start, "1"), "测试甲", id_no, phone);
        let booked = clerk.book_appointment(request).await.unwrap().into_inner();
        ids.push(booked.appointment.unwrap().appointment_id);
    }
    hall.bench.set_clock("2026-03-03T09:12:00+08:00");
    let day = hall.open(&hall.day("2026-03-03").await).await.unwrap();
    (hall, day, ids.try_into().unwrap())
}

async fn check_in(hall: &Hall, appointment_id: &str) {
    let request = CheckInAppointmentRequest {
        request_id: fresh(),
        appointment_id: appointment_id.to_owned(),
        version: 1,
    };
    let mut clerk = hall.appointments(&Hall::clerk());
    clerk.check_in_appointment(request).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn many_counters_give_numbers_without_gaps_and_each_kept_slot_once() {
    let (hall, day) = Hall::receiving().await;
    let mut taking = Vec::new();
    for _ in 0..20 {
        let mut queue = QueueServiceClient::new(hall.bench.channel(&Hall::clerk()));
        let request = number(&day, false);
        taking.push(tokio::spawn(async move { queue.take_number(request).await }));
    }
    let mut given = Vec::new();
    for one in taking {
        let entry = one.await.unwrap().unwrap().into_inner().entry.unwrap();
        given.push((entry.number, entry.start));
    }
    given.sort();
    let numbers: Vec<_> = given.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, (1..=20).collect::<Vec<_>>());
    let starts: Vec<_> = given.iter().map(|(_, start)| start.as_str()).take(5).collect();
    assert_eq!(
        starts,
        ["11:00", "11:00", "16:00", "16:00", ""],
        "two rooms keep the last slot of morning and afternoon, and who comes after has a number all the same"
    );
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_needs_is_called_first_then_whose_time_has_come_then_by_number() {
    let (hall, day, [half_past_nine, two]) = with_appointments().await;
    for id in [&half_past_nine, &two] {
        check_in(&hall, id).await;
    }
    let of = |id: &str| TakeNumberRequest {
        appointment_id: id.to_owned(),
        ..number(&day, false)
    };
    let early = take(&hall, of(&two)).await.unwrap();
    assert!(early.rule.unwrap().zh.contains("叫号次序"));
    take(&hall, number(&day, false)).await.unwrap();
    take(&hall, of(&half_past_nine)).await.unwrap();
    take(&hall, number(&day, false)).await.unwrap();
    let with_needs = take(&hall, number(&day, true)).await.unwrap();
    assert_eq!(with_needs.before, 0);
    let again = take(&hall, of(&two)).await.unwrap_err();
    assert_eq!(reason(&again), "HAS_NUMBER");

    hall.bench.set_clock("2026-03-03T09:31:00+08:00");
    let mut called = Vec::new();
    for _ in 0..5 {
        let answer = call(&hall, &day, "1").await.unwrap();
        let reason = answer.reason.unwrap().en;
        called.push((answer.entry.unwrap().number, reason));
    }
    let told: Vec<_> = called
        .iter()
        .map(|(number, why)| (*number, why.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (5, "people with special needs come first"),
            (3, "its slot has begun"),
            (2, "by number"),
            (4, "by number"),
            (1, "before its time, but nobody else waits"),
        ]
    );
    let empty = call(&hall, &day, "1").await.unwrap_err();
    assert_eq!(reason(&empty), "NOBODY_WAITS");
    let nowhere = call(&hall, &day, "9").await.unwrap_err();
    assert_eq!(wrong_fields(&nowhere), ["room"]);
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_not_there_takes_a_new_number_and_nothing_else_follows() {
    let (hall, day, [half_past_nine, _]) = with_appointments().await;
    let of = || TakeNumberRequest {
        appointment_id: half_past_nine.clone(),
        ..number(&day, false)
    };
    let outside = take(&hall, of()).await.unwrap_err();
    assert_eq!(reason(&outside), "NOT_IN_THE_HALL");
    check_in(&hall, &half_past_nine).await;
    assert_eq!(
        entry(take(&hall, of()).await.unwrap()).number,
        1,
        "no number was lost"
    );
    let called = call(&hall, &day, "2").await.unwrap().entry.unwrap();
    let end = |version| EndCallRequest {
        request_id: fresh(),
        queue_entry_id: called.queue_entry_id.clone(),
        version,
        absent: true,
    };
    let mut clerk = QueueServiceClient::new(hall.bench.channel(&Hall::clerk()));
    let stale = clerk.end_call(end(called.version - 1)).await.unwrap_err();
    assert_eq!(reason(&stale), "STALE_VERSION");
    let ended = clerk.end_call(end(called.version)).await.unwrap().into_inner();
    let ended = ended.entry.unwrap();
    assert_eq!(ended.state(), QueueState::Absent);
    let twice = clerk.end_call(end(ended.version)).await.unwrap_err();
    assert_eq!(reason(&twice), "WRONG_STATE");
    assert_eq!(entry(take(&hall, of()).await.unwrap()).number, 2);
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_rooms_never_call_one_number() {
    let (hall, day) = Hall::receiving().await;
    for _ in 0..8 {
        take(&hall, number(&day, false)).await.unwrap();
    }
    let calls = (0..8).map(|turn| call(&hall, &day, if turn % 2 == 0 { "1" } else { "2" }));
    let answers = futures::future::join_all(calls).await;
    let mut called: Vec<_> = answers
        .into_iter()
        .map(|answer| answer.unwrap().entry.unwrap().number)
        .collect();
    called.sort_unstable();
    assert_eq!(called, (1..=8).collect::<Vec<_>>());
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_screen_shows_numbers_as_they_are_called() {
    let (hall, day) = Hall::receiving().await;
    take(&hall, number(&day, false)).await.unwrap();
    take(&hall, number(&day, true)).await.unwrap();
    let supervisor = Person::new("sun", "孙督查").with(Role::Sup);
    let mut screen = QueueServiceClient::new(hall.bench.channel(&supervisor));
    let watch = WatchScreenRequest {
        reception_day_id: day.reception_day_id.clone(),
    };
    let mut frames = screen.watch_screen(watch.clone()).await.unwrap().into_inner();
    let first = frames.message().await.unwrap().unwrap();
    assert_eq!((first.called.len(), first.waiting), (0, vec![2, 1]));
    call(&hall, &day, "2").await.unwrap();
    let next = frames.message().await.unwrap().unwrap();
    let called: Vec<_> = next
        .called
        .iter()
        .map(|call| (call.number, call.room.as_str()))
        .collect();
    assert_eq!((called, next.waiting), (vec![(2, "2")], vec![1]));
    drop(frames);
    let archivist = Person::new("zhou", "周档案").with(Role::Arc);
    let refused = QueueServiceClient::new(hall.bench.channel(&archivist))
        .watch_screen(watch)
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    let elsewhere = WatchScreenRequest {
        reception_day_id: fresh(),
    };
    let missing = screen.watch_screen(elsewhere).await.unwrap_err();
    assert_eq!(missing.code(), Code::NotFound);
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_that_is_not_open_gives_no_number() {
    let hall = Hall::with_roster().await;
    let day = hall.day("2026-03-03").await;
    let refused = take(&hall, number(&day, false)).await.unwrap_err();
    assert_eq!(reason(&refused), "DAY_NOT_OPEN");
    hall.bench.finish().await;
}
