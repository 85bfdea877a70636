//! Applies stored events: the districts in turn, one transaction per event with its effect.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;
use tracing::{Instrument as _, Span, error, info_span, warn};
use uuid::Uuid;
use xinqiao_kernel::DistrictCode;

use super::{Incoming, Subscriber, store};
use crate::config::InboxSettings;
use crate::desk::{Act, Actor, Desk};
use crate::jobs::{Progress, Turns, backoff};
use crate::refusal::Refusal;
use crate::{metrics, trace};

/// Events looked up at once.
const LOOK: i64 = 64;
/// Longest pause of an event after failures.
const BACKOFF_MAX: Duration = Duration::from_mins(1);
/// Time between two measurements of what waits and what is parked.
const MEASURED_EVERY: Duration = Duration::from_secs(5);

/// A failing event waits until then. Kept in memory: after a restart it is tried at once.
struct Wait {
    until: Instant,
    failures: u32,
}

struct Applier {
    desk: Desk,
    subscriber: Arc<dyn Subscriber>,
    settings: InboxSettings,
    waits: HashMap<Uuid, Wait>,
    measured: Option<Instant>,
}

/// Applies until the stop; the event in hand is finished first.
pub async fn run(
    desk: Desk,
    subscriber: Arc<dyn Subscriber>,
    settings: InboxSettings,
    stop: CancellationToken,
) {
    let mut listener = desk.wakers().inbox.listen();
    let mut turns = Turns::new(desk.districts().codes());
    let mut applier = Applier {
        desk,
        subscriber,
        settings,
        waits: HashMap::new(),
        measured: None,
    };
    let mut failures = 0_u32;
    while !stop.is_cancelled() {
        let Some(district) = turns.next() else {
            applier.measure().await;
            let wait = backoff(applier.settings.poll, failures.max(1), BACKOFF_MAX);
            if !listener.pause(&stop, wait).await {
                return;
            }
            continue;
        };
        match applier.turn(district, &stop).await {
            Ok(progress) => {
                failures = 0;
                turns.done(progress);
            }
            Err(error) => {
                failures = failures.saturating_add(1).min(8);
                turns.done(Progress::Idle);
                warn!(%district, %error, failures, "inbox cannot be read, will try again");
            }
        }
    }
}

impl Applier {
    async fn turn(
        &mut self,
        district: DistrictCode,
        stop: &CancellationToken,
    ) -> Result<Progress, sqlx::Error> {
        let now = Instant::now();
        let not_now: Vec<Uuid> = self
            .waits
            .iter()
            .filter(|(_, wait)| wait.until > now)
            .map(|(id, _)| *id)
            .collect();
        let mut tx = self.desk.database().begin(district).await?;
        let ready = store::ready(tx.conn(), district, &not_now, LOOK).await?;
        tx.rollback().await?;
        let mut applied = false;
        for event_id in ready {
            if stop.is_cancelled() {
                break;
            }
            match self.apply(district, event_id).await {
                Ok(()) => {
                    self.waits.remove(&event_id);
                    applied = true;
                }
                Err(refusal) => self.failed(district, event_id, &refusal).await?,
            }
        }
        Ok(if applied { Progress::More } else { Progress::Idle })
    }

    /// Applies one event on a task of its own, so that a panic of the service counts as a failed try.
    async fn apply(&self, district: DistrictCode, event_id: Uuid) -> Result<(), Refusal> {
        let task = apply_one(
            self.desk.clone(),
            Arc::clone(&self.subscriber),
            district,
            event_id,
        );
        tokio::spawn(task)
            .await
            .unwrap_or_else(|error| Err(Refusal::internal(&error)))
    }

    async fn failed(
        &mut self,
        district: DistrictCode,
        event_id: Uuid,
        refusal: &Refusal,
    ) -> Result<(), sqlx::Error> {
        let wait = self.waits.entry(event_id).or_insert(Wait {
            until: Instant::now(),
            failures: 0,
        });
        wait.failures = wait.failures.saturating_add(1);
        wait.until = Instant::now() + backoff(self.settings.backoff, wait.failures, BACKOFF_MAX);
        // A database that is away says nothing about the event: it does not count as a try.
        if refusal.is_transient() {
            warn!(%district, %event_id, reason = refusal.reason(), "event was not applied, will try again");
            return Ok(());
        }
        let reason = reason(refusal);
        let mut tx = self.desk.database().begin(district).await?;
        let (tries, parked) =
            store::failed(tx.conn(), district, event_id, &reason, self.settings.tries_max).await?;
        tx.commit().await?;
        if parked {
            self.waits.remove(&event_id);
            error!(%district, %event_id, reason, tries, "event is parked; what follows it waits");
        } else {
            warn!(%district, %event_id, reason, tries, "event was not applied, will try again");
        }
        Ok(())
    }

    async fn measure(&mut self) {
        if self.measured.is_some_and(|at| at.elapsed() < MEASURED_EVERY) {
            return;
        }
        self.measured = Some(Instant::now());
        for district in self.desk.districts().codes() {
            if let Err(error) = self.measure_one(district).await {
                warn!(%district, %error, "inbox depth is not known");
            }
        }
    }

    async fn measure_one(&self, district: DistrictCode) -> Result<(), sqlx::Error> {
        let mut tx = self.desk.database().begin(district).await?;
        let (waiting, parked) = store::depth(tx.conn(), district).await?;
        tx.rollback().await?;
        metrics::inbox(district, waiting, parked);
        Ok(())
    }
}

/// What an operator reads: codes and field names, never values.
fn reason(refusal: &Refusal) -> String {
    let mut text = refusal.reason().to_owned();
    if let Some(cause) = refusal.cause() {
        text.push_str(": ");
        text.push_str(cause);
    }
    for violation in refusal.violations() {
        text.push_str("; ");
        text.push_str(&violation.field);
        text.push(' ');
        text.push_str(violation.reason);
    }
    text
}

async fn apply_one(
    desk: Desk,
    subscriber: Arc<dyn Subscriber>,
    district: DistrictCode,
    event_id: Uuid,
) -> Result<(), Refusal> {
    let mut tx = desk.database().begin(district).await?;
    let Some(event) = store::take(tx.conn(), district, event_id).await? else {
        // Another replica has it.
        return Ok(());
    };
    let span = process_span(&desk, &event);
    let action = format!("{}.apply.{}", desk.service(), event.kind);
    let mut act = Act::over(&desk, tx, Actor::Service(desk.service()), action).await?;
    act.applies(event_id, &event.kind);
    async move {
        subscriber.apply(&mut act, &event).await?;
        let (district, now) = (act.district(), act.now());
        if !store::applied(act.conn(), district, &event, now).await? {
            return Err(Refusal::internal(
                &"another event was applied at this place of the order",
            ));
        }
        act.finish().await?;
        metrics::applied(district, &event.publisher);
        Ok(())
    }
    .instrument(span)
    .await
}

/// The `process` span continues the trace in which the event was created.
fn process_span(desk: &Desk, event: &Incoming) -> Span {
    let template = format!("xq.{{district}}.{}.{}", event.publisher, event.kind);
    let span = info_span!(
        parent: None,
        "process",
        otel.name = format!("process {template}"),
        otel.kind = "consumer",
        messaging.system = "nats",
        messaging.operation.name = "process",
        messaging.operation.type = "process",
        messaging.destination.template = template,
        messaging.consumer.group.name = desk.service(),
        messaging.message.id = %event.event_id,
        messaging.message.conversation_id = %event.entity_id,
    );
    trace::continue_from(&span, event.trace_parent.as_deref());
    span
}
