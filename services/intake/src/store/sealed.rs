//! Rows of the sealed procedure: transfer, openings, whom an accusation is about, and where units stand.

use sqlx::{FromRow, PgConnection};
use time::OffsetDateTime;
use uuid::Uuid;
use xinqiao_chassis::refusal::Refusal;
use xinqiao_chassis::seal::{Compartment, KeyRing, Opening as Proof, SealContext, Sealed};
use xinqiao_kernel::DistrictCode;

use super::cases::By;
use crate::domain::sealed::{Accused, Opening};

/// Openings shown of a case.
const OPENINGS_MAX: i64 = 50;

/// A text of the procedure at its place, under the keys of the compartment.
fn seal(keys: &KeyRing, place: &SealContext<'_>, text: &str) -> Sealed {
    keys.seal_in(Compartment::Accusation, place, text.as_bytes())
}

fn open(keys: &KeyRing, proof: &Proof, place: &SealContext<'_>, sealed: &Sealed) -> Result<String, Refusal> {
    let plain = keys.open_with(Some(proof), place, sealed);
    let plain = plain.map_err(|error| Refusal::internal(&error))?;
    String::from_utf8(plain).map_err(|error| Refusal::internal(&error))
}

/// A proposed transfer, or one that is done, its texts still sealed.
#[derive(Clone, Debug, FromRow)]
pub(crate) struct TransferRow {
    case_id: Uuid,
    addressee: Sealed,
    reasons: Sealed,
    pub(crate) proposed_by: String,
    pub(crate) proposed_name: String,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) confirmed_by: Option<String>,
    pub(crate) confirmed_at: Option<OffsetDateTime>,
}

impl TransferRow {
    /// Addressee and reasons.
    pub(crate) fn texts(
        &self,
        keys: &KeyRing,
        proof: &Proof,
        district: DistrictCode,
    ) -> Result<(String, String), Refusal> {
        let place = |column| SealContext::new(district, "sealed_transfer", column, self.case_id);
        Ok((
            open(keys, proof, &place("addressee"), &self.addressee)?,
            open(keys, proof, &place("reasons"), &self.reasons)?,
        ))
    }
}

/// The transfer of a case.
pub(crate) async fn transfer(
    connection: &mut PgConnection,
    district: DistrictCode,
    case: Uuid,
) -> Result<Option<TransferRow>, sqlx::Error> {
    sqlx::query_as(
        "SELECT case_id, addressee, reasons, proposed_by, proposed_name, created_at, confirmed_by, confirmed_at
         FROM sealed_transfer WHERE district_code = $1 AND case_id = $2",
    )
    .bind(district.as_str())
    .bind(case)
    .fetch_optional(connection)
    .await
}

/// What is proposed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Proposal<'a> {
    pub(crate) addressee: &'a str,
    pub(crate) reasons: &'a str,
    /// Name of who proposes (class P1).
    pub(crate) name: &'a str,
}

/// Writes a proposal; a later one takes the place of an earlier.
pub(crate) async fn propose_transfer(
    connection: &mut PgConnection,
    keys: &KeyRing,
    district: DistrictCode,
    case: Uuid,
    proposal: Proposal<'_>,
    by: By<'_>,
) -> Result<(), sqlx::Error> {
    let place = |column| SealContext::new(district, "sealed_transfer", column, case);
    sqlx::query(
        "INSERT INTO sealed_transfer AS t (district_code, case_id, addressee, reasons, proposed_by, proposed_name,
                                           created_at, created_by, updated_at, updated_by, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $5, $7, $5, 1)
         ON CONFLICT (district_code, case_id) DO UPDATE
         SET addressee = excluded.addressee, reasons = excluded.reasons, proposed_by = excluded.proposed_by,
             proposed_name = excluded.proposed_name, created_at = excluded.created_at,
             updated_at = excluded.updated_at, updated_by = excluded.updated_by, version = t.version + 1",
    )
    .bind(district.as_str())
    .bind(case)
    .bind(seal(keys, &place("addressee"), proposal.addressee))
    .bind(seal(keys, &place("reasons"), proposal.reasons))
    .bind(by.actor)
    .bind(proposal.name)
    .bind(by.at)
    .execute(connection)
    .await?;
    Ok(())
}

