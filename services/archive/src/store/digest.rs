//! What the archive says of every case, for comparing services and for comparing before with after.

use futures::future::BoxFuture;
use sqlx::{PgConnection, Row as _, postgres::PgRow};
use uuid::Uuid;
use xinqiao_chassis::digest::{CaseDigest, DigestSource};
use xinqiao_kernel::DistrictCode;

use super::dossier::parsed;
use crate::domain::facts::Facts;

/// State and remedy of every case; behind them the facts, every reference and the package.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Digest;

impl DigestSource for Digest {
    fn cases<'t>(
        &'t self,
        connection: &'t mut PgConnection,
        district: DistrictCode,
    ) -> BoxFuture<'t, Result<Vec<CaseDigest>, sqlx::Error>> {
        Box::pin(async move {
            let rows = sqlx::query(
                "SELECT d.case_id, d.case_no, d.facts, d.event_count,
                        (SELECT string_agg(concat_ws(' ', r.document_id, r.archive_item, r.form,
                                                     encode(r.content_sha256, 'hex'),
                                                     encode(r.ciphertext_sha256, 'hex')), ',' ORDER BY r.document_id)
                         FROM dossier_document r
                         WHERE r.district_code = d.district_code AND r.case_id = d.case_id) AS documents,
                        concat_ws(' ', p.archival_no, p.state, p.final_on,
                                  encode(p.tagmanifest_sha512, 'hex')) AS package
                 FROM dossier d
                 LEFT JOIN package p ON p.district_code = d.district_code AND p.package_id = d.package_id
                 WHERE d.district_code = $1 ORDER BY d.case_id",
            )
            .bind(district.as_str())
            .fetch_all(connection)
            .await?;
            rows.iter().map(case).collect()
        })
    }
}

fn case(row: &PgRow) -> Result<CaseDigest, sqlx::Error> {
    let case_id: Uuid = row.try_get("case_id")?;
    let sqlx::types::Json(facts): sqlx::types::Json<Facts> = row.try_get("facts")?;
    let number: xinqiao_kernel::CaseNumber = parsed(row, "case_no")?;
    let events: i32 = row.try_get("event_count")?;
    let documents: Option<String> = row.try_get("documents")?;
    let package: String = row.try_get("package")?;
    let documents = documents.unwrap_or_default();
    Ok(CaseDigest {
        case_id,
        state: format!("{}/{}", facts.state, facts.remedy),
        facts: format!("{number}|{facts:?}|{events}|{documents}|{package}").into_bytes(),
    })
}
