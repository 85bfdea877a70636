//! The journal reaches the stream: everything, once, in order, whatever happens to the bus.

use std::collections::BTreeMap;

use async_nats::jetstream;
use futures::StreamExt as _;
use futures::future::join_all;
use xinqiao_chassis::bus::stream_name;
use xinqiao_chassis::inbox::parked;
use xinqiao_chassis::journal;
use xinqiao_chassis::testing::{Bench, eventually, instant};

use super::*;

/// What the own stream holds: event ids in the order of the stream, with their headers.
async fn stream(bench: &mut Bench) -> Vec<(Uuid, async_nats::HeaderMap)> {
    let client = async_nats::connect(bench.nats().url()).await.unwrap();
    let stream = jetstream::new(client)
        .get_stream(stream_name("intake"))
        .await
        .unwrap();
    let count = usize::try_from(stream.cached_info().state.messages).unwrap();
    let consumer = stream
        .create_consumer(jetstream::consumer::pull::OrderedConfig::default())
        .await
        .unwrap();
    let messages = consumer
        .messages()
        .await
        .unwrap()
        .take(count)
        .collect::<Vec<_>>()
        .await;
    messages
        .into_iter()
        .map(|message| {
            let headers = message.unwrap().headers.clone().unwrap();
            (headers.get("ce-id").unwrap().as_str().parse().unwrap(), headers)
        })
        .collect()
}

async fn ids(bench: &mut Bench) -> Vec<Uuid> {
    stream(bench).await.into_iter().map(|(id, _)| id).collect()
}

