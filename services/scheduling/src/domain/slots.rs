//! Cutting a reception day into slots, as the district file describes the hall.

use time::{Duration, Time};

/// How the hall of a district works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HallPlan {
    /// Stretches in which it receives, local time, in order.
    pub stretches: Vec<(Time, Time)>,
    /// Length of a slot in minutes.
    pub minutes: u16,
    /// Names of the rooms.
    pub rooms: Vec<String>,
    /// Slots of each room and stretch kept for people who come without an appointment (OB-11).
    pub walk_in_slots: u16,
}

/// One slot of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// When it begins, local.
    pub start: Time,
    /// In which room.
    pub room: String,
    /// Kept for walk-in visitors.
    pub walk_in: bool,
}

impl HallPlan {
    /// When the hall opens and when it closes; nothing for a hall without hours.
    pub fn hours(&self) -> Option<(Time, Time)> {
        let opens = self.stretches.iter().map(|(from, _)| *from).min()?;
        let closes = self.stretches.iter().map(|(_, to)| *to).max()?;
        Some((opens, closes))
    }

    /// The slots of one day by time and room. The last ones of each stretch are kept for walk-in visitors: by then
    /// the hall knows who is still waiting.
    pub fn slots(&self) -> Vec<Slot> {
        let mut slots = Vec::new();
        for stretch in &self.stretches {
            let starts = self.starts(*stretch);
            let bookable = starts.len().saturating_sub(usize::from(self.walk_in_slots));
            for (index, start) in starts.into_iter().enumerate() {
                let walk_in = index >= bookable;
                slots.extend(self.rooms.iter().map(|room| Slot {
                    start,
                    room: room.clone(),
                    walk_in,
                }));
            }
        }
        slots
    }

    /// The beginnings that leave a whole slot before the end of the stretch.
    fn starts(&self, (from, to): (Time, Time)) -> Vec<Time> {
        let length = Duration::minutes(i64::from(self.minutes.max(1)));
        let mut starts = Vec::new();
        let mut start = from;
        while to - start >= length {
            starts.push(start);
            start += length;
        }
        starts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::time;

    fn plan() -> HallPlan {
        HallPlan {
            stretches: vec![(time!(9:00), time!(11:30)), (time!(13:30), time!(16:30))],
            minutes: 30,
            rooms: vec!["1".to_owned(), "2".to_owned()],
            walk_in_slots: 1,
        }
    }

    #[test]
    fn two_rooms_have_eleven_slots_each_and_keep_the_last_of_each_stretch() {
        let slots = plan().slots();
        assert_eq!(slots.len(), 22);
        let kept: Vec<_> = slots
            .iter()
            .filter(|slot| slot.walk_in)
            .map(|slot| slot.start)
            .collect();
        assert_eq!(kept, [time!(11:00), time!(11:00), time!(16:00), time!(16:00)]);
        assert_eq!(
            slots[0],
            Slot {
                start: time!(9:00),
                room: "1".to_owned(),
                walk_in: false
            }
        );
        assert_eq!(plan().hours(), Some((time!(9:00), time!(16:30))));
    }

    #[test]
    fn a_slot_that_would_end_after_closing_does_not_exist() {
        let plan = HallPlan {
            minutes: 50,
            rooms: vec!["1".to_owned()],
            walk_in_slots: 0,
            ..plan()
        };
        let starts: Vec<_> = plan.slots().into_iter().map(|slot| slot.start).collect();
        assert_eq!(
            starts,
            [
                time!(9:00),
                time!(9:50),
                time!(10:40),
                time!(13:30),
                time!(14:20),
                time!(15:10)
            ]
        );
    }

    #[test]
    fn more_kept_than_there_are_keeps_all() {
        let plan = HallPlan {
            walk_in_slots: 99,
            ..plan()
        };
        assert!(plan.slots().iter().all(|slot| slot.walk_in));
    }

    #[test]
    fn hours_until_midnight_end() {
        let plan = HallPlan {
            stretches: vec![(time!(23:00), time!(23:59))],
            walk_in_slots: 0,
            ..plan()
        };
        assert_eq!(plan.slots().len(), 2);
    }
}
