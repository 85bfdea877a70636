//! The desk of what is due: running clocks of a district, soonest effective date first.

use sqlx::PgConnection;
use time::Date;
use uuid::Uuid;
use xinqiao_kernel::DistrictCode;

/// Which clocks. A colour is a range of dates, so that a page of one colour is a page of rows.
#[derive(Debug, Clone)]
pub(crate) struct DeskFilter {
    /// Only these codes; none means all.
    pub(crate) codes: Vec<String>,
    /// Only these colours; none means all.
    pub(crate) colours: Vec<String>,
    /// Codes of rights, which are always green.
    pub(crate) rights: Vec<String>,
    /// Only cases of this leader.
    pub(crate) leader_id: Option<Uuid>,
    /// The legal date.
    pub(crate) today: Date,
    /// The last safe date that is amber today.
    pub(crate) amber_until: Date,
    /// Behind this row of the page before.
    pub(crate) after: Option<(Date, Uuid)>,
}

/// A running clock on the desk.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct DeskRow {
    /// The clock.
    pub(crate) clock_id: Uuid,
    /// Its code.
    pub(crate) code: String,
    /// Its case.
    pub(crate) case_id: Uuid,
    /// Number of the case.
    pub(crate) case_no: String,
    /// State of the case.
    pub(crate) case_state: String,
    /// Who is responsible.
    pub(crate) responsible_leader_id: Option<Uuid>,
    /// First day, not counted.
    pub(crate) start_date: Date,
    /// Length.
    pub(crate) term_length: i32,
    /// `day` or `working_day`.
    pub(crate) term_unit: String,
    /// Calendar.
    pub(crate) calendar_version: String,
    /// Plain arithmetic.
    pub(crate) due_raw: Date,
    /// Overdue after it.
    pub(crate) due_eff: Date,
    /// What staff aim at.
    pub(crate) due_safe: Date,
    /// From a provisional year.
    pub(crate) provisional: bool,
    /// `green`, `amber`, `red` or `overdue`.
    pub(crate) colour: String,
}

/// Reads up to `limit` rows behind the page before. Cases of the sealed compartment do not appear in lists.
pub(crate) async fn page(
    connection: &mut PgConnection,
    district: DistrictCode,
    filter: &DeskFilter,
    limit: i64,
) -> Result<Vec<DeskRow>, sqlx::Error> {
    let (after_date, after_id) = filter.after.unzip();
    sqlx::query_as(
        "SELECT * FROM (
             SELECT k.clock_id, k.code, k.case_id, c.case_no, c.state AS case_state, c.responsible_leader_id,
                    k.start_date, k.term_length, k.term_unit, k.calendar_version, k.due_raw, k.due_eff, k.due_safe,
                    k.provisional,
                    CASE WHEN k.code = ANY ($4) THEN 'green'
                         WHEN k.due_eff < $6 THEN 'overdue'
                         WHEN k.due_safe < $6 THEN 'red'
                         WHEN k.due_safe <= $7 THEN 'amber'
                         ELSE 'green' END AS colour
               FROM clock k
               JOIN supervised_case c ON c.district_code = $1 AND c.case_id = k.case_id
              WHERE k.district_code = $1 AND k.state = 'running' AND NOT c.sealed
                AND (cardinality($2::text[]) = 0 OR k.code = ANY ($2))
                AND ($5::uuid IS NULL OR c.responsible_leader_id = $5)
                AND ($8::date IS NULL OR (k.due_eff, k.clock_id) > ($8, $9))) AS due
          WHERE cardinality($3::text[]) = 0 OR colour = ANY ($3)
          ORDER BY due_eff, clock_id LIMIT $10",
    )
    .bind(district.as_str())
    .bind(&filter.codes)
    .bind(&filter.colours)
    .bind(&filter.rights)
    .bind(filter.leader_id)
    .bind(filter.today)
    .bind(filter.amber_until)
    .bind(after_date)
    .bind(after_id)
    .bind(limit)
    .fetch_all(connection)
    .await
}