/// Confirms the transfer.
pub(crate) async fn confirm_transfer(
    connection: &mut PgConnection,
    district: DistrictCode,
    case: Uuid,
    by: By<'_>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE sealed_transfer SET confirmed_by = $3, confirmed_at = $4, updated_by = $3, updated_at = $4,
                                    version = version + 1
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

/// An opening.
#[derive(Clone, Debug, FromRow)]
pub(crate) struct OpeningRow {
    pub(crate) id: Uuid,
    reason: Sealed,
    pub(crate) minutes: i16,
    pub(crate) readers: Vec<String>,
    pub(crate) asked_by: String,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) confirmed_by: Option<String>,
    pub(crate) confirmed_at: Option<OffsetDateTime>,
    pub(crate) expires_at: Option<OffsetDateTime>,
    pub(crate) ended_at: Option<OffsetDateTime>,
}

impl OpeningRow {
    /// What decides about it.
    pub(crate) fn opening(&self) -> Opening {
        Opening {
            minutes: self.minutes.unsigned_abs(),
            asked_by: self.asked_by.clone(),
            window: self.confirmed_at.zip(self.expires_at),
            ended_at: self.ended_at,
        }
    }

    /// Why it was asked for.
    pub(crate) fn reason(
        &self,
        keys: &KeyRing,
        proof: &Proof,
        district: DistrictCode,
    ) -> Result<String, Refusal> {
        let place = SealContext::new(district, "sealed_opening", "reason", self.id);
        open(keys, proof, &place, &self.reason)
    }
}

/// Columns of an opening; every query of openings begins with it.
macro_rules! opening_query {
    ($rest:literal) => {
        concat!(
            "SELECT id, reason, minutes, readers, asked_by, created_at, confirmed_by, confirmed_at, expires_at, ended_at
             FROM sealed_opening WHERE district_code = $1 AND case_id = $2 ",
            $rest
        )
    };
}

/// The openings of a case, the newest first.
pub(crate) async fn openings(
    connection: &mut PgConnection,
    district: DistrictCode,
    case: Uuid,
) -> Result<Vec<OpeningRow>, sqlx::Error> {
    sqlx::query_as(opening_query!("ORDER BY created_at DESC, id DESC LIMIT $3"))
        .bind(district.as_str())
        .bind(case)
        .bind(OPENINGS_MAX)
        .fetch_all(connection)
        .await
}

/// Finds an opening and keeps others from changing it until the transaction ends.
pub(crate) async fn take_opening(
    connection: &mut PgConnection,
    district: DistrictCode,
    case: Uuid,
    id: Uuid,
) -> Result<Option<OpeningRow>, sqlx::Error> {
    sqlx::query_as(opening_query!("AND id = $3 FOR UPDATE"))
        .bind(district.as_str())
        .bind(case)
        .bind(id)
        .fetch_optional(connection)
        .await
}

/// Who is named in an opening of the case that is in force.
pub(crate) async fn opened_to(
    connection: &mut PgConnection,
    district: DistrictCode,
    case: Uuid,
    now: OffsetDateTime,
) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT DISTINCT unnest(readers) FROM sealed_opening
         WHERE district_code = $1 AND case_id = $2 AND confirmed_at <= $3 AND $3 < expires_at AND ended_at IS NULL",
    )
    .bind(district.as_str())
    .bind(case)
    .bind(now)
    .fetch_all(connection)
    .await
}

/// An opening that is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewOpening<'a> {
    pub(crate) id: Uuid,
    pub(crate) reason: &'a str,
    pub(crate) minutes: u16,
    pub(crate) readers: &'a [String],
}

/// Writes an opening that is asked for.
pub(crate) async fn ask_opening(
    connection: &mut PgConnection,
    keys: &KeyRing,
    district: DistrictCode,
    case: Uuid,
    asked: NewOpening<'_>,
    by: By<'_>,
) -> Result<(), sqlx::Error> {
    let place = SealContext::new(district, "sealed_opening", "reason", asked.id);
    sqlx::query(
        "INSERT INTO sealed_opening (district_code, case_id, id, reason, minutes, readers, asked_by,
                                     created_at, created_by, updated_at, updated_by, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $7, $8, $7, 1)",
    )
    .bind(district.as_str())
    .bind(case)
    .bind(asked.id)
    .bind(seal(keys, &place, asked.reason))
    .bind(i16::try_from(asked.minutes).expect("invariant: the settings limit the minutes"))
    .bind(asked.readers)
    .bind(by.actor)
    .bind(by.at)
    .execute(connection)
    .await?;
    Ok(())
}

