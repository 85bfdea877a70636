//! The leader's signature, verified: a detached Ed25519 signature over the SHA-256 of the sheet he saw,
//! against the certificate registered for him. A picture of a signature proves nothing and is not accepted.

use aws_lc_rs::{digest, signature};
use time::OffsetDateTime;
use x509_parser::{oid_registry::OID_SIG_ED25519, pem::parse_x509_pem, prelude::X509Certificate};
use xinqiao_kernel::Explain;

/// Bytes of an Ed25519 signature.
pub const SIGNATURE_BYTES: usize = 64;
/// Bytes of an Ed25519 public key.
const KEY_BYTES: usize = 32;

/// Why a signature does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureFault {
    /// Nothing registered for the signer.
    #[error("no certificate is registered for the signer; the office registers it with the leader's entry")]
    NoCertificate,
    /// The registered text is no certificate.
    #[error("the registered certificate cannot be read")]
    CertificateInvalid,
    /// Not yet or no longer valid.
    #[error("the registered certificate is not valid today")]
    CertificateNotValidNow,
    /// A key of another kind.
    #[error("the registered certificate has no Ed25519 key")]
    CertificateKeyUnsupported,
    /// He saw another sheet than the one that would be signed now.
    #[error("the sheet has changed since it was shown; read it again and sign again")]
    SheetChanged,
    /// Another key, another sheet, or a changed signature.
    #[error("the signature does not belong to this sheet and this certificate")]
    SignatureInvalid,
}

impl Explain for SignatureFault {
    fn reason(&self) -> &'static str {
        match self {
            Self::NoCertificate => "NO_CERTIFICATE",
            Self::CertificateInvalid => "CERTIFICATE_INVALID",
            Self::CertificateNotValidNow => "CERTIFICATE_NOT_VALID_NOW",
            Self::CertificateKeyUnsupported => "CERTIFICATE_KEY_UNSUPPORTED",
            Self::SheetChanged => "SHEET_CHANGED",
            Self::SignatureInvalid => "SIGNATURE_INVALID",
        }
    }

    fn zh(&self) -> String {
        match self {
            Self::NoCertificate => "尚未登记签字人的数字证书，请由联席办在领导名册中登记",
            Self::CertificateInvalid => "已登记的数字证书无法读取",
            Self::CertificateNotValidNow => "已登记的数字证书当前不在有效期内",
            Self::CertificateKeyUnsupported => "已登记的数字证书不是 Ed25519 密钥",
            Self::SheetChanged => "审阅签字单在查看之后已有变化，请重新查看并签字",
            Self::SignatureInvalid => "签名与本签字单或已登记的证书不符",
        }
        .to_owned()
    }
}

/// SHA-256 of a sheet: the 32 bytes that are signed.
pub fn sheet_hash(sheet: &[u8]) -> [u8; 32] {
    digest::digest(&digest::SHA256, sheet)
        .as_ref()
        .try_into()
        .expect("invariant: SHA-256 gives 32 bytes")
}

/// Checks that `signature` was made over `sheet_sha256` with the key of `certificate_pem`, and that the
/// certificate is valid at `now`, which is legal time.
pub fn verify(
    certificate_pem: &str,
    now: OffsetDateTime,
    sheet_sha256: &[u8; 32],
    signature: &[u8],
) -> Result<(), SignatureFault> {
    let (_, pem) =
        parse_x509_pem(certificate_pem.as_bytes()).map_err(|_| SignatureFault::CertificateInvalid)?;
    let certificate = pem.parse_x509().map_err(|_| SignatureFault::CertificateInvalid)?;
    let key = ed25519_key(&certificate)?;
    let validity = certificate.validity();
    let now = now.unix_timestamp();
    if now < validity.not_before.timestamp() || now > validity.not_after.timestamp() {
        return Err(SignatureFault::CertificateNotValidNow);
    }
    signature::UnparsedPublicKey::new(&signature::ED25519, key)
        .verify(sheet_sha256, signature)
        .map_err(|_| SignatureFault::SignatureInvalid)
}

fn ed25519_key<'a>(certificate: &'a X509Certificate<'_>) -> Result<&'a [u8], SignatureFault> {
    let info = certificate.public_key();
    let key: &[u8] = &info.subject_public_key.data;
    if info.algorithm.algorithm == OID_SIG_ED25519 && key.len() == KEY_BYTES {
        Ok(key)
    } else {
        Err(SignatureFault::CertificateKeyUnsupported)
    }
}

#[cfg(test)]
mod tests;
