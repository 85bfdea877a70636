//! What somebody does to the checkpoints themselves.

use super::*;

impl Watched {
    async fn text(&self, number: u64) -> Vec<u8> {
        let path = self.trail().path(home(), number);
        let object = self.desk().objects().get(&path).await.unwrap();
        object.bytes().await.unwrap().to_vec()
    }

    async fn put(&self, number: u64, text: Vec<u8>) {
        let path = self.trail().path(home(), number);
        self.desk().objects().put(&path, text.into()).await.unwrap();
    }

    /// Exchanges a checkpoint, says what the verification finds, and puts the right one back.
    async fn fault_with(&self, number: u64, text: Vec<u8>) -> String {
        let kept = self.text(number).await;
        self.put(number, text).await;
        let fault = self.fault().await;
        self.put(number, kept).await;
        assert_eq!(self.holds().await, (6, 6));
        fault
    }

    /// What checkpoint 2 says, signed by whoever has `signer`, for any service and district.
    async fn second(&self, signer: &Signer, service: &str, district: DistrictCode) -> Checkpoint {
        let first = self.trail().read(home(), 1).await.unwrap();
        let second = self.trail().read(home(), 2).await.unwrap().unwrap();
        let head = Head {
            seq: second.seq(),
            hash: *second.link(),
        };
        Checkpoint::sign(
            signer,
            service,
            district,
            first.as_ref(),
            head,
            second.occurred_at(),
        )
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_or_exchanged_checkpoint_is_refused() {
    let watched = Watched::with_three_checkpoints().await;
    let stranger = Signer::from_pem(&KeyPem::generate().private).unwrap();
    let forged = watched.second(&stranger, "intake", home()).await;
    assert_eq!(
        watched.fault_with(2, forged.to_text()).await,
        format!(
            "checkpoint 2 cannot be believed: its key {} is not among the audit public keys",
            stranger.key_id()
        )
    );
    let signer = watched.signer(0);
    let mine = String::from_utf8(watched.text(2).await).unwrap();
    let moved = mine.replace("\"seq\": 4", "\"seq\": 3");
    assert_ne!(mine, moved);
    assert_eq!(
        watched.fault_with(2, moved.into_bytes()).await,
        format!(
            "checkpoint 2 cannot be believed: its signature by key {} is wrong",
            signer.key_id()
        )
    );
    for (service, district) in [("archive", home()), ("intake", neighbour())] {
        let other = watched.second(&signer, service, district).await;
        assert_eq!(
            watched.fault_with(2, other.to_text()).await,
            format!(
                "checkpoint 2 cannot be believed: it was made for checkpoint 2 of {service} in {district}"
            )
        );
    }
    assert_eq!(
        watched.fault_with(2, watched.text(3).await).await,
        "checkpoint 2 cannot be believed: it was made for checkpoint 3 of intake in 220502"
    );
    let mut endless = watched.text(2).await;
    endless.resize(1 << 20, b' ');
    assert_eq!(
        watched.fault_with(2, endless).await,
        "checkpoint 2 cannot be believed: it is not a checkpoint of version 1"
    );
    watched.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_missing_or_exchanged_in_the_middle_is_found_by_the_next() {
    let watched = Watched::with_three_checkpoints().await;
    let objects = watched.desk().objects();
    for number in [1, 2] {
        let kept = watched.text(number).await;
        objects
            .delete(&watched.trail().path(home(), number))
            .await
            .unwrap();
        assert_eq!(
            watched.fault().await,
            format!("checkpoint {number} is missing in the object store, which has up to checkpoint 3")
        );
        watched.put(number, kept).await;
    }
    // Signed by a key that is believed, for this very row; but the third was signed after another second.
    let later = watched.desk().clock().now() + time::Duration::minutes(1);
    let first = watched.trail().read(home(), 1).await.unwrap();
    let second = watched.trail().read(home(), 2).await.unwrap().unwrap();
    let head = Head {
        seq: 4,
        hash: *second.link(),
    };
    let other = Checkpoint::sign(&watched.signer(1), "intake", home(), first.as_ref(), head, later);
    assert_eq!(
        watched.fault_with(2, other.to_text()).await,
        "checkpoint 3 does not follow from the one before it"
    );
    watched.bench.finish().await;
}
