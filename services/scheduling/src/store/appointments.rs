//! Appointments, and who holds one.

use sqlx::Row as _;
use sqlx::postgres::PgRow;
use time::{Date, OffsetDateTime, Time};
use uuid::Uuid;
use xinqiao_chassis::desk::Act;
use xinqiao_chassis::seal::Sealed;

use super::Stamp;
use crate::domain::UnknownCode;
use crate::domain::appointment::{Channel, State};

/// The slot of an appointment.
#[derive(Debug, Clone)]
pub(crate) struct SlotOf {
    pub(crate) id: Uuid,
    pub(crate) starts_at: Time,
    pub(crate) room: String,
    pub(crate) minutes: i32,
}

/// An appointment with the slot it is for; who waits has none.
#[derive(Debug, Clone)]
pub(crate) struct Appointment {
    pub(crate) id: Uuid,
    pub(crate) reception_day_id: Uuid,
    pub(crate) day: Date,
    pub(crate) slot: Option<SlotOf>,
    /// As stored; see [`Self::state_at`].
    pub(crate) state: State,
    pub(crate) held_until: Option<OffsetDateTime>,
    pub(crate) visitors: Sealed,
    pub(crate) subject: Sealed,
    pub(crate) case_id: Option<Uuid>,
    pub(crate) channel: Channel,
    pub(crate) moved_from: Option<Uuid>,
    /// Why the office called it off or gave none.
    pub(crate) end_reason: Option<Sealed>,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) version: i64,
}

impl Appointment {
    /// Where it stands now: a hold whose time is over has expired.
    pub(crate) fn state_at(&self, now: OffsetDateTime) -> State {
        self.state.at(self.held_until, now)
    }

    /// When its slot begins, at midnight for who waits.
    pub(crate) fn starts_at(&self) -> Time {
        self.slot.as_ref().map_or(Time::MIDNIGHT, |slot| slot.starts_at)
    }
}

impl sqlx::FromRow<'_, PgRow> for Appointment {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let coded = |error: UnknownCode| sqlx::Error::Decode(error.into());
        let slot = match row.try_get("slot_id")? {
            None => None,
            Some(id) => Some(SlotOf {
                id,
                starts_at: row.try_get("starts_at")?,
                room: row.try_get("room")?,
                minutes: row.try_get("minutes")?,
            }),
        };
        Ok(Self {
            id: row.try_get("id")?,
            reception_day_id: row.try_get("reception_day_id")?,
            day: row.try_get("day")?,
            slot,
            state: row.try_get::<String, _>("state")?.try_into().map_err(coded)?,
            held_until: row.try_get("held_until")?,
            visitors: row.try_get("visitors")?,
            subject: row.try_get("subject")?,
            case_id: row.try_get("case_id")?,
            channel: row.try_get::<String, _>("channel")?.try_into().map_err(coded)?,
            moved_from: row.try_get("moved_from")?,
            end_reason: row.try_get("end_reason")?,
            created_at: row.try_get("created_at")?,
            version: row.try_get("version")?,
        })
    }
}

/// A statement over appointments with their slots and days.
macro_rules! appointments {
    ($rest:literal) => {
        sqlx::query_as(concat!(
            "SELECT a.id, a.reception_day_id, a.slot_id, d.day, s.starts_at, s.room, s.minutes, a.state, a.held_until,
                    a.visitors, a.subject, a.case_id, a.channel, a.moved_from, a.end_reason, a.created_at, a.version
             FROM appointment a
             LEFT JOIN slot s ON s.district_code = a.district_code AND s.id = a.slot_id
             JOIN reception_day d ON d.district_code = a.district_code AND d.id = a.reception_day_id ",
            $rest
        ))
    };
}

/// Takes the slot in one statement, together with ending the holds whose time is over: of the slot, and of these people
/// on that day. False when somebody else has it: a parallel booking is waited for, so that exactly one of many wins.
pub(crate) async fn insert(
    act: &mut Act,
    appointment: &Appointment,
    persons: &[Vec<u8>],
) -> Result<bool, sqlx::Error> {
    let stamp = Stamp::of(act);
    let done = sqlx::query(
        "WITH expired AS (
             UPDATE appointment a SET state = 'EXPIRED', updated_at = $11, updated_by = $12, version = version + 1
             WHERE a.district_code = $1 AND a.state = 'REQUESTED' AND a.held_until <= $11
               AND (a.slot_id = $4 OR a.id IN (SELECT p.appointment_id FROM appointment_person p
                                               WHERE p.district_code = $1 AND p.reception_day_id = $3
                                                 AND p.person = ANY ($14)))
             RETURNING a.id),
         released AS (
             DELETE FROM appointment_person p USING expired e
             WHERE p.district_code = $1 AND p.appointment_id = e.id RETURNING p.appointment_id)
         INSERT INTO appointment (district_code, id, reception_day_id, slot_id, state, visitors, subject, case_id,
                                  channel, moved_from, created_at, created_by, updated_at, updated_by, version,
                                  held_until)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $11, $12, 1, $13
         FROM (SELECT count(*) FROM expired) ended, (SELECT count(*) FROM released) given_back
         ON CONFLICT (district_code, slot_id)
            WHERE state IN ('REQUESTED', 'CONFIRMED', 'CHECKED_IN', 'IN_MEETING', 'COMPLETED')
         DO NOTHING",
    )
    .bind(stamp.district)
    .bind(appointment.id)
    .bind(appointment.reception_day_id)
    .bind(appointment.slot.as_ref().map(|slot| slot.id))
    .bind(appointment.state.code())
    .bind(&appointment.visitors)
    .bind(&appointment.subject)
    .bind(appointment.case_id)
    .bind(appointment.channel.code())
    .bind(appointment.moved_from)
    .bind(stamp.now)
    .bind(stamp.actor)
    .bind(appointment.held_until)
    .bind(persons)
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
    appointments!("WHERE a.district_code = $1 AND a.id = $2")
        .bind(district)
        .bind(id)
        .fetch_optional(act.conn())
        .await
}

