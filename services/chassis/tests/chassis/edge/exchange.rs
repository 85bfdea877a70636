//! Certificates and the list of callers, exchanged while the service runs.

use std::{io, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore, SupportedProtocolVersion,
    crypto::aws_lc_rs::default_provider,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject as _},
    version::TLS13,
};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};
use tonic::Code;
use xinqiao_chassis::testing::{Authority, eventually};

use super::{
    Edge, reason,
    tls::{Files, LIST, PORTAL, client, register},
};

/// A connection as the portal makes it, in one version of TLS.
pub(super) async fn connect(
    edge: &Edge,
    authority: &Authority,
    version: &'static SupportedProtocolVersion,
) -> io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    let root = CertificateDer::from_pem_slice(authority.pem().as_bytes()).unwrap();
    roots.add(root).unwrap();
    let own = authority.issue(&[PORTAL]);
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(roots)
        .with_client_auth_cert(
            vec![CertificateDer::from(own.der)],
            PrivateKeyDer::from_pem_slice(own.key.as_bytes()).unwrap(),
        )
        .unwrap();
    let stream = TcpStream::connect(edge.address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

/// The certificate that the service shows to a new connection.
async fn shown(edge: &Edge, authority: &Authority) -> Vec<u8> {
    let stream = connect(edge, authority, &TLS13).await.unwrap();
    let shown = stream.get_ref().1.peer_certificates().unwrap();
    shown[0].to_vec()
}

#[tokio::test]
async fn a_new_certificate_is_for_new_connections_and_open_ones_go_on() {
    let files = Files::new();
    let edge = files.edge(&[]).await;
    let mut open = client(&edge, files.as_caller(PORTAL));
    register(&mut open).await.unwrap();
    assert_eq!(shown(&edge, &files.authority).await, files.own.der);
    for _ in 0..3 {
        let next = files.authority.issue(&["localhost"]);
        files.write_own(&next);
        eventually("the new certificate is shown", async || {
            register(&mut open).await.unwrap();
            (shown(&edge, &files.authority).await == next.der).then_some(())
        })
        .await;
    }
    register(&mut open).await.unwrap();
}

#[tokio::test]
async fn a_new_list_holds_for_the_next_call_on_an_open_connection() {
    let files = Files::new();
    let edge = files.edge(&[]).await;
    let mut open = client(&edge, files.as_caller(PORTAL));
    register(&mut open).await.unwrap();
    files.write("callers.yaml", &LIST.replace("portal", "another"));
    let status = eventually("the call is refused", async || register(&mut open).await.err()).await;
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::PermissionDenied, "CALLER_NOT_ALLOWED")
    );
    files.write("callers.yaml", LIST);
    eventually("the call is allowed again", async || {
        register(&mut open).await.ok()
    })
    .await;
}

#[tokio::test]
async fn a_new_authority_of_clients_takes_the_place_of_the_old() {
    let (files, next) = (Files::new(), Authority::new());
    let edge = files.edge(&[]).await;
    register(&mut client(&edge, files.as_caller(PORTAL)))
        .await
        .unwrap();
    let newcomer = files.with(&next.issue(&[PORTAL]));
    register(&mut client(&edge, newcomer.clone())).await.unwrap_err();
    files.write("ca.pem", &next.pem());
    eventually("the new authority's client gets in", async || {
        register(&mut client(&edge, newcomer.clone())).await.ok()
    })
    .await;
    register(&mut client(&edge, files.as_caller(PORTAL)))
        .await
        .unwrap_err();
}
