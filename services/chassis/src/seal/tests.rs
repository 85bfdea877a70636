use std::collections::BTreeMap;

use super::keys::{DistrictKeys, Keys, VersionKey, now};
use super::*;
use crate::random::new_id;

mod wrapping;

const DISTRICT: &str = "220502";

fn district() -> DistrictCode {
    DISTRICT.parse().unwrap()
}

fn codes() -> [DistrictCode; 2] {
    [district(), "220503".parse().unwrap()]
}

fn ring() -> KeyRing {
    KeyRing::throwaway(&codes())
}

#[test]
fn what_is_sealed_opens_at_its_place_only() {
    let ring = ring();
    let row = new_id();
    let place = SealContext::new(district(), "petitioner", "name", row);
    let sealed = ring.seal_text(&place, "王小明");
    assert_eq!(ring.open_text(&place, &sealed).unwrap(), "王小明");
    let elsewhere = [
        SealContext::new(codes()[1], "petitioner", "name", row),
        SealContext::new(district(), "petitioners", "name", row),
        SealContext::new(district(), "petitioner", "address", row),
        SealContext::new(district(), "petitioner", "name", new_id()),
        // The same letters, cut differently.
        SealContext::new(district(), "petitionern", "ame", row),
    ];
    for place in elsewhere {
        assert_eq!(
            ring.open(&place, &sealed).unwrap_err(),
            SealError::Refused,
            "{place:?}"
        );
    }
}

#[test]
fn every_changed_bit_is_noticed() {
    let ring = ring();
    let place = SealContext::new(district(), "t", "c", new_id());
    let sealed = ring.seal(&place, b"text").into_bytes();
    for bit in 0..sealed.len() * 8 {
        let mut changed = sealed.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(
            ring.open(&place, &Sealed::from_bytes(changed)).is_err(),
            "bit {bit}"
        );
    }
    for length in 0..sealed.len() {
        assert!(
            ring.open(&place, &Sealed::from_bytes(sealed[..length].to_vec()))
                .is_err()
        );
    }
}

#[test]
fn an_accusation_has_keys_of_its_own() {
    let ring = ring();
    let place = SealContext::new(district(), "accusation", "text", new_id());
    let sealed = ring.seal_in(Compartment::Accusation, &place, b"secret");
    let opening = Opening::of_case();
    assert_eq!(
        ring.open_with(Some(&opening), &place, &sealed).unwrap(),
        b"secret"
    );
    // Whoever holds the ordinary keys only, under whatever name, cannot open it.
    let mut moved = sealed.into_bytes();
    moved[1] = 0;
    assert_eq!(
        ring.open(&place, &Sealed::from_bytes(moved)).unwrap_err(),
        SealError::Refused
    );
}

#[test]
fn an_accusation_opens_only_for_who_shows_an_opening_that_reaches_it() {
    let ring = ring();
    let (said, why) = (
        SealContext::new(district(), "document", "content", new_id()),
        SealContext::new(district(), "sealed_transfer", "reasons", new_id()),
    );
    for place in [said, why] {
        let sealed = ring.seal_in(Compartment::Accusation, &place, b"secret");
        assert_eq!(ring.open(&place, &sealed), Err(SealError::Compartment));
        assert_eq!(ring.open_text(&place, &sealed), Err(SealError::Compartment));
        assert_eq!(ring.open_with(None, &place, &sealed), Err(SealError::Compartment));
        assert!(ring.open_with(Some(&Opening::of_case()), &place, &sealed).is_ok());
        let of_procedure = ring.open_with(Some(&Opening::of_procedure()), &place, &sealed);
        assert_eq!(of_procedure.is_ok(), place.table == "sealed_transfer");
    }
    // An event carries nothing of the compartment.
    let event = new_id();
    let place = SealContext::new(district(), "event", "title", event);
    let field = SealedField {
        ciphertext: ring
            .seal_in(Compartment::Accusation, &place, b"secret")
            .into_bytes()
            .into(),
    };
    assert_eq!(
        ring.open_field(district(), event, "title", &field),
        Err(SealError::Compartment)
    );
}

