//! The settings of the gRPC server.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use crate::config::{
    Reader,
    variables::{
        CALLER_CALLS_BURST, CALLER_CALLS_PER_MINUTE, CALLERS_MAX, CALLS_MAX, HEALTH_LISTEN, KEEPALIVE_MS,
        LISTEN, PLACE_WAIT_MS, PLACE_WAITING_MAX, STREAMS_MAX, TIMEOUT_MS, TLS_CALLERS_FILE, TLS_CERT_FILE,
        TLS_CLIENT_CA_FILE, TLS_HANDSHAKE_MS, TLS_HANDSHAKES_MAX, TLS_KEY_FILE, TLS_RELOAD_MS,
    },
};

/// Certificates of the server.
#[derive(Debug, Clone)]
pub struct TlsSettings {
    /// PEM file with the chain.
    pub certificate_file: PathBuf,
    /// PEM file with the key.
    pub key_file: PathBuf,
    /// Who may call; without it clients show no certificate.
    pub mutual: Option<MutualTlsSettings>,
    /// How often the files are looked at for a change.
    pub reload: Duration,
    /// Longest handshake.
    pub handshake_timeout: Duration,
    /// Handshakes at the same time.
    pub handshakes_max: usize,
}

/// Certificates of clients.
#[derive(Debug, Clone)]
pub struct MutualTlsSettings {
    /// PEM file with the authorities that they must come from.
    pub client_ca_file: PathBuf,
    /// YAML file that says which caller may call which methods.
    pub callers_file: PathBuf,
}

/// The places of the calls, which the districts share.
#[derive(Debug, Clone)]
pub struct PlaceSettings {
    /// Calls worked on at the same time, all connections together.
    pub calls_max: usize,
    /// Longest wait for a place.
    pub wait: Duration,
    /// Calls of one district that wait at the same time.
    pub waiting_max: usize,
}

/// How many calls one person of one district may make.
#[derive(Debug, Clone)]
pub struct CallerSettings {
    /// Calls in a minute, sustained.
    pub calls_per_minute: u32,
    /// Calls he may make at once after a rest.
    pub burst: u32,
    /// Persons whose calls are counted at the same time.
    pub callers_max: usize,
}

/// The gRPC server and its limits.
#[derive(Debug, Clone)]
pub struct ServerSettings {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Where health alone is answered without TLS, when given.
    pub health_listen: Option<SocketAddr>,
    /// Longest call.
    pub timeout: Duration,
    /// How many calls are worked on, and how the others wait.
    pub places: PlaceSettings,
    /// How many calls one person may make.
    pub callers: CallerSettings,
    /// Calls at the same time on one connection.
    pub streams_max: u32,
    /// How often an idle connection is probed.
    pub keepalive: Duration,
    /// TLS when given.
    pub tls: Option<TlsSettings>,
}

impl ServerSettings {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listen = reader.parse(&LISTEN, anywhere, read_address);
        let health_listen = reader.parse(&HEALTH_LISTEN, None, |text| {
            (!text.is_empty()).then(|| read_address(text)).transpose()
        });
        Self {
            listen,
            health_listen,
            timeout: reader.millis(&TIMEOUT_MS, 10..=600_000),
            places: PlaceSettings {
                calls_max: reader.count(&CALLS_MAX, 1..=1_000_000),
                wait: reader.millis(&PLACE_WAIT_MS, 0..=60_000),
                waiting_max: reader.count(&PLACE_WAITING_MAX, 0..=100_000),
            },
            callers: CallerSettings {
                calls_per_minute: reader.number(&CALLER_CALLS_PER_MINUTE, 1..=60_000_000),
                burst: reader.number(&CALLER_CALLS_BURST, 1..=1_000_000),
                callers_max: reader.count(&CALLERS_MAX, 1..=10_000_000),
            },
            streams_max: reader.number(&STREAMS_MAX, 1..=100_000),
            keepalive: reader.millis(&KEEPALIVE_MS, 1000..=3_600_000),
            tls: read_tls(reader),
        }
    }
}

fn read_address(text: &str) -> Result<SocketAddr, String> {
    text.parse()
        .map_err(|_| "must be address:port, for example 127.0.0.1:7301".to_owned())
}

fn read_tls(reader: &mut Reader) -> Option<TlsSettings> {
    let certificate = reader.optional_path(&TLS_CERT_FILE);
    let key = reader.optional_path(&TLS_KEY_FILE);
    let mutual = read_mutual(reader, certificate.is_some() || key.is_some());
    let reload = reader.millis(&TLS_RELOAD_MS, 50..=3_600_000);
    let handshake_timeout = reader.millis(&TLS_HANDSHAKE_MS, 100..=60_000);
    let handshakes_max = reader.count(&TLS_HANDSHAKES_MAX, 1..=100_000);
    match (certificate, key) {
        (Some(certificate_file), Some(key_file)) => Some(TlsSettings {
            certificate_file,
            key_file,
            mutual,
            reload,
            handshake_timeout,
            handshakes_max,
        }),
        (Some(_), None) => {
            reader.problem(&TLS_KEY_FILE, "is required with a certificate");
            None
        }
        (None, Some(_)) => {
            reader.problem(&TLS_CERT_FILE, "is required with a key");
            None
        }
        (None, None) => None,
    }
}

/// Authorities without a list would let in whoever has any certificate of theirs, a list without authorities nobody.
fn read_mutual(reader: &mut Reader, served: bool) -> Option<MutualTlsSettings> {
    let client_ca = reader.optional_path(&TLS_CLIENT_CA_FILE);
    let callers = reader.optional_path(&TLS_CALLERS_FILE);
    let no_effect = "has no effect without a certificate and a key of the service";
    for (variable, given) in [(&TLS_CLIENT_CA_FILE, &client_ca), (&TLS_CALLERS_FILE, &callers)] {
        if given.is_some() && !served {
            reader.problem(variable, no_effect);
        }
    }
    match (client_ca, callers) {
        (Some(client_ca_file), Some(callers_file)) => Some(MutualTlsSettings {
            client_ca_file,
            callers_file,
        }),
        (Some(_), None) => {
            let message = "is required with the authorities of clients: who may call what";
            reader.problem(&TLS_CALLERS_FILE, message);
            None
        }
        (None, Some(_)) => {
            let message = "is required with the list of callers: who vouches for their names";
            reader.problem(&TLS_CLIENT_CA_FILE, message);
            None
        }
        (None, None) => None,
    }
}
