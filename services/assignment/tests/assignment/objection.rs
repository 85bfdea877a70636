//! Objections: until when, what becomes of the case, and what stays as it was.

use tonic::{Code, Status};
use xinqiao_proto::{
    assignment::{CaseHold, CaseState, DecideObjectionRequest, ObjectionDecision, RaiseObjectionRequest},
    event::CaseObjectionDecided,
};

use crate::world::{World, dispatcher, eff, forms, head, reason, request_id, wrong_fields};

async fn object(world: &World, text: &str) -> Result<xinqiao_proto::assignment::ActResult, Status> {
    let request = RaiseObjectionRequest {
        request_id: request_id(),
        case_id: world.case_id.to_string(),
        version: world.version().await,
        reason: text.to_owned(),
        suggested_unit_id: String::new(),
    };
    Ok(world
        .assignments(&head())
        .raise_objection(request)
        .await?
        .into_inner()
        .result
        .unwrap())
}

async fn decide(world: &World, decision: ObjectionDecision) -> xinqiao_proto::assignment::ActResult {
    let request = DecideObjectionRequest {
        request_id: request_id(),
        case_id: world.case_id.to_string(),
        version: world.version().await,
        decision: decision.into(),
        reason: "经核实职责归属清楚".to_owned(),
    };
    world
        .assignments(&dispatcher())
        .decide_objection(request)
        .await
        .unwrap()
        .into_inner()
        .result
        .unwrap()
}

const REASON: &str = "该事项属于物业管理纠纷,依照职责分工应由街道办事处承办";

#[tokio::test(flavor = "multi_thread")]
async fn across_spring_festival_the_last_day_is_the_fifth_working_day() {
    let world = World::with_released_case("2026-02-12T10:00:00+08:00").await;
    assert_eq!(eff(&world.assign().await, "K3"), "2026-02-26");

    world.bench.set_clock("2026-02-26T17:00:00+08:00");
    let short = object(&world, "不归我们管").await.unwrap_err();
    assert_eq!(wrong_fields(&short), ["reason"]);
    let objected = object(&world, REASON).await.unwrap();
    assert_eq!(objected.standing.as_ref().unwrap().state(), CaseState::Objected);
    assert_eq!(eff(&objected, "K22"), "2026-03-02", "the make-up Saturday counts");
    assert_eq!(forms(&objected), ["D08"]);
    assert!(world.document("D08").await.contains(REASON));

    let refused = decide(&world, ObjectionDecision::Refused).await;
    assert_eq!(
        eff(&refused, "K2"),
        "2026-02-27",
        "a wrong objection costs the petitioner no time"
    );
    let again = object(&world, REASON).await.unwrap_err();
    assert_eq!(
        reason(&again),
        (Code::FailedPrecondition, "OBJECTION_USED".to_owned())
    );
    world.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_day_after_is_too_late() {
    let world = World::with_released_case("2026-02-12T10:00:00+08:00").await;
    world.assign().await;
    world.bench.set_clock("2026-02-27T08:00:00+08:00");
    let late = object(&world, REASON).await.unwrap_err();
    assert_eq!(
        reason(&late),
        (Code::FailedPrecondition, "OBJECTION_TOO_LATE".to_owned())
    );
    assert!(late.message().contains("2026-02-26"), "{}", late.message());
    assert_eq!(world.standing().await.state(), CaseState::Assigned);
    world.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upheld_objection_waits_for_a_new_release() {
    let world = World::with_released_case("2026-03-04T10:00:00+08:00").await;
    world.assign().await;
    object(&world, REASON).await.unwrap();
    let upheld = decide(&world, ObjectionDecision::Upheld).await;
    assert_eq!(eff(&upheld, "K1b"), "2026-03-09");
    assert_eq!(upheld.standing.unwrap().hold(), CaseHold::Awaited);
    let event: CaseObjectionDecided = world.bench.event("case.objection_upheld").await;
    assert!(event.upheld && event.k1b.is_some());

    let request = world.assign_request(world.version().await);
    let early = world
        .assignments(&dispatcher())
        .assign_case(request)
        .await
        .unwrap_err();
    assert_eq!(
        reason(&early),
        (Code::FailedPrecondition, "NOT_YET_HERE".to_owned())
    );

    world.release().await;
    let again = world.assign().await;
    assert_eq!(again.standing.unwrap().round, 2);
    world.bench.finish().await;
}
