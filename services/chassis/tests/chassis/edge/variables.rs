//! Every wrong setting is named at once, and no secret is ever shown.

use std::collections::BTreeMap;

use xinqiao_chassis::config::{Reader, Settings};

fn reader(values: &[(&str, &str)]) -> Reader {
    let values: BTreeMap<_, _> = values
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    Reader::from_map(values)
}

#[test]
fn all_that_is_wrong_is_told_at_once_by_name() {
    let mut reader = reader(&[
        ("XINQIAO_PROFILE", "production"),
        ("XINQIAO_CLOCK", "file:/tmp/clock"),
        ("XINQIAO_LISTEN", "somewhere"),
        ("XINQIAO_TOKEN_ALGORITHM", "HS256"),
        ("XINQIAO_TOKEN_LEEWAY_MS", "60000"),
        ("XINQIAO_TRACE_RATIO", "2"),
        ("XINQIAO_TLS_KEY_FILE", "key.pem"),
        ("XINQIAO_JWKS_URL", "ftp://keys"),
        ("XINQIAO_LOG", "=,,="),
    ]);
    let settings = Settings::read(&mut reader);
    let problems = reader.finish(settings).unwrap_err().problems;
    let mut named: Vec<_> = problems.iter().map(|problem| problem.variable.as_str()).collect();
    named.sort_unstable();
    assert_eq!(
        named,
        [
            "XINQIAO_AUDIT_KEY_FILE",
            "XINQIAO_AUDIT_PUBLIC_KEYS_FILE",
            "XINQIAO_CLOCK",
            "XINQIAO_DATABASE_URL",
            "XINQIAO_JWKS_URL",
            "XINQIAO_KEK_FILE",
            "XINQIAO_KEY_BOOK_FILE",
            "XINQIAO_LISTEN",
            "XINQIAO_LOG",
            "XINQIAO_OBJECT_STORE_DIR",
            "XINQIAO_TLS_CERT_FILE",
            "XINQIAO_TOKEN_ALGORITHM",
            "XINQIAO_TOKEN_ISSUER",
            "XINQIAO_TOKEN_LEEWAY_MS",
            "XINQIAO_TRACE_RATIO",
        ]
    );
}

/// What is wrong with the settings of the identity provider in a profile.
fn wrong(profile: &str, issuer: &str, jwks_url: &str) -> Vec<String> {
    wrong_with(&[
        ("XINQIAO_PROFILE", profile),
        ("XINQIAO_TOKEN_ISSUER", issuer),
        ("XINQIAO_JWKS_URL", jwks_url),
    ])
}

/// What is wrong with these settings beside others that are right.
fn wrong_with(settings: &[(&str, &str)]) -> Vec<String> {
    let right = [
        ("XINQIAO_DATABASE_URL", "postgres://app@db/intake"),
        ("XINQIAO_KEY_BOOK_FILE", "keys.json"),
        ("XINQIAO_KEK_FILE", "kek.json"),
        ("XINQIAO_AUDIT_KEY_FILE", "audit.pem"),
        ("XINQIAO_AUDIT_PUBLIC_KEYS_FILE", "audit-public.pem"),
        ("XINQIAO_OBJECT_STORE_DIR", "objects"),
    ];
    let mut reader = reader(&[&right, settings].concat());
    let settings = Settings::read(&mut reader);
    let problems = reader.finish(settings).err().map(|error| error.problems);
    let named = problems.into_iter().flatten().map(|problem| problem.variable);
    named.collect()
}

#[test]
fn keys_come_over_plain_http_in_evaluation_only() {
    let (issuer, keys) = ("http://id.test", "http://id.test/keys");
    assert_eq!(wrong("evaluation", issuer, ""), [""; 0]);
    assert_eq!(wrong("evaluation", issuer, keys), [""; 0]);
    assert_eq!(wrong("production", issuer, ""), ["XINQIAO_TOKEN_ISSUER"]);
    assert_eq!(wrong("production", issuer, keys), ["XINQIAO_JWKS_URL"]);
    assert_eq!(wrong("production", "https://id.test/city", ""), [""; 0]);
}

#[test]
fn an_issuer_needs_an_address_only_when_its_keys_are_discovered() {
    for issuer in [
        "city",
        "file:///etc/keys",
        "https://",
        "https://id.test?a",
        "https://id.test#a",
    ] {
        assert_eq!(
            wrong("production", issuer, ""),
            ["XINQIAO_TOKEN_ISSUER"],
            "{issuer}"
        );
        assert_eq!(
            wrong("production", issuer, "file:///run/keys.json"),
            [""; 0],
            "{issuer}"
        );
    }
}

