//! City support sees nothing, is let into one case for four hours, and is seen (AS-15).

use time::Duration;
use tonic::transport::Channel;
use tonic::{Code, Status};
use xinqiao_chassis::identity::Role;
use xinqiao_chassis::testing::{Bench, Person, header};
use xinqiao_proto::common::PageRequest;
use xinqiao_proto::event::Purpose;
use xinqiao_proto::intake::break_glass_service_client::BreakGlassServiceClient;
use xinqiao_proto::intake::case_service_client::CaseServiceClient;
use xinqiao_proto::intake::petitioner_service_client::PetitionerServiceClient;
use xinqiao_proto::intake::sign_in_by_query_code_request::Proof;
use xinqiao_proto::intake::triage_service_client::TriageServiceClient;
use xinqiao_proto::intake::{
    ApproveBreakGlassRequest, BreakGlass, BreakGlassState, EndBreakGlassRequest, EnterBreakGlassRequest,
    EnterBreakGlassResponse, GetOwnCaseRequest, ListBreakGlassRequest, PetitionerField,
    RefuseBreakGlassRequest, RegisterVisitRequest, Registered, RequestBreakGlassRequest,
    SignInByQueryCodeRequest, SubmissionInput, UnmaskPetitionerRequest,
};

use crate::people::{
    As, a_sheet, a_visit, by_id, cases, clerk, clerk_of_b, dispatcher, fresh, registered, seen, submission,
    why, wrong_fields,
};

const FAULT: &str = "事项在移交后打不开，需要对照内容排查";

fn operator() -> Person {
    Person::new("city-operator", "郑运维").with(Role::CityOp)
}

fn glass(bench: &Bench, person: &Person) -> BreakGlassServiceClient<As> {
    BreakGlassServiceClient::new(bench.channel(person))
}

async fn asked(bench: &Bench, case_no: &str) -> Result<String, Status> {
    let request = RequestBreakGlassRequest {
        request_id: fresh(),
        case_no: case_no.to_owned(),
        reason: FAULT.to_owned(),
    };
    let answer = glass(bench, &operator()).request_break_glass(request).await?;
    Ok(answer.into_inner().break_glass_id)
}

async fn approve(bench: &Bench, who: &Person, id: &str) -> Result<(), Status> {
    let request = ApproveBreakGlassRequest {
        request_id: fresh(),
        break_glass_id: id.to_owned(),
    };
    glass(bench, who).approve_break_glass(request).await.map(|_| ())
}

async fn enter(bench: &Bench, who: &Person, id: &str) -> Result<EnterBreakGlassResponse, Status> {
    let request = EnterBreakGlassRequest {
        break_glass_id: id.to_owned(),
    };
    Ok(glass(bench, who).enter_break_glass(request).await?.into_inner())
}

async fn listed(bench: &Bench, waiting: bool) -> Vec<BreakGlass> {
    let request = ListBreakGlassRequest {
        waiting,
        page: Some(PageRequest::default()),
    };
    let answer = glass(bench, &dispatcher()).list_break_glass(request).await;
    answer.unwrap().into_inner().requests
}

async fn accusation(bench: &Bench) -> Registered {
    let brought = SubmissionInput {
        purpose: Purpose::Accusation.into(),
        ..submission()
    };
    let visit = RegisterVisitRequest {
        submission: Some(brought),
        ..a_visit()
    };
    registered(bench, visit).await
}

/// An operator who was let into the case, and his token.
async fn let_in(bench: &Bench, case: &Registered) -> (String, EnterBreakGlassResponse) {
    let id = asked(bench, &case.case_no).await.unwrap();
    approve(bench, &dispatcher(), &id).await.unwrap();
    let entered = enter(bench, &operator(), &id).await.unwrap();
    (id, entered)
}

