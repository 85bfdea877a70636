//! Leaders and the calendar.

use tonic::Code;
use xinqiao_chassis::identity::Role;
use xinqiao_chassis::testing::Person;
use xinqiao_proto::event::{CalendarPublished, LeaderChanged};
use xinqiao_proto::scheduling::{
    GenerateRosterRequest, GetCalendarRequest, ListLeadersRequest, PutLeaderRequest, RecordLeaveRequest,
};

use crate::hall::{Hall, LIU, ZHANG, fresh, leader, reason, wrong_fields};

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_is_added_and_changed_and_told_to_the_others() {
    let hall = Hall::empty("2026-02-02T09:00:00+08:00").await;
    let mut masters = hall.masters(&Hall::head());
    let added = masters
        .put_leader(leader(ZHANG, "张副区长", "zhang", 1))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(added.leader.unwrap().version, 1);
    let changed: LeaderChanged = hall.bench.event("leader.changed").await;
    assert_eq!((changed.name.as_str(), changed.active), ("张副区长", true));

    let stale = masters
        .put_leader(leader(ZHANG, "张副区长", "zhang", 1))
        .await
        .unwrap_err();
    assert_eq!(
        (stale.code(), reason(&stale)),
        (Code::Aborted, "STALE_VERSION".to_owned())
    );
    let newer = PutLeaderRequest {
        version: 1,
        active: false,
        ..leader(ZHANG, "张副区长", "zhang", 1)
    };
    assert_eq!(
        masters
            .put_leader(newer)
            .await
            .unwrap()
            .into_inner()
            .leader
            .unwrap()
            .version,
        2
    );

    let double = masters
        .put_leader(leader(LIU, "刘副区长", "zhang", 2))
        .await
        .unwrap_err();
    assert_eq!(reason(&double), "PERSON_IS_ANOTHER_LEADER");
    let listed = masters
        .list_leaders(ListLeadersRequest { page: None })
        .await
        .unwrap()
        .into_inner();
    assert_eq!(listed.leaders.len(), 1);
    assert!(!listed.leaders[0].active);

    let mut others = hall.masters(&Person::new("x", "吴分办").with(Role::Dsp).of("220503"));
    let foreign = others
        .list_leaders(ListLeadersRequest { page: None })
        .await
        .unwrap()
        .into_inner();
    assert!(foreign.leaders.is_empty(), "another district has its own leaders");
    hall.bench.finish().await;
}

