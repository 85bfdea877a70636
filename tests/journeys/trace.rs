//! One trace follows a petition from the call through the journal and the bus into the consumers, over real OTLP.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, bail, ensure};
use time::macros::date;
use tonic::Request;
use xinqiao_chassis::random;
use xinqiao_local::journey::patience::until;
use xinqiao_local::journey::schedule::Day;
use xinqiao_local::journey::{Journey, masters, script::Script};
use xinqiao_local::people::DISTRICT_A;
use xinqiao_proto::archive::{GetDossierRequest, SealPackageRequest};
use xinqiao_tests::fleet::Fleet;
use xinqiao_tests::otlp::{Collector, Received};
use xinqiao_tests::underneath::database;

/// A trace that a client begins.
struct Begun {
    trace: String,
    span: String,
}

impl Begun {
    fn new() -> Self {
        Self {
            trace: hex::encode(random::bytes::<16>()),
            span: hex::encode(random::bytes::<8>()),
        }
    }

    fn on<Q>(&self, message: Q) -> Result<Request<Q>> {
        let mut request = Request::new(message);
        let parent = format!("00-{}-{}-01", self.trace, self.span);
        request.metadata_mut().insert("traceparent", parent.parse()?);
        Ok(request)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_trace_leads_from_the_call_through_journal_and_bus_to_the_consumers() -> Result<()> {
    let collector = Collector::start().await?;
    let fleet = Fleet::start_with(date!(2026 - 02 - 24), |mut options| {
        options.otlp_endpoint = Some(collector.url());
        options
    })
    .await?;
    let cast = fleet.settle(DISTRICT_A).await?;
    let (session, schedule) = fleet.next_session(&cast).await?;
    let reception_day_id = session.reception_day_id.clone();
    let mut journey = Journey::new(&cast, Script::demo(), schedule.clone(), reception_day_id);

    let first = Begun::new();
    let last = Begun::new();
    for (day, begins) in schedule.days() {
        fleet.platform.move_on(begins).await?;
        match day {
            Day::Reception => {
                masters::open(&cast.clerk, &session).await?;
                let visit = journey.registration_request()?;
                cast.clerk.registration().register_visit(first.on(visit)?).await?;
                // The same request again: the journey learns what was registered.
                journey.act(day).await?;
            }
            Day::Archive => {
                fleet.quiet().await?;
                let case_id = journey.registration()?.case_id.clone();
                let query = GetDossierRequest {
                    case_id: case_id.clone(),
                };
                let seen = cast.archivist.dossiers().get_dossier(query).await?.into_inner();
                let seal = SealPackageRequest {
                    request_id: random::new_id().to_string(),
                    case_id,
                    version: seen.dossier.unwrap_or_default().version,
                    note: String::new(),
                };
                cast.archivist.dossiers().seal_package(last.on(seal)?).await?;
            }
            other => journey.act(other).await?,
        }
    }
    let registered = "process xq.{district}.intake.case.registered";
    let archived = "process xq.{district}.archive.case.archived";
    unbroken(&collector, &first, registered, &["supervision", "archive"]).await?;
    unbroken(&collector, &last, archived, &["intake", "supervision"]).await?;
    in_the_journal(&fleet, "intake", "case.registered", &first).await?;
    in_the_journal(&fleet, "archive", "case.archived", &last).await?;
    fleet.end().await
}

/// Waits until the consumers' spans are in the trace; then every span must hang on another, up to the client's.
async fn unbroken(collector: &Collector, begun: &Begun, consumed: &str, by: &[&str]) -> Result<()> {
    let wanted: BTreeSet<&str> = by.iter().copied().collect();
    let spans = until(consumed, async || {
        let spans = of_trace(collector, &begun.trace);
        let seen: BTreeSet<&str> = spans
            .iter()
            .filter(|received| received.span.name == consumed)
            .map(|received| received.service.as_str())
            .collect();
        Ok((wanted.is_subset(&seen) && broken(&spans, &begun.span).is_empty()).then_some(spans))
    })
    .await;
    let Ok(spans) = spans else {
        let spans = of_trace(collector, &begun.trace);
        let seen: Vec<String> = spans
            .iter()
            .map(|received| format!("{} {}", received.service, received.span.name))
            .collect();
        bail!(
            "{consumed} by {by:?} was not seen in one unbroken trace\nseen: {seen:#?}\nwithout parent: {:?}",
            broken(&spans, &begun.span)
        );
    };
    for consumer in &spans {
        if consumer.span.name != consumed {
            continue;
        }
        let path = path_to_client(&spans, consumer);
        ensure!(
            path.iter().any(|name| name.starts_with("create ")),
            "the consumer's path to the client misses the creation: {path:?}"
        );
    }
    Ok(())
}

fn of_trace(collector: &Collector, trace: &str) -> Vec<Received> {
    let mut spans = collector.spans();
    spans.retain(|received| hex::encode(&received.span.trace_id) == trace);
    spans
}

/// Spans whose parent nobody sent.
fn broken(spans: &[Received], client: &str) -> Vec<String> {
    let known: BTreeSet<String> = spans
        .iter()
        .map(|received| hex::encode(&received.span.span_id))
        .collect();
    spans
        .iter()
        .filter(|received| {
            let parent = hex::encode(&received.span.parent_span_id);
            parent != client && !known.contains(&parent)
        })
        .map(|received| format!("{} {}", received.service, received.span.name))
        .collect()
}

/// Names of the spans from one up to the client's.
fn path_to_client(spans: &[Received], from: &Received) -> Vec<String> {
    let by_id: BTreeMap<&[u8], &Received> = spans
        .iter()
        .map(|received| (received.span.span_id.as_slice(), received))
        .collect();
    let mut path = vec![from.span.name.clone()];
    let mut parent = from.span.parent_span_id.as_slice();
    while let Some(received) = by_id.get(parent) {
        path.push(received.span.name.clone());
        parent = received.span.parent_span_id.as_slice();
    }
    path
}

async fn in_the_journal(fleet: &Fleet, service: &str, kind: &str, begun: &Begun) -> Result<()> {
    let mut database = database(&fleet.platform, service).await?;
    let parents: Vec<Option<String>> = sqlx::query_scalar("SELECT trace_parent FROM outbox WHERE kind = $1")
        .bind(kind)
        .fetch_all(&mut database)
        .await?;
    ensure!(
        parents
            .iter()
            .flatten()
            .any(|parent| parent.contains(&begun.trace)),
        "the journal of {service} keeps another trace for {kind}: {parents:?}"
    );
    Ok(())
}
