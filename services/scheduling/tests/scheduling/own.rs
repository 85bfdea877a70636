//! A petitioner books for himself: he is known by blind index alone, and has one appointment on a day like anybody.

use prost::Message as _;
use tonic::Code;
use uuid::Uuid;
use xinqiao_chassis::identity::Role;
use xinqiao_chassis::journal::Entity;
use xinqiao_chassis::random;
use xinqiao_chassis::testing::{Foreign, Person};
use xinqiao_kernel::{CaseNumber, ChannelDigit};
use xinqiao_proto::event::CaseRegistered;
use xinqiao_proto::scheduling::{
    AppointmentState, BookOwnAppointmentRequest, BookingChannel, CancelOwnAppointmentRequest,
    ListOwnAppointmentsRequest, RescheduleOwnAppointmentRequest, SlotRef,
};

use crate::hall::{Hall, OwnAppointments, booking, fresh, reason};

const JIA: &str = "11010519491231002X";
const NINE: (&str, &str, &str) = ("2026-03-10", "09:00", "1");
const TEN: (&str, &str, &str) = ("2026-03-10", "10:00", "1");

fn slot((day, start, room): (&str, &str, &str)) -> SlotRef {
    SlotRef {
        day: day.to_owned(),
        start: start.to_owned(),
        room: room.to_owned(),
    }
}

fn own(place: (&str, &str, &str)) -> BookOwnAppointmentRequest {
    BookOwnAppointmentRequest {
        request_id: fresh(),
        slot: Some(slot(place)),
        subject: "房屋质量".to_owned(),
        hold: false,
    }
}

impl Hall {
    /// Registers a case as intake would, of somebody with these numbers; gives its identifier.
    async fn case_of(&self, sequence: u32, id_no: &str, mobile: &str, sealed: bool) -> Uuid {
        let (id, district) = (random::new_id(), "220502".parse().unwrap());
        let number = CaseNumber::new(district, 2026, ChannelDigit::Visit, sequence).unwrap();
        let keys = self.bench.desk().keys();
        let index = |field, value: &str| hex::encode(keys.blind_index(district, field, value));
        let known = [("id_no", id_no), ("mobile", mobile)].into_iter();
        let persons: Vec<String> = known
            .filter(|(_, value)| !value.is_empty())
            .map(|(field, value)| index(field, value))
            .collect();
        let event = Foreign::sealed(
            "intake",
            "case.registered",
            Entity::case(id, number),
            |event_id| {
                CaseRegistered {
                    sealed,
                    persons: Some(keys.seal_field(district, event_id, "persons", &persons.join(","))),
                    ..CaseRegistered::default()
                }
                .encode_to_vec()
            },
        );
        self.bench.arrives(event).await;
        id
    }
}

