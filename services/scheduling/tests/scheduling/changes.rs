//! A day that was published changes: another leader, another hall, or not at all.

use uuid::Uuid;
use xinqiao_chassis::identity::Role;
use xinqiao_chassis::journal::Entity;
use xinqiao_chassis::testing::{Foreign, Person};
use xinqiao_kernel::{CaseNumber, ChannelDigit};
use xinqiao_proto::event::{CaseReleased, ReceptionDayChanged};
use xinqiao_proto::scheduling::{
    CancelReceptionDayRequest, ChangeReceptionDayRequest, PublishRosterRequest, ReceptionDay,
    RecordLeaveRequest,
};

use crate::hall::{Hall, LIU, ZHANG, booking, fact, fresh, leader, reason, wrong_fields};

/// Leader 陈副区长, third in the rota.
const CHEN: Uuid = Uuid::from_u128(0xc4);

fn change(day: &ReceptionDay, leader_id: Uuid) -> ChangeReceptionDayRequest {
    ChangeReceptionDayRequest {
        request_id: fresh(),
        reception_day_id: day.reception_day_id.clone(),
        version: day.version,
        leader_id: leader_id.to_string(),
        reason: "市里会议".to_owned(),
        ..ChangeReceptionDayRequest::default()
    }
}

async fn with_a_third_leader() -> Hall {
    let hall = Hall::with_roster().await;
    let chen = leader(CHEN, "陈副区长", "chen", 3);
    hall.masters(&Hall::head()).put_leader(chen).await.unwrap();
    hall
}

