//! The relay: publishes the journal to the service's stream, a district at a time.
//!
//! One relay is active per district, by an advisory lock of the publishing transaction; any replica can take
//! over. What is unpublished is listed, never found by a cursor. A batch is published atomically and crossed off
//! after the stream acknowledged it; a crash in between publishes it again under the same ids. A row that the
//! bus refuses for good stops its own entity only.

mod publish;
mod store;

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use sqlx::PgConnection;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument as _, error, info_span, warn};
use uuid::Uuid;
use xinqiao_kernel::DistrictCode;

use crate::bus::Bus;
use crate::config::RelaySettings;
use crate::database::TenantTx;
use crate::desk::Desk;
use crate::envelope::Outgoing;
use crate::jobs::{Progress, Turns, backoff};
use crate::{metrics, trace};

const BACKOFF_MIN: Duration = Duration::from_millis(200);
const BACKOFF_MAX: Duration = Duration::from_secs(10);
/// Longest pause of an entity whose row is refused.
const STALL_MAX: Duration = Duration::from_mins(1);
/// Time between two measurements of depth and age.
const MEASURED_EVERY: Duration = Duration::from_secs(5);

#[derive(Debug, thiserror::Error)]
enum RelayError {
    #[error("the journal: {0}")]
    Journal(#[from] sqlx::Error),
    #[error("the message bus: {0}")]
    Bus(String),
}

/// An entity that waits because one of its rows was refused.
struct Stall {
    until: Instant,
    failures: u32,
}

struct Relay {
    desk: Desk,
    bus: Bus,
    settings: RelaySettings,
    stalls: HashMap<Uuid, Stall>,
    measured: Option<Instant>,
}

/// Publishes until the stop; the batch in hand is finished first. Stands still while the stream is not fit. A
/// lone event goes out at once; under load a round waits until a little has gathered.
pub async fn run(desk: Desk, bus: Bus, settings: RelaySettings, stop: CancellationToken) {
    let mut listener = desk.wakers().relay.listen();
    let mut turns = Turns::new(desk.districts().codes());
    let mut relay = Relay {
        desk,
        bus,
        settings,
        stalls: HashMap::new(),
        measured: None,
    };
    let mut failures = 0_u32;
    let mut round = Instant::now();
    while relay.bus.fit(&stop).await {
        let Some(district) = turns.next() else {
            relay.measure().await;
            let gathered = round + relay.settings.pause;
            if !listener.pause(&stop, relay.settings.poll).await {
                return;
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep_until(gathered.into()) => {}
            }
            round = Instant::now();
            continue;
        };
        match relay.turn(district).await {
            Ok(progress) => {
                failures = 0;
                turns.done(progress);
            }
            Err(error) => {
                failures = failures.saturating_add(1);
                turns.done(Progress::Idle);
                warn!(%district, %error, failures, "events were not published, will try again");
                relay.bus.suspect();
                let wait = backoff(BACKOFF_MIN, failures, BACKOFF_MAX);
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(wait) => {}
                }
            }
        }
    }
}

impl Relay {
    /// Publishes one batch of a district.
    async fn turn(&mut self, district: DistrictCode) -> Result<Progress, RelayError> {
        let mut tx = self.desk.database().begin(district).await?;
        if !store::lock(tx.conn(), district).await? {
            tx.rollback().await?;
            return Ok(Progress::Idle);
        }
        let now = Instant::now();
        let stalled: Vec<Uuid> = self
            .stalls
            .iter()
            .filter(|(_, stall)| stall.until > now)
            .map(|(id, _)| *id)
            .collect();
        let limit = i64::try_from(self.settings.batch_max).unwrap_or(i64::MAX);
        let rows = store::unpublished(tx.conn(), district, &stalled, limit).await?;
        if rows.is_empty() {
            tx.rollback().await?;
            return Ok(Progress::Idle);
        }
        let span = send_span(self.desk.service(), &rows);
        let full = rows.len() == self.settings.batch_max;
        self.send(tx, district, rows).instrument(span).await?;
        Ok(if full { Progress::More } else { Progress::Idle })
    }

