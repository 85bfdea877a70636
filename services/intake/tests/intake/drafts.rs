//! Drafts (C00, T01): seen by the office until they are a case or discarded, expired in sight, registered once.

use tonic::Code;
use uuid::Uuid;
use xinqiao_chassis::identity::Role;
use xinqiao_chassis::testing::{Bench, Person};
use xinqiao_proto::event::Purpose;
use xinqiao_proto::intake::draft_content::Channel as Form;
use xinqiao_proto::intake::draft_service_client::DraftServiceClient;
use xinqiao_proto::intake::*;

use crate::people::*;

fn drafts(bench: &Bench, person: &Person) -> DraftServiceClient<As> {
    DraftServiceClient::new(bench.channel(person))
}

#[expect(clippy::unnecessary_wraps, reason = "a message is an optional field")]
fn a_form(visit: RegisterVisitRequest) -> Option<DraftContent> {
    Some(DraftContent {
        channel: Some(Form::Visit(RegisterVisitRequest {
            request_id: String::new(),
            ..visit
        })),
    })
}

fn new_draft(visit: RegisterVisitRequest) -> SaveDraftRequest {
    SaveDraftRequest {
        request_id: fresh(),
        form: a_form(visit),
        ..SaveDraftRequest::default()
    }
}

fn again(draft: &Draft, visit: RegisterVisitRequest) -> SaveDraftRequest {
    SaveDraftRequest {
        draft_id: draft.draft_id.clone(),
        version: draft.version,
        ..new_draft(visit)
    }
}

fn untitled() -> RegisterVisitRequest {
    RegisterVisitRequest {
        submission: Some(SubmissionInput {
            title: String::new(),
            ..submission()
        }),
        ..a_visit()
    }
}

fn to_be_registered(draft: &Draft) -> RegisterDraftRequest {
    RegisterDraftRequest {
        request_id: fresh(),
        draft_id: draft.draft_id.clone(),
    }
}

fn to_be_discarded(draft: &Draft) -> DiscardDraftRequest {
    DiscardDraftRequest {
        request_id: fresh(),
        draft_id: draft.draft_id.clone(),
        version: draft.version,
        reason: DiscardReason::EnteredTwice.into(),
        explanation: "与另一暂存件内容相同".to_owned(),
    }
}

async fn saved(bench: &Bench, person: &Person, draft: SaveDraftRequest) -> Draft {
    let answer = drafts(bench, person).save_draft(draft).await.unwrap();
    answer.into_inner().draft.unwrap()
}

async fn listed(bench: &Bench, person: &Person, waiting: bool) -> Vec<Draft> {
    let ask = ListDraftsRequest {
        waiting,
        ..ListDraftsRequest::default()
    };
    drafts(bench, person)
        .list_drafts(ask)
        .await
        .unwrap()
        .into_inner()
        .drafts
}

