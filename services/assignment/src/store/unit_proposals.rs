//! Rows of `unit_proposal`.

use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;
use xinqiao_chassis::desk::Act;
use xinqiao_kernel::DistrictCode;

use super::units::UnitRow;
use crate::domain::unit::UnitProposal;

#[derive(sqlx::FromRow)]
struct ProposalRow {
    proposal_id: Uuid,
    #[sqlx(flatten)]
    unit: UnitRow,
    proposed_by: String,
    proposed_name: String,
    proposed_at: OffsetDateTime,
}

impl ProposalRow {
    fn into_proposal(self) -> Result<UnitProposal, sqlx::Error> {
        Ok(UnitProposal {
            id: self.proposal_id,
            unit: self.unit.into_unit()?,
            by: self.proposed_by,
            name: self.proposed_name,
            at: self.proposed_at,
        })
    }
}

/// Writes a proposal; a later one takes the place of an earlier.
pub(crate) async fn put(act: &mut Act, proposal: &UnitProposal) -> Result<(), sqlx::Error> {
    let (district, unit) = (act.district(), &proposal.unit);
    sqlx::query(
        "INSERT INTO unit_proposal (district_code, unit_id, proposal_id, name, kind, parent_unit_id, successor_unit_id,
                                    uscc, active, version, proposed_by, proposed_name, proposed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
         ON CONFLICT (district_code, unit_id) DO UPDATE SET
             (proposal_id, name, kind, parent_unit_id, successor_unit_id, uscc, active, version, proposed_by,
              proposed_name, proposed_at)
             = (EXCLUDED.proposal_id, EXCLUDED.name, EXCLUDED.kind, EXCLUDED.parent_unit_id,
                EXCLUDED.successor_unit_id, EXCLUDED.uscc, EXCLUDED.active, EXCLUDED.version, EXCLUDED.proposed_by,
                EXCLUDED.proposed_name, EXCLUDED.proposed_at)",
    )
    .bind(district.as_str())
    .bind(unit.id)
    .bind(proposal.id)
    .bind(&unit.name)
    .bind(unit.kind.code())
    .bind(unit.parent)
    .bind(unit.successor)
    .bind(unit.uscc.as_deref())
    .bind(unit.active)
    .bind(unit.version)
    .bind(&proposal.by)
    .bind(&proposal.name)
    .bind(proposal.at)
    .execute(act.conn())
    .await?;
    Ok(())
}

/// Takes a proposal out: it is confirmed, or stays when the act is refused.
pub(crate) async fn take(act: &mut Act, proposal_id: Uuid) -> Result<Option<UnitProposal>, sqlx::Error> {
    let district = act.district();
    let row: Option<ProposalRow> = sqlx::query_as(
        "DELETE FROM unit_proposal WHERE district_code = $1 AND proposal_id = $2
         RETURNING proposal_id, unit_id, name, kind, parent_unit_id, successor_unit_id, uscc, active, version,
                   proposed_by, proposed_name, proposed_at",
    )
    .bind(district.as_str())
    .bind(proposal_id)
    .fetch_optional(act.conn())
    .await?;
    row.map(ProposalRow::into_proposal).transpose()
}

/// At most `limit` proposals after a unit.
pub(crate) async fn page(
    conn: &mut PgConnection,
    district: DistrictCode,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<UnitProposal>, sqlx::Error> {
    let rows: Vec<ProposalRow> = sqlx::query_as(
        "SELECT proposal_id, unit_id, name, kind, parent_unit_id, successor_unit_id, uscc, active, version,
                proposed_by, proposed_name, proposed_at
         FROM unit_proposal WHERE district_code = $1 AND unit_id > $2 ORDER BY unit_id LIMIT $3",
    )
    .bind(district.as_str())
    .bind(after.unwrap_or(Uuid::nil()))
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(ProposalRow::into_proposal).collect()
}