    async fn send(
        &mut self,
        mut tx: TenantTx,
        district: DistrictCode,
        rows: Vec<Outgoing>,
    ) -> Result<(), RelayError> {
        let sent = publish::publish(&self.bus, district, &rows).await;
        cross_off(tx.conn(), district, &rows, &sent.published).await?;
        for (event_id, refusal) in &sent.refused {
            store::refused(tx.conn(), district, *event_id, refusal).await?;
        }
        tx.commit().await?;
        if !sent.published.is_empty() {
            metrics::published(district, sent.published.len());
        }
        if !self.stalls.is_empty() {
            for row in rows.iter().filter(|row| sent.published.contains(&row.event_id)) {
                self.stalls.remove(&row.entity_id);
            }
        }
        for (event_id, refusal) in &sent.refused {
            let Some(row) = rows.iter().find(|row| row.event_id == *event_id) else {
                continue;
            };
            self.stall(row.entity_id);
            error!(%district, event_id = %row.event_id, kind = row.kind, refusal, "event is refused by the bus, its entity waits");
        }
        sent.interrupted
            .map_or(Ok(()), |reason| Err(RelayError::Bus(reason)))
    }

    fn stall(&mut self, entity: Uuid) {
        let now = Instant::now();
        let stall = self.stalls.entry(entity).or_insert(Stall {
            until: now,
            failures: 0,
        });
        stall.failures += 1;
        stall.until = now + backoff(BACKOFF_MIN, stall.failures, STALL_MAX);
    }

    async fn measure(&mut self) {
        if self.measured.is_some_and(|at| at.elapsed() < MEASURED_EVERY) {
            return;
        }
        self.measured = Some(Instant::now());
        for district in self.desk.districts().codes() {
            if let Err(error) = self.measure_one(district).await {
                warn!(%district, %error, "journal depth is not known");
            }
        }
    }

    async fn measure_one(&self, district: DistrictCode) -> Result<(), sqlx::Error> {
        let mut tx = self.desk.database().begin(district).await?;
        let (depth, oldest) = store::depth(tx.conn(), district).await?;
        tx.rollback().await?;
        let age = oldest.map_or(0.0, |oldest| (self.desk.clock().now() - oldest).as_seconds_f64());
        metrics::outbox(district, depth, age);
        Ok(())
    }
}

/// Takes what was published off the list: whole rows of it where every event of theirs is, single events elsewhere.
async fn cross_off(
    connection: &mut PgConnection,
    district: DistrictCode,
    rows: &[Outgoing],
    published: &[Uuid],
) -> Result<(), sqlx::Error> {
    let known: HashSet<&Uuid> = published.iter().collect();
    let (mut done, mut done_with) = (Vec::new(), Vec::new());
    let mut begun = Vec::new();
    for listed in rows.chunk_by(|one, next| one.listed_at == next.listed_at) {
        let count = listed.iter().filter(|row| known.contains(&row.event_id)).count();
        if i32::try_from(count) == Ok(listed[0].listed_with) {
            done.push(listed[0].listed_at);
            done_with.push(listed[0].listed_with);
        } else if count > 0 {
            begun.push(listed[0].listed_at);
        }
    }
    if !published.is_empty() {
        store::published(connection, district, &done, &done_with, published).await?;
    }
    if !begun.is_empty() {
        store::shorten(connection, district, &begun, published).await?;
    }
    Ok(())
}

/// The `send` span is the relay's own trace, linked to the creation of every event it carries.
fn send_span(service: &str, rows: &[Outgoing]) -> tracing::Span {
    let span = info_span!(
        parent: None,
        "send",
        otel.name = format!("send xq.{{district}}.{service}"),
        otel.kind = "client",
        messaging.system = "nats",
        messaging.operation.name = "publish",
        messaging.operation.type = "send",
        messaging.destination.template = format!("xq.{{district}}.{service}.{{event}}"),
        messaging.batch.message_count = rows.len(),
    );
    for row in rows {
        trace::link(&span, row.trace_parent.as_deref());
    }
    span
}
