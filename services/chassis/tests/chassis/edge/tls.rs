//! Certificates on both sides.

use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tonic::{
    service::interceptor::InterceptedService,
    transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity},
};
use xinqiao_chassis::testing::Bearer;
use xinqiao_proto::intake::{RegisterVisitRequest, registration_service_client::RegistrationServiceClient};

use super::{Edge, clerk};

struct Papers {
    certificate: String,
    key: String,
}

fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn issue(authority: &CertifiedIssuer<'static, KeyPair>) -> Papers {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, authority).unwrap();
    Papers {
        certificate: certificate.pem(),
        key: key.serialize_pem(),
    }
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

async fn call(edge: &Edge, tls: ClientTlsConfig) -> Result<(), tonic::Status> {
    let address = format!("https://localhost:{}", edge.address.port());
    let channel: Channel = Endpoint::from_shared(address)
        .unwrap()
        .tls_config(tls)
        .unwrap()
        .connect_lazy();
    let bearer = Bearer::new(&edge.issuer.token(&clerk()));
    let mut client = RegistrationServiceClient::new(InterceptedService::new(channel, bearer));
    client
        .register_visit(RegisterVisitRequest::default())
        .await
        .map(|_| ())
}

#[tokio::test]
async fn only_clients_with_a_certificate_of_our_authority_get_in() {
    let (folder, ours, others) = (tempfile::tempdir().unwrap(), authority(), authority());
    let server = issue(&ours);
    let edge = Edge::with(&[
        (
            "XINQIAO_TLS_CERT_FILE",
            &write(folder.path(), "cert", &server.certificate),
        ),
        ("XINQIAO_TLS_KEY_FILE", &write(folder.path(), "key", &server.key)),
        (
            "XINQIAO_TLS_CLIENT_CA_FILE",
            &write(folder.path(), "ca", &ours.pem()),
        ),
    ])
    .await;
    let trust = || ClientTlsConfig::new().ca_certificate(Certificate::from_pem(ours.pem()));
    let with = |papers: Papers| trust().identity(Identity::from_pem(papers.certificate, papers.key));
    call(&edge, with(issue(&ours))).await.unwrap();
    call(&edge, trust()).await.unwrap_err();
    call(&edge, with(issue(&others))).await.unwrap_err();
}
