//! Requests to export rows of the register, and which rows they select.

use sqlx::{FromRow, PgConnection};
use time::{Date, OffsetDateTime};
use uuid::Uuid;
use xinqiao_chassis::seal::{KeyRing, SealContext, SealError, Sealed};
use xinqiao_kernel::{DistrictCode, local};

use super::cases::selection::{self, Selection};
use super::cases::{By, RegisterKey};
use crate::domain::codes::{ExportField, ExportPurpose};
use crate::domain::export::{Decision, Export, PATIENCE};

const TABLE: &str = "export_request";

macro_rules! export_query {
    ($rest:literal) => {
        concat!(
            "SELECT id, first_day, last_day, states, fields, purpose, reason, counted, upper_year, upper_sequence,
                    approved, decided_by, decided_at, refusal, expires_at, fetched_at, fetched_with,
                    created_at, created_by
             FROM export_request WHERE district_code = $1 AND ",
            $rest
        )
    };
}

/// What is wanted.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) first_day: Date,
    pub(crate) last_day: Date,
    /// Codes; none means all.
    pub(crate) states: Vec<String>,
    pub(crate) fields: Vec<ExportField>,
    pub(crate) purpose: ExportPurpose,
    pub(crate) reason: String,
}

/// How many cases fit, and the highest number among them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counted {
    pub(crate) rows: i64,
    upper: RegisterKey,
}

/// A request, its free text still sealed.
#[derive(Clone, Debug, FromRow)]
pub(crate) struct Row {
    pub(crate) id: Uuid,
    pub(crate) first_day: Date,
    pub(crate) last_day: Date,
    pub(crate) states: Vec<String>,
    fields: Vec<i16>,
    pub(crate) purpose: i16,
    reason: Sealed,
    pub(crate) counted: i32,
    upper_year: i16,
    upper_sequence: i32,
    approved: Option<bool>,
    pub(crate) decided_by: Option<String>,
    pub(crate) decided_at: Option<OffsetDateTime>,
    refusal: Option<Sealed>,
    pub(crate) expires_at: Option<OffsetDateTime>,
    pub(crate) fetched_at: Option<OffsetDateTime>,
    fetched_with: Option<Uuid>,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) created_by: String,
}

impl Row {
    /// What the rules look at.
    pub(crate) fn export(&self) -> Export {
        let decision = self
            .approved
            .map(|_| self.expires_at.map_or(Decision::Refused, Decision::Approved));
        Export {
            prepared_by: self.created_by.clone(),
            prepared_at: self.created_at,
            decision,
            fetched_with: self.fetched_with,
        }
    }

    /// The values of a row.
    pub(crate) fn fields(&self) -> Vec<ExportField> {
        let field = |number: &i16| ExportField::of_number(*number).expect("invariant: written from a field");
        self.fields.iter().map(field).collect()
    }

    /// Which cases.
    pub(crate) fn selection(&self) -> Selection {
        selected(self.first_day, self.last_day, &self.states)
            .up_to((self.upper_year, self.upper_sequence))
            .by(self.created_at)
    }

    /// What it is needed for, and why it was refused.
    pub(crate) fn words(
        &self,
        keys: &KeyRing,
        district: DistrictCode,
    ) -> Result<(String, String), SealError> {
        let open = |column, sealed| keys.open_text(&place(district, column, self.id), sealed);
        let refusal = self.refusal.as_ref().map(|sealed| open("refusal", sealed));
        Ok((
            open("reason", &self.reason)?,
            refusal.transpose()?.unwrap_or_default(),
        ))
    }
}

