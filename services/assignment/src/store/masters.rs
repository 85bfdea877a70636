//! Copies of what other services own: leaders, and the instructions of receiving leaders.

use sqlx::PgConnection;
use uuid::Uuid;
use xinqiao_chassis::desk::Act;
use xinqiao_kernel::DistrictCode;

use super::Stamp;
use crate::domain::{assign::Instruction, leader::Leader};

#[derive(sqlx::FromRow)]
struct LeaderRow {
    leader_id: Uuid,
    name: String,
    post: String,
    portfolio: Vec<String>,
    linked_towns: Vec<String>,
    active: bool,
}

/// The leader, as far as this service has heard of him.
pub(crate) async fn leader(
    conn: &mut PgConnection,
    district: DistrictCode,
    leader_id: Uuid,
) -> Result<Option<Leader>, sqlx::Error> {
    let row: Option<LeaderRow> = sqlx::query_as(
        "SELECT leader_id, name, post, portfolio, linked_towns, active FROM leader
         WHERE district_code = $1 AND leader_id = $2",
    )
    .bind(district.as_str())
    .bind(leader_id)
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| Leader {
        id: row.leader_id,
        name: row.name,
        post: row.post,
        portfolio: row.portfolio,
        linked_towns: row.linked_towns,
        active: row.active,
    }))
}

/// Follows `leader.changed`.
pub(crate) async fn save_leader(act: &mut Act, leader: &Leader) -> Result<(), sqlx::Error> {
    let stamp = Stamp::of(act);
    sqlx::query(
        "INSERT INTO leader (district_code, leader_id, name, post, portfolio, linked_towns, active, created_at,
                             created_by, updated_at, updated_by, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $8, $9, 1)
         ON CONFLICT (district_code, leader_id) DO UPDATE SET
             (name, post, portfolio, linked_towns, active, updated_at, updated_by, version)
             = (EXCLUDED.name, EXCLUDED.post, EXCLUDED.portfolio, EXCLUDED.linked_towns, EXCLUDED.active,
                EXCLUDED.updated_at, EXCLUDED.updated_by, leader.version + 1)",
    )
    .bind(stamp.district.as_str())
    .bind(leader.id)
    .bind(&leader.name)
    .bind(&leader.post)
    .bind(&leader.portfolio)
    .bind(&leader.linked_towns)
    .bind(leader.active)
    .bind(stamp.at)
    .bind(&stamp.by)
    .execute(act.conn())
    .await?;
    Ok(())
}

/// The instruction for a case, once `reception.finalised` is here.
pub(crate) async fn instruction(
    conn: &mut PgConnection,
    district: DistrictCode,
    case_id: Uuid,
) -> Result<Option<Instruction>, sqlx::Error> {
    let row: Option<(Uuid, Option<Uuid>)> = sqlx::query_as(
        "SELECT leader_id, lead_unit_id FROM instruction WHERE district_code = $1 AND case_id = $2",
    )
    .bind(district.as_str())
    .bind(case_id)
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|(leader, lead_unit)| Instruction { leader, lead_unit }))
}

/// Follows `reception.finalised`; a later reception of the same case replaces the earlier instruction.
pub(crate) async fn save_instruction(
    act: &mut Act,
    case_id: Uuid,
    reception_id: Uuid,
    instruction: &Instruction,
) -> Result<(), sqlx::Error> {
    let stamp = Stamp::of(act);
    sqlx::query(
        "INSERT INTO instruction (district_code, case_id, reception_id, leader_id, lead_unit_id, created_at, created_by,
                                  updated_at, updated_by, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $6, $7, 1)
         ON CONFLICT (district_code, case_id) DO UPDATE SET
             (reception_id, leader_id, lead_unit_id, updated_at, updated_by, version)
             = (EXCLUDED.reception_id, EXCLUDED.leader_id, EXCLUDED.lead_unit_id, EXCLUDED.updated_at,
                EXCLUDED.updated_by, instruction.version + 1)",
    )
    .bind(stamp.district.as_str())
    .bind(case_id)
    .bind(reception_id)
    .bind(instruction.leader)
    .bind(instruction.lead_unit)
    .bind(stamp.at)
    .bind(&stamp.by)
    .execute(act.conn())
    .await?;
    Ok(())
}
