//! Sealed columns come under new keys, all of them, and what is not sealed is known by name.

use xinqiao_chassis::testing::Bench;

#[tokio::test(flavor = "multi_thread")]
async fn every_column_of_bytes_is_sealed_anew_or_excused() {
    let bench = Bench::start(xinqiao_supervision::service()).await;
    // Bodies of events, the links of the chain, documents: fixed by hashes that stand elsewhere.
    // Marks, whose key never changes.
    let excused = [
        "audit.canonical",
        "concern.person_marks",
        "document.content",
        "inbox.body",
        "outbox.body",
    ];
    let found = bench.bytes_not_sealed_anew().await;
    assert_eq!(found, excused.map(str::to_owned).into());
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_column_of_text_is_on_the_list_of_what_stands_in_clear() {
    let bench = Bench::start(xinqiao_supervision::service()).await;
    let found = bench.text_not_listed(include_str!("clear.txt")).await;
    assert_eq!(found, [].into());
    bench.finish().await;
}
