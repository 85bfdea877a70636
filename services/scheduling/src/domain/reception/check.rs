//! Names every wrong or missing section of a reception record at once.

use uuid::Uuid;
use xinqiao_kernel::local;

use super::{
    Attendee, Branch, COMPANIONS_MAX, DEMANDS_MIN, Draft, Integrations, MEASURES_MAX, Part,
    REPRESENTATIVES_MAX, SECTION_MAX, Setting,
};
use crate::domain::fault::Faults;

/// Looks at the whole record.
pub fn check(faults: &mut Faults, draft: &Draft, setting: &Setting<'_>) {
    who_received(faults, draft, setting);
    when_and_where(faults, draft, setting);
    attendees(faults, &draft.attendees);
    faults.text(
        "demands_own_words",
        ("诉求原话", "the demands"),
        &draft.demands_own_words,
        DEMANDS_MIN,
        SECTION_MAX,
    );
    if !draft.readback_ok {
        faults.note(
            "readback_ok",
            "NOT_READ_BACK",
            "须向信访人宣读记录并经其核对",
            "the record must be read back to the visitors and confirmed",
        );
    }
    integrations(faults, &draft.integrations);
    responsible_units(faults, draft, setting.known_units);
    what_follows(faults, draft, setting);
}

fn who_received(faults: &mut Faults, draft: &Draft, setting: &Setting<'_>) {
    if let Some(session) = setting.session {
        let leader = draft.leader_id.unwrap_or(session.leader_id);
        if leader != session.leader_id && Some(leader) != session.backup_leader_id {
            faults.note(
                "leader_id",
                "NOT_OF_THIS_SESSION",
                "接访领导须为当日接访领导或备岗领导",
                "only the leader of the session or his stand-in can have received",
            );
        } else if setting.only_leader.is_some_and(|own| own != leader) {
            faults.note(
                "leader_id",
                "NOT_YOUR_LEADER",
                "只能记录本人或所联络领导的接访",
                "you can record the receptions of your own leader only",
            );
        }
    }
    if draft.staff.is_empty() {
        faults.note(
            "staff",
            "REQUIRED",
            "至少一名工作人员在场",
            "name at least one member of staff",
        );
    }
    for (index, person) in draft.staff.iter().enumerate() {
        faults.text(
            &format!("staff[{index}]"),
            ("工作人员", "the member of staff"),
            person,
            1,
            200,
        );
    }
}

fn when_and_where(faults: &mut Faults, draft: &Draft, setting: &Setting<'_>) {
    for (field, at) in [("started_at", draft.started_at), ("ended_at", draft.ended_at)] {
        let Some(at) = at else {
            faults.note(field, "REQUIRED", "接访时间必填", "the time is required");
            continue;
        };
        if setting
            .session
            .is_some_and(|session| local::local_date(at) != session.day)
        {
            faults.note(
                field,
                "OTHER_DAY",
                "接访时间须在接访日当天",
                "the talk took place on the reception day",
            );
        } else if at > setting.now {
            faults.note(
                field,
                "IN_FUTURE",
                "接访时间不得晚于现在",
                "the time is in the future",
            );
        }
    }
    if draft
        .ended_at
        .zip(draft.started_at)
        .is_some_and(|(end, start)| end < start)
    {
        faults.note(
            "ended_at",
            "BEFORE_START",
            "结束时间早于开始时间",
            "ended_at is before started_at",
        );
    }
    faults.text("place", ("接访地点", "the place"), &draft.place, 2, 200);
}

fn attendees(faults: &mut Faults, attendees: &[Attendee]) {
    let companions = attendees
        .iter()
        .filter(|attendee| attendee.part == Some(Part::Companion))
        .count();
    if attendees.len() == companions {
        faults.note(
            "attendees",
            "REQUIRED",
            "至少一名信访人到场",
            "name at least one petitioner",
        );
    }
    if attendees.len() - companions > REPRESENTATIVES_MAX {
        faults.note(
            "attendees",
            "TOO_MANY_REPRESENTATIVES",
            "到场代表不得超过五人，请推选代表（《信访工作条例》第二十条）",
            "elect at most 5 representatives (R:20)",
        );
    }
    if companions > COMPANIONS_MAX {
        faults.note(
            "attendees",
            "TOO_MANY_COMPANIONS",
            "陪同人至多一名",
            "at most one companion",
        );
    }
    for (index, attendee) in attendees.iter().enumerate() {
        faults.text(
            &format!("attendees[{index}].name"),
            ("姓名", "the name"),
            &attendee.name,
            2,
            100,
        );
        if attendee.part.is_none() {
            faults.note(
                format!("attendees[{index}].part"),
                "UNKNOWN_VALUE",
                "到场身份的取值无效",
                "part must be one of the known values",
            );
        }
    }
}

