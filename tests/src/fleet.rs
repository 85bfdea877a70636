//! The whole platform, started for one test and thrown away after it.

use std::path::Path;

use anyhow::{Context as _, Result};
use tempfile::TempDir;
use time::{Date, Duration, OffsetDateTime};
use xinqiao_kernel::{calendar::Calendar, local};
use xinqiao_local::journey::{Cast, masters, schedule::Schedule, verdict};
use xinqiao_local::platform::{Options, Platform};
use xinqiao_local::tools::Tools;
use xinqiao_proto::scheduling::ReceptionDay;

/// A running platform with its folder.
#[derive(Debug)]
pub struct Fleet {
    /// The platform.
    pub platform: Platform,
    /// Working days of the years the journeys play in.
    pub calendar: Calendar,
    folder: KeptOnFailure,
}

/// The folder of a test: deleted at its end, kept with the logs when it fails before that.
#[derive(Debug)]
struct KeptOnFailure(Option<TempDir>);

impl Drop for KeptOnFailure {
    fn drop(&mut self) {
        if let Some(folder) = self.0.take() {
            eprintln!("logs are kept in {}", folder.keep().join("data/logs").display());
        }
    }
}

impl Fleet {
    /// Starts all five services at nine in the morning of a day.
    pub async fn start(day: Date) -> Result<Self> {
        Self::start_with(day, |options| options).await
    }

    /// The same with other options.
    pub async fn start_with(day: Date, change: impl FnOnce(Options) -> Options) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("xinqiao-journey-").tempdir()?;
        open_to_postgres(folder.path())?;
        let mut options = Options::new(folder.path().join("data"), at_nine(day));
        // Here a few people work at the speed of a machine: no honest clerk does.
        options.settings = [
            ("XINQIAO_CALLER_CALLS_PER_MINUTE", "60000000"),
            ("XINQIAO_CALLER_CALLS_BURST", "1000000"),
        ]
        .map(|(name, value)| (name, value.to_owned()))
        .to_vec();
        let options = change(options);
        let platform = Platform::start(Tools::from_environment(), options, &|_| ()).await?;
        Ok(Self {
            platform,
            calendar: Calendar::national(),
            folder: KeptOnFailure(Some(folder)),
        })
    }

    /// Loads units, leaders and the year's roster into a district and seats its people.
    pub async fn settle(&self, district: &str) -> Result<Cast> {
        let year = local::local_date(self.platform.legal_time()?).year();
        masters::load(&self.platform, district, year).await?;
        Cast::of(&self.platform, district)
    }

    /// The next session of the cast's leader after today, and the dates of a journey that begins there.
    pub async fn next_session(&self, cast: &Cast) -> Result<(ReceptionDay, Schedule)> {
        let today = local::local_date(self.platform.legal_time()?);
        let session = masters::next_session(&cast.clerk, cast.leader_id, today).await?;
        let schedule = Schedule::from(verdict::date(&session.day)?, &self.calendar);
        Ok((session, schedule))
    }

    /// Moves legal time to the morning of a day.
    pub fn morning(&self, day: Date) -> Result<()> {
        self.platform.set_legal_time(at_nine(day))
    }

    /// Stops everything in order and deletes it. A test that fails before this leaves its folder behind,
    /// with the logs.
    pub async fn end(mut self) -> Result<()> {
        self.platform.stop().await?;
        self.folder
            .0
            .take()
            .context("the folder was taken already")?
            .close()?;
        Ok(())
    }
}

/// Nine in the morning, Asia/Shanghai.
pub fn at_nine(day: Date) -> OffsetDateTime {
    local::start_of_day(day) + Duration::hours(9)
}

/// Postgres runs as another user when we are root: it must be able to walk through.
fn open_to_postgres(folder: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(std::fs::set_permissions(
        folder,
        std::fs::Permissions::from_mode(0o711),
    )?)
}
