//! What other services told: cases that exist, units that can be named.

use time::{Date, OffsetDateTime};
use uuid::Uuid;
use xinqiao_chassis::concern::{self, Concern};
use xinqiao_chassis::desk::Act;
use xinqiao_chassis::permission::{CaseFacts, Resource};
use xinqiao_chassis::seal::Sealed;
use xinqiao_kernel::{CaseState, DistrictCode};

use super::Stamp;

/// A case as far as this service knows it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct KnownCase {
    pub(crate) id: Uuid,
    pub(crate) case_no: String,
    pub(crate) registered_at: OffsetDateTime,
    pub(crate) reception_day_id: Option<Uuid>,
    pub(crate) unit_ids: Vec<Uuid>,
    /// The archivist's part: from the closure report on.
    pub(crate) closing: bool,
    /// In the sealed compartment (DEC-14).
    pub(crate) sealed: bool,
    /// Blind indexes of who may book for it, in hexadecimal with commas between.
    pub(crate) persons: Option<Sealed>,
}

impl KnownCase {
    fn facts(&self, district: DistrictCode, concern: Concern) -> CaseFacts {
        CaseFacts {
            sealed: self.sealed,
            closing: self.closing,
            lead_unit: self.unit_ids.first().copied(),
            units: self.unit_ids.clone(),
            accused_units: concern.units,
            concerned: concern.persons,
            ..CaseFacts::new(district, self.id, CaseState::Registered)
        }
    }
}

/// What decides about who may see and do what. The leader is the one a record names, not known here without one.
pub(crate) async fn resource(act: &mut Act, case: &KnownCase) -> Result<Resource, sqlx::Error> {
    let concern = concern::of(act, case.id).await?;
    Ok(Resource::Case(case.facts(act.district(), concern)))
}

/// The same, with the leader who receives or received.
pub(crate) async fn received_by(
    act: &mut Act,
    case: &KnownCase,
    leader_id: Uuid,
) -> Result<Resource, sqlx::Error> {
    let concern = concern::of(act, case.id).await?;
    Ok(Resource::Case(CaseFacts {
        leader: Some(leader_id),
        ..case.facts(act.district(), concern)
    }))
}

/// A case of whom a leader receives or received, as a list shows it; none of the sealed compartment.
pub(crate) fn listed(district: DistrictCode, case_id: Uuid, leader_id: Uuid) -> Resource {
    Resource::Case(CaseFacts {
        leader: Some(leader_id),
        ..CaseFacts::new(district, case_id, CaseState::Registered)
    })
}

/// A visitor of a day, by case.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct DayVisitor {
    pub(crate) case_id: Uuid,
    pub(crate) case_no: String,
    pub(crate) registered_at: OffsetDateTime,
    pub(crate) reception_id: Option<Uuid>,
}

/// Makes a case known.
pub(crate) async fn insert_case(act: &mut Act, case: &KnownCase) -> Result<(), sqlx::Error> {
    let stamp = Stamp::of(act);
    sqlx::query(
        "INSERT INTO known_case (district_code, id, case_no, registered_at, reception_day_id, unit_ids, updated_at,
                                 sealed, persons)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (district_code, id) DO NOTHING",
    )
    .bind(stamp.district)
    .bind(case.id)
    .bind(&case.case_no)
    .bind(case.registered_at)
    .bind(case.reception_day_id)
    .bind(&case.unit_ids)
    .bind(stamp.now)
    .bind(case.sealed)
    .bind(&case.persons)
    .execute(act.conn())
    .await?;
    Ok(())
}

/// Notes whether the case is closing.
pub(crate) async fn close_case(act: &mut Act, case_id: Uuid, closing: bool) -> Result<(), sqlx::Error> {
    let stamp = Stamp::of(act);
    sqlx::query("UPDATE known_case SET closing = $3, updated_at = $4 WHERE district_code = $1 AND id = $2")
        .bind(stamp.district)
        .bind(case_id)
        .bind(closing)
        .bind(stamp.now)
        .execute(act.conn())
        .await?;
    Ok(())
}

/// Notes which units a case is assigned to.
pub(crate) async fn assign_case(act: &mut Act, case_id: Uuid, units: &[Uuid]) -> Result<(), sqlx::Error> {
    let stamp = Stamp::of(act);
    sqlx::query("UPDATE known_case SET unit_ids = $3, updated_at = $4 WHERE district_code = $1 AND id = $2")
        .bind(stamp.district)
        .bind(case_id)
        .bind(units)
        .bind(stamp.now)
        .execute(act.conn())
        .await?;
    Ok(())
}

/// The case, when it is known here.
pub(crate) async fn case(act: &mut Act, id: Uuid) -> Result<Option<KnownCase>, sqlx::Error> {
    let district = act.district().to_string();
    sqlx::query_as(
        "SELECT id, case_no, registered_at, reception_day_id, unit_ids, closing, sealed, persons FROM known_case
         WHERE district_code = $1 AND id = $2",
    )
    .bind(district)
    .bind(id)
    .fetch_optional(act.conn())
    .await
}

