//! The settings of the data keys and of what wraps them.

use std::{path::PathBuf, time::Duration};

use reqwest::Url;

use super::{Profile, is_web};
use crate::config::{
    Reader,
    variables::{
        KEK_FILE, KEY_BOOK_FILE, KEY_BOOK_RELOAD_MS, RESEAL_BATCH_MAX, RESEAL_PAUSE_MS, VAULT_ACCUSATION_KEY,
        VAULT_CA_FILE, VAULT_KEY, VAULT_MOUNT, VAULT_NAMESPACE, VAULT_TIMEOUT_MS, VAULT_TOKEN_FILE,
        VAULT_URL,
    },
};

/// The data keys, and how values come under new ones.
#[derive(Debug, Clone)]
pub struct KeySettings {
    /// The book of the wrapped keys.
    pub book_file: PathBuf,
    /// Who unwraps them.
    pub kek: KekSettings,
    /// How often the book is looked at.
    pub reload: Duration,
    /// Rows that are looked at in one turn of sealing anew.
    pub reseal_batch: i64,
    /// Pause between two such turns.
    pub reseal_pause: Duration,
}

/// Who holds the key-encrypting keys.
#[derive(Debug, Clone)]
pub enum KekSettings {
    /// A file on this machine.
    File {
        /// The file.
        path: PathBuf,
        /// True when a file that everybody may open is refused: in production.
        private: bool,
    },
    /// The transit engine of a Vault.
    Vault(Box<VaultSettings>),
}

/// How the Vault is reached.
#[derive(Debug, Clone)]
pub struct VaultSettings {
    /// Its address.
    pub url: Url,
    /// File with the token.
    pub token_file: PathBuf,
    /// PEM file with the authorities its certificate may come from; those of the system when `None`.
    pub ca_file: Option<PathBuf>,
    /// Its namespace.
    pub namespace: Option<String>,
    /// Where transit is mounted.
    pub mount: String,
    /// The key for classes P2 and P3.
    pub key: String,
    /// The key for class P4.
    pub accusation_key: String,
    /// Longest answer.
    pub timeout: Duration,
}

impl KeySettings {
    pub(super) fn read(reader: &mut Reader, profile: Profile) -> Self {
        Self {
            book_file: reader.path(&KEY_BOOK_FILE),
            kek: KekSettings::read(reader, profile),
            reload: reader.millis(&KEY_BOOK_RELOAD_MS, 10..=3_600_000),
            reseal_batch: reader.number(&RESEAL_BATCH_MAX, 1..=10_000),
            reseal_pause: reader.millis(&RESEAL_PAUSE_MS, 1..=600_000),
        }
    }

    /// How long a new key seals before anybody believes that no process uses the old one any more.
    pub fn settled(&self) -> Duration {
        self.reload.saturating_mul(10)
    }
}

impl KekSettings {
    fn read(reader: &mut Reader, profile: Profile) -> Self {
        let production = profile == Profile::Production;
        let file = reader.optional_path(&KEK_FILE);
        let nowhere = Url::parse("https://vault.invalid").expect("an address");
        // A wrong address is one problem: it must not be taken for none.
        let url = reader.parse(&VAULT_URL, Some(nowhere.clone()), |text| match text {
            "" => Ok(None),
            text if is_web(text, !production) => Ok(Url::parse(text).ok()),
            _ => Err("must begin with https://; http:// is for evaluation only".to_owned()),
        });
        // Every setting is read in any case: the table of settings shows them all.
        let token_file = reader.optional_path(&VAULT_TOKEN_FILE);
        let vault = VaultSettings {
            url: url.clone().unwrap_or(nowhere),
            token_file: token_file.clone().unwrap_or_default(),
            ca_file: reader.optional_path(&VAULT_CA_FILE),
            namespace: reader.optional(&VAULT_NAMESPACE),
            mount: reader.text(&VAULT_MOUNT),
            key: reader.text(&VAULT_KEY),
            accusation_key: reader.text(&VAULT_ACCUSATION_KEY),
            timeout: reader.millis(&VAULT_TIMEOUT_MS, 100..=60_000),
        };
        if vault.key == vault.accusation_key {
            reader.problem(
                &VAULT_ACCUSATION_KEY,
                "must be another key than XINQIAO_VAULT_KEY: accusations have keys of their own",
            );
        }
        match (file, url) {
            (Some(_), Some(_)) => {
                reader.problem(&KEK_FILE, "is given, and XINQIAO_VAULT_URL as well; give one");
            }
            (Some(path), None) => {
                return Self::File {
                    path,
                    private: production,
                };
            }
            (None, Some(_)) if token_file.is_none() => {
                reader.problem(&VAULT_TOKEN_FILE, "is required with XINQIAO_VAULT_URL");
            }
            (None, Some(_)) => {}
            (None, None) => reader.problem(
                &KEK_FILE,
                "or XINQIAO_VAULT_URL is required: one of them unwraps the key book",
            ),
        }
        Self::Vault(Box::new(vault))
    }
}
