//! What lists show of cases, and to whom.

use uuid::Uuid;
use xinqiao_chassis::identity::Role;
use xinqiao_chassis::testing::Person;
use xinqiao_proto::scheduling::{
    BookAppointmentRequest, GetReceptionDayRequest, GetReceptionRequest, ListAppointmentsRequest,
    ListOpenRecordsRequest, ReceptionDay,
};

use crate::hall::{Hall, LIU, ZHANG, booking, reason, talk};

const JIA: &str = "11010519491231002X";

fn leader(id: Uuid) -> Person {
    Person::new("a-leader", "某副区长").with(Role::Ldr).leader(id)
}

/// The leader of a day, and another.
fn leaders(day: &ReceptionDay) -> [Person; 2] {
    let own: Uuid = day.leader_id.parse().unwrap();
    [leader(own), leader(if own == ZHANG { LIU } else { ZHANG })]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_sees_the_visitors_of_his_days_alone() {
    let (hall, day) = Hall::receiving().await;
    hall.case(1, &day).await;
    let [own, other] = leaders(&day);
    for (who, visitors) in [
        (Hall::clerk(), 1),
        (Person::new("sun", "孙督查").with(Role::Sup), 1),
        (own, 1),
        (other, 0),
    ] {
        let request = GetReceptionDayRequest {
            reception_day_id: day.reception_day_id.clone(),
        };
        let shown = hall.roster(&who).get_reception_day(request).await.unwrap();
        assert_eq!(shown.into_inner().visitors.len(), visitors, "{who:?}");
    }
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_appointment_of_a_case_is_listed_to_who_may_know_of_the_case() {
    let hall = Hall::with_roster().await;
    let day = hall.day("2026-03-10").await;
    let case = hall.case(1, &day).await;
    let request = BookAppointmentRequest {
        case_id: case.to_string(),
        ..booking(("2026-03-10", "09:00", "1"), "测试甲", JIA, "")
    };
    let booked = hall.appointments(&Hall::clerk()).book_appointment(request).await;
    booked.unwrap();
    let list = || ListAppointmentsRequest {
        page: None,
        reception_day_id: day.reception_day_id.clone(),
    };
    let [own, other] = leaders(&day);
    for (who, appointments) in [(Hall::clerk(), 1), (Hall::head(), 1), (own, 1), (other, 0)] {
        let shown = hall.appointments(&who).list_appointments(list()).await.unwrap();
        assert_eq!(shown.into_inner().appointments.len(), appointments, "{who:?}");
    }
    for role in [Role::CityOp, Role::Pro] {
        let both = Hall::clerk().with(role);
        let refused = hall
            .appointments(&both)
            .list_appointments(list())
            .await
            .unwrap_err();
        assert_eq!(reason(&refused), "NO_CONTENT", "{role}");
        let records = ListOpenRecordsRequest { page: None };
        let refused = hall
            .receptions(&both)
            .list_open_records(records)
            .await
            .unwrap_err();
        assert_eq!(reason(&refused), "NO_CONTENT", "{role}");
    }
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_a_record_is_noted_of_its_case() {
    let (hall, day) = Hall::receiving().await;
    let case = hall.case(1, &day).await;
    hall.bench.set_clock("2026-03-03T10:00:00+08:00");
    let mut clerk = hall.receptions(&Hall::clerk());
    let recorded = clerk
        .record_reception(talk(case, &day))
        .await
        .unwrap()
        .into_inner();
    let request = GetReceptionRequest {
        reception_id: recorded.reception_id.clone(),
    };
    clerk.get_reception(request).await.unwrap();
    let noted: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM audit WHERE object = $1 AND position('ReadReception'::bytea IN canonical) > 0
           AND position(convert_to($2, 'UTF8') IN canonical) > 0",
    )
    .bind(format!("case:{case}"))
    .bind(format!("reception:{}", recorded.reception_id))
    .fetch_one(hall.bench.pool())
    .await
    .unwrap();
    assert_eq!(noted, 1);
    hall.bench.finish().await;
}
