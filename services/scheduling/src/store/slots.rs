//! Slots of reception days.

use time::{Date, OffsetDateTime, Time};
use uuid::Uuid;
use xinqiao_chassis::{desk::Act, random};
use xinqiao_kernel::local;

use super::Stamp;
use crate::domain::reception_day::State;
use crate::domain::slots::Slot;

/// A slot with the day it belongs to.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct DaySlot {
    pub(crate) id: Uuid,
    pub(crate) reception_day_id: Uuid,
    pub(crate) day: Date,
    #[sqlx(try_from = "String")]
    pub(crate) state: State,
    pub(crate) provisional: bool,
    pub(crate) starts_at: Time,
    pub(crate) minutes: i32,
    pub(crate) room: String,
    pub(crate) walk_in: bool,
    /// Somebody has it.
    pub(crate) taken: bool,
    /// One of those who want it has another one on that day, or waits for one.
    pub(crate) busy: bool,
    /// Since when it is free, when it was taken before.
    pub(crate) freed_at: Option<OffsetDateTime>,
}

/// A slot of a day and whether it is free.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct FreeSlot {
    pub(crate) day: Date,
    pub(crate) starts_at: Time,
    pub(crate) room: String,
    pub(crate) walk_in: bool,
    pub(crate) free: bool,
    /// Since when it is free, when it was taken before.
    pub(crate) freed_at: Option<OffsetDateTime>,
}

/// Adds the slots of a day in one statement.
pub(crate) async fn insert(
    act: &mut Act,
    day_id: Uuid,
    minutes: i32,
    slots: &[Slot],
) -> Result<(), sqlx::Error> {
    let district = act.district().to_string();
    let ids: Vec<Uuid> = slots.iter().map(|_| random::new_id()).collect();
    let starts: Vec<Time> = slots.iter().map(|slot| slot.start).collect();
    let rooms: Vec<&str> = slots.iter().map(|slot| slot.room.as_str()).collect();
    let kept: Vec<bool> = slots.iter().map(|slot| slot.walk_in).collect();
    sqlx::query(
        "INSERT INTO slot (district_code, id, reception_day_id, minutes, starts_at, room, walk_in)
         SELECT $1, s.id, $2, $3, s.starts_at, s.room, s.walk_in
         FROM UNNEST($4::uuid[], $5::time[], $6::text[], $7::bool[]) AS s (id, starts_at, room, walk_in)",
    )
    .bind(district)
    .bind(day_id)
    .bind(minutes)
    .bind(&ids)
    .bind(&starts)
    .bind(&rooms)
    .bind(&kept)
    .execute(act.conn())
    .await?;
    Ok(())
}

/// Who wants a slot.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seeker<'a> {
    /// By their indexes of that day.
    pub(crate) persons: &'a [Vec<u8>],
    /// The appointment they give back for it.
    pub(crate) instead_of: Option<Uuid>,
}

/// The slot at a place and time of a day that is not cancelled. The day's key is share-locked: it is not called off while
/// a slot of it is being booked.
pub(crate) async fn at(
    act: &mut Act,
    (day, starts_at, room): (Date, Time, &str),
    seeker: Seeker<'_>,
) -> Result<Option<DaySlot>, sqlx::Error> {
    let Stamp { district, now, .. } = Stamp::of(act);
    sqlx::query_as(
        "SELECT s.id, s.reception_day_id, d.day, d.state, d.provisional, s.starts_at, s.minutes, s.room, s.walk_in,
                EXISTS (SELECT 1 FROM appointment a
                        WHERE a.district_code = s.district_code AND a.slot_id = s.id
                          AND a.state IN ('REQUESTED', 'CONFIRMED', 'CHECKED_IN', 'IN_MEETING', 'COMPLETED')
                          AND (a.state <> 'REQUESTED' OR a.held_until > $5)) AS taken,
                EXISTS (SELECT 1 FROM appointment_person p
                        JOIN appointment a ON a.district_code = p.district_code AND a.id = p.appointment_id
                        WHERE p.district_code = d.district_code AND p.reception_day_id = d.id AND p.person = ANY ($6)
                          AND a.id IS DISTINCT FROM $7
                          AND (a.state <> 'REQUESTED' OR a.slot_id IS NULL OR a.held_until > $5)) AS busy,
                (SELECT max(CASE WHEN a.state IN ('REQUESTED', 'EXPIRED') THEN a.held_until ELSE a.updated_at END)
                 FROM appointment a WHERE a.district_code = s.district_code AND a.slot_id = s.id) AS freed_at
         FROM slot s JOIN reception_day d ON d.district_code = s.district_code AND d.id = s.reception_day_id
         WHERE s.district_code = $1 AND d.day = $2 AND d.state <> 'CANCELLED' AND s.starts_at = $3 AND s.room = $4
         FOR KEY SHARE OF d",
    )
    .bind(district)
    .bind(day)
    .bind(starts_at)
    .bind(room)
    .bind(now)
    .bind(seeker.persons)
    .bind(seeker.instead_of)
    .fetch_optional(act.conn())
    .await
}

