//! A petitioner without an account comes to his own case, and to nothing else.

use futures::StreamExt as _;
use futures::future::join_all;
use futures::stream::FuturesUnordered;
use time::Duration;
use tonic::transport::Channel;
use tonic::{Code, Response, Status};
use tonic_types::StatusExt as _;
use uuid::Uuid;
use xinqiao_chassis::identity::Role;
use xinqiao_chassis::journal::{Entity, EntityKind};
use xinqiao_chassis::random::new_id;
use xinqiao_chassis::testing::{Bench, Foreign};
use xinqiao_proto::common::{Bilingual, LegalTerm};
use xinqiao_proto::event::{CaseAssigned, CaseOpened, ClockChanged, Purpose, UnitChanged};
use xinqiao_proto::intake::case_service_client::CaseServiceClient;
use xinqiao_proto::intake::petitioner_service_client::PetitionerServiceClient;
use xinqiao_proto::intake::sign_in_by_query_code_request::Proof;
use xinqiao_proto::intake::{
    CaseAccess, CaseState, GetOwnCaseRequest, GetOwnCaseResponse, PetitionerInput, RegisterVisitRequest,
    Registered, SignInByQueryCodeRequest, SignInByQueryCodeResponse, SubmissionInput,
};

use crate::people::{
    a_visit, by_id, cases, clerk, entity, petitioner, registered, seen, submission, timeline, why,
    wrong_fields,
};

/// The telephone of 测试甲 ends so.
const LAST_FOUR: &str = "0001";
/// A code nobody has.
const NOBODYS: &str = "ABCDE23456";

async fn sign_in(bench: &Bench, district: &str, code: &str, proof: Proof) -> Result<String, Status> {
    let mut client: PetitionerServiceClient<Channel> = PetitionerServiceClient::new(bench.plain_channel());
    let request = SignInByQueryCodeRequest {
        district_code: district.to_owned(),
        query_code: code.to_owned(),
        proof: Some(proof),
    };
    let signed: Response<SignInByQueryCodeResponse> = client.sign_in_by_query_code(request).await?;
    Ok(signed.into_inner().access_token)
}

async fn with_digits(bench: &Bench, code: &str, digits: &str) -> Result<String, Status> {
    sign_in(bench, "220502", code, Proof::PhoneLastFour(digits.to_owned())).await
}

async fn own_case(bench: &Bench, token: &str) -> Result<GetOwnCaseResponse, Status> {
    let mut client = PetitionerServiceClient::new(bench.channel_with(token));
    Ok(client.get_own_case(GetOwnCaseRequest {}).await?.into_inner())
}

/// The case as its petitioner sees it.
pub(crate) async fn seen_by_himself(bench: &Bench, case: &Registered) -> GetOwnCaseResponse {
    let token = with_digits(bench, &case.query_code, LAST_FOUR).await.unwrap();
    own_case(bench, &token).await.unwrap()
}

async fn visit_of(bench: &Bench, change: impl FnOnce(&mut SubmissionInput)) -> Registered {
    let mut brought = submission();
    change(&mut brought);
    let visit = RegisterVisitRequest {
        submission: Some(brought),
        ..a_visit()
    };
    registered(bench, visit).await
}

