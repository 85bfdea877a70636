//! The facts of every case that must be the same after the same events.

use sqlx::PgConnection;
use uuid::Uuid;
use xinqiao_chassis::digest::CaseDigest;
use xinqiao_kernel::DistrictCode;

/// State with remedy, and one line per clock: code, round, state, dates, levels passed. Identifiers and instants of
/// this process are left out: they differ when events are applied again elsewhere.
pub(crate) async fn cases(
    connection: &mut PgConnection,
    district: DistrictCode,
) -> Result<Vec<CaseDigest>, sqlx::Error> {
    let rows: Vec<(Uuid, String, String)> = sqlx::query_as(
        "SELECT c.case_id, c.state || '/' || c.remedy,
                COALESCE(string_agg(
                    concat_ws(' ', k.code, k.round, k.state, k.due_raw, k.due_eff, k.due_safe, k.started_by,
                              k.stopped_by,
                              (SELECT count(*) FROM clock_rung r
                                WHERE r.district_code = $1 AND r.clock_id = k.clock_id AND r.fired_at IS NOT NULL)),
                    E'\\n' ORDER BY k.code, k.round), '')
           FROM supervised_case c
           LEFT JOIN clock k ON k.district_code = $1 AND k.case_id = c.case_id
          WHERE c.district_code = $1
          GROUP BY c.case_id, c.state, c.remedy
          ORDER BY c.case_id",
    )
    .bind(district.as_str())
    .fetch_all(connection)
    .await?;
    let digest = |(case_id, state, facts): (Uuid, String, String)| CaseDigest {
        case_id,
        state,
        facts: facts.into_bytes(),
    };
    Ok(rows.into_iter().map(digest).collect())
}
