//! Nobody sends a complaint about himself on its way `[R:28(3)]`.

use tonic::{Code, Status};
use xinqiao_chassis::identity::Role;
use xinqiao_chassis::testing::{Bench, Foreign, Person};
use xinqiao_proto::event::{CaseAssigned, CaseDiverted, CaseInvestigationStarted, CaseReleased, LegalRoute};
use xinqiao_proto::intake::complained_object::Kind;
use xinqiao_proto::intake::{
    ComplainedObject, DivertCaseRequest, ProposeVoidRequest, Registered, ReleaseCaseRequest,
    TriageCaseRequest, VoidCaseRequest, VoidReason,
};

use crate::people::*;

const CLERK: &str = "li";
const COLLEAGUE: &str = "he";
const DISPATCHER: &str = "wang";
const SECOND: &str = "fang";

fn second() -> Person {
    Person::new(SECOND, "方分办").with(Role::Dsp)
}

/// A sheet that complains about a person of the office.
fn sheet_about(person: &str, case: &Registered, version: u64) -> TriageCaseRequest {
    let mut sheet = a_sheet(&case.case_id, version);
    sheet.complained = vec![ComplainedObject {
        kind: Kind::Person.into(),
        person_id: person.to_owned(),
        ..ComplainedObject::default()
    }];
    sheet
}

fn release(case: &Registered, version: u64) -> ReleaseCaseRequest {
    ReleaseCaseRequest {
        request_id: fresh(),
        case_id: case.case_id.clone(),
        version,
    }
}

fn divert(case: &Registered, version: u64) -> DivertCaseRequest {
    DivertCaseRequest {
        request_id: fresh(),
        case_id: case.case_id.clone(),
        version,
        legal_route: LegalRoute::Litigation.into(),
        addressee: "东昌区人民法院".to_owned(),
        time_limit: "三年诉讼时效之内".to_owned(),
        reasons: "合同纠纷应当通过诉讼解决".to_owned(),
    }
}

fn propose_void(case: &Registered, version: u64) -> ProposeVoidRequest {
    ProposeVoidRequest {
        request_id: fresh(),
        case_id: case.case_id.clone(),
        version,
        reason: VoidReason::EnteredTwice.into(),
        explanation: "同一来访登记两次".to_owned(),
        petitioner_told: 0,
    }
}

#[track_caller]
fn recused<T: std::fmt::Debug>(answer: Result<T, Status>) {
    assert_eq!(
        why(&answer.unwrap_err()),
        (Code::PermissionDenied, "RECUSED".to_owned())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dispatcher_whom_the_sheet_names_neither_writes_it_nor_acts_by_it() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let case = registered(&bench, a_visit()).await;
    let about = |version| sheet_about(DISPATCHER, &case, version);
    recused(
        triage(&bench, &dispatcher())
            .triage_case(about(case.version))
            .await,
    );
    let sheet = triage(&bench, &second()).triage_case(about(case.version)).await;
    let version = sheet.unwrap().into_inner().version;
    assert_eq!(version, case.version + 1, "the refused sheet left nothing");

    let mut his = triage(&bench, &dispatcher());
    recused(his.triage_case(a_sheet(&case.case_id, version)).await);
    recused(his.release_case(release(&case, version)).await);
    recused(his.divert_case(divert(&case, version)).await);
    let proposed = triage(&bench, &clerk())
        .propose_void(propose_void(&case, version))
        .await;
    let version = proposed.unwrap().into_inner().version;
    let void = VoidCaseRequest {
        request_id: fresh(),
        case_id: case.case_id.clone(),
        version,
    };
    recused(his.void_case(void).await);

    let released = triage(&bench, &second())
        .release_case(release(&case, version))
        .await;
    released.unwrap();
    let told: CaseReleased = bench.event("case.released").await;
    assert_eq!(
        told.complained_person_marks,
        [bench.mark(entity(&case).id, DISPATCHER)]
    );
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_diversion_tells_whom_the_case_concerns() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let case = registered(&bench, a_visit()).await;
    let sheet = sheet_about(SECOND, &case, case.version);
    let sheet = triage(&bench, &dispatcher()).triage_case(sheet).await;
    let version = sheet.unwrap().into_inner().version;
    let diverted = triage(&bench, &dispatcher())
        .divert_case(divert(&case, version))
        .await;
    diverted.unwrap();
    let told: CaseDiverted = bench.event("case.diverted").await;
    assert_eq!(
        told.complained_person_marks,
        [bench.mark(entity(&case).id, SECOND)]
    );
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_assignment_excludes_or_who_recuses_himself_acts_no_more_here() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let case = registered(&bench, a_visit()).await;
    let try_as = async |person: &Person| {
        let request = propose_void(&case, 99);
        let answer = triage(&bench, person).propose_void(request).await;
        why(&answer.unwrap_err()).1
    };
    let (excluded, declared) = (clerk(), Person::new(COLLEAGUE, "何登记").with(Role::Clk));
    assert_eq!(try_as(&excluded).await, "STALE_VERSION");
    let sheet = a_sheet(&case.case_id, case.version);
    let triaged = triage(&bench, &dispatcher()).triage_case(sheet).await;
    let version = triaged.unwrap().into_inner().version;
    let done = triage(&bench, &dispatcher())
        .release_case(release(&case, version))
        .await;
    done.unwrap();
    let assigned = CaseAssigned {
        lead_unit_id: fresh(),
        excluded_person_marks: vec![bench.mark(entity(&case).id, CLERK)],
        ..CaseAssigned::default()
    };
    let event = Foreign::new("assignment", "case.assigned", entity(&case), &assigned);
    bench.arrives(event).await;
    assert_eq!(try_as(&excluded).await, "RECUSED");
    assert_ne!(try_as(&declared).await, "RECUSED");
    let started = CaseInvestigationStarted {
        investigator_count: 2,
        recused_person_marks: vec![bench.mark(entity(&case).id, COLLEAGUE)],
    };
    let event = Foreign::new(
        "assignment",
        "case.investigation_started",
        entity(&case),
        &started,
    );
    bench.arrives(event).await;
    assert_eq!(try_as(&declared).await, "RECUSED");
    bench.finish().await;
}
