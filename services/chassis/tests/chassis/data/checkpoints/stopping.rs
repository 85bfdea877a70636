//! What a service leaves when it stops is signed, and what waits too long is said.

use super::tampering::rewrite_after;
use super::*;

/// A service that signs by itself, at the pace of the settings, and its first row.
async fn signing(folder: &TempDir) -> Bench {
    let key = KeyPem::generate();
    let file = folder.path().join("key.pem");
    std::fs::write(&file, &key.private).unwrap();
    let bench = believing(folder, &[key])
        .set("XINQIAO_AUDIT_KEY_FILE", file.display().to_string())
        .start()
        .await;
    write(bench.desk(), random::new_id(), "a").await.unwrap();
    eventually("the first rows are signed", async || {
        let verified = verify(bench.desk(), home()).await.unwrap();
        (verified.signed() == 2).then_some(())
    })
    .await;
    bench
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_rewritten_to_its_head_after_a_clean_stop_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let mut bench = signing(&folder).await;
    let now = bench.desk().clock().now();
    for text in ["b", "c"] {
        write(bench.desk(), random::new_id(), text).await.unwrap();
    }
    bench.restart().await;
    let verified = verify(bench.desk(), home()).await.unwrap();
    assert_eq!((verified.rows, verified.signed(), verified.unsigned()), (6, 6, 0));
    rewrite_after(&bench, 2, now).await;
    let found = verify(bench.desk(), home()).await.unwrap_err();
    assert!(
        matches!(
            found,
            ChainFault::Rewritten {
                from: 3,
                seq: 6,
                number: 2
            }
        ),
        "{found}"
    );
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_wait_for_their_checkpoint_are_counted_from_the_first_of_them() {
    let watched = Watched::with_three_checkpoints().await;
    assert_eq!(verify(watched.desk(), home()).await.unwrap().unsigned_since, None);
    let first = watched.desk().clock().now();
    watched.write("waits").await;
    watched.bench.pass(time::Duration::minutes(3));
    watched.write("waits too").await;
    let verified = verify(watched.desk(), home()).await.unwrap();
    assert_eq!((verified.unsigned(), verified.unsigned_since), (4, Some(first)));
    // At once, whatever the pace.
    let patient = Pace {
        rows: 1000,
        time: Duration::from_hours(1),
    };
    let sealer = watched.sealer(0, patient);
    assert_eq!(sealer.sign(watched.desk(), home()).await.unwrap(), 10);
    let verified = verify(watched.desk(), home()).await.unwrap();
    assert_eq!((verified.unsigned(), verified.unsigned_since), (0, None));
    watched.bench.finish().await;
}