/// Puts an opening in force.
pub(crate) async fn confirm_opening(
    connection: &mut PgConnection,
    district: DistrictCode,
    case: Uuid,
    id: Uuid,
    until: OffsetDateTime,
    by: By<'_>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE sealed_opening SET confirmed_by = $4, confirmed_at = $5, expires_at = $6, updated_by = $4,
                                   updated_at = $5, version = version + 1
         WHERE district_code = $1 AND case_id = $2 AND id = $3",
    )
    .bind(district.as_str())
    .bind(case)
    .bind(id)
    .bind(by.actor)
    .bind(by.at)
    .bind(until)
    .execute(connection)
    .await?;
    Ok(())
}

/// Ends an opening.
pub(crate) async fn end_opening(
    connection: &mut PgConnection,
    district: DistrictCode,
    case: Uuid,
    id: Uuid,
    by: By<'_>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE sealed_opening SET ended_by = $4, ended_at = $5, updated_by = $4, updated_at = $5, version = version + 1
         WHERE district_code = $1 AND case_id = $2 AND id = $3",
    )
    .bind(district.as_str())
    .bind(case)
    .bind(id)
    .bind(by.actor)
    .bind(by.at)
    .execute(connection)
    .await?;
    Ok(())
}

/// Whom an accusation is about.
pub(crate) async fn accused(
    connection: &mut PgConnection,
    keys: &KeyRing,
    proof: &Proof,
    district: DistrictCode,
    case: Uuid,
) -> Result<Vec<Accused>, Refusal> {
    let sealed: Option<Sealed> =
        sqlx::query_scalar("SELECT objects FROM accused WHERE district_code = $1 AND case_id = $2")
            .bind(district.as_str())
            .bind(case)
            .fetch_optional(connection)
            .await?;
    let Some(sealed) = sealed else {
        return Ok(Vec::new());
    };
    let place = SealContext::new(district, "accused", "objects", case);
    let plain = keys.open_with(Some(proof), &place, &sealed);
    let plain = plain.map_err(|error| Refusal::internal(&error))?;
    serde_json::from_slice(&plain).map_err(|error| Refusal::internal(&error))
}

/// Notes what a unit is called and where it stands.
pub(crate) async fn put_unit(
    connection: &mut PgConnection,
    district: DistrictCode,
    unit: Uuid,
    name: &str,
    parent: Option<Uuid>,
    at: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO unit_place (district_code, unit_id, name, parent_unit_id, updated_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (district_code, unit_id) DO UPDATE
         SET name = excluded.name, parent_unit_id = excluded.parent_unit_id, updated_at = excluded.updated_at",
    )
    .bind(district.as_str())
    .bind(unit)
    .bind(name)
    .bind(parent)
    .bind(at)
    .execute(connection)
    .await?;
    Ok(())
}

/// Those of the units that are known.
pub(crate) async fn known_units(
    connection: &mut PgConnection,
    district: DistrictCode,
    units: &[Uuid],
) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar("SELECT unit_id FROM unit_place WHERE district_code = $1 AND unit_id = ANY ($2)")
        .bind(district.as_str())
        .bind(units)
        .fetch_all(connection)
        .await
}

/// What a unit is called; nothing where assignment has not told.
pub(crate) async fn unit_name(
    connection: &mut PgConnection,
    district: DistrictCode,
    unit: Uuid,
) -> Result<Option<String>, sqlx::Error> {
    let name: Option<Option<String>> =
        sqlx::query_scalar("SELECT name FROM unit_place WHERE district_code = $1 AND unit_id = $2")
            .bind(district.as_str())
            .bind(unit)
            .fetch_optional(connection)
            .await?;
    Ok(name.flatten())
}
