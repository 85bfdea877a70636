//! Cases that never reached a unit, and cases that no leader received.

use xinqiao_proto::{
    event::{
        CaseDiverted, CaseFiled, CaseLinked, CaseNoLongerAccepted, CaseNotAccepted, CaseRegistered,
        CaseTransferredOut, DocumentCreated, LegalRoute,
    },
    supervision::{
        ClockState, FileCaseRequest, FileCaseResponse, GetSigningSheetRequest, ListClocksRequest,
        NoticeService, ReviewDecision, SignReviewRequest,
    },
};

use super::stage::{Stage, at, certificate, legal_term, refused, request_id};
use xinqiao_chassis::random;

/// What proves the service, as it must not be read in the table.
const PROOF: &str = "挂号信收据 XA12345678";

pub(crate) async fn diverted(stage: &Stage, leader_received: bool) {
    let registered = CaseRegistered {
        received_at: Some(at("2026-03-03T09:12:00+08:00")),
        leader_received,
        ..CaseRegistered::default()
    };
    stage
        .tell(
            "2026-03-03T09:12:00+08:00",
            "intake",
            "case.registered",
            &registered,
        )
        .await;
    let diverted = CaseDiverted {
        legal_route: LegalRoute::Litigation.into(),
        k23: Some(legal_term("K23", "2026-03-05", "10wd")),
        leader_received,
        responsible_leader_id: if leader_received {
            stage.leader_id.to_string()
        } else {
            String::new()
        },
        complained_person_marks: stage.release.complained_person_marks.clone(),
        ..CaseDiverted::default()
    };
    stage
        .tell("2026-03-05T09:00:00+08:00", "intake", "case.diverted", &diverted)
        .await;
}