#[tokio::test(flavor = "multi_thread")]
async fn another_leader_takes_the_day_and_who_expects_it_is_told() {
    let hall = with_a_third_leader().await;
    let day = hall.day("2026-03-10").await;
    assert_eq!(
        (&day.leader_id, &day.backup_leader_id),
        (&LIU.to_string(), &ZHANG.to_string())
    );
    let case = hall.case(1, &day).await;
    let unknown_case = booking(("2026-03-10", "09:00", "1"), "测试乙", "", "19900000002");
    hall.appointments(&Hall::clerk())
        .book_appointment(unknown_case)
        .await
        .unwrap();

    let mut roster = hall.roster(&Hall::head());
    let answer = roster
        .change_reception_day(change(&day, ZHANG))
        .await
        .unwrap()
        .into_inner();
    let changed = answer.reception_day.unwrap();
    assert_eq!(
        (&changed.leader_id, changed.backup_leader_id.as_str()),
        (&ZHANG.to_string(), "")
    );
    assert_eq!((changed.version, changed.state()), (day.version + 1, day.state()));
    assert_eq!(
        (answer.case_ids, answer.appointments_without_case),
        (vec![case.to_string()], 1)
    );
    let event: ReceptionDayChanged = hall.bench.event("reception_day.changed").await;
    assert_eq!(event.case_ids, [case.to_string()]);
    assert_eq!(
        (event.leader_id, event.previous_leader_id),
        (ZHANG.to_string(), LIU.to_string())
    );

    let again = ChangeReceptionDayRequest {
        leader_id: String::new(),
        backup_leader_id: CHEN.to_string(),
        hall: "东昌区政务服务中心".to_owned(),
        ..change(&changed, CHEN)
    };
    let moved = roster
        .change_reception_day(again)
        .await
        .unwrap()
        .into_inner()
        .reception_day
        .unwrap();
    assert_eq!(
        (moved.leader_id, moved.backup_leader_id),
        (ZHANG.to_string(), CHEN.to_string())
    );
    assert_eq!(moved.hall, "东昌区政务服务中心");
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_away_or_unknown_takes_no_day_and_nothing_changes() {
    let hall = with_a_third_leader().await;
    let day = hall.day("2026-03-10").await;
    let chen = Person::new("chen", "陈副区长").with(Role::Ldr).leader(CHEN);
    let leave = RecordLeaveRequest {
        request_id: fresh(),
        leader_id: CHEN.to_string(),
        first_day: "2026-03-09".to_owned(),
        last_day: "2026-03-10".to_owned(),
    };
    hall.masters(&chen).record_leave(leave).await.unwrap();
    let wrong = ChangeReceptionDayRequest {
        backup_leader_id: fresh(),
        hall: "厅".to_owned(),
        reason: String::new(),
        ..change(&day, CHEN)
    };
    let mut roster = hall.roster(&Hall::head());
    let refused = roster.change_reception_day(wrong).await.unwrap_err();
    assert_eq!(
        wrong_fields(&refused),
        ["reason", "hall", "leader_id", "backup_leader_id"]
    );
    let himself = ChangeReceptionDayRequest {
        backup_leader_id: ZHANG.to_string(),
        ..change(&day, ZHANG)
    };
    let refused = roster.change_reception_day(himself).await.unwrap_err();
    assert_eq!(wrong_fields(&refused), ["backup_leader_id"]);
    let nothing = ChangeReceptionDayRequest {
        leader_id: String::new(),
        ..change(&day, ZHANG)
    };
    let refused = roster.change_reception_day(nothing).await.unwrap_err();
    assert_eq!(wrong_fields(&refused), ["leader_id"]);

    hall.bench.set_clock("2026-03-11T09:00:00+08:00");
    let over = roster
        .change_reception_day(change(&day, ZHANG))
        .await
        .unwrap_err();
    assert_eq!(reason(&over), "DAY_OVER");
    assert_eq!(hall.day("2026-03-10").await, day);
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_a_case_of_the_day_concerns_does_not_take_it() {
    let hall = with_a_third_leader().await;
    let day = hall.day("2026-03-10").await;
    let case = hall.case(1, &day).await;
    let number = CaseNumber::new("220502".parse().unwrap(), 2026, ChannelDigit::Visit, 1).unwrap();
    let body = CaseReleased {
        complained_person_marks: vec![hall.bench.mark(case, "zhang")],
        ..CaseReleased::default()
    };
    let about_zhang = Foreign::new("intake", "case.released", Entity::case(case, number), &body);
    hall.bench.arrives(about_zhang).await;

    let mut roster = hall.roster(&Hall::head());
    let refused = roster
        .change_reception_day(change(&day, ZHANG))
        .await
        .unwrap_err();
    assert_eq!(reason(&refused), "LEADER_RECUSED");
    assert_eq!(fact(&refused, "case_numbers"), number.to_string());
    assert_eq!(hall.day("2026-03-10").await, day);
    roster.change_reception_day(change(&day, CHEN)).await.unwrap();
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_called_off_names_the_cases_and_its_substitute_can_still_be_published() {
    let hall = Hall::with_roster().await;
    hall.bench.set_clock("2026-03-09T10:00:00+08:00");
    let day = hall.day("2026-03-10").await;
    let case = hall.case(1, &day).await;
    let booked = booking(("2026-03-10", "09:00", "1"), "测试乙", "", "19900000002");
    hall.appointments(&Hall::clerk())
        .book_appointment(booked)
        .await
        .unwrap();
    let cancel = |substitute: &str| CancelReceptionDayRequest {
        request_id: fresh(),
        reception_day_id: day.reception_day_id.clone(),
        version: day.version,
        reason: "防汛值守".to_owned(),
        substitute_day: substitute.to_owned(),
    };
    let mut roster = hall.roster(&Hall::head());
    let soon = roster
        .cancel_reception_day(cancel("2026-03-11"))
        .await
        .unwrap_err();
    assert_eq!(wrong_fields(&soon), ["substitute_day"]);
    assert!(soon.message().contains("2026-03-12"), "{}", soon.message());
    let done = roster
        .cancel_reception_day(cancel("2026-03-12"))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (done.case_ids, done.appointments_without_case),
        (vec![case.to_string()], 1)
    );
    let event: ReceptionDayChanged = hall.bench.event("reception_day.cancelled").await;
    assert_eq!(event.case_ids, [case.to_string()]);
    let substitute = done.substitute.unwrap().reception_day_id;
    assert_eq!(event.substitute_id, substitute);
    let publish = PublishRosterRequest {
        request_id: fresh(),
        year: 2026,
        reception_day_ids: vec![substitute],
    };
    roster.publish_roster(publish).await.unwrap();
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_publishes_too_late_is_told_the_last_possible_day() {
    let hall = Hall::empty("2026-02-28T09:00:00+08:00").await;
    hall.leaders().await;
    let days = hall.generate(2026).await.unwrap();
    let march = days.iter().find(|day| day.day == "2026-03-03").unwrap();
    let publish = |days: Vec<String>| PublishRosterRequest {
        request_id: fresh(),
        year: 2026,
        reception_day_ids: days,
    };
    let mut roster = hall.roster(&Hall::head());
    let late = roster
        .publish_roster(publish(vec![march.reception_day_id.clone()]))
        .await
        .unwrap_err();
    assert_eq!(reason(&late), "NOTHING_TO_PUBLISH");
    assert_eq!(
        (
            fact(&late, "too_late").as_str(),
            fact(&late, "last_days").as_str()
        ),
        ("2026-03-03", "2026-02-27")
    );
    assert!(late.message().contains("2026-02-27"), "{}", late.message());
    let others = roster
        .publish_roster(publish(Vec::new()))
        .await
        .unwrap()
        .into_inner();
    let at = others
        .too_late
        .iter()
        .position(|day| day == "2026-03-03")
        .unwrap();
    assert_eq!(others.last_days[at], "2026-02-27");
    hall.bench.finish().await;
}
