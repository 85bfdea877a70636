//! Tokens that must not be believed, each for one reason: written once, for the edge alone and for whole services.

use aws_lc_rs::{
    hmac,
    signature::{Ed25519KeyPair, KeyPair as _},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use time::OffsetDateTime;
use tonic::metadata::MetadataMap;
use uuid::Uuid;

use crate::clock::machine_time;
use crate::identity::CASE_TOKEN_LIFE;

/// What a caller is told; for everything he presents it is the same.
const INVALID: &str = "TOKEN_INVALID";
/// Nothing was presented.
const MISSING: &str = "TOKEN_MISSING";

/// The case that somebody wants to be let into.
const CASE: Uuid = Uuid::from_u128(0xca5e);

/// What a call carries that must not be believed.
#[derive(Debug, Clone)]
pub struct Hostile {
    /// What is wrong with it.
    pub what: &'static str,
    /// The one reason a caller may be told.
    pub reason: &'static str,
    /// Values of `authorization`, in order.
    authorization: Vec<String>,
}

impl Hostile {
    /// Puts it on a call.
    pub fn put_on(&self, metadata: &mut MetadataMap) {
        for value in &self.authorization {
            metadata.append("authorization", value.parse().unwrap());
        }
    }

    fn values(what: &'static str, reason: &'static str, authorization: Vec<String>) -> Self {
        Self {
            what,
            reason,
            authorization,
        }
    }

    fn token(what: &'static str, token: &str) -> Self {
        Self::values(what, INVALID, vec![format!("Bearer {token}")])
    }
}

/// Makes hostile tokens with the real issuer's key: everything about each is right but one thing.
#[derive(Debug)]
pub struct Forge {
    key: Ed25519KeyPair,
    header: Value,
    claims: Value,
}

impl Forge {
    /// With the issuer's key (PKCS#8), its identifier in the key set, and claims that would be believed.
    pub fn new(pkcs8: &[u8], kid: &str, claims: Value) -> Self {
        Self {
            key: Ed25519KeyPair::from_pkcs8(pkcs8).unwrap(),
            header: json!({"alg": "EdDSA", "typ": "at+jwt", "kid": kid}),
            claims,
        }
    }

    /// A token that is believed, to show that it is the one wrong thing that matters.
    pub fn good(&self) -> String {
        self.sign(&self.header, &self.claims)
    }

    /// All of them.
    pub fn hostile(&self) -> Vec<Hostile> {
        [
            self.headers(),
            self.claims(),
            self.cases(),
            self.times(),
            self.signatures(),
            self.carried(),
        ]
        .concat()
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        self.sign_text(&header.to_string(), &claims.to_string())
    }

    fn sign_text(&self, header: &str, claims: &str) -> String {
        let signed = unsigned(header, claims);
        let signature = URL_SAFE_NO_PAD.encode(self.key.sign(signed.as_bytes()));
        format!("{signed}.{signature}")
    }

    /// With another value in the header; null takes it out.
    fn header(&self, what: &'static str, name: &str, value: Value) -> Hostile {
        Hostile::token(
            what,
            &self.sign(&changed(&self.header, name, value), &self.claims),
        )
    }

    /// With another value among the claims.
    fn claim(&self, what: &'static str, name: &str, value: Value) -> Hostile {
        let mut claims = self.claims.clone();
        claims[name] = value;
        Hostile::token(what, &self.sign(&self.header, &claims))
    }

    fn without(&self, what: &'static str, name: &str) -> Hostile {
        let claims = changed(&self.claims, name, Value::Null);
        Hostile::token(what, &self.sign(&self.header, &claims))
    }

    fn headers(&self) -> Vec<Hostile> {
        let public = URL_SAFE_NO_PAD.encode(self.key.public_key());
        let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": public});
        let elsewhere = json!("https://evil.test/keys");
        vec![
            self.header("typ JWT", "typ", json!("JWT")),
            self.header("no typ", "typ", Value::Null),
            self.header("an id token", "typ", json!("id+jwt")),
            self.header("unknown kid", "kid", json!("other")),
            self.header("no kid", "kid", Value::Null),
            self.header("empty kid", "kid", json!("")),
            self.header("a kid that is a path", "kid", json!("../../../../dev/null")),
            self.header("a kid that is a number", "kid", json!(1)),
            self.header("jku", "jku", elsewhere.clone()),
            self.header("x5u", "x5u", elsewhere),
            self.header("x5c", "x5c", json!(["AAAA"])),
            self.header("its own key", "jwk", jwk),
            self.header("critical extension", "crit", json!(["exp"])),
            self.header("unencoded payload", "b64", json!(false)),
            self.header("compressed", "zip", json!("DEF")),
            self.header("8 KiB of header", "kid", json!("k".repeat(8192))),
            self.header("2 KiB of header", "cty", json!("c".repeat(2048))),
            self.header("another algorithm's name", "alg", json!("ES256")),
            self.header("no algorithm", "alg", Value::Null),
            Hostile::token(
                "header that is no object",
                &self.sign(&json!("EdDSA"), &self.claims),
            ),
        ]
    }

    fn claims(&self) -> Vec<Hostile> {
        let twice = self
            .claims
            .to_string()
            .replacen('{', r#"{"district":"220503","#, 1);
        let issuer = self.claims["iss"].clone();
        vec![
            self.without("no iss", "iss"),
            self.without("no aud", "aud"),
            self.without("no sub", "sub"),
            self.without("no district", "district"),
            self.claim("wrong iss", "iss", json!("https://evil.test")),
            self.claim("iss among others", "iss", json!([issuer, "https://evil.test"])),
            self.claim("empty iss", "iss", json!("")),
            self.claim("wrong aud", "aud", json!("other")),
            self.claim("malformed aud", "aud", json!(7)),
            self.claim("no audience at all", "aud", json!([])),
            self.claim("empty sub", "sub", json!(" ")),
            self.claim("long sub", "sub", json!("s".repeat(300))),
            self.claim("sub that is a number", "sub", json!(7)),
            self.claim("long name", "name", json!("n".repeat(300))),
            self.claim("roles as text", "roles", json!("CLK")),
            self.claim("a unit that is no identifier", "unit", json!("unit")),
            self.claim("a township as text", "towns", json!("220502100")),
            self.claim("a township that is long", "towns", json!(["2".repeat(17)])),
            self.claim("every township", "towns", json!(vec!["220502100"; 65])),
            self.claim("a field without a code", "portfolio", json!([""])),
            self.claim("two districts", "district", json!(["220502", "220503"])),
            self.claim("district that does not exist", "district", json!("22050")),
            Hostile::token(
                "a district written twice",
                &self.sign_text(&self.header.to_string(), &twice),
            ),
            Hostile::token(
                "claims that are no object",
                &self.sign(&self.header, &json!("li")),
            ),
            self.claim("district not served here", "district", json!("220521")),
        ]
    }

    /// Those for one case: the provider gives them to petitioners alone, and ours have keys of their own.
    fn cases(&self) -> Vec<Hostile> {
        let into = |what, roles: &[&str]| {
            let claims = changed(&self.claims, "roles", json!(roles));
            let claims = changed(&claims, "case", json!(CASE));
            Hostile::token(what, &self.sign(&self.header, &claims))
        };
        let made = |prefix: &str, district: &str, person_id: &str| {
            let end = machine_time() + CASE_TOKEN_LIFE;
            let end = OffsetDateTime::from(end).unix_timestamp().to_be_bytes();
            let said = [district.as_bytes(), CASE.as_bytes(), &end, person_id.as_bytes()].concat();
            (prefix.to_owned(), said)
        };
        let sealed = |what, (prefix, said): (String, Vec<u8>), mac: &[u8]| {
            let token = URL_SAFE_NO_PAD.encode([said.as_slice(), mac].concat());
            Hostile::token(what, &format!("{prefix}{token}"))
        };
        let public = hmac::Key::new(hmac::HMAC_SHA256, self.key.public_key().as_ref());
        let operator = || made("xqb1.", "220502", "operator");
        let signed = self.key.sign(&operator().1);
        vec![
            into("break-glass by the provider", &["CITY-OP"]),
            into(
                "break-glass by the provider for who has two roles",
                &["CITY-OP", "DSP"],
            ),
            into("a petitioner who is city support too", &["PET", "CITY-OP"]),
            into("a clerk with a case", &["CLK"]),
            into("nobody with a case", &[]),
            Hostile::token("a petitioner's of nobody", "xqp1."),
            Hostile::token("city support's of nobody", "xqb1."),
            Hostile::token("a petitioner's that is not base64", "xqp1.%%%%"),
            sealed(
                "a petitioner's by nobody's key",
                made("xqp1.", "220502", ""),
                &[7; 32],
            ),
            sealed(
                "a petitioner's of no district here",
                made("xqp1.", "220521", ""),
                &[7; 32],
            ),
            sealed("city support's by nobody's key", operator(), &[7; 32]),
            sealed("city support's without a signature", operator(), &[]),
            sealed("city support's with a signature of zeros", operator(), &[0; 32]),
            sealed(
                "city support's by the public key",
                operator(),
                hmac::sign(&public, &operator().1).as_ref(),
            ),
            sealed(
                "city support's by the issuer's key",
                operator(),
                &signed.as_ref()[..32],
            ),
            sealed(
                "city support's of no district here",
                made("xqb1.", "220521", "operator"),
                &[7; 32],
            ),
            Hostile::token(
                "city support's around a good token",
                &format!("xqb1.{}", self.good()),
            ),
            Hostile::token("a kind that there is not", &format!("xqa1.{}", "A".repeat(96))),
        ]
    }

    fn times(&self) -> Vec<Hostile> {
        let now = OffsetDateTime::from(machine_time()).unix_timestamp();
        vec![
            self.without("no exp", "exp"),
            self.without("no nbf", "nbf"),
            self.claim("exp as text", "exp", json!((now + 600).to_string())),
            self.claim("nbf as text", "nbf", json!((now - 5).to_string())),
            self.claim("exp null", "exp", Value::Null),
            self.claim("negative exp", "exp", json!(-1)),
            self.claim("nbf in the future", "nbf", json!(now + 60)),
            self.claim("expired by 31 seconds", "exp", json!(now - 31)),
        ]
    }

    fn signatures(&self) -> Vec<Hostile> {
        let good = self.good();
        let (signed, signature) = good.rsplit_once('.').unwrap();
        let header = |alg: &str| changed(&self.header, "alg", json!(alg));
        let none = |alg: &str| unsigned(&header(alg).to_string(), &self.claims.to_string());
        let other_claims = changed(&self.claims, "sub", json!("somebody-else"));
        let other = unsigned(&self.header.to_string(), &other_claims.to_string());
        let symmetric = unsigned(&header("HS256").to_string(), &self.claims.to_string());
        let public = hmac::Key::new(hmac::HMAC_SHA256, self.key.public_key().as_ref());
        let mac = URL_SAFE_NO_PAD.encode(hmac::sign(&public, symmetric.as_bytes()));
        let stranger = Self {
            key: Ed25519KeyPair::generate().unwrap(),
            header: self.header.clone(),
            claims: self.claims.clone(),
        };
        let expired = changed(&self.claims, "exp", json!(1_700_000_000));
        vec![
            Hostile::token("alg none", &format!("{}.", none("none"))),
            Hostile::token("alg NoNe", &format!("{}.", none("NoNe"))),
            Hostile::token(
                "alg none with a signature",
                &format!("{}.{signature}", none("none")),
            ),
            Hostile::token("no signature", &format!("{signed}.")),
            Hostile::token("truncated signature", &good[..good.len() - 4]),
            Hostile::token("signature of zeros", &format!("{signed}.{}", "A".repeat(86))),
            Hostile::token("signature of another token", &format!("{other}.{signature}")),
            Hostile::token("HS256 with the public key", &format!("{symmetric}.{mac}")),
            Hostile::token("another issuer's key", &stranger.good()),
            Hostile::token(
                "expired and by another issuer's key",
                &stranger.sign(&self.header, &expired),
            ),
        ]
    }

    /// Forms of the whole, and ways to carry it.
    fn carried(&self) -> Vec<Hostile> {
        let good = self.good();
        let bearer = format!("Bearer {good}");
        let presented = |what, values| Hostile::values(what, INVALID, values);
        vec![
            Hostile::token("two parts", good.rsplit_once('.').unwrap().0),
            Hostile::token("four parts", &format!("{good}.AAAA")),
            Hostile::token("not base64", &format!("%{good}")),
            Hostile::token("too long", &format!("{good}{}", "A".repeat(7000))),
            Hostile::token("not a token", "let-me-in"),
            Hostile::token("two in one value", &format!("{good}, {bearer}")),
            Hostile::values("none", MISSING, Vec::new()),
            presented("nothing behind the scheme", vec!["Bearer ".to_owned()]),
            presented("no scheme", vec![good.clone()]),
            presented("another scheme", vec![format!("Basic {good}")]),
            presented("two tokens", vec![bearer.clone(), bearer]),
        ]
    }
}

/// The two parts before the signature.
fn unsigned(header: &str, claims: &str) -> String {
    format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header),
        URL_SAFE_NO_PAD.encode(claims)
    )
}

/// The same with another value; null takes it out.
fn changed(object: &Value, name: &str, value: Value) -> Value {
    let mut changed = object.clone();
    let fields = changed.as_object_mut().unwrap();
    if value.is_null() {
        fields.remove(name);
    } else {
        fields.insert(name.to_owned(), value);
    }
    changed
}
