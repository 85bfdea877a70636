//! Where counter and chain stand, and which requests are known: what the careful way locks and reads first.

use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;
use xinqiao_chassis::audit::Head;
use xinqiao_chassis::seal::Sealed;
use xinqiao_kernel::DistrictCode;
use xinqiao_kernel::number::MAX_SEQUENCE;

use super::batch::Base;
use super::entry::Key;
use super::series::Series;

/// Makes counter and chain when they do not exist yet. Numbers up to `paper` were used on paper; once a year has its
/// counter, this says nothing any more.
pub(crate) async fn open(
    connection: &mut PgConnection,
    district: DistrictCode,
    year: i16,
    paper: u32,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "WITH counter AS (INSERT INTO number_counter (district_code, year, last, paper) VALUES ($1, $2, $4, $4)
                          ON CONFLICT DO NOTHING)
         INSERT INTO audit_head (district_code, seq, hash) VALUES ($1, 0, $3) ON CONFLICT DO NOTHING",
    )
    .bind(district.as_str())
    .bind(year)
    .bind(Head::START.hash.as_slice())
    .bind(paper.cast_signed())
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes the place that numbers come from, and the chain, for this transaction and says where they stand.
pub(super) async fn lock(connection: &mut PgConnection, key: Key, paper: u32) -> Result<Base, sqlx::Error> {
    let Key {
        district,
        year,
        series,
    } = key;
    let (last, end) = match series {
        Series::Counter => {
            open(connection, district, year, paper).await?;
            lock_counter(connection, district, year, paper).await?
        }
        Series::Block(id) => lock_block(connection, district, year, id).await?,
    };
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
        end: end.unsigned_abs(),
        head: Head { seq, hash },
    })
}

async fn lock_counter(
    connection: &mut PgConnection,
    district: DistrictCode,
    year: i16,
    paper: u32,
) -> Result<(i32, i32), sqlx::Error> {
    let (last, in_force): (i32, i32) = sqlx::query_as(
        "SELECT last, paper FROM number_counter WHERE district_code = $1 AND year = $2 FOR UPDATE",
    )
    .bind(district.as_str())
    .bind(year)
    .fetch_one(connection)
    .await?;
    if in_force.unsigned_abs() != paper {
        tracing::error!(%district, year, in_force, in_file = paper, "the numbers used on paper are fixed, the file comes too late");
    }
    Ok((last, MAX_SEQUENCE.cast_signed()))
}

/// A block that is closed, or none of the year, has no number to give. There is no block before the chain.
async fn lock_block(
    connection: &mut PgConnection,
    district: DistrictCode,
    year: i16,
    id: Uuid,
) -> Result<(i32, i32), sqlx::Error> {
    let found = sqlx::query_as(
        "SELECT taken, CASE WHEN closed_at IS NULL THEN last ELSE taken END
         FROM number_block WHERE district_code = $1 AND id = $2 AND year = $3 FOR UPDATE",
    )
    .bind(district.as_str())
    .bind(id)
    .bind(year)
    .fetch_optional(connection)
    .await?;
    Ok(found.unwrap_or_default())
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