fn integrations(faults: &mut Faults, integrations: &Integrations) {
    let sections = [
        (
            "solution",
            ("五个结合①解决问题", "integration 1, solution"),
            &integrations.solution,
        ),
        (
            "prevention",
            ("五个结合①防范问题", "integration 1, prevention"),
            &integrations.prevention,
        ),
        (
            "difficulty",
            ("五个结合③为民排忧", "integration 3, difficulty"),
            &integrations.difficulty,
        ),
        (
            "policy_ideas",
            ("五个结合③问政于民", "integration 3, policy ideas"),
            &integrations.policy_ideas,
        ),
        (
            "explanation",
            ("五个结合④思想疏导", "integration 4, explanation"),
            &integrations.explanation,
        ),
        (
            "legal_basis",
            ("五个结合④依法处理", "integration 4, legal basis"),
            &integrations.legal_basis,
        ),
    ];
    for (name, label, text) in sections {
        faults.text(&format!("integrations.{name}"), label, text, 1, SECTION_MAX);
    }
    let measures = &integrations.measures;
    if !(1..=MEASURES_MAX).contains(&measures.len()) {
        faults.note(
            "integrations.measures",
            if measures.is_empty() {
                "REQUIRED"
            } else {
                "TOO_MANY"
            },
            format!("五个结合②须有 1 至 {MEASURES_MAX} 项措施"),
            format!("integration 2 has 1 to {MEASURES_MAX} measures"),
        );
    }
    for (index, measure) in measures.iter().enumerate() {
        let field = format!("integrations.measures[{index}]");
        faults.text(&field, ("五个结合②措施", "the measure"), measure, 1, SECTION_MAX);
    }
}

fn responsible_units(faults: &mut Faults, draft: &Draft, known: &[Uuid]) {
    let Integrations {
        lead_unit_id,
        assist_unit_ids,
        ..
    } = &draft.integrations;
    let unknown = |faults: &mut Faults, field: String| {
        faults.note(
            field,
            "UNKNOWN_UNIT",
            "单位不存在或已停用",
            "the unit is not known or no longer active",
        );
    };
    match lead_unit_id {
        None if draft.branch != Some(Branch::OnsiteSettled) => faults.note(
            "integrations.lead_unit_id",
            "REQUIRED",
            "五个结合⑤须明确责任单位",
            "integration 5 names the responsible unit",
        ),
        Some(unit) if !known.contains(unit) => unknown(faults, "integrations.lead_unit_id".to_owned()),
        _ => {}
    }
    for (index, unit) in assist_unit_ids.iter().enumerate() {
        let field = format!("integrations.assist_unit_ids[{index}]");
        if Some(unit) == lead_unit_id.as_ref() || assist_unit_ids[..index].contains(unit) {
            faults.note(field, "DOUBLE", "单位重复", "the unit is named twice");
        } else if !known.contains(unit) {
            unknown(faults, field);
        }
    }
}

fn what_follows(faults: &mut Faults, draft: &Draft, setting: &Setting<'_>) {
    let Some(branch) = draft.branch else {
        faults.note(
            "branch",
            "UNKNOWN_VALUE",
            "处理分支的取值无效",
            "branch must be one of the known values",
        );
        return;
    };
    let least = usize::from(branch.needs_instruction()) * 2;
    faults_of_instruction(faults, draft, least);
    match draft.due_hint {
        None if branch.needs_instruction() => {
            faults.note(
                "due_hint",
                "REQUIRED",
                "须提出办理期限",
                "the leader says by when he wants a result",
            );
        }
        Some(due) if setting.session.is_some_and(|session| due <= session.day) => {
            faults.note(
                "due_hint",
                "NOT_AFTER_DAY",
                "办理期限须晚于接访日",
                "due_hint is after the reception day",
            );
        }
        _ => {}
    }
}

fn faults_of_instruction(faults: &mut Faults, draft: &Draft, least: usize) {
    if least > 0 || !draft.instruction.trim().is_empty() {
        faults.text(
            "instruction",
            ("批办意见", "the instruction"),
            &draft.instruction,
            least,
            SECTION_MAX,
        );
    }
}
