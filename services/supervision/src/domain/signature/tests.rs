use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use rcgen::{
    CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ED25519, SignatureAlgorithm, date_time_ymd,
};
use time::macros::datetime;

use super::*;

const NOW: OffsetDateTime = datetime!(2026-04-28 15:00 +8);

struct Signer {
    pem: String,
    key: Ed25519KeyPair,
}

fn certificate(algorithm: &'static SignatureAlgorithm, until: i32) -> (String, KeyPair) {
    let key = KeyPair::generate_for(algorithm).unwrap();
    let mut params = CertificateParams::new(vec!["leader.example".to_owned()]).unwrap();
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(until, 1, 1);
    (params.self_signed(&key).unwrap().pem(), key)
}

fn signer(until: i32) -> Signer {
    let (pem, key) = certificate(&PKCS_ED25519, until);
    let key = Ed25519KeyPair::from_pkcs8(&key.serialize_der()).unwrap();
    assert_eq!(key.public_key().as_ref().len(), KEY_BYTES);
    Signer { pem, key }
}

#[test]
fn the_right_key_over_the_right_sheet_counts() {
    let leader = signer(2030);
    let hash = sheet_hash(b"sheet");
    assert_eq!(
        verify(&leader.pem, NOW, &hash, leader.key.sign(&hash).as_ref()),
        Ok(())
    );
}

#[test]
fn another_key_another_sheet_and_a_changed_bit_are_refused() {
    let (leader, other) = (signer(2030), signer(2030));
    let hash = sheet_hash(b"sheet");
    let foreign = other.key.sign(&hash);
    assert_eq!(
        verify(&leader.pem, NOW, &hash, foreign.as_ref()),
        Err(SignatureFault::SignatureInvalid)
    );
    let elsewhere = leader.key.sign(&sheet_hash(b"another sheet"));
    assert_eq!(
        verify(&leader.pem, NOW, &hash, elsewhere.as_ref()),
        Err(SignatureFault::SignatureInvalid)
    );
    let mut changed = leader.key.sign(&hash).as_ref().to_vec();
    changed[7] ^= 1;
    assert_eq!(
        verify(&leader.pem, NOW, &hash, &changed),
        Err(SignatureFault::SignatureInvalid)
    );
    assert_eq!(
        verify(&leader.pem, NOW, &hash, &[]),
        Err(SignatureFault::SignatureInvalid)
    );
}

#[test]
fn validity_is_looked_up_at_legal_time() {
    let leader = signer(2027);
    let hash = sheet_hash(b"sheet");
    let signature = leader.key.sign(&hash);
    for outside in [datetime!(2025-12-31 23:00 UTC), datetime!(2027-01-02 00:00 UTC)] {
        let answer = verify(&leader.pem, outside, &hash, signature.as_ref());
        assert_eq!(answer, Err(SignatureFault::CertificateNotValidNow));
    }
}

#[test]
fn a_certificate_of_another_kind_or_none_at_all_is_named() {
    let (pem, _) = certificate(&PKCS_ECDSA_P256_SHA256, 2030);
    let hash = sheet_hash(b"sheet");
    assert_eq!(
        verify(&pem, NOW, &hash, &[0; 64]),
        Err(SignatureFault::CertificateKeyUnsupported)
    );
    assert_eq!(
        verify("no certificate", NOW, &hash, &[0; 64]),
        Err(SignatureFault::CertificateInvalid)
    );
}
