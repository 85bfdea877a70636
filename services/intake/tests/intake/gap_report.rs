//! Every number of a year has an account: the gap report 断号报告 names each that has none (DEC-12).

use xinqiao_chassis::identity::Role;
use xinqiao_chassis::testing::{Bench, Person};
use xinqiao_proto::common::{PageInfo, PageRequest};
use xinqiao_proto::intake::number_service_client::NumberServiceClient;
use xinqiao_proto::intake::{
    GetGapReportRequest, GetGapReportResponse, NumberAccount, NumberRange, PetitionerTold,
    ProposeVoidRequest, Registered, VoidCaseRequest, VoidReason,
};

use crate::people::*;

pub(crate) fn numbers(bench: &Bench, person: &Person) -> NumberServiceClient<As> {
    NumberServiceClient::new(bench.channel(person))
}

/// The whole report of 2026, and its last number, read in pages of this size.
pub(crate) async fn report(bench: &Bench, page_size: u32) -> (Vec<NumberRange>, u32) {
    let mut desk = numbers(bench, &clerk());
    let (mut ranges, mut page_token) = (Vec::new(), String::new());
    loop {
        let page = Some(PageRequest {
            page_size,
            page_token,
        });
        let answer = desk
            .get_gap_report(GetGapReportRequest { year: 2026, page })
            .await;
        let answer: GetGapReportResponse = answer.unwrap().into_inner();
        ranges.extend(answer.ranges);
        page_token = answer.page.unwrap().next_page_token;
        if page_token.is_empty() {
            return (ranges, answer.last);
        }
    }
}

/// Its ranges, which must follow one another without a hole.
pub(crate) async fn accounts(bench: &Bench) -> Vec<(u32, u32, NumberAccount)> {
    let (ranges, last) = report(bench, 200).await;
    let mut next = 1;
    for range in &ranges {
        assert_eq!(range.first, next);
        next = range.last + 1;
    }
    assert_eq!(next, last + 1);
    let view = |range: &NumberRange| (range.first, range.last, range.account());
    ranges.iter().map(view).collect()
}

/// Two persons void a case.
pub(crate) async fn void(bench: &Bench, case: &Registered) {
    let propose = ProposeVoidRequest {
        request_id: fresh(),
        case_id: case.case_id.clone(),
        version: case.version,
        reason: VoidReason::EnteredTwice.into(),
        explanation: "同一来访在窗口重复登记".to_owned(),
        petitioner_told: PetitionerTold::ByPhone.into(),
    };
    let proposed = triage(bench, &clerk()).propose_void(propose).await.unwrap();
    let confirm = VoidCaseRequest {
        request_id: fresh(),
        case_id: case.case_id.clone(),
        version: proposed.into_inner().version,
    };
    triage(bench, &dispatcher()).void_case(confirm).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn cases_and_voids_are_told_and_a_void_says_why_and_as_what() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let mut registrations = Vec::new();
    for _ in 0..5 {
        registrations.push(registered(&bench, a_visit()).await);
    }
    assert_eq!(accounts(&bench).await, [(1, 5, NumberAccount::Case)]);
    void(&bench, &registrations[2]).await;
    let (ranges, last) = report(&bench, 1).await;
    assert_eq!(last, 5);
    let told: Vec<_> = ranges.iter().map(|range| (range.first, range.last)).collect();
    assert_eq!(told, [(1, 2), (3, 3), (4, 5)]);
    let voided = &ranges[1];
    assert_eq!(
        (
            voided.account(),
            voided.void_reason(),
            voided.voided_by_role.as_str()
        ),
        (NumberAccount::Void, VoidReason::EnteredTwice, "DSP")
    );
    assert!(voided.voided_at.is_some());
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_nobody_has_is_named() {
    use NumberAccount::{Case, Gap};
    let bench = Bench::of(xinqiao_intake::service())
        .set("XINQIAO_GAP_REPORT_NUMBERS_MAX", "2")
        .start()
        .await;
    for _ in 0..5 {
        registered(&bench, a_visit()).await;
    }
    // What no act does: two rows are gone.
    sqlx::query("DELETE FROM case_file WHERE sequence IN (2, 5)")
        .execute(bench.pool())
        .await
        .unwrap();
    assert_eq!(
        accounts(&bench).await,
        [(1, 1, Case), (2, 2, Gap), (3, 4, Case), (5, 5, Gap)]
    );
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_year_without_numbers_is_empty_and_the_report_is_for_the_office() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    registered(&bench, a_visit()).await;
    let ask = |year| GetGapReportRequest { year, page: None };
    let supervisor = Person::new("sun", "孙督查").with(Role::Sup);
    let empty = numbers(&bench, &supervisor).get_gap_report(ask(2025)).await;
    assert_eq!(
        empty.unwrap().into_inner(),
        GetGapReportResponse {
            page: Some(PageInfo::default()),
            ..GetGapReportResponse::default()
        }
    );
    let of_b = numbers(&bench, &clerk_of_b()).get_gap_report(ask(2026)).await;
    assert_eq!(of_b.unwrap().into_inner().last, 0);
    let leader = Person::new("zhang", "张副区长").with(Role::Ldr);
    assert!(numbers(&bench, &leader).get_gap_report(ask(2026)).await.is_err());
    let refused = numbers(&bench, &clerk())
        .get_gap_report(ask(26))
        .await
        .unwrap_err();
    assert_eq!(wrong_fields(&refused), ["year"]);
    bench.finish().await;
}
