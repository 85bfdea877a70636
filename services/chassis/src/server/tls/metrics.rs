//! Instruments of TLS and of the list of callers. First touched after telemetry is set up.

use std::sync::LazyLock;

use opentelemetry::{
    KeyValue, global,
    metrics::{Counter, Gauge},
};

struct Instruments {
    remaining: Gauge<i64>,
    fit: Gauge<i64>,
    reloads: Counter<u64>,
    handshakes_failed: Counter<u64>,
    callers_refused: Counter<u64>,
}

static INSTRUMENTS: LazyLock<Instruments> = LazyLock::new(|| {
    let meter = global::meter("xinqiao_chassis");
    Instruments {
        remaining: meter
            .i64_gauge("xinqiao.tls.certificate.remaining")
            .with_unit("s")
            .with_description(
                "Time until a certificate in force expires: the service's, the clients' authority's",
            )
            .build(),
        fit: meter
            .i64_gauge("xinqiao.tls.fit")
            .with_unit("1")
            .with_description("1 when the files are in force, 0 when they were refused and older ones are")
            .build(),
        reloads: meter
            .u64_counter("xinqiao.tls.reloads")
            .with_unit("{reload}")
            .with_description("Changes of certificates or list of callers, by outcome")
            .build(),
        handshakes_failed: meter
            .u64_counter("xinqiao.tls.handshakes.failed")
            .with_unit("{handshake}")
            .with_description("Handshakes that failed, by cause")
            .build(),
        callers_refused: meter
            .u64_counter("xinqiao.tls.callers.refused")
            .with_unit("{call}")
            .with_description("Calls that the list of callers does not allow")
            .build(),
    }
});

pub(super) fn remaining(certificate: &'static str, seconds: i64) {
    let labels = [KeyValue::new("certificate", certificate)];
    INSTRUMENTS.remaining.record(seconds, &labels);
}

pub(super) fn fit(fit: bool) {
    INSTRUMENTS.fit.record(i64::from(fit), &[]);
}

pub(super) fn reloaded(taken: bool) {
    let outcome = if taken { "taken" } else { "refused" };
    INSTRUMENTS.reloads.add(1, &[KeyValue::new("outcome", outcome)]);
}

pub(super) fn handshake_failed(cause: &'static str) {
    let labels = [KeyValue::new("error.type", cause)];
    INSTRUMENTS.handshakes_failed.add(1, &labels);
}

/// `caller` is a name of the list or `unlisted`, so that nobody can invent labels.
pub(super) fn caller_refused(caller: &str) {
    let labels = [KeyValue::new("xinqiao.caller", caller.to_owned())];
    INSTRUMENTS.callers_refused.add(1, &labels);
}