#[tokio::test(flavor = "multi_thread")]
async fn code_and_digits_open_the_own_case_and_no_other() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let case = registered(&bench, a_visit()).await;
    let typed = case.query_code.to_lowercase();
    let token = with_digits(&bench, &typed, LAST_FOUR).await.unwrap();
    let own = own_case(&bench, &token).await.unwrap();
    assert_eq!(
        (own.case_no.as_str(), own.state()),
        (case.case_no.as_str(), CaseState::Registered)
    );
    assert_eq!(
        (own.requests.len(), own.office_phone.as_str()),
        (2, "0435-0000001")
    );
    assert_eq!(own.k1.unwrap().clock, "K1");

    let mut as_staff = CaseServiceClient::new(bench.channel_with(&token));
    let refused = as_staff.get_case(by_id(&case.case_id)).await.unwrap_err();
    assert_eq!(
        why(&refused),
        (Code::PermissionDenied, "ROLE_NOT_ALLOWED".to_owned())
    );
    let mut as_clerk = PetitionerServiceClient::new(bench.channel(&clerk()));
    let refused = as_clerk.get_own_case(GetOwnCaseRequest {}).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_extension_of_a_landline_is_none_of_its_last_four_digits() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let case = visit_of(&bench, |brought| {
        brought.petitioners[0].mobile.clear();
        "0435-3214567-12".clone_into(&mut brought.petitioners[0].landline);
    })
    .await;
    let wrong = with_digits(&bench, &case.query_code, "6712").await.unwrap_err();
    assert_eq!(wrong.code(), Code::NotFound);
    assert!(with_digits(&bench, &case.query_code, "4567").await.is_ok());
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_code_and_an_unknown_one_are_answered_alike() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let case = registered(&bench, a_visit()).await;
    let digits = |digits: &str| Proof::PhoneLastFour(digits.to_owned());
    let number = Proof::CaseNo(case.case_no.clone());
    let answers = [
        sign_in(&bench, "220502", &case.query_code, digits("0002")).await,
        sign_in(&bench, "220502", NOBODYS, digits(LAST_FOUR)).await,
        sign_in(&bench, "220502", NOBODYS, number.clone()).await,
        // A telephone was left, so the number alone proves nothing.
        sign_in(&bench, "220502", &case.query_code, number).await,
        sign_in(&bench, "220503", &case.query_code, digits(LAST_FOUR)).await,
    ];
    let mut told = answers.map(|answer| {
        let refused = answer.unwrap_err();
        (
            refused.code(),
            refused.message().to_owned(),
            refused.details().to_vec(),
        )
    });
    assert_eq!(told[0].0, Code::NotFound);
    told.rotate_left(1);
    assert!(told.windows(2).all(|pair| pair[0] == pair[1]), "{told:?}");
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn five_failures_lock_a_code_whether_it_exists_or_not() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let case = registered(&bench, a_visit()).await;
    for code in [case.query_code.as_str(), NOBODYS] {
        for _ in 0..5 {
            let refused = with_digits(&bench, code, "9999").await.unwrap_err();
            assert_eq!(why(&refused).1, "QUERY_REFUSED");
        }
        let refused = with_digits(&bench, code, LAST_FOUR).await.unwrap_err();
        assert_eq!(
            why(&refused),
            (Code::ResourceExhausted, "QUERY_LOCKED".to_owned())
        );
        let details = refused.get_error_details();
        let wait = details.retry_info().unwrap().retry_delay.unwrap();
        assert_eq!(wait, std::time::Duration::from_mins(15));
    }
    bench.pass(Duration::minutes(15));
    with_digits(&bench, &case.query_code, LAST_FOUR).await.unwrap();
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_guesses_at_once_are_counted_too() {
    let bench = Bench::of(xinqiao_intake::service())
        // Nobody is sent away for want of a window.
        .set("XINQIAO_SIGN_IN_WINDOWS", "64")
        .start()
        .await;
    let case = registered(&bench, a_visit()).await;
    let guesses: Vec<String> = (0..40)
        .map(|guess| format!("{guess:04}"))
        .filter(|guess| guess != LAST_FOUR)
        .collect();
    let answers = join_all(
        guesses
            .iter()
            .map(|guess| with_digits(&bench, &case.query_code, guess)),
    )
    .await;
    let looked_at = answers.iter().filter(|answer| {
        let refused = answer.as_ref().unwrap_err();
        why(refused).1 == "QUERY_REFUSED"
    });
    assert_eq!(looked_at.count(), 5);
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_left_no_telephone_shows_the_case_number() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let case = visit_of(&bench, |brought| {
        brought.petitioners = vec![PetitionerInput {
            mobile: String::new(),
            ..petitioner()
        }];
    })
    .await;
    let number = Proof::CaseNo(case.case_no.clone());
    let refused = sign_in(&bench, "220502", NOBODYS, number).await.unwrap_err();
    assert_eq!(why(&refused).1, "QUERY_REFUSED");
    let token = sign_in(
        &bench,
        "220502",
        &case.query_code,
        Proof::CaseNo(case.case_no.clone()),
    )
    .await
    .unwrap();
    assert_eq!(own_case(&bench, &token).await.unwrap().case_no, case.case_no);
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_accuser_sees_that_his_matter_is_in_hand_and_no_more() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let case = visit_of(&bench, |brought| brought.purpose = Purpose::Accusation.into()).await;
    let token = with_digits(&bench, &case.query_code, LAST_FOUR).await.unwrap();
    let own = own_case(&bench, &token).await.unwrap();
    assert_eq!(
        (own.case_no.as_str(), own.k1.is_some()),
        (case.case_no.as_str(), true)
    );
    assert!(own.title.is_empty() && own.requests.is_empty() && own.accesses.is_empty());
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_petitioner_sees_which_role_looked_on_which_day_and_never_who() {
    let bench = Bench::of(xinqiao_intake::service())
        .at("2026-03-03T09:12:00+08:00")
        .start()
        .await;
    let case = registered(&bench, a_visit()).await;
    seen(&bench, &case.case_id).await;
    seen(&bench, &case.case_id).await;
    // His other role gives no right to it.
    let clerk_who_audits = clerk().with(Role::Aud);
    cases(&bench, &clerk_who_audits)
        .get_case(by_id(&case.case_id))
        .await
        .unwrap();
    timeline(&bench, &clerk(), &case.case_id).await.unwrap();
    let office = "东昌区信访工作联席会议办公室";
    assert_eq!(
        told(&bench, &case).await,
        [
            "2026-03-03 联席办登记员 ".to_owned() + office,
            "2026-03-03 联席办分办员 ".to_owned() + office
        ]
    );
    bench.finish().await;
}

/// Who has looked, as the petitioner is told: day, role, office.
async fn told(bench: &Bench, case: &Registered) -> Vec<String> {
    let token = with_digits(bench, &case.query_code, LAST_FOUR).await.unwrap();
    let own = own_case(bench, &token).await.unwrap();
    let one = |access: CaseAccess| {
        let office = access.office.unwrap_or_default();
        format!("{} {} {}", access.date, access.role.unwrap().zh, office.zh)
    };
    own.accesses.into_iter().map(one).collect()
}

/// Somebody opened the case at another service.
async fn opened(bench: &Bench, publisher: &'static str, case: &Registered, role: Role, unit: Option<Uuid>) {
    let body = CaseOpened {
        case_id: case.case_id.clone(),
        role: role.code().to_owned(),
        unit_id: unit.map(|unit| unit.to_string()).unwrap_or_default(),
    };
    let about = Entity::other(new_id());
    bench
        .arrives(Foreign::new(publisher, "case.opened", about, &body))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_opened_it_at_another_service_is_shown_with_his_office() {
    let bench = Bench::of(xinqiao_intake::service())
        .at("2026-03-03T09:12:00+08:00")
        .start()
        .await;
    let case = registered(&bench, a_visit()).await;
    let unit = new_id();
    let named = UnitChanged {
        unit_id: unit.to_string(),
        name: "区住建局".to_owned(),
        active: true,
        ..UnitChanged::default()
    };
    let about = Entity::of(EntityKind::Unit, unit);
    bench
        .arrives(Foreign::new("assignment", "unit.changed", about, &named))
        .await;
    for publisher in ["assignment", "supervision"] {
        opened(&bench, publisher, &case, Role::Unt, Some(unit)).await;
    }
    opened(&bench, "supervision", &case, Role::Ldr, None).await;
    bench.pass(Duration::days(1));
    opened(&bench, "archive", &case, Role::Arc, None).await;
    opened(&bench, "archive", &case, Role::CityOp, None).await;
    assert_eq!(
        told(&bench, &case).await,
        [
            "2026-03-04 档案员 东昌区信访工作联席会议办公室",
            "2026-03-04 市级技术支持 市级技术支持部门",
            "2026-03-03 接访领导 区领导办公室",
            "2026-03-03 责任单位承办人 区住建局",
        ]
    );
    let line = timeline(&bench, &clerk(), &case.case_id).await.unwrap();
    assert_eq!(line.entries.len(), 1, "looking moves nothing");
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_wrong_field_is_named() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let refused = sign_in(&bench, "22", "O0", Proof::PhoneLastFour("12".to_owned()))
        .await
        .unwrap_err();
    assert_eq!(
        wrong_fields(&refused),
        ["district_code", "query_code", "phone_last_four"]
    );
    bench.finish().await;
}

/// Audit rows of this action that hold all of these.
async fn audited(bench: &Bench, held: [&str; 3]) -> i64 {
    sqlx::query_scalar(
        "SELECT count(*) FROM audit WHERE position('intake.SignInByQueryCode'::bytea IN canonical) > 0
           AND position($1::bytea IN canonical) > 0 AND position($2::bytea IN canonical) > 0
           AND position($3::bytea IN canonical) > 0",
    )
    .bind(held[0].as_bytes())
    .bind(held[1].as_bytes())
    .bind(held[2].as_bytes())
    .fetch_one(bench.pool())
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_and_a_lock_leave_a_row_as_the_petitioners_and_a_guess_leaves_none() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let case = registered(&bench, a_visit()).await;
    with_digits(&bench, &case.query_code, LAST_FOUR).await.unwrap();
    let object = format!("case:{}", case.case_id);
    assert_eq!(audited(&bench, [&object, "PET", "done"]).await, 1);
    for attempts in 1..=8 {
        with_digits(&bench, NOBODYS, "9999").await.unwrap_err();
        let rows = audited(&bench, ["query:", "PET", "QUERY_LOCKED"]).await;
        assert_eq!(rows, i64::from(attempts >= 5), "after {attempts}");
    }
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_on_the_sign_in_of_one_district_leaves_places_for_another() {
    let bench = Bench::of(xinqiao_intake::service())
        .set("XINQIAO_CALLS_MAX", "4")
        .set("XINQIAO_PLACE_WAITING_MAX", "32")
        .set("XINQIAO_PLACE_WAIT_MS", "1000")
        .set("XINQIAO_SIGN_IN_WINDOWS", "2")
        .start()
        .await;
    with_digits(&bench, NOBODYS, "9999").await.unwrap_err();
    // Whoever tries this code waits until the row is let go.
    let mut held = bench.pool().begin().await.unwrap();
    sqlx::query("SELECT FROM query_attempt FOR UPDATE")
        .execute(&mut *held)
        .await
        .unwrap();
    let mut flood: FuturesUnordered<_> = (0..16).map(|_| with_digits(&bench, NOBODYS, "9999")).collect();
    for _ in 0..14 {
        let refused = flood.next().await.unwrap().unwrap_err();
        assert_eq!(
            why(&refused),
            (Code::ResourceExhausted, "WINDOWS_TAKEN".to_owned())
        );
    }
    let digits = Proof::PhoneLastFour("9999".to_owned());
    let answered = sign_in(&bench, "220503", NOBODYS, digits).await.unwrap_err();
    assert_eq!(why(&answered).1, "QUERY_REFUSED", "looked at like any other");
    held.rollback().await.unwrap();
    while let Some(answer) = flood.next().await {
        assert_eq!(why(&answer.unwrap_err()).1, "QUERY_REFUSED");
    }
    drop(flood);
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_petitioner_reads_what_was_done_what_is_due_who_owes_it_and_why() {
    let bench = Bench::of(xinqiao_intake::service())
        .at("2026-03-03T10:00:00+08:00")
        .start()
        .await;
    let case = registered(&bench, a_visit()).await;
    let (about, unit) = (entity(&case), new_id());
    let placed = UnitChanged {
        name: "区住建局".to_owned(),
        ..UnitChanged::default()
    };
    let place = Entity::of(EntityKind::Unit, unit);
    bench
        .arrives(Foreign::new("assignment", "unit.changed", place, &placed))
        .await;
    let assigned = CaseAssigned {
        lead_unit_id: unit.to_string(),
        ..CaseAssigned::default()
    };
    let told = Foreign::new("assignment", "case.assigned", about, &assigned).at("2026-03-05T09:00:00+08:00");
    bench.arrives(told).await;
    let clock = |kind, id: Uuid, code: &str, due: &str| {
        let term = LegalTerm {
            clock: code.to_owned(),
            due_eff: due.to_owned(),
            ..LegalTerm::default()
        };
        let body = ClockChanged {
            clock_id: id.to_string(),
            term: Some(term),
            ..ClockChanged::default()
        };
        bench.arrives(Foreign::new("supervision", kind, about, &body))
    };
    let (k1, k2, k3) = (new_id(), new_id(), new_id());
    clock("clock.started", k1, "K1", "2026-03-18").await;
    clock("clock.stopped", k1, "K1", "2026-03-18").await;
    clock("clock.started", k2, "K2", "2026-03-20").await;
    clock("clock.started", k3, "K3", "2026-03-12").await;
    clock("clock.recomputed", k2, "K2", "2026-03-23").await;

    let token = with_digits(&bench, &case.query_code, LAST_FOUR).await.unwrap();
    let own = own_case(&bench, &token).await.unwrap();
    let zh = |words: &Option<Bilingual>| words.clone().unwrap_or_default().zh;
    let steps: Vec<_> = own
        .steps
        .iter()
        .map(|step| (step.date.as_str(), zh(&step.what)))
        .collect();
    assert_eq!(
        steps,
        [
            ("2026-03-03", "已登记".to_owned()),
            ("2026-03-05", "已交责任单位办理".to_owned())
        ]
    );
    // The unit's own right to object is not the petitioner's.
    let [due] = own.due.as_slice() else {
        panic!("{:?}", own.due)
    };
    assert_eq!(
        (zh(&due.what), zh(&due.owes), due.due_on.as_str(), zh(&due.basis)),
        (
            "书面告知是否受理".to_owned(),
            "区住建局".to_owned(),
            "2026-03-23",
            "《信访工作条例》第23条".to_owned()
        )
    );
    bench.finish().await;
}
