//! What intake knows of every case, for `digest`.

use futures::future::BoxFuture;
use sqlx::PgConnection;
use uuid::Uuid;
use xinqiao_chassis::digest::{CaseDigest, DigestSource};
use xinqiao_kernel::DistrictCode;

/// State, holder and remedy of every case, and the length of its time line.
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
}