/// One page of those of a day that have a slot, by time and room (an ended appointment may share both with a later one), after the key given.
pub(crate) async fn page(
    act: &mut Act,
    day_id: Uuid,
    after: Option<(Time, String, Uuid)>,
    limit: i64,
) -> Result<Vec<Appointment>, sqlx::Error> {
    let district = act.district().to_string();
    let (starts_at, room, id) = after.unwrap_or((Time::MIDNIGHT, String::new(), Uuid::nil()));
    appointments!(
        "WHERE a.district_code = $1 AND a.reception_day_id = $2 AND s.id IS NOT NULL
           AND (s.starts_at, s.room, a.id) > ($3, $4, $5)
         ORDER BY s.starts_at, s.room, a.id LIMIT $6"
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
    let (district, today) = (act.district().to_string(), act.today());
    appointments!(
        "WHERE a.district_code = $1 AND a.case_id = $2 AND d.day >= $3
           AND a.state IN ('REQUESTED', 'CONFIRMED', 'CHECKED_IN', 'IN_MEETING')
         ORDER BY d.day, s.starts_at, a.id"
    )
    .bind(district)
    .bind(case_id)
    .bind(today)
    .fetch_all(act.conn())
    .await
}

/// Who waits for a slot of a day, in order.
pub(crate) async fn waiting_of_day(
    act: &mut Act,
    day_id: Uuid,
    limit: i64,
) -> Result<Vec<Appointment>, sqlx::Error> {
    let district = act.district().to_string();
    appointments!(
        "WHERE a.district_code = $1 AND a.reception_day_id = $2 AND a.state = 'REQUESTED' AND a.slot_id IS NULL
         ORDER BY a.created_at, a.id LIMIT $3"
    )
    .bind(district)
    .bind(day_id)
    .bind(limit)
    .fetch_all(act.conn())
    .await
}

/// How many wait for a slot of a day, before one of them or altogether.
pub(crate) async fn waiting_before(
    act: &mut Act,
    day_id: Uuid,
    entry: Option<(OffsetDateTime, Uuid)>,
) -> Result<i64, sqlx::Error> {
    let district = act.district().to_string();
    let (joined_at, id) = entry.unzip();
    sqlx::query_scalar(
        "SELECT count(*) FROM appointment
         WHERE district_code = $1 AND reception_day_id = $2 AND state = 'REQUESTED' AND slot_id IS NULL
           AND ($3::timestamptz IS NULL OR (created_at, id) < ($3, $4))",
    )
    .bind(district)
    .bind(day_id)
    .bind(joined_at)
    .bind(id)
    .fetch_one(act.conn())
    .await
}

/// Those appointments of a day that are not used yet, and who waits for one.
pub(crate) async fn open_of_day(act: &mut Act, day_id: Uuid) -> Result<Vec<Appointment>, sqlx::Error> {
    let Stamp { district, now, .. } = Stamp::of(act);
    appointments!(
        "WHERE a.district_code = $1 AND a.reception_day_id = $2 AND a.state IN ('REQUESTED', 'CONFIRMED')
           AND (a.state <> 'REQUESTED' OR a.slot_id IS NULL OR a.held_until > $3)
         ORDER BY a.id FOR UPDATE OF a"
    )
    .bind(district)
    .bind(day_id)
    .bind(now)
    .fetch_all(act.conn())
    .await
}

/// How many of the appointments of a day belong to no case and were not used yet.
pub(crate) async fn held_without_case(act: &mut Act, day_id: Uuid) -> Result<i64, sqlx::Error> {
    let district = act.district().to_string();
    sqlx::query_scalar(
        "SELECT count(*) FROM appointment
         WHERE district_code = $1 AND reception_day_id = $2 AND case_id IS NULL
           AND state IN ('CONFIRMED', 'CHECKED_IN')",
    )
    .bind(district)
    .bind(day_id)
    .fetch_one(act.conn())
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
