//! A slot is held for a time, and people wait for one: whose it is, time and order decide when somebody asks.

use time::Duration;
use tonic::Code;
use uuid::Uuid;
use xinqiao_proto::event::AppointmentChanged;
use xinqiao_proto::scheduling::{
    Appointment, AppointmentState, BookAppointmentRequest, BookOwnAppointmentRequest,
    CancelAppointmentRequest, CancelReceptionDayRequest, ConfirmAppointmentRequest,
    ConfirmOwnAppointmentRequest, DeclineAppointmentRequest, JoinOwnWaitingListRequest,
    JoinWaitingListRequest, ListFreeSlotsRequest, ListOwnAppointmentsRequest, ListWaitingRequest,
    RescheduleAppointmentRequest, RescheduleOwnAppointmentRequest, SlotRef,
};

use crate::hall::{Hall, booking, fact, fresh, reason, wrong_fields};

const DAY: &str = "2026-03-10";
const NINE: (&str, &str, &str) = (DAY, "09:00", "1");

fn slot((day, start, room): (&str, &str, &str)) -> Option<SlotRef> {
    booking((day, start, room), "", "", "").slot
}

fn phone(number: usize) -> String {
    format!("1990000{number:04}")
}

/// A booking that is only held.
fn held(number: usize) -> BookAppointmentRequest {
    BookAppointmentRequest {
        hold: true,
        ..booking(NINE, "测试甲", "", &phone(number))
    }
}

async fn book(hall: &Hall, request: BookAppointmentRequest) -> Result<Appointment, tonic::Status> {
    let answer = hall
        .appointments(&Hall::clerk())
        .book_appointment(request)
        .await?;
    Ok(answer.into_inner().appointment.unwrap())
}

async fn confirm(hall: &Hall, held: &Appointment) -> Result<Appointment, tonic::Status> {
    let request = ConfirmAppointmentRequest {
        request_id: fresh(),
        appointment_id: held.appointment_id.clone(),
        version: held.version,
    };
    let answer = hall
        .appointments(&Hall::clerk())
        .confirm_appointment(request)
        .await?;
    Ok(answer.into_inner().appointment.unwrap())
}

async fn cancel(hall: &Hall, appointment: &Appointment) {
    let request = CancelAppointmentRequest {
        request_id: fresh(),
        appointment_id: appointment.appointment_id.clone(),
        version: appointment.version,
        ..CancelAppointmentRequest::default()
    };
    let mut clerk = hall.appointments(&Hall::clerk());
    clerk.cancel_appointment(request).await.unwrap();
}

async fn free(hall: &Hall) -> (Vec<SlotRef>, u32) {
    let request = ListFreeSlotsRequest { day: DAY.to_owned() };
    let answer = hall.appointments(&Hall::clerk()).list_free_slots(request).await;
    let answer = answer.unwrap().into_inner();
    (answer.slots, answer.waiting)
}

/// Books every slot of the day; gives the appointment in the first of them.
async fn full_day(hall: &Hall) -> Appointment {
    let (slots, _) = free(hall).await;
    let mut first = None;
    for (number, slot) in (100..).zip(slots) {
        let request = booking((DAY, &slot.start, &slot.room), "测试甲", "", &phone(number));
        let booked = book(hall, request).await.unwrap();
        first = first.or(Some(booked));
    }
    first.unwrap()
}

fn joining(number: usize) -> JoinWaitingListRequest {
    let BookAppointmentRequest {
        visitors,
        subject,
        channel,
        ..
    } = booking(NINE, "测试甲", "", &phone(number));
    JoinWaitingListRequest {
        request_id: fresh(),
        day: DAY.to_owned(),
        visitors,
        subject,
        case_id: String::new(),
        channel,
    }
}

async fn join(hall: &Hall, number: usize) -> Result<(Appointment, u32), tonic::Status> {
    let answer = hall
        .appointments(&Hall::clerk())
        .join_waiting_list(joining(number))
        .await?;
    let waiting = answer.into_inner().waiting.unwrap();
    Ok((waiting.appointment.unwrap(), waiting.before))
}