/// Lifts the stream's limit of a message's size.
async fn carry_anything(bench: &mut Bench) {
    let client = async_nats::connect(bench.nats().url()).await.unwrap();
    let context = jetstream::new(client);
    let stream = context.get_stream(stream_name("intake")).await.unwrap();
    let config = jetstream::stream::Config {
        max_message_size: -1,
        ..stream.cached_info().config.clone()
    };
    context.update_stream(config).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_published_once_and_in_the_order_of_commits() {
    let mut bench = Bench::start(service()).await;
    let entities: Vec<_> = (0..8).map(|_| entity()).collect();
    let desk = bench.desk().clone();
    join_all((0..64).map(|index| publish(&desk, entities[index % 8], 20, 0))).await;
    bench.settled().await;
    let published: Vec<_> = bench
        .published()
        .await
        .iter()
        .map(|event| event.event_id)
        .collect();
    assert_eq!(published.len(), 1280);
    assert_eq!(ids(&mut bench).await, published);
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_carries_the_cloudevents_attributes_and_no_more() {
    let mut bench = Bench::start(service()).await;
    write(bench.desk(), random::new_id(), SECRET).await.unwrap();
    bench.settled().await;
    // The paper of the note goes before it.
    let (id, headers) = stream(&mut bench).await.swap_remove(1);
    let got: BTreeMap<String, String> = headers
        .iter()
        .map(|(name, values)| (name.to_string(), values[0].as_str().to_owned()))
        .filter(|(name, _)| !name.starts_with("Nats-Batch") && name != "traceparent")
        .collect();
    let entity = bench.published().await[0].entity_id;
    let expected = [
        ("Nats-Msg-Id", id.to_string()),
        ("ce-actor", "person:li".to_owned()),
        ("ce-district", "220502".to_owned()),
        ("ce-id", id.to_string()),
        ("ce-sequence", "2".to_owned()),
        ("ce-source", "xinqiao/intake".to_owned()),
        ("ce-specversion", "1.0".to_owned()),
        ("ce-subject", format!("other/{entity}")),
        ("ce-time", "2026-03-03T00:30:00Z".to_owned()),
        ("ce-type", "note.written".to_owned()),
        ("content-type", "application/protobuf".to_owned()),
    ];
    assert_eq!(
        got,
        expected
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    );
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_published_before_its_marks_were_written_is_not_stored_twice() {
    let mut bench = Bench::start(service()).await;
    publish(bench.desk(), entity(), 30, 0).await;
    bench.settled().await;
    let before = ids(&mut bench).await;
    // As after a crash between the stream's answer and the marks, with new events behind.
    sqlx::raw_sql(
        "INSERT INTO unpublished SELECT district_code, position, ARRAY[event_id] FROM outbox WHERE sequence > 10",
    )
    .execute(bench.pool())
    .await
    .unwrap();
    let new = publish(bench.desk(), entity(), 5, 0).await;
    bench.settled().await;
    assert_eq!(ids(&mut bench).await, [before, new].concat());
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_store_is_refilled_from_the_journal() {
    let mut bench = Bench::start(service()).await;
    let before = publish(bench.desk(), entity(), 25, 0).await;
    bench.settled().await;
    bench.nats().lose_everything();
    // Acts go on without the bus.
    let during = publish(bench.desk(), entity(), 5, 0).await;
    bench.nats().start_again().await;
    bench.settled().await;
    assert_eq!(ids(&mut bench).await, during);
    let mut tx = bench.desk().database().begin(home()).await.unwrap();
    let since = instant("2026-03-01T00:00:00+08:00");
    assert_eq!(journal::republish(tx.conn(), home(), since).await.unwrap(), 30);
    tx.commit().await.unwrap();
    bench.settled().await;
    let mut stored = ids(&mut bench).await;
    stored.sort_unstable();
    assert_eq!(stored, [before, during].concat());
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_the_bus_will_not_carry_stops_its_own_entity_only_until_it_will() {
    let mut bench = Bench::start(service()).await;
    let (poisoned, healthy) = (entity(), entity());
    let first = publish(bench.desk(), poisoned, 1, 0).await;
    publish(bench.desk(), poisoned, 1, 300 * 1024).await;
    publish(bench.desk(), poisoned, 1, 0).await;
    let others = publish(bench.desk(), healthy, 3, 0).await;
    eventually("the others are published", async || {
        (unpublished(&bench).await == 2).then_some(())
    })
    .await;
    assert_eq!(ids(&mut bench).await, [first, others].concat());
    let mut tx = bench.desk().database().begin(home()).await.unwrap();
    let refused = parked::refused(tx.conn(), home(), "intake").await.unwrap();
    tx.rollback().await.unwrap();
    let [event] = refused.as_slice() else {
        panic!("one event is refused, not {refused:?}");
    };
    assert_eq!((event.entity_id, event.sequence), (poisoned.id, 2));
    assert!(
        event
            .reason
            .as_deref()
            .unwrap()
            .contains("message size exceeds maximum")
    );
    carry_anything(&mut bench).await;
    bench.settled().await;
    let mut tx = bench.desk().database().begin(home()).await.unwrap();
    assert_eq!(
        parked::refused(tx.conn(), home(), "intake").await.unwrap().len(),
        0
    );
    tx.rollback().await.unwrap();
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_one_act_with_an_event_the_bus_will_not_carry_the_rest_goes_out() {
    let mut bench = Bench::start(service()).await;
    let (poisoned, healthy) = (entity(), entity());
    let about = [
        (poisoned, 0),
        (healthy, 0),
        (poisoned, 300 * 1024),
        (healthy, 0),
        (poisoned, 0),
    ];
    let written = bench
        .desk()
        .run(home(), "intake.Publish", move |act| {
            Box::pin(async move {
                let events = about.map(|(entity, filling)| {
                    let body = Noted {
                        note_id: entity.id.to_string(),
                        filling: vec![0; filling],
                    };
                    act.publish("note.written", entity, &body)
                });
                Ok(events)
            })
        })
        .await
        .unwrap();
    eventually("the others are published", async || {
        (unpublished(&bench).await == 2).then_some(())
    })
    .await;
    assert_eq!(ids(&mut bench).await, [written[0], written[1], written[3]]);
    bench.allow_leftovers();
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_act_of_more_events_than_a_batch_holds_is_published_in_order() {
    let mut bench = Bench::start(service()).await;
    let written = publish(bench.desk(), entity(), 1_234, 0).await;
    bench.settled().await;
    assert_eq!(ids(&mut bench).await, written);
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_republished_while_its_row_is_crossed_off_goes_out_too() {
    let mut bench = Bench::start(service()).await;
    let both = publish(bench.desk(), entity(), 2, 0).await;
    bench.settled().await;
    bench.nats().lose_everything();
    // As after a bus that took the first event of the act, and not the second.
    sqlx::query(
        "INSERT INTO unpublished SELECT district_code, min(position), ARRAY[$1] FROM outbox GROUP BY 1",
    )
    .bind(both[1])
    .execute(bench.pool())
    .await
    .unwrap();
    let mut tx = bench.desk().database().begin(home()).await.unwrap();
    sqlx::query("SELECT FROM unpublished FOR UPDATE")
        .execute(tx.conn())
        .await
        .unwrap();
    bench.nats().start_again().await;
    eventually("the relay waits for the row", async || {
        let waiting: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM pg_stat_activity
             WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%DELETE FROM unpublished%'",
        )
        .fetch_one(bench.pool())
        .await
        .unwrap();
        (waiting == 1).then_some(())
    })
    .await;
    let since = instant("2026-03-01T00:00:00+08:00");
    assert_eq!(journal::republish(tx.conn(), home(), since).await.unwrap(), 1);
    tx.commit().await.unwrap();
    bench.settled().await;
    assert_eq!(ids(&mut bench).await, [both[1], both[0]]);
    bench.finish().await;
}
