//! The leader's inspection and his verified signature.

use tonic::{Code, Status};
use xinqiao_chassis::{identity::Role, random, testing::Person};
use xinqiao_proto::{
    event::{Attitude, LeaderSentBack},
    supervision::{
        ClockState, GetSigningSheetRequest, GetSigningSheetResponse, InspectionManner,
        RecordInspectionRequest, RecordInspectionResponse, ReviewDecision, SendBackRequest,
        SignReviewRequest, SignReviewResponse,
    },
};

use super::{
    opinion::signed,
    stage::{Stage, at, certificate, refused, request_id},
};

pub(crate) async fn inspect(stage: &Stage, person: &Person) -> Result<RecordInspectionResponse, Status> {
    let request = RecordInspectionRequest {
        request_id: request_id(),
        case_id: stage.case_id(),
        version: stage.version().await,
        inspected_at: Some(at("2026-04-24T09:00:00+08:00")),
        manner: InspectionManner::OnSite.into(),
        findings: "现场已整改完毕".to_owned(),
        instruction: String::new(),
    };
    Ok(stage
        .review(person)
        .record_inspection(request)
        .await?
        .into_inner())
}

pub(crate) async fn sheet(stage: &Stage, comment: &str) -> Result<GetSigningSheetResponse, Status> {
    let request = GetSigningSheetRequest {
        case_id: stage.case_id(),
        comment: comment.to_owned(),
    };
    Ok(stage
        .review(&stage.leader)
        .get_signing_sheet(request)
        .await?
        .into_inner())
}

fn request(stage: &Stage, sheet: &GetSigningSheetResponse, comment: &str) -> SignReviewRequest {
    SignReviewRequest {
        request_id: request_id(),
        case_id: stage.case_id(),
        version: sheet.version,
        decision: ReviewDecision::Approve.into(),
        comment: comment.to_owned(),
        sheet_sha256: sheet.sheet_sha256.clone(),
        signature: stage.key.sign(&sheet.sheet_sha256).as_ref().to_vec().into(),
    }
}

pub(crate) async fn sign(stage: &Stage, comment: &str) -> Result<SignReviewResponse, Status> {
    let sheet = sheet(stage, comment).await?;
    Ok(stage
        .review(&stage.leader)
        .sign_review(request(stage, &sheet, comment))
        .await?
        .into_inner())
}

/// A case before the leader, inspected, the petitioner satisfied.
pub(crate) async fn ready() -> Stage {
    let stage = Stage::at("2026-03-03T08:30:00+08:00").await;
    stage
        .leader_changed(stage.leader_id, "zhang", &stage.certificate)
        .await;
    stage.complete().await;
    signed(&stage, Attitude::Satisfied).await.unwrap();
    inspect(&stage, &stage.leader).await.unwrap();
    stage
}

