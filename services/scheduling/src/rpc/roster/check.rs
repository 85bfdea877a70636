//! What stands in the way of a year's roster.

use std::collections::BTreeMap;

use time::Date;
use uuid::Uuid;
use xinqiao_chassis::concern;
use xinqiao_chassis::desk::Act;
use xinqiao_chassis::refusal::{Fields, Refusal};
use xinqiao_proto::scheduling::{self as wire_v1, RosterConflictKind};

use super::generate;
use crate::domain::conflict::{self, Conflict, Reason, Recusal, Session, Setting};
use crate::domain::reception_day::State;
use crate::rpc::wire;
use crate::store;
use crate::store::days::ReceptionDay;

pub(super) async fn check(
    act: &mut Act,
    query: wire_v1::CheckRosterRequest,
) -> Result<wire_v1::CheckRosterResponse, Refusal> {
    wire::authorise_here(act)?;
    let mut fields = Fields::new();
    let bounds = generate::year(&mut fields, query.year, act.today());
    fields.finish()?;
    let Some((first, last)) = bounds else {
        return Err(Refusal::internal(&"the year was checked"));
    };
    let first = first.max(act.today());
    let days = store::days::between(act, first, last).await?;
    let sessions: Vec<Session> = days.iter().filter_map(session).collect();
    let team = store::leaders::team(act).await?;
    let ids = team.iter().map(|leader| leader.id).collect();
    let turns = generate::turns(act, ids, first, last).await?;
    // Whom a case concerns is for those who see the register, not for colleagues of the leader.
    let recusals = match wire::only_leader(act) {
        Some(_) => Vec::new(),
        None => recusals(act, &sessions, (first, last)).await?,
    };
    let setting = Setting {
        team: &turns,
        calendar: act.calendar(),
        today: act.today(),
        recusals: &recusals,
    };
    let conflicts = conflict::conflicts(&sessions, &setting);
    Ok(wire_v1::CheckRosterResponse {
        conflicts: conflicts.iter().map(shown).collect(),
    })
}

/// A day that is still to be held.
fn session(day: &ReceptionDay) -> Option<Session> {
    matches!(day.state, State::Planned | State::Published | State::Open).then(|| Session {
        id: day.id,
        day: day.day,
        state: day.state,
        leaders: (std::iter::once(day.leader_id).chain(day.backup_leader_id))
            .chain(day.joint_leader_ids.iter().copied())
            .collect(),
    })
}

/// The cases of those who expect a session that concern somebody who takes part in it.
async fn recusals(
    act: &mut Act,
    sessions: &[Session],
    (first, last): (Date, Date),
) -> Result<Vec<Recusal>, Refusal> {
    let mut found = Vec::new();
    let expected = store::known::expecting_between(act, first, last).await?;
    let persons = store::leaders::persons(act).await?;
    let persons: BTreeMap<Uuid, String> = persons.into_iter().collect();
    for (day, case) in expected {
        let Some(session) = sessions.iter().find(|session| session.id == day) else {
            continue;
        };
        for leader in &session.leaders {
            let person = persons.get(leader).cloned();
            if !concern::among(act, case, person).await?.is_empty() {
                found.push(Recusal {
                    session: day,
                    leader: *leader,
                    case,
                });
            }
        }
    }
    Ok(found)
}

fn shown(conflict: &Conflict) -> wire_v1::RosterConflict {
    let (kind, leader, case) = match conflict.reason {
        Reason::OnLeave(leader) => (RosterConflictKind::OnLeave, Some(leader), None),
        Reason::NotOfTheTeam(leader) => (RosterConflictKind::NotOfTheTeam, Some(leader), None),
        Reason::Twice(leader) => (RosterConflictKind::Twice, Some(leader), None),
        Reason::Recused { leader, case } => (RosterConflictKind::Recused, Some(leader), Some(case)),
        Reason::RestDay => (RosterConflictKind::RestDay, None, None),
        Reason::TooLateToPublish => (RosterConflictKind::TooLateToPublish, None, None),
    };
    wire_v1::RosterConflict {
        reception_day_id: conflict.session.to_string(),
        day: conflict.day.to_string(),
        kind: kind.into(),
        leader_id: wire::text_or_empty(leader),
        case_id: wire::text_or_empty(case),
    }
}
