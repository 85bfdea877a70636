//! The petitioner's opinion: signed, refused, unreachable; of one petitioner or of several representatives.

use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use xinqiao_chassis::{identity::Role, testing::Person};
use xinqiao_proto::{
    event::{Attitude, OpinionResult, PetitionerOpinionRecorded},
    supervision::{
        ContactAttempt, ContactMethod, RecordPetitionerOpinionRequest, RecordPetitionerOpinionResponse,
        RefusedOpinion, SignatureType, SignedOpinion, UnreachableRecord, Witness, WitnessKind,
        record_petitioner_opinion_request::Result as Given,
    },
};

use super::stage::{Stage, at, refused, request_id};

pub(crate) async fn record(stage: &Stage, given: Given) -> Result<RecordPetitionerOpinionResponse, Status> {
    let request = RecordPetitionerOpinionRequest {
        request_id: request_id(),
        case_id: stage.case_id(),
        version: stage.version().await,
        representative: 0,
        remedy_told: true,
        result: Some(given),
    };
    let answer = stage
        .closure(&stage.clerk)
        .record_petitioner_opinion(request)
        .await?;
    Ok(answer.into_inner())
}

pub(crate) async fn signed(
    stage: &Stage,
    attitude: Attitude,
) -> Result<RecordPetitionerOpinionResponse, Status> {
    record(stage, Given::Signed(opinion(attitude))).await
}

fn opinion(attitude: Attitude) -> SignedOpinion {
    SignedOpinion {
        attitude: attitude.into(),
        agree_closed: Some(true),
        text: "问题已解决".to_owned(),
        signature_type: SignatureType::Handwritten.into(),
        identity_checked: true,
        needs_reading_aloud: false,
        read_aloud_by: String::new(),
    }
}

pub(crate) fn refusal(witnesses: &[(&str, WitnessKind)]) -> Given {
    let witness = |(name, kind): &(&str, WitnessKind)| Witness {
        name: (*name).to_owned(),
        kind: (*kind).into(),
    };
    Given::Refused(RefusedOpinion {
        reason: "不愿说明".to_owned(),
        no_adverse_effect_told: true,
        witnesses: witnesses.iter().map(witness).collect(),
    })
}

