//! What this service knows of each case, for comparison.

use futures::future::BoxFuture;
use sqlx::PgConnection;
use uuid::Uuid;
use xinqiao_chassis::digest::{CaseDigest, DigestSource, LegalDates};
use xinqiao_kernel::DistrictCode;

/// The state of a case nobody has received yet.
const NOT_RECEIVED: &str = "NOT_RECEIVED";

/// Digests of the known cases and their reception records.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Receptions;

#[derive(Debug, sqlx::FromRow)]
struct Row {
    id: Uuid,
    state: Option<String>,
    facts: String,
}

impl DigestSource for Receptions {
    fn cases<'t>(
        &'t self,
        connection: &'t mut PgConnection,
        district: DistrictCode,
    ) -> BoxFuture<'t, Result<Vec<CaseDigest>, sqlx::Error>> {
        Box::pin(async move {
            let rows: Vec<Row> = sqlx::query_as(
                "SELECT k.id, string_agg(r.state, '+' ORDER BY r.reception_no) AS state,
                        concat_ws('|', k.case_no, k.reception_day_id, k.unit_ids,
                                  string_agg(concat_ws(',', r.reception_no, r.leader_id, r.branch, r.lead_unit_id,
                                                       r.assist_unit_ids, r.due_hint, r.k0_due), ';'
                                             ORDER BY r.reception_no)) AS facts
                 FROM known_case k
                 LEFT JOIN reception r ON r.district_code = k.district_code AND r.case_id = k.id
                 WHERE k.district_code = $1
                 GROUP BY k.id, k.case_no, k.reception_day_id, k.unit_ids ORDER BY k.id",
            )
            .bind(district.as_str())
            .fetch_all(connection)
            .await?;
            let digest = |row: Row| CaseDigest {
                case_id: row.id,
                state: row.state.unwrap_or_else(|| NOT_RECEIVED.to_owned()),
                facts: row.facts.into_bytes(),
            };
            Ok(rows.into_iter().map(digest).collect())
        })
    }

    /// The last day of each reception record, in the order in which they were begun; none where another calendar has
    /// changed it.
    fn clocks<'t>(
        &'t self,
        connection: &'t mut PgConnection,
        district: DistrictCode,
    ) -> BoxFuture<'t, Result<Vec<(Uuid, LegalDates)>, sqlx::Error>> {
        Box::pin(async move {
            let rows: Vec<(Uuid, String)> = sqlx::query_as(
                "SELECT case_id, CASE WHEN k0_recomputed THEN '' ELSE to_char(k0_due, 'YYYY-MM-DD') END
                 FROM reception WHERE district_code = $1
                 ORDER BY case_id, created_at, reception_no",
            )
            .bind(district.as_str())
            .fetch_all(connection)
            .await?;
            let k0 = |(case_id, eff)| {
                let dates = LegalDates {
                    by: "reception.held".to_owned(),
                    clock: "K0".to_owned(),
                    eff,
                    ..LegalDates::default()
                };
                (case_id, dates)
            };
            Ok(rows.into_iter().map(k0).collect())
        })
    }
}
