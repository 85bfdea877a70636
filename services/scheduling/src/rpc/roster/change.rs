//! Changing a reception day: another leader, another hall.

use uuid::Uuid;
use xinqiao_chassis::concern;
use xinqiao_chassis::desk::{Act, object_ref};
use xinqiao_chassis::refusal::{Fields, Refusal};
use xinqiao_proto::scheduling as wire_v1;

use super::joint::{self, Joint};
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
    joint: Option<Joint>,
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
    let mut fields = Fields::new();
    let joint = joint::read(act, &mut fields, query.joint_reception.as_ref()).await?;
    let wanted = read(fields, &query, joint, seen.as_ref(), &turns)?;
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
    let before = day.clone();
    day.state = next;
    apply(&mut day, &wanted);
    let expecting = told::expecting(act, &day).await?;
    not_recused(act, newcomers(&team, &before, &day), &expecting.case_ids).await?;
    put(act, &mut day).await?;
    let changed = [
        "leader_id",
        "backup_leader_id",
        "hall",
        "joint_leader_ids",
        "duty_unit_ids",
    ];
    act.audit(
        object_ref("reception_day", day.id),
        &changed,
        Some(&wanted.reason),
    );
    announce_to(
        act,
        "reception_day.changed",
        &day,
        &expecting,
        Some(before.leader_id),
    );
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
    mut fields: Fields,
    query: &wire_v1::ChangeReceptionDayRequest,
    joint: Option<Joint>,
    day: Option<&ReceptionDay>,
    team: &[Turn],
) -> Result<Wanted, Refusal> {
    let reason = fields.text("reason", &query.reason, 2..=200);
    let leader_id = fields.optional_uuid("leader_id", &query.leader_id);
    let backup_leader_id = fields.optional_uuid("backup_leader_id", &query.backup_leader_id);
    let hall = (!query.hall.trim().is_empty()).then(|| fields.text("hall", &query.hall, 2..=100));
    let wanted = Wanted {
        leader_id,
        backup_leader_id,
        hall,
        joint,
        reason,
    };
    if let Some(day) = day {
        check(&mut fields, &wanted, day, team);
    }
    fields.finish()?;
    Ok(wanted)
}

fn check(fields: &mut Fields, wanted: &Wanted, day: &ReceptionDay, team: &[Turn]) {
    let named = [
        ("leader_id", wanted.leader_id),
        ("backup_leader_id", wanted.backup_leader_id),
    ];
    for (field, leader) in named {
        if let Some(leader) = leader {
            roster::check_member(fields, field, leader, team, day.day, day.day);
        }
    }
    let mut planned = day.clone();
    apply(&mut planned, wanted);
    fields.require(
        "backup_leader_id",
        planned.backup_leader_id != Some(planned.leader_id),
        "SAME_LEADER",
        "备岗领导不能是接访领导本人",
        "a leader cannot stand in for himself",
    );
    if let Some(joint) = &wanted.joint {
        joint::check_leaders(fields, joint, &planned, team);
    }
    fields.require(
        "leader_id",
        wanted.leader_id.is_some()
            || wanted.backup_leader_id.is_some()
            || wanted.hall.is_some()
            || wanted.joint.is_some(),
        "NOTHING_CHANGED",
        "没有要变更的内容",
        "nothing is changed",
    );
}

/// Whoever stood in, or received with him, and receives now does it no longer.
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
    if let Some(joint) = &wanted.joint {
        day.joint_leader_ids.clone_from(&joint.leaders);
        day.duty_unit_ids.clone_from(&joint.units);
    } else {
        let (leader, backup) = (day.leader_id, day.backup_leader_id);
        (day.joint_leader_ids).retain(|joint| *joint != leader && Some(*joint) != backup);
    }
}

/// The tokens of those who receive now and did not before.
fn newcomers(team: &[Leader], before: &ReceptionDay, after: &ReceptionDay) -> Vec<String> {
    let receives =
        |day: &ReceptionDay, leader: Uuid| day.leader_id == leader || day.joint_leader_ids.contains(&leader);
    let new = team
        .iter()
        .filter(|leader| receives(after, leader.id) && !receives(before, leader.id));
    new.map(|leader| leader.person_id.clone()).collect()
}

/// Nobody receives in a matter that concerns him, or from which he is recused `[R:28(3)]`: those who are booked are moved
/// before he takes the day.
async fn not_recused(act: &mut Act, persons: Vec<String>, case_ids: &[Uuid]) -> Result<(), Refusal> {
    if persons.is_empty() {
        return Ok(());
    }
    let mut recused = Vec::new();
    for case in case_ids {
        if !concern::among(act, *case, persons.clone()).await?.is_empty() {
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
