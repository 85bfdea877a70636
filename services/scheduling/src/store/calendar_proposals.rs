//! Rows of `calendar_proposal`.

use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;
use xinqiao_chassis::desk::Act;
use xinqiao_kernel::Calendar;

use super::Stamp;
use crate::domain::calendar::State;

/// A version of the calendar that somebody proposed.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct Proposal {
    pub(crate) id: Uuid,
    pub(crate) year: i32,
    pub(crate) edition: String,
    pub(crate) base_edition: String,
    pub(crate) notice: String,
    /// The whole calendar, word for word as it is published.
    pub(crate) calendar: Json<Calendar>,
    #[sqlx(try_from = "String")]
    pub(crate) state: State,
    /// What it would do to the open clocks: open, moving, told, kept, certainty.
    pub(crate) effect: Vec<Option<i64>>,
    pub(crate) previewed_at: Option<OffsetDateTime>,
    pub(crate) decided_at: Option<OffsetDateTime>,
    pub(crate) decided_by: Option<String>,
    pub(crate) refusal: Option<String>,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) created_by: String,
    pub(crate) version: i64,
}

/// The next free version that is called after a year.
pub(crate) async fn next_edition(act: &mut Act, year: i32) -> Result<String, sqlx::Error> {
    let district = act.district().to_string();
    let in_force = act.calendar().version().to_owned();
    let number: i32 = sqlx::query_scalar(
        "SELECT COALESCE(max(split_part(edition, '.', 2)::integer), 0) + 1
           FROM (SELECT version FROM calendar_edition WHERE district_code = $1
                 UNION ALL SELECT edition FROM calendar_proposal WHERE district_code = $1
                 UNION ALL SELECT $2) AS used (edition)
          WHERE edition ~ ('^' || $3 || '\\.[0-9]{1,6}$')",
    )
    .bind(district)
    .bind(in_force)
    .bind(year.to_string())
    .fetch_one(act.conn())
    .await?;
    Ok(format!("{year}.{number}"))
}

/// Adds a proposal with version 1. False when somebody else has just taken its version of the calendar.
pub(crate) async fn insert(act: &mut Act, proposal: &Proposal) -> Result<bool, sqlx::Error> {
    let stamp = Stamp::of(act);
    let done = sqlx::query(
        "INSERT INTO calendar_proposal (district_code, id, year, edition, base_edition, notice, calendar, state, created_at,
                                        created_by, updated_at, updated_by, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $9, $10, 1)
         ON CONFLICT ON CONSTRAINT calendar_proposal_edition DO NOTHING",
    )
    .bind(stamp.district)
    .bind(proposal.id)
    .bind(proposal.year)
    .bind(&proposal.edition)
    .bind(&proposal.base_edition)
    .bind(&proposal.notice)
    .bind(&proposal.calendar)
    .bind(proposal.state.code())
    .bind(stamp.now)
    .bind(stamp.actor)
    .execute(act.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The proposal, when the district has it.
pub(crate) async fn find(act: &mut Act, id: Uuid) -> Result<Option<Proposal>, sqlx::Error> {
    let district = act.district().to_string();
    sqlx::query_as(
        "SELECT id, year, edition, base_edition, notice, calendar, state,
                ARRAY[open, moving, told, kept, certainty] AS effect, previewed_at, decided_at, decided_by, refusal,
                created_at, created_by, version
           FROM calendar_proposal WHERE district_code = $1 AND id = $2",
    )
    .bind(district)
    .bind(id)
    .fetch_optional(act.conn())
    .await
}

/// The same, and nobody else decides about it until the act is over.
pub(crate) async fn take(act: &mut Act, id: Uuid) -> Result<Option<Proposal>, sqlx::Error> {
    let district = act.district().to_string();
    sqlx::query("SELECT 1 FROM calendar_proposal WHERE district_code = $1 AND id = $2 FOR UPDATE")
        .bind(district)
        .bind(id)
        .execute(act.conn())
        .await?;
    find(act, id).await
}

/// One page, the newest first, after the key given.
pub(crate) async fn page(
    act: &mut Act,
    open_only: bool,
    after: Option<(OffsetDateTime, Uuid)>,
    limit: i64,
) -> Result<Vec<Proposal>, sqlx::Error> {
    let district = act.district().to_string();
    let (at, id) = after.unzip();
    sqlx::query_as(
        "SELECT id, year, edition, base_edition, notice, calendar, state,
                ARRAY[open, moving, told, kept, certainty] AS effect, previewed_at, decided_at, decided_by, refusal,
                created_at, created_by, version
           FROM calendar_proposal
          WHERE district_code = $1 AND (NOT $2 OR state IN ('PROPOSED', 'PREVIEWED'))
            AND ($3::timestamptz IS NULL OR (created_at, id) < ($3, $4))
          ORDER BY created_at DESC, id DESC LIMIT $5",
    )
    .bind(district)
    .bind(open_only)
    .bind(at)
    .bind(id)
    .bind(limit)
    .fetch_all(act.conn())
    .await
}

/// Notes what a proposal would do; only one that waits for it.
pub(crate) async fn previewed(act: &mut Act, id: Uuid, effect: [i64; 5]) -> Result<(), sqlx::Error> {
    let stamp = Stamp::of(act);
    let [open, moving, told, kept, certainty] = effect;
    sqlx::query(
        "UPDATE calendar_proposal
            SET state = 'PREVIEWED', open = $3, moving = $4, told = $5, kept = $6, certainty = $7, previewed_at = $8,
                updated_at = $8, updated_by = $9, version = version + 1
          WHERE district_code = $1 AND id = $2 AND state = 'PROPOSED'",
    )
    .bind(stamp.district)
    .bind(id)
    .bind(open)
    .bind(moving)
    .bind(told)
    .bind(kept)
    .bind(certainty)
    .bind(stamp.now)
    .bind(stamp.actor)
    .execute(act.conn())
    .await?;
    Ok(())
}

/// Writes what was decided about a proposal that this act has taken.
pub(crate) async fn decide(act: &mut Act, proposal: &Proposal) -> Result<(), sqlx::Error> {
    let stamp = Stamp::of(act);
    sqlx::query(
        "UPDATE calendar_proposal
            SET state = $3, decided_at = $4, decided_by = $5, refusal = $6, updated_at = $4, updated_by = $5, version = $7
          WHERE district_code = $1 AND id = $2",
    )
    .bind(stamp.district)
    .bind(proposal.id)
    .bind(proposal.state.code())
    .bind(stamp.now)
    .bind(stamp.actor)
    .bind(&proposal.refusal)
    .bind(proposal.version)
    .execute(act.conn())
    .await?;
    Ok(())
}