/// Those of the cases that are known here.
pub(crate) async fn cases(act: &mut Act, ids: &[Uuid]) -> Result<Vec<KnownCase>, sqlx::Error> {
    let district = act.district().to_string();
    sqlx::query_as(
        "SELECT id, case_no, registered_at, reception_day_id, unit_ids, closing, sealed, persons FROM known_case
         WHERE district_code = $1 AND id = ANY ($2)",
    )
    .bind(district)
    .bind(ids)
    .fetch_all(act.conn())
    .await
}

/// The visitors registered for a day, in the order of registration; none of the sealed compartment, whom no leader
/// receives.
pub(crate) async fn visitors(act: &mut Act, day_id: Uuid) -> Result<Vec<DayVisitor>, sqlx::Error> {
    let district = act.district().to_string();
    sqlx::query_as(
        "SELECT k.id AS case_id, k.case_no, k.registered_at, r.id AS reception_id
         FROM known_case k
         LEFT JOIN reception r ON r.district_code = k.district_code AND r.case_id = k.id
                              AND r.reception_day_id = k.reception_day_id
         WHERE k.district_code = $1 AND k.reception_day_id = $2 AND NOT k.sealed
         ORDER BY k.registered_at, k.id",
    )
    .bind(district)
    .bind(day_id)
    .fetch_all(act.conn())
    .await
}

/// The cases of those who expect a session, booked or registered for it and not received yet; none of the sealed
/// compartment.
pub(crate) async fn expecting(act: &mut Act, day_id: Uuid) -> Result<Vec<Uuid>, sqlx::Error> {
    let district = act.district().to_string();
    sqlx::query_scalar(
        "SELECT k.id FROM known_case k
         WHERE k.district_code = $1 AND NOT k.sealed
           AND (k.reception_day_id = $2
                OR k.id IN (SELECT a.case_id FROM appointment a
                            WHERE a.district_code = $1 AND a.reception_day_id = $2
                              AND a.state IN ('CONFIRMED', 'CHECKED_IN')))
           AND NOT EXISTS (SELECT 1 FROM reception r
                           WHERE r.district_code = $1 AND r.case_id = k.id AND r.reception_day_id = $2)
         ORDER BY k.id",
    )
    .bind(district)
    .bind(day_id)
    .fetch_all(act.conn())
    .await
}

/// The same for the sessions of a stretch: each session with each case.
pub(crate) async fn expecting_between(
    act: &mut Act,
    first: Date,
    last: Date,
) -> Result<Vec<(Uuid, Uuid)>, sqlx::Error> {
    let district = act.district().to_string();
    sqlx::query_as(
        "SELECT d.id, k.id
         FROM reception_day d
         JOIN known_case k ON k.district_code = d.district_code AND NOT k.sealed
           AND (k.reception_day_id = d.id
                OR k.id IN (SELECT a.case_id FROM appointment a
                            WHERE a.district_code = d.district_code AND a.reception_day_id = d.id
                              AND a.state IN ('CONFIRMED', 'CHECKED_IN')))
         WHERE d.district_code = $1 AND d.day BETWEEN $2 AND $3
           AND d.state IN ('PLANNED', 'PUBLISHED', 'OPEN')
           AND NOT EXISTS (SELECT 1 FROM reception r
                           WHERE r.district_code = d.district_code AND r.case_id = k.id AND r.reception_day_id = d.id)
         ORDER BY d.day, k.id",
    )
    .bind(district)
    .bind(first)
    .bind(last)
    .fetch_all(act.conn())
    .await
}

/// Adds or changes a unit.
pub(crate) async fn put_unit(act: &mut Act, id: Uuid, name: &str, active: bool) -> Result<(), sqlx::Error> {
    let stamp = Stamp::of(act);
    sqlx::query(
        "INSERT INTO known_unit (district_code, id, name, active, updated_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (district_code, id) DO UPDATE SET name = $3, active = $4, updated_at = $5",
    )
    .bind(stamp.district)
    .bind(id)
    .bind(name)
    .bind(active)
    .bind(stamp.now)
    .execute(act.conn())
    .await?;
    Ok(())
}

/// Those of the units that are known and active, with their names.
pub(crate) async fn active_units(act: &mut Act, ids: &[Uuid]) -> Result<Vec<(Uuid, String)>, sqlx::Error> {
    let district = act.district().to_string();
    sqlx::query_as("SELECT id, name FROM known_unit WHERE district_code = $1 AND id = ANY($2) AND active")
        .bind(district)
        .bind(ids)
        .fetch_all(act.conn())
        .await
}

/// The names of units, active or not.
pub(crate) async fn unit_names(act: &mut Act, ids: &[Uuid]) -> Result<Vec<(Uuid, String)>, sqlx::Error> {
    let district = act.district().to_string();
    sqlx::query_as("SELECT id, name FROM known_unit WHERE district_code = $1 AND id = ANY($2)")
        .bind(district)
        .bind(ids)
        .fetch_all(act.conn())
        .await
}
