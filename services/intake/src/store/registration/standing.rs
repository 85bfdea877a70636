//! Where counter and chain stand, and which requests are known: what the careful way locks and reads first.

use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;
use xinqiao_chassis::audit::Head;
use xinqiao_chassis::seal::Sealed;
use xinqiao_kernel::DistrictCode;

use super::batch::Base;

/// Takes counter and chain of a district for this transaction and says where they stand; makes them when they do
/// not exist yet.
pub(super) async fn lock(
    connection: &mut PgConnection,
    district: DistrictCode,
    year: i16,
) -> Result<Base, sqlx::Error> {
    sqlx::query(
        "WITH counter AS (INSERT INTO number_counter (district_code, year, last) VALUES ($1, $2, 0)
                          ON CONFLICT DO NOTHING)
         INSERT INTO audit_head (district_code, seq, hash) VALUES ($1, 0, $3) ON CONFLICT DO NOTHING",
    )
    .bind(district.as_str())
    .bind(year)
    .bind(Head::START.hash.as_slice())
    .execute(&mut *connection)
    .await?;
    let last: i32 = sqlx::query_scalar(
        "SELECT last FROM number_counter WHERE district_code = $1 AND year = $2 FOR UPDATE",
    )
    .bind(district.as_str())
    .bind(year)
    .fetch_one(&mut *connection)
    .await?;
    let (seq, hash): (i64, Vec<u8>) =
        sqlx::query_as("SELECT seq, hash FROM audit_head WHERE district_code = $1 FOR UPDATE")
            .bind(district.as_str())
            .fetch_one(connection)
            .await?;
    let hash = hash
        .try_into()
        .map_err(|_| sqlx::Error::Decode("a hash is not 32 bytes".into()))?;
    Ok(Base {
        last: last.unsigned_abs(),
        head: Head { seq, hash },
    })
}

/// A request id that has its answer already.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct KnownRequest {
    pub(super) request_id: Uuid,
    pub(super) body_hash: Vec<u8>,
    pub(super) answer: Option<Sealed>,
}

/// Which of these request ids are known; those whose time is over are forgotten on the way.
pub(crate) async fn known(
    connection: &mut PgConnection,
    district: DistrictCode,
    request_ids: &[Uuid],
    now: OffsetDateTime,
) -> Result<Vec<KnownRequest>, sqlx::Error> {
    sqlx::query(
        "DELETE FROM idempotency WHERE district_code = $1 AND request_id = ANY ($2::uuid[]) AND expires_at <= $3",
    )
    .bind(district.as_str())
    .bind(request_ids)
    .bind(now)
    .execute(&mut *connection)
    .await?;
    sqlx::query_as(
        "SELECT request_id, body_hash, answer FROM idempotency
         WHERE district_code = $1 AND request_id = ANY ($2::uuid[])",
    )
    .bind(district.as_str())
    .bind(request_ids)
    .fetch_all(connection)
    .await
}
