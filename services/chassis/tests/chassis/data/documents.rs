//! Documents: sealed in the act, copied to the object store, fetched by whoever has the reference.

use object_store::ObjectStoreExt as _;
use xinqiao_chassis::document::{self, FetchError, object_path};
use xinqiao_chassis::testing::{Bench, eventually};
use xinqiao_proto::common::DocumentRef;
use xinqiao_proto::event::DocumentCreated;

use super::*;

async fn filed(bench: &Bench) -> DocumentRef {
    write(bench.desk(), random::new_id(), SECRET).await.unwrap();
    let event: DocumentCreated = bench.event("document.created").await;
    event.document.unwrap()
}

async fn fetched(bench: &Bench, reference: &DocumentRef) -> Result<Vec<u8>, FetchError> {
    document::fetch(
        bench.desk().objects().as_ref(),
        bench.desk().keys(),
        home(),
        reference,
    )
    .await
}

async fn copied(bench: &Bench) {
    eventually("the document is copied", async || {
        (count(bench, "SELECT count(*) FROM uncopied").await == 0).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_is_fetched_by_its_reference_word_for_word() {
    let bench = Bench::start(service()).await;
    let reference = filed(&bench).await;
    copied(&bench).await;
    assert_eq!(fetched(&bench, &reference).await.unwrap(), SECRET.as_bytes());
    let mut tx = bench.desk().database().begin(home()).await.unwrap();
    let id = reference.document_id.parse().unwrap();
    let own = document::load(tx.conn(), bench.desk().keys(), home(), id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(own, SECRET.as_bytes());
    drop(tx);
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_or_exchanged_object_is_not_accepted_and_a_lost_one_is_said_to_be() {
    let bench = Bench::start(service()).await;
    let (first, second) = (filed(&bench).await, filed(&bench).await);
    copied(&bench).await;
    let store = bench.desk().objects();
    let path = object_path(home(), &first.ciphertext_sha256);
    let other = store
        .get(&object_path(home(), &second.ciphertext_sha256))
        .await
        .unwrap()
        .bytes()
        .await
        .unwrap();
    store.put(&path, other.into()).await.unwrap();
    assert!(matches!(
        fetched(&bench, &first).await.unwrap_err(),
        FetchError::Damaged(_)
    ));
    let lying = DocumentRef {
        ciphertext_sha256: second.ciphertext_sha256.clone(),
        ..first.clone()
    };
    assert!(matches!(
        fetched(&bench, &lying).await.unwrap_err(),
        FetchError::Seal(_)
    ));
    store.delete(&path).await.unwrap();
    let lost = fetched(&bench, &first).await.unwrap_err();
    assert!(
        matches!(lost, FetchError::Store(object_store::Error::NotFound { .. })),
        "{lost}"
    );
    bench.finish().await;
}

/// Puts the documents on the list of those to copy once more.
async fn list_again(bench: &Bench, references: [&DocumentRef; 2]) {
    let ids = references.map(|one| one.document_id.parse::<Uuid>().unwrap());
    sqlx::query("INSERT INTO uncopied (district_code, first_id, document_ids) VALUES ($1, $2, $3)")
        .bind(home().as_str())
        .bind(ids[0])
        .bind(ids)
        .execute(bench.pool())
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_fails_is_tried_again_and_holds_up_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::of(service())
        .set("XINQIAO_OBJECT_STORE_DIR", folder.path().display().to_string())
        .start()
        .await;
    let (blocked, free) = (filed(&bench).await, filed(&bench).await);
    copied(&bench).await;
    let file = |one: &DocumentRef| {
        folder
            .path()
            .join(object_path(home(), &one.ciphertext_sha256).as_ref())
    };
    std::fs::remove_file(file(&free)).unwrap();
    std::fs::remove_file(file(&blocked)).unwrap();
    std::fs::create_dir_all(file(&blocked).join("in the way")).unwrap();
    list_again(&bench, [&blocked, &free]).await;
    eventually("only the blocked one waits", async || {
        let waiting: Vec<Uuid> = sqlx::query_scalar("SELECT unnest(document_ids) FROM uncopied")
            .fetch_all(bench.pool())
            .await
            .unwrap();
        (waiting == [blocked.document_id.parse::<Uuid>().unwrap()]).then_some(())
    })
    .await;
    assert_eq!(fetched(&bench, &free).await.unwrap(), SECRET.as_bytes());
    std::fs::remove_dir_all(file(&blocked)).unwrap();
    copied(&bench).await;
    assert_eq!(fetched(&bench, &blocked).await.unwrap(), SECRET.as_bytes());
    bench.finish().await;
}
