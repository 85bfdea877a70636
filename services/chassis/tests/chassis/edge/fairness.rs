//! What one caller and one district may have of a service, and what is told to who wants more.

use std::time::{Duration, Instant};

use opentelemetry::{KeyValue, global};
use opentelemetry_sdk::metrics::{
    InMemoryMetricExporter, SdkMeterProvider,
    data::{AggregatedMetrics, MetricData, ScopeMetrics, SumDataPoint},
};
use tokio::task::JoinSet;
use tonic::{Code, Status};
use xinqiao_chassis::{identity::Role, testing::Person};
use xinqiao_kernel::DistrictCode;

use super::{Client, Edge, behaving, clerk, hint, reason};

const A: &str = "220502";
const B: &str = "220503";

fn person(edge: &Edge, id: &str, district: &str) -> Client {
    let person = Person::new(id, "某登记").with(Role::Clk).of(district);
    edge.client(&edge.issuer.token(&person))
}

async fn call(client: &mut Client) -> Result<(), Status> {
    client.register_visit(behaving("answer")).await.map(drop)
}

/// So many calls of a district that stay inside when they get in.
struct Crowd(JoinSet<Result<(), Status>>);

impl Crowd {
    fn of(edge: &Edge, district: &str, count: usize) -> Self {
        let mut calls = JoinSet::new();
        for _ in 0..count {
            let mut client = person(edge, "li", district);
            calls.spawn(async move { client.register_visit(behaving("hold")).await.map(drop) });
        }
        Self(calls)
    }

    /// Waits until so many were refused: then the others are inside or in the queue, which is full.
    async fn refused(&mut self, count: usize) -> Vec<Status> {
        let mut refused = Vec::new();
        while refused.len() < count {
            refused.push(self.0.join_next().await.unwrap().unwrap().unwrap_err());
        }
        refused
    }

    async fn all_answered(mut self, count: usize) {
        assert_eq!(self.0.len(), count);
        while let Some(answer) = self.0.join_next().await {
            answer.unwrap().unwrap();
        }
    }
}

#[tokio::test]
async fn who_calls_too_often_passes_again_after_the_time_he_was_told_and_others_at_once() {
    let edge = Edge::with(&[
        ("XINQIAO_CALLER_CALLS_PER_MINUTE", "300"),
        ("XINQIAO_CALLER_CALLS_BURST", "2"),
    ])
    .await;
    let between = Duration::from_millis(200);
    let mut li = person(&edge, "li", A);
    let begun = Instant::now();
    let mut passed = 0;
    let status = loop {
        match call(&mut li).await {
            Ok(()) => passed += 1,
            Err(status) => break status,
        }
    };
    let mut promised = Instant::now() + hint(&status);
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::ResourceExhausted, "TOO_MANY_CALLS")
    );
    assert!(status.message().contains("1 秒后"), "{}", status.message());
    assert!(hint(&status) <= between && passed >= 2);

    call(&mut person(&edge, "he", A)).await.unwrap();
    call(&mut person(&edge, "li", B)).await.unwrap();
    loop {
        let sent = Instant::now();
        let Err(status) = call(&mut li).await else { break };
        assert!(sent < promised, "refused after the time that was told");
        promised = promised.min(Instant::now() + hint(&status));
    }
    // One call came back in each fifth of a second, whatever was refused meanwhile.
    assert!(begun.elapsed() >= between * (passed - 1));
}

#[tokio::test]
async fn a_district_alone_has_all_places_and_one_call_more_is_told_when_to_try_again() {
    let edge = Edge::with(&[("XINQIAO_CALLS_MAX", "4"), ("XINQIAO_PLACE_WAIT_MS", "20")]).await;
    let crowd = Crowd::of(&edge, A, 4);
    edge.held.after(4).await;
    let status = call(&mut edge.clerk()).await.unwrap_err();
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::ResourceExhausted, "OVERLOADED")
    );
    // Nothing has ended yet: by the limit of a call, all of them will have.
    assert_eq!(hint(&status), Duration::from_secs(30));
    edge.held.let_go(4);
    crowd.all_answered(4).await;
    call(&mut edge.clerk()).await.unwrap();
}

#[tokio::test]
async fn a_district_with_twenty_times_its_share_leaves_the_next_places_to_the_other() {
    let edge = Edge::with(&[
        ("XINQIAO_CALLS_MAX", "4"),
        ("XINQIAO_PLACE_WAITING_MAX", "10"),
        ("XINQIAO_PLACE_WAIT_MS", "60000"),
    ])
    .await;
    let mut flood = Crowd::of(&edge, A, 40);
    flood.refused(26).await;
    let mut steady = Crowd::of(&edge, B, 11);
    steady.refused(1).await;
    for ended in 1..=3 {
        edge.held.let_go(1);
        edge.held.after(4 + ended).await;
    }
    let inside = edge.held.after(7).await;
    let inside: Vec<&str> = inside.iter().map(DistrictCode::as_str).collect();
    // Three of the flood have ended; at two places each, the district that was served longest ago is next.
    assert_eq!(inside, [A, A, A, A, B, B, A]);
    edge.held.let_go(40);
    flood.all_answered(14).await;
    steady.all_answered(10).await;
}

