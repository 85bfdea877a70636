use time::macros::datetime;

use super::*;
use crate::audit::KeyPem;

const AT: OffsetDateTime = datetime!(2026-03-03 01:12:00.000001 UTC);

fn home() -> DistrictCode {
    "220502".parse().unwrap()
}

fn place(number: u64) -> Place<'static> {
    Place {
        service: "intake",
        district: home(),
        number,
    }
}

fn keys() -> (Signer, PublicKeys) {
    let pem = KeyPem::generate();
    (
        Signer::from_pem(&pem.private).unwrap(),
        PublicKeys::from_pem(&pem.public).unwrap(),
    )
}

fn head(seq: i64) -> Head {
    Head {
        seq,
        hash: sha256(&seq.to_be_bytes()),
    }
}

fn signed(signer: &Signer, previous: Option<&Checkpoint>, seq: i64) -> Checkpoint {
    Checkpoint::sign(signer, "intake", home(), previous, head(seq), AT)
}

#[test]
fn a_checkpoint_is_read_as_it_was_signed() {
    let (signer, keys) = keys();
    let first = signed(&signer, None, 3);
    assert_eq!(
        Checkpoint::open(&first.to_text(), &keys, place(1)).unwrap(),
        first
    );
    let second = signed(&signer, Some(&first), 5);
    assert_eq!(
        Checkpoint::open(&second.to_text(), &keys, place(2)).unwrap(),
        second
    );
    assert!(first.follows(None) && second.follows(Some(&first)));
}

#[test]
fn the_signed_bytes_do_not_change() {
    let checkpoint = Checkpoint {
        version: VERSION,
        number: 2,
        service: "intake".to_owned(),
        district: "220502".to_owned(),
        seq: 5,
        link: [1; 32],
        occurred_at: AT,
        previous: [2; 32],
        key_id: "0123456789abcdef".to_owned(),
        signature: [0; 64],
    };
    assert_eq!(
        hex::encode(checkpoint.hash()),
        "7f8514812fc7987236618db22db9b5415ec443d0cf6cc005b18cb6389a7498fd"
    );
}

#[test]
fn a_change_of_any_field_breaks_the_signature() {
    let (signer, keys) = keys();
    let first = signed(&signer, None, 3);
    let text = String::from_utf8(signed(&signer, Some(&first), 5).to_text()).unwrap();
    let forgeries = [
        ("\"number\": 2", "\"number\": 3"),
        ("\"intake\"", "\"archive\""),
        ("\"220502\"", "\"220503\""),
        ("\"seq\": 5", "\"seq\": 6"),
        ("\"link\": \"", "\"link\": \"0000"),
        ("01:12:00", "01:13:00"),
        ("\"previous\": \"", "\"previous\": \"0000"),
    ];
    for (from, to) in forgeries {
        assert!(text.contains(from), "{from}");
        let longer = text.replacen(from, to, 1);
        // The hashes are to keep their length.
        let changed = if to.ends_with("0000") {
            let cut = longer.find(to).unwrap() + to.len();
            format!("{}{}", &longer[..cut], &longer[cut + 4..])
        } else {
            longer
        };
        let refused = Checkpoint::open(changed.as_bytes(), &keys, place(2)).unwrap_err();
        assert_eq!(
            refused,
            CheckpointError::Signature(signer.key_id().to_owned()),
            "{to}"
        );
    }
}

#[test]
fn a_checkpoint_of_another_place_is_refused_though_its_signature_is_good() {
    let (signer, keys) = keys();
    let text = signed(&signer, None, 3).to_text();
    let elsewhere = [
        Place {
            service: "archive",
            ..place(1)
        },
        Place {
            district: "220503".parse().unwrap(),
            ..place(1)
        },
        place(2),
    ];
    for place in elsewhere {
        let refused = Checkpoint::open(&text, &keys, place).unwrap_err();
        let made_for = "checkpoint 1 of intake in 220502".to_owned();
        assert_eq!(refused, CheckpointError::Place(made_for));
    }
}

#[test]
fn an_unknown_key_is_named_and_another_form_is_refused() {
    let (signer, known) = keys();
    let (stranger, _) = keys();
    let text = signed(&stranger, None, 3).to_text();
    let refused = Checkpoint::open(&text, &known, place(1)).unwrap_err();
    assert_eq!(refused, CheckpointError::UnknownKey(stranger.key_id().to_owned()));
    let good = String::from_utf8(signed(&signer, None, 3).to_text()).unwrap();
    let later = good.replace("\"version\": 1", "\"version\": 2");
    let more = good.replace("\"version\": 1", "\"more\": 1, \"version\": 1");
    for text in [later.as_str(), &more, "", "{}", &good[..good.len() / 2]] {
        let refused = Checkpoint::open(text.as_bytes(), &known, place(1)).unwrap_err();
        assert_eq!(refused, CheckpointError::Form, "{text}");
    }
}

#[test]
fn what_does_not_come_next_does_not_follow() {
    let (signer, _) = keys();
    let first = signed(&signer, None, 3);
    let other_first = signed(&signer, None, 2);
    let second = signed(&signer, Some(&first), 5);
    assert!(!second.follows(None), "the first is missing");
    assert!(!second.follows(Some(&other_first)), "the first was exchanged");
    assert!(
        !signed(&signer, Some(&second), 6).follows(Some(&first)),
        "the second is missing"
    );
    assert!(
        !signed(&signer, Some(&first), 3).follows(Some(&first)),
        "no row was added"
    );
}
