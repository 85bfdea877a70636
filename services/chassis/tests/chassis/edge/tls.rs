//! Certificates on both sides, and connections that go wrong on the way.

use std::{path::Path, time::Duration};

use rustls::version::{TLS12, TLS13};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};
use tonic::{
    Code, Request, Status,
    service::interceptor::InterceptedService,
    transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity},
};
use xinqiao_chassis::testing::{Authority, Bearer, Papers};
use xinqiao_proto::intake::{RegisterVisitRequest, registration_service_client::RegistrationServiceClient};

use super::{Client, Edge, behaving, clerk, exchange::connect};

/// Carries persons' tokens.
pub(super) const PORTAL: &str = "spiffe://xinqiao/portal";
/// The portal may register and nothing else.
pub(super) const LIST: &str = "\
callers:
  - identity: spiffe://xinqiao/portal
    methods: [/xinqiao.intake.v1.RegistrationService/]
";

/// The files of a service, and the authority of all certificates in them.
pub(super) struct Files {
    folder: TempDir,
    pub(super) authority: Authority,
    /// The service's own certificate.
    pub(super) own: Papers,
}

impl Files {
    /// As the portal's list has it.
    pub(super) fn new() -> Self {
        let authority = Authority::new();
        let own = authority.issue(&["localhost"]);
        let files = Self {
            folder: tempfile::tempdir().unwrap(),
            authority,
            own,
        };
        files.write_own(&files.own);
        files.write("ca.pem", &files.authority.pem());
        files.write("callers.yaml", LIST);
        files
    }

    pub(super) fn write(&self, name: &str, text: &str) {
        // Whole at once, as a mounted volume changes.
        let unfinished = self.folder.path().join("unfinished");
        std::fs::write(&unfinished, text).unwrap();
        std::fs::rename(unfinished, self.folder.path().join(name)).unwrap();
    }

    pub(super) fn write_own(&self, papers: &Papers) {
        self.write("cert.pem", &papers.certificate);
        self.write("key.pem", &papers.key);
    }

    fn path(&self, name: &str) -> String {
        Path::new(self.folder.path()).join(name).display().to_string()
    }

    /// Settings that read these files, and others.
    pub(super) async fn edge(&self, others: &[(&str, &str)]) -> Edge {
        self.try_edge(others).await.unwrap()
    }

    pub(super) async fn try_edge(&self, others: &[(&str, &str)]) -> Result<Edge, super::ServerError> {
        let own = [
            ("XINQIAO_TLS_CERT_FILE", self.path("cert.pem")),
            ("XINQIAO_TLS_KEY_FILE", self.path("key.pem")),
            ("XINQIAO_TLS_CLIENT_CA_FILE", self.path("ca.pem")),
            ("XINQIAO_TLS_CALLERS_FILE", self.path("callers.yaml")),
            ("XINQIAO_TLS_RELOAD_MS", "50".to_owned()),
        ];
        let own = own.iter().map(|(name, value)| (*name, value.as_str()));
        let all: Vec<_> = own.chain(others.iter().copied()).collect();
        Edge::try_with(&all).await
    }

    /// What a client must trust, and no certificate of its own.
    pub(super) fn trust(&self) -> ClientTlsConfig {
        ClientTlsConfig::new().ca_certificate(Certificate::from_pem(self.authority.pem()))
    }

    /// With a certificate of our authority.
    pub(super) fn as_caller(&self, name: &str) -> ClientTlsConfig {
        self.with(&self.authority.issue(&[name]))
    }

    pub(super) fn with(&self, papers: &Papers) -> ClientTlsConfig {
        self.trust()
            .identity(Identity::from_pem(&papers.certificate, &papers.key))
    }
}

/// One connection, made when it is first used.
pub(super) fn channel(edge: &Edge, tls: ClientTlsConfig) -> Channel {
    Endpoint::from_shared(format!("https://localhost:{}", edge.address.port()))
        .unwrap()
        .tls_config(tls)
        .unwrap()
        .connect_lazy()
}

/// A clerk behind a program.
pub(super) fn client(edge: &Edge, tls: ClientTlsConfig) -> Client {
    let bearer = Bearer::new(&edge.issuer.token(&clerk()));
    RegistrationServiceClient::new(InterceptedService::new(channel(edge, tls), bearer))
}

pub(super) async fn register(client: &mut Client) -> Result<(), Status> {
    client
        .register_visit(RegisterVisitRequest::default())
        .await
        .map(drop)
}

