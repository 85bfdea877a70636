//! What stands in the way of a roster `[OB-09]`: everything that has to be changed before its days can be held.

use time::Date;
use uuid::Uuid;
use xinqiao_kernel::Calendar;

use super::reception_day::{State, published_in_time};
use super::roster::Turn;

/// A session that is still to be held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The reception day.
    pub id: Uuid,
    /// The date.
    pub day: Date,
    /// Where it stands.
    pub state: State,
    /// Everybody who takes part: who receives, who stands in, who receives with him.
    pub leaders: Vec<Uuid>,
}

/// A case that concerns a leader of the session for which it is booked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recusal {
    /// The session.
    pub session: Uuid,
    /// The leader.
    pub leader: Uuid,
    /// The case.
    pub case: Uuid,
}

/// Why a session cannot be held as it is planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The leader is on leave.
    OnLeave(Uuid),
    /// The leader is no longer of the team.
    NotOfTheTeam(Uuid),
    /// The leader takes part twice on this date.
    Twice(Uuid),
    /// A case of the session concerns the leader.
    Recused {
        /// The leader.
        leader: Uuid,
        /// The case.
        case: Uuid,
    },
    /// By the calendar in force it is a rest day.
    RestDay,
    /// It is not published, and no longer can be in time.
    TooLateToPublish,
}

/// A session and why it cannot be held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conflict {
    /// The session.
    pub session: Uuid,
    /// Its date.
    pub day: Date,
    /// Why.
    pub reason: Reason,
}

/// What the sessions are held against.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// Everybody who takes turns, with his leave.
    pub team: &'a [Turn],
    /// The calendar in force.
    pub calendar: &'a Calendar,
    /// The legal date.
    pub today: Date,
    /// Cases that concern leaders.
    pub recusals: &'a [Recusal],
}

/// Every conflict, in the order of the sessions.
pub fn conflicts(sessions: &[Session], setting: &Setting<'_>) -> Vec<Conflict> {
    let mut found = Vec::new();
    for session in sessions {
        let reasons = of_the_day(session, setting)
            .into_iter()
            .chain(of_leaders(session, sessions, setting.team))
            .chain(of_cases(session, setting.recusals));
        found.extend(reasons.map(|reason| Conflict {
            session: session.id,
            day: session.day,
            reason,
        }));
    }
    found
}

fn of_the_day(session: &Session, setting: &Setting<'_>) -> Vec<Reason> {
    let rests = !setting.calendar.is_working_day(session.day);
    let late =
        session.state == State::Planned && !published_in_time(setting.calendar, setting.today, session.day);
    let rest = rests.then_some(Reason::RestDay);
    rest.into_iter()
        .chain(late.then_some(Reason::TooLateToPublish))
        .collect()
}

fn of_leaders(session: &Session, sessions: &[Session], team: &[Turn]) -> Vec<Reason> {
    let mut reasons = Vec::new();
    for (index, leader) in session.leaders.iter().enumerate() {
        match team.iter().find(|turn| turn.leader_id == *leader) {
            None => reasons.push(Reason::NotOfTheTeam(*leader)),
            Some(turn) if !turn.is_here(session.day) => reasons.push(Reason::OnLeave(*leader)),
            Some(_) => {}
        }
        let elsewhere = sessions.iter().any(|other| {
            other.id != session.id && other.day == session.day && other.leaders.contains(leader)
        });
        if elsewhere || session.leaders[..index].contains(leader) {
            reasons.push(Reason::Twice(*leader));
        }
    }
    reasons
}

fn of_cases(session: &Session, recusals: &[Recusal]) -> Vec<Reason> {
    let own = recusals.iter().filter(|recusal| recusal.session == session.id);
    own.map(|recusal| Reason::Recused {
        leader: recusal.leader,
        case: recusal.case,
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    const ZHANG: Uuid = Uuid::from_u128(1);
    const LIU: Uuid = Uuid::from_u128(2);
    const GONE: Uuid = Uuid::from_u128(3);
    const CASE: Uuid = Uuid::from_u128(9);

    fn session(id: u128, day: Date, leaders: &[Uuid]) -> Session {
        Session {
            id: Uuid::from_u128(id),
            day,
            state: State::Published,
            leaders: leaders.to_vec(),
        }
    }

    fn found(sessions: &[Session], recusals: &[Recusal]) -> Vec<(u128, Reason)> {
        let turn = |leader_id, leave| Turn { leader_id, leave };
        let away = vec![(date!(2026 - 03 - 09), date!(2026 - 03 - 11))];
        let setting = Setting {
            team: &[turn(ZHANG, away), turn(LIU, Vec::new())],
            calendar: &Calendar::national(),
            today: date!(2026 - 02 - 28),
            recusals,
        };
        let all = conflicts(sessions, &setting);
        all.into_iter()
            .map(|one| (one.session.as_u128(), one.reason))
            .collect()
    }

    #[test]
    fn a_roster_that_can_be_held_has_no_conflict() {
        let tuesdays = [
            session(1, date!(2026 - 03 - 03), &[ZHANG, LIU]),
            session(2, date!(2026 - 03 - 10), &[LIU]),
        ];
        assert_eq!(found(&tuesdays, &[]), []);
    }

    #[test]
    fn every_conflict_is_named_at_once() {
        let planned = Session {
            state: State::Planned,
            ..session(1, date!(2026 - 03 - 03), &[LIU, LIU])
        };
        let recused = Recusal {
            session: Uuid::from_u128(2),
            leader: LIU,
            case: CASE,
        };
        let sessions = [
            planned,
            session(2, date!(2026 - 03 - 10), &[ZHANG, LIU, GONE]),
            session(3, date!(2026 - 03 - 10), &[LIU]),
            session(4, date!(2026 - 05 - 05), &[ZHANG]),
        ];
        assert_eq!(
            found(&sessions, &[recused]),
            [
                (1, Reason::TooLateToPublish),
                (1, Reason::Twice(LIU)),
                (2, Reason::OnLeave(ZHANG)),
                (2, Reason::Twice(LIU)),
                (2, Reason::NotOfTheTeam(GONE)),
                (
                    2,
                    Reason::Recused {
                        leader: LIU,
                        case: CASE
                    }
                ),
                (3, Reason::Twice(LIU)),
                (4, Reason::RestDay),
            ]
        );
    }
}
