//! Whoever an accusation is about never learns of it, and whoever has no part in it sees nothing.

use tonic::Code;
use xinqiao_chassis::identity::Role;
use xinqiao_chassis::journal::{Entity, EntityKind};
use xinqiao_chassis::random::new_id;
use xinqiao_chassis::testing::{Foreign, Person};
use xinqiao_proto::event::UnitChanged;
use xinqiao_proto::intake::*;

use crate::people::*;

use super::town::*;

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_accused_and_whoever_works_under_the_unit_finds_nothing_whatever_his_role() {
    let bench = bench().await;
    let town = Town::settle(&bench).await;
    let case = registered(&bench, town.accusation()).await;
    let proposed = sealed(&bench, &dispatcher())
        .propose_sealed_transfer(proposal(&case, case.version))
        .await
        .unwrap()
        .into_inner();
    let everything = [
        Role::Clk,
        Role::Dsp,
        Role::Unt,
        Role::Unh,
        Role::Sup,
        Role::Arc,
        Role::Dis,
    ];
    let with_all = |person: Person| everything.into_iter().fold(person, Person::with);
    let concerned = [
        with_all(Person::new("feng", "冯承办")),
        with_all(Person::new("qian", "钱局长")).in_unit(town.bureau),
        with_all(Person::new("zhao", "赵承办")).in_unit(town.office),
    ];
    for person in &concerned {
        let mut desk = cases(&bench, person);
        for ask in [by_id(&case.case_id), by_number(&case.case_no)] {
            assert_eq!(why(&desk.get_case(ask).await.unwrap_err()).1, "NOT_FOUND");
        }
        let batch = BatchGetHeadersRequest {
            case_ids: vec![case.case_id.clone()],
        };
        let headers = desk.batch_get_headers(batch).await.unwrap().into_inner().headers;
        assert!(headers.is_empty());
        let listed = desk.list_register(ListRegisterRequest::default()).await.unwrap();
        assert!(listed.into_inner().headers.is_empty());
        for words in ["冯承办", "收受施工单位现金", "区住建局"] {
            let search = SearchCasesRequest {
                query: words.to_owned(),
                ..SearchCasesRequest::default()
            };
            let found = desk.search_cases(search).await.unwrap().into_inner();
            assert!(found.headers.is_empty(), "{words}");
        }
        let mut procedure = sealed(&bench, person);
        let refused = procedure
            .confirm_sealed_transfer(confirmation(&case, proposed.version))
            .await
            .unwrap_err();
        assert_eq!(why(&refused).1, "NOT_FOUND");
        assert_eq!(refused_to_read(&bench, person, &case).await, "NOT_FOUND");
    }
    // Somebody of a unit that has nothing to do with it is not kept out.
    let elsewhere = second_dispatcher().in_unit(town.other);
    let done = sealed(&bench, &elsewhere)
        .confirm_sealed_transfer(confirmation(&case, proposed.version))
        .await;
    assert_eq!(done.unwrap().into_inner().state(), CaseState::TransferredOut);
    // A unit is moved under the accused one: from now on its people are kept out as well.
    let moved = UnitChanged {
        unit_id: town.other.to_string(),
        parent_unit_id: town.office.to_string(),
        active: true,
        ..UnitChanged::default()
    };
    let about = Entity::of(EntityKind::Unit, town.other);
    bench
        .arrives(Foreign::new("assignment", "unit.changed", about, &moved))
        .await;
    let ask = by_id(&case.case_id);
    let refused = cases(&bench, &elsewhere).get_case(ask).await.unwrap_err();
    assert_eq!(why(&refused).1, "NOT_FOUND");
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_office_sees_number_and_state_and_everybody_else_nothing() {
    let bench = bench().await;
    let town = Town::settle(&bench).await;
    let case = registered(&bench, town.accusation()).await;
    for person in [clerk(), dispatcher()] {
        let seen = cases(&bench, &person)
            .get_case(by_id(&case.case_id))
            .await
            .unwrap()
            .into_inner();
        let header = seen.header.clone().unwrap();
        assert_eq!(header.case_no, case.case_no);
        let bare = CaseHeader {
            case_id: case.case_id.clone(),
            case_no: case.case_no.clone(),
            state: CaseState::Registered.into(),
            holder: Holder::Intake.into(),
            sealed: true,
            ..CaseHeader::default()
        };
        let nothing_more = GetCaseResponse {
            header: Some(bare),
            ..GetCaseResponse::default()
        };
        assert_eq!(seen, nothing_more);
    }
    transferred(&bench, &case).await;
    asked(&bench, &case, 0).await;
    let leader = new_id();
    let outside = [
        Person::new("sun", "孙督查").with(Role::Sup),
        Person::new("zhou", "周档案").with(Role::Arc),
        Person::new("zhang", "张副区长").with(Role::Ldr).leader(leader),
        Person::new("lin", "林秘书").with(Role::Lda).leader(leader),
        Person::new("zheng", "郑局长").with(Role::Unh).in_unit(town.other),
        Person::new("xu", "许镇长").with(Role::Twn).in_unit(town.other),
        Person::new("rev", "复查员").with(Role::Rev).in_unit(town.other),
        Person::new("pro", "宣传员").with(Role::Pro),
        Person::new("ops", "运维员").with(Role::CityOp),
        Person::new("xf", "市局业务员").with(Role::CityXf),
        Person::new("aud", "审计员").with(Role::Aud),
    ];
    for person in &outside {
        let refused = cases(&bench, person)
            .get_case(by_id(&case.case_id))
            .await
            .unwrap_err();
        assert!(
            matches!(refused.code(), Code::NotFound | Code::PermissionDenied),
            "{person:?}: {refused:?}"
        );
        let hidden = ["NOT_FOUND", "ROLE_NOT_ALLOWED"];
        assert!(
            hidden.contains(&why(&refused).1.as_str()),
            "{person:?}: {refused:?}"
        );
        assert_eq!(refused_to_read(&bench, person, &case).await, "ROLE_NOT_ALLOWED");
        if let Ok(listed) = cases(&bench, person)
            .list_register(ListRegisterRequest::default())
            .await
        {
            assert!(listed.into_inner().headers.is_empty(), "{person:?}");
        }
    }
    for person in [clerk(), dispatcher(), second_dispatcher()] {
        assert_eq!(refused_to_read(&bench, &person, &case).await, "ROLE_NOT_ALLOWED");
    }
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_under_one_complained_about_does_not_see_an_ordinary_case() {
    let bench = bench().await;
    let town = Town::settle(&bench).await;
    let case = registered(&bench, a_visit()).await;
    let mut sheet = a_sheet(&case.case_id, case.version);
    sheet.complained = vec![ComplainedObject {
        kind: complained_object::Kind::Unit.into(),
        unit_id: town.bureau.to_string(),
        name: "区住建局".to_owned(),
        ..ComplainedObject::default()
    }];
    let mut unknown = sheet.clone();
    unknown.complained[0].unit_id = fresh();
    let refused = triage(&bench, &dispatcher())
        .triage_case(unknown)
        .await
        .unwrap_err();
    assert_eq!(wrong_fields(&refused), ["complained[0].unit_id"]);
    triage(&bench, &dispatcher()).triage_case(sheet).await.unwrap();
    let supervisor = |unit| Person::new("sun", "孙督查").with(Role::Sup).in_unit(unit);
    for unit in [town.bureau, town.office] {
        let refused = cases(&bench, &supervisor(unit))
            .get_case(by_id(&case.case_id))
            .await
            .unwrap_err();
        assert_eq!(why(&refused).1, "NOT_FOUND");
    }
    let seen = cases(&bench, &supervisor(town.other))
        .get_case(by_id(&case.case_id))
        .await;
    assert!(seen.is_ok());
    bench.finish().await;
}
