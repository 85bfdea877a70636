//! What field tablets took down without a line: a temporary number is replaced by a real one, once (§6.2).

use tonic::{Code, Status};
use uuid::Uuid;
use xinqiao_chassis::document::timestamp;
use xinqiao_chassis::identity::Role;
use xinqiao_chassis::testing::{Bench, Person, instant};
use xinqiao_kernel::TemporaryNumber;
use xinqiao_proto::intake::{FieldDraft, NumberAccount, RegisterVisitRequest, Registered, SubmissionInput};

use crate::gap_report::{accounts, report};
use crate::people::*;

/// What a tablet sends of a draft.
fn sent(device: &str, draft: Uuid, taken_at: &str) -> RegisterVisitRequest {
    let number = TemporaryNumber::new(device, draft).unwrap();
    RegisterVisitRequest {
        field_draft: Some(FieldDraft {
            temporary_no: number.to_string(),
            draft_id: draft.to_string(),
            taken_at: Some(timestamp(instant(taken_at))),
        }),
        ..a_visit()
    }
}

async fn synchronised(
    bench: &Bench,
    person: &Person,
    draft: RegisterVisitRequest,
) -> Result<Registered, Status> {
    let answer = registration(bench, person).register_visit(draft).await?;
    Ok(answer.into_inner().registered.unwrap())
}

const MONDAY: &str = "2026-03-02T16:40:00+08:00";

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_gets_a_number_and_is_found_by_what_it_was_called() {
    let bench = Bench::of(xinqiao_intake::service())
        .at("2026-03-03T09:00:00+08:00")
        .start()
        .await;
    let visit = sent("T07", Uuid::from_u128(7), MONDAY);
    let temporary = visit.field_draft.clone().unwrap().temporary_no;
    let case = synchronised(&bench, &clerk(), visit).await.unwrap();
    assert_eq!(case.temporary_no, temporary);
    assert!(case.case_no.contains("-000001-"), "{}", case.case_no);
    // Received when the tablet took it down: the clock starts on that day.
    assert_eq!(case.k1.unwrap().start_date, "2026-03-02");
    let mut desk = cases(&bench, &dispatcher());
    let found = desk.get_case(by_number(&temporary)).await.unwrap().into_inner();
    assert_eq!(found.temporary_no, temporary);
    let header = found.header.unwrap();
    assert_eq!(header.case_no, case.case_no);
    assert_eq!(header.received_at.unwrap(), timestamp(instant(MONDAY)));
    let of_b = cases(&bench, &clerk_of_b()).get_case(by_number(&temporary)).await;
    assert_eq!(of_b.unwrap_err().code(), Code::NotFound);
    assert_eq!(accounts(&bench).await, [(1, 1, NumberAccount::Field)]);
    assert_eq!(report(&bench, 10).await.0[0].temporary_no, temporary);
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_registered_once_whoever_sends_it_how_often() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let taken_at = "2026-03-02T09:00:00+08:00";
    let other = Person::new("zhao", "赵登记").with(Role::Clk);
    // Two tablets with the same draft id, each sent many times at once by two clerks.
    let tasks: Vec<_> = (0..24)
        .map(|turn| {
            let device = ["T07", "T08"][turn % 2];
            let person = if turn % 3 == 0 { other.clone() } else { clerk() };
            let mut client = registration(&bench, &person);
            let draft = sent(device, Uuid::from_u128(42), taken_at);
            tokio::spawn(async move {
                let answer = client.register_visit(draft).await.unwrap();
                (device, answer.into_inner().registered.unwrap())
            })
        })
        .collect();
    let mut answers = std::collections::BTreeMap::new();
    for task in tasks {
        let (device, case) = task.await.unwrap();
        let first = answers.entry(device).or_insert_with(|| case.clone());
        assert_eq!(*first, case);
    }
    assert_ne!(answers["T07"].case_no, answers["T08"].case_no);
    assert_eq!(accounts(&bench).await.last().unwrap().1, 2, "two numbers");

    let changed = RegisterVisitRequest {
        submission: Some(SubmissionInput {
            title: "改过的标题".to_owned(),
            ..submission()
        }),
        ..sent("T07", Uuid::from_u128(42), taken_at)
    };
    let refused = synchronised(&bench, &clerk(), changed).await.unwrap_err();
    assert_eq!(why(&refused), (Code::AlreadyExists, "DRAFT_CHANGED".to_owned()));
    let twin = sent("T07", Uuid::from_u128(0x1_0000_0000_0000_002a), taken_at);
    let refused = synchronised(&bench, &clerk(), twin).await.unwrap_err();
    assert_eq!(why(&refused).1, "TEMPORARY_NO_TAKEN");
    bench.settled().await;
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tablet_whose_clock_is_wrong_is_told_and_leaves_nothing() {
    let bench = Bench::of(xinqiao_intake::service())
        .at("2026-03-03T09:00:00+08:00")
        .start()
        .await;
    for (taken_at, ok) in [
        ("2026-03-03T09:00:01+08:00", false),
        ("2026-02-01T08:59:59+08:00", false),
        ("2026-02-01T09:00:00+08:00", true),
    ] {
        let answer = synchronised(&bench, &clerk(), sent("T07", Uuid::from_u128(1), taken_at)).await;
        match answer {
            Ok(_) => assert!(ok, "{taken_at}"),
            Err(refused) => {
                assert!(!ok, "{taken_at}");
                assert_eq!(wrong_fields(&refused), ["field_draft.taken_at"]);
            }
        }
    }
    let other = sent("T07", Uuid::from_u128(2), MONDAY).field_draft.unwrap();
    let wrong = RegisterVisitRequest {
        received_at: Some(timestamp(instant(MONDAY))),
        field_draft: Some(FieldDraft {
            draft_id: Uuid::from_u128(3).to_string(),
            ..other
        }),
        ..a_visit()
    };
    let refused = synchronised(&bench, &clerk(), wrong).await.unwrap_err();
    assert_eq!(
        wrong_fields(&refused),
        ["field_draft.temporary_no", "received_at"]
    );
    let claimed: i64 = sqlx::query_scalar("SELECT count(*) FROM field_draft")
        .fetch_one(bench.pool())
        .await
        .unwrap();
    assert_eq!(claimed, 1, "the one that was right");
    bench.finish().await;
}