#[tokio::test(flavor = "multi_thread")]
async fn another_key_another_sheet_and_a_tampered_signature_close_nothing() {
    let stage = ready().await;
    let sheet = sheet(&stage, "").await.unwrap();
    let mut review = stage.review(&stage.leader);
    let good = request(&stage, &sheet, "");
    let before = stage.seen().await;

    let (other, _) = certificate(2030);
    let foreign = SignReviewRequest {
        signature: other.sign(&sheet.sheet_sha256).as_ref().to_vec().into(),
        request_id: request_id(),
        ..good.clone()
    };
    let (code, reason, _) = refused(review.sign_review(foreign).await);
    assert_eq!(
        (code, reason.as_str()),
        (Code::InvalidArgument, "SIGNATURE_INVALID")
    );

    let mut bytes = good.signature.to_vec();
    bytes[0] ^= 1;
    let tampered = SignReviewRequest {
        signature: bytes.into(),
        request_id: request_id(),
        ..good.clone()
    };
    assert_eq!(refused(review.sign_review(tampered).await).1, "SIGNATURE_INVALID");

    // The signature is over a sheet without this comment.
    let changed = SignReviewRequest {
        comment: "同意".to_owned(),
        request_id: request_id(),
        ..good.clone()
    };
    assert_eq!(refused(review.sign_review(changed).await).1, "SHEET_CHANGED");

    let short = SignReviewRequest {
        decision: 0,
        sheet_sha256: vec![1].into(),
        signature: vec![2].into(),
        request_id: request_id(),
        ..good.clone()
    };
    assert_eq!(
        refused(review.sign_review(short).await).2,
        ["decision", "sheet_sha256", "signature"]
    );
    assert_eq!(stage.seen().await, before);
    review.sign_review(good).await.unwrap();
    stage.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paper_that_comes_after_the_look_changes_the_sheet() {
    let stage = ready().await;
    let seen = sheet(&stage, "").await.unwrap();
    stage.papers("assignment", &[("14", "D15")]).await;
    let late = request(&stage, &seen, "");
    assert_eq!(
        refused(stage.review(&stage.leader).sign_review(late).await).1,
        "SHEET_CHANGED"
    );
    sign(&stage, "").await.unwrap();
    stage.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_certificate_and_none_at_all_are_refused() {
    let mut stage = Stage::at("2026-03-03T08:30:00+08:00").await;
    stage.complete().await;
    signed(&stage, Attitude::Satisfied).await.unwrap();
    inspect(&stage, &stage.leader).await.unwrap();
    assert_eq!(refused(sign(&stage, "").await).1, "NO_CERTIFICATE");
    let (key, pem) = certificate(2026);
    stage.key = key;
    stage.leader_changed(stage.leader_id, "zhang", &pem).await;
    assert_eq!(refused(sign(&stage, "").await).1, "CERTIFICATE_NOT_VALID_NOW");
    stage
        .leader_changed(stage.leader_id, "zhang", "no certificate")
        .await;
    assert_eq!(refused(sign(&stage, "").await).1, "CERTIFICATE_INVALID");
    stage.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_receives_inspects_and_signs_and_nobody_else() {
    let stage = Stage::at("2026-03-03T08:30:00+08:00").await;
    stage
        .leader_changed(stage.leader_id, "zhang", &stage.certificate)
        .await;
    stage.complete().await;
    signed(&stage, Attitude::Satisfied).await.unwrap();
    assert_eq!(refused(sign(&stage, "").await).1, "INSPECTION_MISSING");
    let other = Person::new("liu", "刘副区长")
        .with(Role::Ldr)
        .leader(random::new_id());
    assert_eq!(refused(inspect(&stage, &other).await).0, Code::NotFound);
    inspect(&stage, &stage.leader).await.unwrap();
    let request = GetSigningSheetRequest {
        case_id: stage.case_id(),
        comment: String::new(),
    };
    assert_eq!(
        refused(stage.review(&other).get_signing_sheet(request.clone()).await).0,
        Code::NotFound
    );
    assert_eq!(
        refused(stage.review(&stage.head).get_signing_sheet(request).await).1,
        "NOT_RESPONSIBLE_LEADER"
    );
    sign(&stage, "").await.unwrap();
    stage.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_leader_answers_a_dissatisfied_petitioner_in_writing() {
    let stage = Stage::at("2026-03-03T08:30:00+08:00").await;
    stage
        .leader_changed(stage.leader_id, "zhang", &stage.certificate)
        .await;
    stage.complete().await;
    signed(&stage, Attitude::Dissatisfied).await.unwrap();
    inspect(&stage, &stage.leader).await.unwrap();
    let (code, _, fields) = refused(sign(&stage, " ").await);
    assert_eq!(
        (code, fields),
        (Code::InvalidArgument, vec!["comment".to_owned()])
    );
    let answer = sign(&stage, "已当面说明政策依据和救济途径").await.unwrap();
    assert_eq!(answer.state, "C70");
    stage.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_back_comes_to_a_second_round() {
    let stage = ready().await;
    let back = SendBackRequest {
        request_id: request_id(),
        case_id: stage.case_id(),
        version: stage.version().await,
        reason: "整改尚未完成，请补充验收材料".to_owned(),
        due: "2026-05-08".to_owned(),
    };
    let answer = stage
        .review(&stage.leader)
        .send_back(back)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (answer.state.as_str(), answer.rework_due.as_str()),
        ("C63", "2026-05-08")
    );
    let sent: LeaderSentBack = stage.bench.event("leader.sent_back").await;
    assert_eq!(sent.k13.unwrap().due_eff, "2026-05-08");
    assert_eq!(refused(sign(&stage, "").await).1, "WRONG_HOLDER");
    assert_eq!(stage.clock("K11").await.state(), ClockState::Met);

    stage
        .closure_reported("2026-05-06T10:00:00+08:00", "2026-05-06")
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
    signed(&stage, Attitude::Satisfied).await.unwrap();
    assert_eq!(sign(&stage, "").await.unwrap().state, "C70");
    stage.bench.finish().await;
}
