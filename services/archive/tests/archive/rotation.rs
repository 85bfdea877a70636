//! Sealed columns come under new keys, all of them, and what is not sealed is known by name.

use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn every_column_of_bytes_is_sealed_anew_or_excused() {
    let bench = World::start().await.bench;
    // Bodies of events, the links of the chain, documents: fixed by hashes that stand elsewhere.
    // A term without personal data, events as they came, and marks, whose key never changes.
    let excused = [
        "audit.canonical",
        "concern.person_marks",
        "document.content",
        "dossier.k15",
        "dossier_event.body",
        "inbox.body",
        "outbox.body",
    ];
    let found = bench.bytes_not_sealed_anew().await;
    assert_eq!(found, excused.map(str::to_owned).into());
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_column_of_text_is_on_the_list_of_what_stands_in_clear() {
    let bench = World::start().await.bench;
    let found = bench.text_not_listed(include_str!("clear.txt")).await;
    assert_eq!(found, [].into());
    bench.finish().await;
}
