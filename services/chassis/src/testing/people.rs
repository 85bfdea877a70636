//! People with tokens, and the issuer that signs them.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use time::OffsetDateTime;
use tonic::{
    Request, Status,
    metadata::{Ascii, MetadataValue},
    service::Interceptor,
};
use uuid::Uuid;
use xinqiao_kernel::DistrictCode;

use super::Forge;
use crate::{clock::machine_time, identity::Role};

/// `iss` of the test tokens.
pub const ISSUER: &str = "https://issuer.test";
/// Identifier of the test key.
const KEY: &str = "test-key";
/// How long a test token lives.
const LIFE_SECONDS: i64 = 3600;

/// Somebody who calls. The district is 220502 unless said otherwise.
#[derive(Debug, Clone)]
pub struct Person {
    id: String,
    name: String,
    roles: Vec<Role>,
    district: DistrictCode,
    unit: Option<Uuid>,
    leader: Option<Uuid>,
    portfolio: Vec<String>,
    towns: Vec<String>,
}

impl Person {
    /// A person without a role.
    pub fn new(id: &str, name: &str) -> Self {
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            roles: Vec::new(),
            district: "220502".parse().unwrap(),
            unit: None,
            leader: None,
            portfolio: Vec::new(),
            towns: Vec::new(),
        }
    }

    /// One more role.
    #[must_use]
    pub fn with(mut self, role: Role) -> Self {
        self.roles.push(role);
        self
    }

    /// Somebody of another district.
    #[must_use]
    pub fn of(mut self, district: &str) -> Self {
        self.district = district.parse().unwrap();
        self
    }

    /// Somebody of a unit.
    #[must_use]
    pub fn in_unit(mut self, unit: Uuid) -> Self {
        self.unit = Some(unit);
        self
    }

    /// The leader himself, or his aide.
    #[must_use]
    pub fn leader(mut self, leader: Uuid) -> Self {
        self.leader = Some(leader);
        self
    }

    /// In charge of a field.
    #[must_use]
    pub fn in_charge_of(mut self, field: &str) -> Self {
        self.portfolio.push(field.to_owned());
        self
    }

    /// Of a township, or linked to it.
    #[must_use]
    pub fn of_town(mut self, town: &str) -> Self {
        self.towns.push(town.to_owned());
        self
    }

    /// The claims of his token.
    pub fn claims(&self) -> Value {
        let now = OffsetDateTime::from(machine_time()).unix_timestamp();
        json!({
            "iss": ISSUER,
            "aud": "xinqiao",
            "sub": self.id,
            "iat": now,
            "nbf": now - 5,
            "exp": now + LIFE_SECONDS,
            "name": self.name,
            "district": self.district,
            "roles": self.roles.iter().map(|role| role.code()).collect::<Vec<_>>(),
            "unit": self.unit,
            "leader": self.leader,
            "portfolio": self.portfolio,
            "towns": self.towns,
        })
    }
}

/// Signs test tokens with one Ed25519 key.
pub struct Issuer {
    key: EncodingKey,
    pkcs8: Vec<u8>,
    public: Vec<u8>,
}

impl std::fmt::Debug for Issuer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Issuer")
    }
}

impl Default for Issuer {
    fn default() -> Self {
        Self::new()
    }
}

impl Issuer {
    /// An issuer with a fresh key.
    pub fn new() -> Self {
        let pair = Ed25519KeyPair::generate().unwrap();
        let pkcs8 = pair.to_pkcs8v1().unwrap();
        Self {
            key: EncodingKey::from_ed_der(pkcs8.as_ref()),
            pkcs8: pkcs8.as_ref().to_vec(),
            public: pair.public_key().as_ref().to_vec(),
        }
    }

    /// A good token.
    pub fn token(&self, person: &Person) -> String {
        self.sign(&header(), &person.claims())
    }

    /// A token with any header and claims, rightly signed.
    pub fn sign(&self, header: &Header, claims: &Value) -> String {
        jsonwebtoken::encode(header, claims, &self.key).unwrap()
    }

    /// Hostile tokens that take this issuer's key and name for themselves, and the claims of this person.
    pub fn forge(&self, person: &Person) -> Forge {
        Forge::new(&self.pkcs8, KEY, person.claims())
    }

    /// The key set document.
    pub fn key_set(&self) -> String {
        let x = URL_SAFE_NO_PAD.encode(&self.public);
        let key = json!({"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": KEY, "x": x});
        json!({ "keys": [key] }).to_string()
    }
}

/// The header of a good token.
pub fn header() -> Header {
    let mut header = Header::new(Algorithm::EdDSA);
    header.typ = Some("at+jwt".to_owned());
    header.kid = Some(KEY.to_owned());
    header
}

/// Puts a token on every call.
#[derive(Debug, Clone)]
pub struct Bearer(MetadataValue<Ascii>);

impl Bearer {
    /// Any text as a bearer token.
    pub fn new(token: &str) -> Self {
        Self(format!("Bearer {token}").parse().unwrap())
    }
}

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert("authorization", self.0.clone());
        Ok(request)
    }
}
