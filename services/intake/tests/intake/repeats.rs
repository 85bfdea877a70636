//! Candidates for a repeat are found by an exact number, inside the district, while somebody registers (RP-5, RP-6).

use tonic::{Code, Status};
use xinqiao_chassis::identity::Role;
use xinqiao_chassis::testing::{Bench, Person};
use xinqiao_proto::event::Purpose;
use xinqiao_proto::intake::{
    FindRepeatCandidatesRequest, FindRepeatCandidatesResponse, IdType, PetitionerInput, RegisterVisitRequest,
    RepeatMatch, RepeatReason, SubmissionInput,
};

use crate::people::*;

/// Papers of 测试甲.
const ID_NO: &str = "11010519491231002X";
const MOBILE: &str = "19900000001";

async fn ask(
    bench: &Bench,
    person: &Person,
    (kind, id_no, mobile): (IdType, &str, &str),
) -> Result<FindRepeatCandidatesResponse, Status> {
    let request = FindRepeatCandidatesRequest {
        id_type: kind.into(),
        id_no: id_no.to_owned(),
        mobile: mobile.to_owned(),
    };
    let answer = registration(bench, person)
        .find_repeat_candidates(request)
        .await?;
    Ok(answer.into_inner())
}

/// Numbers and reasons of what a person is shown.
async fn shown(
    bench: &Bench,
    person: &Person,
    asked: (IdType, &str, &str),
) -> Vec<(String, Vec<RepeatMatch>)> {
    let answer = ask(bench, person, asked).await.unwrap();
    let one = |found: xinqiao_proto::intake::RepeatCandidate| {
        let kinds = found.reasons.iter().map(RepeatReason::kind).collect();
        (found.header.unwrap().case_no, kinds)
    };
    answer.candidates.into_iter().map(one).collect()
}

fn visit_of(petitioner: PetitionerInput, purpose: Purpose) -> RegisterVisitRequest {
    RegisterVisitRequest {
        submission: Some(SubmissionInput {
            petitioners: vec![petitioner],
            purpose: purpose.into(),
            ..submission()
        }),
        ..a_visit()
    }
}

fn with(kind: IdType, id_no: &str, mobile: &str) -> PetitionerInput {
    PetitionerInput {
        id_type: kind.into(),
        id_no: id_no.to_owned(),
        mobile: mobile.to_owned(),
        ..petitioner()
    }
}

const RESIDENT: IdType = IdType::ResidentId;
const NO_PAPER: IdType = IdType::Unspecified;