async fn live(own: &mut OwnAppointments) -> Vec<(String, AppointmentState)> {
    let answer = own
        .list_own_appointments(ListOwnAppointmentsRequest {})
        .await
        .unwrap();
    let rows = answer.into_inner().appointments;
    rows.into_iter()
        .map(|row| (row.start.clone(), row.state()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_petitioner_books_moves_and_gives_back_his_own_appointment() {
    let hall = Hall::with_roster().await;
    let case = hall.case_of(1, JIA, "19900000001", false).await;
    let mut jia = hall.own(case);
    let answer = jia.book_own_appointment(own(NINE)).await.unwrap();
    let first = answer.into_inner().appointment.unwrap();
    assert_eq!(
        (first.state(), first.channel(), first.case_id.clone()),
        (
            AppointmentState::Confirmed,
            BookingChannel::Online,
            case.to_string()
        )
    );
    let moved = RescheduleOwnAppointmentRequest {
        request_id: fresh(),
        appointment_id: first.appointment_id.clone(),
        version: first.version,
        slot: Some(slot(TEN)),
    };
    let answer = jia.reschedule_own_appointment(moved).await.unwrap();
    let second = answer.into_inner().appointment.unwrap();
    assert_eq!(second.moved_from, first.appointment_id);
    assert_eq!(
        live(&mut jia).await,
        [("10:00".to_owned(), AppointmentState::Confirmed)]
    );
    let cancel = CancelOwnAppointmentRequest {
        request_id: fresh(),
        appointment_id: second.appointment_id.clone(),
        version: second.version,
    };
    jia.cancel_own_appointment(cancel).await.unwrap();
    assert_eq!(live(&mut jia).await, []);
    let nothing: i64 = sqlx::query_scalar("SELECT count(*) FROM appointment_person")
        .fetch_one(hall.bench.pool())
        .await
        .unwrap();
    assert_eq!(nothing, 0, "who gave his slot back holds nothing");
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_an_appointment_from_the_counter_books_no_second_one_himself() {
    let hall = Hall::with_roster().await;
    let case = hall.case_of(1, JIA, "19900000001", false).await;
    let mut clerk = hall.appointments(&Hall::clerk());
    let by_number = clerk.book_appointment(booking(NINE, "测试甲", JIA, "")).await;
    by_number.unwrap();
    let mut jia = hall.own(case);
    let refused = jia.book_own_appointment(own(TEN)).await.unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused)),
        (Code::AlreadyExists, "PERSON_HAS_APPOINTMENT".to_owned())
    );
    jia.book_own_appointment(own(("2026-03-17", "10:00", "1")))
        .await
        .unwrap();
    // The other way round, and by the other number of his.
    let by_mobile = booking(("2026-03-17", "10:30", "1"), "测试甲", "", "199 0000 0001");
    let refused = clerk.book_appointment(by_mobile).await.unwrap_err();
    assert_eq!(reason(&refused), "PERSON_HAS_APPOINTMENT");
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_intake_knows_by_no_number_is_told_by_his_case() {
    let hall = Hall::with_roster().await;
    let case = hall.case_of(1, "", "", false).await;
    let mut petitioner = hall.own(case);
    petitioner.book_own_appointment(own(NINE)).await.unwrap();
    let refused = petitioner.book_own_appointment(own(TEN)).await.unwrap_err();
    assert_eq!(reason(&refused), "PERSON_HAS_APPOINTMENT");
    let other = hall.case_of(2, "", "", false).await;
    hall.own(other).book_own_appointment(own(TEN)).await.unwrap();
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_touches_the_appointment_of_another_case_nor_books_for_a_sealed_one() {
    let hall = Hall::with_roster().await;
    let case = hall.case_of(1, JIA, "", false).await;
    let answer = hall.own(case).book_own_appointment(own(NINE)).await.unwrap();
    let appointment = answer.into_inner().appointment.unwrap();
    let other = hall.case_of(2, "", "19900000002", false).await;
    let cancel = CancelOwnAppointmentRequest {
        request_id: fresh(),
        appointment_id: appointment.appointment_id,
        version: appointment.version,
    };
    let refused = hall.own(other).cancel_own_appointment(cancel).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);
    let sealed = hall.case_of(3, "", "", true).await;
    for case in [sealed, random::new_id()] {
        let refused = hall.own(case).book_own_appointment(own(TEN)).await.unwrap_err();
        assert_eq!(refused.code(), Code::NotFound);
    }
    let clerk = Person::new("li", "李登记").with(Role::Clk);
    let refused = OwnAppointments::new(hall.bench.channel(&clerk))
        .book_own_appointment(own(TEN))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dump_does_not_tell_which_cases_one_person_has() {
    let hall = Hall::with_roster().await;
    hall.case_of(1, JIA, "", false).await;
    hall.case_of(2, JIA, "", false).await;
    let distinct: (i64, i64) =
        sqlx::query_as("SELECT count(persons), count(DISTINCT persons) FROM known_case")
            .fetch_one(hall.bench.pool())
            .await
            .unwrap();
    assert_eq!(distinct, (2, 2));
    hall.bench.finish().await;
}
