//! Rows of `inspection` and `leader_review`.

use sqlx::PgConnection;
use time::{Date, OffsetDateTime};
use uuid::Uuid;
use xinqiao_chassis::seal::Sealed;
use xinqiao_kernel::DistrictCode;

use super::{Stamp, column};

/// An inspection to be kept.
#[derive(Debug)]
pub(crate) struct NewInspection {
    /// Identifier of the row, to which the texts are sealed.
    pub(crate) inspection_id: Uuid,
    /// The case.
    pub(crate) case_id: Uuid,
    /// The leader who inspected.
    pub(crate) leader_id: Uuid,
    /// When.
    pub(crate) inspected_at: OffsetDateTime,
    /// `ON_SITE`, `FILE` or `HEARING_UNIT`.
    pub(crate) manner: &'static str,
    /// What he found.
    pub(crate) findings: Sealed,
    /// What he asked for.
    pub(crate) instruction: Sealed,
}

/// Keeps an inspection.
pub(crate) async fn insert_inspection(
    connection: &mut PgConnection,
    stamp: &Stamp,
    inspection: &NewInspection,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO inspection (district_code, inspection_id, case_id, leader_id, inspected_at, manner, findings,
                                 instruction, created_at, created_by, updated_at, updated_by, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $9, $10, 1)",
    )
    .bind(stamp.district.as_str())
    .bind(inspection.inspection_id)
    .bind(inspection.case_id)
    .bind(inspection.leader_id)
    .bind(inspection.inspected_at)
    .bind(inspection.manner)
    .bind(&inspection.findings)
    .bind(&inspection.instruction)
    .bind(stamp.at)
    .bind(&stamp.by)
    .execute(connection)
    .await?;
    Ok(())
}

/// How many inspections a case has.
pub(crate) async fn count_inspections(
    connection: &mut PgConnection,
    district: DistrictCode,
    case_id: Uuid,
) -> Result<u32, sqlx::Error> {
    let count: i64 =
        sqlx::query_scalar("SELECT count(*) FROM inspection WHERE district_code = $1 AND case_id = $2")
            .bind(district.as_str())
            .bind(case_id)
            .fetch_one(connection)
            .await?;
    Ok(u32::try_from(count).unwrap_or(u32::MAX))
}

/// What a leader decided.
#[derive(Debug)]
pub(crate) enum Decision {
    /// Approved, with the verified signature.
    Approve {
        /// SHA-256 of the sheet he saw.
        sheet_sha256: [u8; 32],
        /// Ed25519.
        signature: Vec<u8>,
        /// The certificate it was verified against.
        certificate_pem: String,
    },
    /// Sent back, to report again until this day.
    SendBack(Date),
}

/// A review to be kept.
#[derive(Debug)]
pub(crate) struct NewReview {
    /// Identifier of the row, to which the comment is sealed.
    pub(crate) review_id: Uuid,
    /// The case.
    pub(crate) case_id: Uuid,
    /// Round of closing.
    pub(crate) round: u32,
    /// The subject of the reviewer's token.
    pub(crate) signer: String,
    /// The leader he is, if he is one.
    pub(crate) leader_id: Option<Uuid>,
    /// By which delegation he reviewed, when another leader is responsible.
    pub(crate) delegation_id: Option<Uuid>,
    /// Written view, or reason.
    pub(crate) comment: Sealed,
    /// What he decided.
    pub(crate) decision: Decision,
}

/// Keeps a review: one per round.
pub(crate) async fn insert_review(
    connection: &mut PgConnection,
    stamp: &Stamp,
    review: &NewReview,
) -> Result<(), sqlx::Error> {
    let (decision, sheet, signature, certificate, due) = match &review.decision {
        Decision::Approve {
            sheet_sha256,
            signature,
            certificate_pem,
        } => (
            "APPROVE",
            Some(sheet_sha256.as_slice()),
            Some(signature),
            Some(certificate_pem),
            None,
        ),
        Decision::SendBack(due) => ("SEND_BACK", None, None, None, Some(*due)),
    };
    sqlx::query(
        "INSERT INTO leader_review (district_code, review_id, case_id, round, signer, leader_id, decision, comment,
                                    sheet_sha256, signature, certificate_pem, rework_due, created_at, created_by,
                                    updated_at, updated_by, version, delegation_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $13, $14, 1, $15)",
    )
    .bind(stamp.district.as_str())
    .bind(review.review_id)
    .bind(review.case_id)
    .bind(column(review.round))
    .bind(&review.signer)
    .bind(review.leader_id)
    .bind(decision)
    .bind(&review.comment)
    .bind(sheet)
    .bind(signature)
    .bind(certificate)
    .bind(due)
    .bind(stamp.at)
    .bind(&stamp.by)
    .bind(review.delegation_id)
    .execute(connection)
    .await?;
    Ok(())
}