const fn place(district: DistrictCode, column: &'static str, id: Uuid) -> SealContext<'static> {
    SealContext::new(district, TABLE, column, id)
}

fn selected(first_day: Date, last_day: Date, states: &[String]) -> Selection {
    Selection::new(
        local::start_of_day(first_day),
        local::end_of_day(last_day),
        states.to_vec(),
    )
}

/// The key of the list: when it was prepared, and the id.
pub(crate) type Key = (OffsetDateTime, Uuid);

/// Counts the cases that fit.
pub(crate) async fn count(
    connection: &mut PgConnection,
    district: DistrictCode,
    wanted: &Wanted,
) -> Result<Counted, sqlx::Error> {
    let selected = selected(wanted.first_day, wanted.last_day, &wanted.states);
    let (rows, upper) = selection::count(connection, district, &selected).await?;
    Ok(Counted { rows, upper })
}

/// Writes a request.
pub(crate) async fn prepare(
    connection: &mut PgConnection,
    keys: &KeyRing,
    district: DistrictCode,
    id: Uuid,
    (wanted, counted): (&Wanted, Counted),
    by: By<'_>,
) -> Result<(), sqlx::Error> {
    let fields: Vec<i16> = wanted.fields.iter().map(|field| field.number()).collect();
    sqlx::query(
        "INSERT INTO export_request (district_code, id, first_day, last_day, states, fields, purpose, reason, counted,
                                     upper_year, upper_sequence, created_at, created_by, updated_at, updated_by, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $12, $13, 1)",
    )
    .bind(district.as_str())
    .bind(id)
    .bind(wanted.first_day)
    .bind(wanted.last_day)
    .bind(&wanted.states)
    .bind(fields)
    .bind(wanted.purpose.number())
    .bind(keys.seal_text(&place(district, "reason", id), &wanted.reason))
    .bind(i32::try_from(counted.rows).unwrap_or(i32::MAX))
    .bind(counted.upper.0)
    .bind(counted.upper.1)
    .bind(by.at)
    .bind(by.actor)
    .execute(connection)
    .await?;
    Ok(())
}

/// Finds a request and keeps others from deciding or fetching it until the transaction ends.
pub(crate) async fn take(
    connection: &mut PgConnection,
    district: DistrictCode,
    id: Uuid,
) -> Result<Option<Row>, sqlx::Error> {
    sqlx::query_as(export_query!("id = $2 FOR UPDATE"))
        .bind(district.as_str())
        .bind(id)
        .fetch_optional(connection)
        .await
}

/// Lets it go until then.
pub(crate) async fn approve(
    connection: &mut PgConnection,
    district: DistrictCode,
    id: Uuid,
    expires_at: OffsetDateTime,
    by: By<'_>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE export_request SET approved = true, expires_at = $3, decided_by = $4, decided_at = $5, updated_by = $4,
                                   updated_at = $5, version = version + 1
         WHERE district_code = $1 AND id = $2",
    )
    .bind(district.as_str())
    .bind(id)
    .bind(expires_at)
    .bind(by.actor)
    .bind(by.at)
    .execute(connection)
    .await?;
    Ok(())
}

/// Refuses it with words.
pub(crate) async fn refuse(
    connection: &mut PgConnection,
    keys: &KeyRing,
    district: DistrictCode,
    id: Uuid,
    refusal: &str,
    by: By<'_>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE export_request SET approved = false, refusal = $3, decided_by = $4, decided_at = $5, updated_by = $4,
                                   updated_at = $5, version = version + 1
         WHERE district_code = $1 AND id = $2",
    )
    .bind(district.as_str())
    .bind(id)
    .bind(keys.seal_text(&place(district, "refusal", id), refusal))
    .bind(by.actor)
    .bind(by.at)
    .execute(connection)
    .await?;
    Ok(())
}

/// Notes which request fetched it, and when it did first.
pub(crate) async fn fetched(
    connection: &mut PgConnection,
    district: DistrictCode,
    id: Uuid,
    request: Uuid,
    by: By<'_>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE export_request SET fetched_at = $3, fetched_with = $4, updated_by = $5, updated_at = $3,
                                   version = version + 1
         WHERE district_code = $1 AND id = $2 AND fetched_at IS NULL",
    )
    .bind(district.as_str())
    .bind(id)
    .bind(by.at)
    .bind(request)
    .bind(by.actor)
    .execute(connection)
    .await?;
    Ok(())
}

/// A page of the requests, newest first.
pub(crate) async fn list(
    connection: &mut PgConnection,
    district: DistrictCode,
    waiting_at: Option<OffsetDateTime>,
    after: Option<Key>,
    limit: i64,
) -> Result<Vec<Row>, sqlx::Error> {
    let (at, id) = after.unzip();
    sqlx::query_as(export_query!(
        "($2::timestamptz IS NULL OR (created_at, id) < ($2, $3))
           AND ($4::timestamptz IS NULL OR (approved IS NULL AND created_at > $4))
         ORDER BY created_at DESC, id DESC LIMIT $5"
    ))
    .bind(district.as_str())
    .bind(at)
    .bind(id)
    .bind(waiting_at.map(|now| now - PATIENCE))
    .bind(limit)
    .fetch_all(connection)
    .await
}
