//! Rows of `notice_service`.

use sqlx::PgConnection;
use time::Date;
use uuid::Uuid;
use xinqiao_chassis::seal::Sealed;

use super::Stamp;

/// The service of a notice, to be kept.
#[derive(Debug)]
pub(crate) struct NewService {
    /// The case, to which the proof is sealed.
    pub(crate) case_id: Uuid,
    /// `IN_PERSON` and so on.
    pub(crate) method: &'static str,
    /// When.
    pub(crate) served_on: Date,
    /// What proves it.
    pub(crate) proof: Sealed,
}

/// Keeps the service of the notice that ended a case.
pub(crate) async fn insert(
    connection: &mut PgConnection,
    stamp: &Stamp,
    service: &NewService,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO notice_service (district_code, case_id, method, served_on, proof, created_at, created_by, updated_at,
                                     updated_by, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $6, $7, 1)",
    )
    .bind(stamp.district.as_str())
    .bind(service.case_id)
    .bind(service.method)
    .bind(service.served_on)
    .bind(&service.proof)
    .bind(stamp.at)
    .bind(&stamp.by)
    .execute(connection)
    .await?;
    Ok(())
}
