//! The `keys` commands: the key book, and what is left under old keys in the database of this service.

use std::io::{self, Write as _};
use std::process::ExitCode;

use anyhow::bail;
use clap::Subcommand;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use xinqiao_kernel::DistrictCode;

use super::{Service, cli::environment, start::open_desk};
use crate::clock::machine_time;
use crate::config::{KekSettings, KeySettings, Settings};
use crate::desk::Desk;
use crate::districts::Districts;
use crate::seal::{
    self, ColumnState, FileKeks, KeyPlace, KeySource, Purpose, Release, SealedColumn, Suite, columns_of,
};

#[derive(Debug, Subcommand)]
pub(super) enum Keys {
    /// Give every district that has no keys its first ones; makes the book when there is none.
    Create,
    /// Add a new version of data keys; it seals after a while, when every process has read the book.
    Add {
        /// The district.
        #[arg(long)]
        district: DistrictCode,
        /// What the key is for: column, record, accusation-column, accusation-record; all four when left out.
        #[arg(long)]
        purpose: Option<Purpose>,
        /// Crypto suite of the new version.
        #[arg(long, default_value = "1", value_parser = suite)]
        suite: Suite,
        /// Until it seals, in ms; at least three times `XINQIAO_KEY_BOOK_RELOAD_MS`, and as long as a changed book takes
        /// to reach every process.
        #[arg(long, default_value_t = 600_000)]
        lead_ms: u32,
    },
    /// Wrap all data keys under the current key-encrypting key.
    Rewrap,
    /// Print every key, and how many values of this service are under each.
    Status,
    /// Let an old version go, when this service has nothing left under it; it goes when all services have let it go.
    Retire {
        /// The district.
        #[arg(long)]
        district: DistrictCode,
        /// What the key is for: column or accusation-column.
        #[arg(long)]
        purpose: Purpose,
        /// The version.
        #[arg(long)]
        version: u16,
    },
    /// Append a new version to the file of key-encrypting keys, current from now on, or make the file; then `keys rewrap`.
    AdvanceKek,
}

fn suite(text: &str) -> Result<Suite, String> {
    let number: u8 = text.parse().map_err(|_| "must be a number".to_owned())?;
    Suite::try_from(number).map_err(|error| error.to_string())
}