#[tokio::test(flavor = "multi_thread")]
async fn a_case_with_the_same_number_on_it_is_shown_with_the_reason() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let both = registered(&bench, a_visit()).await;
    let by_mobile = registered(&bench, visit_of(with(NO_PAPER, "", MOBILE), Purpose::Appeal)).await;
    let other = with(RESIDENT, "440524188001010014", "19900000002");
    registered(&bench, visit_of(other, Purpose::Appeal)).await;

    let (same_id, same_mobile) = (RepeatMatch::SameIdNumber, RepeatMatch::SameMobile);
    let found = shown(&bench, &clerk(), (RESIDENT, ID_NO, "+86 199-0000-0001")).await;
    let wanted = [
        (by_mobile.case_no, vec![same_mobile]),
        (both.case_no.clone(), vec![same_id, same_mobile]),
    ];
    assert_eq!(found, wanted);
    let lower = ID_NO.to_lowercase();
    let found = shown(&bench, &dispatcher(), (RESIDENT, &lower, "")).await;
    assert_eq!(found, [(both.case_no, vec![same_id])]);
    let nobody = shown(&bench, &clerk(), (NO_PAPER, "", "19900000003")).await;
    assert!(nobody.is_empty());

    let answer = ask(&bench, &clerk(), (RESIDENT, ID_NO, "")).await.unwrap();
    assert_eq!(
        answer.candidates[0].header.as_ref().unwrap().petitioner_masked,
        "测**"
    );
    let told = answer.candidates[0].reasons[0].text.clone().unwrap();
    assert!(told.zh.contains("证件号码相同"), "{}", told.zh);
    let answer = format!("{answer:?}");
    assert!(!answer.contains(ID_NO) && !answer.contains(MOBILE) && !answer.contains("测试甲"));
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paper_is_found_however_its_number_is_typed() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let permit = with(IdType::HkMacauPermit, "ｈ 1234567（8）", "");
    let case = registered(&bench, visit_of(permit, Purpose::Appeal)).await;
    for typed in ["H1234567(8)", "h1234567 （8）", " Ｈ１２３４５６７（８）"] {
        let found = shown(&bench, &clerk(), (IdType::HkMacauPermit, typed, "")).await;
        assert_eq!(found.len(), 1, "{typed}");
        assert_eq!(found[0].0, case.case_no);
    }
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_district_finds_nothing_and_has_another_index() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    registered(&bench, a_visit()).await;
    let asked = (RESIDENT, ID_NO, MOBILE);
    assert_eq!(shown(&bench, &clerk(), asked).await.len(), 1);
    assert!(shown(&bench, &clerk_of_b(), asked).await.is_empty());
    registration(&bench, &clerk_of_b())
        .register_visit(a_visit())
        .await
        .unwrap();
    assert_eq!(shown(&bench, &clerk(), asked).await.len(), 1);
    assert_eq!(shown(&bench, &clerk_of_b(), asked).await.len(), 1);
    let indexes: (i64, i64) =
        sqlx::query_as("SELECT count(DISTINCT id_index), count(DISTINCT mobile_index) FROM petitioner")
            .fetch_one(bench.pool())
            .await
            .unwrap();
    assert_eq!(indexes, (2, 2));
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_accusation_is_never_a_candidate() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let ordinary = registered(&bench, a_visit()).await;
    let accusation = registered(&bench, visit_of(petitioner(), Purpose::Accusation)).await;
    assert!(accusation.sealed);
    let asked = (RESIDENT, ID_NO, MOBILE);
    for person in [clerk(), dispatcher()] {
        let found = shown(&bench, &person, asked).await;
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].0, ordinary.case_no);
    }
    // Even when its index says otherwise.
    sqlx::query(
        "UPDATE petitioner SET id_index = o.id_index, mobile_index = o.mobile_index
         FROM (SELECT id_index, mobile_index FROM petitioner WHERE case_id = $1::text::uuid) o",
    )
    .bind(&ordinary.case_id)
    .execute(bench.pool())
    .await
    .unwrap();
    assert_eq!(shown(&bench, &clerk(), asked).await.len(), 1);
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_so_many_are_shown_the_newest() {
    let bench = Bench::of(xinqiao_intake::service())
        .set("XINQIAO_REPEAT_CANDIDATES_MAX", "2")
        .start()
        .await;
    let mut numbers = Vec::new();
    for count in 1..=3 {
        numbers.insert(0, registered(&bench, a_visit()).await.case_no);
        let answer = ask(&bench, &clerk(), (RESIDENT, ID_NO, "")).await.unwrap();
        assert_eq!(answer.more, count > 2);
    }
    let found = shown(&bench, &clerk(), (RESIDENT, ID_NO, "")).await;
    let found: Vec<_> = found.into_iter().map(|(number, _)| number).collect();
    assert_eq!(found, numbers[..2]);
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_leaves_one_audit_row_that_names_kinds_and_no_value() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    for (asked, kinds) in [
        ((RESIDENT, ID_NO, ""), [true, false]),
        ((NO_PAPER, "", MOBILE), [false, true]),
    ] {
        let before = count(&bench).await;
        ask(&bench, &clerk(), asked).await.unwrap();
        assert_eq!(count(&bench).await, before + 1);
        let canonical: Vec<u8> = sqlx::query_scalar("SELECT canonical FROM audit ORDER BY seq DESC LIMIT 1")
            .fetch_one(bench.pool())
            .await
            .unwrap();
        let row = String::from_utf8_lossy(&canonical);
        assert!(row.contains("person:li"));
        let named = ["petitioner.id_no", "petitioner.mobile"].map(|kind| row.contains(kind));
        assert_eq!(named, kinds);
        assert!(!row.contains(ID_NO) && !row.contains(MOBILE));
    }
    bench.finish().await;
}

async fn count(bench: &Bench) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM audit")
        .fetch_one(bench.pool())
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_register_does_not_ask_and_nobody_asks_for_everything() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    registered(&bench, a_visit()).await;
    for role in [Role::Sup, Role::Arc, Role::Unt, Role::Dis, Role::CityOp] {
        let person = Person::new("somebody", "某人").with(role);
        let refused = ask(&bench, &person, (RESIDENT, ID_NO, "")).await.unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied, "{role:?}");
    }
    for (asked, wrong) in [
        ((NO_PAPER, "", ""), vec!["id_no"]),
        ((NO_PAPER, ID_NO, ""), vec!["id_type"]),
        (
            (RESIDENT, "220502189001010011", "1990000"),
            vec!["id_no", "mobile"],
        ),
        ((IdType::Passport, "%", "199%"), vec!["id_no", "mobile"]),
    ] {
        let refused = ask(&bench, &clerk(), asked).await.unwrap_err();
        assert_eq!(wrong_fields(&refused), wrong, "{asked:?}");
    }
    bench.finish().await;
}
