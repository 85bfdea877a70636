//! Ends of cases that two persons decide.

pub(crate) mod attach;

use sqlx::{FromRow, PgConnection};
use time::OffsetDateTime;
use uuid::Uuid;
use xinqiao_chassis::refusal::Refusal;
use xinqiao_chassis::seal::{KeyRing, SealContext, Sealed};
use xinqiao_kernel::DistrictCode;

use super::cases::By;
use crate::domain::exit::{Exit, Proposal};

fn place(district: DistrictCode, case: Uuid) -> SealContext<'static> {
    SealContext::new(district, "case_exit", "proposal", case)
}

#[derive(FromRow)]
struct Row {
    proposal: Sealed,
    case_version: i64,
    proposed_by: String,
    proposed_name: String,
    updated_at: OffsetDateTime,
}

/// A proposal as it was made.
#[derive(Clone, Debug)]
pub(crate) struct Proposed {
    pub(crate) proposal: Proposal,
    /// Name of who made it (class P1).
    pub(crate) name: String,
    pub(crate) at: OffsetDateTime,
}

/// The last proposal on a case, decided or not.
pub(crate) async fn find(
    connection: &mut PgConnection,
    keys: &KeyRing,
    district: DistrictCode,
    case: Uuid,
) -> Result<Option<Proposed>, Refusal> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT proposal, case_version, proposed_by, proposed_name, updated_at FROM case_exit
         WHERE district_code = $1 AND case_id = $2",
    )
    .bind(district.as_str())
    .bind(case)
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let plain = keys.open_with(None, &place(district, case), &row.proposal);
    let plain = plain.map_err(|error| Refusal::internal(&error))?;
    let exit: Exit = serde_json::from_slice(&plain).map_err(|error| Refusal::internal(&error))?;
    Ok(Some(Proposed {
        proposal: Proposal {
            exit,
            by: row.proposed_by,
            version: row.case_version,
        },
        name: row.proposed_name,
        at: row.updated_at,
    }))
}

/// Writes a proposal made on a version of the case; a later one takes the place of an earlier.
pub(crate) async fn propose(
    connection: &mut PgConnection,
    keys: &KeyRing,
    district: DistrictCode,
    case: Uuid,
    proposal: &Proposal,
    name: &str,
    at: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    let plain = serde_json::to_vec(&proposal.exit).expect("invariant: ends are plain data");
    sqlx::query(
        "INSERT INTO case_exit AS e (district_code, case_id, kind, other_case_id, proposal, case_version, proposed_by,
                                     proposed_name, created_at, created_by, updated_at, updated_by, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $7, $9, $7, 1)
         ON CONFLICT (district_code, case_id) DO UPDATE
         SET kind = excluded.kind, other_case_id = excluded.other_case_id, proposal = excluded.proposal,
             case_version = excluded.case_version, proposed_by = excluded.proposed_by,
             proposed_name = excluded.proposed_name, updated_at = excluded.updated_at,
             updated_by = excluded.updated_by, version = e.version + 1",
    )
    .bind(district.as_str())
    .bind(case)
    .bind(proposal.exit.number())
    .bind(proposal.exit.other())
    .bind(keys.seal(&place(district, case), &plain))
    .bind(proposal.version)
    .bind(&proposal.by)
    .bind(name)
    .bind(at)
    .execute(connection)
    .await?;
    Ok(())
}

/// Notes who decided.
pub(crate) async fn decide(
    connection: &mut PgConnection,
    district: DistrictCode,
    case: Uuid,
    by: By<'_>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE case_exit SET decided_by = $3, decided_at = $4, updated_by = $3, updated_at = $4, version = version + 1
         WHERE district_code = $1 AND case_id = $2",
    )
    .bind(district.as_str())
    .bind(case)
    .bind(by.actor)
    .bind(by.at)
    .execute(connection)
    .await?;
    Ok(())
}

/// The case that one is joined to, and those that are joined to it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Links {
    pub(crate) to: Option<Uuid>,
    pub(crate) from: Vec<Uuid>,
}

/// What joins a case to others.
pub(crate) async fn links(
    connection: &mut PgConnection,
    district: DistrictCode,
    case: Uuid,
) -> Result<Links, sqlx::Error> {
    let rows: Vec<(Uuid, Uuid)> = sqlx::query_as(
        "SELECT case_id, other_case_id FROM case_exit
         WHERE district_code = $1 AND kind = $3 AND decided_at IS NOT NULL AND (case_id = $2 OR other_case_id = $2)
         ORDER BY decided_at, case_id",
    )
    .bind(district.as_str())
    .bind(case)
    .bind(Exit::LINKED)
    .fetch_all(connection)
    .await?;
    let mut links = Links::default();
    for (from, to) in rows {
        if from == case {
            links.to = Some(to);
        } else {
            links.from.push(from);
        }
    }
    Ok(links)
}
