//! A visit names a reception day of the roster, and does not wait for a day that is over.

use tonic::Code;
use uuid::Uuid;
use xinqiao_chassis::random::new_id;
use xinqiao_chassis::testing::{Bench, Foreign};
use xinqiao_proto::event::{CaseReleased, ReceptionHeld};
use xinqiao_proto::intake::{RegisterVisitRequest, ReleaseCaseRequest};

use crate::people::*;

fn a_visit_of(day: &str) -> RegisterVisitRequest {
    RegisterVisitRequest {
        reception_day_id: day.to_owned(),
        ..a_visit()
    }
}

async fn release(bench: &Bench, case_id: &str, version: u64) -> Result<(), tonic::Status> {
    let release = ReleaseCaseRequest {
        request_id: fresh(),
        case_id: case_id.to_owned(),
        version,
    };
    triage(bench, &dispatcher()).release_case(release).await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_that_is_unknown_or_over_is_a_wrong_field_and_an_answer_given_stays() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let mut counter = registration(&bench, &clerk());
    let refused = counter.register_visit(a_visit_of(&fresh())).await.unwrap_err();
    assert_eq!(wrong_fields(&refused), ["reception_day_id"]);
    assert_eq!(refused.code(), Code::InvalidArgument);

    let day = reception_day(&bench).await;
    let visit = a_visit_of(&day);
    let first = registered(&bench, visit.clone()).await;
    day_told(&bench, "reception_day.cancelled", day.parse().unwrap()).await;
    let refused = counter.register_visit(a_visit_of(&day)).await.unwrap_err();
    assert_eq!(wrong_fields(&refused), ["reception_day_id"]);
    assert_eq!(
        registered(&bench, visit).await,
        first,
        "the same request has its answer"
    );
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_nobody_received_is_released_without_a_leader_when_its_day_is_over() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    for kind in ["reception_day.closed", "reception_day.cancelled"] {
        let day = reception_day(&bench).await;
        let case = registered(&bench, a_visit_of(&day)).await;
        let triaged = triage(&bench, &dispatcher())
            .triage_case(a_sheet(&case.case_id, case.version))
            .await
            .unwrap()
            .into_inner();
        day_told(&bench, "reception_day.opened", day.parse().unwrap()).await;
        let refused = release(&bench, &case.case_id, triaged.version).await.unwrap_err();
        assert_eq!(why(&refused).1, "NOT_YET_HERE");
        let before = audited(&bench, &case.case_id).await;
        day_told(&bench, kind, day.parse().unwrap()).await;
        assert_eq!(audited(&bench, &case.case_id).await, before + 1, "{kind}");
        release(&bench, &case.case_id, triaged.version).await.unwrap();
        let released: CaseReleased = bench.event("case.released").await;
        assert!(!released.leader_received && released.responsible_leader_id.is_empty());
    }
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_with_a_record_keeps_its_day() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let day = reception_day(&bench).await;
    let case = registered(&bench, a_visit_of(&day)).await;
    let held = ReceptionHeld {
        reception_id: fresh(),
        reception_day_id: day.clone(),
        ..ReceptionHeld::default()
    };
    let told = Foreign::new("scheduling", "reception.held", entity(&case), &held);
    bench.arrives(told).await;
    day_told(&bench, "reception_day.closed", day.parse().unwrap()).await;
    assert_eq!(seen(&bench, &case.case_id).await.reception_day_id, day);
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_comes_after_the_end_of_its_day_brings_the_day_back() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let day = reception_day(&bench).await;
    let case = registered(&bench, a_visit_of(&day)).await;
    day_told(&bench, "reception_day.closed", day.parse().unwrap()).await;
    assert_eq!(seen(&bench, &case.case_id).await.reception_day_id, "");
    let held = ReceptionHeld {
        reception_id: new_id().to_string(),
        reception_day_id: day.clone(),
        ..ReceptionHeld::default()
    };
    let told = Foreign::new("scheduling", "reception.held", entity(&case), &held);
    bench.arrives(told).await;
    assert_eq!(seen(&bench, &case.case_id).await.reception_day_id, day);
    bench.finish().await;
}

/// How many audit rows tell of a case.
async fn audited(bench: &Bench, case_id: &str) -> i64 {
    let object = format!("case:{}", case_id.parse::<Uuid>().unwrap());
    sqlx::query_scalar("SELECT count(*) FROM audit WHERE object = $1")
        .bind(object)
        .fetch_one(bench.pool())
        .await
        .unwrap()
}
