//! Proof that who exchanges a code is who asked for it (RFC 7636, S256 only).

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};

/// The one method.
pub(super) const METHOD: &str = "S256";

/// True for what can be a SHA-256 digest in base64url.
pub(super) fn is_challenge(text: &str) -> bool {
    BASE64_URL_SAFE_NO_PAD
        .decode(text)
        .is_ok_and(|digest| digest.len() == 32)
}

/// True when the verifier is one that could not be guessed, and the challenge was made from it.
pub(super) fn proves(verifier: &str, challenge: &str) -> bool {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let made = BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
    (43..=128).contains(&verifier.len())
        && verifier.bytes().all(unreserved)
        && verify_slices_are_equal(made.as_bytes(), challenge.as_bytes()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7636, appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn the_example_of_the_standard_holds() {
        assert!(is_challenge(CHALLENGE) && proves(VERIFIER, CHALLENGE));
    }

    #[test]
    fn another_verifier_or_one_too_short_proves_nothing() {
        assert!(!proves(&VERIFIER.replace('d', "e"), CHALLENGE));
        let short = "guessable";
        let made = BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, short.as_bytes()));
        assert!(is_challenge(&made) && !proves(short, &made));
    }

    #[test]
    fn what_is_no_digest_is_no_challenge() {
        for text in ["", "AAAA", &CHALLENGE[1..], &CHALLENGE.replace('-', "+")] {
            assert!(!is_challenge(text), "{text}");
        }
    }
}
