//! Numbers of the queue of a reception day.

use time::{OffsetDateTime, Time};
use uuid::Uuid;
use xinqiao_chassis::desk::Act;
use xinqiao_kernel::local;

use super::Stamp;
use crate::domain::queue::{Place, State};

/// A number with the slot of its appointment, or the one kept for walk-in visitors.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct Entry {
    pub(crate) id: Uuid,
    pub(crate) reception_day_id: Uuid,
    pub(crate) number: i32,
    #[sqlx(try_from = "String")]
    pub(crate) state: State,
    pub(crate) with_needs: bool,
    pub(crate) appointment_id: Option<Uuid>,
    pub(crate) starts_at: Option<Time>,
    pub(crate) room: Option<String>,
    pub(crate) called_at: Option<OffsetDateTime>,
    pub(crate) version: i64,
}

impl Entry {
    /// What decides about its place.
    pub(crate) fn place(&self) -> Place {
        Place {
            number: self.number,
            with_needs: self.with_needs,
            booked: self.appointment_id.is_some(),
            starts_at: self.starts_at,
        }
    }
}

/// The next number of an open day; nothing when the day is not open or its numbers are used up. Holds the day's row, so
/// that numbers have no gaps.
pub(crate) async fn next_number(act: &mut Act, day_id: Uuid) -> Result<Option<i32>, sqlx::Error> {
    let district = act.district().to_string();
    sqlx::query_scalar(
        "UPDATE reception_day SET queue_numbers = queue_numbers + 1
         WHERE district_code = $1 AND id = $2 AND state = 'OPEN' AND queue_numbers < 999 RETURNING queue_numbers",
    )
    .bind(district)
    .bind(day_id)
    .fetch_optional(act.conn())
    .await
}

/// Adds a number that waits. Without an appointment it comes with the next slot kept for walk-in visitors that nobody has
/// and that is not over.
pub(crate) async fn insert(
    act: &mut Act,
    day_id: Uuid,
    number: i32,
    (id, appointment_id, with_needs): (Uuid, Option<Uuid>, bool),
) -> Result<(), sqlx::Error> {
    let stamp = Stamp::of(act);
    sqlx::query(
        "INSERT INTO queue_entry (district_code, id, reception_day_id, number, state, with_needs, appointment_id, slot_id,
                                  created_at, created_by, updated_at, updated_by, version)
         VALUES ($1, $2, $3, $4, 'WAITING', $5, $6,
                 (SELECT s.id FROM slot s
                  WHERE $6::uuid IS NULL AND s.district_code = $1 AND s.reception_day_id = $3 AND s.walk_in
                    AND s.starts_at + make_interval(mins => s.minutes) > $7
                    AND NOT EXISTS (SELECT 1 FROM queue_entry q
                                    WHERE q.district_code = $1 AND q.slot_id = s.id AND q.state <> 'ABSENT')
                  ORDER BY s.starts_at, s.room LIMIT 1),
                 $8, $9, $8, $9, 1)",
    )
    .bind(stamp.district)
    .bind(id)
    .bind(day_id)
    .bind(number)
    .bind(with_needs)
    .bind(appointment_id)
    .bind(local::local_time(stamp.now))
    .bind(stamp.now)
    .bind(stamp.actor)
    .execute(act.conn())
    .await?;
    Ok(())
}

/// A statement over numbers with their slots.
macro_rules! entries {
    ($rest:literal) => {
        sqlx::query_as(concat!(
            "SELECT q.id, q.reception_day_id, q.number, q.state, q.with_needs, q.appointment_id, s.starts_at, q.room,
                    q.called_at, q.version
             FROM queue_entry q
             LEFT JOIN appointment a ON a.district_code = q.district_code AND a.id = q.appointment_id
             LEFT JOIN slot s ON s.district_code = q.district_code AND s.id = COALESCE(q.slot_id, a.slot_id) ",
            $rest
        ))
    };
}

/// The number, when the district has it.
pub(crate) async fn find(act: &mut Act, id: Uuid) -> Result<Option<Entry>, sqlx::Error> {
    let district = act.district().to_string();
    entries!("WHERE q.district_code = $1 AND q.id = $2")
        .bind(district)
        .bind(id)
        .fetch_optional(act.conn())
        .await
}

/// The number of an appointment, unless nobody came when it was called.
pub(crate) async fn of_appointment(
    act: &mut Act,
    appointment_id: Uuid,
) -> Result<Option<Entry>, sqlx::Error> {
    let district = act.district().to_string();
    entries!("WHERE q.district_code = $1 AND q.appointment_id = $2 AND q.state <> 'ABSENT'")
        .bind(district)
        .bind(appointment_id)
        .fetch_optional(act.conn())
        .await
}

/// The numbers of a day in one state.
pub(crate) async fn in_state(act: &mut Act, day_id: Uuid, state: State) -> Result<Vec<Entry>, sqlx::Error> {
    let district = act.district().to_string();
    entries!("WHERE q.district_code = $1 AND q.reception_day_id = $2 AND q.state = $3 ORDER BY q.number")
        .bind(district)
        .bind(day_id)
        .bind(state.code())
        .fetch_all(act.conn())
        .await
}

/// Compare and swap: writes state and room when version is still that of `seen`. False when it is not.
pub(crate) async fn change(
    act: &mut Act,
    seen: &Entry,
    next: State,
    room: Option<&str>,
) -> Result<bool, sqlx::Error> {
    let stamp = Stamp::of(act);
    let done = sqlx::query(
        "UPDATE queue_entry SET state = $4, room = $5, called_at = CASE WHEN $4 = 'CALLED' THEN $6 ELSE called_at END,
                updated_at = $6, updated_by = $7, version = version + 1
         WHERE district_code = $1 AND id = $2 AND version = $3",
    )
    .bind(stamp.district)
    .bind(seen.id)
    .bind(seen.version)
    .bind(next.code())
    .bind(room)
    .bind(stamp.now)
    .bind(stamp.actor)
    .execute(act.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}
