//! Several leaders and units in one session, and what stands in the way of a roster.

use uuid::Uuid;
use xinqiao_chassis::identity::Role;
use xinqiao_chassis::journal::Entity;
use xinqiao_chassis::testing::{Foreign, Person};
use xinqiao_kernel::{CaseNumber, ChannelDigit};
use xinqiao_proto::event::CaseReleased;
use xinqiao_proto::scheduling::schedule_service_client::ScheduleServiceClient;
use xinqiao_proto::scheduling::{
    ChangeReceptionDayRequest, CheckRosterRequest, GetScheduleCalendarRequest, JointReception,
    ListScheduleRequest, ReceptionDay, RecordLeaveRequest, RecordReceptionRequest, RosterConflictKind,
};

use crate::hall::{HOUSING, Hall, LIU, TOWN, ZHANG, fresh, leader, talk, wrong_fields};

/// Leader 陈副区长, third in the rota.
const CHEN: Uuid = Uuid::from_u128(0xc4);

fn joint(day: &ReceptionDay, leaders: &[Uuid], units: &[Uuid]) -> ChangeReceptionDayRequest {
    let texts = |ids: &[Uuid]| ids.iter().map(Uuid::to_string).collect();
    ChangeReceptionDayRequest {
        request_id: fresh(),
        reception_day_id: day.reception_day_id.clone(),
        version: day.version,
        joint_reception: Some(JointReception {
            leader_ids: texts(leaders),
            unit_ids: texts(units),
        }),
        reason: "跨部门事项".to_owned(),
        ..ChangeReceptionDayRequest::default()
    }
}

