//! What this service knows of its cases beside their events, for `digest`.

use futures::{FutureExt as _, future::BoxFuture};
use sqlx::PgConnection;
use uuid::Uuid;
use xinqiao_chassis::digest::{CaseDigest, DigestSource};
use xinqiao_kernel::DistrictCode;

/// State and facts of every case; the texts count by number.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CaseDigests;

impl DigestSource for CaseDigests {
    fn cases<'t>(
        &'t self,
        connection: &'t mut PgConnection,
        district: DistrictCode,
    ) -> BoxFuture<'t, Result<Vec<CaseDigest>, sqlx::Error>> {
        cases(connection, district).boxed()
    }
}

async fn cases(conn: &mut PgConnection, district: DistrictCode) -> Result<Vec<CaseDigest>, sqlx::Error> {
    let rows: Vec<(Uuid, String, String)> = sqlx::query_as(
        "SELECT c.case_id, c.state,
                concat_ws('|', c.hold, c.round, c.lead_unit_id, c.responsible_leader_id, c.terms, c.investigators,
                          c.opinion_outcome, c.opinion_issued_on, c.opinion_served_on, c.version,
                          (SELECT count(*) FROM paper p
                           WHERE p.district_code = c.district_code AND p.case_id = c.case_id))
         FROM case_file c WHERE c.district_code = $1 ORDER BY c.case_id",
    )
    .bind(district.as_str())
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(case_id, state, facts)| CaseDigest {
            case_id,
            state,
            facts: facts.into_bytes(),
        })
        .collect())
}