#[test]
fn mutual_tls_needs_all_of_its_files_and_says_which_are_missing() {
    const CERT: &str = "XINQIAO_TLS_CERT_FILE";
    const KEY: &str = "XINQIAO_TLS_KEY_FILE";
    const CLIENT_CA: &str = "XINQIAO_TLS_CLIENT_CA_FILE";
    const CALLERS: &str = "XINQIAO_TLS_CALLERS_FILE";
    let wrong = |given: &[&'static str]| {
        let files = given.iter().map(|name| (*name, "file"));
        let issuer = [("XINQIAO_TOKEN_ISSUER", "https://id.test")];
        wrong_with(&files.chain(issuer).collect::<Vec<_>>())
    };
    for good in [&[][..], &[CERT, KEY], &[CERT, KEY, CLIENT_CA, CALLERS]] {
        assert_eq!(wrong(good), [""; 0], "{good:?}");
    }
    assert_eq!(wrong(&[CERT]), [KEY]);
    assert_eq!(wrong(&[CERT, KEY, CLIENT_CA]), [CALLERS]);
    assert_eq!(wrong(&[CERT, KEY, CALLERS]), [CLIENT_CA]);
    assert_eq!(wrong(&[CLIENT_CA, CALLERS]), [CLIENT_CA, CALLERS]);
}

#[test]
fn the_table_shows_every_setting_and_no_secret() {
    let mut reader = reader(&[("XINQIAO_DATABASE_URL", "postgres://app:hunter2@db/intake")]);
    let settings = Settings::read(&mut reader);
    let table = reader.table(true);
    assert!(table.contains("XINQIAO_STOP_MS [ms] (default: 20000)"));
    assert!(table.contains("XINQIAO_DATABASE_URL_FILE") && table.contains("set, not shown"));
    assert!(!table.contains("hunter2") && !format!("{settings:?}").contains("hunter2"));
}

/// What is wrong with the settings of the keys, when everything else is right.
fn wrong_keys(profile: &str, given: &[(&str, &str)]) -> Vec<String> {
    let mut values = vec![
        ("XINQIAO_PROFILE", profile),
        ("XINQIAO_TOKEN_ISSUER", "https://id.test"),
        ("XINQIAO_DATABASE_URL", "postgres://app@db/intake"),
        ("XINQIAO_KEY_BOOK_FILE", "book.json"),
        ("XINQIAO_AUDIT_KEY_FILE", "audit.pem"),
        ("XINQIAO_AUDIT_PUBLIC_KEYS_FILE", "audit-public.pem"),
        ("XINQIAO_OBJECT_STORE_DIR", "objects"),
    ];
    values.extend_from_slice(given);
    let mut reader = reader(&values);
    let settings = Settings::read(&mut reader);
    let problems = reader.finish(settings).err().map(|error| error.problems);
    let named = problems.into_iter().flatten().map(|problem| problem.variable);
    named.collect()
}

#[test]
fn the_key_book_is_unwrapped_by_a_file_or_by_a_vault_and_never_by_both() {
    let file = ("XINQIAO_KEK_FILE", "kek.json");
    let vault = ("XINQIAO_VAULT_URL", "https://vault.test:8200");
    let token = ("XINQIAO_VAULT_TOKEN_FILE", "token");
    assert_eq!(wrong_keys("production", &[file]), [""; 0]);
    assert_eq!(wrong_keys("production", &[vault, token]), [""; 0]);
    assert_eq!(wrong_keys("production", &[]), ["XINQIAO_KEK_FILE"]);
    assert_eq!(
        wrong_keys("production", &[file, vault, token]),
        ["XINQIAO_KEK_FILE"]
    );
    assert_eq!(wrong_keys("production", &[vault]), ["XINQIAO_VAULT_TOKEN_FILE"]);
    let plain = ("XINQIAO_VAULT_URL", "http://vault.test:8200");
    assert_eq!(wrong_keys("production", &[plain, token]), ["XINQIAO_VAULT_URL"]);
    assert_eq!(wrong_keys("evaluation", &[plain, token]), [""; 0]);
    let same = ("XINQIAO_VAULT_ACCUSATION_KEY", "xinqiao");
    assert_eq!(
        wrong_keys("production", &[vault, token, same]),
        ["XINQIAO_VAULT_ACCUSATION_KEY"]
    );
}
