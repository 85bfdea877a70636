//! Changing a reception day: another leader, another hall.

use uuid::Uuid;
use xinqiao_chassis::concern;
use xinqiao_chassis::desk::{Act, object_ref};
use xinqiao_chassis::refusal::{Fields, Refusal};
use xinqiao_proto::scheduling as wire_v1;

use super::{announce_to, generate, put, take, told};
use crate::domain::reception_day;
use crate::domain::roster::{self, Turn};
use crate::rpc::error::Error;
use crate::rpc::wire;
use crate::store;
use crate::store::days::ReceptionDay;
use crate::store::leaders::Leader;

/// What the day is to be; what is left out stays.
struct Wanted {
    leader_id: Option<Uuid>,
    backup_leader_id: Option<Uuid>,
    hall: Option<String>,
    reason: String,
}

pub(super) async fn change(
    act: &mut Act,
    query: wire_v1::ChangeReceptionDayRequest,
) -> Result<wire_v1::ChangeReceptionDayResponse, Refusal> {
    wire::authorise_here(act)?;
    let seen = match Uuid::try_parse(&query.reception_day_id) {
        Ok(id) => store::days::find(act, id).await?,
        Err(_) => None,
    };
    let team = store::leaders::team(act).await?;
    let turns = match &seen {
        Some(day) => generate::turns(act, ids(&team), day.day, day.day).await?,
        None => Vec::new(),
    };
    let wanted = read(&query, seen.as_ref(), &turns)?;
    let (mut day, next) = take(
        act,
        &query.reception_day_id,
        query.version,
        reception_day::Act::Change,
    )
    .await?;
    if day.day < act.today() {
        return Err(Error::DayOver(day.day).into());
    }
    let previous = day.leader_id;
    day.state = next;
    apply(&mut day, &wanted);
    let expecting = told::expecting(act, &day).await?;
    if day.leader_id != previous {
        not_recused(act, &team, day.leader_id, &expecting.case_ids).await?;
    }
    put(act, &mut day).await?;
    let changed = ["leader_id", "backup_leader_id", "hall"];
    act.audit(
        object_ref("reception_day", day.id),
        &changed,
        Some(&wanted.reason),
    );
    announce_to(act, "reception_day.changed", &day, &expecting, Some(previous));
    Ok(wire_v1::ChangeReceptionDayResponse {
        reception_day: Some(wire::reception_day(&day)),
        case_ids: wire::texts(&expecting.case_ids),
        appointments_without_case: expecting.without_case,
    })
}

fn ids(team: &[Leader]) -> Vec<Uuid> {
    team.iter().map(|leader| leader.id).collect()
}

fn read(
    query: &wire_v1::ChangeReceptionDayRequest,
    day: Option<&ReceptionDay>,
    team: &[Turn],
) -> Result<Wanted, Refusal> {
    let mut fields = Fields::new();
    let reason = fields.text("reason", &query.reason, 2..=200);
    let leader_id = fields.optional_uuid("leader_id", &query.leader_id);
    let backup_leader_id = fields.optional_uuid("backup_leader_id", &query.backup_leader_id);
    let hall = (!query.hall.trim().is_empty()).then(|| fields.text("hall", &query.hall, 2..=100));
    if let Some(day) = day {
        let named = [("leader_id", leader_id), ("backup_leader_id", backup_leader_id)];
        for (field, leader) in named {
            if let Some(leader) = leader {
                roster::check_member(&mut fields, field, leader, team, day.day, day.day);
            }
        }
        fields.require(
            "backup_leader_id",
            backup_leader_id.is_none_or(|backup| backup != leader_id.unwrap_or(day.leader_id)),
            "SAME_LEADER",
            "备岗领导不能是接访领导本人",
            "a leader cannot stand in for himself",
        );
        fields.require(
            "leader_id",
            leader_id.is_some() || backup_leader_id.is_some() || hall.is_some(),
            "NOTHING_CHANGED",
            "没有要变更的内容",
            "nothing is changed",
        );
    }
    fields.finish()?;
    Ok(Wanted {
        leader_id,
        backup_leader_id,
        hall,
        reason,
    })
}

/// Whoever stood in and receives now stands in no longer.
fn apply(day: &mut ReceptionDay, wanted: &Wanted) {
    if let Some(leader) = wanted.leader_id {
        day.leader_id = leader;
        day.backup_leader_id = day.backup_leader_id.filter(|backup| *backup != leader);
    }
    if wanted.backup_leader_id.is_some() {
        day.backup_leader_id = wanted.backup_leader_id;
    }
    if let Some(hall) = &wanted.hall {
        day.hall.clone_from(hall);
    }
}

/// Nobody receives in a matter that concerns him, or from which he is recused `[R:28(3)]`: those who are booked are moved
/// before he takes the day.
async fn not_recused(
    act: &mut Act,
    team: &[Leader],
    leader_id: Uuid,
    case_ids: &[Uuid],
) -> Result<(), Refusal> {
    let Some(leader) = team.iter().find(|leader| leader.id == leader_id) else {
        return Ok(());
    };
    let mut recused = Vec::new();
    for case in case_ids {
        let person = [leader.person_id.clone()];
        if !concern::among(act, *case, person).await?.is_empty() {
            recused.push(*case);
        }
    }
    if recused.is_empty() {
        return Ok(());
    }
    let numbers = store::known::cases(act, &recused).await?;
    let numbers = numbers.into_iter().map(|case| case.case_no).collect();
    Err(Error::LeaderRecused(numbers).into())
}
