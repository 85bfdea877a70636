//! The void register 作废登记簿: why a number is void, whether the petitioner was told, and whether a supervisor has looked.

use tonic::Code;
use xinqiao_chassis::identity::Role;
use xinqiao_chassis::testing::{Bench, Person};
use xinqiao_proto::common::PageRequest;
use xinqiao_proto::intake::{
    GetVoidRequest, GetVoidResponse, ListVoidsRequest, PetitionerTold, Void, VoidReason,
};

use crate::gap_report::{numbers, void};
use crate::people::*;

fn supervisor() -> Person {
    Person::new("sun", "孙督查").with(Role::Sup)
}

async fn listed(bench: &Bench, person: &Person, unreviewed: bool) -> Vec<Void> {
    let mut desk = numbers(bench, person);
    let (mut voids, mut page_token) = (Vec::new(), String::new());
    loop {
        let page = Some(PageRequest {
            page_size: 1,
            page_token,
        });
        let answer = desk.list_voids(ListVoidsRequest { page, unreviewed }).await;
        let answer = answer.unwrap().into_inner();
        voids.extend(answer.voids);
        page_token = answer.page.unwrap().next_page_token;
        if page_token.is_empty() {
            return voids;
        }
    }
}

async fn looked_at(bench: &Bench, person: &Person, case_id: &str) -> Result<GetVoidResponse, tonic::Status> {
    let ask = GetVoidRequest {
        case_id: case_id.to_owned(),
    };
    Ok(numbers(bench, person).get_void(ask).await?.into_inner())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_void_waits_until_a_supervisor_has_looked_at_it() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let (first, kept, second) = (
        registered(&bench, a_visit()).await,
        registered(&bench, a_visit()).await,
        registered(&bench, a_visit()).await,
    );
    void(&bench, &first).await;
    bench.pass(time::Duration::minutes(1));
    void(&bench, &second).await;
    let of = |voids: &[Void]| -> Vec<String> { voids.iter().map(|void| void.case_no.clone()).collect() };
    let all = listed(&bench, &clerk(), false).await;
    assert_eq!(of(&all), [second.case_no.clone(), first.case_no.clone()]);
    let newest = &all[0];
    assert_eq!(
        (
            newest.reason(),
            newest.petitioner_told(),
            newest.voided_by_role.as_str()
        ),
        (VoidReason::EnteredTwice, PetitionerTold::ByPhone, "DSP")
    );
    assert!(newest.reviewed_at.is_none());

    // A dispatcher's look is no review, and neither is the look of who has voided it, whatever else he is.
    for no_reviewer in [dispatcher(), dispatcher().with(Role::Sup)] {
        let seen = looked_at(&bench, &no_reviewer, &first.case_id).await.unwrap();
        assert!(seen.void.unwrap().reviewed_at.is_none());
    }
    let seen = looked_at(&bench, &supervisor(), &first.case_id).await.unwrap();
    assert_eq!(seen.explanation, "同一来访在窗口重复登记");
    assert!(seen.void.unwrap().reviewed_at.is_some());
    assert_eq!(of(&listed(&bench, &supervisor(), true).await), [second.case_no]);
    assert!(listed(&bench, &clerk_of_b(), false).await.is_empty());

    let clerk = looked_at(&bench, &clerk(), &first.case_id).await.unwrap_err();
    assert_eq!(clerk.code(), Code::PermissionDenied);
    let none = looked_at(&bench, &supervisor(), &kept.case_id).await.unwrap_err();
    assert_eq!(none.code(), Code::NotFound);
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_void_of_a_sealed_case_is_shown_to_those_who_know_of_it_alone() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let case = registered(&bench, a_visit()).await;
    void(&bench, &case).await;
    // No act does this: an accusation is not voided.
    sqlx::query("UPDATE case_file SET sealed = true")
        .execute(bench.pool())
        .await
        .unwrap();
    assert_eq!(listed(&bench, &dispatcher(), false).await.len(), 1);
    assert!(listed(&bench, &supervisor(), false).await.is_empty());
    let refused = looked_at(&bench, &supervisor(), &case.case_id).await;
    assert!(refused.is_err());
    bench.finish().await;
}
