//! Who waits for his number only keeps nobody else waiting.

use std::time::Duration;

use xinqiao_chassis::testing::{Bench, eventually};

use crate::people::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_gives_its_place_back_while_it_waits_for_its_commit() {
    let bench = Bench::of(xinqiao_intake::service())
        .set("XINQIAO_CALLS_MAX", "1")
        .start()
        .await;
    let case = registered(&bench, a_visit()).await;
    // Whoever holds the counter holds up every commit of the district.
    let mut holding = bench.pool().begin().await.unwrap();
    sqlx::query("SELECT last FROM number_counter FOR UPDATE")
        .fetch_all(&mut *holding)
        .await
        .unwrap();
    let mut counter = registration(&bench, &clerk());
    let waiting = tokio::spawn(async move { counter.register_visit(a_visit()).await });
    eventually("the commit waits for the counter", async || {
        let waits: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
        )
        .fetch_one(bench.pool())
        .await
        .unwrap();
        (waits > 0).then_some(())
    })
    .await;
    let served = tokio::time::timeout(Duration::from_secs(10), seen(&bench, &case.case_id)).await;
    assert!(served.is_ok(), "the one place is kept by who only waits");
    assert!(!waiting.is_finished());
    holding.rollback().await.unwrap();
    waiting.await.unwrap().unwrap();
    bench.finish().await;
}
