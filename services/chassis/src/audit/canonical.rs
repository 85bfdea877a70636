//! The bytes of an audit row: one text has one form, whatever the library or its version.
//!
//! `"XQA" version`, then every field as a four-byte big-endian length and its bytes, in a fixed order. A missing
//! field has the length `0xffff_ffff`.

use time::OffsetDateTime;
use uuid::Uuid;
use xinqiao_kernel::DistrictCode;

use super::{Entry, Outcome};
use crate::seal::Sealed;

const MAGIC: &[u8; 4] = b"XQA\x01";
const MISSING: u32 = u32::MAX;
/// Between the names of a list; no name of a role or a policy has one.
const LIST: &str = " ";

/// The bytes are not an audit row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the canonical bytes of an audit row")]
pub struct CanonicalError;

pub(super) fn encode(district: DistrictCode, seq: i64, entry: &Entry) -> Vec<u8> {
    let mut out = MAGIC.to_vec();
    put(&mut out, Some(district.as_str().as_bytes()));
    put(&mut out, Some(&seq.to_be_bytes()));
    put(&mut out, Some(entry.entry_id.as_bytes()));
    put(&mut out, Some(&micros(entry.occurred_at).to_be_bytes()));
    put(&mut out, Some(entry.actor_ref.as_bytes()));
    put(&mut out, Some(entry.action.as_bytes()));
    put(&mut out, Some(entry.object.as_bytes()));
    put(&mut out, Some(entry.roles.join(LIST).as_bytes()));
    put(&mut out, Some(entry.outcome.code().as_bytes()));
    put(&mut out, Some(entry.policies.join(LIST).as_bytes()));
    put(&mut out, entry.reason.as_ref().map(Sealed::as_bytes));
    put(
        &mut out,
        entry.request_id.as_ref().map(|id| id.as_bytes().as_slice()),
    );
    put(&mut out, entry.trace_id.as_ref().map(String::as_bytes));
    for field in &entry.fields {
        put(&mut out, Some(field.as_bytes()));
    }
    out
}

pub(super) fn decode(bytes: &[u8]) -> Result<(String, i64, Entry), CanonicalError> {
    let mut rest = bytes.strip_prefix(MAGIC).ok_or(CanonicalError)?;
    let rest = &mut rest;
    let district = text(required(rest)?)?;
    let seq = i64::from_be_bytes(fixed(required(rest)?)?);
    let entry_id = Uuid::from_bytes(fixed(required(rest)?)?);
    let micros = i64::from_be_bytes(fixed(required(rest)?)?);
    let (actor_ref, action, object) = (
        text(required(rest)?)?,
        text(required(rest)?)?,
        text(required(rest)?)?,
    );
    let roles = names(required(rest)?)?;
    let outcome = outcome(required(rest)?)?;
    let policies = names(required(rest)?)?;
    let reason = take(rest)?.map(|sealed| Sealed::from_bytes(sealed.to_vec()));
    let request_id = take(rest)?.map(fixed).transpose()?.map(Uuid::from_bytes);
    let trace_id = take(rest)?.map(text).transpose()?;
    let mut fields = Vec::new();
    while !rest.is_empty() {
        fields.push(text(required(rest)?)?);
    }
    let occurred_at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1000);
    let occurred_at = occurred_at.map_err(|_| CanonicalError)?;
    let entry = Entry {
        entry_id,
        occurred_at,
        actor_ref,
        action,
        object,
        roles,
        outcome,
        policies,
        fields,
        reason,
        request_id,
        trace_id,
    };
    Ok((district, seq, entry))
}

pub(super) fn micros(instant: OffsetDateTime) -> i64 {
    i64::try_from(instant.unix_timestamp_nanos() / 1000).expect("dates of petitions fit")
}

pub(super) fn put(out: &mut Vec<u8>, field: Option<&[u8]>) {
    let length = field.map_or(MISSING, |bytes| {
        u32::try_from(bytes.len()).expect("fields are short")
    });
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(field.unwrap_or_default());
}

