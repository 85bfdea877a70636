//! Where the servers' binaries are. The bash entry installs what is missing and says where it lies.

use std::path::PathBuf;

use anyhow::{Result, bail};

/// Names the folder with `postgres` and `initdb`.
pub const POSTGRES_BIN_DIR: &str = "XINQIAO_POSTGRES_BIN_DIR";
/// Names the `nats-server` binary.
pub const NATS_SERVER: &str = "XINQIAO_NATS_SERVER";
/// Names the folder with the five service binaries.
pub const SERVICES_BIN_DIR: &str = "XINQIAO_SERVICES_BIN_DIR";

/// The binaries of one machine.
#[derive(Debug, Clone, Default)]
pub struct Tools {
    postgres_bin: Option<PathBuf>,
    nats_server: Option<PathBuf>,
    services_bin: Option<PathBuf>,
}

impl Tools {
    /// Reads the three variables; each is needed only when its tool is.
    pub fn from_environment() -> Self {
        let path = |name| std::env::var_os(name).map(PathBuf::from);
        Self {
            postgres_bin: path(POSTGRES_BIN_DIR),
            nats_server: path(NATS_SERVER),
            services_bin: path(SERVICES_BIN_DIR),
        }
    }

    /// The folder with Postgres' programs.
    pub fn postgres_bin(&self) -> Result<PathBuf> {
        known(self.postgres_bin.as_ref(), POSTGRES_BIN_DIR)
    }

    /// The `nats-server` binary.
    pub fn nats_server(&self) -> Result<PathBuf> {
        known(self.nats_server.as_ref(), NATS_SERVER)
    }

    /// The binary of one service; beside our own binary unless the variable says otherwise.
    pub fn service(&self, name: &str) -> Result<PathBuf> {
        let folder = match &self.services_bin {
            Some(folder) => folder.clone(),
            None => beside_ourselves()?,
        };
        let binary = folder.join(format!("xinqiao-{name}"));
        if binary.exists() {
            Ok(binary)
        } else {
            bail!("{} is not built; run cargo build --workspace", binary.display())
        }
    }
}

/// Tests run from `deps/`, the launcher from the folder above; the services lie in the latter.
fn beside_ourselves() -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    let folder = own.parent().map(PathBuf::from).unwrap_or_default();
    Ok(if folder.ends_with("deps") {
        folder.join("..")
    } else {
        folder
    })
}

fn known(path: Option<&PathBuf>, variable: &str) -> Result<PathBuf> {
    match path {
        Some(path) if path.exists() => Ok(path.clone()),
        Some(path) => bail!(
            "{variable} says {}, but nothing is there; run deploy/local/tools",
            path.display()
        ),
        None => bail!("{variable} is not set; start through deploy/local/up or tests/stage"),
    }
}
