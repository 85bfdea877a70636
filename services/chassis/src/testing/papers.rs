//! Certificates for tests of TLS.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, SanType};
use time::{Duration, OffsetDateTime};

use crate::{clock::machine_time, random};

/// Issues certificates.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl std::fmt::Debug for Authority {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Authority")
    }
}

/// A certificate and its key.
#[derive(Debug, Clone)]
pub struct Papers {
    /// PEM.
    pub certificate: String,
    /// PEM, PKCS#8.
    pub key: String,
    /// The certificate as it goes over the wire.
    pub der: Vec<u8>,
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

impl Authority {
    /// An authority of its own name and key.
    pub fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let name = format!("authority {}", random::new_id());
        params.distinguished_name.push(DnType::CommonName, name);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// Its own certificate, PEM.
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate that is good for an hour. Names are URIs, addresses or DNS names.
    pub fn issue(&self, names: &[&str]) -> Papers {
        let now = OffsetDateTime::from(machine_time());
        self.issue_from_to(names, now - Duration::HOUR, now + Duration::HOUR)
    }

    /// A certificate that was good until an hour ago.
    pub fn issue_expired(&self, names: &[&str]) -> Papers {
        let now = OffsetDateTime::from(machine_time());
        self.issue_from_to(names, now - Duration::DAY, now - Duration::HOUR)
    }

    fn issue_from_to(&self, names: &[&str], from: OffsetDateTime, to: OffsetDateTime) -> Papers {
        let (uris, others): (Vec<&str>, Vec<&str>) = names.iter().partition(|name| name.contains("://"));
        let others: Vec<String> = others.into_iter().map(str::to_owned).collect();
        let mut params = CertificateParams::new(others).unwrap();
        let uris = uris.into_iter().map(|uri| SanType::URI(uri.try_into().unwrap()));
        params.subject_alt_names.extend(uris);
        (params.not_before, params.not_after) = (from, to);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        Papers {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
            der: certificate.der().to_vec(),
        }
    }
}