fn take<'a>(rest: &mut &'a [u8]) -> Result<Option<&'a [u8]>, CanonicalError> {
    let (length, tail) = rest.split_first_chunk::<4>().ok_or(CanonicalError)?;
    *rest = tail;
    match u32::from_be_bytes(*length) {
        MISSING => Ok(None),
        length => {
            let length = usize::try_from(length).map_err(|_| CanonicalError)?;
            let (field, tail) = rest.split_at_checked(length).ok_or(CanonicalError)?;
            *rest = tail;
            Ok(Some(field))
        }
    }
}

fn required<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], CanonicalError> {
    take(rest)?.ok_or(CanonicalError)
}

fn fixed<const N: usize>(bytes: &[u8]) -> Result<[u8; N], CanonicalError> {
    bytes.try_into().map_err(|_| CanonicalError)
}

fn names(bytes: &[u8]) -> Result<Vec<String>, CanonicalError> {
    let list = text(bytes)?;
    Ok(list.split_terminator(LIST).map(ToOwned::to_owned).collect())
}

fn outcome(bytes: &[u8]) -> Result<Outcome, CanonicalError> {
    [Outcome::Done, Outcome::Denied]
        .into_iter()
        .find(|outcome| outcome.code().as_bytes() == bytes)
        .ok_or(CanonicalError)
}

fn text(bytes: &[u8]) -> Result<String, CanonicalError> {
    String::from_utf8(bytes.to_vec()).map_err(|_| CanonicalError)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::audit::{Head, link};
    use crate::seal::sha256;

    fn entry() -> Entry {
        Entry {
            entry_id: Uuid::from_u128(7),
            occurred_at: datetime!(2026-03-03 01:12:00.000001 UTC),
            actor_ref: "person:li".to_owned(),
            action: "intake.RegisterVisit".to_owned(),
            object: "case:1".to_owned(),
            roles: vec!["CLK".to_owned()],
            outcome: Outcome::Done,
            policies: vec!["clerk.district".to_owned()],
            fields: vec!["name".to_owned(), "phone".to_owned()],
            reason: Some(Sealed::from_bytes(vec![1, 2, 3])),
            request_id: None,
            trace_id: Some("0af7651916cd43dd8448eb211c80319c".to_owned()),
        }
    }

    #[test]
    fn bytes_say_what_the_entry_said() {
        let bytes = encode("220502".parse().unwrap(), 3, &entry());
        assert_eq!(decode(&bytes).unwrap(), ("220502".to_owned(), 3, entry()));
    }

    #[test]
    fn the_format_does_not_change() {
        let bytes = encode("220502".parse().unwrap(), 3, &entry());
        let digest = hex::encode(sha256(&bytes));
        assert_eq!(
            digest,
            "ab12ba5e4638d6041545ccd377d355ef98257c14c8e8ff133b20bd7e3b0760d3"
        );
    }

    #[test]
    fn a_shift_between_fields_gives_other_bytes() {
        let mut other = entry();
        other.fields = vec!["namep".to_owned(), "hone".to_owned()];
        let district = "220502".parse().unwrap();
        assert_ne!(encode(district, 3, &entry()), encode(district, 3, &other));
    }

    #[test]
    fn cut_bytes_are_no_entry() {
        let bytes = encode("220502".parse().unwrap(), 3, &entry());
        let without_fields = bytes.len() - (4 + 4) - (4 + 5);
        for length in (0..bytes.len()).filter(|length| ![without_fields, without_fields + 8].contains(length))
        {
            assert!(decode(&bytes[..length]).is_err(), "{length}");
        }
    }

    #[test]
    fn a_row_follows_the_head() {
        let district = "220502".parse().unwrap();
        let (first, head) = entry().chain(district, Head::START);
        let (second, _) = entry().chain(district, head);
        assert_eq!((first.seq, second.seq), (1, 2));
        assert_eq!(second.prev_hash, first.hash);
        assert_eq!(second.hash, link(&first.hash, &second.canonical));
    }
}
