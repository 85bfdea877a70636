//! Events on the wire: CloudEvents 1.0 in binary mode, attributes in NATS headers, a protobuf body.

use async_nats::HeaderMap;
use bytes::Bytes;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;
use xinqiao_kernel::DistrictCode;

use crate::clock::micros;
use crate::inbox::Incoming;

/// What is wrong with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("message without a valid {0}")]
pub(crate) struct EnvelopeError(pub(crate) &'static str);

/// A journal row on its way to the bus.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Outgoing {
    /// Which row of the list of the unpublished names it.
    pub(crate) listed_at: i64,
    /// How many events that row names.
    pub(crate) listed_with: i32,
    pub(crate) event_id: Uuid,
    pub(crate) kind: String,
    pub(crate) entity_kind: String,
    pub(crate) entity_id: Uuid,
    pub(crate) case_no: Option<String>,
    pub(crate) sequence: i64,
    pub(crate) subject: String,
    #[sqlx(try_from = "Vec<u8>")]
    pub(crate) body: Bytes,
    pub(crate) trace_parent: Option<String>,
    pub(crate) causation_id: Option<Uuid>,
    pub(crate) actor_ref: String,
    pub(crate) occurred_at: OffsetDateTime,
}

impl Outgoing {
    /// The attributes. The trace context is copied unchanged: it is the event's, not the relay's.
    pub(crate) fn headers(&self, service: &str, district: DistrictCode) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(
            async_nats::header::NATS_MESSAGE_ID,
            self.event_id.to_string().as_str(),
        );
        let time = self
            .occurred_at
            .format(&Rfc3339)
            .expect("years of petitions have four digits");
        let (entity_kind, entity_id) = (&self.entity_kind, self.entity_id);
        for (name, value) in [
            ("ce-specversion", "1.0"),
            ("ce-id", &self.event_id.to_string()),
            ("ce-type", &self.kind),
            ("ce-source", &format!("xinqiao/{service}")),
            ("ce-subject", &format!("{entity_kind}/{entity_id}")),
            ("ce-time", &time),
            ("ce-district", district.as_str()),
            ("ce-sequence", &self.sequence.to_string()),
            ("ce-actor", &self.actor_ref),
            ("content-type", "application/protobuf"),
        ] {
            headers.insert(name, value);
        }
        let optional = [
            ("ce-caseno", self.case_no.clone()),
            ("ce-causation", self.causation_id.map(|id| id.to_string())),
            ("traceparent", self.trace_parent.clone()),
        ];
        for (name, value) in optional {
            if let Some(value) = value {
                headers.insert(name, value.as_str());
            }
        }
        headers
    }
}

/// Reads a message back.
pub(crate) fn decode(
    headers: Option<&HeaderMap>,
    body: Bytes,
) -> Result<(DistrictCode, Incoming), EnvelopeError> {
    let headers = headers.ok_or(EnvelopeError("header"))?;
    let text = |name: &'static str| {
        headers
            .get(name)
            .map(async_nats::HeaderValue::as_str)
            .ok_or(EnvelopeError(name))
    };
    if text("ce-specversion")? != "1.0" {
        return Err(EnvelopeError("ce-specversion"));
    }
    let district = text("ce-district")?
        .parse()
        .map_err(|_| EnvelopeError("ce-district"))?;
    let (entity_kind, entity_id) = text("ce-subject")?
        .split_once('/')
        .ok_or(EnvelopeError("ce-subject"))?;
    let publisher = text("ce-source")?
        .strip_prefix("xinqiao/")
        .ok_or(EnvelopeError("ce-source"))?;
    let occurred_at =
        OffsetDateTime::parse(text("ce-time")?, &Rfc3339).map_err(|_| EnvelopeError("ce-time"))?;
    let sequence: u64 = text("ce-sequence")?
        .parse()
        .map_err(|_| EnvelopeError("ce-sequence"))?;
    if sequence == 0 || i64::try_from(sequence).is_err() {
        return Err(EnvelopeError("ce-sequence"));
    }
    let incoming = Incoming {
        event_id: text("ce-id")?.parse().map_err(|_| EnvelopeError("ce-id"))?,
        kind: text("ce-type")?.to_owned(),
        publisher: publisher.to_owned(),
        entity_kind: entity_kind.to_owned(),
        entity_id: entity_id.parse().map_err(|_| EnvelopeError("ce-subject"))?,
        case_no: optional(headers, "ce-caseno")?,
        sequence,
        occurred_at: micros(occurred_at),
        causation_id: optional(headers, "ce-causation")?,
        actor_ref: text("ce-actor")?.to_owned(),
        trace_parent: text("traceparent").ok().map(str::to_owned),
        body,
    };
    Ok((district, incoming))
}

fn optional<T: std::str::FromStr>(
    headers: &HeaderMap,
    name: &'static str,
) -> Result<Option<T>, EnvelopeError> {
    headers
        .get(name)
        .map(|value| value.as_str().parse().map_err(|_| EnvelopeError(name)))
        .transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random;

    fn outgoing() -> Outgoing {
        Outgoing {
            listed_at: 1,
            listed_with: 1,
            event_id: random::new_id(),
            kind: "case.registered".to_owned(),
            entity_kind: "case".to_owned(),
            entity_id: random::new_id(),
            case_no: Some("XF-220502-2026-2-000123-9".to_owned()),
            sequence: 7,
            subject: "xq.220502.intake.case.registered".to_owned(),
            body: Bytes::from_static(&[1, 2, 3]),
            trace_parent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03".to_owned()),
            causation_id: Some(random::new_id()),
            actor_ref: "person:p1".to_owned(),
            occurred_at: time::macros::datetime!(2026-03-03 01:12:00.123456 UTC),
        }
    }

    #[test]
    fn an_event_survives_the_wire() {
        let sent = outgoing();
        let headers = sent.headers("intake", "220502".parse().unwrap());
        let (district, got) = decode(Some(&headers), sent.body.clone()).unwrap();
        assert_eq!(district.as_str(), "220502");
        assert_eq!(
            (got.event_id, got.kind, got.sequence),
            (sent.event_id, sent.kind, 7)
        );
        assert_eq!(
            (got.publisher.as_str(), got.entity_id),
            ("intake", sent.entity_id)
        );
        assert_eq!(got.case_no.map(|no| no.to_string()), sent.case_no);
        assert_eq!(
            (got.occurred_at, got.causation_id),
            (sent.occurred_at, sent.causation_id)
        );
        assert_eq!(
            (got.trace_parent, got.actor_ref),
            (sent.trace_parent, sent.actor_ref)
        );
    }

    #[test]
    fn a_message_without_an_attribute_is_named() {
        for name in [
            "ce-id",
            "ce-district",
            "ce-sequence",
            "ce-time",
            "ce-subject",
            "ce-source",
        ] {
            let mut headers = HeaderMap::new();
            for (key, values) in outgoing().headers("intake", "220502".parse().unwrap()).iter() {
                if key.as_ref() as &str != name {
                    headers.insert(key.clone(), values[0].clone());
                }
            }
            assert_eq!(
                decode(Some(&headers), Bytes::new()).unwrap_err(),
                EnvelopeError(name)
            );
        }
    }
}
