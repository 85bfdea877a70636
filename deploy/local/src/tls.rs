//! Mutual TLS on one machine: an authority, certificates for the services and for the programs that call them, and the
//! list of who may call what. All of it is made anew at each start; the authority's key is never written down.

use std::collections::BTreeSet;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    SanType,
};
use time::{Duration, OffsetDateTime};
use tonic::transport::{Certificate, ClientTlsConfig, Identity};
use xinqiao_chassis::{clock::machine_time, random, server::rpcs};

use crate::databases::SERVICES;
use crate::issuer::write_secret;

/// What stands in front of the services and brings persons' tokens; the journeys come through it.
pub const PORTAL: &str = "spiffe://xinqiao/portal";
/// The operator's tools, for example the calls that the launcher prints.
pub const OPERATOR: &str = "spiffe://xinqiao/operator";

/// What an operator may call: what can be called, and cases.
const OPERATORS_METHODS: [&str; 2] = [
    "/grpc.reflection.v1.ServerReflection/",
    "/xinqiao.intake.v1.CaseService/",
];
/// How long a certificate is good.
const LIFE: Duration = Duration::days(30);
/// The clocks of two machines may differ.
const TOLERANCE: Duration = Duration::hours(1);

/// A certificate with its key.
#[derive(Debug, Clone)]
pub struct Papers {
    /// PEM.
    pub certificate: String,
    /// PEM.
    pub key: String,
    /// The certificate as it goes over the wire.
    pub der: Vec<u8>,
}

/// Issues certificates.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl std::fmt::Debug for Authority {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Authority")
    }
}

impl Authority {
    /// An authority with a name and a key of its own.
    pub fn new() -> Result<Self> {
        let mut params = params(&[], OffsetDateTime::from(machine_time()) + LIFE)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params
            .distinguished_name
            .push(DnType::CommonName, format!("信桥演示 {}", random::new_id()));
        Ok(Self(CertifiedIssuer::self_signed(params, KeyPair::generate()?)?))
    }

    /// Its own certificate, PEM.
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate for the usual time. Names are URIs, addresses or DNS names.
    pub fn issue(&self, names: &[&str]) -> Result<Papers> {
        self.issue_until(names, OffsetDateTime::from(machine_time()) + LIFE)
    }

    /// The same with another end.
    pub fn issue_until(&self, names: &[&str], end: OffsetDateTime) -> Result<Papers> {
        let mut params = params(names, end)?;
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsagePurpose::ClientAuth,
        ];
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.0)?;
        Ok(Papers {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
            der: certificate.der().to_vec(),
        })
    }
}

fn params(names: &[&str], end: OffsetDateTime) -> Result<CertificateParams> {
    let (uris, others): (Vec<&str>, Vec<&str>) = names.iter().partition(|name| name.contains("://"));
    let others: Vec<String> = others.into_iter().map(str::to_owned).collect();
    let mut params = CertificateParams::new(others)?;
    for uri in uris {
        params.subject_alt_names.push(SanType::URI(uri.try_into()?));
    }
    let now = OffsetDateTime::from(machine_time());
    params.not_before = now.min(end) - TOLERANCE;
    params.not_after = end;
    Ok(params)
}

/// The certificates of a platform.
#[derive(Debug)]
pub struct Tls {
    folder: PathBuf,
    /// Issues all of them.
    pub authority: Authority,
    portal: Papers,
}

impl Tls {
    /// Makes everything that the services will read.
    pub fn prepare(data: &Path) -> Result<Self> {
        let folder = data.join("tls");
        if folder.exists() {
            std::fs::remove_dir_all(&folder).context("old certificates could not be deleted")?;
        }
        std::fs::create_dir_all(&folder)?;
        let authority = Authority::new()?;
        let portal = authority.issue(&[PORTAL])?;
        let tls = Self {
            folder,
            authority,
            portal,
        };
        for service in SERVICES {
            tls.renew(service)?;
        }
        std::fs::write(tls.authority_file(), tls.authority.pem())?;
        tls.write_callers(&callers())?;
        let (certificate, key) = tls.operator_files();
        let operator = tls.authority.issue(&[OPERATOR])?;
        std::fs::write(certificate, operator.certificate)?;
        write_secret(&key, operator.key.as_bytes())?;
        Ok(tls)
    }

