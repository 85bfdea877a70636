//! What intake knows of every case, for `digest`.

use futures::future::BoxFuture;
use sqlx::PgConnection;
use uuid::Uuid;
use xinqiao_chassis::digest::{CaseDigest, DigestSource, LegalDates};
use xinqiao_kernel::DistrictCode;

/// State, holder and remedy of every case, the length of its time line, and the dates that K1 had when it was started:
/// none where another calendar has changed them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Digest;

impl DigestSource for Digest {
    fn cases<'t>(
        &'t self,
        connection: &'t mut PgConnection,
        district: DistrictCode,
    ) -> BoxFuture<'t, Result<Vec<CaseDigest>, sqlx::Error>> {
        Box::pin(async move {
            let rows: Vec<(Uuid, String, String)> = sqlx::query_as(
                "SELECT c.id, c.state || '/' || c.remedy,
                        concat_ws(' ', c.holder, c.worked_in, c.version, c.responsible_leader_id, c.reception_id,
                                  c.reception_finalised, c.unit_ids,
                                  (SELECT count(*) FROM timeline t
                                   WHERE t.district_code = c.district_code AND t.case_id = c.id))
                 FROM case_file c WHERE c.district_code = $1 ORDER BY c.year, c.sequence",
            )
            .bind(district.as_str())
            .fetch_all(connection)
            .await?;
            Ok(rows
                .into_iter()
                .map(|(case_id, state, facts)| CaseDigest {
                    case_id,
                    state,
                    facts: facts.into_bytes(),
                })
                .collect())
        })
    }

    fn clocks<'t>(
        &'t self,
        connection: &'t mut PgConnection,
        district: DistrictCode,
    ) -> BoxFuture<'t, Result<Vec<(Uuid, LegalDates)>, sqlx::Error>> {
        Box::pin(async move {
            let rows: Vec<(Uuid, String, String, String)> = sqlx::query_as(
                "SELECT id, CASE WHEN k1_recomputed THEN '' ELSE to_char(k1_raw, 'YYYY-MM-DD') END,
                        CASE WHEN k1_recomputed THEN '' ELSE to_char(k1_eff, 'YYYY-MM-DD') END,
                        CASE WHEN k1_recomputed THEN '' ELSE to_char(k1_safe, 'YYYY-MM-DD') END
                 FROM case_file WHERE district_code = $1 ORDER BY year, sequence",
            )
            .bind(district.as_str())
            .fetch_all(connection)
            .await?;
            let k1 = |(case_id, raw, eff, safe)| {
                let dates = LegalDates {
                    by: "case.registered".to_owned(),
                    clock: "K1".to_owned(),
                    raw,
                    eff,
                    safe,
                };
                (case_id, dates)
            };
            Ok(rows.into_iter().map(k1).collect())
        })
    }
}