fn attempt(instant: &str, method: ContactMethod) -> ContactAttempt {
    ContactAttempt {
        at: Some(at(instant)),
        method: method.into(),
        by: "李登记".to_owned(),
        result: "无人接听".to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_needs_two_witnesses_and_moves_the_case_on() {
    let stage = Stage::at("2026-03-03T08:30:00+08:00").await;
    stage.complete().await;
    let (code, reason, fields) = refused(record(&stage, refusal(&[("李登记", WitnessKind::Staff)])).await);
    assert_eq!((code, reason.as_str()), (Code::InvalidArgument, "INVALID_FIELDS"));
    assert_eq!(fields, ["refused.witnesses"]);
    let both = [("李登记", WitnessKind::Staff), ("何登记", WitnessKind::Staff)];
    let answer = record(&stage, refusal(&both)).await.unwrap();
    assert_eq!(answer.state, "C62");
    let recorded: PetitionerOpinionRecorded = stage.bench.event("petitioner.opinion_recorded").await;
    assert_eq!(
        (recorded.result(), recorded.attitude()),
        (OpinionResult::Refused, Attitude::Unspecified)
    );
    stage.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_a_signed_opinion_lacks_is_named_at_once() {
    let stage = Stage::at("2026-03-03T08:30:00+08:00").await;
    stage.complete().await;
    let before = stage.seen().await;
    let request = RecordPetitionerOpinionRequest {
        request_id: request_id(),
        case_id: stage.case_id(),
        version: before.version,
        representative: 0,
        remedy_told: false,
        result: Some(Given::Signed(SignedOpinion {
            needs_reading_aloud: true,
            ..SignedOpinion::default()
        })),
    };
    let (_, _, fields) = refused(
        stage
            .closure(&stage.clerk)
            .record_petitioner_opinion(request)
            .await,
    );
    assert_eq!(
        fields,
        [
            "remedy_told",
            "signed.attitude",
            "signed.agree_closed",
            "signed.signature_type",
            "signed.identity_checked",
            "signed.read_aloud_by"
        ]
    );
    assert_eq!(stage.seen().await, before);
    stage.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_entered_is_named_as_the_form_names_it() {
    let stage = Stage::at("2026-03-03T08:30:00+08:00").await;
    stage.complete().await;
    let mut attempt = attempt("2026-03-03T09:00:00+08:00", ContactMethod::Phone);
    attempt.at = Some(prost_types::Timestamp {
        seconds: 253_402_271_999,
        nanos: 0,
    });
    attempt.by = "<b>李登记</b>".to_owned();
    attempt.result = "无人\0接听".to_owned();
    let attempts = vec![attempt];
    let status = record(&stage, Given::Unreachable(UnreachableRecord { attempts }))
        .await
        .unwrap_err();
    let wrong = status
        .get_error_details()
        .bad_request()
        .unwrap()
        .field_violations
        .clone();
    let said: Vec<_> = wrong
        .iter()
        .map(|wrong| (wrong.reason.as_str(), wrong.description.as_str()))
        .collect();
    assert_eq!(
        said,
        [
            ("NOT_AN_INSTANT", "第1个联系记录的联系时间不是有效的时间"),
            ("MARKUP", "第1个联系记录的联系人员不能包含网页代码"),
            (
                "CONTROL_CHARACTER",
                "第1个联系记录的联系结果含有不可见字符，请重新输入"
            ),
        ]
    );
    stage.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_be_reached_does_not_hold_the_case_up() {
    let stage = Stage::at("2026-03-03T08:30:00+08:00").await;
    stage.complete().await;
    stage.bench.set_clock("2026-04-30T16:00:00+08:00");
    let early = UnreachableRecord {
        attempts: vec![
            attempt("2026-04-23T10:00:00+08:00", ContactMethod::Phone),
            attempt("2026-04-28T10:00:00+08:00", ContactMethod::Phone),
        ],
    };
    let (_, _, fields) = refused(record(&stage, Given::Unreachable(early)).await);
    assert_eq!(
        fields,
        [
            "unreachable.attempts[0].at",
            "unreachable.attempts",
            "unreachable.attempts",
            "unreachable.attempts"
        ]
    );
    let enough = UnreachableRecord {
        attempts: vec![
            attempt("2026-04-27T10:00:00+08:00", ContactMethod::Phone),
            attempt("2026-04-28T10:00:00+08:00", ContactMethod::RegisteredLetter),
            attempt("2026-04-30T10:00:00+08:00", ContactMethod::Sms),
        ],
    };
    assert_eq!(
        record(&stage, Given::Unreachable(enough)).await.unwrap().state,
        "C62"
    );
    stage.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opinion_is_recorded_once_and_by_nobody_unknown() {
    let stage = Stage::at("2026-03-03T08:30:00+08:00").await;
    stage.complete().await;
    let request = RecordPetitionerOpinionRequest {
        request_id: request_id(),
        case_id: stage.case_id(),
        version: stage.version().await,
        representative: 2,
        remedy_told: true,
        result: Some(Given::Signed(opinion(Attitude::Basically))),
    };
    let (_, _, fields) = refused(
        stage
            .closure(&stage.clerk)
            .record_petitioner_opinion(request)
            .await,
    );
    assert_eq!(fields, ["representative"]);
    signed(&stage, Attitude::Basically).await.unwrap();
    let (_, reason, _) = refused(signed(&stage, Attitude::Satisfied).await);
    assert_eq!(
        reason, "WRONG_STATE",
        "a signature comes after the opinion, no second opinion"
    );
    stage.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_joint_case_moves_on_when_every_representative_was_heard() {
    let stage = Stage {
        representatives: 2,
        ..Stage::at("2026-03-03T08:30:00+08:00").await
    };
    stage.complete().await;
    let first = signed(&stage, Attitude::Satisfied).await.unwrap();
    assert_eq!((first.state.as_str(), first.outstanding), ("C61", 1));
    assert_eq!(
        refused(signed(&stage, Attitude::Satisfied).await).1,
        "ALREADY_RECORDED"
    );
    let request = RecordPetitionerOpinionRequest {
        request_id: request_id(),
        case_id: stage.case_id(),
        version: stage.version().await,
        representative: 2,
        remedy_told: true,
        result: Some(Given::Signed(opinion(Attitude::Dissatisfied))),
    };
    let second = stage
        .closure(&stage.clerk)
        .record_petitioner_opinion(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!((second.state.as_str(), second.outstanding), ("C62", 0));
    let recorded: PetitionerOpinionRecorded = stage.bench.event("petitioner.opinion_recorded").await;
    assert_eq!(
        recorded.attitude(),
        Attitude::Dissatisfied,
        "one satisfied voice hides no other"
    );
    stage.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_registered_the_case_does_not_record_a_refusal_alone() {
    let mut stage = Stage::at("2026-03-03T08:30:00+08:00").await;
    stage.registrar = "person:li".to_owned();
    stage.complete().await;
    let refused_to_sign = || refusal(&[("李登记", WitnessKind::Staff), ("何登记", WitnessKind::Staff)]);
    let (code, reason, _) = refused(record(&stage, refused_to_sign()).await);
    assert_eq!(
        (code, reason.as_str()),
        (Code::PermissionDenied, "SEPARATION_OF_DUTIES")
    );
    stage.clerk = Person::new("he", "何登记").with(Role::Clk);
    record(&stage, refused_to_sign()).await.unwrap();
    stage.bench.finish().await;
}
