//! TLS of the service's port, whose certificates and list of callers can be exchanged while it runs.
//!
//! The files are looked at every `XINQIAO_TLS_RELOAD_MS`; when their content has changed and all of it is good, it is in
//! force: certificates for the connections that begin from then on, the list of callers for the next call on any
//! connection. What is not good is refused as a whole, and the old goes on. Kubernetes exchanges a mounted secret by
//! its link, which is such a change.
//!
//! Only TLS 1.3 is spoken, which every client in use has had for years. Sessions are not resumed: a resumed one would
//! be believed by a certificate that has expired since, and a connection lives long enough to pay for its handshake.

use std::{
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
};

use http::Extensions;
use tokio_util::sync::CancellationToken;

use super::callers::CallersError;
use crate::{config::TlsSettings, refusal::Refusal};

mod accept;
mod material;
mod metrics;
mod names;

pub(super) use accept::{Peer, run as accept};
use material::{Digest, Files, InForce};

/// Why certificates cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A file holds no certificate or no key.
    #[error("{}: {problem}; give a PEM file", path.display())]
    Pem {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// A certificate is not good now.
    #[error("{}: the certificate {problem}; issue another one", path.display())]
    NotGood {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: &'static str,
    },
    /// Certificate and key, or the authorities, cannot be used together.
    #[error("certificate, key and authorities cannot be used: {0}")]
    Unusable(String),
    /// The list of callers is wrong.
    #[error("{}: {source}", path.display())]
    Callers {
        /// The file.
        path: PathBuf,
        /// Everything that is wrong.
        source: CallersError,
    },
}

/// What was found at the last look.
#[derive(Debug, PartialEq, Eq)]
enum Found {
    Files(Digest),
    Unreadable(String),
}

/// Certificates and list of callers of a service.
#[derive(Debug)]
pub(super) struct Tls {
    settings: TlsSettings,
    current: RwLock<Arc<InForce>>,
    first: Digest,
}

impl Tls {
    /// Reads the files; anything wrong stops the start.
    pub(super) fn open(settings: &TlsSettings) -> Result<Self, TlsError> {
        let files = Files::read(settings)?;
        let in_force = InForce::build(&files, settings)?;
        in_force.measure();
        Ok(Self {
            settings: settings.clone(),
            current: RwLock::new(Arc::new(in_force)),
            first: files.digest(),
        })
    }

    /// Looks at the files until told to stop.
    pub(super) async fn watch(&self, stop: CancellationToken) {
        let mut last = Found::Files(self.first);
        while stop
            .run_until_cancelled(tokio::time::sleep(self.settings.reload))
            .await
            .is_some()
        {
            self.look(&mut last);
            self.current().measure();
        }
    }

    /// Takes what is new and good. The same files are not judged twice, so that each change is told once.
    fn look(&self, last: &mut Found) {
        // Small files of a mounted volume: no wait that another task would feel.
        let read = Files::settled(&self.settings);
        let found = match &read {
            Ok(files) => Found::Files(files.digest()),
            Err(error) => Found::Unreadable(error.to_string()),
        };
        if found == *last {
            return;
        }
        *last = found;
        let taken = read.and_then(|files| InForce::build(&files, &self.settings));
        metrics::reloaded(taken.is_ok());
        metrics::fit(taken.is_ok());
        match taken {
            Ok(in_force) => {
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(in_force);
                tracing::info!("new certificates and list of callers are in force");
            }
            Err(error) => {
                tracing::error!(%error, "new certificates or list of callers refused; the old ones stay in force");
            }
        }
    }

    fn current(&self) -> Arc<InForce> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Lets the call pass when its program is on the list for the method, or when there is no list.
    pub(super) fn permit(&self, extensions: &Extensions, path: &str) -> Result<(), Refusal> {
        let current = self.current();
        let Some(callers) = &current.callers else {
            return Ok(());
        };
        let names = extensions.get::<Peer>().map_or(&[][..], Peer::names);
        if callers.allow(names, path) {
            return Ok(());
        }
        metrics::caller_refused(callers.known_as(names).unwrap_or("unlisted"));
        tracing::warn!(
            caller = names.join(" "),
            method = path,
            "caller not on the list for this method"
        );
        Err(Refusal::forbidden(
            "CALLER_NOT_ALLOWED",
            "调用方系统未获授权使用此操作，请联系管理员",
            "the calling program is not on the list of callers of this operation; ask the administrator",
        ))
    }
}

#[cfg(test)]
mod tests;
