//! The waiting list 候补 of a reception day: to whom a slot goes that becomes free.
//!
//! Who came first, chooses first. A slot that became free at a time is for a turn the first one's alone; then the second
//! may take it too, and so on; once everybody has had his turn, whoever comes. So a slot never stays empty because one of
//! them does not answer, and nobody has to be asked by a timer: time and order decide whenever somebody asks.

use time::{Duration, OffsetDateTime};

/// From when a slot may be taken by somebody before whom `before` people wait. A slot that was always free is anybody's.
pub fn open_from(freed_at: Option<OffsetDateTime>, before: u32, turn: Duration) -> Option<OffsetDateTime> {
    freed_at.map(|freed_at| freed_at + turn * before)
}

/// Whether he may take it now.
pub fn may_take(freed_at: Option<OffsetDateTime>, before: u32, turn: Duration, now: OffsetDateTime) -> bool {
    open_from(freed_at, before, turn).is_none_or(|from| from <= now)
}

/// The rule in words, as people are told it.
pub fn rule(turn: Duration) -> (String, String) {
    let minutes = turn.whole_minutes();
    (
        format!(
            "空出的时段按登记候补的先后选择：先由第一位选，每过{minutes}分钟，下一位也可以选；都轮到以后，其他人也可以预约。"
        ),
        format!(
            "a slot that becomes free goes by the order of the list: the first may take it at once, after every \
             {minutes} minutes the next one too, and after all of them anybody"
        ),
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::datetime;

    use super::*;

    const FREED: OffsetDateTime = datetime!(2026-03-09 10:00 +8);
    const TURN: Duration = Duration::hours(2);

    #[test]
    fn each_has_his_turn_and_then_everybody() {
        let may = |before, now| may_take(Some(FREED), before, TURN, now);
        assert!(may(0, FREED) && !may(1, FREED));
        assert!(!may(1, datetime!(2026-03-09 11:59 +8)) && may(1, datetime!(2026-03-09 12:00 +8)));
        assert!(may(0, datetime!(2026-03-09 12:00 +8)), "the first one may still");
        assert!(may_take(None, 9, TURN, FREED), "a slot that was always free");
    }

    proptest! {
        #[test]
        fn who_came_earlier_never_waits_longer(before in 0_u32..500, later in 0_u32..500, minutes in 0_i64..100_000) {
            let now = FREED + Duration::minutes(minutes);
            let (earlier, later) = (before.min(later), before.max(later));
            prop_assert!(!may_take(Some(FREED), later, TURN, now) || may_take(Some(FREED), earlier, TURN, now));
        }
    }
}