#[test]
fn a_record_has_keys_of_its_own() {
    let ring = ring();
    let place = SealContext::new(district(), "document", "content", new_id());
    let sealed = ring.seal(&place, b"for good");
    assert_eq!(sealed.as_bytes()[1], Purpose::Record.byte());
    assert_eq!(ring.open(&place, &sealed).unwrap(), b"for good");
    let mut moved = sealed.into_bytes();
    moved[1] = Purpose::Column.byte();
    assert_eq!(
        ring.open(&place, &Sealed::from_bytes(moved)).unwrap_err(),
        SealError::Refused
    );
}

/// Written down by another implementation, from the format alone.
#[test]
fn what_the_first_format_sealed_opens_for_ever() {
    let key = DataKey::from_slice(&std::array::from_fn::<u8, 32, _>(|at| u8::try_from(at).unwrap())).unwrap();
    let version = |key: &DataKey| BTreeMap::from([(1, VersionKey::new(Suite::International, key, now()))]);
    let sealing = Purpose::SEALING.map(|purpose| (purpose, version(&key)));
    let keys = DistrictKeys::new(sealing.into(), &DataKey::generate(), DataKey::generate());
    let ring = KeyRing::of(Keys::new(BTreeMap::from([(district(), keys)])));
    let row = "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap();
    let place = SealContext::new(district(), "petitioner", "identity", row);
    let sealed = hex::decode(KNOWN).unwrap();
    assert_eq!(
        ring.open_text(&place, &Sealed::from_bytes(sealed)).unwrap(),
        "王小明"
    );
}

const KNOWN: &str = "010000016465666768696a6b6c6d6e6fd2bb8fb6b8a39357c516f703ed8aa72eb7e124781bf541e79e";

#[test]
fn a_field_of_an_event_is_bound_to_the_event() {
    let ring = ring();
    let event = new_id();
    let field = ring.seal_field(district(), event, "title", "噪声扰民");
    assert_eq!(
        ring.open_field(district(), event, "title", &field).unwrap(),
        "噪声扰民"
    );
    assert!(ring.open_field(district(), new_id(), "title", &field).is_err());
    assert!(ring.open_field(district(), event, "name", &field).is_err());
}

#[test]
fn nothing_sealed_shows_itself() {
    let ring = ring();
    let sealed = ring.seal_text(&SealContext::new(district(), "t", "c", new_id()), "王小明");
    assert_eq!(
        format!("{sealed:?}"),
        format!("Sealed({} bytes)", sealed.as_bytes().len())
    );
    assert_eq!(format!("{ring:?}"), "KeyRing(2 districts)");
}

#[test]
fn a_blind_index_depends_on_district_and_field() {
    let ring = ring();
    let index = ring.blind_index(district(), "resident_id", "220502198001011234");
    assert_eq!(
        index,
        ring.blind_index(district(), "resident_id", "220502198001011234")
    );
    assert_ne!(
        index,
        ring.blind_index(district(), "resident_id", "220502198001011235")
    );
    assert_ne!(index, ring.blind_index(district(), "phone", "220502198001011234"));
    assert_ne!(
        index,
        ring.blind_index(codes()[1], "resident_id", "220502198001011234")
    );
    assert_ne!(
        index,
        ring.keyed_hash(district(), "resident_id", b"220502198001011234")
    );
}

#[test]
fn query_codes_are_repeatable_and_fair() {
    let ring = ring();
    let case = new_id();
    assert_eq!(
        ring.query_code(district(), case),
        ring.query_code(district(), case)
    );
    let mut seen: BTreeMap<char, u32> = BTreeMap::new();
    for _ in 0..3100 {
        let code = ring.query_code(district(), new_id());
        assert_eq!(code.len(), QUERY_CODE_LENGTH);
        for letter in code.chars() {
            *seen.entry(letter).or_default() += 1;
        }
    }
    assert_eq!(seen.len(), QUERY_ALPHABET.len());
    // 1,000 each are expected; seven standard deviations are allowed.
    assert!(seen.values().all(|count| (780..1220).contains(count)), "{seen:?}");
}
