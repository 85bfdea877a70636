//! The certificates that verify leaders' signatures.

use x509_parser::pem::Pem;
use xinqiao_kernel::Fields;
use xinqiao_kernel::text::has_control_character;

/// Ed25519, the one algorithm that signatures are verified with (RFC 8410).
const ED25519: &str = "1.3.101.112";

/// Notes what is wrong with a certificate. None at all is fine: the leader cannot sign until one is registered.
/// Its period of validity is looked at when a signature is verified.
pub(crate) fn check(fields: &mut Fields, field: &str, pem: &str) {
    if pem.trim().is_empty() {
        return;
    }
    let blocks: Vec<_> = Pem::iter_from_buffer(pem.as_bytes()).collect();
    let ([Ok(block)], false) = (blocks.as_slice(), has_control_character(pem)) else {
        fields.wrong(
            field,
            "NOT_ONE_CERTIFICATE",
            "须为一份 PEM 格式的证书",
            "give one certificate in PEM form",
        );
        return;
    };
    match block.parse_x509() {
        Err(_) => fields.wrong(
            field,
            "NOT_A_CERTIFICATE",
            "证书无法识别",
            "the certificate cannot be read",
        ),
        Ok(certificate) => {
            if certificate.public_key().algorithm.algorithm.to_id_string() != ED25519 {
                fields.wrong(
                    field,
                    "KEY_ALGORITHM",
                    "证书须为 Ed25519 密钥",
                    "the key must be Ed25519",
                );
            }
        }
    }
}