async fn read(bench: &Bench, person: &Person, draft: &Draft) -> GetDraftResponse {
    let ask = GetDraftRequest {
        draft_id: draft.draft_id.clone(),
    };
    drafts(bench, person).get_draft(ask).await.unwrap().into_inner()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_gone_on_with_and_becomes_one_case_on_the_day_it_came() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let draft = saved(&bench, &clerk(), new_draft(untitled())).await;
    assert_eq!((draft.state(), draft.version), (DraftState::Open, 1));
    let refused = drafts(&bench, &clerk())
        .register_draft(to_be_registered(&draft))
        .await
        .unwrap_err();
    assert_eq!(
        wrong_fields(&refused),
        ["submission.title"],
        "checked as its channel is"
    );
    let draft = saved(&bench, &dispatcher(), again(&draft, a_visit())).await;
    assert_eq!(draft.version, 2, "what was refused did not hold it");
    let stale = Draft {
        version: 1,
        ..draft.clone()
    };
    let refused = drafts(&bench, &clerk())
        .save_draft(again(&stale, a_visit()))
        .await
        .unwrap_err();
    assert_eq!(why(&refused).1, "STALE_VERSION");

    bench.pass(time::Duration::hours(20));
    let mut desk = drafts(&bench, &clerk());
    let mut beside = drafts(&bench, &dispatcher());
    let (first, second) = tokio::join!(
        desk.register_draft(to_be_registered(&draft)),
        beside.register_draft(to_be_registered(&draft))
    );
    let (first, second) = (first.unwrap().into_inner(), second.unwrap().into_inner());
    assert_eq!(first, second, "two who ask at once are told of one case");
    let case = first.registered.clone().unwrap();
    let third = desk.register_draft(to_be_registered(&draft)).await.unwrap();
    assert!(third.metadata().contains_key("xinqiao-replayed"));
    assert_eq!(third.into_inner(), first);
    let cases: i64 = sqlx::query_scalar("SELECT count(*) FROM case_file")
        .fetch_one(bench.pool())
        .await
        .unwrap();
    assert_eq!(cases, 1);
    let brought_at = bench.desk().clock().now() - time::Duration::hours(20);
    let brought_on = xinqiao_kernel::local::local_date(brought_at).to_string();
    assert_eq!(
        case.k1.unwrap().start_date,
        brought_on,
        "K1 counts from the day it was brought"
    );

    let seen = read(&bench, &clerk(), &draft).await;
    let kept = seen.draft.unwrap();
    assert_eq!(
        (kept.state(), kept.case_id.as_str()),
        (DraftState::Registered, case.case_id.as_str())
    );
    assert!(seen.form.is_none(), "the case has it");
    assert!(listed(&bench, &clerk(), true).await.is_empty());
    assert_eq!(listed(&bench, &clerk(), false).await.len(), 1);
    let refused = drafts(&bench, &clerk())
        .discard_draft(to_be_discarded(&kept))
        .await
        .unwrap_err();
    assert_eq!(
        why(&refused),
        (Code::FailedPrecondition, "DRAFT_REGISTERED".to_owned())
    );
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_expires_in_sight_and_is_lost_to_nobody() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let draft = saved(&bench, &clerk(), new_draft(a_visit())).await;
    let expires = draft.expires_at.unwrap().seconds - draft.saved_at.unwrap().seconds;
    assert_eq!(expires, 24 * 3600);
    bench.pass(time::Duration::hours(24));
    let shown = listed(&bench, &dispatcher(), true).await;
    assert_eq!(shown[0].state(), DraftState::Expired);
    let refused = drafts(&bench, &clerk())
        .save_draft(again(&draft, a_visit()))
        .await
        .unwrap_err();
    assert_eq!(why(&refused).1, "DRAFT_EXPIRED");
    assert!(read(&bench, &clerk(), &draft).await.form.is_some());
    let case = drafts(&bench, &clerk())
        .register_draft(to_be_registered(&draft))
        .await;
    assert!(case.is_ok(), "late, but registered: {case:?}");
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_discarded_draft_stays_with_its_reason() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let draft = saved(&bench, &clerk(), new_draft(a_visit())).await;
    let without = DiscardDraftRequest {
        reason: 0,
        explanation: String::new(),
        ..to_be_discarded(&draft)
    };
    let refused = drafts(&bench, &clerk()).discard_draft(without).await.unwrap_err();
    assert_eq!(wrong_fields(&refused), ["reason", "explanation"]);
    let gone = drafts(&bench, &clerk())
        .discard_draft(to_be_discarded(&draft))
        .await
        .unwrap()
        .into_inner();
    let gone = gone.draft.unwrap();
    assert_eq!(gone.state(), DraftState::Discarded);
    assert_eq!(
        (gone.discard_reason(), gone.discarded_by.as_str()),
        (DiscardReason::EnteredTwice, "person:li")
    );
    assert_eq!(listed(&bench, &clerk(), false).await, std::slice::from_ref(&gone));
    for refused in [
        drafts(&bench, &clerk())
            .register_draft(to_be_registered(&gone))
            .await
            .unwrap_err(),
        drafts(&bench, &clerk())
            .save_draft(again(&gone, a_visit()))
            .await
            .unwrap_err(),
    ] {
        assert_eq!(why(&refused).1, "DRAFT_DISCARDED");
    }
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_office_sees_every_draft_and_a_leaders_aide_his_own() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let aide = Person::new("ning", "宁联络")
        .with(Role::Lda)
        .leader(Uuid::from_u128(2));
    let office = saved(&bench, &clerk(), new_draft(a_visit())).await;
    let own = saved(&bench, &aide, new_draft(a_visit())).await;
    assert_eq!(
        listed(&bench, &dispatcher(), true).await,
        [own.clone(), office.clone()]
    );
    assert_eq!(listed(&bench, &aide, true).await, std::slice::from_ref(&own));
    let absent = Draft {
        draft_id: fresh(),
        ..office.clone()
    };
    let hidden = drafts(&bench, &aide)
        .register_draft(to_be_registered(&office))
        .await
        .unwrap_err();
    let nobodys = drafts(&bench, &aide)
        .register_draft(to_be_registered(&absent))
        .await
        .unwrap_err();
    assert_eq!(why(&hidden), (Code::NotFound, "NOT_FOUND".to_owned()));
    assert_eq!(
        (hidden.message(), hidden.details()),
        (nobodys.message(), nobodys.details())
    );
    let elsewhere = drafts(&bench, &clerk_of_b())
        .discard_draft(to_be_discarded(&own))
        .await
        .unwrap_err();
    assert_eq!(why(&elsewhere).1, "NOT_FOUND");
    assert!(listed(&bench, &clerk_of_b(), false).await.is_empty());
    let supervisor = Person::new("sun", "孙督查").with(Role::Sup);
    let refused = drafts(&bench, &supervisor)
        .list_drafts(ListDraftsRequest::default())
        .await
        .unwrap_err();
    assert_eq!(why(&refused).1, "ROLE_NOT_ALLOWED");
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_an_accusation_nor_a_tablets_is_a_draft_and_what_is_one_stands_nowhere_in_clear() {
    let bench = Bench::start(xinqiao_intake::service()).await;
    let accusation = RegisterVisitRequest {
        submission: Some(SubmissionInput {
            purpose: Purpose::Accusation.into(),
            ..submission()
        }),
        ..a_visit()
    };
    let refused = drafts(&bench, &clerk())
        .save_draft(new_draft(accusation))
        .await
        .unwrap_err();
    assert_eq!(faults(&refused), ["form ACCUSATION_NOT_DRAFTED"]);
    let of_a_tablet = RegisterVisitRequest {
        field_draft: Some(FieldDraft::default()),
        ..a_visit()
    };
    let refused = drafts(&bench, &clerk())
        .save_draft(new_draft(of_a_tablet))
        .await
        .unwrap_err();
    assert_eq!(faults(&refused), ["form TABLET_NOT_DRAFTED"]);
    let empty = SaveDraftRequest {
        form: None,
        ..new_draft(a_visit())
    };
    let refused = drafts(&bench, &clerk()).save_draft(empty).await.unwrap_err();
    assert_eq!(faults(&refused), ["form REQUIRED"]);
    saved(&bench, &clerk(), new_draft(a_visit())).await;
    let kept: Vec<u8> = sqlx::query_scalar("SELECT content FROM draft")
        .fetch_one(bench.pool())
        .await
        .unwrap();
    let words = "测试甲".as_bytes();
    assert!(!kept.windows(words.len()).any(|part| part == words));
    bench.finish().await;
}
