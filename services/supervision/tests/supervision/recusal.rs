//! Nobody decides on a complaint about himself `[R:28(3)]`: neither inspection nor signature nor filing.

use tonic::Code;
use xinqiao_chassis::{
    identity::Role,
    journal::{Entity, EntityKind},
    random,
    testing::{Foreign, Person},
};
use xinqiao_proto::{
    event::{Attitude, CaseInvestigationStarted, UnitChanged},
    supervision::{GetCaseSupervisionRequest, SendBackRequest},
};

use super::{
    filing::{diverted, file},
    opinion::signed,
    signature::{inspect, sheet},
    stage::{Stage, refused, request_id},
};

#[track_caller]
fn recused<T: std::fmt::Debug>(answer: Result<T, tonic::Status>) {
    let (code, reason, _) = refused(answer);
    assert_eq!((code, reason.as_str()), (Code::PermissionDenied, "RECUSED"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_whom_the_case_concerns_neither_inspects_nor_signs_nor_sends_back() {
    let mut stage = Stage::at("2026-03-03T08:30:00+08:00").await;
    stage.release.complained_person_marks = vec![stage.mark("zhang")];
    stage
        .leader_changed(stage.leader_id, "zhang", &stage.certificate)
        .await;
    stage.complete().await;
    signed(&stage, Attitude::Satisfied).await.unwrap();
    let before = stage.seen().await;
    recused(inspect(&stage, &stage.leader).await);
    recused(sheet(&stage, "").await);
    let back = SendBackRequest {
        request_id: request_id(),
        case_id: stage.case_id(),
        version: before.version,
        reason: "请重新核实".to_owned(),
        ..SendBackRequest::default()
    };
    recused(stage.review(&stage.leader).send_back(back).await);
    assert_eq!(stage.seen().await, before, "nothing was done");
    stage.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_recused_himself_acts_no_more() {
    let stage = Stage::at("2026-03-03T08:30:00+08:00").await;
    stage.assigned().await;
    let early = refused(signed(&stage, Attitude::Satisfied).await);
    assert_ne!(early.1, "RECUSED", "nothing keeps him away yet");
    let declared = CaseInvestigationStarted {
        investigator_count: 2,
        recused_person_marks: vec![stage.mark("li")],
    };
    stage
        .tell(
            "2026-03-09T10:00:00+08:00",
            "assignment",
            "case.investigation_started",
            &declared,
        )
        .await;
    recused(signed(&stage, Attitude::Satisfied).await);
    stage.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dispatcher_whom_a_diverted_case_concerns_does_not_file_it() {
    let mut stage = Stage::at("2026-03-03T08:30:00+08:00").await;
    stage.release.complained_person_marks = vec![stage.mark("wang")];
    diverted(&stage, false).await;
    recused(file(&stage, "2026-03-05").await);
    stage.head = Person::new("fang", "方分办").with(Role::Dsp);
    file(&stage, "2026-03-05").await.unwrap();
    stage.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_works_under_a_unit_complained_about_sees_nothing_of_the_case() {
    let mut stage = Stage::at("2026-03-03T08:30:00+08:00").await;
    let (bureau, office, other) = (random::new_id(), random::new_id(), random::new_id());
    stage.release.complained_unit_ids = vec![bureau.to_string()];
    for (unit, parent) in [(office, bureau.to_string()), (other, String::new())] {
        let body = UnitChanged {
            unit_id: unit.to_string(),
            parent_unit_id: parent,
            active: true,
            ..UnitChanged::default()
        };
        let entity = Entity::of(EntityKind::Unit, unit);
        stage
            .bench
            .arrives(Foreign::new("assignment", "unit.changed", entity, &body))
            .await;
    }
    stage.assigned().await;
    let read = async |unit| {
        let supervisor = Person::new("sun", "孙督查").with(Role::Sup).in_unit(unit);
        let request = GetCaseSupervisionRequest {
            case_id: stage.case_id(),
        };
        stage.cases(&supervisor).get_case_supervision(request).await
    };
    for unit in [bureau, office] {
        assert_eq!(read(unit).await.unwrap_err().code(), Code::NotFound);
    }
    read(other).await.unwrap();
    stage.bench.finish().await;
}
