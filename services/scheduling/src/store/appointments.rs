//! Appointments, and who holds one.

use time::{Date, OffsetDateTime, Time};
use uuid::Uuid;
use xinqiao_chassis::desk::Act;
use xinqiao_chassis::seal::Sealed;

use super::Stamp;
use crate::domain::appointment::{Channel, State};

/// An appointment with the slot it is for.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct Appointment {
    pub(crate) id: Uuid,
    pub(crate) reception_day_id: Uuid,
    pub(crate) slot_id: Uuid,
    pub(crate) day: Date,
    pub(crate) starts_at: Time,
    pub(crate) room: String,
    pub(crate) minutes: i32,
    #[sqlx(try_from = "String")]
    pub(crate) state: State,
    pub(crate) visitors: Sealed,
    pub(crate) subject: Sealed,
    pub(crate) case_id: Option<Uuid>,
    #[sqlx(try_from = "String")]
    pub(crate) channel: Channel,
    pub(crate) moved_from: Option<Uuid>,
    /// Why the office called it off.
    pub(crate) end_reason: Option<Sealed>,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) version: i64,
}

/// Takes the slot in one statement. False when somebody else holds it: a parallel booking is waited for, so that
/// exactly one of many wins.
pub(crate) async fn insert(act: &mut Act, appointment: &Appointment) -> Result<bool, sqlx::Error> {
    let stamp = Stamp::of(act);
    let done = sqlx::query(
        "INSERT INTO appointment (district_code, id, reception_day_id, slot_id, state, visitors, subject, case_id,
                                  channel, moved_from, created_at, created_by, updated_at, updated_by, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $11, $12, 1)
         ON CONFLICT (district_code, slot_id) WHERE state IN ('CONFIRMED', 'CHECKED_IN', 'IN_MEETING', 'COMPLETED')
         DO NOTHING",
    )
    .bind(stamp.district)
    .bind(appointment.id)
    .bind(appointment.reception_day_id)
    .bind(appointment.slot_id)
    .bind(appointment.state.code())
    .bind(&appointment.visitors)
    .bind(&appointment.subject)
    .bind(appointment.case_id)
    .bind(appointment.channel.code())
    .bind(appointment.moved_from)
    .bind(stamp.now)
    .bind(stamp.actor)
    .execute(act.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes who holds the appointment. False when one of them holds another one on that day. The persons come sorted,
/// so that two bookings of the same people wait for each other in one order.
pub(crate) async fn claim_persons(
    act: &mut Act,
    appointment: &Appointment,
    persons: &[Vec<u8>],
) -> Result<bool, sqlx::Error> {
    let district = act.district().to_string();
    let done = sqlx::query(
        "INSERT INTO appointment_person (district_code, reception_day_id, person, appointment_id)
         SELECT $1, $2, p.person, $3 FROM UNNEST($4::bytea[]) AS p (person)
         ON CONFLICT (district_code, reception_day_id, person) DO NOTHING",
    )
    .bind(district)
    .bind(appointment.reception_day_id)
    .bind(appointment.id)
    .bind(persons)
    .execute(act.conn())
    .await?;
    Ok(done.rows_affected() == persons.len() as u64)
}

/// Forgets who held an appointment that no longer holds its slot.
pub(crate) async fn release_persons(act: &mut Act, appointment_id: Uuid) -> Result<(), sqlx::Error> {
    let district = act.district().to_string();
    sqlx::query("DELETE FROM appointment_person WHERE district_code = $1 AND appointment_id = $2")
        .bind(district)
        .bind(appointment_id)
        .execute(act.conn())
        .await?;
    Ok(())
}

/// The appointment, when the district has it.
pub(crate) async fn find(act: &mut Act, id: Uuid) -> Result<Option<Appointment>, sqlx::Error> {
    let district = act.district().to_string();
    sqlx::query_as(
        "SELECT a.id, a.reception_day_id, a.slot_id, d.day, s.starts_at, s.room, s.minutes, a.state, a.visitors,
                a.subject, a.case_id, a.channel, a.moved_from, a.end_reason, a.created_at, a.version
         FROM appointment a
         JOIN slot s ON s.district_code = a.district_code AND s.id = a.slot_id
         JOIN reception_day d ON d.district_code = a.district_code AND d.id = a.reception_day_id
         WHERE a.district_code = $1 AND a.id = $2",
    )
    .bind(district)
    .bind(id)
    .fetch_optional(act.conn())
    .await
}

/// One page of a day by time and room (an ended appointment may share both with a later one), after the key given.
pub(crate) async fn page(
    act: &mut Act,
    day_id: Uuid,
    after: Option<(Time, String, Uuid)>,
    limit: i64,
) -> Result<Vec<Appointment>, sqlx::Error> {
    let district = act.district().to_string();
    let (starts_at, room, id) = after.unwrap_or((Time::MIDNIGHT, String::new(), Uuid::nil()));
    sqlx::query_as(
        "SELECT a.id, a.reception_day_id, a.slot_id, d.day, s.starts_at, s.room, s.minutes, a.state, a.visitors,
                a.subject, a.case_id, a.channel, a.moved_from, a.end_reason, a.created_at, a.version
         FROM appointment a
         JOIN slot s ON s.district_code = a.district_code AND s.id = a.slot_id
         JOIN reception_day d ON d.district_code = a.district_code AND d.id = a.reception_day_id
         WHERE a.district_code = $1 AND a.reception_day_id = $2 AND (s.starts_at, s.room, a.id) > ($3, $4, $5)
         ORDER BY s.starts_at, s.room, a.id LIMIT $6",
    )
    .bind(district)
    .bind(day_id)
    .bind(starts_at)
    .bind(room)
    .bind(id)
    .bind(limit)
    .fetch_all(act.conn())
    .await
}

/// The appointments of a case that lie ahead or are under way, by day and time.
pub(crate) async fn live_of_case(act: &mut Act, case_id: Uuid) -> Result<Vec<Appointment>, sqlx::Error> {
    let district = act.district().to_string();
    sqlx::query_as(
        "SELECT a.id, a.reception_day_id, a.slot_id, d.day, s.starts_at, s.room, s.minutes, a.state, a.visitors,
                a.subject, a.case_id, a.channel, a.moved_from, a.end_reason, a.created_at, a.version
         FROM appointment a
         JOIN slot s ON s.district_code = a.district_code AND s.id = a.slot_id
         JOIN reception_day d ON d.district_code = a.district_code AND d.id = a.reception_day_id
         WHERE a.district_code = $1 AND a.case_id = $2 AND a.state IN ('CONFIRMED', 'CHECKED_IN', 'IN_MEETING')
         ORDER BY d.day, s.starts_at, a.id",
    )
    .bind(district)
    .bind(case_id)
    .fetch_all(act.conn())
    .await
}

/// Those appointments of a day that still hold their slot and were not used.
pub(crate) async fn confirmed_of_day(act: &mut Act, day_id: Uuid) -> Result<Vec<Appointment>, sqlx::Error> {
    let district = act.district().to_string();
    sqlx::query_as(
        "SELECT a.id, a.reception_day_id, a.slot_id, d.day, s.starts_at, s.room, s.minutes, a.state, a.visitors,
                a.subject, a.case_id, a.channel, a.moved_from, a.end_reason, a.created_at, a.version
         FROM appointment a
         JOIN slot s ON s.district_code = a.district_code AND s.id = a.slot_id
         JOIN reception_day d ON d.district_code = a.district_code AND d.id = a.reception_day_id
         WHERE a.district_code = $1 AND a.reception_day_id = $2 AND a.state = 'CONFIRMED' ORDER BY a.id
         FOR UPDATE OF a",
    )
    .bind(district)
    .bind(day_id)
    .fetch_all(act.conn())
    .await
}

/// Compare and swap: writes `next` and the reason when state and version are still those of `seen`, and counts the
/// version on. False when they are not.
pub(crate) async fn change(
    act: &mut Act,
    seen: &Appointment,
    next: State,
    end_reason: Option<&Sealed>,
) -> Result<bool, sqlx::Error> {
    let stamp = Stamp::of(act);
    let done = sqlx::query(
        "UPDATE appointment SET state = $5, end_reason = $6, updated_at = $7, updated_by = $8, version = version + 1
         WHERE district_code = $1 AND id = $2 AND state = $3 AND version = $4",
    )
    .bind(stamp.district)
    .bind(seen.id)
    .bind(seen.state.code())
    .bind(seen.version)
    .bind(next.code())
    .bind(end_reason)
    .bind(stamp.now)
    .bind(stamp.actor)
    .execute(act.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}
