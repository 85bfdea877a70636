//! Who holds a place, counted underneath while the clients work.

use std::time::Duration;

use anyhow::{Result, ensure};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How often it is counted.
const EVERY: Duration = Duration::from_millis(5);

/// What was seen.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Seen {
    /// How often.
    pub(crate) samples: u64,
    /// Most holders at once.
    pub(crate) most: i64,
}

/// Counts until it is told to stop, and fails when a place has two holders.
pub(crate) async fn watch(pool: PgPool, days: Vec<Uuid>, stop: CancellationToken) -> Result<Seen> {
    let mut seen = Seen::default();
    while !stop.is_cancelled() {
        let (holders, places) = holders(&pool, &days).await?;
        ensure!(holders == places, "{holders} holders have {places} places");
        seen.most = seen.most.max(holders);
        seen.samples += 1;
        tokio::select! {
            () = tokio::time::sleep(EVERY) => (),
            () = stop.cancelled() => (),
        }
    }
    Ok(seen)
}

/// Holders, and the places that they have.
pub(crate) async fn holders(pool: &PgPool, days: &[Uuid]) -> Result<(i64, i64)> {
    Ok(sqlx::query_as(
        "SELECT count(*), count(DISTINCT slot_id) FROM appointment
         WHERE reception_day_id = ANY ($1) AND state IN ('CONFIRMED', 'CHECKED_IN', 'IN_MEETING', 'COMPLETED')",
    )
    .bind(days)
    .fetch_one(pool)
    .await?)
}
