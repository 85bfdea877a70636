//! Planning the reception days of a year: which days `[S:L28, DEC-11]`, and whose turn it is.

mod fairness;

use std::collections::VecDeque;

use time::{Date, Duration, Month, Weekday};
use uuid::Uuid;
use xinqiao_kernel::{Calendar, Fields};

use self::fairness::Place;
use super::reception_day::Kind;

/// No run of rest days is longer; a search for a working day that goes on further has a broken calendar.
const LONGEST_REST: i64 = 31;

/// A day on which the hall receives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionDay {
    /// The date.
    pub day: Date,
    /// A Tuesday, or what replaces one.
    pub kind: Kind,
    /// The calendar of the year is not published yet.
    pub provisional: bool,
}

/// A leader who takes turns, and the stretches (both ends included) in which he is away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// The leader.
    pub leader_id: Uuid,
    /// His leave.
    pub leave: Vec<(Date, Date)>,
}

impl Turn {
    /// He is not on leave.
    pub fn is_here(&self, day: Date) -> bool {
        self.is_here_throughout(day, day)
    }

    fn is_here_throughout(&self, from: Date, to: Date) -> bool {
        !self
            .leave
            .iter()
            .any(|(first, last)| *first <= to && *last >= from)
    }
}

/// Looks at a leader who is to receive, to stand in or to act for another from `first` to `last`: of the team that takes
/// turns, and not on leave then.
pub fn check_member(fields: &mut Fields, field: &str, leader: Uuid, team: &[Turn], first: Date, last: Date) {
    match team.iter().find(|turn| turn.leader_id == leader) {
        None => fields.about(
            field,
            "UNKNOWN_LEADER",
            "不存在或已停用",
            "is not known or active",
        ),
        Some(turn) if !turn.is_here_throughout(first, last) => {
            fields.about(field, "ON_LEAVE", "届时请假", "is on leave then");
        }
        Some(_) => {}
    }
}

/// A planned day and who receives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlannedDay {
    /// The day.
    pub session: SessionDay,
    /// Who receives.
    pub leader_id: Uuid,
    /// Who stands in for him; none in a team of one, or when all others are away.
    pub backup_leader_id: Option<Uuid>,
}

/// Nobody can receive on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no leader can receive on {day}")]
pub struct NoLeader {
    /// The day.
    pub day: Date,
}

/// The reception days of a year, by date: every Tuesday that is a working day, and for each other Tuesday the
/// first working day after the holiday (DEC-11) unless that is a reception day already. A make-up Saturday or
/// Sunday is passed over: people do not expect the hall to receive on it.
///
/// A Tuesday of the last days of December may be replaced by a day of January: it is counted where it falls.
pub fn session_days(calendar: &Calendar, year: i32) -> Vec<SessionDay> {
    let Ok(new_year) = Date::from_calendar_date(year, Month::January, 1) else {
        return Vec::new();
    };
    let mut tuesday = new_year - Duration::days(LONGEST_REST);
    while tuesday.weekday() != Weekday::Tuesday {
        tuesday += Duration::DAY;
    }
    let mut days: Vec<SessionDay> = Vec::new();
    while tuesday.year() <= year {
        let (day, kind) = if calendar.is_working_day(tuesday) {
            (tuesday, Kind::Regular)
        } else {
            (first_weekday_of_work_after(calendar, tuesday), Kind::Substitute)
        };
        let falls_on_tuesday = kind == Kind::Substitute && day.weekday() == Weekday::Tuesday;
        let is_planned = days.iter().any(|planned| planned.day == day);
        if day.year() == year && !falls_on_tuesday && !is_planned {
            days.push(SessionDay {
                day,
                kind,
                provisional: calendar.is_provisional(day),
            });
        }
        tuesday += Duration::WEEK;
    }
    days.sort_by_key(|session| session.day);
    days
}

fn first_weekday_of_work_after(calendar: &Calendar, tuesday: Date) -> Date {
    (1..=LONGEST_REST)
        .map(|days| tuesday + Duration::days(days))
        .find(|day| {
            calendar.is_working_day(*day) && !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
        })
        .expect("invariant: no calendar has a month of rest days")
}

/// The next `count` dates from `from` on that are reception days of the calendar, for a person who asked for a
/// day that is none.
pub fn next_session_days(calendar: &Calendar, from: Date, count: usize) -> Vec<Date> {
    let years = [from.year(), from.year() + 1];
    let days = years.into_iter().flat_map(|year| session_days(calendar, year));
    days.map(|session| session.day)
        .filter(|day| *day >= from)
        .take(count)
        .collect()
}

/// Gives each day its leader: in turn, in the order given. Whoever is away keeps his turn and takes the next day on which
/// he is here; then turns are evened out as far as leave allows. `held` are the leaders of days that stand already, one
/// for each day: they count as turns.
pub fn assign(days: &[SessionDay], team: &[Turn], held: &[Uuid]) -> Result<Vec<PlannedDay>, NoLeader> {
    let held = |turn: &Turn| held.iter().filter(|leader| **leader == turn.leader_id).count();
    let mut turns: Vec<usize> = team.iter().map(held).collect();
    let mut plan = in_turn(days, team, &turns)?;
    for leader in &plan {
        turns[*leader] += 1;
    }
    let here = |session: &SessionDay| team.iter().map(|turn| turn.is_here(session.day)).collect();
    let free: Vec<Vec<bool>> = days.iter().map(here).collect();
    fairness::even_out(&mut plan, &free, &mut turns);
    let planned = days.iter().zip(&plan).zip(&free);
    Ok(planned
        .map(|((session, leader), free)| PlannedDay {
            session: *session,
            leader_id: team[*leader].leader_id,
            backup_leader_id: stand_in(*leader, free).map(|place| team[place].leader_id),
        })
        .collect())
}

/// Places in the team by day. Whoever has the fewest turns begins.
fn in_turn(days: &[SessionDay], team: &[Turn], turns: &[usize]) -> Result<Vec<Place>, NoLeader> {
    let mut order: Vec<Place> = (0..team.len()).collect();
    order.sort_by_key(|place| turns[*place]);
    let mut queue = VecDeque::from(order);
    let mut plan = Vec::with_capacity(days.len());
    for SessionDay { day, .. } in days {
        let first_here = queue.iter().position(|place| team[*place].is_here(*day));
        let leader = first_here.and_then(|first| queue.remove(first));
        let leader = leader.ok_or(NoLeader { day: *day })?;
        plan.push(leader);
        queue.push_back(leader);
    }
    Ok(plan)
}

/// The next one after the leader, round the team, who is here.
fn stand_in(leader: Place, free: &[bool]) -> Option<Place> {
    let round = (leader + 1..free.len()).chain(0..leader);
    round.into_iter().find(|place| free[*place])
}

#[cfg(test)]
mod tests;