/// Every slot of a day by time and room.
pub(crate) async fn of_day(act: &mut Act, day_id: Uuid) -> Result<Vec<FreeSlot>, sqlx::Error> {
    let Stamp { district, now, .. } = Stamp::of(act);
    sqlx::query_as(
        "SELECT d.day, s.starts_at, s.room, s.walk_in, a.id IS NULL AS free,
                (SELECT max(CASE WHEN b.state IN ('REQUESTED', 'EXPIRED') THEN b.held_until ELSE b.updated_at END)
                 FROM appointment b WHERE b.district_code = s.district_code AND b.slot_id = s.id) AS freed_at
         FROM slot s
         JOIN reception_day d ON d.district_code = s.district_code AND d.id = s.reception_day_id
         LEFT JOIN appointment a ON a.district_code = s.district_code AND a.slot_id = s.id
                                AND a.state IN ('REQUESTED', 'CONFIRMED', 'CHECKED_IN', 'IN_MEETING', 'COMPLETED')
                                AND (a.state <> 'REQUESTED' OR a.held_until > $3)
         WHERE s.district_code = $1 AND s.reception_day_id = $2 ORDER BY s.starts_at, s.room",
    )
    .bind(district)
    .bind(day_id)
    .bind(now)
    .fetch_all(act.conn())
    .await
}

/// Where a search for free slots begins, and how far ahead provisional days may be promised.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Search<'a> {
    pub(crate) after: (Date, Time, &'a str),
    pub(crate) provisional_until: Date,
}

/// The next `count` slots that anybody can book, by day, time and room: of days for which people wait there are none.
pub(crate) async fn next_free(
    act: &mut Act,
    search: Search<'_>,
    count: i64,
) -> Result<Vec<FreeSlot>, sqlx::Error> {
    let Stamp { district, now, .. } = Stamp::of(act);
    let (day, starts_at, room) = search.after;
    let (today, time_of_day) = local_parts(now);
    sqlx::query_as(
        "SELECT d.day, s.starts_at, s.room, s.walk_in, true AS free, NULL::timestamptz AS freed_at
         FROM slot s JOIN reception_day d ON d.district_code = s.district_code AND d.id = s.reception_day_id
         WHERE s.district_code = $1 AND d.state IN ('PUBLISHED', 'OPEN') AND NOT s.walk_in
           AND (d.day, s.starts_at, s.room) > ($2, $3, $4) AND (d.day, s.starts_at) > ($5, $6)
           AND (NOT d.provisional OR d.day <= $7)
           AND NOT EXISTS (SELECT 1 FROM appointment a
                           WHERE a.district_code = s.district_code AND a.slot_id = s.id
                             AND a.state IN ('REQUESTED', 'CONFIRMED', 'CHECKED_IN', 'IN_MEETING', 'COMPLETED')
                             AND (a.state <> 'REQUESTED' OR a.held_until > $9))
           AND NOT EXISTS (SELECT 1 FROM appointment w
                           WHERE w.district_code = d.district_code AND w.reception_day_id = d.id
                             AND w.state = 'REQUESTED' AND w.slot_id IS NULL)
         ORDER BY d.day, s.starts_at, s.room LIMIT $8",
    )
    .bind(district)
    .bind(day)
    .bind(starts_at)
    .bind(room)
    .bind(today)
    .bind(time_of_day)
    .bind(search.provisional_until)
    .bind(count)
    .bind(now)
    .fetch_all(act.conn())
    .await
}

fn local_parts(now: OffsetDateTime) -> (Date, Time) {
    (local::local_date(now), local::local_time(now))
}
