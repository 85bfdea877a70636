//! Joint reception 联合接访: other leaders and units on duty in the session of the leader who receives and signs.

use uuid::Uuid;
use xinqiao_chassis::desk::Act;
use xinqiao_chassis::refusal::{Fields, Refusal};
use xinqiao_proto::scheduling as wire_v1;

use crate::domain::roster::{self, Turn};
use crate::store;
use crate::store::days::ReceptionDay;

/// Leaders, and units, of one session at the most.
const JOINT_MAX: usize = 10;

/// Who else takes part.
#[derive(Debug, Clone, Default)]
pub(super) struct Joint {
    pub(super) leaders: Vec<Uuid>,
    pub(super) units: Vec<Uuid>,
}

/// Reads and checks who else takes part; nothing when the request leaves it as it is.
pub(super) async fn read(
    act: &mut Act,
    fields: &mut Fields,
    wanted: Option<&wire_v1::JointReception>,
) -> Result<Option<Joint>, Refusal> {
    let Some(wanted) = wanted else {
        return Ok(None);
    };
    let leaders = named(fields, "joint_reception.leader_ids", &wanted.leader_ids);
    let units = named(fields, "joint_reception.unit_ids", &wanted.unit_ids);
    let ids: Vec<Uuid> = units.iter().map(|(_, unit)| *unit).collect();
    let known = store::known::active_units(act, &ids).await?;
    for (field, unit) in &units {
        if !known.iter().any(|(id, _)| id == unit) {
            fields.about(
                field,
                "UNKNOWN_UNIT",
                "不存在或已停用",
                "is not known or no longer active",
            );
        }
    }
    let leaders = leaders.into_iter().map(|(_, leader)| leader).collect();
    Ok(Some(Joint { leaders, units: ids }))
}

fn named(fields: &mut Fields, list: &str, texts: &[String]) -> Vec<(String, Uuid)> {
    fields.count(list, texts.len(), 0..=JOINT_MAX);
    let mut found: Vec<(String, Uuid)> = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        let field = format!("{list}[{index}]");
        let Some(id) = fields.uuid(&field, text) else {
            continue;
        };
        if found.iter().any(|(_, other)| *other == id) {
            fields.about(&field, "DUPLICATE", "重复", "is named twice");
        }
        found.push((field, id));
    }
    found
}

/// Whoever receives with the leader is of the team, here that day, and not the leader or his stand-in himself.
pub(super) fn check_leaders(fields: &mut Fields, joint: &Joint, day: &ReceptionDay, team: &[Turn]) {
    for (index, leader) in joint.leaders.iter().enumerate() {
        let field = format!("joint_reception.leader_ids[{index}]");
        if *leader == day.leader_id || Some(*leader) == day.backup_leader_id {
            fields.about(
                &field,
                "SAME_LEADER",
                "已是当日接访或备岗领导",
                "receives or stands in that day already",
            );
        } else {
            roster::check_member(fields, &field, *leader, team, day.day, day.day);
        }
    }
}
