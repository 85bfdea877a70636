//! Checkpoints outside the database: when they are written, that nobody forks them, what they find.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use object_store::ObjectStoreExt as _;
use tempfile::TempDir;
use xinqiao_chassis::audit::{
    AuditRow, ChainFault, Checkpoint, Entry, GENESIS, Head, KeyPem, Pace, SealChain, Signer, Trail, verify,
};
use xinqiao_chassis::testing::{Bench, Setup, eventually};

use super::*;

mod at_random;
mod forgery;
mod growth;
mod measured;
mod stopping;
mod tampering;

/// Every row is worth a checkpoint.
const AT_ONCE: Pace = Pace {
    rows: 1,
    time: Duration::from_hours(1),
};

/// A service that believes these keys and signs nothing by itself.
struct Watched {
    bench: Bench,
    keys: Vec<KeyPem>,
    _folder: TempDir,
}

impl Watched {
    async fn start() -> Self {
        let keys = vec![KeyPem::generate(), KeyPem::generate()];
        let folder = tempfile::tempdir().unwrap();
        let bench = believing(&folder, &keys).start().await;
        Self {
            bench,
            keys,
            _folder: folder,
        }
    }

    /// Six rows, with checkpoints at the second, the fourth and the sixth.
    async fn with_three_checkpoints() -> Self {
        let watched = Self::start().await;
        let sealer = watched.sealer(0, AT_ONCE);
        for text in ["a", "b", "c"] {
            watched.write(text).await;
            watched.look(&sealer).await;
        }
        assert_eq!(watched.checkpoints().await, [2, 4, 6]);
        watched
    }

    fn desk(&self) -> &Desk {
        self.bench.desk()
    }

    fn trail(&self) -> &Trail {
        self.desk().trail().unwrap()
    }

    fn signer(&self, key: usize) -> Signer {
        Signer::from_pem(&self.keys[key].private).unwrap()
    }

    fn sealer(&self, key: usize, pace: Pace) -> SealChain {
        SealChain::new(self.trail().clone(), self.signer(key), pace).unwrap()
    }

    async fn write(&self, text: &str) {
        write(self.desk(), random::new_id(), text).await.unwrap();
    }

    async fn look(&self, sealer: &SealChain) {
        sealer.look(self.desk(), home()).await.unwrap();
    }

    /// The rows that the checkpoints signed, in their order.
    async fn checkpoints(&self) -> Vec<i64> {
        let mut rows = Vec::new();
        for number in 1..=self.trail().last_number(home()).await.unwrap() {
            let checkpoint = self.trail().read(home(), number).await.unwrap();
            rows.push(checkpoint.unwrap().seq());
        }
        rows
    }

    async fn fault(&self) -> String {
        verify(self.desk(), home()).await.unwrap_err().to_string()
    }

    async fn holds(&self) -> (i64, i64) {
        let verified = verify(self.desk(), home()).await.unwrap();
        (verified.rows, verified.signed())
    }
}

/// A bench whose service verifies with these keys.
fn believing(folder: &TempDir, keys: &[KeyPem]) -> Setup<()> {
    let file = folder.path().join("public-keys.pem");
    let text: String = keys.iter().map(|key| key.public.as_str()).collect();
    std::fs::write(&file, text).unwrap();
    Bench::of(service()).set("XINQIAO_AUDIT_PUBLIC_KEYS_FILE", file.display().to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_is_written_at_first_after_enough_rows_and_after_enough_time_but_only_when_the_chain_grew()
 {
    let watched = Watched::start().await;
    let pace = Pace {
        rows: 4,
        time: Duration::from_mins(5),
    };
    let sealer = watched.sealer(0, pace);
    watched.look(&sealer).await;
    assert_eq!(watched.checkpoints().await, [0; 0], "nothing to sign");
    watched.write("the first row waits for nobody").await;
    watched.look(&sealer).await;
    assert_eq!(watched.checkpoints().await, [2]);
    watched.write("not enough").await;
    watched.look(&sealer).await;
    assert_eq!(watched.checkpoints().await, [2]);
    watched.write("enough").await;
    watched.look(&sealer).await;
    assert_eq!(watched.checkpoints().await, [2, 6]);
    watched.bench.pass(time::Duration::minutes(6));
    watched.look(&sealer).await;
    assert_eq!(watched.checkpoints().await, [2, 6], "it did not grow");
    watched.write("old enough").await;
    // Another process, which knows nothing yet, goes on where the store says.
    watched.look(&watched.sealer(1, pace)).await;
    assert_eq!(watched.checkpoints().await, [2, 6, 8]);
    watched.look(&sealer).await;
    assert_eq!(watched.checkpoints().await, [2, 6, 8]);
    assert_eq!(watched.holds().await, (8, 8));
    watched.bench.finish().await;
}

/// Two processes with keys of their own, so that no two checkpoints are the same by chance.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_processes_at_once_write_one_row_of_checkpoints() {
    const ROUNDS: usize = 20;
    let watched = Watched::start().await;
    let sealers = [0, 1].map(|key| Arc::new(watched.sealer(key, AT_ONCE)));
    for round in 1..=ROUNDS {
        watched.write("one more").await;
        let looks = sealers.clone().map(|sealer| {
            let desk = watched.desk().clone();
            tokio::spawn(async move { sealer.look(&desk, home()).await })
        });
        for look in looks {
            look.await.unwrap().unwrap();
        }
        let rows = i64::try_from(round).unwrap() * 2;
        assert_eq!(watched.checkpoints().await.len(), round);
        assert_eq!(watched.holds().await, (rows, rows));
    }
    watched.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_signs_by_itself_and_acts_go_on_while_the_object_store_is_away() {
    let folder = tempfile::tempdir().unwrap();
    let key = KeyPem::generate();
    let (file, objects) = (folder.path().join("key.pem"), folder.path().join("objects"));
    std::fs::write(&file, &key.private).unwrap();
    // A file where the folder of checkpoints should be.
    std::fs::create_dir(&objects).unwrap();
    std::fs::write(objects.join("audit"), "").unwrap();
    let bench = believing(&folder, &[key])
        .set("XINQIAO_AUDIT_KEY_FILE", file.display().to_string())
        .set("XINQIAO_OBJECT_STORE_DIR", objects.display().to_string())
        .start()
        .await;
    write(bench.desk(), random::new_id(), "a").await.unwrap();
    let away = verify(bench.desk(), home()).await.unwrap_err();
    assert!(matches!(away, ChainFault::Store(_)), "{away}");
    write(bench.desk(), random::new_id(), "b").await.unwrap();
    std::fs::remove_file(objects.join("audit")).unwrap();
    let verified = eventually("the chain is signed", async || {
        let verified = verify(bench.desk(), home()).await.unwrap();
        (verified.signed() > 0).then_some(verified)
    })
    .await;
    assert_eq!((verified.rows, verified.signed()), (4, 4));
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_nobody_could_verify_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key.pem");
    std::fs::write(&file, KeyPem::generate().private).unwrap();
    let refused = believing(&folder, &[KeyPem::generate()])
        .set("XINQIAO_AUDIT_KEY_FILE", file.display().to_string())
        .try_start()
        .await;
    let said = format!("{:#}", refused.unwrap_err());
    assert!(said.contains("the audit public keys lack key"), "{said}");
}
