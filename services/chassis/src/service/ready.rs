//! Keeps the health service true: ready while the own database answers. The message bus is not part of it:
//! when it is away, calls are still accepted and the journal grows.

use std::{convert::Infallible, time::Duration};

use tokio_util::sync::CancellationToken;

use crate::{database::Database, server::Health};

const LOOK_EVERY: Duration = Duration::from_secs(2);
const PATIENCE: Duration = Duration::from_secs(2);

/// Looks until `stop`. Begins with "ready": whoever calls this has just checked the database.
pub(super) async fn watch(
    database: Database,
    health: Health,
    stop: CancellationToken,
) -> Result<(), Infallible> {
    let mut ready = true;
    health.set(true).await;
    tracing::info!("ready");
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
        let reachable = database.reachable(PATIENCE).await;
        // A stop that came in between has the last word.
        if reachable != ready && !stop.is_cancelled() {
            ready = reachable;
            health.set(ready).await;
            tracing::warn!(ready, "readiness changed");
        }
    }
}
