//! Rows of `unit`.

use sqlx::PgConnection;
use uuid::Uuid;
use xinqiao_chassis::desk::Act;
use xinqiao_kernel::DistrictCode;

use super::{Stamp, corrupt};
use crate::domain::unit::{Unit, UnitKind, Units};

/// The columns that `unit` and `unit_proposal` share.
#[derive(sqlx::FromRow)]
pub(super) struct UnitRow {
    unit_id: Uuid,
    name: String,
    kind: String,
    parent_unit_id: Option<Uuid>,
    successor_unit_id: Option<Uuid>,
    uscc: Option<String>,
    active: bool,
    version: i64,
}

impl UnitRow {
    pub(super) fn into_unit(self) -> Result<Unit, sqlx::Error> {
        Ok(Unit {
            id: self.unit_id,
            name: self.name,
            kind: UnitKind::from_code(&self.kind).ok_or_else(|| corrupt("unit kind"))?,
            parent: self.parent_unit_id,
            successor: self.successor_unit_id,
            uscc: self.uscc,
            active: self.active,
            version: self.version,
        })
    }
}

/// Every unit of the district: some dozens, read whole because the rules look up and down the tree.
pub(crate) async fn all(conn: &mut PgConnection, district: DistrictCode) -> Result<Units, sqlx::Error> {
    let rows: Vec<UnitRow> = sqlx::query_as(
        "SELECT unit_id, name, kind, parent_unit_id, successor_unit_id, uscc, active, version
         FROM unit WHERE district_code = $1",
    )
    .bind(district.as_str())
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(UnitRow::into_unit).collect()
}

/// Keeps other changes of the district's units out until the transaction ends: a circle could otherwise be closed from
/// two sides at once.
pub(crate) async fn lock_tree(conn: &mut PgConnection, district: DistrictCode) -> Result<(), sqlx::Error> {
    sqlx::query("SELECT pg_advisory_xact_lock(hashtext('assignment.unit'), $1)")
        .bind(
            district
                .as_str()
                .parse::<i32>()
                .map_err(|_| corrupt("district"))?,
        )
        .execute(conn)
        .await?;
    Ok(())
}

/// At most `limit` units after an identifier.
pub(crate) async fn page(
    conn: &mut PgConnection,
    district: DistrictCode,
    include_inactive: bool,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Unit>, sqlx::Error> {
    let rows: Vec<UnitRow> = sqlx::query_as(
        "SELECT unit_id, name, kind, parent_unit_id, successor_unit_id, uscc, active, version
         FROM unit WHERE district_code = $1 AND (active OR $2) AND unit_id > $3 ORDER BY unit_id LIMIT $4",
    )
    .bind(district.as_str())
    .bind(include_inactive)
    .bind(after.unwrap_or(Uuid::nil()))
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(UnitRow::into_unit).collect()
}

/// Writes a unit that is new or was read under [`lock_tree`], and counts its version up.
pub(crate) async fn save(act: &mut Act, unit: &mut Unit) -> Result<(), sqlx::Error> {
    let stamp = Stamp::of(act);
    unit.version += 1;
    sqlx::query(
        "INSERT INTO unit (district_code, unit_id, name, kind, parent_unit_id, successor_unit_id, uscc, active,
                           created_at, created_by, updated_at, updated_by, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $9, $10, $11)
         ON CONFLICT (district_code, unit_id) DO UPDATE SET
             (name, kind, parent_unit_id, successor_unit_id, uscc, active, updated_at, updated_by, version)
             = (EXCLUDED.name, EXCLUDED.kind, EXCLUDED.parent_unit_id, EXCLUDED.successor_unit_id, EXCLUDED.uscc,
                EXCLUDED.active, EXCLUDED.updated_at, EXCLUDED.updated_by, EXCLUDED.version)",
    )
    .bind(stamp.district.as_str())
    .bind(unit.id)
    .bind(&unit.name)
    .bind(unit.kind.code())
    .bind(unit.parent)
    .bind(unit.successor)
    .bind(unit.uscc.as_deref())
    .bind(unit.active)
    .bind(stamp.at)
    .bind(&stamp.by)
    .bind(unit.version)
    .execute(act.conn())
    .await?;
    Ok(())
}
