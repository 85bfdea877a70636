//! What may be done only so often a legal day: counted in the transaction of the act, so that what fails is not counted.

use sqlx::PgConnection;
use time::Date;
use xinqiao_kernel::DistrictCode;

/// Rows of days gone by that are swept with each use.
const SWEEP: i64 = 50;

/// What is counted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Use<'a> {
    /// An export of the district was approved.
    Export,
    /// A person has opened identity data.
    Unmask(&'a str),
}

impl<'a> Use<'a> {
    /// The act, and whose limit it is; nobody's where the district has it as a whole.
    const fn parts(self) -> (&'static str, &'a str) {
        match self {
            Self::Export => ("export", ""),
            Self::Unmask(person) => ("unmask", person),
        }
    }
}

/// Takes one of so many; false when all of the day are taken. Who takes of the same wait for each other from here to the
/// commit.
pub(crate) async fn take(
    connection: &mut PgConnection,
    district: DistrictCode,
    day: Date,
    wanted: Use<'_>,
    max: u32,
) -> Result<bool, sqlx::Error> {
    sqlx::query(
        "DELETE FROM daily_use WHERE district_code = $1 AND (day, act, somebody) IN
             (SELECT day, act, somebody FROM daily_use WHERE district_code = $1 AND day < $2 LIMIT $3
              FOR UPDATE SKIP LOCKED)",
    )
    .bind(district.as_str())
    .bind(day)
    .bind(SWEEP)
    .execute(&mut *connection)
    .await?;
    let (act, somebody) = wanted.parts();
    let taken = sqlx::query(
        "INSERT INTO daily_use AS u (district_code, day, act, somebody, taken) VALUES ($1, $2, $3, $4, 1)
         ON CONFLICT (district_code, day, act, somebody) DO UPDATE SET taken = u.taken + 1 WHERE u.taken < $5",
    )
    .bind(district.as_str())
    .bind(day)
    .bind(act)
    .bind(somebody)
    .bind(i32::try_from(max).unwrap_or(i32::MAX))
    .execute(connection)
    .await?;
    Ok(taken.rows_affected() == 1)
}
