//! The happy path of a leader-received case through this service, with the dates the law gives it.

use xinqiao_chassis::testing::Published;
use xinqiao_proto::{
    assignment::{CaseHold, CaseState, ReadReportRequest},
    event::{
        CaseAccepted, CaseAssigned, CaseClosureReported, CaseExecutionStarted, CaseOpinionIssued,
        CaseOpinionServed, ClosureOutcome, NotificationRequested, NotificationTemplate, Outcome,
    },
};

use crate::world::{World, ZHANG, eff, forms, leader, request_id, term};

#[tokio::test(flavor = "multi_thread")]
async fn a_case_goes_from_its_release_to_the_closure_report() {
    let world = World::with_released_case("2026-03-04T10:00:00+08:00").await;
    let assigned = world.assign().await;
    assert_eq!(eff(&assigned, "K2"), "2026-03-19");
    assert_eq!(eff(&assigned, "K3"), "2026-03-11");
    assert_eq!(forms(&assigned), ["D07"]);

    world.bench.set_clock("2026-03-06T09:00:00+08:00");
    let accepted = world.accept("2026-03-06").await;
    let k4 = term(&accepted, "K4");
    assert_eq!(
        [k4.due_raw.as_str(), &k4.due_eff, &k4.due_safe],
        ["2026-05-05", "2026-05-06", "2026-04-30"]
    );
    assert_eq!(forms(&accepted), ["D02", "D14"]);

    world.bench.set_clock("2026-03-09T09:00:00+08:00");
    assert_eq!(forms(&world.name_investigators().await), ["RECUSAL", "RECUSAL"]);

    world.bench.set_clock("2026-04-10T15:00:00+08:00");
    assert_eq!(forms(&world.report().await), ["D10"]);
    let read = ReadReportRequest {
        request_id: request_id(),
        case_id: world.case_id.to_string(),
        version: world.version().await,
    };
    let read = world
        .handling(&leader())
        .read_report(read)
        .await
        .unwrap()
        .into_inner();
    assert!(read.report.unwrap().cause.starts_with("因施工密封缺陷"));

    world.bench.set_clock("2026-04-20T09:00:00+08:00");
    let opinion = world.issue_opinion(Outcome::Support).await;
    assert_eq!(eff(&opinion, "K19"), "2026-04-27");
    assert_eq!(forms(&opinion), ["D12"]);

    world.bench.set_clock("2026-04-21T09:00:00+08:00");
    let served = world.serve_opinion("2026-04-21").await;
    assert_eq!(eff(&served, "K6"), "2026-05-21");
    assert_eq!(
        served.documents[0].archive_item, "12",
        "the proof lies with what was served"
    );
    let executing = world.execute("2026-06-30").await;
    assert_eq!(executing.standing.unwrap().state(), CaseState::Executing);

    world.bench.set_clock("2026-04-24T16:00:00+08:00");
    let closed = world.close(ClosureOutcome::Resolved).await;
    assert_eq!(eff(&closed, "K21"), "2026-04-29");
    assert_eq!(forms(&closed), ["D15", "EXECUTION"]);
    let standing = closed.standing.unwrap();
    assert_eq!(
        (standing.state(), standing.hold()),
        (CaseState::ClosureReported, CaseHold::Passed)
    );
    assert!(standing.possible_next.is_empty());

    told_once_each(&world).await;
    kept_word_for_word(&world).await;
    world.bench.finish().await;
}

/// One event for each transition, with the dates and without personal data.
async fn told_once_each(world: &World) {
    let published = world.bench.published().await;
    let kinds: Vec<_> = published
        .iter()
        .map(|event| event.kind.as_str())
        .filter(|kind| kind.starts_with("case."))
        .collect();
    assert_eq!(
        kinds,
        [
            "case.assigned",
            "case.accepted",
            "case.investigation_started",
            "case.report_submitted",
            "case.opinion_issued",
            "case.opinion_served",
            "case.execution_started",
            "case.closure_reported",
        ]
    );
    let told: Vec<_> = published
        .iter()
        .filter(|event| event.kind == "notification.requested")
        .map(Published::decode::<NotificationRequested>)
        .map(|told| (told.case_id.clone(), told.template()))
        .collect();
    let of_it = |template| (world.case_id.to_string(), template);
    assert_eq!(
        told,
        [
            of_it(NotificationTemplate::Accepted),
            of_it(NotificationTemplate::OpinionServed)
        ]
    );
    let assigned: CaseAssigned = world.bench.event("case.assigned").await;
    assert_eq!(assigned.responsible_leader_id, ZHANG.to_string());
    assert_eq!(assigned.feedback_due, "2026-06-30");
    let accepted: CaseAccepted = world.bench.event("case.accepted").await;
    assert!(accepted.notice_served);
    let issued: CaseOpinionIssued = world.bench.event("case.opinion_issued").await;
    assert_eq!(issued.outcome(), Outcome::Support);
    let served: CaseOpinionServed = world.bench.event("case.opinion_served").await;
    assert_eq!(served.served_on, "2026-04-21");
    let execution: CaseExecutionStarted = world.bench.event("case.execution_started").await;
    assert_eq!(execution.plan_due, "2026-06-30");
    let closure: CaseClosureReported = world.bench.event("case.closure_reported").await;
    assert_eq!(closure.closure_outcome(), ClosureOutcome::Resolved);
    assert!(closure.leader_received);
}

/// The documents hold the very texts entered; in the tables they are sealed.
async fn kept_word_for_word(world: &World) {
    assert!(world.document("D07").await.contains("请依法调查处理,按期反馈"));
    assert!(
        world
            .document("D02")
            .await
            .contains("您反映的房屋质量问题已依法受理,六十日内答复。")
    );
    assert!(
        world
            .document("D10")
            .await
            .contains("因施工密封缺陷造成外墙渗水,")
    );
    let opinion = world.document("D12").await;
    assert!(opinion.contains("经查,外墙渗水属实,系施工密封缺陷造成,应由施工单位维修。"));
    assert!(opinion.contains("钱局长") && opinion.contains("赵承办") && opinion.contains("申请复查"));
    assert!(world.document("D15").await.contains("施工单位已完成外墙维修"));
    assert!(world.document("EXECUTION").await.contains("修复验收单"));
    let papers = world.file().await.papers;
    let kinds: Vec<_> = papers.iter().map(|paper| paper.kind.as_str()).collect();
    assert_eq!(
        kinds,
        [
            "assignment",
            "acceptance",
            "investigators",
            "report",
            "opinion",
            "opinion_service",
            "execution",
            "closure"
        ]
    );
    let contents: Vec<Vec<u8>> = sqlx::query_scalar("SELECT content FROM paper")
        .fetch_all(world.bench.pool())
        .await
        .unwrap();
    for content in contents {
        assert!(
            !String::from_utf8_lossy(&content).contains("施工"),
            "a paper lies open"
        );
    }
}