pub(super) async fn run<S>(service: &Service<S>, command: Keys) -> anyhow::Result<ExitCode> {
    let (settings, _) = environment(service)?;
    let said = match command {
        Keys::Create => create(&settings).await?,
        Keys::Add {
            district,
            purpose,
            suite,
            lead_ms,
        } => {
            let lead = std::time::Duration::from_millis(lead_ms.into());
            add(&settings.keys, district, purpose, suite, lead).await?
        }
        Keys::Rewrap => rewrap(&settings.keys).await?,
        Keys::Status => {
            status(
                &open_desk(service.name, &settings)?,
                &settings.keys,
                service.sealed,
            )
            .await?
        }
        Keys::Retire {
            district,
            purpose,
            version,
        } => {
            let place = KeyPlace {
                district,
                purpose,
                version,
            };
            let desk = open_desk(service.name, &settings)?;
            retire(&desk, &settings.keys, service.sealed, place).await?
        }
        Keys::AdvanceKek => advance_kek(&settings.keys)?,
    };
    for line in said {
        writeln!(io::stdout(), "{}: {line}", service.name)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn now() -> OffsetDateTime {
    OffsetDateTime::from(machine_time())
}

async fn create(settings: &Settings) -> anyhow::Result<Vec<String>> {
    let districts = Districts::read(&settings.districts_dir)?.codes();
    let source = KeySource::new(&settings.keys);
    let wrap = source.wrap()?;
    let made = source
        .book
        .change(async |book| {
            let mut made = Vec::new();
            for district in districts {
                if book.add_district(wrap.as_ref(), district, now()).await? {
                    made.push(format!("district {district} has its first keys"));
                }
            }
            Ok(made)
        })
        .await?;
    Ok(if made.is_empty() {
        vec!["every district has keys".to_owned()]
    } else {
        made
    })
}

/// Adds versions that seal after `lead`.
async fn add(
    settings: &KeySettings,
    district: DistrictCode,
    purpose: Option<Purpose>,
    suite: Suite,
    lead: std::time::Duration,
) -> anyhow::Result<Vec<String>> {
    let least = settings.reload.saturating_mul(3);
    if lead < least {
        bail!(
            "--lead-ms must be at least {}: three times XINQIAO_KEY_BOOK_RELOAD_MS, so that every process knows the key before it seals",
            least.as_millis()
        );
    }
    let source = KeySource::new(settings);
    let wrap = source.wrap()?;
    let from = now() + lead;
    let purposes = purpose.map_or(Purpose::SEALING.to_vec(), |purpose| vec![purpose]);
    let said = source
        .book
        .change(async |book| {
            let mut said = Vec::new();
            for purpose in purposes {
                let version = book.add(wrap.as_ref(), (district, purpose), suite, from).await?;
                let place = KeyPlace {
                    district,
                    purpose,
                    version,
                };
                said.push(format!("{place} seals from {} on, with {suite}", written(from)));
            }
            Ok(said)
        })
        .await?;
    Ok(said)
}

async fn rewrap(settings: &KeySettings) -> anyhow::Result<Vec<String>> {
    let source = KeySource::new(settings);
    let wrap = source.wrap()?;
    let done = source
        .book
        .change(async |book| book.rewrap(wrap.as_ref()).await)
        .await?;
    Ok(vec![format!(
        "{done} key(s) are wrapped under the current key-encrypting key"
    )])
}

async fn status(desk: &Desk, settings: &KeySettings, sealed: &[SealedColumn]) -> anyhow::Result<Vec<String>> {
    let mut said = Vec::new();
    for line in KeySource::new(settings).book.read()?.lines() {
        let let_go = if line.released_by.is_empty() {
            String::new()
        } else {
            format!(", let go by {}", line.released_by.join(", "))
        };
        let (from, by) = (written(line.from), line.wrapped_by);
        said.push(format!(
            "{}: {} from {from}, wrapped by {by}{let_go}",
            line.place, line.suite
        ));
    }
    for district in desk.districts().codes() {
        for found in seal::states(desk, district, &columns_of(sealed)).await? {
            said.push(format!("district {district}, {}", described(&found)));
        }
    }
    Ok(said)
}

fn described(found: &ColumnState) -> String {
    let SealedColumn { table, column, .. } = found.column;
    let mut parts: Vec<_> = found
        .values
        .iter()
        .map(|(key, count)| match key {
            Some((purpose, version)) => format!("{count} value(s) under {purpose} key {version}"),
            None => format!("{count} value(s) that are not sealed"),
        })
        .collect();
    if found.done > 0 || found.finished {
        let end = if found.finished { ", finished" } else { "" };
        parts.push(format!("{} sealed anew{end}", found.done));
    }
    if parts.is_empty() {
        parts.push("empty".to_owned());
    }
    format!("{table}.{column}: {}", parts.join("; "))
}

/// Lets a version go when nothing is left under it here.
async fn retire(
    desk: &Desk,
    settings: &KeySettings,
    sealed: &[SealedColumn],
    gone: KeyPlace,
) -> anyhow::Result<Vec<String>> {
    let release = seal::retire(desk, settings, &columns_of(sealed), gone).await?;
    Ok(vec![match release {
        Release::Removed => format!("the {gone} is out of the book"),
        Release::Awaits(services) => format!(
            "nothing is left here under the {gone}; it stays until {} let it go",
            services.join(", ")
        ),
    }])
}

fn advance_kek(settings: &KeySettings) -> anyhow::Result<Vec<String>> {
    let KekSettings::File { path, .. } = &settings.kek else {
        bail!("the key-encrypting keys are in the Vault; rotate them there, then `keys rewrap`");
    };
    let (ordinary, accusation) = FileKeks::advance(path)?;
    Ok(vec![format!(
        "key-encrypting keys {ordinary} (ordinary) and {accusation} (accusations) are current; now `keys rewrap`, or `keys create` when there is no book"
    )])
}

fn written(instant: OffsetDateTime) -> String {
    instant
        .format(&Rfc3339)
        .expect("instants of this age have a written form")
}