fn with_token(bench: &Bench, token: &str) -> CaseServiceClient<As> {
    CaseServiceClient::new(bench.channel_with(token))
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_let_in_reads_one_case_for_four_hours_and_every_look_is_logged() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let (case, other) = (
        registered(&bench, a_visit()).await,
        registered(&bench, a_visit()).await,
    );
    let by_himself = cases(&bench, &operator())
        .get_case(by_id(&case.case_id))
        .await
        .unwrap_err();
    assert_eq!(
        by_himself.code(),
        Code::NotFound,
        "no content without break-glass"
    );

    let (id, entered) = let_in(&bench, &case).await;
    assert_eq!(
        (entered.case_id.as_str(), entered.expires_in_seconds),
        (case.case_id.as_str(), 600)
    );
    let before = looks(&bench, &case).await;
    let mut support = with_token(&bench, &entered.access_token);
    let shown = support.get_case(by_id(&case.case_id)).await.unwrap().into_inner();
    assert_eq!(
        shown.submissions[0].title,
        seen(&bench, &case.case_id).await.submissions[0].title
    );
    support.get_case(by_id(&case.case_id)).await.unwrap();
    assert_eq!(looks(&bench, &case).await, before + 2, "one row for every look");
    let foreign = support.get_case(by_id(&other.case_id)).await.unwrap_err();
    assert_eq!(foreign.code(), Code::NotFound, "one case, and no other");

    bench.pass(Duration::hours(4));
    let over = enter(&bench, &operator(), &id).await.unwrap_err();
    assert_eq!(why(&over), (Code::FailedPrecondition, "NOT_OPEN".to_owned()));
    bench.finish().await;
}

