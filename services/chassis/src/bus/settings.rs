//! The settings of a stream, and what of them must hold for nothing to be lost.

use std::time::Duration;

use async_nats::jetstream::stream::{Config, DiscardPolicy, RetentionPolicy, StorageType};
use serde::Deserialize;

use super::BusError;
use crate::config::BusSettings;

const DAY: u64 = 24 * 60 * 60;
const MAX_AGE: Duration = Duration::from_secs(14 * DAY);
const DUPLICATE_WINDOW: Duration = Duration::from_mins(10);
const MESSAGE_MAX_BYTES: i32 = 256 * 1024;
const MONITOR_PATIENCE: Duration = Duration::from_secs(2);

/// Name of a service's stream, for example `XQ_INTAKE`.
pub fn stream_name(service: &str) -> String {
    format!("XQ_{}", service.to_ascii_uppercase())
}

/// The stream of a service as it is created.
pub fn stream_config(service: &str, settings: &BusSettings) -> Config {
    Config {
        name: stream_name(service),
        description: Some(format!(
            "events published by {service}; can be refilled from its journal"
        )),
        subjects: vec![format!("xq.*.{service}.>")],
        storage: StorageType::File,
        num_replicas: settings.replicas,
        retention: RetentionPolicy::Limits,
        discard: DiscardPolicy::New,
        max_age: MAX_AGE,
        max_bytes: settings.stream_max_bytes,
        max_message_size: MESSAGE_MAX_BYTES,
        duplicate_window: DUPLICATE_WINDOW,
        deny_delete: true,
        deny_purge: true,
        allow_atomic_publish: true,
        ..Config::default()
    }
}

/// What is wrong with the settings of a stream: everything that could lose a message silently or let
/// somebody remove one.
pub fn faults(config: &Config) -> Vec<String> {
    let demands = [
        (config.storage == StorageType::File, "storage must be file"),
        (
            config.retention == RetentionPolicy::Limits,
            "retention must be limits",
        ),
        (
            config.discard == DiscardPolicy::New,
            "discard must be new: old events must never be dropped for new ones",
        ),
        (config.max_age >= MAX_AGE, "max_age must be at least 14 days"),
        (config.max_bytes > 0, "max_bytes must be set"),
        (config.max_messages <= 0, "max_msgs must not be set"),
        (
            config.max_messages_per_subject <= 0,
            "max_msgs_per_subject must not be set",
        ),
        (
            config.duplicate_window >= Duration::from_mins(2),
            "duplicate_window must be at least 2 minutes",
        ),
        (
            config.deny_delete && config.deny_purge,
            "deny_delete and deny_purge must be on",
        ),
        (!config.allow_rollup, "allow_rollup_hdrs must be off"),
        (!config.no_ack, "no_ack must be off"),
        (config.allow_atomic_publish, "allow_atomic must be on"),
        (
            config.mirror.is_none() && config.sources.is_none(),
            "the stream must not copy another one",
        ),
    ];
    demands
        .into_iter()
        .filter(|(holds, _)| !holds)
        .map(|(_, fault)| fault.to_owned())
        .collect()
}

pub(crate) fn verify(config: &Config) -> Result<(), BusError> {
    let faults = faults(config);
    if faults.is_empty() {
        Ok(())
    } else {
        Err(BusError::Unfit {
            stream: config.name.clone(),
            faults,
        })
    }
}

#[derive(Deserialize)]
struct Varz {
    #[serde(default)]
    jetstream: VarzJetStream,
}

#[derive(Default, Deserialize)]
struct VarzJetStream {
    #[serde(default)]
    config: VarzConfig,
}

#[derive(Default, Deserialize)]
struct VarzConfig {
    #[serde(default)]
    sync_always: bool,
}

/// Asks the server's monitoring whether every message is synced before it is acknowledged. The client protocol
/// does not show that setting, so without a monitoring URL it is not checked; `config` says so.
pub(super) async fn verify_sync(monitor_url: Option<&str>) -> Result<(), BusError> {
    let Some(url) = monitor_url else { return Ok(()) };
    let away = |error: reqwest::Error| BusError::Away(error.without_url().to_string());
    let url = format!("{}/varz", url.trim_end_matches('/'));
    let client = reqwest::Client::builder()
        .timeout(MONITOR_PATIENCE)
        .build()
        .map_err(away)?;
    let varz: Varz = client
        .get(url)
        .send()
        .await
        .map_err(away)?
        .json()
        .await
        .map_err(away)?;
    if varz.jetstream.config.sync_always {
        return Ok(());
    }
    let faults = vec!["the server must run with jetstream { sync_interval: always }".to_owned()];
    Err(BusError::Unfit {
        stream: "(server)".to_owned(),
        faults,
    })
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::*;

    fn config() -> Config {
        let settings = BusSettings {
            url: SecretString::from("nats://127.0.0.1"),
            password: None,
            replicas: 1,
            stream_max_bytes: 1 << 30,
            monitor_url: None,
        };
        stream_config("intake", &settings)
    }

    #[test]
    fn a_stream_as_created_is_fit() {
        assert_eq!(config().name, "XQ_INTAKE");
        assert_eq!(config().subjects, ["xq.*.intake.>"]);
        assert!(faults(&config()).is_empty());
    }

    #[test]
    fn a_stream_that_would_lose_events_is_not_fit() {
        let wrong = [
            Config {
                discard: DiscardPolicy::Old,
                ..config()
            },
            Config {
                max_age: Duration::from_secs(DAY),
                ..config()
            },
            Config {
                storage: StorageType::Memory,
                ..config()
            },
            Config {
                deny_purge: false,
                ..config()
            },
            Config {
                retention: RetentionPolicy::Interest,
                ..config()
            },
            Config {
                max_messages: 3,
                ..config()
            },
        ];
        for config in wrong {
            assert_eq!(faults(&config).len(), 1, "{config:?}");
        }
    }
}
