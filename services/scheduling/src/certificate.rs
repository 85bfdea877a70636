//! The certificates that verify leaders' signatures.

use x509_parser::pem::Pem;

use crate::domain::fault::Faults;

/// Ed25519, the one algorithm that signatures are verified with (RFC 8410).
const ED25519: &str = "1.3.101.112";

/// Notes what is wrong with a certificate. None at all is fine: the leader cannot sign until one is registered.
/// Its period of validity is looked at when a signature is verified.
pub(crate) fn check(faults: &mut Faults, field: &str, pem: &str) {
    if pem.trim().is_empty() {
        return;
    }
    let blocks: Vec<_> = Pem::iter_from_buffer(pem.as_bytes()).collect();
    let [Ok(block)] = blocks.as_slice() else {
        faults.note(
            field,
            "NOT_ONE_CERTIFICATE",
            "须为一份 PEM 格式的证书",
            "give one certificate in PEM form",
        );
        return;
    };
    match block.parse_x509() {
        Err(_) => faults.note(
            field,
            "NOT_A_CERTIFICATE",
            "证书无法识别",
            "the certificate cannot be read",
        ),
        Ok(certificate) => {
            if certificate.public_key().algorithm.algorithm.to_id_string() != ED25519 {
                faults.note(
                    field,
                    "KEY_ALGORITHM",
                    "证书须为 Ed25519 密钥",
                    "the key must be Ed25519",
                );
            }
        }
    }
}