/// Rows of the audit chain that say city support read the case.
async fn looks(bench: &Bench, case: &Registered) -> i64 {
    sqlx::query_scalar(
        "SELECT count(*) FROM audit WHERE object = $1
           AND position('person:city-operator'::bytea IN canonical) > 0
           AND position('city-operator.let-in'::bytea IN canonical) > 0
           AND position('ReadCaseHeader'::bytea IN canonical) > 0",
    )
    .bind(format!("case:{}", case.case_id))
    .fetch_one(bench.pool())
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_let_in_changes_nothing_and_unmasks_nobody() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let case = registered(&bench, a_visit()).await;
    let (_, entered) = let_in(&bench, &case).await;
    let person = seen(&bench, &case.case_id).await.submissions[0].petitioners[0].clone();
    let unmask = UnmaskPetitionerRequest {
        case_id: case.case_id.clone(),
        petitioner_id: person.petitioner_id,
        fields: vec![PetitionerField::IdNo.into()],
        reason: FAULT.to_owned(),
    };
    let mut support = with_token(&bench, &entered.access_token);
    let refused = support.unmask_petitioner(unmask).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    let mut triage = TriageServiceClient::new(bench.channel_with(&entered.access_token));
    let refused = triage.triage_case(a_sheet(&case.case_id, 1)).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_provider_lets_nobody_in() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let case = registered(&bench, a_visit()).await;
    let mut claims = operator().claims();
    claims["case"] = case.case_id.clone().into();
    let token = bench.issuer().sign(&header(), &claims);
    let refused = with_token(&bench, &token)
        .get_case(by_id(&case.case_id))
        .await
        .unwrap_err();
    assert_eq!(why(&refused), (Code::Unauthenticated, "TOKEN_INVALID".to_owned()));
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_petitioner_sees_that_city_support_looked() {
    let bench = Bench::of(xinqiao_intake::service())
        .at("2026-03-03T09:12:00+08:00")
        .start()
        .await;
    let case = registered(&bench, a_visit()).await;
    let_in(&bench, &case).await;
    let mut counter: PetitionerServiceClient<Channel> = PetitionerServiceClient::new(bench.plain_channel());
    let signed = counter
        .sign_in_by_query_code(SignInByQueryCodeRequest {
            district_code: "220502".to_owned(),
            query_code: case.query_code.clone(),
            proof: Some(Proof::PhoneLastFour("0001".to_owned())),
        })
        .await
        .unwrap();
    let token = signed.into_inner().access_token;
    let mut own = PetitionerServiceClient::new(bench.channel_with(&token));
    let own = own.get_own_case(GetOwnCaseRequest {}).await.unwrap().into_inner();
    let told: Vec<_> = own
        .accesses
        .into_iter()
        .map(|access| (access.date, access.role.unwrap().zh))
        .collect();
    assert_eq!(told, [("2026-03-03".to_owned(), "市级技术支持".to_owned())]);
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_head_of_the_office_lets_in_and_only_who_asked_enters() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let case = registered(&bench, a_visit()).await;
    let id = asked(&bench, &case.case_no).await.unwrap();
    let early = enter(&bench, &operator(), &id).await.unwrap_err();
    assert_eq!(why(&early).1, "NOT_OPEN");
    for stranger in [clerk(), operator(), clerk_of_b()] {
        let refused = approve(&bench, &stranger, &id).await.unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied, "{stranger:?}");
    }
    let elsewhere = dispatcher().of("220503");
    let refused = approve(&bench, &elsewhere, &id).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);
    // Whoever asked is head of the office too: as city support he decides nothing, and as himself not about himself.
    let both = operator().with(Role::Dsp);
    let refused = approve(&bench, &both, &id).await.unwrap_err();
    assert_eq!(why(&refused).1, "NO_CONTENT");
    let himself = Person::new("city-operator", "郑运维").with(Role::Dsp);
    let refused = approve(&bench, &himself, &id).await.unwrap_err();
    assert_eq!(why(&refused).1, "SAME_PERSON");
    approve(&bench, &dispatcher(), &id).await.unwrap();
    let another = Person::new("another-operator", "冯运维").with(Role::CityOp);
    let refused = enter(&bench, &another, &id).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);
    enter(&bench, &operator(), &id).await.unwrap();
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_let_into_an_accusation() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let case = accusation(&bench).await;
    let id = asked(&bench, &case.case_no).await.unwrap();
    let refused = approve(&bench, &dispatcher(), &id).await.unwrap_err();
    assert_eq!(why(&refused), (Code::FailedPrecondition, "SEALED".to_owned()));
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_ended_or_forgotten_lets_nobody_in() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let case = registered(&bench, a_visit()).await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(asked(&bench, &case.case_no).await.unwrap());
    }
    let refuse = RefuseBreakGlassRequest {
        request_id: fresh(),
        break_glass_id: ids[0].clone(),
        reason: "请先用脱敏数据排查".to_owned(),
    };
    glass(&bench, &dispatcher())
        .refuse_break_glass(refuse)
        .await
        .unwrap();
    approve(&bench, &dispatcher(), &ids[1]).await.unwrap();
    let end = EndBreakGlassRequest {
        request_id: fresh(),
        break_glass_id: ids[1].clone(),
    };
    glass(&bench, &dispatcher()).end_break_glass(end).await.unwrap();
    assert_eq!(listed(&bench, true).await.len(), 1, "one still waits");
    bench.pass(Duration::hours(24));
    assert!(listed(&bench, true).await.is_empty(), "it has lapsed");
    for id in &ids {
        let refused = enter(&bench, &operator(), id).await.unwrap_err();
        assert_eq!(why(&refused).1, "NOT_OPEN");
        let refused = approve(&bench, &dispatcher(), id).await.unwrap_err();
        assert_eq!(why(&refused).1, "NOT_WAITING");
    }
    let list = listed(&bench, false).await;
    let states: Vec<_> = list.iter().map(BreakGlass::state).collect();
    assert_eq!(
        states,
        [
            BreakGlassState::Lapsed,
            BreakGlassState::Over,
            BreakGlassState::Refused
        ]
    );
    assert_eq!(
        (list[2].reason.as_str(), list[2].refusal.as_str()),
        (FAULT, "请先用脱敏数据排查")
    );
    assert_eq!(list[0].case_no, case.case_no);
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_request_names_its_fields_and_a_foreign_case_is_none() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let request = RequestBreakGlassRequest {
        request_id: fresh(),
        case_no: "XF-1".to_owned(),
        reason: "坏".to_owned(),
    };
    let refused = glass(&bench, &operator())
        .request_break_glass(request)
        .await
        .unwrap_err();
    assert_eq!(wrong_fields(&refused), ["case_no", "reason"]);
    for number in ["XF-220503-2026-2-000123-8", "XF-220502-2026-2-000123-9"] {
        let refused = asked(&bench, number).await.unwrap_err();
        assert_eq!(refused.code(), Code::NotFound);
    }
    bench.finish().await;
}
