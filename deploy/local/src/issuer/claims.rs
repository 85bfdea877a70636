//! What the tokens say, and their signature.

use std::time::{Duration, UNIX_EPOCH};

use anyhow::{Context as _, Result};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Serialize;
use xinqiao_chassis::clock::machine_time;

use super::keys::Keys;
use crate::people::Person;

/// How long an access token is good for: a working day.
pub(super) const ACCESS_LIFE: Duration = Duration::from_hours(8);
/// How long an ID token is good for: its client reads it once.
const ID_LIFE: Duration = Duration::from_mins(10);

#[derive(Serialize)]
struct AccessClaims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: &'a str,
    iat: u64,
    nbf: u64,
    exp: u64,
    name: &'a str,
    roles: &'a [&'a str],
    district: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    leader: Option<String>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    portfolio: &'a [&'a str],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    towns: &'a [&'a str],
}

#[derive(Serialize)]
struct IdClaims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: &'a str,
    iat: u64,
    auth_time: u64,
    exp: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    name: &'a str,
    roles: &'a [&'a str],
    district: &'a str,
}

/// What a service takes: a person, his district and his roles.
pub(super) fn access_token(keys: &Keys, issuer: &str, person: &Person, audience: &str) -> Result<String> {
    let now = seconds()?;
    let claims = AccessClaims {
        iss: issuer,
        aud: audience,
        sub: person.id,
        iat: now,
        nbf: now,
        exp: now + ACCESS_LIFE.as_secs(),
        name: person.name,
        roles: person.roles,
        district: person.district,
        unit: person.unit.map(|unit| unit.to_string()),
        leader: person.leader.map(|leader| leader.to_string()),
        portfolio: person.portfolio,
        towns: person.towns,
    };
    sign(keys, "at+jwt", &claims)
}

/// What a client takes: who has signed in, bound to its request by the nonce. No service accepts it.
pub(super) fn id_token(
    keys: &Keys,
    issuer: &str,
    person: &Person,
    client_id: &str,
    nonce: Option<&str>,
) -> Result<String> {
    let now = seconds()?;
    let claims = IdClaims {
        iss: issuer,
        aud: client_id,
        sub: person.id,
        iat: now,
        auth_time: now,
        exp: now + ID_LIFE.as_secs(),
        nonce,
        name: person.name,
        roles: person.roles,
        district: person.district,
    };
    sign(keys, "JWT", &claims)
}

fn sign(keys: &Keys, typ: &str, claims: &impl Serialize) -> Result<String> {
    let key = keys.signing();
    let mut header = Header::new(Algorithm::EdDSA);
    header.typ = Some(typ.to_owned());
    header.kid = Some(key.id());
    let secret = EncodingKey::from_ed_der(&key.pkcs8);
    jsonwebtoken::encode(&header, claims, &secret).context("the token could not be signed")
}

fn seconds() -> Result<u64> {
    Ok(machine_time().duration_since(UNIX_EPOCH)?.as_secs())
}
