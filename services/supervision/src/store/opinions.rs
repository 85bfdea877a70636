//! Rows of `petitioner_opinion`.

use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;
use xinqiao_chassis::seal::Sealed;
use xinqiao_kernel::DistrictCode;

use super::{Stamp, Unreadable, column, count};
use crate::domain::opinion::Outcome;

/// An opinion to be kept.
#[derive(Debug)]
pub(crate) struct NewOpinion {
    /// Identifier of the row, to which the details are sealed.
    pub(crate) opinion_id: Uuid,
    /// The case.
    pub(crate) case_id: Uuid,
    /// Round of closing.
    pub(crate) round: u32,
    /// Which representative, 1 first.
    pub(crate) representative: u32,
    /// What is left when the words are put away.
    pub(crate) outcome: Outcome,
    /// Whether he agrees that the matter is settled; only when signed.
    pub(crate) agree_closed: Option<bool>,
    /// Words, witnesses, attempts.
    pub(crate) details: Sealed,
}

/// An opinion without its words.
#[derive(Debug, Clone)]
pub(crate) struct Opinion {
    /// Which representative.
    pub(crate) representative: u32,
    /// Result and attitude.
    pub(crate) outcome: Outcome,
    /// Whether he agrees.
    pub(crate) agree_closed: Option<bool>,
    /// Legal time.
    pub(crate) recorded_at: OffsetDateTime,
}

#[derive(sqlx::FromRow)]
struct Row {
    representative: i32,
    result: String,
    attitude: Option<String>,
    agree_closed: Option<bool>,
    created_at: OffsetDateTime,
}

/// Keeps an opinion. False when this representative's is there already in this round.
pub(crate) async fn insert(
    connection: &mut PgConnection,
    stamp: &Stamp,
    opinion: &NewOpinion,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "INSERT INTO petitioner_opinion (district_code, opinion_id, case_id, round, representative, result, attitude,
                                         agree_closed, remedy_told, details, created_at, created_by, updated_at,
                                         updated_by, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, true, $9, $10, $11, $10, $11, 1)
         ON CONFLICT (district_code, case_id, round, representative) DO NOTHING",
    )
    .bind(stamp.district.as_str())
    .bind(opinion.opinion_id)
    .bind(opinion.case_id)
    .bind(column(opinion.round))
    .bind(column(opinion.representative))
    .bind(opinion.outcome.code())
    .bind(opinion.outcome.attitude().map(crate::domain::opinion::Attitude::code))
    .bind(opinion.agree_closed)
    .bind(&opinion.details)
    .bind(stamp.at)
    .bind(&stamp.by)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The opinions of a round, first representative first.
pub(crate) async fn of_round(
    connection: &mut PgConnection,
    district: DistrictCode,
    case_id: Uuid,
    round: u32,
) -> Result<Vec<Opinion>, sqlx::Error> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT representative, result, attitude, agree_closed, created_at FROM petitioner_opinion
          WHERE district_code = $1 AND case_id = $2 AND round = $3 ORDER BY representative",
    )
    .bind(district.as_str())
    .bind(case_id)
    .bind(column(round))
    .fetch_all(connection)
    .await?;
    let mut opinions = Vec::with_capacity(rows.len());
    for row in rows {
        let outcome = Outcome::from_codes(&row.result, row.attitude.as_deref()).ok_or(Unreadable {
            table: "petitioner_opinion",
            column: "result",
            value: row.result,
        })?;
        opinions.push(Opinion {
            representative: count(row.representative),
            outcome,
            agree_closed: row.agree_closed,
            recorded_at: row.created_at,
        });
    }
    Ok(opinions)
}
