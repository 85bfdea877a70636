//! Sealed columns come under new keys, all of them.

use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn every_column_of_bytes_is_sealed_anew_or_excused() {
    let bench = World::start().await.bench;
    // Bodies of events, the links of the chain, documents: fixed by hashes that stand elsewhere.
    // A term without personal data, and events as they came.
    let excused = [
        "audit.canonical",
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
