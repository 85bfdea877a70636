//! Tokens for one case: for petitioners without an account, and for city support that was let in.
//!
//! Intake gives one to whoever shows the query code of a case, and to the city operator whom the head of the office lets
//! into it (break-glass 应急访问); every service takes it. It is no JWT, so that nothing of the provider's can be taken
//! for one or the other way round: a prefix for the kind, the district, the case, the end, whose it is, and their
//! HMAC-SHA-256 under a key of the district for this kind alone, base64url. The key ring that every service has
//! verifies it.

use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use uuid::Uuid;
use xinqiao_kernel::DistrictCode;

use super::{Caller, Role, verifier::Denial};
use crate::seal::KeyRing;

/// The longest that one is good for.
pub const LIFE: Duration = Duration::from_mins(10);
const DISTRICT: usize = 6;
const CASE: usize = 16;
const END: usize = 8;
const MAC: usize = 32;

/// What a token lets its holder do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A petitioner's own case.
    Petitioner,
    /// Reading one case, for city support.
    Support,
}

impl Kind {
    const ALL: [Self; 2] = [Self::Petitioner, Self::Support];

    /// How one begins.
    const fn prefix(self) -> &'static str {
        match self {
            Self::Petitioner => "xqp1.",
            Self::Support => "xqb1.",
        }
    }

    /// Purpose of its key.
    const fn purpose(self) -> &'static str {
        match self {
            Self::Petitioner => "petitioner-token",
            Self::Support => "support-token",
        }
    }
}

/// A token for the petitioner of a case, good until `end` in seconds of machine time since the epoch.
pub(crate) fn for_petitioner(keys: &KeyRing, district: DistrictCode, case_id: Uuid, end: u64) -> String {
    issue(keys, Kind::Petitioner, (district, case_id), end, "")
}

/// Who the petitioner of a case is in journal and audit, whatever he has shown: it names nobody.
pub(crate) fn petitioner_id(case_id: Uuid) -> String {
    format!("petitioner-{case_id}")
}

/// A token for the city operator who was let into a case, good until `end`.
pub(crate) fn for_support(
    keys: &KeyRing,
    district: DistrictCode,
    case_id: Uuid,
    end: u64,
    person_id: &str,
) -> String {
    issue(keys, Kind::Support, (district, case_id), end, person_id)
}

fn issue(
    keys: &KeyRing,
    kind: Kind,
    (district, case_id): (DistrictCode, Uuid),
    end: u64,
    person_id: &str,
) -> String {
    let mut bytes = Vec::with_capacity(DISTRICT + CASE + END + person_id.len() + MAC);
    bytes.extend_from_slice(district.as_str().as_bytes());
    bytes.extend_from_slice(case_id.as_bytes());
    bytes.extend_from_slice(&end.to_be_bytes());
    bytes.extend_from_slice(person_id.as_bytes());
    let mac = keys.keyed_hash(district, kind.purpose(), &bytes);
    bytes.extend_from_slice(&mac);
    format!("{}{}", kind.prefix(), URL_SAFE_NO_PAD.encode(bytes))
}

/// Kind and body of a token for a case; none when it is another kind of token.
pub(super) fn body(token: &str) -> Option<(Kind, &str)> {
    Kind::ALL
        .into_iter()
        .find_map(|kind| Some((kind, token.strip_prefix(kind.prefix())?)))
}

/// The caller whom a token proves.
pub(super) fn verify(keys: &KeyRing, (kind, body): (Kind, &str), now: u64) -> Result<Caller, Denial> {
    let form = || Denial::Form("not a token for a case");
    let bytes = URL_SAFE_NO_PAD.decode(body).map_err(|_| form())?;
    let (said, mac) = bytes
        .len()
        .checked_sub(MAC)
        .map(|length| bytes.split_at(length))
        .ok_or_else(form)?;
    let (district, rest) = said.split_at_checked(DISTRICT).ok_or_else(form)?;
    let (case_id, rest) = rest.split_at_checked(CASE).ok_or_else(form)?;
    let (end, person_id) = rest.split_at_checked(END).ok_or_else(form)?;
    let district = std::str::from_utf8(district)
        .ok()
        .and_then(|code| code.parse().ok());
    let district: DistrictCode = district.ok_or_else(form)?;
    if !keys.covers(district) {
        // Nothing is signed yet: whoever made this up is told no more than that it is not valid.
        return Err(Denial::Invalid("no key of this district"));
    }
    let expected = keys.keyed_hash(district, kind.purpose(), said);
    verify_slices_are_equal(mac, &expected).map_err(|_| Denial::Invalid("signature"))?;
    if u64::from_be_bytes(end.try_into().map_err(|_| form())?) <= now {
        return Err(Denial::Expired);
    }
    let case_id = Uuid::from_slice(case_id).map_err(|_| form())?;
    let (person_id, role) = match kind {
        Kind::Petitioner => (petitioner_id(case_id), Role::Pet),
        Kind::Support => {
            let person_id = std::str::from_utf8(person_id).map_err(|_| form())?;
            (person_id.to_owned(), Role::CityOp)
        }
    };
    Ok(Caller {
        person_id,
        roles: vec![role],
        district,
        unit_id: None,
        leader_id: None,
        portfolio: Vec::new(),
        towns: Vec::new(),
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
        for_petitioner(keys, district("220502"), Uuid::from_u128(7), NOW + LIFE.as_secs())
    }

    fn support(keys: &KeyRing) -> String {
        for_support(keys, district("220502"), Uuid::from_u128(7), NOW + 60, "operator")
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
        for token in [token(&keys), support(&keys)] {
            let (kind, body) = body(&token).unwrap();
            let good = URL_SAFE_NO_PAD.decode(body).unwrap();
            for place in 0..good.len() {
                let mut bad = good.clone();
                bad[place] ^= 1;
                let bad = URL_SAFE_NO_PAD.encode(bad);
                assert!(verify(&keys, (kind, &bad), NOW).is_err(), "byte {place}");
            }
            for length in 0..good.len() {
                let short = URL_SAFE_NO_PAD.encode(&good[..length]);
                assert!(verify(&keys, (kind, &short), NOW).is_err(), "{length} bytes");
            }
        }
    }

    #[test]
    fn city_support_is_who_was_let_in_and_no_petitioner() {
        let keys = ring();
        let caller = read(&keys, &support(&keys), NOW).unwrap();
        assert_eq!(
            (caller.person_id.as_str(), caller.breaks_glass()),
            ("operator", true)
        );
        assert_eq!(caller.roles, [Role::CityOp]);
        let renamed = support(&keys).replacen("xqb1.", "xqp1.", 1);
        assert_eq!(read(&keys, &renamed, NOW), Err(Denial::Invalid("signature")));
    }

    #[test]
    fn a_district_without_keys_is_told_apart_by_the_log_alone() {
        let elsewhere = KeyRing::throwaway(&[district("220581")]);
        let token = for_petitioner(&elsewhere, district("220581"), Uuid::from_u128(7), NOW + 60);
        assert!(matches!(read(&ring(), &token, NOW), Err(Denial::Invalid(_))));
    }

    #[test]
    fn a_token_of_other_keys_is_nothing() {
        assert_eq!(
            read(&ring(), &token(&ring()), NOW),
            Err(Denial::Invalid("signature"))
        );
    }
}
