//! What is measured of the key book.

use opentelemetry::global;
use opentelemetry_sdk::metrics::data::{
    AggregatedMetrics, MetricData, ResourceMetrics, ScopeMetrics, SumDataPoint,
};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, SdkMeterProvider};

use super::*;

fn refused(all: &[ResourceMetrics]) -> u64 {
    let metrics = all
        .last()
        .into_iter()
        .flat_map(ResourceMetrics::scope_metrics)
        .flat_map(ScopeMetrics::metrics);
    metrics
        .filter(|metric| metric.name() == "xinqiao.keys.book.refused")
        .map(|metric| match metric.data() {
            AggregatedMetrics::U64(MetricData::Sum(sum)) => sum.data_points().map(SumDataPoint::value).sum(),
            _ => 0,
        })
        .sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_book_is_counted() {
    let exporter = InMemoryMetricExporter::default();
    let meters = SdkMeterProvider::builder()
        .with_periodic_exporter(exporter.clone())
        .build();
    global::set_meter_provider(meters.clone());
    let shelf = Shelf::new().await;
    let ring = shelf.ring(SOON);
    let count = || {
        meters.force_flush().unwrap();
        refused(&exporter.get_finished_metrics().unwrap())
    };
    assert_eq!(count(), 0);
    shelf.overwrite("{}");
    xinqiao_chassis::testing::eventually("the book is refused", async || (count() > 0).then_some(())).await;
    assert!(ring.covers(home()));
}
