//! A delegate reviews and signs for the responsible leader, on the days of his delegation (DEC-07, K11).

use aws_lc_rs::signature::Ed25519KeyPair;
use tonic::{Code, Status};
use uuid::Uuid;
use xinqiao_chassis::{
    identity::Role,
    journal::Entity,
    random,
    testing::{Foreign, Person},
};
use xinqiao_proto::{
    event::{Attitude, DelegationChanged, DelegationScope, LeaderSigned},
    supervision::{
        GetSigningSheetRequest, GetSigningSheetResponse, ReviewDecision, SignReviewRequest,
        SignReviewResponse,
    },
};

use super::{
    opinion::signed,
    signature::{inspect, ready},
    stage::{Stage, certificate, refused, request_id},
};

/// 刘副区长, to whom the responsible leader delegates.
struct Liu {
    leader_id: Uuid,
    person: Person,
    key: Ed25519KeyPair,
}

impl Liu {
    async fn of(stage: &Stage) -> Self {
        let leader_id = random::new_id();
        let (key, certificate) = certificate(2030);
        stage.leader_changed(leader_id, "liu", &certificate).await;
        Self {
            leader_id,
            person: Person::new("liu", "刘副区长").with(Role::Ldr).leader(leader_id),
            key,
        }
    }

    async fn sheet(&self, stage: &Stage) -> Result<GetSigningSheetResponse, Status> {
        let request = GetSigningSheetRequest {
            case_id: stage.case_id(),
            comment: String::new(),
        };
        let answer = stage.review(&self.person).get_signing_sheet(request).await?;
        Ok(answer.into_inner())
    }

    async fn sign(
        &self,
        stage: &Stage,
        sheet: &GetSigningSheetResponse,
    ) -> Result<SignReviewResponse, Status> {
        let request = SignReviewRequest {
            request_id: request_id(),
            case_id: stage.case_id(),
            version: sheet.version,
            decision: ReviewDecision::Approve.into(),
            comment: String::new(),
            sheet_sha256: sheet.sheet_sha256.clone(),
            signature: self.key.sign(&sheet.sheet_sha256).as_ref().to_vec().into(),
        };
        let answer = stage.review(&self.person).sign_review(request).await?;
        Ok(answer.into_inner())
    }
}

/// The responsible leader delegates, or takes it back.
async fn delegated(
    stage: &Stage,
    id: Uuid,
    liu: &Liu,
    scope: DelegationScope,
    days: (&str, &str),
    active: bool,
) {
    let body = DelegationChanged {
        delegation_id: id.to_string(),
        leader_id: stage.leader_id.to_string(),
        delegate_id: liu.leader_id.to_string(),
        scope: scope.into(),
        first_day: days.0.to_owned(),
        last_day: days.1.to_owned(),
        active,
    };
    let told = Foreign::new("scheduling", "delegation.changed", Entity::other(id), &body);
    stage.bench.arrives(told).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delegate_signs_on_his_days_and_the_paper_says_for_whom() {
    let stage = ready().await;
    let liu = Liu::of(&stage).await;
    let id = random::new_id();
    assert_eq!(
        refused(liu.sheet(&stage).await).0,
        Code::NotFound,
        "nothing is delegated"
    );
    delegated(
        &stage,
        id,
        &liu,
        DelegationScope::ReviewSign,
        ("2026-04-01", "2026-05-29"),
        true,
    )
    .await;

    let sheet = liu.sheet(&stage).await.unwrap();
    let text = String::from_utf8(sheet.sheet.to_vec()).unwrap();
    assert!(text.contains(&format!(r#""delegation":"{id}""#)), "{text}");
    assert!(
        text.contains(&format!(r#""signer":"leader:{}""#, liu.leader_id)),
        "{text}"
    );
    let inspected = refused(inspect(&stage, &liu.person).await);
    assert_eq!(
        inspected.0,
        Code::PermissionDenied,
        "inspecting is the leader's own"
    );
    let signed = liu.sign(&stage, &sheet).await.unwrap();
    assert_eq!(signed.state, "C70");
    let event: LeaderSigned = stage.bench.event("leader.signed").await;
    assert_eq!(
        (event.leader_id, event.delegation_id),
        (liu.leader_id.to_string(), id.to_string())
    );
    let paper = stage.paper("D17").await;
    let basis = format!("受副区长张副区长委托（2026-04-01至2026-05-29），委托编号{id}");
    assert!(paper.contains(&basis), "{paper}");
    stage.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_signs_before_or_after_his_days_or_without_that_scope() {
    let stage = ready().await;
    let liu = Liu::of(&stage).await;
    let (early, over, other, back) = (
        random::new_id(),
        random::new_id(),
        random::new_id(),
        random::new_id(),
    );
    delegated(
        &stage,
        early,
        &liu,
        DelegationScope::All,
        ("2026-12-01", "2026-12-31"),
        true,
    )
    .await;
    delegated(
        &stage,
        over,
        &liu,
        DelegationScope::All,
        ("2026-03-01", "2026-03-10"),
        true,
    )
    .await;
    let now = ("2026-04-01", "2026-05-29");
    delegated(&stage, other, &liu, DelegationScope::Receive, now, true).await;
    delegated(&stage, back, &liu, DelegationScope::All, now, true).await;
    let sheet = liu.sheet(&stage).await.unwrap();
    delegated(&stage, back, &liu, DelegationScope::All, now, false).await;
    let before = stage.seen().await;
    assert_eq!(refused(liu.sign(&stage, &sheet).await).0, Code::NotFound);
    assert_eq!(refused(liu.sheet(&stage).await).0, Code::NotFound);
    assert_eq!(stage.seen().await, before, "nothing was done");
    stage.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delegate_whom_the_case_concerns_does_not_sign() {
    let mut stage = Stage::at("2026-03-03T08:30:00+08:00").await;
    stage.release.complained_person_marks = vec![stage.mark("liu")];
    stage
        .leader_changed(stage.leader_id, "zhang", &stage.certificate)
        .await;
    stage.complete().await;
    signed(&stage, Attitude::Satisfied).await.unwrap();
    inspect(&stage, &stage.leader).await.unwrap();
    let liu = Liu::of(&stage).await;
    let days = ("2026-04-01", "2026-05-29");
    delegated(&stage, random::new_id(), &liu, DelegationScope::All, days, true).await;
    let (code, reason, _) = refused(liu.sheet(&stage).await);
    assert_eq!((code, reason.as_str()), (Code::PermissionDenied, "RECUSED"));
    stage.bench.finish().await;
}