pub(crate) async fn file(stage: &Stage, served_on: &str) -> Result<FileCaseResponse, tonic::Status> {
    let request = FileCaseRequest {
        request_id: request_id(),
        case_id: stage.case_id(),
        version: stage.version().await,
        notice_served_on: served_on.to_owned(),
        notice_service: NoticeService::RegisteredMail.into(),
        proof: PROOF.to_owned(),
    };
    Ok(stage.cases(&stage.head).file_case(request).await?.into_inner())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_diverted_case_that_no_leader_received_goes_to_the_archive() {
    let stage = Stage::at("2026-03-03T08:30:00+08:00").await;
    diverted(&stage, false).await;
    assert_eq!(stage.dates("K23").await, ["03-19"; 3]);
    assert_eq!(stage.clock("K1").await.state(), ClockState::Met);
    assert_eq!(refused(file(&stage, "2026-03-04").await).2, ["notice_served_on"]);
    assert_eq!(
        refused(file(&stage, "2026-03-06").await).2,
        ["notice_served_on"],
        "in the future"
    );
    let bare = FileCaseRequest {
        request_id: request_id(),
        case_id: stage.case_id(),
        version: stage.version().await,
        ..FileCaseRequest::default()
    };
    assert_eq!(
        refused(stage.cases(&stage.head).file_case(bare).await).2,
        ["notice_service", "notice_served_on", "proof"]
    );
    let answer = file(&stage, "2026-03-05").await.unwrap();
    assert_eq!(
        (answer.state.as_str(), answer.due.as_str()),
        ("C80", "2026-03-19")
    );
    assert_eq!(stage.clock("K23").await.state(), ClockState::Met);
    let filed: CaseFiled = stage.bench.event("case.filed").await;
    assert!(!filed.to_leader_review && filed.k11.is_none() && filed.k15.is_some());
    assert_eq!(filed.notice_served_on, "2026-03-05");
    let proof = answer.document.unwrap();
    assert_eq!((proof.archive_item.as_str(), proof.form.as_str()), ("07", "D14"));
    let created: DocumentCreated = stage.bench.event("document.created").await;
    assert_eq!(created.document.unwrap(), proof);
    let kept: (String, String, bool) = sqlx::query_as(
        "SELECT method, served_on::text, position($1::bytea IN proof) = 0 FROM notice_service",
    )
    .bind(PROOF.as_bytes())
    .fetch_one(stage.bench.pool())
    .await
    .unwrap();
    assert_eq!(
        kept,
        ("REGISTERED_MAIL".to_owned(), "2026-03-05".to_owned(), true),
        "what proves it is sealed"
    );
    stage.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_diverted_case_that_a_leader_received_is_signed_with_a_comment() {
    let stage = Stage::at("2026-03-03T08:30:00+08:00").await;
    stage
        .leader_changed(stage.leader_id, "zhang", &stage.certificate)
        .await;
    diverted(&stage, true).await;
    stage.bench.set_clock("2026-04-27T09:00:00+08:00");
    assert_eq!(file(&stage, "2026-03-05").await.unwrap().state, "C62");
    super::signature::inspect(&stage, &stage.leader).await.unwrap();
    assert_eq!(refused(super::signature::sign(&stage, "").await).2, ["comment"]);
    assert_eq!(
        super::signature::sign(&stage, "已导入诉讼途径")
            .await
            .unwrap()
            .state,
        "C70"
    );
    stage.bench.finish().await;
}

/// AS-11(a), the clocks of it.
#[tokio::test(flavor = "multi_thread")]
async fn k1_of_an_accusation_stops_when_it_is_transferred_and_nobody_sees_its_clocks() {
    let stage = Stage::at("2026-04-14T08:30:00+08:00").await;
    let registered = CaseRegistered {
        received_at: Some(at("2026-04-14T09:00:00+08:00")),
        sealed: true,
        ..CaseRegistered::default()
    };
    let morning = "2026-04-14T09:00:00+08:00";
    stage
        .tell(morning, "intake", "case.registered", &registered)
        .await;
    let clocks = "SELECT code || ' ' || state || ' ' || due_eff::text FROM clock ORDER BY code";
    let running: Vec<String> = sqlx::query_scalar(clocks)
        .fetch_all(stage.bench.pool())
        .await
        .unwrap();
    assert_eq!(running, ["K1 running 2026-04-29"]);
    let transferred = CaseTransferredOut {
        k23: Some(legal_term("K23", "2026-04-15", "10wd")),
        sealed: true,
        ..CaseTransferredOut::default()
    };
    let next_day = "2026-04-15T09:00:00+08:00";
    stage
        .tell(next_day, "intake", "case.transferred_out", &transferred)
        .await;
    let after: Vec<String> = sqlx::query_scalar(clocks)
        .fetch_all(stage.bench.pool())
        .await
        .unwrap();
    assert_eq!(after, ["K1 met 2026-04-29", "K23 running 2026-04-29"]);
    for person in [&stage.head, &stage.clerk, &stage.leader] {
        let ask = ListClocksRequest {
            case_id: stage.case_id(),
            without_derivation: true,
        };
        let answer = stage.clocks_of(person).list_clocks(ask).await;
        let reason = refused(answer.map(tonic::Response::into_inner)).1;
        assert!(
            ["SEALED", "NOT_FOUND", "NOT_PERMITTED"].contains(&reason.as_str()),
            "{reason}"
        );
    }
    stage.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_accepted_or_no_longer_is_filed_with_its_own_notice() {
    let stage = Stage::at("2026-03-03T08:30:00+08:00").await;
    stage.registered().await;
    let k23 = Some(legal_term("K23", "2026-03-05", "10wd"));
    let refused = CaseNotAccepted {
        k23: k23.clone(),
        ..CaseNotAccepted::default()
    };
    let on = "2026-03-05T09:00:00+08:00";
    stage.tell(on, "intake", "case.not_accepted", &refused).await;
    assert_eq!(stage.clock("K1").await.state(), ClockState::Met);
    assert_eq!(stage.dates("K23").await, ["03-19"; 3]);
    assert_eq!(file(&stage, "2026-03-05").await.unwrap().state, "C80");
    stage.bench.finish().await;

    let stage = Stage::at("2026-03-03T08:30:00+08:00").await;
    stage.registered().await;
    let ended = CaseNoLongerAccepted {
        k23,
        ..CaseNoLongerAccepted::default()
    };
    stage.tell(on, "intake", "case.no_longer_accepted", &ended).await;
    assert_eq!(stage.clock("K1").await.state(), ClockState::Met);
    assert_eq!(file(&stage, "2026-03-05").await.unwrap().state, "C80");
    stage.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_joined_case_has_no_clock_and_nothing_to_file() {
    let stage = Stage::at("2026-03-03T08:30:00+08:00").await;
    stage.registered().await;
    let on = "2026-03-05T09:00:00+08:00";
    stage
        .tell(on, "intake", "case.linked", &CaseLinked::default())
        .await;
    let running: Vec<String> = sqlx::query_scalar("SELECT code FROM clock WHERE state = 'running'")
        .fetch_all(stage.bench.pool())
        .await
        .unwrap();
    assert_eq!(running, Vec::<String>::new());
    assert_eq!(stage.clock("K1").await.state(), ClockState::Met);
    assert_eq!(refused(file(&stage, "2026-03-05").await).1, "WRONG_HOLDER");
    stage.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_registered_only_is_not_filed() {
    let stage = Stage::at("2026-03-03T08:30:00+08:00").await;
    stage.registered().await;
    assert_eq!(refused(file(&stage, "2026-03-03").await).1, "NOT_YET_HERE");
    stage.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_leader_received_the_head_of_the_office_signs_without_an_inspection() {
    let stage = Stage::at("2026-03-03T08:30:00+08:00").await;
    let (key, pem) = certificate(2030);
    stage.leader_changed(random::new_id(), "wang", &pem).await;
    let registered = CaseRegistered {
        received_at: Some(at("2026-03-03T09:12:00+08:00")),
        ..CaseRegistered::default()
    };
    stage
        .tell(
            "2026-03-03T09:12:00+08:00",
            "intake",
            "case.registered",
            &registered,
        )
        .await;
    stage
        .papers("intake", &[("02", "D01"), ("03", "ORIGINAL"), ("07", "TRIAGE")])
        .await;
    stage.papers("assignment", &[("14", "D15")]).await;
    let released = xinqiao_proto::event::CaseReleased::default();
    stage
        .tell("2026-03-04T10:00:00+08:00", "intake", "case.released", &released)
        .await;
    let reported = xinqiao_proto::event::CaseClosureReported::default();
    stage
        .tell(
            "2026-04-24T10:00:00+08:00",
            "assignment",
            "case.closure_reported",
            &reported,
        )
        .await;
    let check = xinqiao_proto::supervision::CheckCompletenessRequest {
        request_id: request_id(),
        case_id: stage.case_id(),
        version: stage.version().await,
        note: String::new(),
    };
    stage
        .closure(&stage.clerk)
        .check_completeness(check)
        .await
        .unwrap();
    super::opinion::signed(&stage, xinqiao_proto::event::Attitude::Satisfied)
        .await
        .unwrap();
    let mut review = stage.review(&stage.head);
    let ask = GetSigningSheetRequest {
        case_id: stage.case_id(),
        comment: String::new(),
    };
    let sheet = review.get_signing_sheet(ask).await.unwrap().into_inner();
    let sign = SignReviewRequest {
        request_id: request_id(),
        case_id: stage.case_id(),
        version: sheet.version,
        decision: ReviewDecision::Approve.into(),
        comment: String::new(),
        signature: key.sign(&sheet.sheet_sha256).as_ref().to_vec().into(),
        sheet_sha256: sheet.sheet_sha256,
    };
    assert_eq!(review.sign_review(sign).await.unwrap().into_inner().state, "C70");
    stage.bench.finish().await;
}
