//! The one way a service listens: limits, TLS, health, reflection, the trace and the identity of every call.

use std::{collections::HashMap, io, time::Duration};

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::{
    service::Routes,
    transport::{Certificate, Identity, Server, ServerTlsConfig, server::TcpIncoming},
};

use crate::{
    config::{Profile, ServerSettings, TlsSettings},
    identity::Verifier,
    permission::{Right, RightTable},
};

mod call;
mod edge;
mod gate;
mod health;
mod rights;

pub use health::Health;
pub use rights::{RightTableError, rpcs};

/// Largest message a service decodes. Give it to every generated server
/// (`max_decoding_message_size(MESSAGE_MAX_BYTES)`): it is larger than the longest field may be, so that a
/// field that is too long is named, and small enough that nobody can fill the memory.
pub const MESSAGE_MAX_BYTES: usize = 8 * 1024 * 1024;
/// Largest set of headers: a token and a few short ones.
const HEADERS_MAX_BYTES: u32 = 16 * 1024;
/// Longest wait for the answer to a probe of an idle connection.
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(10);

/// Why a server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The address cannot be had.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// What was asked for.
        address: std::net::SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// A certificate or key cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    TlsFile {
        /// The file.
        path: std::path::PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The transport refused its settings or broke.
    #[error("transport: {0}")]
    Transport(#[from] tonic::transport::Error),
    /// Reflection cannot read the descriptors.
    #[error("reflection: {0}")]
    Reflection(#[from] tonic_reflection::server::Error),
}

/// What is served and to whom.
#[derive(Debug)]
pub struct Mount {
    package: String,
    routes: Routes,
    rights: HashMap<&'static str, Option<Right>>,
    verifier: Verifier,
    profile: Profile,
}

impl Mount {
    /// The services of a protobuf package (`xinqiao.intake.v1`) behind the right that each RPC needs and the list of those that
    /// are open; every RPC stands in exactly one of the two. Reflection is off in production.
    pub fn new(
        package: &str,
        routes: Routes,
        rights: (RightTable, &'static [&'static str]),
        verifier: Verifier,
        profile: Profile,
    ) -> Result<Self, RightTableError> {
        let rights = rights::check(rights, package)?;
        Ok(Self {
            package: package.to_owned(),
            routes,
            rights,
            verifier,
            profile,
        })
    }
}

/// Opens the port. Calls wait until [`serve`] runs.
pub async fn bind(settings: &ServerSettings) -> Result<TcpListener, ServerError> {
    let address = settings.listen;
    TcpListener::bind(address)
        .await
        .map_err(|source| ServerError::Listen { address, source })
}

/// Serves until `stop`, then answers the open calls and returns.
///
/// An open stream keeps this waiting: [`Health::end`] ends the watches, the caller sets a deadline for
/// anything else.
pub async fn serve(
    listener: TcpListener,
    mount: Mount,
    health: &Health,
    settings: &ServerSettings,
    stop: CancellationToken,
) -> Result<(), ServerError> {
    let edge = edge::EdgeLayer::new(mount.verifier, mount.rights, settings);
    let mut routes = mount.routes.add_service(health.service());
    if mount.profile == Profile::Evaluation {
        let mut reflection = tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(xinqiao_proto::DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET);
        for name in rights::services(&mount.package) {
            reflection = reflection.with_service_name(name);
        }
        routes = routes.add_service(reflection.with_service_name("grpc.health.v1.Health").build_v1()?);
    }
    let mut server = Server::builder()
        .max_concurrent_streams(settings.streams_max)
        .http2_max_header_list_size(HEADERS_MAX_BYTES)
        .http2_keepalive_interval(Some(settings.keepalive))
        .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT));
    if let Some(tls) = &settings.tls {
        server = server.tls_config(tls_config(tls)?)?;
    }
    // The TCP settings of the server have no effect on a listener of our own: they belong here.
    let incoming = TcpIncoming::from(listener)
        .with_nodelay(Some(true))
        .with_keepalive(Some(settings.keepalive));
    server
        .layer(edge)
        .add_routes(routes)
        .serve_with_incoming_shutdown(incoming, stop.cancelled_owned())
        .await?;
    Ok(())
}

fn tls_config(tls: &TlsSettings) -> Result<ServerTlsConfig, ServerError> {
    let read = |path: &std::path::Path| {
        std::fs::read(path).map_err(|source| ServerError::TlsFile {
            path: path.to_owned(),
            source,
        })
    };
    let identity = Identity::from_pem(read(&tls.certificate_file)?, read(&tls.key_file)?);
    let config = ServerTlsConfig::new().identity(identity);
    Ok(match &tls.client_ca_file {
        Some(path) => config.client_ca_root(Certificate::from_pem(read(path)?)),
        None => config,
    })
}