#[tokio::test]
async fn a_call_that_waits_is_let_in_when_a_place_is_given_back() {
    let edge = Edge::with(&[("XINQIAO_CALLS_MAX", "1"), ("XINQIAO_PLACE_WAIT_MS", "60000")]).await;
    let crowd = Crowd::of(&edge, A, 3);
    for inside in 1..=3 {
        edge.held.after(inside).await;
        edge.held.let_go(1);
    }
    crowd.all_answered(3).await;
}

#[tokio::test]
async fn a_call_that_only_waits_for_others_keeps_nobody_out() {
    let edge = Edge::with(&[("XINQIAO_CALLS_MAX", "1"), ("XINQIAO_PLACE_WAIT_MS", "0")]).await;
    let mut waiting = JoinSet::new();
    for count in 1..=3 {
        let mut client = person(&edge, "li", A);
        waiting.spawn(async move { client.register_visit(behaving("wait for others")).await });
        edge.held.after(count).await;
    }
    call(&mut person(&edge, "li", B)).await.unwrap();
    edge.held.let_go(3);
    while let Some(answer) = waiting.join_next().await {
        answer.unwrap().unwrap();
    }
    // What they gave back, they gave back once.
    let crowd = Crowd::of(&edge, A, 1);
    edge.held.after(4).await;
    assert_eq!(
        reason(&call(&mut person(&edge, "li", B)).await.unwrap_err()),
        "OVERLOADED"
    );
    edge.held.let_go(1);
    crowd.all_answered(1).await;
}

/// The sum of the points of a metric that carry a label.
fn measured(exporter: &InMemoryMetricExporter, name: &str, labels: &[KeyValue]) -> i64 {
    let all = exporter.get_finished_metrics().unwrap();
    let last = all.last().unwrap();
    let metrics = last.scope_metrics().flat_map(ScopeMetrics::metrics);
    let metric = metrics.into_iter().find(|metric| metric.name() == name).unwrap();
    let fits = |attributes: Vec<&KeyValue>| labels.iter().all(|label| attributes.contains(&label));
    match metric.data() {
        AggregatedMetrics::U64(MetricData::Sum(sum)) => sum
            .data_points()
            .filter(|point| fits(point.attributes().collect()))
            .map(|point| i64::try_from(point.value()).unwrap())
            .sum(),
        AggregatedMetrics::I64(MetricData::Sum(sum)) => sum
            .data_points()
            .filter(|point| fits(point.attributes().collect()))
            .map(SumDataPoint::value)
            .sum(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn refusals_are_counted_by_reason_and_places_by_district() {
    let exporter = InMemoryMetricExporter::default();
    let provider = SdkMeterProvider::builder()
        .with_periodic_exporter(exporter.clone())
        .build();
    global::set_meter_provider(provider.clone());
    let edge = Edge::with(&[
        ("XINQIAO_CALLS_MAX", "2"),
        ("XINQIAO_PLACE_WAIT_MS", "0"),
        ("XINQIAO_CALLER_CALLS_PER_MINUTE", "1"),
        ("XINQIAO_CALLER_CALLS_BURST", "2"),
    ])
    .await;
    let crowd = Crowd::of(&edge, A, 2);
    edge.held.after(2).await;
    assert_eq!(
        reason(&call(&mut person(&edge, "li", A)).await.unwrap_err()),
        "TOO_MANY_CALLS"
    );
    assert_eq!(
        reason(&call(&mut person(&edge, "he", B)).await.unwrap_err()),
        "OVERLOADED"
    );

    provider.force_flush().unwrap();
    let district = |code: &'static str| KeyValue::new("xinqiao.district", code);
    let refused = |reason: &'static str, code: &'static str| {
        let labels = [KeyValue::new("error.type", reason), district(code)];
        measured(&exporter, "xinqiao.rpc.server.calls.refused", &labels)
    };
    assert_eq!((refused("TOO_MANY_CALLS", A), refused("OVERLOADED", B)), (1, 1));
    let places = |code| measured(&exporter, "xinqiao.rpc.server.places.used", &[district(code)]);
    assert_eq!((places(A), places(B)), (2, 0));
    edge.held.let_go(2);
    crowd.all_answered(2).await;
    provider.force_flush().unwrap();
    assert_eq!(
        measured(&exporter, "xinqiao.rpc.server.places.used", &[district(A)]),
        0
    );
}

#[tokio::test]
async fn what_is_not_allowed_is_counted_as_well() {
    let edge = Edge::with(&[
        ("XINQIAO_CALLER_CALLS_PER_MINUTE", "1"),
        ("XINQIAO_CALLER_CALLS_BURST", "1"),
    ])
    .await;
    let nobody = Person::new("nobody", "无岗位");
    let mut client = edge.client(&edge.issuer.token(&nobody));
    assert_eq!(
        call(&mut client).await.unwrap_err().code(),
        Code::PermissionDenied
    );
    assert_eq!(reason(&call(&mut client).await.unwrap_err()), "TOO_MANY_CALLS");
    // A bad token is nobody's call.
    for _ in 0..10 {
        edge.client("nonsense")
            .register_visit(behaving("answer"))
            .await
            .unwrap_err();
    }
    call(&mut edge.client(&edge.issuer.token(&clerk())))
        .await
        .unwrap();
}
