//! Foreign events: stored once, applied once, in order; what fails is parked and can be replayed.

use std::time::Duration;

use xinqiao_chassis::inbox::parked;
use xinqiao_chassis::testing::{Bench, Foreign, eventually};

use super::*;

fn event(kind: &'static str, entity: Entity) -> Foreign {
    Foreign::new(
        "assignment",
        kind,
        entity,
        &Noted {
            note_id: entity.id.to_string(),
            filling: Vec::new(),
        },
    )
}

async fn effects(bench: &Bench, entity: Entity) -> Vec<i64> {
    sqlx::query_scalar("SELECT sequence FROM effect WHERE entity_id = $1 ORDER BY place")
        .bind(entity.id)
        .fetch_all(bench.pool())
        .await
        .unwrap()
}

async fn state(bench: &Bench, event_id: Uuid) -> Option<String> {
    sqlx::query_scalar("SELECT state FROM inbox WHERE event_id = $1")
        .bind(event_id)
        .fetch_optional(bench.pool())
        .await
        .unwrap()
}

async fn becomes(bench: &Bench, event_id: Uuid, wanted: &str) {
    eventually(&format!("event becomes {wanted}"), async || {
        (state(bench, event_id).await.as_deref() == Some(wanted)).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_that_come_in_any_order_are_applied_in_theirs() {
    let bench = Bench::start(service()).await;
    let (one, other) = (entity(), entity());
    let mut ids = Vec::new();
    for sequence in [3, 2, 5, 4] {
        ids.push(bench.deliver(event("note.written", one).sequence(sequence)).await);
    }
    bench.arrives(event("note.written", other)).await;
    assert_eq!(effects(&bench, one).await, Vec::<i64>::new());
    bench.deliver(event("note.written", one).sequence(1)).await;
    for id in ids {
        bench.applied(id).await;
    }
    assert_eq!(effects(&bench, one).await, [1, 2, 3, 4, 5]);
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn publishers_have_sequences_of_their_own() {
    let bench = Bench::start(service()).await;
    let entity = entity();
    for publisher in ["assignment", "supervision", "archive"] {
        bench
            .arrives(Foreign::new(publisher, "note.written", entity, &Noted::default()).sequence(1))
            .await;
    }
    assert_eq!(effects(&bench, entity).await, [1, 1, 1]);
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_waits_for_the_event_that_caused_it() {
    let bench = Bench::start(service()).await;
    let entity = entity();
    let cause = Foreign::new("supervision", "note.written", entity, &Noted::default());
    let effect = bench
        .deliver(event("note.written", entity).caused_by(cause.id()))
        .await;
    becomes(&bench, effect, "waiting").await;
    bench.arrives(event("note.written", super::entity())).await;
    assert_eq!(state(&bench, effect).await.as_deref(), Some("waiting"));
    bench.deliver(cause).await;
    bench.applied(effect).await;
    // What we published ourselves is known here as a cause.
    let own = publish(bench.desk(), entity, 1, 0).await[0];
    bench.arrives(event("note.written", entity).caused_by(own)).await;
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn our_event_names_the_foreign_event_it_builds_on() {
    let bench = Bench::start(service()).await;
    let entity = entity();
    let first = bench.arrives(event("note.written", entity)).await;
    publish(bench.desk(), entity, 1, 0).await;
    let answered = bench.arrives(event("note.answered", entity)).await;
    publish(bench.desk(), super::entity(), 1, 0).await;
    let causes: Vec<_> = bench
        .published()
        .await
        .iter()
        .map(|event| event.causation_id)
        .collect();
    assert_eq!(causes, [Some(first), Some(answered), None]);
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_comes_twice_has_one_effect() {
    let mut bench = Bench::start(service()).await;
    let entity = entity();
    let event = event("note.written", entity).sequence(1);
    bench.arrives(event.clone()).await;
    // The bus knows nothing of it any more and delivers it as new.
    bench.nats().lose_everything();
    bench.nats().start_again().await;
    bench.nats().create_streams().await;
    bench.deliver(event).await;
    bench
        .arrives(self::event("note.written", entity).sequence(2))
        .await;
    assert_eq!(effects(&bench, entity).await, [1, 2]);
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_event_in_a_taken_place_has_no_effect() {
    let mut bench = Bench::start(service()).await;
    let entity = entity();
    bench.arrives(event("note.written", entity).sequence(1)).await;
    let impostor = bench.deliver(event("note.written", entity).sequence(1)).await;
    bench.arrives(event("note.written", entity).sequence(2)).await;
    assert_eq!(state(&bench, impostor).await.as_deref(), Some("waiting"));
    assert_eq!(effects(&bench, entity).await, [1, 2]);
    bench.allow_leftovers();
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_is_parked_with_its_reason_and_only_its_followers_wait_until_it_is_replayed() {
    let bench = Bench::of(service())
        .set("XINQIAO_INBOX_TRIES_MAX", "3")
        .set("XINQIAO_INBOX_BACKOFF_MS", "10")
        .start()
        .await;
    let (refused, panicked, healthy) = (entity(), entity(), entity());
    let bad = bench.deliver(event("note.refused", refused)).await;
    let worse = bench.deliver(event("note.panicked", panicked)).await;
    let follower = bench.deliver(event("note.written", refused)).await;
    becomes(&bench, bad, "parked").await;
    becomes(&bench, worse, "parked").await;
    bench.arrives(event("note.written", healthy)).await;
    assert_eq!(state(&bench, follower).await.as_deref(), Some("waiting"));
    assert_eq!(effects(&bench, refused).await, Vec::<i64>::new());

    let mut tx = bench.desk().database().begin(home()).await.unwrap();
    let list = parked::list(tx.conn(), home()).await.unwrap();
    let reasons: Vec<_> = list
        .iter()
        .map(|event| (event.event_id, event.attempts, event.reason.clone().unwrap()))
        .collect();
    assert_eq!(
        (reasons[0].0, reasons[0].1, reasons[0].2.as_str()),
        (bad, 3, "WRONG_HOLDER")
    );
    assert!(
        reasons[1].0 == worse && reasons[1].2.contains("as asked"),
        "{reasons:?}"
    );
    HEALED.store(true, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(parked::replay(tx.conn(), home(), Some(bad)).await.unwrap(), 1);
    assert_eq!(parked::replay(tx.conn(), home(), None).await.unwrap(), 1);
    tx.commit().await.unwrap();
    bench.applied(worse).await;
    bench.applied(follower).await;
    assert_eq!(effects(&bench, refused).await, [1, 2]);
    HEALED.store(false, std::sync::atomic::Ordering::SeqCst);
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_is_lost_and_made_anew_is_consumed_again() {
    let mut bench = Bench::start(service()).await;
    let before = entity();
    for _ in 0..20 {
        bench.arrives(event("note.written", before)).await;
    }
    bench.nats().lose_everything();
    tokio::time::sleep(Duration::from_millis(300)).await;
    bench.nats().start_again().await;
    // For a while there is no stream at all.
    let after = entity();
    tokio::time::sleep(Duration::from_millis(300)).await;
    bench.nats().create_streams().await;
    bench.arrives(event("note.written", after)).await;
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_event_does_not_stop_the_others() {
    let mut bench = Bench::start(service()).await;
    let client = async_nats::connect(bench.nats().url()).await.unwrap();
    let jetstream = async_nats::jetstream::new(client);
    let sent = jetstream
        .publish("xq.220502.assignment.note.written", "not an event".into())
        .await
        .unwrap();
    sent.await.unwrap();
    bench.arrives(event("note.written", entity())).await;
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_district_gets_its_own_events() {
    let bench = Bench::start(service()).await;
    let entity = entity();
    bench.arrives(event("note.written", entity)).await;
    bench
        .arrives(event("note.written", super::entity()).of("220503"))
        .await;
    for district in [home(), neighbour()] {
        let mut tx = bench.desk().database().begin(district).await.unwrap();
        let seen: i64 = sqlx::query_scalar("SELECT count(*) FROM effect")
            .fetch_one(tx.conn())
            .await
            .unwrap();
        assert_eq!(seen, 1);
    }
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_digests_of_both_ends_are_equal() {
    let bench = Bench::start(service()).await;
    let entity = entity();
    bench.arrives(event("note.written", entity)).await;
    publish(bench.desk(), entity, 3, 0).await;
    let lines = xinqiao_chassis::digest::lines(bench.desk(), home(), None)
        .await
        .unwrap();
    assert_eq!(lines.len(), 1);
    assert_eq!(
        (
            lines[0].journal.count,
            lines[0].foreign["assignment"].applied.count
        ),
        (3, 1)
    );
    // As another service that has applied the same events would find it: the head is over the same rows.
    sqlx::raw_sql(
        "INSERT INTO inbox (district_code, event_id, publisher, kind, entity_kind, entity_id, sequence, body, actor_ref,
                            occurred_at, state, applied_at)
         SELECT district_code, event_id, 'copy', kind, entity_kind, entity_id, sequence, body, actor_ref, occurred_at,
                'applied', occurred_at FROM outbox",
    )
    .execute(bench.pool())
    .await
    .unwrap();
    let lines = xinqiao_chassis::digest::lines(bench.desk(), home(), None)
        .await
        .unwrap();
    assert_eq!(lines[0].foreign["copy"].applied, lines[0].journal);
    sqlx::raw_sql("UPDATE inbox SET body = '' WHERE publisher = 'copy' AND sequence = 2")
        .execute(bench.pool())
        .await
        .unwrap();
    let lines = xinqiao_chassis::digest::lines(bench.desk(), home(), None)
        .await
        .unwrap();
    assert_ne!(lines[0].foreign["copy"].applied, lines[0].journal);
    bench.finish().await;
}
