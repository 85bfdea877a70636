//! Takes connections, and hands on those whose handshake has succeeded.
//!
//! Handshakes run beside each other, at most `XINQIAO_TLS_HANDSHAKES_MAX`, each for at most
//! `XINQIAO_TLS_HANDSHAKE_MS`: who connects and says nothing costs a place for that long, and nobody's failure ends
//! anything but his own connection.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures::StreamExt as _;
use rustls::CertificateError;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{Semaphore, mpsc},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tonic::transport::server::{Connected, TcpIncoming};

use super::{Tls, metrics, names};

/// Pause after the system could not give a connection, for example for want of file descriptors.
const BREATHER: Duration = Duration::from_millis(50);

/// Whose certificate a connection has shown; part of every request on it.
#[derive(Debug, Clone)]
pub(in crate::server) struct Peer(Arc<[String]>);

impl Peer {
    /// The names in its certificate; none when it was not asked for one.
    pub(in crate::server) fn names(&self) -> &[String] {
        &self.0
    }
}

/// A connection whose handshake has succeeded.
#[derive(Debug)]
pub(in crate::server) struct Connection {
    stream: Pin<Box<TlsStream<TcpStream>>>,
    peer: Peer,
}

impl Connection {
    fn new(stream: TlsStream<TcpStream>) -> Self {
        let shown = stream.get_ref().1.peer_certificates();
        let names = shown.and_then(<[_]>::first).map_or_else(Vec::new, names::names);
        Self {
            stream: Box::pin(stream),
            peer: Peer(names.into()),
        }
    }
}

impl Connected for Connection {
    type ConnectInfo = Peer;

    fn connect_info(&self) -> Peer {
        self.peer.clone()
    }
}

/// Takes connections until nobody wants them any more; the port is closed then.
pub(in crate::server) async fn run(
    listener: TcpListener,
    tls: Arc<Tls>,
    keepalive: Duration,
    handed: mpsc::Sender<Connection>,
) {
    let places = Arc::new(Semaphore::new(tls.settings.handshakes_max));
    let mut incoming = TcpIncoming::from(listener)
        .with_nodelay(Some(true))
        .with_keepalive(Some(keepalive));
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (
                place.expect("invariant: the places are never closed"),
                incoming.next().await,
            )
        };
        let (place, stream) = tokio::select! {
            () = handed.closed() => return,
            next = next => next,
        };
        match stream {
            Some(Ok(stream)) => {
                let (tls, handed) = (Arc::clone(&tls), handed.clone());
                tokio::spawn(async move {
                    if let Some(connection) = shake(&tls, stream).await {
                        // Nobody wants it when the service stops.
                        let _ = handed.send(connection).await;
                    }
                    drop(place);
                });
            }
            Some(Err(error)) => {
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(BREATHER).await;
            }
            None => return,
        }
    }
}

async fn shake(tls: &Tls, stream: TcpStream) -> Option<Connection> {
    let acceptor = TlsAcceptor::from(Arc::clone(&tls.current().config));
    let shaken = tokio::time::timeout(tls.settings.handshake_timeout, acceptor.accept(stream)).await;
    let cause = match shaken {
        Ok(Ok(stream)) => return Some(Connection::new(stream)),
        Ok(Err(error)) => cause(&error),
        Err(_) => "timeout",
    };
    metrics::handshake_failed(cause);
    tracing::info!(cause, "tls handshake failed");
    None
}

/// A stable word for metrics.
fn cause(error: &io::Error) -> &'static str {
    let inner = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match inner {
        Some(rustls::Error::NoCertificatesPresented) => "no_certificate",
        Some(rustls::Error::InvalidCertificate(why)) => match why {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => "expired",
            CertificateError::UnknownIssuer | CertificateError::BadSignature => "unknown_authority",
            _ => "bad_certificate",
        },
        Some(_) => "protocol",
        None => "closed",
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.stream.as_mut().poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.stream.as_mut().poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.stream.as_mut().poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.as_mut().poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.as_mut().poll_shutdown(context)
    }
}
