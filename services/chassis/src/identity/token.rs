//! What a token may look like before its signature is looked at, and the claims it must have.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::{Map, Value};
use uuid::Uuid;
use xinqiao_kernel::DistrictCode;

use super::{Caller, Role, verifier::Denial};

/// Longest encoded header. Ours has three short fields.
const HEADER_MAX_BYTES: usize = 1024;
/// Longest identifier of a key or a person, and longest name, in bytes.
const TEXT_MAX_BYTES: usize = 256;
/// Fields or townships of one person, and bytes of the code of one.
const CODES_MAX: usize = 64;
const CODE_MAX_BYTES: usize = 16;
/// Header fields that would let the sender choose the key, or change how the token is read.
const FORBIDDEN: [&str; 10] = [
    "jku", "jwk", "x5u", "x5c", "x5t", "x5t#S256", "crit", "enc", "zip", "b64",
];

/// The claims of an access token, typed: a number that came as text does not pass.
#[derive(Debug, Deserialize)]
pub(super) struct Claims {
    #[serde(rename = "iss")]
    _issuer: String,
    pub(super) sub: String,
    pub(super) exp: u64,
    #[serde(rename = "nbf")]
    _not_before: u64,
    district: String,
    #[serde(default)]
    roles: Vec<String>,
    #[serde(default)]
    name: String,
    unit: Option<Uuid>,
    leader: Option<Uuid>,
    #[serde(default)]
    portfolio: Vec<String>,
    #[serde(default)]
    towns: Vec<String>,
    /// The one case of a petitioner, and of nobody else.
    case: Option<Uuid>,
}

impl Claims {
    /// The caller. Roles that are not ours are somebody else's and give nothing here.
    pub(super) fn into_caller(self) -> Result<Caller, Denial> {
        if self.sub.trim().is_empty() || self.sub.len() > TEXT_MAX_BYTES || self.name.len() > TEXT_MAX_BYTES {
            return Err(Denial::Claims(
                "sub and name must not be empty or longer than 256 bytes",
            ));
        }
        let district: DistrictCode = self
            .district
            .parse()
            .map_err(|_| Denial::Claims("district is not a district code"))?;
        let roles: Vec<Role> = self
            .roles
            .iter()
            .filter_map(|role| role.parse::<Role>().ok())
            .collect();
        // City support is let into a case by us, never by the provider (`case_token.rs`).
        if self.case.is_some() && roles != [Role::Pet] {
            return Err(Denial::Claims("only a petitioner has a case of his own"));
        }
        Ok(Caller {
            person_id: self.sub,
            roles,
            district,
            unit_id: self.unit,
            leader_id: self.leader,
            portfolio: codes(self.portfolio)?,
            towns: codes(self.towns)?,
            case_id: self.case,
            name: self.name,
        })
    }
}

/// Codes of fields or townships, as many and as long as they are anywhere.
fn codes(codes: Vec<String>) -> Result<Vec<String>, Denial> {
    let good = |code: &String| (1..=CODE_MAX_BYTES).contains(&code.len());
    if codes.len() <= CODES_MAX && codes.iter().all(good) {
        return Ok(codes);
    }
    Err(Denial::Claims(
        "portfolio and towns are at most 64 codes of 1 to 16 bytes",
    ))
}

/// Checks everything that can be checked without a key; returns the identifier of the key.
pub(super) fn key_identifier(token: &str, max_bytes: usize) -> Result<String, Denial> {
    if token.len() > max_bytes {
        return Err(Denial::Form("the token is too long"));
    }
    let mut parts = token.split('.');
    let (Some(header), Some(_), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(Denial::Form("a token has three parts"));
    };
    if header.len() > HEADER_MAX_BYTES {
        return Err(Denial::Form("the header is too long"));
    }
    let header = URL_SAFE_NO_PAD
        .decode(header)
        .map_err(|_| Denial::Form("the header is not base64url"))?;
    let header: Map<String, Value> =
        serde_json::from_slice(&header).map_err(|_| Denial::Form("the header is not a JSON object"))?;
    if FORBIDDEN.iter().any(|name| header.contains_key(*name)) {
        return Err(Denial::Form("the header names a key or an extension"));
    }
    let typ = header.get("typ").and_then(Value::as_str).unwrap_or_default();
    if !["at+jwt", "application/at+jwt"]
        .iter()
        .any(|known| typ.eq_ignore_ascii_case(known))
    {
        return Err(Denial::Form("the token is not an access token (at+jwt)"));
    }
    let kid = header.get("kid").and_then(Value::as_str).unwrap_or_default();
    if kid.is_empty() || kid.len() > TEXT_MAX_BYTES {
        return Err(Denial::Form("the header names no key"));
    }
    Ok(kid.to_owned())
}
