//! Sealed columns come under new keys, all of them.

use xinqiao_chassis::testing::Bench;

#[tokio::test(flavor = "multi_thread")]
async fn every_column_of_bytes_is_sealed_anew_or_excused() {
    let bench = Bench::start(xinqiao_scheduling::service()).await;
    // Bodies of events, the links of the chain, documents: fixed by hashes that stand elsewhere.
    let excused = ["audit.canonical", "document.content", "inbox.body", "outbox.body"];
    let found = bench.bytes_not_sealed_anew().await;
    assert_eq!(found, excused.map(str::to_owned).into());
    bench.finish().await;
}
