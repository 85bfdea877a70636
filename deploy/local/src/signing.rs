//! The signatories' keys and certificates: demo ones, made once and kept with the data.

use std::path::Path;

use anyhow::{Context as _, Result};
use aws_lc_rs::signature::Ed25519KeyPair;
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_ED25519};

use crate::issuer::write_secret;
use crate::people::Person;

/// Somebody who signs.
#[derive(Debug)]
pub struct Signatory {
    key: Ed25519KeyPair,
    certificate_pem: String,
}

impl Signatory {
    /// Opens the person's key under the data folder, making key and certificate the first time.
    pub fn open(data: &Path, person: &Person) -> Result<Self> {
        let folder = data.join("signatories");
        std::fs::create_dir_all(&folder)?;
        let key_file = folder.join(format!("{}.pk8", person.id));
        let certificate_file = folder.join(format!("{}.pem", person.id));
        if !certificate_file.exists() {
            let (key, certificate) = make(person)?;
            write_secret(&key_file, &key)?;
            std::fs::write(&certificate_file, certificate)?;
        }
        let pkcs8 = std::fs::read(&key_file)?;
        let key = Ed25519KeyPair::from_pkcs8(&pkcs8).context("the signing key could not be read")?;
        Ok(Self {
            key,
            certificate_pem: std::fs::read_to_string(certificate_file)?,
        })
    }

    /// The certificate that verifies the signatures.
    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// A detached signature over a hash.
    pub fn sign(&self, hash: &[u8]) -> Vec<u8> {
        self.key.sign(hash).as_ref().to_vec()
    }
}

/// Valid over the years that journeys play in.
fn make(person: &Person) -> Result<(Vec<u8>, String)> {
    let key = KeyPair::generate_for(&PKCS_ED25519)?;
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, person.name);
    params
        .distinguished_name
        .push(DnType::OrganizationName, "信桥演示");
    params.not_before = rcgen::date_time_ymd(2024, 1, 1);
    params.not_after = rcgen::date_time_ymd(2036, 1, 1);
    let certificate = params.self_signed(&key)?;
    Ok((key.serialize_der(), certificate.pem()))
}
