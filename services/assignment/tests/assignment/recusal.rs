//! Nobody acts in a matter that concerns him, or from which he is recused `[R:28(3)]`.

use tonic::{Code, Status};
use xinqiao_proto::{
    assignment::{AssignCaseRequest, DraftAcceptanceRequest, NameInvestigatorsRequest, Recusal},
    event::{CaseAssigned, CaseInvestigationStarted, CaseReleased},
};

use crate::world::{
    World, dispatcher, forms, handler, head, investigators, reason, released, request_id, second,
    wrong_fields,
};

fn recused() -> (Code, String) {
    (Code::PermissionDenied, "RECUSED".to_owned())
}

async fn assign(
    world: &World,
    by: &xinqiao_chassis::testing::Person,
    excluded: &[&str],
) -> Result<(), Status> {
    let request = AssignCaseRequest {
        excluded_person_ids: excluded.iter().map(|&person| person.to_owned()).collect(),
        ..world.assign_request(world.version().await)
    };
    world.assignments(by).assign_case(request).await.map(drop)
}

async fn name(world: &World, recused: &[&str]) -> Result<Vec<String>, Status> {
    let recused = recused.iter().map(|&person| Recusal {
        person_id: person.to_owned(),
        name: "某某某".to_owned(),
        declaration: "本人与信访人系近亲属,申请回避".to_owned(),
    });
    let request = NameInvestigatorsRequest {
        request_id: request_id(),
        case_id: world.case_id.to_string(),
        version: world.version().await,
        investigators: investigators(),
        recused: recused.collect(),
    };
    let answer = world.handling(&head()).name_investigators(request).await?;
    let result = answer.into_inner().result.unwrap();
    Ok(forms(&result).into_iter().map(str::to_owned).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_the_petition_is_about_neither_assigns_nor_investigates() {
    let world = World::open("2026-03-04T10:00:00+08:00").await;
    world.register().await;
    world.receive().await;
    let investigator = investigators().remove(1).person_id;
    world
        .release_as(CaseReleased {
            complained_person_marks: vec![world.mark("wang-fenban"), world.mark(&investigator)],
            ..released()
        })
        .await;
    let refused = assign(&world, &dispatcher(), &[]).await.unwrap_err();
    assert_eq!(reason(&refused), recused());
    assign(&world, &second(), &[]).await.unwrap();
    world.accept("2026-03-04").await;
    let refused = name(&world, &[]).await.unwrap_err();
    assert_eq!(wrong_fields(&refused), ["investigators[1].person_id"]);
    world.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_excludes_himself_does_not_assign_and_whom_he_excludes_does_not_handle() {
    let world = World::with_released_case("2026-03-04T10:00:00+08:00").await;
    let refused = assign(&world, &dispatcher(), &["wang-fenban"]).await.unwrap_err();
    assert_eq!(reason(&refused), recused());
    assign(&world, &dispatcher(), &["zhao-chengban"]).await.unwrap();
    let told: CaseAssigned = world.bench.event("case.assigned").await;
    assert_eq!(told.excluded_person_marks, [world.mark("zhao-chengban")]);
    let request = DraftAcceptanceRequest {
        request_id: request_id(),
        case_id: world.case_id.to_string(),
        version: world.version().await,
        ..DraftAcceptanceRequest::default()
    };
    let refused = world
        .handling(&handler())
        .draft_acceptance(request)
        .await
        .unwrap_err();
    assert_eq!(reason(&refused), recused());
    world.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_recuses_himself_acts_no_more_and_the_others_are_told() {
    let world = World::with_released_case("2026-03-04T10:00:00+08:00").await;
    world.assign().await;
    world.accept("2026-03-04").await;
    let himself = name(&world, &["qian-juzhang"]).await.unwrap_err();
    assert_eq!(
        reason(&himself),
        recused(),
        "the head does not name while recused"
    );
    let both = investigators().remove(1).person_id;
    let refused = name(&world, &[&both]).await.unwrap_err();
    assert_eq!(wrong_fields(&refused), ["recused[0].person_id"]);

    let filed = name(&world, &["wang-fenban"]).await.unwrap();
    assert_eq!(filed, ["RECUSAL"; 3]);
    let told: CaseInvestigationStarted = world.bench.event("case.investigation_started").await;
    assert_eq!(
        (told.investigator_count, told.recused_person_marks),
        (2, vec![world.mark("wang-fenban")])
    );
    let refused = assign(&world, &dispatcher(), &[]).await.unwrap_err();
    assert_eq!(reason(&refused), recused());
    world.bench.finish().await;
}