async fn take(hall: &Hall, waiting: &Appointment) -> Result<Appointment, tonic::Status> {
    let request = RescheduleAppointmentRequest {
        request_id: fresh(),
        appointment_id: waiting.appointment_id.clone(),
        version: waiting.version,
        slot: slot(NINE),
    };
    let answer = hall
        .appointments(&Hall::clerk())
        .reschedule_appointment(request)
        .await?;
    Ok(answer.into_inner().appointment.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_keeps_the_slot_until_its_time_is_over_and_no_longer() {
    let hall = Hall::with_roster().await;
    let first = book(&hall, held(1)).await.unwrap();
    assert_eq!(first.state(), AppointmentState::Requested);
    let event: AppointmentChanged = hall.bench.event("appointment.requested").await;
    assert_eq!(event.held_until, first.held_until);
    let taken = book(&hall, held(2)).await.unwrap_err();
    assert_eq!(
        (taken.code(), reason(&taken)),
        (Code::Aborted, "SLOT_TAKEN".to_owned())
    );
    assert_eq!(free(&hall).await.0.len(), 17);
    hall.bench.pass(Duration::minutes(15));
    assert_eq!(free(&hall).await.0.len(), 18, "nothing had to happen");
    let late = confirm(&hall, &first).await.unwrap_err();
    assert_eq!(
        (reason(&late), fact(&late, "state")),
        ("WRONG_STATE".to_owned(), "EXPIRED".to_owned())
    );
    let second = book(&hall, held(2)).await.unwrap();
    let second = confirm(&hall, &second).await.unwrap();
    assert_eq!(second.state(), AppointmentState::Confirmed);
    // Whose hold is over, holds nothing that keeps him from another.
    book(&hall, booking((DAY, "09:30", "1"), "测试甲", "", &phone(1)))
        .await
        .unwrap();
    let stored: Vec<String> = sqlx::query_scalar("SELECT state FROM appointment ORDER BY created_at, id")
        .fetch_all(hall.bench.pool())
        .await
        .unwrap();
    assert_eq!(stored, ["EXPIRED", "CONFIRMED", "CONFIRMED"]);
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_want_a_slot_whose_hold_is_over_one_gets_it() {
    let hall = Hall::with_roster().await;
    book(&hall, held(1)).await.unwrap();
    hall.bench.pass(Duration::minutes(15));
    let mut attempts = Vec::new();
    for number in 2..22 {
        let mut clerk = hall.appointments(&Hall::clerk());
        attempts.push(tokio::spawn(
            async move { clerk.book_appointment(held(number)).await },
        ));
    }
    let mut winners = 0;
    for attempt in attempts {
        match attempt.await.unwrap() {
            Ok(_) => winners += 1,
            Err(status) => assert_eq!(reason(&status), "SLOT_TAKEN"),
        }
    }
    assert_eq!(winners, 1);
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_office_declines_with_a_reason_and_not_without() {
    const WHY: &str = "该事项由区住建局当面答复";
    let hall = Hall::with_roster().await;
    let first = book(&hall, held(1)).await.unwrap();
    let decline = |why: &str| DeclineAppointmentRequest {
        request_id: fresh(),
        appointment_id: first.appointment_id.clone(),
        version: first.version,
        reason: why.to_owned(),
    };
    let mut clerk = hall.appointments(&Hall::clerk());
    let refused = clerk.decline_appointment(decline("")).await.unwrap_err();
    assert_eq!(wrong_fields(&refused), ["reason"]);
    let declined = clerk.decline_appointment(decline(WHY)).await.unwrap();
    let declined = declined.into_inner().appointment.unwrap();
    assert_eq!(
        (declined.state(), declined.reason.as_str()),
        (AppointmentState::Declined, WHY)
    );
    let event: AppointmentChanged = hall.bench.event("appointment.declined").await;
    assert_eq!(event.appointment_id, first.appointment_id);
    // The slot is free, and nothing keeps the person from another.
    book(&hall, booking(NINE, "测试甲", "", &phone(1))).await.unwrap();
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slot_that_becomes_free_goes_by_the_order_of_the_list() {
    let hall = Hall::with_roster().await;
    let refused = join(&hall, 1).await.unwrap_err();
    assert_eq!(reason(&refused), "SLOTS_FREE");
    assert_eq!(
        fact(&refused, "next_free_slots"),
        "2026-03-10 09:00 1;2026-03-10 09:00 2;2026-03-10 09:30 1"
    );
    let first_holder = full_day(&hall).await;
    let (first, before) = join(&hall, 1).await.unwrap();
    assert_eq!((first.state(), before), (AppointmentState::Requested, 0));
    let (second, before) = join(&hall, 2).await.unwrap();
    assert_eq!(before, 1);
    let again = join(&hall, 1).await.unwrap_err();
    assert_eq!(reason(&again), "PERSON_HAS_APPOINTMENT");

    cancel(&hall, &first_holder).await;
    assert_eq!(free(&hall).await, (Vec::new(), 2), "it is theirs first");
    for outsider in [take(&hall, &second).await, book(&hall, held(3)).await] {
        assert_eq!(reason(&outsider.unwrap_err()), "WAITING_FIRST");
    }
    let list = ListWaitingRequest {
        reception_day_id: first.reception_day_id.clone(),
    };
    let listed = hall
        .appointments(&Hall::head())
        .list_waiting(list)
        .await
        .unwrap()
        .into_inner();
    let may: Vec<_> = listed
        .waiting
        .iter()
        .map(|one| (one.before, one.slots.len()))
        .collect();
    assert_eq!(may, [(0, 1), (1, 0)]);
    assert!(listed.rule.unwrap().zh.contains("120分钟"));

    // The first does not answer: after a turn the second takes it.
    hall.bench.pass(Duration::minutes(120));
    let taken = take(&hall, &second).await.unwrap();
    assert_eq!(
        (taken.state(), taken.moved_from),
        (AppointmentState::Confirmed, second.appointment_id)
    );
    assert_eq!(reason(&take(&hall, &first).await.unwrap_err()), "SLOT_TAKEN");
    let no_slot = confirm(&hall, &first).await.unwrap_err();
    assert_eq!(reason(&no_slot), "NO_SLOT_YET");
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_the_list_keeps_nobody_behind_and_a_day_called_off_ends_it() {
    let hall = Hall::with_roster().await;
    let first_holder = full_day(&hall).await;
    let (first, _) = join(&hall, 1).await.unwrap();
    let (second, _) = join(&hall, 2).await.unwrap();
    cancel(&hall, &first).await;
    cancel(&hall, &first_holder).await;
    take(&hall, &second).await.unwrap();
    let (third, before) = join(&hall, 3).await.unwrap();
    assert_eq!(before, 0);
    let day = hall.day(DAY).await;
    let off = CancelReceptionDayRequest {
        request_id: fresh(),
        reception_day_id: day.reception_day_id,
        version: day.version,
        reason: "会场检修".to_owned(),
        substitute_day: String::new(),
    };
    let answer = hall
        .roster(&Hall::head())
        .cancel_reception_day(off)
        .await
        .unwrap();
    assert_eq!(answer.into_inner().cancelled_appointments, 19);
    let state: String = sqlx::query_scalar("SELECT state FROM appointment WHERE id = $1")
        .bind(Uuid::parse_str(&third.appointment_id).unwrap())
        .fetch_one(hall.bench.pool())
        .await
        .unwrap();
    assert_eq!(state, "CANCELLED_BY_OFFICE");
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_petitioner_waits_and_takes_what_becomes_free_himself() {
    let hall = Hall::with_roster().await;
    let first_holder = full_day(&hall).await;
    let case = hall.case(1, &hall.day(DAY).await).await;
    let mut own = hall.own(case);
    let join = JoinOwnWaitingListRequest {
        request_id: fresh(),
        day: DAY.to_owned(),
        subject: "房屋质量".to_owned(),
    };
    own.join_own_waiting_list(join).await.unwrap();
    let mine = async |own: &mut crate::hall::OwnAppointments| {
        let answer = own.list_own_appointments(ListOwnAppointmentsRequest {}).await;
        answer.unwrap().into_inner()
    };
    let listed = mine(&mut own).await;
    assert_eq!((listed.waiting[0].before, listed.waiting[0].slots.len()), (0, 0));
    cancel(&hall, &first_holder).await;
    let listed = mine(&mut own).await;
    let offered = listed.waiting[0].slots.clone();
    assert_eq!(offered, [slot(NINE).unwrap()]);
    let entry = listed.waiting[0].appointment.clone().unwrap();
    let take = RescheduleOwnAppointmentRequest {
        request_id: fresh(),
        appointment_id: entry.appointment_id,
        version: entry.version,
        slot: offered.into_iter().next(),
    };
    own.reschedule_own_appointment(take).await.unwrap();
    let listed = mine(&mut own).await;
    assert_eq!((listed.waiting.len(), listed.appointments.len()), (0, 1));
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_petitioner_holds_a_slot_and_confirms_it() {
    let hall = Hall::with_roster().await;
    let case = hall.case(1, &hall.day(DAY).await).await;
    let mut own = hall.own(case);
    let request = BookOwnAppointmentRequest {
        request_id: fresh(),
        slot: slot(NINE),
        subject: "房屋质量".to_owned(),
        hold: true,
    };
    let held = own.book_own_appointment(request).await.unwrap().into_inner();
    let held = held.appointment.unwrap();
    let confirm = || ConfirmOwnAppointmentRequest {
        request_id: fresh(),
        appointment_id: held.appointment_id.clone(),
        version: held.version,
    };
    let done = own.confirm_own_appointment(confirm()).await.unwrap().into_inner();
    assert_eq!(done.appointment.unwrap().state(), AppointmentState::Confirmed);
    let stale = own.confirm_own_appointment(confirm()).await.unwrap_err();
    assert_eq!(reason(&stale), "STALE_VERSION");
    hall.bench.finish().await;
}
