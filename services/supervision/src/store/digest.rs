//! The facts of every case that must be the same after the same events, and the dates of its clocks.

use sqlx::PgConnection;
use uuid::Uuid;
use xinqiao_chassis::digest::{CaseDigest, LegalDates};
use xinqiao_kernel::DistrictCode;

/// State with remedy, and one line per clock: code, state, dates, levels passed. Identifiers and instants of this
/// process are left out: they differ when events are applied again elsewhere. So is a clock that ended before it began:
/// one that the timer started while the event that made it void was on its way.
pub(crate) async fn cases(
    connection: &mut PgConnection,
    district: DistrictCode,
) -> Result<Vec<CaseDigest>, sqlx::Error> {
    let rows: Vec<(Uuid, String, String)> = sqlx::query_as(
        "SELECT c.case_id, c.state || '/' || c.remedy,
                COALESCE(string_agg(
                    concat_ws(' ', k.code, k.state, k.due_raw, k.due_eff, k.due_safe, k.started_by, k.stopped_by,
                              (SELECT count(*) FROM clock_rung r
                                WHERE r.district_code = $1 AND r.clock_id = k.clock_id AND r.fired_at IS NOT NULL)),
                    E'\\n' ORDER BY k.code, k.round), '')
           FROM supervised_case c
           LEFT JOIN clock k ON k.district_code = $1 AND k.case_id = c.case_id
                AND (k.stopped_at IS NULL OR k.stopped_at >= k.started_at)
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

/// The dates that every clock had when it was started, with the event that started it; those of one case and code by
/// round. A later calendar may have changed them since, which no event of the start could know.
pub(crate) async fn clocks(
    connection: &mut PgConnection,
    district: DistrictCode,
) -> Result<Vec<(Uuid, LegalDates)>, sqlx::Error> {
    let rows: Vec<(Uuid, String, String, String, String, String)> = sqlx::query_as(
        "SELECT k.case_id, k.started_by, k.code, to_char(COALESCE(m.due_raw, k.due_raw), 'YYYY-MM-DD'),
                to_char(COALESCE(m.due_eff, k.due_eff), 'YYYY-MM-DD'),
                to_char(COALESCE(m.due_safe, k.due_safe), 'YYYY-MM-DD')
           FROM clock k
           LEFT JOIN LATERAL (SELECT due_raw, due_eff, due_safe FROM clock_move
                               WHERE district_code = $1 AND clock_id = k.clock_id
                               ORDER BY created_at LIMIT 1) m ON true
          WHERE k.district_code = $1 ORDER BY k.case_id, k.code, k.round",
    )
    .bind(district.as_str())
    .fetch_all(connection)
    .await?;
    let dates = |(case_id, by, clock, raw, eff, safe)| {
        let dates = LegalDates {
            by,
            clock,
            raw,
            eff,
            safe,
        };
        (case_id, dates)
    };
    Ok(rows.into_iter().map(dates).collect())
}
