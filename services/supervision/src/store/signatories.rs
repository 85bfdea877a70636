//! Rows of `signatory`: who may sign, and with which certificate.

use sqlx::PgConnection;
use uuid::Uuid;
use xinqiao_kernel::DistrictCode;

use super::Stamp;

/// A member of the leadership team, or the head of the office, with his certificate.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct Signatory {
    /// Identifier of the leader's entry.
    pub(crate) leader_id: Uuid,
    /// The subject of his token.
    pub(crate) person_id: String,
    /// Name, class P1.
    pub(crate) name: String,
    /// Post, class P1.
    pub(crate) post: String,
    /// His certificate, PEM; empty while none is registered.
    pub(crate) certificate_pem: String,
    /// In office.
    pub(crate) active: bool,
}

/// Keeps the newest state of an entry.
pub(crate) async fn upsert(
    connection: &mut PgConnection,
    stamp: &Stamp,
    signatory: &Signatory,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO signatory AS s (district_code, leader_id, person_id, name, post, certificate_pem, active,
                                     created_at, created_by, updated_at, updated_by, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $8, $9, 1)
         ON CONFLICT (district_code, leader_id) DO UPDATE
            SET person_id = excluded.person_id, name = excluded.name, post = excluded.post,
                certificate_pem = excluded.certificate_pem, active = excluded.active,
                updated_at = excluded.updated_at, updated_by = excluded.updated_by, version = s.version + 1",
    )
    .bind(stamp.district.as_str())
    .bind(signatory.leader_id)
    .bind(&signatory.person_id)
    .bind(&signatory.name)
    .bind(&signatory.post)
    .bind(&signatory.certificate_pem)
    .bind(signatory.active)
    .bind(stamp.at)
    .bind(&stamp.by)
    .execute(connection)
    .await?;
    Ok(())
}

/// The entry of a leader, in office or not.
pub(crate) async fn of_leader(
    connection: &mut PgConnection,
    district: DistrictCode,
    leader_id: Uuid,
) -> Result<Option<Signatory>, sqlx::Error> {
    sqlx::query_as(
        "SELECT leader_id, person_id, name, post, certificate_pem, active FROM signatory
          WHERE district_code = $1 AND leader_id = $2",
    )
    .bind(district.as_str())
    .bind(leader_id)
    .fetch_optional(connection)
    .await
}

/// The active entry of a person.
pub(crate) async fn of_person(
    connection: &mut PgConnection,
    district: DistrictCode,
    person_id: &str,
) -> Result<Option<Signatory>, sqlx::Error> {
    sqlx::query_as(
        "SELECT leader_id, person_id, name, post, certificate_pem, active FROM signatory
          WHERE district_code = $1 AND person_id = $2 AND active
          ORDER BY updated_at DESC LIMIT 1",
    )
    .bind(district.as_str())
    .bind(person_id)
    .fetch_optional(connection)
    .await
}