    /// Exchanges the certificate of a service as a cluster does: the new files lie elsewhere, and a link leads there.
    pub fn renew(&self, service: &str) -> Result<Papers> {
        let papers = self.authority.issue(&["localhost", "127.0.0.1", service])?;
        let version = random::new_id().to_string();
        let folder = self.folder.join(service);
        std::fs::create_dir_all(folder.join(&version))?;
        std::fs::write(folder.join(&version).join("tls.crt"), &papers.certificate)?;
        write_secret(&folder.join(&version).join("tls.key"), papers.key.as_bytes())?;
        let link = folder.join("next");
        symlink(&version, &link)?;
        std::fs::rename(link, folder.join("current"))?;
        Ok(papers)
    }

    /// Exchanges the list of callers, whole at once.
    pub fn write_callers(&self, list: &str) -> Result<()> {
        let unfinished = self.folder.join("callers.new");
        std::fs::write(&unfinished, list)?;
        Ok(std::fs::rename(unfinished, self.callers_file())?)
    }

    /// A client that trusts the services and shows nothing.
    pub fn trust(&self) -> ClientTlsConfig {
        ClientTlsConfig::new().ca_certificate(Certificate::from_pem(self.authority.pem()))
    }

    /// A client with a certificate.
    pub fn client(&self, papers: &Papers) -> ClientTlsConfig {
        self.trust()
            .identity(Identity::from_pem(&papers.certificate, &papers.key))
    }

    /// The client through which persons come.
    pub fn portal(&self) -> ClientTlsConfig {
        self.client(&self.portal)
    }

    /// The authority's certificate, which clients trust.
    pub fn authority_file(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    /// Certificate and key of the operator's tools.
    pub fn operator_files(&self) -> (PathBuf, PathBuf) {
        (self.folder.join("operator.crt"), self.folder.join("operator.key"))
    }

    fn callers_file(&self) -> PathBuf {
        self.folder.join("callers.yaml")
    }

    /// The settings that a service reads.
    pub(crate) fn settings(&self, service: &str) -> [(&'static str, String); 4] {
        let own = self.folder.join(service).join("current");
        [
            ("XINQIAO_TLS_CERT_FILE", own.join("tls.crt")),
            ("XINQIAO_TLS_KEY_FILE", own.join("tls.key")),
            ("XINQIAO_TLS_CLIENT_CA_FILE", self.authority_file()),
            ("XINQIAO_TLS_CALLERS_FILE", self.callers_file()),
        ]
        .map(|(name, path)| (name, path.display().to_string()))
    }
}

/// The list: persons reach every service through the portal, an operator looks. No service calls another, so none of
/// them stands here.
pub fn callers() -> String {
    let services: BTreeSet<String> = SERVICES
        .into_iter()
        .chain(["audit"])
        .flat_map(|name| rpcs(&format!("xinqiao.{name}.v1")))
        .filter_map(|path| path.rfind('/').map(|slash| path[..=slash].to_owned()))
        .collect();
    let portal = entry(PORTAL, services.iter().map(String::as_str));
    format!("callers:\n{portal}{}", entry(OPERATOR, OPERATORS_METHODS))
}

/// One caller of the list.
pub fn entry<'a>(identity: &str, methods: impl IntoIterator<Item = &'a str>) -> String {
    let methods: Vec<String> = methods
        .into_iter()
        .map(|method| format!("      - {method}\n"))
        .collect();
    format!("  - identity: {identity}\n    methods:\n{}", methods.concat())
}