#[tokio::test]
async fn only_clients_with_a_good_certificate_of_our_authority_get_in() {
    let (files, others) = (Files::new(), Authority::new());
    let edge = files.edge(&[]).await;
    let call = async |tls| register(&mut client(&edge, tls)).await;
    call(files.as_caller(PORTAL)).await.unwrap();
    for (what, tls) in [
        ("without one", files.trust()),
        ("another authority's", files.with(&others.issue(&[PORTAL]))),
        ("expired", files.with(&files.authority.issue_expired(&[PORTAL]))),
    ] {
        let status = call(tls).await.unwrap_err();
        // Refused by the handshake: no status of ours, and never an answer of the handler.
        assert!(
            !matches!(
                status.code(),
                Code::Ok | Code::PermissionDenied | Code::Unauthenticated
            ),
            "{what}: {status:?}"
        );
    }
    call(files.as_caller(PORTAL)).await.unwrap();
}

#[tokio::test]
async fn a_service_may_show_a_certificate_and_ask_for_none() {
    let files = Files::new();
    let edge = Edge::with(&[
        ("XINQIAO_TLS_CERT_FILE", &files.path("cert.pem")),
        ("XINQIAO_TLS_KEY_FILE", &files.path("key.pem")),
    ])
    .await;
    register(&mut client(&edge, files.trust())).await.unwrap();
}

#[tokio::test]
async fn an_older_protocol_and_plain_text_get_no_answer() {
    let files = Files::new();
    let edge = files.edge(&[]).await;
    connect(&edge, &files.authority, &TLS13).await.unwrap();
    connect(&edge, &files.authority, &TLS12).await.unwrap_err();
    for first in [
        &b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..],
        b"GET / HTTP/1.1\r\n\r\n",
    ] {
        let mut stream = TcpStream::connect(edge.address).await.unwrap();
        stream.write_all(first).await.unwrap();
        let mut answer = Vec::new();
        // An alert (21) and the end, or a reset: never anything from inside.
        let _ = timeout(Duration::from_secs(10), stream.read_to_end(&mut answer))
            .await
            .unwrap();
        assert!(answer.is_empty() || answer[0] == 21, "{answer:?}");
    }
    register(&mut client(&edge, files.as_caller(PORTAL)))
        .await
        .unwrap();
}

#[tokio::test]
async fn who_connects_and_says_nothing_holds_others_up_for_one_handshake_at_most() {
    let files = Files::new();
    let edge = files
        .edge(&[
            ("XINQIAO_TLS_HANDSHAKES_MAX", "1"),
            ("XINQIAO_TLS_HANDSHAKE_MS", "200"),
        ])
        .await;
    let mut silent = TcpStream::connect(edge.address).await.unwrap();
    register(&mut client(&edge, files.as_caller(PORTAL)))
        .await
        .unwrap();
    // By then his time was over.
    let mut nothing = Vec::new();
    let ended = timeout(Duration::from_secs(10), silent.read_to_end(&mut nothing)).await;
    assert!(ended.unwrap().is_err() || nothing.is_empty());
}

#[tokio::test]
async fn a_call_that_has_begun_is_answered_before_the_stop_and_nobody_new_gets_in() {
    let files = Files::new();
    let edge = files.edge(&[]).await;
    let mut client = client(&edge, files.as_caller(PORTAL));
    let call = tokio::spawn(async move { client.register_visit(behaving("hold")).await });
    edge.held.after(1).await;
    edge.stop.cancel();
    xinqiao_chassis::testing::eventually("the port is closed", async || {
        TcpStream::connect(edge.address).await.is_err().then_some(())
    })
    .await;
    edge.held.let_go(1);
    call.await.unwrap().unwrap();
    timeout(Duration::from_secs(10), edge.serving)
        .await
        .unwrap()
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn the_limits_of_a_connection_hold_over_tls_too() {
    let files = Files::new();
    let edge = files.edge(&[("XINQIAO_STREAMS_MAX", "1")]).await;
    let mut first = client(&edge, files.as_caller(PORTAL));
    register(&mut first).await.unwrap();
    let mut second = first.clone();
    let held = tokio::spawn(async move { first.register_visit(behaving("hold")).await });
    edge.held.after(1).await;
    let mut waiting = tokio::spawn(async move { second.register_visit(behaving("hold")).await });
    // One stream at a time on this connection: the second call is not even sent.
    assert!(timeout(Duration::from_millis(300), &mut waiting).await.is_err());
    assert_eq!(edge.held.inside.borrow().len(), 1);
    edge.held.let_go(2);
    held.await.unwrap().unwrap();
    waiting.await.unwrap().unwrap();

    let mut long = Request::new(RegisterVisitRequest::default());
    long.metadata_mut()
        .insert("x-long", "l".repeat(20 * 1024).parse().unwrap());
    let mut third = client(&edge, files.as_caller(PORTAL));
    third.register_visit(long).await.unwrap_err();
}
