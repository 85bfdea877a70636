//! One act leaves everything or nothing, once per request.

use futures::future::join_all;
use tonic::Code;
use tonic_types::StatusExt as _;
use xinqiao_chassis::desk::REPLAYED;
use xinqiao_chassis::refusal::Refusal;
use xinqiao_chassis::testing::{Bench, eventually};

use super::*;

async fn leaves(bench: &Bench) -> [i64; 5] {
    [
        count(bench, "SELECT count(*) FROM note").await,
        count(bench, "SELECT count(*) FROM outbox").await,
        count(bench, "SELECT count(*) FROM audit").await,
        count(bench, "SELECT count(*) FROM document").await,
        count(bench, "SELECT count(*) FROM idempotency").await,
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn an_act_leaves_its_row_events_audit_document_and_answer_together() {
    let bench = Bench::start(service()).await;
    write(bench.desk(), random::new_id(), SECRET).await.unwrap();
    // Two events: the note and its document. Two audit rows: the command's and the one it asked for.
    assert_eq!(leaves(&bench).await, [1, 2, 2, 1, 1]);
    let published = bench.published().await;
    let kinds: Vec<_> = published
        .iter()
        .map(|event| (event.kind.as_str(), event.sequence))
        .collect();
    assert_eq!(kinds, [("document.created", 1), ("note.written", 2)]);
    assert_eq!(published[1].subject, "xq.220502.intake.note.written");
    assert_eq!(published[1].actor_ref, "person:li");
    assert_eq!(published[1].occurred_at, bench.desk().clock().now());
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_gets_the_first_answer() {
    let bench = Bench::start(service()).await;
    let id = random::new_id();
    let first = write(bench.desk(), id, SECRET).await.unwrap();
    let again = bench.desk().act(asked(id, SECRET), keeping).await.unwrap();
    assert_eq!(again.metadata().get(REPLAYED).unwrap(), "true");
    assert_eq!(again.into_inner(), first);
    assert_eq!(leaves(&bench).await, [1, 2, 2, 1, 1]);
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_copies_at_once_act_once() {
    let bench = Bench::start(service()).await;
    let id = random::new_id();
    let answers = join_all((0..20).map(|_| write(bench.desk(), id, SECRET))).await;
    let first = answers[0].clone().unwrap();
    assert!(answers.into_iter().all(|answer| answer.unwrap() == first));
    assert_eq!(leaves(&bench).await, [1, 2, 2, 1, 1]);
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_id_with_another_body_is_refused() {
    let bench = Bench::start(service()).await;
    let id = random::new_id();
    write(bench.desk(), id, "one").await.unwrap();
    let refused = write(bench.desk(), id, "another").await.unwrap_err();
    assert_eq!(refused.code(), Code::AlreadyExists);
    assert_eq!(
        refused.get_error_details().error_info().unwrap().reason,
        "REQUEST_ID_REUSED"
    );
    assert_eq!(leaves(&bench).await, [1, 2, 2, 1, 1]);
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_counts_for_thirty_days() {
    let bench = Bench::start(service()).await;
    let id = random::new_id();
    let first = write(bench.desk(), id, SECRET).await.unwrap();
    bench.pass(time::Duration::days(29));
    assert_eq!(write(bench.desk(), id, SECRET).await.unwrap(), first);
    bench.pass(time::Duration::days(2));
    assert_ne!(write(bench.desk(), id, SECRET).await.unwrap(), first);
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_act_leaves_nothing_and_may_be_sent_again() {
    let bench = Bench::start(service()).await;
    let id = random::new_id();
    let refused = bench
        .desk()
        .act(asked(id, SECRET), |act, query| {
            Box::pin(async move {
                keep(act, query).await?;
                Err::<NoteWritten, _>(Refusal::stale_version())
            })
        })
        .await;
    assert_eq!(refused.unwrap_err().code(), Code::Aborted);
    let panicked = bench
        .desk()
        .act(asked(id, SECRET), |_, _| Box::pin(async { panic!("as asked") }))
        .await;
    assert_eq!(
        panicked
            .map(|answer: tonic::Response<NoteWritten>| answer)
            .unwrap_err()
            .code(),
        Code::Internal
    );
    assert_eq!(leaves(&bench).await, [0; 5]);
    write(bench.desk(), id, SECRET).await.unwrap();
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_id_must_be_a_uuid() {
    let bench = Bench::start(service()).await;
    let mut request = asked(random::new_id(), SECRET);
    request.get_mut().request_id = "7".to_owned();
    let refused = bench.desk().act(request, keeping).await.unwrap_err();
    let details = refused.get_error_details();
    assert_eq!(
        details.bad_request().unwrap().field_violations[0].field,
        "request_id"
    );
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_hangs_up_does_not_cut_the_act() {
    let bench = Bench::start(service()).await;
    let desk = bench.desk().clone();
    let (begun, wait) = tokio::sync::oneshot::channel();
    let call = tokio::spawn(async move {
        desk.act(asked(random::new_id(), SECRET), move |act, query| {
            Box::pin(async move {
                begun.send(()).unwrap();
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                keep(act, query).await
            })
        })
        .await
    });
    wait.await.unwrap();
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    eventually("the act was done to its end", async || {
        (leaves(&bench).await[0] == 1).then_some(())
    })
    .await;
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sequences_have_no_holes_when_many_write_one_entity() {
    let bench = Bench::start(service()).await;
    let entity = entity();
    join_all((0..16).map(|_| publish(bench.desk(), entity, 3, 0))).await;
    let sequences: Vec<_> = bench
        .published()
        .await
        .iter()
        .map(|event| event.sequence)
        .collect();
    assert_eq!(sequences, (1..=48).collect::<Vec<_>>());
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_leaves_what_it_audited_only() {
    let bench = Bench::start(service()).await;
    let reading = |audited: bool| {
        bench.desk().read(asked(random::new_id(), ""), move |act, _| {
            Box::pin(async move {
                act.authorise(&Resource::District(act.district()), not_found)?;
                if audited {
                    act.audit("petitioner:1", &["phone"], Some("核对身份"));
                }
                Ok(NoteWritten::default())
            })
        })
    };
    reading(false).await.unwrap();
    assert_eq!(leaves(&bench).await, [0; 5]);
    reading(true).await.unwrap();
    assert_eq!(leaves(&bench).await, [0, 0, 1, 0, 0]);
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_act_that_never_asks_for_its_right_leaves_nothing() {
    let bench = Bench::start(service()).await;
    let refused = bench
        .desk()
        .act(asked(random::new_id(), SECRET), |act, _| {
            Box::pin(async move {
                act.audit("note:1", &["content"], None);
                Ok(NoteWritten::default())
            })
        })
        .await;
    assert_eq!(refused.unwrap_err().code(), Code::Internal);
    assert_eq!(leaves(&bench).await, [0; 5]);
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_that_is_not_permitted_leaves_its_row_and_nothing_else() {
    let bench = Bench::start(service()).await;
    let mut request = asked(random::new_id(), SECRET);
    let archivist = Caller {
        roles: vec![Role::Arc],
        ..clerk_of(home())
    };
    request.extensions_mut().insert(archivist);
    let refused = bench.desk().act(request, keeping).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    assert_eq!(leaves(&bench).await, [0, 0, 1, 0, 0]);
    let told: bool = sqlx::query_scalar(
        "SELECT object = 'district:220502' AND position('denied'::bytea IN canonical) > 0
             AND position('ARC'::bytea IN canonical) > 0 FROM audit",
    )
    .fetch_one(bench.pool())
    .await
    .unwrap();
    assert!(told);
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_says_with_which_roles_and_by_which_policy() {
    let bench = Bench::start(service()).await;
    write(bench.desk(), random::new_id(), SECRET).await.unwrap();
    let told: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM audit WHERE position('clerk.district'::bytea IN canonical) > 0
             AND position('CLK'::bytea IN canonical) > 0 AND position('done'::bytea IN canonical) > 0",
    )
    .fetch_one(bench.pool())
    .await
    .unwrap();
    assert_eq!(told, 2, "the command's row and the one the work audited");
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_another_district_than_his_own_is_refused_and_noted() {
    let bench = Bench::start(service()).await;
    let mut request = asked(random::new_id(), SECRET);
    request
        .metadata_mut()
        .insert("district", "220503".parse().unwrap());
    let refused = bench.desk().act(request, keeping).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    assert_eq!(leaves(&bench).await, [0, 0, 1, 0, 0]);
    let mut request = asked(random::new_id(), SECRET);
    request
        .metadata_mut()
        .insert("district", "220502".parse().unwrap());
    bench.desk().act(request, keeping).await.unwrap();
    bench.finish().await;
}
