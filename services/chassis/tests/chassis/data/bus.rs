//! The settings of the stream are checked at every connect.

use std::time::Duration;

use async_nats::jetstream;
use async_nats::jetstream::stream::{Config, DiscardPolicy};
use xinqiao_chassis::bus::stream_name;
use xinqiao_chassis::testing::{Bench, eventually};

use super::*;

async fn jetstream_of(bench: &mut Bench) -> jetstream::Context {
    jetstream::new(async_nats::connect(bench.nats().url()).await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_published_to_a_stream_that_would_drop_events_until_it_is_put_right() {
    let mut bench = Bench::start(service()).await;
    let jetstream = jetstream_of(&mut bench).await;
    let right: Config = jetstream
        .get_stream(stream_name("intake"))
        .await
        .unwrap()
        .cached_info()
        .config
        .clone();
    jetstream
        .update_stream(&Config {
            discard: DiscardPolicy::Old,
            ..right.clone()
        })
        .await
        .unwrap();
    bench.nats().stop();
    bench.nats().start_again().await;
    publish(bench.desk(), entity(), 3, 0).await;
    // The relay is woken and polls, and still holds everything back.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(unpublished(&bench).await, 3);
    let jetstream = jetstream_of(&mut bench).await;
    jetstream.update_stream(&right).await.unwrap();
    eventually("the relay goes on", async || {
        (unpublished(&bench).await == 0).then_some(())
    })
    .await;
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn acts_succeed_while_the_bus_is_away_and_all_is_published_when_it_is_back() {
    let mut bench = Bench::start(service()).await;
    bench.nats().stop();
    for _ in 0..10 {
        write(bench.desk(), random::new_id(), "a").await.unwrap();
    }
    assert_eq!(unpublished(&bench).await, 20);
    bench.nats().start_again().await;
    bench.settled().await;
    bench.finish().await;
}
