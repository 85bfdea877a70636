//! What the other services tell moves the overall state, the time line and the hold.

use xinqiao_chassis::identity::Role;
use xinqiao_chassis::random::new_id;
use xinqiao_chassis::testing::{Bench, Foreign, Person};
use xinqiao_proto::common::LegalTerm;
use xinqiao_proto::event::{
    ArchiveFinal, CaseAccepted, CaseArchived, CaseAssigned, CaseClosed, CaseClosureReported,
    CaseCompletenessPassed, CaseExecutionStarted, CaseInvestigationStarted, CaseObjected,
    CaseObjectionDecided, CaseOpinionIssued, CaseOpinionServed, CaseRemedyChanged, CaseReportSubmitted,
    ClockChanged, LeaderSigned, PetitionerOpinionRecorded, Remedy,
};
use xinqiao_proto::intake::{CaseState, Holder, Registered, ReleaseCaseRequest};

use crate::people::{self, *};

async fn released(bench: &Bench) -> Registered {
    let case = registered(bench, a_visit()).await;
    let mut desk = triage(bench, &dispatcher());
    let triaged = desk
        .triage_case(a_sheet(&case.case_id, case.version))
        .await
        .unwrap()
        .into_inner();
    let release = ReleaseCaseRequest {
        request_id: fresh(),
        case_id: case.case_id.clone(),
        version: triaged.version,
    };
    desk.release_case(release).await.unwrap();
    case
}

fn assigned_to(unit: &str) -> CaseAssigned {
    CaseAssigned {
        round: 1,
        lead_unit_id: unit.to_owned(),
        ..CaseAssigned::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_overall_state_follows_the_case_to_the_archive() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let case = released(&bench).await;
    let about = entity(&case);
    let unit = new_id();
    macro_rules! tell {
        ($($publisher:literal $kind:literal $body:expr, $state:ident $holder:ident;)+) => {
            $(
                bench.arrives(Foreign::new($publisher, $kind, about, &$body)).await;
                let header = seen(&bench, &case.case_id).await.header.unwrap();
                assert_eq!((header.state(), header.holder()), (CaseState::$state, Holder::$holder), $kind);
            )+
        };
    }
    let remedy = |remedy: Remedy| CaseRemedyChanged {
        remedy: remedy.into(),
        ..CaseRemedyChanged::default()
    };
    tell! {
        "assignment" "case.assigned" assigned_to(&unit.to_string()), Assigned Assignment;
        "assignment" "case.accepted" CaseAccepted::default(), Accepted Assignment;
        "assignment" "case.investigation_started" CaseInvestigationStarted::default(), Investigating Assignment;
        "assignment" "case.report_submitted" CaseReportSubmitted::default(), Reported Assignment;
        "assignment" "case.opinion_issued" CaseOpinionIssued::default(), OpinionIssued Assignment;
        "assignment" "case.opinion_served" CaseOpinionServed::default(), OpinionIssued Assignment;
        "supervision" "case.remedy_changed" remedy(Remedy::ReviewWindow), OpinionIssued Assignment;
        "assignment" "case.execution_started" CaseExecutionStarted::default(), Executing Assignment;
        "assignment" "case.closure_reported" CaseClosureReported::default(), ClosureReported Supervision;
        "supervision" "case.completeness_passed" CaseCompletenessPassed::default(), OpinionPending Supervision;
        "supervision" "petitioner.opinion_recorded" PetitionerOpinionRecorded::default(), LeaderReview Supervision;
        "supervision" "leader.signed" LeaderSigned::default(), LeaderReview Supervision;
        "supervision" "case.closed" CaseClosed::default(), Closed Archive;
        "archive" "case.archived" CaseArchived::default(), Archived Archive;
        "supervision" "case.remedy_changed" remedy(Remedy::Final), Archived Archive;
        "archive" "archive.final" ArchiveFinal::default(), Archived Archive;
    }
    let handler = Person::new("zhao", "赵承办").with(Role::Unt).in_unit(unit);
    let timeline = people::timeline(&bench, &handler, &case.case_id).await.unwrap();
    assert_eq!(timeline.entries.len(), 18);
    assert_eq!(timeline.remedy(), Remedy::Final);
    assert_eq!(timeline.entries.last().unwrap().service, "archive");
    let stranger = Person::new("feng", "冯承办").with(Role::Unt).in_unit(new_id());
    let refused = people::timeline(&bench, &stranger, &case.case_id)
        .await
        .unwrap_err();
    assert_eq!(why(&refused).1, "NOT_FOUND");
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upheld_objection_gives_the_hold_back_to_intake() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let case = released(&bench).await;
    let about = entity(&case);
    let k1b = LegalTerm {
        clock: "K1b".to_owned(),
        due_eff: "2026-03-09".to_owned(),
        ..LegalTerm::default()
    };
    let upheld = CaseObjectionDecided {
        round: 1,
        upheld: true,
        k1b: Some(k1b.clone()),
    };
    bench
        .arrives(Foreign::new(
            "assignment",
            "case.assigned",
            about,
            &assigned_to(&fresh()),
        ))
        .await;
    bench
        .arrives(Foreign::new(
            "assignment",
            "case.objected",
            about,
            &CaseObjected::default(),
        ))
        .await;
    bench
        .arrives(Foreign::new(
            "assignment",
            "case.objection_upheld",
            about,
            &upheld,
        ))
        .await;
    let view = seen(&bench, &case.case_id).await;
    let header = view.header.unwrap();
    assert_eq!(
        (header.state(), header.holder()),
        (CaseState::Registered, Holder::Intake)
    );
    assert_eq!(view.k1b, Some(k1b));
    let mut desk = triage(&bench, &dispatcher());
    let triaged = desk
        .triage_case(a_sheet(&case.case_id, header.version))
        .await
        .unwrap()
        .into_inner();
    let release = ReleaseCaseRequest {
        request_id: fresh(),
        case_id: case.case_id.clone(),
        version: triaged.version,
    };
    assert_eq!(
        desk.release_case(release).await.unwrap().into_inner().holder(),
        Holder::Assignment
    );
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_does_not_fit_is_noted_and_moves_nothing() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let case = released(&bench).await;
    bench
        .arrives(Foreign::new(
            "supervision",
            "case.closed",
            entity(&case),
            &CaseClosed::default(),
        ))
        .await;
    let header = seen(&bench, &case.case_id).await.header.unwrap();
    assert_eq!(header.state(), CaseState::Registered);
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn terms_follow_when_another_calendar_has_moved_them() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let case = released(&bench).await;
    let about = entity(&case);
    let before = seen(&bench, &case.case_id).await.header.unwrap();
    let told = before.k1.unwrap();
    let k1 = LegalTerm {
        due_eff: "2026-03-23".to_owned(),
        calendar_version: "2026.2".to_owned(),
        ..told.clone()
    };
    let k4 = LegalTerm {
        clock: "K4".to_owned(),
        ..k1.clone()
    };
    for term in [&k1, &k4] {
        let recomputed = ClockChanged {
            clock_id: new_id().to_string(),
            term: Some(term.clone()),
            ..ClockChanged::default()
        };
        bench
            .arrives(Foreign::new(
                "supervision",
                "clock.recomputed",
                about,
                &recomputed,
            ))
            .await;
    }
    let after = seen(&bench, &case.case_id).await.header.unwrap();
    assert_ne!(after.k1.as_ref(), Some(&told));
    assert_eq!(after.k1, Some(k1));
    assert_eq!(after.version, before.version, "nobody's desk goes stale by it");
    bench.finish().await;
}