async fn add_chen(hall: &Hall) {
    let chen = leader(CHEN, "陈副区长", "chen", 3);
    hall.masters(&Hall::head()).put_leader(chen).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_joint_reception_is_shown_inside_and_outside() {
    let hall = Hall::with_roster().await;
    hall.units().await;
    add_chen(&hall).await;
    let day = hall.day("2026-03-10").await;
    let mut roster = hall.roster(&Hall::head());
    let request = joint(&day, &[CHEN], &[HOUSING, TOWN]);
    let changed = roster.change_reception_day(request).await.unwrap().into_inner();
    let changed = changed.reception_day.unwrap();
    assert_eq!(changed.joint_leader_ids, [CHEN.to_string()]);
    assert_eq!(changed.duty_unit_ids, [HOUSING.to_string(), TOWN.to_string()]);
    assert_eq!(
        changed.leader_id, day.leader_id,
        "the leader of the session stays"
    );
    assert_eq!(hall.day("2026-03-10").await, changed);

    let mut anybody = ScheduleServiceClient::new(hall.bench.plain_channel());
    let query = ListScheduleRequest {
        district_code: "220502".to_owned(),
        leader_id: CHEN.to_string(),
        ..ListScheduleRequest::default()
    };
    let shown = anybody.list_schedule(query).await.unwrap().into_inner().days;
    assert_eq!(shown.len(), 1);
    let posts: Vec<_> = shown[0]
        .joint_leaders
        .iter()
        .map(|leader| leader.post.as_str())
        .collect();
    assert_eq!(
        (posts.as_slice(), shown[0].duty_units.as_slice()),
        (
            ["副区长"].as_slice(),
            ["区住建局".to_owned(), "金厂镇政府".to_owned()].as_slice(),
        )
    );
    let query = GetScheduleCalendarRequest {
        district_code: "220502".to_owned(),
        leader_id: CHEN.to_string(),
    };
    let feed = anybody
        .get_schedule_calendar(query)
        .await
        .unwrap()
        .into_inner()
        .calendar;
    assert!(
        feed.replace("\r\n ", "").contains("区住建局、金厂镇政府"),
        "{feed}"
    );

    let alone = joint(&changed, &[], &[]);
    let alone = roster
        .change_reception_day(alone)
        .await
        .unwrap()
        .into_inner()
        .reception_day
        .unwrap();
    assert!(alone.joint_leader_ids.is_empty() && alone.duty_unit_ids.is_empty());
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_takes_part_is_known_here_and_named_once() {
    let hall = Hall::with_roster().await;
    hall.units().await;
    let day = hall.day("2026-03-10").await;
    let wrong = joint(&day, &[LIU, CHEN, CHEN], &[HOUSING, HOUSING, Uuid::from_u128(77)]);
    let refused = hall
        .roster(&Hall::head())
        .change_reception_day(wrong)
        .await
        .unwrap_err();
    assert_eq!(
        wrong_fields(&refused),
        [
            "joint_reception.leader_ids[2]",
            "joint_reception.unit_ids[1]",
            "joint_reception.unit_ids[2]",
            "joint_reception.leader_ids[0]",
            "joint_reception.leader_ids[1]",
            "joint_reception.leader_ids[2]",
        ]
    );
    assert_eq!(hall.day("2026-03-10").await, day);
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_leader_of_the_session_signs_for_all_and_who_joins_him_does_not() {
    let (hall, day) = Hall::receiving().await;
    add_chen(&hall).await;
    let request = joint(&day, &[CHEN], &[HOUSING]);
    let day = hall
        .roster(&Hall::head())
        .change_reception_day(request)
        .await
        .unwrap()
        .into_inner();
    let day = day.reception_day.unwrap();
    let case = hall.case(1, &day).await;
    hall.bench.set_clock("2026-03-03T10:30:00+08:00");
    let mut receptions = hall.receptions(&Hall::clerk());
    let by_chen = RecordReceptionRequest {
        leader_id: CHEN.to_string(),
        ..talk(case, &day)
    };
    let refused = receptions.record_reception(by_chen).await.unwrap_err();
    assert_eq!(wrong_fields(&refused), ["leader_id"]);
    receptions.record_reception(talk(case, &day)).await.unwrap();
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_conflict_of_a_roster_is_named_and_recusals_only_to_the_office() {
    let hall = Hall::with_roster().await;
    let day = hall.day("2026-03-10").await;
    let zhang = Person::new("zhang", "张副区长").with(Role::Ldr).leader(ZHANG);
    let leave = RecordLeaveRequest {
        request_id: fresh(),
        leader_id: ZHANG.to_string(),
        first_day: "2026-03-16".to_owned(),
        last_day: "2026-03-18".to_owned(),
    };
    hall.masters(&zhang).record_leave(leave).await.unwrap();
    let case = hall.case(1, &day).await;
    let number = CaseNumber::new("220502".parse().unwrap(), 2026, ChannelDigit::Visit, 1).unwrap();
    let body = CaseReleased {
        complained_person_marks: vec![hall.bench.mark(case, "liu")],
        ..CaseReleased::default()
    };
    let about_liu = Foreign::new("intake", "case.released", Entity::case(case, number), &body);
    hall.bench.arrives(about_liu).await;

    let conflicts = async |person: &Person| {
        let answer = hall
            .roster(person)
            .check_roster(CheckRosterRequest { year: 2026 })
            .await
            .unwrap();
        let found = answer.into_inner().conflicts.into_iter();
        found
            .map(|one| (one.day.clone(), one.kind(), one.leader_id, one.case_id))
            .collect::<Vec<_>>()
    };
    let late = (
        "2026-02-03".to_owned(),
        RosterConflictKind::TooLateToPublish,
        String::new(),
        String::new(),
    );
    let recused = (
        "2026-03-10".to_owned(),
        RosterConflictKind::Recused,
        LIU.to_string(),
        case.to_string(),
    );
    let away = (
        "2026-03-17".to_owned(),
        RosterConflictKind::OnLeave,
        ZHANG.to_string(),
        String::new(),
    );
    assert_eq!(
        conflicts(&Hall::clerk()).await,
        [late.clone(), recused, away.clone()]
    );
    assert_eq!(
        conflicts(&zhang).await,
        [late, away],
        "whom a case concerns is not for colleagues"
    );
    hall.bench.finish().await;
}
