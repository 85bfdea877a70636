//! The files of TLS, and what is made of them.

use std::{path::Path, sync::Arc};

use ::aws_lc_rs::digest::{Context, SHA256};
use rustls::{
    RootCertStore, ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    server::{NoServerSessionStorage, WebPkiClientVerifier},
    version::TLS13,
};

use super::{TlsError, metrics, names};
use crate::{
    config::{MutualTlsSettings, TlsSettings},
    server::callers::Callers,
};

/// Of the content of all files.
pub(super) type Digest = [u8; 32];

/// Readings until two agree; files are exchanged one after the other.
const READINGS_MAX: usize = 5;

/// What the files held at one moment.
pub(super) struct Files {
    certificate: Vec<u8>,
    key: Vec<u8>,
    /// Authorities of clients and the list of callers.
    mutual: Option<(Vec<u8>, Vec<u8>)>,
}

impl Files {
    pub(super) fn read(settings: &TlsSettings) -> Result<Self, TlsError> {
        let read = |path: &Path| {
            std::fs::read(path).map_err(|source| TlsError::Read {
                path: path.to_owned(),
                source,
            })
        };
        let mutual = settings.mutual.as_ref();
        let mutual = mutual.map(|mutual| Ok((read(&mutual.client_ca_file)?, read(&mutual.callers_file)?)));
        Ok(Self {
            certificate: read(&settings.certificate_file)?,
            key: read(&settings.key_file)?,
            mutual: mutual.transpose()?,
        })
    }

    /// Reads until two readings agree: otherwise a change in the middle of a reading would look like a key that does
    /// not fit its certificate.
    pub(super) fn settled(settings: &TlsSettings) -> Result<Self, TlsError> {
        let mut last = Self::read(settings)?;
        for _ in 1..READINGS_MAX {
            let next = Self::read(settings)?;
            if next.digest() == last.digest() {
                break;
            }
            last = next;
        }
        Ok(last)
    }

    pub(super) fn digest(&self) -> Digest {
        let mut context = Context::new(&SHA256);
        let (client_ca, callers) = self
            .mutual
            .as_ref()
            .map_or((&[][..], &[][..]), |(client_ca, callers)| {
                (client_ca.as_slice(), callers.as_slice())
            });
        for content in [&self.certificate, &self.key, client_ca, callers] {
            context.update(&(content.len() as u64).to_be_bytes());
            context.update(content);
        }
        let mut digest = Digest::default();
        digest.copy_from_slice(context.finish().as_ref());
        digest
    }
}

/// What holds for new connections and next calls.
#[derive(Debug)]
pub(super) struct InForce {
    pub(super) config: Arc<ServerConfig>,
    /// None when clients show no certificates.
    pub(super) callers: Option<Callers>,
    /// When the service's own certificate expires, in seconds since the epoch.
    own_until: i64,
    /// When the last authority of clients expires.
    authority_until: Option<i64>,
}

impl InForce {
    /// Checks everything before any of it is used.
    pub(super) fn build(files: &Files, settings: &TlsSettings) -> Result<Self, TlsError> {
        let now = names::now();
        let chain = certificates(&files.certificate, &settings.certificate_file)?;
        let own_until = good(&chain[0], &settings.certificate_file, now)?;
        let key = PrivateKeyDer::from_pem_slice(&files.key).map_err(|error| TlsError::Pem {
            path: settings.key_file.clone(),
            problem: error.to_string(),
        })?;
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[&TLS13])
            .map_err(unusable)?;
        let mutual = files.mutual.as_ref().zip(settings.mutual.as_ref());
        let (builder, callers, authority_until) = match mutual {
            None => (builder.with_no_client_auth(), None, None),
            Some(((client_ca, callers), paths)) => {
                let (roots, until) = authorities(client_ca, paths, now)?;
                let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider)
                    .build()
                    .map_err(unusable)?;
                let callers = read_callers(callers, paths)?;
                (
                    builder.with_client_cert_verifier(verifier),
                    Some(callers),
                    Some(until),
                )
            }
        };
        let mut config = builder.with_single_cert(chain, key).map_err(unusable)?;
        config.alpn_protocols = vec![b"h2".to_vec()];
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Self {
            config: Arc::new(config),
            callers,
            own_until,
            authority_until,
        })
    }

    /// Says how long the certificates are still good.
    pub(super) fn measure(&self) {
        let now = names::now();
        metrics::remaining("service", self.own_until - now);
        if let Some(until) = self.authority_until {
            metrics::remaining("client_ca", until - now);
        }
    }
}

fn unusable(error: impl std::fmt::Display) -> TlsError {
    TlsError::Unusable(error.to_string())
}

/// At least one.
fn certificates(pem: &[u8], path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let problem = |problem: String| TlsError::Pem {
        path: path.to_owned(),
        problem,
    };
    let all: Vec<_> = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(|error| problem(error.to_string()))?;
    if all.is_empty() {
        return Err(problem("holds no certificate".to_owned()));
    }
    Ok(all)
}

/// Until when a certificate is good, when it is now.
fn good(certificate: &CertificateDer<'_>, path: &Path, now: i64) -> Result<i64, TlsError> {
    let not_good = |problem| TlsError::NotGood {
        path: path.to_owned(),
        problem,
    };
    let validity = names::validity(certificate).ok_or_else(|| not_good("cannot be read"))?;
    if validity.from > now {
        Err(not_good("is not valid yet"))
    } else if validity.until < now {
        Err(not_good("has expired"))
    } else {
        Ok(validity.until)
    }
}

/// All authorities. Those that have expired may stand beside their successors, but one must be good.
fn authorities(
    pem: &[u8],
    paths: &MutualTlsSettings,
    now: i64,
) -> Result<(Arc<RootCertStore>, i64), TlsError> {
    let path = &paths.client_ca_file;
    let mut roots = RootCertStore::empty();
    let mut last = None;
    let mut problem = None;
    for certificate in certificates(pem, path)? {
        match good(&certificate, path, now) {
            Ok(until) => {
                roots.add(certificate).map_err(unusable)?;
                last = last.max(Some(until));
            }
            Err(error) => problem = Some(error),
        }
    }
    match (last, problem) {
        (Some(until), _) => Ok((Arc::new(roots), until)),
        (None, Some(problem)) => Err(problem),
        (None, None) => Err(unusable("no authority of clients is given")),
    }
}

fn read_callers(text: &[u8], paths: &MutualTlsSettings) -> Result<Callers, TlsError> {
    let path = || paths.callers_file.clone();
    let text = std::str::from_utf8(text)
        .map_err(|_| TlsError::Unusable(format!("{} is not UTF-8", path().display())))?;
    Callers::read(text).map_err(|source| TlsError::Callers { path: path(), source })
}
