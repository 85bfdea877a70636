//! To whom a case exists, and on whose desk it lies.

use tonic::Code;
use xinqiao_chassis::{identity::Role, testing::Person};
use xinqiao_proto::{
    assignment::{
        AssignCaseRequest, CaseState, DraftAcceptanceRequest, ListLeaderDeskRequest, ListOfficeDeskRequest,
        ListUnitDeskRequest, ListUnitsRequest, ReadReportRequest,
    },
    common::PageRequest,
};

use crate::world::{LABOUR, World, dispatcher, handler, head, leader, reason, request_id};

#[tokio::test(flavor = "multi_thread")]
async fn a_case_exists_only_for_those_whose_case_it_is() {
    let world = World::with_released_case("2026-03-04T10:00:00+08:00").await;
    world.assign().await;
    let other_unit = Person::new("zheng-juzhang", "郑局长")
        .with(Role::Unt)
        .with(Role::Unh)
        .in_unit(LABOUR);
    let other_leader = Person::new("liu", "刘副区长")
        .with(Role::Ldr)
        .leader(uuid::Uuid::from_u128(2));
    let other_district = Person::new("ma-fenban", "马分办").with(Role::Dsp).of("220503");
    for stranger in [&other_unit, &other_leader, &other_district] {
        let refused = world.file_as(stranger).await.unwrap_err();
        assert_eq!(reason(&refused), (Code::NotFound, "NOT_FOUND".to_owned()));
    }
    let draft = DraftAcceptanceRequest {
        request_id: request_id(),
        case_id: world.case_id.to_string(),
        version: world.version().await,
        text: "您反映的事项已依法受理。".to_owned(),
        contact: "郑局长".to_owned(),
    };
    let foreign = world
        .handling(&other_unit)
        .draft_acceptance(draft.clone())
        .await
        .unwrap_err();
    let absent = DraftAcceptanceRequest {
        case_id: request_id(),
        request_id: request_id(),
        ..draft
    };
    let absent = world
        .handling(&other_unit)
        .draft_acceptance(absent)
        .await
        .unwrap_err();
    assert_eq!(
        (foreign.code(), foreign.message()),
        (absent.code(), absent.message())
    );
    assert_eq!(
        foreign.details(),
        absent.details(),
        "a foreign case and an absent one look the same"
    );

    let assign = AssignCaseRequest {
        request_id: request_id(),
        ..world.assign_request(3)
    };
    let refused = world
        .assignments(&other_district)
        .assign_case(assign)
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);
    let read = ReadReportRequest {
        request_id: request_id(),
        case_id: world.case_id.to_string(),
        version: 3,
    };
    assert_eq!(
        world
            .handling(&other_leader)
            .read_report(read)
            .await
            .unwrap_err()
            .code(),
        Code::NotFound
    );
    for involved in [head(), handler(), leader()] {
        world.file_as(&involved).await.unwrap();
    }
    world.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_are_checked_before_anything_else() {
    let world = World::with_released_case("2026-03-04T10:00:00+08:00").await;
    let request = world.assign_request(world.version().await);
    let refused = world.assignments(&head()).assign_case(request).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    world.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_desk_shows_its_own_cases_by_due_day() {
    let world = World::with_released_case("2026-03-04T10:00:00+08:00").await;
    let office = async |state: CaseState| {
        let request = ListOfficeDeskRequest {
            page: None,
            state: state.into(),
        };
        world
            .assignments(&dispatcher())
            .list_office_desk(request)
            .await
            .unwrap()
            .into_inner()
            .cases
    };
    assert_eq!(office(CaseState::Registered).await.len(), 1);
    world.assign().await;
    assert!(office(CaseState::Registered).await.is_empty());
    let all = office(CaseState::Unspecified).await;
    assert_eq!(
        (all[0].due_on.as_str(), all[0].state()),
        ("2026-03-19", CaseState::Assigned)
    );

    let unit = world
        .assignments(&head())
        .list_unit_desk(ListUnitDeskRequest::default())
        .await
        .unwrap();
    assert_eq!(unit.into_inner().cases.len(), 1);
    let other = Person::new("zheng-juzhang", "郑局长")
        .with(Role::Unh)
        .in_unit(LABOUR);
    let unit = world
        .assignments(&other)
        .list_unit_desk(ListUnitDeskRequest::default())
        .await
        .unwrap();
    assert!(unit.into_inner().cases.is_empty());
    let desk = world
        .assignments(&leader())
        .list_leader_desk(ListLeaderDeskRequest::default())
        .await
        .unwrap();
    assert_eq!(desk.into_inner().cases[0].case_id, world.case_id.to_string());
    world.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn units_are_listed_page_by_page() {
    let world = World::open("2026-03-04T10:00:00+08:00").await;
    let page = async |page_token: String| {
        let page = Some(PageRequest {
            page_size: 1,
            page_token,
        });
        let request = ListUnitsRequest {
            page,
            include_inactive: false,
        };
        world
            .units(&handler())
            .list_units(request)
            .await
            .unwrap()
            .into_inner()
    };
    let first = page(String::new()).await;
    assert_eq!(first.units[0].name, "区住建局");
    let second = page(first.page.unwrap().next_page_token).await;
    assert_eq!(second.units[0].name, "区人社局");
    assert!(second.page.unwrap().next_page_token.is_empty());
    world.bench.finish().await;
}
