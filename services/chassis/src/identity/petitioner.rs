//! Tokens for petitioners without an account: ten minutes, one case.
//!
//! Intake gives one to whoever shows the query code of a case; every service takes it. It is no JWT, so that nothing
//! of the provider's can be taken for one or the other way round: a prefix, 30 bytes (district, case, end) and their
//! HMAC-SHA-256 under a key of the district for this purpose alone, base64url. The key ring that every service has
//! verifies it.

use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use uuid::Uuid;
use xinqiao_kernel::DistrictCode;

use super::{Caller, Role, verifier::Denial};
use crate::seal::KeyRing;

/// How long one is good for.
pub const LIFE: Duration = Duration::from_mins(10);
/// How one begins.
const PREFIX: &str = "xqp1.";
/// Purpose of its key.
const PURPOSE: &str = "petitioner-token";
const DISTRICT: usize = 6;
const CASE: usize = 16;
const END: usize = 8;
const MAC: usize = 32;

/// A token for one case, from `now` on, in seconds of machine time since the epoch.
pub(crate) fn issue(keys: &KeyRing, district: DistrictCode, case_id: Uuid, now: u64) -> String {
    let mut bytes = Vec::with_capacity(DISTRICT + CASE + END + MAC);
    bytes.extend_from_slice(district.as_str().as_bytes());
    bytes.extend_from_slice(case_id.as_bytes());
    bytes.extend_from_slice(&(now + LIFE.as_secs()).to_be_bytes());
    let mac = keys.keyed_hash(district, PURPOSE, &bytes);
    bytes.extend_from_slice(&mac);
    format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
}

/// The body of a petitioner's token; none when it is another kind of token.
pub(super) fn body(token: &str) -> Option<&str> {
    token.strip_prefix(PREFIX)
}

/// The petitioner whom a token proves.
pub(super) fn verify(keys: &KeyRing, body: &str, now: u64) -> Result<Caller, Denial> {
    let form = || Denial::Form("not a petitioner's token");
    let bytes = URL_SAFE_NO_PAD.decode(body).map_err(|_| form())?;
    let (said, mac) = bytes.split_at_checked(DISTRICT + CASE + END).ok_or_else(form)?;
    let (district, rest) = said.split_at(DISTRICT);
    let (case_id, end) = rest.split_at(CASE);
    let district = std::str::from_utf8(district)
        .ok()
        .and_then(|code| code.parse().ok());
    let district: DistrictCode = district.ok_or_else(form)?;
    if !keys.covers(district) {
        return Err(Denial::UnknownDistrict);
    }
    let expected = keys.keyed_hash(district, PURPOSE, said);
    verify_slices_are_equal(mac, &expected).map_err(|_| Denial::Invalid("signature"))?;
    if u64::from_be_bytes(end.try_into().map_err(|_| form())?) <= now {
        return Err(Denial::Expired);
    }
    let case_id = Uuid::from_slice(case_id).map_err(|_| form())?;
    Ok(Caller {
        person_id: format!("petitioner-{case_id}"),
        roles: vec![Role::Pet],
        district,
        unit_id: None,
        leader_id: None,
        case_id: Some(case_id),
        name: String::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000;

    fn district(code: &str) -> DistrictCode {
        code.parse().unwrap()
    }

    fn ring() -> KeyRing {
        KeyRing::throwaway(&[district("220502"), district("220503")])
    }

    fn token(keys: &KeyRing) -> String {
        issue(keys, district("220502"), Uuid::from_u128(7), NOW)
    }

    fn read(keys: &KeyRing, token: &str, now: u64) -> Result<Caller, Denial> {
        verify(keys, body(token).unwrap(), now)
    }

    #[test]
    fn a_token_is_for_one_case_and_nothing_but_a_petitioner() {
        let keys = ring();
        let caller = read(&keys, &token(&keys), NOW).unwrap();
        assert_eq!(
            (caller.case_id, caller.roles),
            (Some(Uuid::from_u128(7)), vec![Role::Pet])
        );
        assert_eq!(caller.district, district("220502"));
    }

    #[test]
    fn it_ends_after_ten_minutes() {
        let keys = ring();
        assert!(read(&keys, &token(&keys), NOW + 599).is_ok());
        assert_eq!(read(&keys, &token(&keys), NOW + 600), Err(Denial::Expired));
    }

    #[test]
    fn no_byte_of_it_can_be_changed() {
        let keys = ring();
        let good = URL_SAFE_NO_PAD.decode(body(&token(&keys)).unwrap()).unwrap();
        for place in 0..good.len() {
            let mut bad = good.clone();
            bad[place] ^= 1;
            let bad = URL_SAFE_NO_PAD.encode(bad);
            assert!(verify(&keys, &bad, NOW).is_err(), "byte {place}");
        }
        for length in 0..good.len() {
            let short = URL_SAFE_NO_PAD.encode(&good[..length]);
            assert!(verify(&keys, &short, NOW).is_err(), "{length} bytes");
        }
    }

    #[test]
    fn a_token_of_other_keys_is_nothing() {
        assert_eq!(
            read(&ring(), &token(&ring()), NOW),
            Err(Denial::Invalid("signature"))
        );
    }
}
