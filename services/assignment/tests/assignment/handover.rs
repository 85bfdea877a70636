//! The hold: before it arrives, after it has passed on, and when it comes back.

use tonic::Code;
use xinqiao_chassis::testing::Foreign;
use xinqiao_proto::{
    assignment::{CaseHold, CaseState, ReturnReportRequest, StartReworkRequest},
    event::{CaseReturned, ClosureOutcome, LeaderSentBack, Outcome},
};

use crate::world::{World, dispatcher, head, leader, reason, request_id};

async fn closed(outcome: Outcome, closure: ClosureOutcome) -> World {
    let world = World::with_released_case("2026-03-04T10:00:00+08:00").await;
    world.assign().await;
    world.accept("2026-03-04").await;
    world.name_investigators().await;
    world.bench.set_clock("2026-04-10T15:00:00+08:00");
    world.report().await;
    world.bench.set_clock("2026-04-20T09:00:00+08:00");
    world.issue_opinion(outcome).await;
    world.serve_opinion("2026-04-20").await;
    if outcome == Outcome::Support {
        world.execute("2026-05-20").await;
    }
    world.close(closure).await;
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_whose_release_has_not_arrived_is_not_yet_here() {
    let world = World::open("2026-03-04T10:00:00+08:00").await;
    let unknown = world
        .assignments(&dispatcher())
        .assign_case(world.assign_request(1))
        .await
        .unwrap_err();
    assert_eq!(reason(&unknown), (Code::NotFound, "NOT_FOUND".to_owned()));
    world.register().await;
    let early = world
        .assignments(&dispatcher())
        .assign_case(world.assign_request(1))
        .await
        .unwrap_err();
    assert_eq!(
        reason(&early),
        (Code::FailedPrecondition, "NOT_YET_HERE".to_owned())
    );
    world.release().await;
    let request = world.assign_request(world.version().await);
    let no_instruction = world
        .assignments(&dispatcher())
        .assign_case(request)
        .await
        .unwrap_err();
    assert_eq!(
        reason(&no_instruction),
        (Code::FailedPrecondition, "NOT_YET_HERE".to_owned())
    );
    world.receive().await;
    world.assign().await;
    world.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_closure_report_another_holds_the_case() {
    let world = closed(Outcome::Explain, ClosureOutcome::Explained).await;
    let request = world.closure_request(world.version().await, ClosureOutcome::Explained);
    let refused = world
        .handling(&head())
        .submit_closure_report(request)
        .await
        .unwrap_err();
    assert_eq!(
        reason(&refused),
        (Code::FailedPrecondition, "WRONG_HOLDER".to_owned())
    );
    world.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_supervision_returns_goes_on_where_it_can() {
    for (outcome, closure, state) in [
        (
            Outcome::Support,
            ClosureOutcome::PartlyResolved,
            CaseState::Executing,
        ),
        (
            Outcome::NotSupport,
            ClosureOutcome::NotSupported,
            CaseState::Investigating,
        ),
    ] {
        let world = closed(outcome, closure).await;
        let body = CaseReturned {
            gaps: vec!["13".to_owned()],
            ..CaseReturned::default()
        };
        world
            .bench
            .arrives(Foreign::new(
                "supervision",
                "case.returned",
                world.entity(),
                &body,
            ))
            .await;
        let standing = world.standing().await;
        assert_eq!((standing.state(), standing.hold()), (state, CaseHold::Here));
        if outcome == Outcome::Support {
            world.close(closure).await;
            assert_eq!(
                world
                    .file()
                    .await
                    .papers
                    .iter()
                    .filter(|paper| paper.kind == "closure")
                    .count(),
                2
            );
        }
        world.bench.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_leader_sends_back_is_taken_up_by_the_unit() {
    let world = closed(Outcome::Support, ClosureOutcome::Resolved).await;
    let body = LeaderSentBack {
        rework_due: "2026-05-13".to_owned(),
        ..LeaderSentBack::default()
    };
    world
        .bench
        .arrives(Foreign::new(
            "supervision",
            "leader.sent_back",
            world.entity(),
            &body,
        ))
        .await;
    let standing = world.standing().await;
    assert_eq!(
        (standing.state(), standing.hold(), standing.due_on.as_str()),
        (CaseState::Rework, CaseHold::Here, "2026-05-13")
    );
    let request = StartReworkRequest {
        request_id: request_id(),
        case_id: world.case_id.to_string(),
        version: standing.version,
        investigate_again: false,
    };
    world.handling(&head()).start_rework(request).await.unwrap();
    assert_eq!(world.standing().await.state(), CaseState::Executing);
    world.close(ClosureOutcome::Resolved).await;
    world.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_may_ask_for_more() {
    let world = World::with_released_case("2026-03-04T10:00:00+08:00").await;
    world.assign().await;
    world.accept("2026-03-04").await;
    world.name_investigators().await;
    world.bench.set_clock("2026-04-10T15:00:00+08:00");
    world.report().await;
    let request = ReturnReportRequest {
        request_id: request_id(),
        case_id: world.case_id.to_string(),
        version: world.version().await,
        reason: "请补充施工单位的陈述".to_owned(),
    };
    let office = world
        .handling(&dispatcher())
        .return_report(request.clone())
        .await
        .unwrap_err();
    assert_eq!(
        reason(&office),
        (Code::PermissionDenied, "NOT_RESPONSIBLE_LEADER".to_owned())
    );
    let request = ReturnReportRequest {
        request_id: request_id(),
        ..request
    };
    let returned = world
        .handling(&leader())
        .return_report(request)
        .await
        .unwrap()
        .into_inner()
        .result
        .unwrap();
    assert_eq!(returned.standing.unwrap().state(), CaseState::Investigating);
    assert_eq!(returned.documents[0].archive_item, "06");
    world.report().await;
    world.bench.finish().await;
}
