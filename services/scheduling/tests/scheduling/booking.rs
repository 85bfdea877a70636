//! AS-04: two clerks book one slot, and the life of an appointment.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use tonic::Code;
use xinqiao_chassis::identity::Role;
use xinqiao_chassis::testing::Person;
use xinqiao_proto::event::AppointmentChanged;
use xinqiao_proto::scheduling::{
    Appointment, AppointmentState, AppointmentVisitor, BookAppointmentRequest, CancelAppointmentRequest,
    CheckInAppointmentRequest, ListAppointmentsRequest, ListFreeSlotsRequest, MarkNoShowRequest,
    RescheduleAppointmentRequest, SlotRef,
};

use crate::hall::{Hall, booking, fact, fresh, reason, talk, wrong_fields};

const JIA: &str = "11010519491231002X";
const YI: &str = "440524188001010014";
const NINE: (&str, &str, &str) = ("2026-03-10", "09:00", "1");

async fn book(hall: &Hall, request: BookAppointmentRequest) -> Result<Appointment, tonic::Status> {
    let answer = hall
        .appointments(&Hall::clerk())
        .book_appointment(request)
        .await?;
    Ok(answer.into_inner().appointment.unwrap())
}

fn slot(day: &str, start: &str, room: &str) -> SlotRef {
    SlotRef {
        day: day.to_owned(),
        start: start.to_owned(),
        room: room.to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_hundred_parallel_bookings_one_wins_and_the_rest_are_told_free_slots() {
    let hall = Hall::with_roster().await;
    let mut attempts = Vec::new();
    for number in 0..100 {
        let mut clerk = hall.appointments(&Hall::clerk());
        let request = booking(NINE, "测试甲", "", &format!("199000001{number:02}"));
        attempts.push(tokio::spawn(async move {
            let begun = Instant::now();
            let answer = clerk.book_appointment(request.clone()).await;
            (request, answer, begun.elapsed())
        }));
    }
    let mut winners = Vec::new();
    let mut slowest = Duration::ZERO;
    for attempt in attempts {
        let (request, answer, took) = attempt.await.unwrap();
        slowest = slowest.max(took);
        match answer {
            Ok(answer) => winners.push((request, answer.into_inner().appointment.unwrap())),
            Err(status) => {
                assert_eq!(
                    (status.code(), reason(&status)),
                    (Code::Aborted, "SLOT_TAKEN".to_owned()),
                    "{status:?}"
                );
                let offered = fact(&status, "next_free_slots");
                assert_eq!(
                    offered,
                    "2026-03-10 09:00 2;2026-03-10 09:30 1;2026-03-10 09:30 2"
                );
            }
        }
    }
    assert_eq!(winners.len(), 1);
    assert!(slowest < Duration::from_secs(10), "the slowest took {slowest:?}");
    let (request, appointment) = winners.remove(0);
    assert_eq!(appointment.state(), AppointmentState::Confirmed);
    assert_eq!(appointment.masked_names, ["测**"]);
    let again = book(&hall, request.clone()).await.unwrap();
    assert_eq!(
        again, appointment,
        "the winner's request again gives his appointment"
    );
    let other = BookAppointmentRequest {
        subject: "另一件事".to_owned(),
        ..request
    };
    assert_eq!(book(&hall, other).await.unwrap_err().code(), Code::AlreadyExists);
    let events = hall.bench.published().await;
    assert_eq!(
        events
            .iter()
            .filter(|event| event.kind == "appointment.confirmed")
            .count(),
        1
    );
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_has_one_appointment_per_day_unless_it_is_moved() {
    let hall = Hall::with_roster().await;
    let first = book(&hall, booking(NINE, "测试甲", JIA, "19900000001"))
        .await
        .unwrap();
    for (id_no, phone) in [(JIA, ""), ("", "199 0000 0001"), (JIA, "19900000099")] {
        let ten = booking(("2026-03-10", "10:00", "1"), "测试甲", id_no, phone);
        let refused = book(&hall, ten).await.unwrap_err();
        assert_eq!(
            (refused.code(), reason(&refused)),
            (Code::AlreadyExists, "PERSON_HAS_APPOINTMENT".to_owned())
        );
    }
    book(&hall, booking(("2026-03-17", "10:00", "1"), "测试甲", JIA, ""))
        .await
        .unwrap();
    let moved = RescheduleAppointmentRequest {
        request_id: fresh(),
        appointment_id: first.appointment_id.clone(),
        version: first.version,
        slot: Some(slot("2026-03-10", "10:00", "1")),
    };
    let mut clerk = hall.appointments(&Hall::clerk());
    let second = clerk
        .reschedule_appointment(moved)
        .await
        .unwrap()
        .into_inner()
        .appointment
        .unwrap();
    assert_eq!(
        (second.start.as_str(), second.moved_from),
        ("10:00", first.appointment_id)
    );
    book(&hall, booking(NINE, "测试乙", YI, "")).await.unwrap();
    let ten = booking(("2026-03-10", "10:30", "1"), "测试甲", JIA, "");
    assert_eq!(
        reason(&book(&hall, ten).await.unwrap_err()),
        "PERSON_HAS_APPOINTMENT"
    );
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dump_does_not_tell_on_which_days_a_person_came() {
    let hall = Hall::with_roster().await;
    let first = book(&hall, booking(NINE, "测试甲", JIA, "")).await.unwrap();
    book(&hall, booking(("2026-03-17", "10:00", "1"), "测试甲", JIA, ""))
        .await
        .unwrap();
    let distinct: (i64, i64) =
        sqlx::query_as("SELECT count(*), count(DISTINCT person) FROM appointment_person")
            .fetch_one(hall.bench.pool())
            .await
            .unwrap();
    assert_eq!(distinct, (2, 2));
    // A moved appointment is told by the new day.
    let onto_the_other = RescheduleAppointmentRequest {
        request_id: fresh(),
        appointment_id: first.appointment_id.clone(),
        version: first.version,
        slot: Some(slot("2026-03-17", "10:30", "1")),
    };
    let refused = hall
        .appointments(&Hall::clerk())
        .reschedule_appointment(onto_the_other)
        .await
        .unwrap_err();
    assert_eq!(reason(&refused), "PERSON_HAS_APPOINTMENT");
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_move_leaves_the_appointment_as_it_was() {
    let hall = Hall::with_roster().await;
    let first = book(&hall, booking(NINE, "测试甲", JIA, "")).await.unwrap();
    book(&hall, booking(("2026-03-10", "09:30", "1"), "测试乙", YI, ""))
        .await
        .unwrap();
    let onto_taken = RescheduleAppointmentRequest {
        request_id: fresh(),
        appointment_id: first.appointment_id.clone(),
        version: first.version,
        slot: Some(slot("2026-03-10", "09:30", "1")),
    };
    let mut clerk = hall.appointments(&Hall::clerk());
    assert_eq!(
        reason(&clerk.reschedule_appointment(onto_taken).await.unwrap_err()),
        "SLOT_TAKEN"
    );
    let request = ListAppointmentsRequest {
        page: None,
        reception_day_id: first.reception_day_id.clone(),
    };
    let listed = clerk
        .list_appointments(request)
        .await
        .unwrap()
        .into_inner()
        .appointments;
    assert_eq!(listed.len(), 2);
    assert_eq!(listed[0], first);
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_gave_a_slot_back_or_missed_it_may_book_again() {
    let hall = Hall::with_roster().await;
    let first = book(&hall, booking(NINE, "测试甲", JIA, "")).await.unwrap();
    let mut clerk = hall.appointments(&Hall::clerk());
    let cancel = |by_office, reason: &str| CancelAppointmentRequest {
        request_id: fresh(),
        appointment_id: first.appointment_id.clone(),
        version: first.version,
        by_office,
        reason: reason.to_owned(),
    };
    let without = clerk.cancel_appointment(cancel(true, "")).await.unwrap_err();
    assert_eq!(wrong_fields(&without), ["reason"]);
    clerk.cancel_appointment(cancel(false, "")).await.unwrap();
    let stale = clerk.cancel_appointment(cancel(false, "")).await.unwrap_err();
    assert_eq!(reason(&stale), "STALE_VERSION");

    let second = book(&hall, booking(NINE, "测试甲", JIA, "")).await.unwrap();
    let missed = || MarkNoShowRequest {
        request_id: fresh(),
        appointment_id: second.appointment_id.clone(),
        version: second.version,
    };
    assert_eq!(
        reason(&clerk.mark_no_show(missed()).await.unwrap_err()),
        "NOT_YET_DUE"
    );
    hall.bench.set_clock("2026-03-10T09:05:00+08:00");
    let gone = clerk
        .mark_no_show(missed())
        .await
        .unwrap()
        .into_inner()
        .appointment
        .unwrap();
    assert_eq!(gone.state(), AppointmentState::NoShow);
    book(&hall, booking(("2026-03-10", "09:30", "1"), "测试甲", JIA, ""))
        .await
        .unwrap();
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn why_the_office_calls_an_appointment_off_is_shown_and_not_stored_in_clear() {
    const WHY: &str = "测试甲的事项已由信访局当面答复";
    let hall = Hall::with_roster().await;
    let first = book(&hall, booking(NINE, "测试甲", JIA, "")).await.unwrap();
    let mut clerk = hall.appointments(&Hall::clerk());
    let cancel = CancelAppointmentRequest {
        request_id: fresh(),
        appointment_id: first.appointment_id,
        version: first.version,
        by_office: true,
        reason: WHY.to_owned(),
    };
    let answer = clerk.cancel_appointment(cancel).await.unwrap().into_inner();
    assert_eq!(answer.appointment.unwrap().reason, WHY);
    let list = ListAppointmentsRequest {
        reception_day_id: first.reception_day_id,
        ..ListAppointmentsRequest::default()
    };
    let listed = clerk.list_appointments(list).await.unwrap().into_inner();
    assert_eq!(listed.appointments[0].reason, WHY);
    let stored: Vec<u8> = sqlx::query_scalar("SELECT end_reason FROM appointment")
        .fetch_one(hall.bench.pool())
        .await
        .unwrap();
    assert!(!stored.windows(WHY.len()).any(|part| part == WHY.as_bytes()));
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_appointment_is_completed_by_the_reception() {
    let hall = Hall::with_roster().await;
    hall.units().await;
    let slot = ("2026-03-03", "09:00", "1");
    let booked = book(&hall, booking(slot, "测试甲", JIA, "")).await.unwrap();
    let mut clerk = hall.appointments(&Hall::clerk());
    let check_in = || CheckInAppointmentRequest {
        request_id: fresh(),
        appointment_id: booked.appointment_id.clone(),
        version: booked.version,
    };
    assert_eq!(
        reason(&clerk.check_in_appointment(check_in()).await.unwrap_err()),
        "NOT_TODAY"
    );
    hall.bench.set_clock("2026-03-03T08:50:00+08:00");
    let day = hall.open(&hall.day("2026-03-03").await).await.unwrap();
    clerk.check_in_appointment(check_in()).await.unwrap();
    let case = hall.case(1, &day).await;
    hall.bench.set_clock("2026-03-03T10:00:00+08:00");
    let mut record = talk(case, &day);
    record.appointment_id.clone_from(&booked.appointment_id);
    hall.receptions(&Hall::clerk())
        .record_reception(record)
        .await
        .unwrap();
    let completed: AppointmentChanged = hall.bench.event("appointment.completed").await;
    assert_eq!(completed.appointment_id, booked.appointment_id);
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_at_the_end_of_time_is_a_wrong_field() {
    let hall = Hall::with_roster().await;
    for day in ["9999-12-30", "9999-06-01", "-9999-01-01", "2200-01-01"] {
        let request = ListFreeSlotsRequest { day: day.to_owned() };
        let refused = hall
            .appointments(&Hall::clerk())
            .list_free_slots(request)
            .await
            .unwrap_err();
        assert_eq!(wrong_fields(&refused), ["day"], "{day}");
        let refused = book(&hall, booking((day, "09:00", "1"), "测试甲", JIA, "")).await;
        assert_eq!(wrong_fields(&refused.unwrap_err()), ["slot.day"], "{day}");
    }
    let refused = book(&hall, booking(("2199-12-31", "09:00", "1"), "测试甲", JIA, "")).await;
    assert_eq!(reason(&refused.unwrap_err()), "NOT_A_RECEPTION_DAY");
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_wrong_field_of_a_booking_is_named_and_nothing_is_booked() {
    let hall = Hall::with_roster().await;
    let visitor = |id_no: &str| AppointmentVisitor {
        name: "乙".to_owned(),
        id_no: id_no.to_owned(),
        phone: String::new(),
    };
    let wrong = BookAppointmentRequest {
        slot: Some(slot("2026-03-10", "9 Uhr", "1")),
        visitors: vec![visitor("220502189001010011")],
        subject: String::new(),
        case_id: "x".to_owned(),
        channel: 99,
        ..booking(NINE, "", "", "")
    };
    let refused = book(&hall, wrong).await.unwrap_err();
    let expected: BTreeSet<_> = [
        "slot.start",
        "visitors[0].name",
        "visitors[0].id_no",
        "subject",
        "case_id",
        "channel",
    ]
    .map(str::to_owned)
    .into();
    assert_eq!(
        wrong_fields(&refused).into_iter().collect::<BTreeSet<_>>(),
        expected
    );
    let kept = book(&hall, booking(("2026-03-10", "11:00", "1"), "测试甲", JIA, ""))
        .await
        .unwrap_err();
    assert_eq!(reason(&kept), "WALK_IN_SLOT");
    let citizen = Person::new("jia", "测试甲").with(Role::Pet);
    let request = ListFreeSlotsRequest {
        day: "2026-03-10".to_owned(),
    };
    let free = hall
        .appointments(&citizen)
        .list_free_slots(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        free.slots.len(),
        18,
        "eleven slots in two rooms without those kept for walk-ins"
    );
    hall.bench.finish().await;
}
