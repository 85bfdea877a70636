//! Publishing rows: as one atomic batch, and one by one when the batch is refused.

use std::collections::HashSet;

use async_nats::HeaderMap;
use async_nats::client::Request;
use async_nats::client::{PublishErrorKind, RequestErrorKind};
use async_nats::header::{NATS_BATCH_COMMIT, NATS_BATCH_COMMIT_FINAL, NATS_BATCH_ID, NATS_BATCH_SEQUENCE};
use async_nats::jetstream::ErrorCode;
use async_nats::jetstream::publish::PublishAck;
use async_nats::jetstream::response::Response;
use tracing::debug;
use uuid::Uuid;
use xinqiao_kernel::DistrictCode;

use crate::bus::Bus;
use crate::envelope::Outgoing;
use crate::random;

/// What became of a batch.
#[derive(Debug, Default)]
pub(super) struct Sent {
    /// Acknowledged events.
    pub(super) published: Vec<Uuid>,
    /// Events that will be refused however often they are sent, and why.
    pub(super) refused: Vec<(Uuid, String)>,
    /// Why the rest was not tried.
    pub(super) interrupted: Option<String>,
}

enum Failure {
    /// The server gave a refusal of its own.
    Refused(ErrorCode, String),
    /// The server is away or slow.
    Away(String),
}

/// Publishes rows in their order.
pub(super) async fn publish(bus: &Bus, district: DistrictCode, rows: &[Outgoing]) -> Sent {
    if rows.len() > 1 {
        match batch(bus, district, rows).await {
            Ok(()) => {
                return Sent {
                    published: rows.iter().map(|row| row.event_id).collect(),
                    ..Sent::default()
                };
            }
            Err(Failure::Away(reason)) => {
                return Sent {
                    interrupted: Some(reason),
                    ..Sent::default()
                };
            }
            // Known ids (10201), a row too large, or a server without batches: one by one tells which.
            Err(Failure::Refused(code, reason)) => {
                debug!(?code, reason, "batch was refused, publishing one by one");
            }
        }
    }
    singles(bus, district, rows).await
}

async fn batch(bus: &Bus, district: DistrictCode, rows: &[Outgoing]) -> Result<(), Failure> {
    let batch_id = random::new_id().simple().to_string();
    let last = rows.len() - 1;
    for (index, row) in rows.iter().enumerate() {
        let mut headers = row.headers(bus.service(), district);
        headers.insert(NATS_BATCH_ID, batch_id.as_str());
        headers.insert(NATS_BATCH_SEQUENCE, (index + 1).to_string().as_str());
        if index == last {
            headers.insert(NATS_BATCH_COMMIT, NATS_BATCH_COMMIT_FINAL);
            return request(bus, row, headers).await;
        }
        bus.client()
            .publish_with_headers(row.subject.clone(), headers, row.body.clone())
            .await
            .map_err(|error| match error.kind() {
                PublishErrorKind::MaxPayloadExceeded => oversized(row),
                _ => Failure::Away(error.to_string()),
            })?;
    }
    Ok(())
}

async fn singles(bus: &Bus, district: DistrictCode, rows: &[Outgoing]) -> Sent {
    let mut sent = Sent::default();
    let mut stopped = HashSet::new();
    for row in rows {
        if stopped.contains(&row.entity_id) {
            continue;
        }
        match request(bus, row, row.headers(bus.service(), district)).await {
            // A duplicate is in the stream already: that is what was wanted.
            Ok(()) => sent.published.push(row.event_id),
            Err(Failure::Refused(code, reason)) if is_final(code) => {
                stopped.insert(row.entity_id);
                sent.refused.push((row.event_id, reason));
            }
            Err(Failure::Refused(_, reason) | Failure::Away(reason)) => {
                sent.interrupted = Some(reason);
                break;
            }
        }
    }
    sent
}

/// Sends one message and waits for the stream's answer.
async fn request(bus: &Bus, row: &Outgoing, headers: HeaderMap) -> Result<(), Failure> {
    let request = Request::new()
        .headers(headers)
        .payload(row.body.clone())
        .timeout(Some(Bus::patience()));
    let answer = bus
        .client()
        .send_request(row.subject.clone(), request)
        .await
        .map_err(|error| match error.kind() {
            RequestErrorKind::MaxPayloadExceeded => oversized(row),
            _ => Failure::Away(error.to_string()),
        })?;
    match serde_json::from_slice::<Response<PublishAck>>(&answer.payload) {
        Ok(Response::Ok(_)) => Ok(()),
        Ok(Response::Err { error }) => Err(Failure::Refused(error.error_code(), error.to_string())),
        Err(_) => Err(Failure::Away(
            "the stream gave an answer that cannot be read".to_owned(),
        )),
    }
}

fn oversized(row: &Outgoing) -> Failure {
    let reason = format!("a body of {} bytes is more than the bus carries", row.body.len());
    Failure::Refused(ErrorCode::STREAM_MESSAGE_EXCEEDS_MAXIMUM, reason)
}

/// Refusals of the message itself. All others pass by themselves or by an operator's hand.
fn is_final(code: ErrorCode) -> bool {
    [
        ErrorCode::STREAM_MESSAGE_EXCEEDS_MAXIMUM,
        ErrorCode::STREAM_HEADER_EXCEEDS_MAXIMUM,
    ]
    .contains(&code)
}
