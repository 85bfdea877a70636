//! Of what becomes of his appointment a petitioner is told, when intake knows him by a case.

use xinqiao_chassis::document::timestamp;
use xinqiao_chassis::testing::instant;
use xinqiao_proto::event::{NotificationRequested, NotificationTemplate};
use xinqiao_proto::scheduling::{
    BookAppointmentRequest, CancelAppointmentRequest, CancelReceptionDayRequest,
    RescheduleAppointmentRequest, SlotRef,
};

use crate::hall::*;

const JIA: &str = "11010519491231002X";

#[tokio::test(flavor = "multi_thread")]
async fn the_petitioner_of_a_case_is_told_what_becomes_of_his_appointment() {
    let hall = Hall::with_roster().await;
    let day = hall.day("2026-03-10").await;
    let case = hall.case(1, &day).await;
    let mut clerk = hall.appointments(&Hall::clerk());
    let of_the_case = |start| BookAppointmentRequest {
        case_id: case.to_string(),
        ..booking(("2026-03-10", start, "1"), "测试甲", JIA, "")
    };
    let booked = clerk.book_appointment(of_the_case("09:00")).await.unwrap();
    let booked = booked.into_inner().appointment.unwrap();
    let moved = RescheduleAppointmentRequest {
        request_id: fresh(),
        appointment_id: booked.appointment_id,
        version: booked.version,
        slot: Some(SlotRef {
            day: "2026-03-10".to_owned(),
            start: "10:00".to_owned(),
            room: "1".to_owned(),
        }),
    };
    let moved = clerk.reschedule_appointment(moved).await.unwrap();
    let moved = moved.into_inner().appointment.unwrap();
    let cancel = CancelAppointmentRequest {
        request_id: fresh(),
        appointment_id: moved.appointment_id,
        version: moved.version,
        by_office: true,
        reason: "已当面答复".to_owned(),
    };
    clerk.cancel_appointment(cancel).await.unwrap();
    clerk.book_appointment(of_the_case("09:30")).await.unwrap();
    // Nobody knows where to reach him who comes without a case.
    let stranger = booking(("2026-03-10", "10:30", "1"), "测试乙", "", "19900000003");
    clerk.book_appointment(stranger).await.unwrap();
    let off = CancelReceptionDayRequest {
        request_id: fresh(),
        reception_day_id: day.reception_day_id.clone(),
        version: day.version,
        reason: "防汛值守".to_owned(),
        substitute_day: String::new(),
    };
    hall.roster(&Hall::head())
        .cancel_reception_day(off)
        .await
        .unwrap();

    let published = hall.bench.published().await;
    let told: Vec<NotificationRequested> = published
        .iter()
        .filter(|event| event.kind == "notification.requested")
        .map(xinqiao_chassis::testing::Published::decode)
        .collect();
    assert!(told.iter().all(|told| told.case_id == case.to_string()));
    let at = |start: &str| Some(timestamp(instant(&format!("2026-03-10T{start}:00+08:00"))));
    let told: Vec<_> = told
        .iter()
        .map(|told| (told.template(), told.appointment_at))
        .collect();
    assert_eq!(
        told,
        [
            (NotificationTemplate::AppointmentConfirmed, at("09:00")),
            (NotificationTemplate::AppointmentRescheduled, at("10:00")),
            (NotificationTemplate::AppointmentCancelled, at("10:00")),
            (NotificationTemplate::AppointmentConfirmed, at("09:30")),
            (NotificationTemplate::ReceptionDayCancelled, at("09:30")),
        ]
    );
    hall.bench.finish().await;
}
