//! Cases that an export may have.

use sqlx::PgConnection;
use time::OffsetDateTime;
use xinqiao_kernel::DistrictCode;

use super::{CaseRow, RegisterKey};

/// Which cases: ordinary ones, by the time of registration and the state they are in now.
#[derive(Clone, Debug)]
pub(crate) struct Selection {
    from: OffsetDateTime,
    until: OffsetDateTime,
    states: Vec<String>,
    upper: RegisterKey,
}

impl Selection {
    /// From one instant to another, in one of the states; no states means all.
    pub(crate) fn new(from: OffsetDateTime, until: OffsetDateTime, states: Vec<String>) -> Self {
        let upper = (i16::MAX, i32::MAX);
        Self {
            from,
            until,
            states,
            upper,
        }
    }

    /// None registered after this: a number of a block may be a lower one.
    pub(crate) fn by(self, at: OffsetDateTime) -> Self {
        let until = self.until.min(at);
        Self { until, ..self }
    }

    /// None above this number.
    pub(crate) fn up_to(self, upper: RegisterKey) -> Self {
        Self { upper, ..self }
    }
}

/// How many cases fit, and the highest number among them.
pub(crate) async fn count(
    connection: &mut PgConnection,
    district: DistrictCode,
    selection: &Selection,
) -> Result<(i64, RegisterKey), sqlx::Error> {
    let (rows, year, sequence) = sqlx::query_as(
        "WITH fitting AS (SELECT year, sequence FROM case_file
                          WHERE district_code = $1 AND NOT sealed AND registered_at BETWEEN $2 AND $3
                            AND (cardinality($4::text[]) = 0 OR state = ANY ($4)))
         SELECT count(*), COALESCE(max(year), 0::smallint),
                COALESCE(max(sequence) FILTER (WHERE year = (SELECT max(year) FROM fitting)), 0)
         FROM fitting",
    )
    .bind(district.as_str())
    .bind(selection.from)
    .bind(selection.until)
    .bind(&selection.states)
    .fetch_one(connection)
    .await?;
    Ok((rows, (year, sequence)))
}

/// A page of the selected cases, in the order of their numbers.
pub(crate) async fn page(
    connection: &mut PgConnection,
    district: DistrictCode,
    selection: &Selection,
    after: RegisterKey,
    limit: i64,
) -> Result<Vec<CaseRow>, sqlx::Error> {
    sqlx::query_as(case_query!(
        "NOT c.sealed AND (c.year, c.sequence) > ($2, $3) AND (c.year, c.sequence) <= ($4, $5)
           AND c.registered_at BETWEEN $6 AND $7 AND (cardinality($8::text[]) = 0 OR c.state = ANY ($8))
         ORDER BY c.year, c.sequence LIMIT $9"
    ))
    .bind(district.as_str())
    .bind(after.0)
    .bind(after.1)
    .bind(selection.upper.0)
    .bind(selection.upper.1)
    .bind(selection.from)
    .bind(selection.until)
    .bind(&selection.states)
    .bind(limit)
    .fetch_all(connection)
    .await
}
