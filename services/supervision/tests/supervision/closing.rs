//! The completeness check, and the whole way from the closure report to the archive.

use tonic::Code;
use xinqiao_chassis::identity::Role;
use xinqiao_chassis::{
    journal::Entity,
    random,
    testing::{Foreign, Person},
};
use xinqiao_proto::{
    event::{Attitude, CaseArchived, CaseClosed, CaseRegistered, CaseReturned, LeaderSigned},
    supervision::{CheckCompletenessRequest, ClockState, Gap, ReturnIncompleteRequest, SendBackRequest},
};

use super::{
    opinion::signed,
    signature::{inspect, sign},
    stage::{Stage, at, refused, request_id},
};

fn check(stage: &Stage, version: u64) -> CheckCompletenessRequest {
    CheckCompletenessRequest {
        request_id: request_id(),
        case_id: stage.case_id(),
        version,
        note: String::new(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_walk_in_of_march_is_closed_and_archived_in_time() {
    let stage = Stage::at("2026-03-03T08:30:00+08:00").await;
    stage
        .leader_changed(stage.leader_id, "zhang", &stage.certificate)
        .await;
    stage.complete().await;
    assert_eq!(stage.clock("K12").await.state(), ClockState::Running);

    stage.bench.set_clock("2026-04-27T10:00:00+08:00");
    let recorded = signed(&stage, Attitude::Satisfied).await.unwrap();
    assert_eq!((recorded.state.as_str(), recorded.outstanding), ("C62", 0));
    assert_eq!(recorded.review_due, "2026-05-07");
    inspect(&stage, &stage.leader).await.unwrap();

    stage.bench.set_clock("2026-04-28T15:00:00+08:00");
    let answer = sign(&stage, "").await.unwrap();
    assert_eq!(
        (answer.state.as_str(), answer.archive_due.as_str()),
        ("C70", "2026-05-14")
    );
    assert_eq!(stage.dates("K15").await, ["05-14"; 3]);
    let closed: CaseClosed = stage.bench.event("case.closed").await;
    assert!(closed.leader_received);
    assert_eq!(closed.k15.unwrap().due_eff, "2026-05-14");
    let _: LeaderSigned = stage.bench.event("leader.signed").await;

    stage
        .tell(
            "2026-04-29T10:00:00+08:00",
            "archive",
            "case.archived",
            &CaseArchived::default(),
        )
        .await;
    assert_eq!(stage.clock("K15").await.state(), ClockState::Met);
    let seen = stage.seen().await;
    assert_eq!(
        (seen.state.as_str(), seen.holder.as_str(), seen.running_clocks),
        ("C80", "archive", 1)
    );
    let kinds = stage.kinds().await;
    for kind in [
        "case.remedy_changed",
        "case.completeness_passed",
        "petitioner.opinion_recorded",
        "leader.signed",
        "case.closed",
    ] {
        assert_eq!(
            kinds.iter().filter(|published| *published == kind).count(),
            1,
            "{kind}"
        );
    }
    stage.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_paper_is_named_and_changes_nothing() {
    let stage = Stage::at("2026-03-03T08:30:00+08:00").await;
    stage.served().await;
    stage
        .closure_reported("2026-04-24T10:00:00+08:00", "2026-04-24")
        .await;
    let before = stage.seen().await;
    let (code, reason, fields) = refused(
        stage
            .closure(&stage.clerk)
            .check_completeness(check(&stage, before.version))
            .await,
    );
    assert_eq!(
        (code, reason.as_str()),
        (Code::FailedPrecondition, "CHECKLIST_GAPS")
    );
    assert_eq!(fields, ["checklist[14]"]);
    assert_eq!(stage.seen().await, before);
    stage.papers("assignment", &[("14", "D15")]).await;
    let answer = stage
        .closure(&stage.clerk)
        .check_completeness(check(&stage, before.version))
        .await
        .unwrap();
    assert!(
        answer
            .into_inner()
            .checklist
            .iter()
            .any(|item| item.item == "14" && item.documents == 1)
    );
    stage.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_hand_over_the_case_is_not_yet_here_and_after_it_not_any_more() {
    let stage = Stage::at("2026-03-03T08:30:00+08:00").await;
    stage.served().await;
    let version = stage.version().await;
    let mut closure = stage.closure(&stage.clerk);
    let (code, reason, _) = refused(closure.check_completeness(check(&stage, version)).await);
    assert_eq!(
        (code, reason.as_str()),
        (Code::FailedPrecondition, "NOT_YET_HERE")
    );

    stage.papers("assignment", &[("14", "D15")]).await;
    stage
        .closure_reported("2026-04-24T10:00:00+08:00", "2026-04-24")
        .await;
    let version = stage.version().await;
    let outdated = check(&stage, version - 1);
    assert_eq!(
        refused(closure.check_completeness(outdated).await).1,
        "STALE_VERSION"
    );
    let back = ReturnIncompleteRequest {
        request_id: request_id(),
        case_id: stage.case_id(),
        version,
        gaps: vec![Gap {
            item: "13".to_owned(),
            text: "缺少整改完成照片".to_owned(),
        }],
        due: String::new(),
    };
    let answer = closure.return_incomplete(back).await.unwrap().into_inner();
    assert_eq!(answer.rework_due, "2026-05-09");
    let returned: CaseReturned = stage.bench.event("case.returned").await;
    assert_eq!(returned.gaps, ["13"]);
    let (_, reason, _) = refused(closure.check_completeness(check(&stage, answer.version)).await);
    assert_eq!(reason, "WRONG_HOLDER");

    stage
        .closure_reported("2026-04-28T10:00:00+08:00", "2026-04-28")
        .await;
    assert_eq!(stage.clock("K13").await.state(), ClockState::Met);
    assert_eq!(stage.clock("K21").await.round, 2);
    stage.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_gaps_are_named_at_once() {
    let stage = Stage::at("2026-03-03T08:30:00+08:00").await;
    let wrong = ReturnIncompleteRequest {
        request_id: request_id(),
        case_id: "none".to_owned(),
        version: 1,
        gaps: vec![Gap {
            item: "15".to_owned(),
            text: "缺".to_owned(),
        }],
        due: "2026-03-03".to_owned(),
    };
    let (code, reason, fields) = refused(stage.closure(&stage.clerk).return_incomplete(wrong).await);
    assert_eq!((code, reason.as_str()), (Code::InvalidArgument, "INVALID_FIELDS"));
    assert_eq!(fields, ["case_id", "due", "gaps[0].text", "gaps[0].item"]);
    stage.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_given_more_than_a_year_for_rework() {
    let stage = Stage::at("2026-03-03T08:30:00+08:00").await;
    let back = |due: &str| ReturnIncompleteRequest {
        request_id: request_id(),
        case_id: stage.case_id(),
        version: 1,
        gaps: vec![Gap {
            item: "13".to_owned(),
            text: "缺少整改完成照片".to_owned(),
        }],
        due: due.to_owned(),
    };
    let mut closure = stage.closure(&stage.clerk);
    let too_far = closure.return_incomplete(back("2027-03-05")).await;
    assert_eq!(refused(too_far).2, ["due"]);
    let a_year = closure.return_incomplete(back("2027-03-04")).await;
    assert_eq!(
        refused(a_year).1,
        "NOT_FOUND",
        "the case is not known, the day is right"
    );
    let send_back = SendBackRequest {
        request_id: request_id(),
        case_id: stage.case_id(),
        version: 1,
        reason: "整改尚未完成，请补充验收材料".to_owned(),
        due: "2036-03-05".to_owned(),
    };
    let answer = stage.review(&stage.leader).send_back(send_back).await;
    assert_eq!(refused(answer).2, ["due"]);
    stage.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_again_is_answered_the_same_and_acts_once() {
    let stage = Stage::at("2026-03-03T08:30:00+08:00").await;
    stage.reported().await;
    let request = check(&stage, stage.version().await);
    let mut closure = stage.closure(&stage.clerk);
    let first = closure
        .check_completeness(request.clone())
        .await
        .unwrap()
        .into_inner();
    let again = closure
        .check_completeness(request.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(first, again);
    let other = CheckCompletenessRequest {
        note: "另一内容".to_owned(),
        ..request
    };
    assert!(closure.check_completeness(other).await.is_err());
    let passed = stage
        .kinds()
        .await
        .iter()
        .filter(|kind| *kind == "case.completeness_passed")
        .count();
    assert_eq!(passed, 1);
    stage.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_clerks_check_and_another_district_finds_nothing() {
    let stage = Stage::at("2026-03-03T08:30:00+08:00").await;
    stage.reported().await;
    let version = stage.version().await;
    let denied = stage
        .closure(&stage.head)
        .check_completeness(check(&stage, version))
        .await
        .unwrap_err();
    assert_eq!(denied.code(), Code::PermissionDenied);
    let foreign = Person::new("wu", "吴登记").with(Role::Clk).of("220503");
    let (code, reason, _) = refused(
        stage
            .closure(&foreign)
            .check_completeness(check(&stage, version))
            .await,
    );
    assert_eq!((code, reason.as_str()), (Code::NotFound, "NOT_FOUND"));
    // A case of the same number in the other district is another case.
    let entity = Entity::case(random::new_id(), "XF-220503-2026-2-000123-8".parse().unwrap());
    let body = CaseRegistered {
        received_at: Some(at("2026-03-03T09:12:00+08:00")),
        ..CaseRegistered::default()
    };
    stage
        .bench
        .arrives(Foreign::new("intake", "case.registered", entity, &body).of("220503"))
        .await;
    stage.bench.finish().await;
}
