//! The one way a service listens: limits, TLS, health, reflection, the trace and the identity of every call.

use std::{collections::HashMap, convert::Infallible, io, net::SocketAddr, sync::Arc, time::Duration};

use futures::{StreamExt as _, stream};
use tokio::{net::TcpListener, sync::mpsc};
use tokio_util::sync::CancellationToken;
use tonic::{
    service::Routes,
    transport::{Server, server::TcpIncoming},
};

use crate::{
    audit::read as audit,
    config::{Profile, ServerSettings},
    desk::Desk,
    identity::Verifier,
    permission::{Right, RightTable},
};

mod call;
mod callers;
mod edge;
mod gate;
mod health;
mod rights;
mod tls;
mod windows;

pub use callers::CallersError;
pub use gate::CallPlace;
pub use health::Health;
pub use rights::{RightTableError, rpcs};
pub use tls::TlsError;
pub use windows::{Window, Windows};

use tls::Tls;

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
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// Certificates or the list of callers are wrong.
    #[error("TLS: {0}")]
    Tls(#[from] TlsError),
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
    desk: Option<Desk>,
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
        let mut rights = rights::check(rights, package)?;
        rights.extend(rights::check((audit::RIGHTS, &[]), audit::PACKAGE)?);
        Ok(Self {
            package: package.to_owned(),
            routes,
            rights,
            verifier,
            profile,
            desk: None,
        })
    }

    /// Has the desk note whom the edge turns away.
    #[must_use]
    pub fn noting(mut self, desk: Desk) -> Self {
        self.desk = Some(desk);
        self
    }
}

/// The open ports of a service. Calls wait until [`serve`] runs.
#[derive(Debug)]
pub struct Listening {
    listener: TcpListener,
    /// Where health alone is answered, without TLS.
    health: Option<TcpListener>,
    tls: Option<Arc<Tls>>,
}

impl Listening {
    /// Where the service listens.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Where it answers probes, when they have a port of their own.
    pub fn health_address(&self) -> io::Result<Option<SocketAddr>> {
        self.health.as_ref().map(TcpListener::local_addr).transpose()
    }
}

/// Reads the certificates and the list of callers, then opens the ports: what is wrong with the first is told before
/// anybody can connect.
pub async fn bind(settings: &ServerSettings) -> Result<Listening, ServerError> {
    let tls = settings.tls.as_ref().map(Tls::open).transpose()?.map(Arc::new);
    let health = match settings.health_listen {
        Some(address) => Some(listen(address).await?),
        None => None,
    };
    Ok(Listening {
        listener: listen(settings.listen).await?,
        health,
        tls,
    })
}

async fn listen(address: SocketAddr) -> Result<TcpListener, ServerError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| ServerError::Listen { address, source })
}

/// Serves until `stop`, then answers the open calls and returns.
///
/// An open stream keeps this waiting: [`Health::end`] ends the watches, the caller sets a deadline for
/// anything else.
pub async fn serve(
    listening: Listening,
    mount: Mount,
    health: &Health,
    settings: &ServerSettings,
    stop: CancellationToken,
) -> Result<(), ServerError> {
    let Listening {
        listener,
        health: probes,
        tls,
    } = listening;
    let edge = edge::EdgeLayer::new(mount.verifier, mount.rights, mount.desk, tls.clone(), settings);
    let mut routes = mount.routes.add_service(health.service());
    if mount.profile == Profile::Evaluation {
        let mut reflection = tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(xinqiao_proto::DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET);
        let own = rights::services(&mount.package);
        for name in own.into_iter().chain(rights::services(audit::PACKAGE)) {
            reflection = reflection.with_service_name(name);
        }
        routes = routes.add_service(reflection.with_service_name("grpc.health.v1.Health").build_v1()?);
    }
    let whole = server(settings).layer(edge).add_routes(routes);
    let serving = async {
        let stopped = stop.clone().cancelled_owned();
        match tls {
            None => {
                let incoming = incoming(listener, settings);
                whole.serve_with_incoming_shutdown(incoming, stopped).await
            }
            Some(tls) => {
                let (handed, mut taken) = mpsc::channel(1);
                let incoming =
                    stream::poll_fn(move |context| taken.poll_recv(context)).map(Ok::<_, Infallible>);
                let accepting = tls::accept(listener, Arc::clone(&tls), settings.keepalive, handed);
                let served = whole.serve_with_incoming_shutdown(incoming, stopped);
                let (served, (), ()) = tokio::join!(served, accepting, tls.watch(stop.clone()));
                served
            }
        }
    };
    let answering = answer_probes(probes, health, settings, stop.clone());
    tokio::try_join!(serving, answering)?;
    Ok(())
}

/// The limits of every connection.
fn server(settings: &ServerSettings) -> Server {
    Server::builder()
        .max_concurrent_streams(settings.streams_max)
        .http2_max_header_list_size(HEADERS_MAX_BYTES)
        .http2_keepalive_interval(Some(settings.keepalive))
        .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
}

/// The TCP settings of the server have no effect on a listener of our own: they belong here.
fn incoming(listener: TcpListener, settings: &ServerSettings) -> TcpIncoming {
    TcpIncoming::from(listener)
        .with_nodelay(Some(true))
        .with_keepalive(Some(settings.keepalive))
}

/// Health alone, on its own port, for probes that cannot show a certificate: Kubernetes has none for its own.
async fn answer_probes(
    listener: Option<TcpListener>,
    health: &Health,
    settings: &ServerSettings,
    stop: CancellationToken,
) -> Result<(), tonic::transport::Error> {
    let Some(listener) = listener else {
        return Ok(());
    };
    server(settings)
        .add_service(health.service())
        .serve_with_incoming_shutdown(incoming(listener, settings), stop.cancelled_owned())
        .await
}
