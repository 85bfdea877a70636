//! Bad input gives the right status, a stable reason, the field, and changes nothing.

use tonic::Code;
use xinqiao_chassis::testing::Bench;
use xinqiao_proto::intake::{PetitionerInput, RegisterVisitRequest, SubmissionInput};

use crate::people::*;

async fn case_count(bench: &Bench) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM case_file")
        .fetch_one(bench.pool())
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_wrong_field_is_named_and_nothing_is_written() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let mut counter = registration(&bench, &clerk());
    let wrong = SubmissionInput {
        petitioners: vec![PetitionerInput {
            id_no: "220502189001010011".to_owned(),
            ..petitioner()
        }],
        title: String::new(),
        purpose: 99,
        ..submission()
    };
    let refused = counter
        .register_visit(RegisterVisitRequest {
            submission: Some(wrong),
            ..a_visit()
        })
        .await
        .unwrap_err();
    assert_eq!(
        why(&refused),
        (Code::InvalidArgument, "INVALID_FIELDS".to_owned())
    );
    let mut fields = wrong_fields(&refused);
    fields.sort();
    assert_eq!(
        fields,
        [
            "submission.petitioners[0].id_no",
            "submission.purpose",
            "submission.title"
        ]
    );
    assert!(
        !refused.message().contains("220502189001010011"),
        "what was typed is not repeated"
    );

    let six = (0..6)
        .map(|_| PetitionerInput {
            representative: true,
            ..petitioner()
        })
        .collect();
    let six = SubmissionInput {
        petitioners: six,
        visit_count: 6,
        affected_count: 6,
        joint: true,
        ..submission()
    };
    let refused = counter
        .register_visit(RegisterVisitRequest {
            submission: Some(six),
            ..a_visit()
        })
        .await
        .unwrap_err();
    assert_eq!(wrong_fields(&refused), ["submission.petitioners"]);
    let english = tonic_types::StatusExt::get_error_details(&refused);
    assert!(
        english
            .localized_message()
            .unwrap()
            .message
            .contains("elect at most 5 representatives [R:20]")
    );

    let long = SubmissionInput {
        content: "水".repeat(5 * 1024 * 1024 / 3),
        ..submission()
    };
    let refused = counter
        .register_visit(RegisterVisitRequest {
            submission: Some(long),
            ..a_visit()
        })
        .await
        .unwrap_err();
    assert_eq!(wrong_fields(&refused), ["submission.content"]);
    assert_eq!(case_count(&bench).await, 0);
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_sent_again_gets_the_first_answer_and_another_body_is_refused() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let mut counter = registration(&bench, &clerk());
    let visit = a_visit();
    let mut beside = registration(&bench, &clerk());
    let (first, second) = tokio::join!(
        counter.register_visit(visit.clone()),
        beside.register_visit(visit.clone())
    );
    let (first, second) = (first.unwrap().into_inner(), second.unwrap().into_inner());
    assert_eq!(first, second, "two copies at the same moment are one case");
    let third = counter.register_visit(visit.clone()).await.unwrap();
    assert!(third.metadata().contains_key("xinqiao-replayed"));
    assert_eq!(third.into_inner(), first);

    let mut other = visit.clone();
    other.submission.as_mut().unwrap().title.push('二');
    let refused = counter.register_visit(other.clone()).await.unwrap_err();
    assert_eq!(
        why(&refused),
        (Code::AlreadyExists, "REQUEST_ID_REUSED".to_owned())
    );
    assert_eq!(case_count(&bench).await, 1);

    // After thirty days the request id means nothing any more.
    bench.set_clock("2026-04-03T08:30:00+08:00");
    assert!(counter.register_visit(other).await.is_ok());
    assert_eq!(case_count(&bench).await, 2);
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_version_is_refused_and_an_act_done_twice_is_done_once() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let case = registered(&bench, a_visit()).await;
    let mut desk = triage(&bench, &clerk());
    let sheet = a_sheet(&case.case_id, case.version);
    let first = desk.triage_case(sheet.clone()).await.unwrap().into_inner();
    assert_eq!(desk.triage_case(sheet).await.unwrap().into_inner(), first);
    let refused = desk
        .triage_case(a_sheet(&case.case_id, case.version))
        .await
        .unwrap_err();
    assert_eq!(why(&refused), (Code::Aborted, "STALE_VERSION".to_owned()));
    let mut bad = a_sheet(&case.case_id, first.version);
    bad.summary = "身份证11010519491231002X反映渗水".to_owned();
    bad.problem_town_code = "220502999".to_owned();
    bad.legal_route = 0;
    let refused = desk.triage_case(bad).await.unwrap_err();
    assert_eq!(
        wrong_fields(&refused),
        ["legal_route", "problem_town_code", "summary"]
    );
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_districts_case_is_the_same_as_none() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let case = registered(&bench, a_visit()).await;
    let mut there = cases(&bench, &clerk_of_b());
    let absent = there.get_case(by_id(&fresh())).await.unwrap_err();
    let foreign = there.get_case(by_id(&case.case_id)).await.unwrap_err();
    let numbered = there.get_case(by_number(&case.case_no)).await.unwrap_err();
    for refused in [&foreign, &numbered] {
        assert_eq!(why(refused), (Code::NotFound, "NOT_FOUND".to_owned()));
        assert_eq!(
            (refused.message(), refused.details()),
            (absent.message(), absent.details())
        );
    }
    let act = triage(&bench, &clerk_of_b())
        .triage_case(a_sheet(&case.case_id, case.version))
        .await
        .unwrap_err();
    assert_eq!(
        (act.message(), act.details()),
        (absent.message(), absent.details())
    );
    let there_too = registration(&bench, &clerk_of_b())
        .register_visit(a_visit())
        .await
        .unwrap()
        .into_inner();
    assert!(
        there_too
            .registered
            .unwrap()
            .case_no
            .starts_with("XF-220503-2026-2-000001-")
    );
    bench.finish().await;
}
