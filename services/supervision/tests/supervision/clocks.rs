//! The dates of the clocks, as the events of the other services start and stop them.

use xinqiao_chassis::{
    identity::Role,
    random,
    testing::{Foreign, Person},
};
use xinqiao_proto::{
    common::PageRequest,
    event::{
        CaseAccepted, CaseAssigned, CaseOpinionIssued, CaseOpinionServed, CaseRegistered, CaseReleased,
        ClockChanged, LegalRoute, ReceptionFinalised, ReceptionHeld,
    },
    supervision::{ClockState, Colour, ListClocksRequest, ListDueRequest},
};

use super::stage::{Stage, at, legal_term, refused};

#[tokio::test(flavor = "multi_thread")]
async fn the_walk_in_of_march_has_the_dates_of_the_rule_book() {
    let stage = Stage::at("2026-03-03T08:30:00+08:00").await;
    stage.reported().await;
    for (code, dates) in [
        ("K0", ["03-04"; 3]),
        ("K1", ["03-18"; 3]),
        ("K2", ["03-19"; 3]),
        ("K3", ["03-11"; 3]),
        ("K4", ["05-05", "05-06", "04-30"]),
        ("K6", ["05-21"; 3]),
        ("K21", ["04-29"; 3]),
    ] {
        assert_eq!(stage.dates(code).await, dates, "{code}");
        assert!(!stage.clock(code).await.differed, "{code}");
    }
    for code in ["K0", "K1", "K2", "K3", "K4", "K19", "K20", "K5a"] {
        assert_eq!(stage.clock(code).await.state(), ClockState::Met, "{code}");
    }
    let k4 = stage.clock("K4").await;
    assert_eq!(
        k4.derivation.len(),
        62,
        "the day of the event, sixty days, one day rolled"
    );
    assert!(k4.derivation[61].reason.contains("2026-05-06") || k4.derivation[61].date == "2026-05-06");
    assert_eq!(k4.derivation[61].kind, "rolled_to");
    let seen = stage.seen().await;
    assert_eq!(
        (seen.state.as_str(), seen.holder.as_str()),
        ("C60", "supervision")
    );
    assert_eq!(seen.remedy(), xinqiao_proto::event::Remedy::ReviewWindow);
    assert_eq!(seen.remedy_effective_on, "2026-04-21");
    stage.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_letter_of_february_is_red_from_the_fifteenth_and_overdue_after_the_twenty_fourth() {
    let stage = Stage::at("2026-02-03T10:00:00+08:00").await;
    let letter = CaseRegistered {
        received_at: Some(at("2026-02-03T09:00:00+08:00")),
        k1: Some(legal_term("K1", "2026-02-03", "15d")),
        ..CaseRegistered::default()
    };
    stage
        .tell("2026-02-03T10:00:00+08:00", "intake", "case.registered", &letter)
        .await;
    assert_eq!(stage.dates("K1").await, ["02-18", "02-24", "02-14"]);

    stage.bench.set_clock("2026-02-15T00:00:00+08:00");
    let red: ClockChanged = stage.bench.event("clock.red").await;
    assert_eq!(red.due_at, Some(at("2026-02-15T00:00:00+08:00")));
    assert_eq!(stage.clock("K1").await.colour(), Colour::Red);
    stage.bench.set_clock("2026-02-24T15:00:00+08:00");
    assert_eq!(
        stage.clock("K1").await.colour(),
        Colour::Red,
        "not overdue in law"
    );
    stage.bench.set_clock("2026-02-25T00:00:00+08:00");
    let overdue: ClockChanged = stage.bench.event("clock.overdue").await;
    assert_eq!(overdue.due_at, Some(at("2026-02-25T00:00:00+08:00")));
    assert_eq!(
        stage.kinds().await,
        ["clock.started", "clock.amber", "clock.red", "clock.overdue"]
    );
    stage.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_matter_from_above_is_due_on_the_senders_date_when_that_is_earlier() {
    let stage = Stage::at("2026-05-20T10:00:00+08:00").await;
    let forwarded = CaseRegistered {
        received_at: Some(at("2026-05-20T00:00:00+08:00")),
        sender_due: "2026-05-27".to_owned(),
        k1: Some(legal_term("K1", "2026-05-20", "7d")),
        ..CaseRegistered::default()
    };
    stage
        .tell(
            "2026-05-20T10:00:00+08:00",
            "intake",
            "case.registered",
            &forwarded,
        )
        .await;
    assert_eq!(stage.dates("K1").await, ["05-27"; 3]);
    assert!(!stage.clock("K1").await.differed, "intake and supervision agree");
    stage.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assignment_of_february_may_be_objected_to_until_the_twenty_sixth() {
    let stage = Stage::at("2026-02-10T10:00:00+08:00").await;
    let registered = CaseRegistered {
        received_at: Some(at("2026-02-10T09:00:00+08:00")),
        ..CaseRegistered::default()
    };
    stage
        .tell(
            "2026-02-10T10:00:00+08:00",
            "intake",
            "case.registered",
            &registered,
        )
        .await;
    stage.released().await;
    let assigned = CaseAssigned {
        delivered_at: Some(at("2026-02-12T10:00:00+08:00")),
        feedback_due: "2026-04-01".to_owned(),
        k3: Some(legal_term("K3", "2026-02-12", "5wd")),
        ..CaseAssigned::default()
    };
    stage
        .tell(
            "2026-02-12T10:00:00+08:00",
            "assignment",
            "case.assigned",
            &assigned,
        )
        .await;
    assert_eq!(stage.dates("K3").await, ["02-26"; 3]);
    let counted: Vec<_> = stage.clock("K3").await.derivation;
    let days: Vec<_> = counted
        .iter()
        .filter(|day| day.counted > 0)
        .map(|day| &day.date["2026-02-".len()..])
        .collect();
    assert_eq!(days, ["13", "14", "24", "25", "26"]);
    stage.bench.set_clock("2026-02-27T00:00:00+08:00");
    xinqiao_chassis::testing::eventually("the right to object ends", async || {
        (stage.clock("K3").await.state() == ClockState::Expired).then_some(())
    })
    .await;
    stage.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_dates_of_a_publisher_raise_an_alarm_and_do_not_count() {
    let stage = Stage::at("2026-03-03T08:30:00+08:00").await;
    let body = CaseRegistered {
        received_at: Some(at("2026-03-03T09:12:00+08:00")),
        k1: Some(legal_term("K1", "2026-03-04", "15d")),
        ..CaseRegistered::default()
    };
    stage
        .tell("2026-03-03T09:12:00+08:00", "intake", "case.registered", &body)
        .await;
    let k1 = stage.clock("K1").await;
    assert!(k1.differed);
    assert_eq!(k1.term.unwrap().due_eff, "2026-03-18");
    stage.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unused_review_window_makes_the_matter_final_at_midnight() {
    let stage = Stage::at("2026-03-03T08:30:00+08:00").await;
    stage.reported().await;
    stage.bench.set_clock("2026-05-21T23:59:00+08:00");
    xinqiao_chassis::testing::eventually("what was due until then is acted on", async || {
        (stage.clock("K21").await.rungs[2].fired_at.is_some()).then_some(())
    })
    .await;
    assert_eq!(
        stage.seen().await.remedy(),
        xinqiao_proto::event::Remedy::ReviewWindow
    );
    stage.bench.set_clock("2026-05-22T00:00:00+08:00");
    xinqiao_chassis::testing::eventually("the matter is final", async || {
        (stage.seen().await.remedy() == xinqiao_proto::event::Remedy::Final).then_some(())
    })
    .await;
    let changed: xinqiao_proto::event::CaseRemedyChanged = stage.bench.event("case.remedy_changed").await;
    assert_eq!(changed.effective_on, "2026-05-22");
    let k6 = stage.clock("K6").await;
    assert_eq!(
        (k6.state(), k6.stopped_at),
        (ClockState::Expired, Some(at("2026-05-22T00:00:00+08:00")))
    );
    assert_eq!(k6.stopped_by, "expiry");
    stage.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opinion_outside_31_6_opens_no_review() {
    let stage = Stage::at("2026-03-03T08:30:00+08:00").await;
    stage.registered().await;
    let by = "assignment";
    let released = CaseReleased {
        legal_route: LegalRoute::None.into(),
        ..CaseReleased::default()
    };
    stage
        .tell("2026-03-04T10:00:00+08:00", "intake", "case.released", &released)
        .await;
    let assigned = CaseAssigned {
        delivered_at: Some(at("2026-03-04T11:00:00+08:00")),
        feedback_due: "2026-04-30".to_owned(),
        ..CaseAssigned::default()
    };
    stage
        .tell("2026-03-04T11:00:00+08:00", by, "case.assigned", &assigned)
        .await;
    let accepted = CaseAccepted::default();
    stage
        .tell("2026-03-06T10:00:00+08:00", by, "case.accepted", &accepted)
        .await;
    let issued = CaseOpinionIssued::default();
    stage
        .tell("2026-03-10T10:00:00+08:00", by, "case.opinion_issued", &issued)
        .await;
    let served = CaseOpinionServed {
        served_on: "2026-03-11".to_owned(),
        k6: None,
    };
    stage
        .tell("2026-03-11T10:00:00+08:00", by, "case.opinion_served", &served)
        .await;
    assert_eq!(stage.clock("K19").await.state(), ClockState::Met);
    let codes: Vec<_> = stage
        .clocks()
        .await
        .into_iter()
        .map(|clock| clock.term.unwrap().clock)
        .collect();
    assert!(
        !codes.iter().any(|code| code == "K4" || code == "K6"),
        "{codes:?}"
    );
    assert_eq!(stage.seen().await.remedy(), xinqiao_proto::event::Remedy::None);
    stage.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_record_of_the_first_talk_is_owed_after_a_second() {
    let stage = Stage::at("2026-03-03T08:30:00+08:00").await;
    stage.registered().await;
    let by = "scheduling";
    let receptions = [random::new_id().to_string(), random::new_id().to_string()];
    for (reception_id, day) in receptions.iter().zip(["2026-03-03", "2026-03-10"]) {
        let ended = format!("{day}T11:00:00+08:00");
        let held = ReceptionHeld {
            reception_id: reception_id.clone(),
            ended_at: Some(at(&ended)),
            ..ReceptionHeld::default()
        };
        stage.tell(&ended, by, "reception.held", &held).await;
    }
    let finalised = ReceptionFinalised {
        reception_id: receptions[1].clone(),
        ..ReceptionFinalised::default()
    };
    stage
        .tell("2026-03-10T15:00:00+08:00", by, "reception.finalised", &finalised)
        .await;
    let records: Vec<_> = stage
        .clocks()
        .await
        .into_iter()
        .filter(|clock| clock.term.as_ref().unwrap().clock == "K0")
        .map(|clock| (clock.state(), clock.term.unwrap().due_eff))
        .collect();
    assert_eq!(
        records,
        [
            (ClockState::Running, "2026-03-04".to_owned()),
            (ClockState::Met, "2026-03-11".to_owned())
        ]
    );
    stage.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_district_and_another_unit_see_no_more_than_nobody() {
    let stage = Stage::at("2026-03-03T08:30:00+08:00").await;
    stage.assigned().await;
    let ask = |case_id: String| ListClocksRequest {
        case_id,
        without_derivation: true,
    };
    let foreign = Person::new("wu", "吴登记").with(Role::Clk).of("220503");
    let unit = Person::new("feng", "冯承办")
        .with(Role::Unt)
        .in_unit(random::new_id());
    let other = Person::new("liu", "刘副区长")
        .with(Role::Ldr)
        .leader(random::new_id());
    let absent = stage
        .clocks_of(&stage.clerk)
        .list_clocks(ask(random::new_id().to_string()))
        .await
        .unwrap_err();
    for person in [foreign, unit, other] {
        let status = stage
            .clocks_of(&person)
            .list_clocks(ask(stage.case_id()))
            .await
            .unwrap_err();
        assert_eq!(
            (status.code(), status.message()),
            (absent.code(), absent.message())
        );
        assert_eq!(status.details(), absent.details());
    }
    assert!(
        stage
            .clocks_of(&stage.leader)
            .list_clocks(ask(stage.case_id()))
            .await
            .is_ok()
    );
    stage.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_desk_shows_what_is_due_soonest_first_by_colour_and_in_pages() {
    let stage = Stage::at("2026-03-03T08:30:00+08:00").await;
    stage.assigned().await;
    stage.bench.set_clock("2026-03-20T09:00:00+08:00");
    // K3 has ended; K4 began at the end of K2, which nobody met.
    xinqiao_chassis::testing::eventually("the handling clock has begun", async || {
        stage
            .clocks()
            .await
            .iter()
            .any(|clock| clock.term.as_ref().unwrap().clock == "K4")
            .then_some(())
    })
    .await;
    let mut desk = stage.clocks_of(&stage.clerk);
    let mut codes = Vec::new();
    let mut page = PageRequest {
        page_size: 1,
        page_token: String::new(),
    };
    loop {
        let request = ListDueRequest {
            page: Some(page.clone()),
            ..ListDueRequest::default()
        };
        let answer = desk.list_due(request).await.unwrap().into_inner();
        codes.extend(answer.clocks.into_iter().map(|clock| clock.term.unwrap().clock));
        page.page_token = answer.page.unwrap().next_page_token;
        if page.page_token.is_empty() {
            break;
        }
    }
    assert_eq!(codes.first().map(String::as_str), Some("K2"));
    let overdue = ListDueRequest {
        colours: vec![Colour::Overdue.into()],
        ..ListDueRequest::default()
    };
    let answer = desk.list_due(overdue).await.unwrap().into_inner();
    let found: Vec<_> = answer
        .clocks
        .iter()
        .map(|clock| clock.term.as_ref().unwrap().clock.as_str())
        .collect();
    assert_eq!(found, ["K2"]);
    let wrong = ListDueRequest {
        page: Some(PageRequest {
            page_size: 201,
            page_token: String::new(),
        }),
        colours: vec![9],
        clocks: vec!["K99".to_owned()],
    };
    let (_, reason, fields) = refused(desk.list_due(wrong).await);
    assert_eq!(reason, "INVALID_FIELDS");
    assert_eq!(fields, ["page.page_size", "colours[0]", "clocks[0]"]);
    stage.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_acceptance_that_overtakes_the_release_waits_for_it() {
    let stage = Stage::at("2026-03-03T08:30:00+08:00").await;
    stage.registered().await;
    stage.bench.set_clock("2026-03-06T10:00:00+08:00");
    let assigned = CaseAssigned {
        delivered_at: Some(at("2026-03-04T11:00:00+08:00")),
        feedback_due: "2026-04-30".to_owned(),
        ..CaseAssigned::default()
    };
    let accepted = CaseAccepted {
        accepted_on: "2026-03-06".to_owned(),
        ..CaseAccepted::default()
    };
    let early = [
        Foreign::new("assignment", "case.assigned", stage.case, &assigned),
        Foreign::new("assignment", "case.accepted", stage.case, &accepted),
    ];
    let mut waiting = Vec::new();
    for event in early {
        waiting.push(stage.bench.deliver(event).await);
    }
    stage.released().await;
    for event in waiting {
        stage.bench.applied(event).await;
    }
    assert_eq!(stage.dates("K4").await, ["05-05", "05-06", "04-30"]);
    assert_eq!(stage.seen().await.holder, "assignment");
    stage.bench.finish().await;
}