/// The head of the office, who signs where no leader received (DEC-16).
fn head_of_the_office() -> PutLeaderRequest {
    PutLeaderRequest {
        leader_id: String::new(),
        post: "区联席办主任".to_owned(),
        portfolio: vec![],
        linked_towns: vec![],
        order: 0,
        signs_only: true,
        ..leader(ZHANG, "王分办", "wang", 0)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_only_signs_is_told_to_the_others_and_takes_no_turn() {
    let hall = Hall::empty("2026-02-02T09:00:00+08:00").await;
    let mut masters = hall.masters(&Hall::head());
    let added = masters.put_leader(head_of_the_office()).await.unwrap();
    let added = added.into_inner().leader.unwrap();
    assert!(added.signs_only);
    let changed: LeaderChanged = hall.bench.event("leader.changed").await;
    assert_eq!((changed.person_id.as_str(), changed.active), ("wang", true));

    let nobody = hall.generate(2026).await.unwrap_err();
    assert_eq!(reason(&nobody), "NO_LEADER", "he is not of the team");
    hall.leaders().await;
    let team = [LIU.to_string(), ZHANG.to_string()];
    let days = hall.generate(2026).await.unwrap();
    assert!(!days.is_empty() && days.iter().all(|day| team.contains(&day.leader_id)));

    let named = GenerateRosterRequest {
        request_id: fresh(),
        year: 2027,
        leader_ids: vec![added.leader_id],
    };
    let refused = hall
        .roster(&Hall::clerk())
        .generate_roster(named)
        .await
        .unwrap_err();
    assert_eq!(wrong_fields(&refused), ["leader_ids[0]"]);
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_only_signs_is_given_no_portfolio_and_no_turn() {
    let hall = Hall::empty("2026-02-02T09:00:00+08:00").await;
    let wrong = PutLeaderRequest {
        signs_only: true,
        ..leader(ZHANG, "王分办", "wang", 1)
    };
    let refused = hall.masters(&Hall::head()).put_leader(wrong).await.unwrap_err();
    assert_eq!(wrong_fields(&refused), ["portfolio", "linked_towns", "order"]);
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_wrong_field_of_a_leader_is_named_and_only_the_head_may_write() {
    let hall = Hall::empty("2026-02-02T09:00:00+08:00").await;
    let wrong = PutLeaderRequest {
        leader_id: "x".to_owned(),
        name: String::new(),
        portfolio: vec!["3".to_owned()],
        linked_towns: vec!["220503100".to_owned()],
        certificate_pem: "no certificate".to_owned(),
        order: 0,
        ..leader(ZHANG, "", "zhang", 1)
    };
    let refused = hall.masters(&Hall::head()).put_leader(wrong).await.unwrap_err();
    let expected = [
        "leader_id",
        "name",
        "portfolio[0]",
        "linked_towns[0]",
        "order",
        "certificate_pem",
    ];
    assert_eq!(wrong_fields(&refused), expected);
    let clerk = hall
        .masters(&Hall::clerk())
        .put_leader(leader(ZHANG, "张副区长", "zhang", 1))
        .await
        .unwrap_err();
    assert_eq!(clerk.code(), Code::PermissionDenied);
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_district_is_told_of_the_calendar_once() {
    let mut hall = Hall::empty("2026-02-02T09:00:00+08:00").await;
    let published: CalendarPublished = hall.bench.event("calendar.published").await;
    assert_eq!(published.provisional_years, [2027]);
    assert!(
        published
            .days
            .iter()
            .any(|day| day.date == "2026-02-28" && day.is_work)
    );
    hall.bench.settled().await;
    hall.bench.restart().await;
    let request = GetCalendarRequest { year: 2026 };
    let calendar = hall
        .masters(&Hall::clerk())
        .get_calendar(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(calendar.days.len(), 365);
    assert!(calendar.published_at.is_some());
    assert_eq!(calendar.days[0].date, "2026-01-01");
    assert!(
        !calendar.days[0].is_work && calendar.days[0].reason.contains("元旦"),
        "{:?}",
        calendar.days[0]
    );
    let events = hall.bench.published().await;
    let calendars = events
        .iter()
        .filter(|event| event.kind == "calendar.published")
        .count();
    assert_eq!(
        calendars, 2,
        "one for each of the two districts, also after a restart"
    );
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn leave_is_told_ahead_by_the_leader_himself_and_the_roster_passes_him_over() {
    let hall = Hall::empty("2026-02-02T09:00:00+08:00").await;
    hall.leaders().await;
    let zhang = Person::new("zhang", "张副区长").with(Role::Ldr).leader(ZHANG);
    let leave = |leader: uuid::Uuid, first: &str| RecordLeaveRequest {
        request_id: fresh(),
        leader_id: leader.to_string(),
        first_day: first.to_owned(),
        last_day: "2026-03-06".to_owned(),
    };
    let foreign = hall
        .masters(&zhang)
        .record_leave(leave(LIU, "2026-03-02"))
        .await
        .unwrap_err();
    assert_eq!(foreign.code(), Code::NotFound);
    let late = hall
        .masters(&zhang)
        .record_leave(leave(ZHANG, "2026-02-02"))
        .await
        .unwrap_err();
    assert_eq!(wrong_fields(&late), ["first_day"]);
    hall.masters(&zhang)
        .record_leave(leave(ZHANG, "2026-03-02"))
        .await
        .unwrap();
    let days = hall.generate(2026).await.unwrap();
    let day = days.iter().find(|day| day.day == "2026-03-03").unwrap();
    assert_eq!(day.leader_id, LIU.to_string());
    hall.bench.finish().await;
}
