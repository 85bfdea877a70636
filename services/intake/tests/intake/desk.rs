//! The register, headers for other desks, and identity data for a stated reason.

use tonic::Code;
use tonic_types::StatusExt as _;
use uuid::Uuid;
use xinqiao_chassis::identity::Role;
use xinqiao_chassis::testing::{Bench, Person};
use xinqiao_proto::common::PageRequest;
use xinqiao_proto::event::Purpose;
use xinqiao_proto::intake::{
    BatchGetHeadersRequest, CaseState, ListRegisterRequest, PetitionerField, RegisterVisitRequest,
    SubmissionInput, UnmaskPetitionerRequest,
};

use crate::people::*;

#[tokio::test(flavor = "multi_thread")]
async fn the_register_is_paged_newest_first() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let mut numbers = Vec::new();
    for _ in 0..5 {
        numbers.push(registered(&bench, a_visit()).await.case_no);
    }
    numbers.reverse();
    let mut desk = cases(&bench, &clerk());
    let (mut found, mut page_token) = (Vec::new(), String::new());
    loop {
        let page = Some(PageRequest {
            page_size: 2,
            page_token,
        });
        let states = vec![CaseState::Registered.into()];
        let list = ListRegisterRequest {
            page,
            states,
            held_here: true,
        };
        let answer = desk.list_register(list).await.unwrap().into_inner();
        found.extend(answer.headers.into_iter().map(|header| {
            assert_eq!(header.petitioner_masked, "测**");
            header.case_no
        }));
        page_token = answer.page.unwrap().next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(found, numbers);
    let unknown = ListRegisterRequest {
        page: Some(PageRequest {
            page_size: 201,
            page_token: "???".to_owned(),
        }),
        states: vec![13],
        held_here: false,
    };
    let refused = desk.list_register(unknown).await.unwrap_err();
    assert_eq!(
        wrong_fields(&refused),
        ["page.page_size", "page.page_token", "states[0]"]
    );
    let of_b = cases(&bench, &clerk_of_b())
        .list_register(ListRegisterRequest::default())
        .await
        .unwrap()
        .into_inner();
    assert!(of_b.headers.is_empty());
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_come_masked_in_the_order_asked_for() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let (first, second) = (
        registered(&bench, a_visit()).await,
        registered(&bench, a_visit()).await,
    );
    let ids = vec![second.case_id.clone(), fresh(), first.case_id.clone()];
    let ask = BatchGetHeadersRequest { case_ids: ids };
    let answer = cases(&bench, &dispatcher())
        .batch_get_headers(ask.clone())
        .await
        .unwrap()
        .into_inner();
    let found: Vec<_> = answer
        .headers
        .iter()
        .map(|header| header.case_id.clone())
        .collect();
    assert_eq!(found, [second.case_id, first.case_id]);
    let of_b = cases(&bench, &clerk_of_b())
        .batch_get_headers(ask)
        .await
        .unwrap()
        .into_inner();
    assert!(of_b.headers.is_empty());
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn identity_data_is_shown_for_a_reason_and_audited() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let case = registered(&bench, a_visit()).await;
    let view = seen(&bench, &case.case_id).await;
    let petitioner = view.submissions[0].petitioners[0].clone();
    assert_eq!(petitioner.name_masked, "测**");
    assert_eq!(petitioner.id_no_masked, "1101************2X");
    assert_eq!(petitioner.mobile_masked, "199****0001");
    assert!(
        !petitioner.addr_masked.contains("501"),
        "{}",
        petitioner.addr_masked
    );
    let mut desk = cases(&bench, &clerk());
    let ask = UnmaskPetitionerRequest {
        case_id: case.case_id.clone(),
        petitioner_id: petitioner.petitioner_id,
        fields: vec![PetitionerField::Mobile.into()],
        reason: String::new(),
    };
    assert_eq!(
        wrong_fields(&desk.unmask_petitioner(ask.clone()).await.unwrap_err()),
        ["reason"]
    );
    let before: i64 = sqlx::query_scalar("SELECT count(*) FROM audit")
        .fetch_one(bench.pool())
        .await
        .unwrap();
    let ask = UnmaskPetitionerRequest {
        reason: "电话通知来访时间".to_owned(),
        ..ask
    };
    let shown = desk.unmask_petitioner(ask).await.unwrap().into_inner();
    assert_eq!(
        (shown.mobile.as_str(), shown.name.as_str(), shown.id_no.as_str()),
        ("19900000001", "", "")
    );
    let after: i64 = sqlx::query_scalar("SELECT count(*) FROM audit")
        .fetch_one(bench.pool())
        .await
        .unwrap();
    assert_eq!(after, before + 1);
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn leaders_and_townships_see_that_a_case_is_there_and_not_what_it_says() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let case = registered(&bench, a_visit()).await;
    let sheet = a_sheet(&case.case_id, case.version);
    let (field, town) = (sheet.field_code.clone(), sheet.problem_town_code.clone());
    let leader = |role| {
        Person::new("liu", "刘副区长")
            .with(role)
            .leader(Uuid::from_u128(2))
    };
    let officer = || {
        Person::new("gao", "高专员")
            .with(Role::Twn)
            .in_unit(Uuid::from_u128(9))
    };
    let handler = Person::new("zhao", "赵承办").with(Role::Unt).of_town(&town);
    let mut known = vec![officer().of_town(&town)];
    for role in [Role::Ldr, Role::Lda] {
        known.extend([leader(role).in_charge_of(&field), leader(role).of_town(&town)]);
    }
    let strangers = [
        officer(),
        officer().of_town("220502999"),
        officer().in_charge_of(&field),
        leader(Role::Ldr),
        leader(Role::Lda).in_charge_of("99"),
        Person::new("liu", "刘副区长")
            .with(Role::Ldr)
            .in_charge_of(&field),
        handler,
    ];
    let seen_by = async |person: &Person| cases(&bench, person).get_case(by_id(&case.case_id)).await;
    for person in known.iter().chain(&strangers) {
        // Nobody knows yet where it belongs.
        assert_eq!(
            why(&seen_by(person).await.unwrap_err()).1,
            "NOT_FOUND",
            "{person:?}"
        );
    }
    triage(&bench, &clerk()).triage_case(sheet).await.unwrap();
    for person in &known {
        let view = seen_by(person).await.unwrap().into_inner();
        assert_eq!(view.header.unwrap().case_no, case.case_no, "{person:?}");
        assert!(view.submissions.is_empty(), "{person:?}");
    }
    for person in &strangers {
        assert_eq!(
            why(&seen_by(person).await.unwrap_err()).1,
            "NOT_FOUND",
            "{person:?}"
        );
    }
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_unmasking_is_noted_with_what_was_wanted_and_why() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let case = registered(&bench, a_visit()).await;
    let view = seen(&bench, &case.case_id).await;
    let petitioner_id = view.submissions[0].petitioners[0].petitioner_id.clone();
    let stranger = Person::new("zhao", "赵承办")
        .with(Role::Unt)
        .in_unit(Uuid::from_u128(9));
    let ask = UnmaskPetitionerRequest {
        case_id: case.case_id.clone(),
        petitioner_id: petitioner_id.clone(),
        fields: vec![PetitionerField::Mobile.into()],
        reason: "电话通知来访时间".to_owned(),
    };
    let refused = cases(&bench, &stranger).unmask_petitioner(ask).await.unwrap_err();
    assert_eq!(why(&refused).1, "NOT_FOUND");
    let told: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM audit WHERE object = $1
           AND position('denied'::bytea IN canonical) > 0
           AND position('UnmaskPetitioner'::bytea IN canonical) > 0
           AND position(convert_to($2, 'UTF8') IN canonical) > 0",
    )
    .bind(format!("case:{}", case.case_id))
    .bind(format!("{petitioner_id}.mobile"))
    .fetch_one(bench.pool())
    .await
    .unwrap();
    assert_eq!(told, 1);
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_the_edge_turns_away_is_noted_by_his_right() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let publicity = Person::new("xuan", "宣传员").with(Role::Pro);
    let list = ListRegisterRequest::default();
    let refused = cases(&bench, &publicity).list_register(list).await.unwrap_err();
    assert_eq!(why(&refused).1, "ROLE_NOT_ALLOWED");
    let told: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM audit WHERE object = 'district:220502'
           AND position('person:xuan'::bytea IN canonical) > 0
           AND position('ReadRegister'::bytea IN canonical) > 0
           AND position('denied'::bytea IN canonical) > 0",
    )
    .fetch_one(bench.pool())
    .await
    .unwrap();
    assert_eq!(told, 1);
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn city_support_and_publicity_see_no_register_by_another_role() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    registered(&bench, a_visit()).await;
    for role in [Role::CityOp, Role::Pro] {
        let both = clerk().with(role);
        let list = ListRegisterRequest::default();
        let refused = cases(&bench, &both).list_register(list).await.unwrap_err();
        assert_eq!(
            why(&refused),
            (Code::PermissionDenied, "NO_CONTENT".to_owned()),
            "{role}"
        );
    }
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_archivist_sees_of_the_register_what_is_closing() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let closing = registered(&bench, a_visit()).await;
    registered(&bench, a_visit()).await;
    sqlx::query("UPDATE case_file SET state = 'C60', holder = 'supervision' WHERE id = $1::uuid")
        .bind(&closing.case_id)
        .execute(bench.pool())
        .await
        .unwrap();
    let archivist = Person::new("zhou", "周档案").with(Role::Arc);
    let listed = async |states: Vec<i32>| {
        let list = ListRegisterRequest {
            // One row a page: a page is not filled with what he may not see.
            page: Some(PageRequest {
                page_size: 1,
                ..PageRequest::default()
            }),
            states,
            held_here: false,
        };
        let answer = cases(&bench, &archivist).list_register(list).await.unwrap();
        let answer = answer.into_inner();
        assert!(answer.page.unwrap().next_page_token.is_empty());
        let numbers = answer.headers.into_iter().map(|header| header.case_no);
        numbers.collect::<Vec<_>>()
    };
    assert_eq!(listed(Vec::new()).await, [closing.case_no]);
    assert!(listed(vec![CaseState::Registered.into()]).await.is_empty());
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn identity_data_is_shown_only_so_often_a_day_and_the_attempt_beyond_is_audited() {
    let bench = Bench::of(xinqiao_intake::service())
        .set("XINQIAO_UNMASK_PER_DAY_MAX", "2")
        .at("2026-03-03T22:00:00+08:00")
        .start()
        .await;
    let case = registered(&bench, a_visit()).await;
    let petitioner = seen(&bench, &case.case_id).await.submissions[0].petitioners[0].clone();
    let ask = UnmaskPetitionerRequest {
        case_id: case.case_id.clone(),
        petitioner_id: petitioner.petitioner_id,
        fields: vec![PetitionerField::Mobile.into()],
        reason: "电话通知来访时间".to_owned(),
    };
    let mut desk = cases(&bench, &clerk());
    desk.unmask_petitioner(ask.clone()).await.unwrap();
    // What is refused for another reason does not count.
    let nobody = UnmaskPetitionerRequest {
        petitioner_id: fresh(),
        ..ask.clone()
    };
    desk.unmask_petitioner(nobody).await.unwrap_err();
    desk.unmask_petitioner(ask.clone()).await.unwrap();
    let refused = desk.unmask_petitioner(ask.clone()).await.unwrap_err();
    assert_eq!(
        why(&refused),
        (Code::ResourceExhausted, "UNMASK_LIMIT".to_owned())
    );
    let wait = refused.get_error_details().retry_info().unwrap().retry_delay;
    assert_eq!(wait, Some(std::time::Duration::from_hours(2)), "until midnight");
    let noted: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM audit WHERE object = $1 AND position('UNMASK_LIMIT'::bytea IN canonical) > 0
           AND position('denied'::bytea IN canonical) > 0 AND position('.mobile'::bytea IN canonical) > 0",
    )
    .bind(format!("case:{}", case.case_id))
    .fetch_one(bench.pool())
    .await
    .unwrap();
    assert_eq!(noted, 1);
    cases(&bench, &dispatcher())
        .unmask_petitioner(ask.clone())
        .await
        .unwrap();
    bench.pass(time::Duration::hours(2));
    desk.unmask_petitioner(ask).await.unwrap();
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_an_accusation_only_number_and_state_are_seen() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let accusation = SubmissionInput {
        purpose: Purpose::Accusation.into(),
        ..submission()
    };
    let case = registered(
        &bench,
        RegisterVisitRequest {
            submission: Some(accusation),
            ..a_visit()
        },
    )
    .await;
    assert!(case.sealed);
    let view = seen(&bench, &case.case_id).await;
    let header = view.header.unwrap();
    assert_eq!((header.state(), header.sealed), (CaseState::Registered, true));
    assert!(
        view.submissions.is_empty() && header.petitioner_masked.is_empty() && header.received_at.is_none()
    );
    let supervisor = Person::new("sun", "孙督查").with(Role::Sup);
    let refused = cases(&bench, &supervisor)
        .get_case(by_id(&case.case_id))
        .await
        .unwrap_err();
    assert_eq!(why(&refused).1, "NOT_FOUND");
    let refused = triage(&bench, &dispatcher())
        .triage_case(a_sheet(&case.case_id, 1))
        .await
        .unwrap_err();
    assert_eq!(why(&refused).1, "SEALED");
    bench.finish().await;
}
