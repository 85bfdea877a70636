//! Names every wrong or missing section of a reception record at once.

use uuid::Uuid;
use xinqiao_kernel::{Fields, local};

use super::{
    Attendee, Branch, COMPANIONS_MAX, DEMANDS_MIN, Draft, Integrations, MEASURES_MAX, Part,
    REPRESENTATIVES_MAX, SECTION_MAX, Setting,
};

/// Looks at the whole record.
pub fn check(fields: &mut Fields, draft: &Draft, setting: &Setting<'_>) {
    who_received(fields, draft, setting);
    when_and_where(fields, draft, setting);
    attendees(fields, &draft.attendees);
    fields.text(
        "demands_own_words",
        &draft.demands_own_words,
        DEMANDS_MIN..=SECTION_MAX,
    );
    if !draft.readback_ok {
        fields.wrong(
            "readback_ok",
            "NOT_READ_BACK",
            "须向信访人宣读记录并经其核对",
            "the record must be read back to the visitors and confirmed",
        );
    }
    integrations(fields, &draft.integrations);
    responsible_units(fields, draft, setting.known_units);
    what_follows(fields, draft, setting);
}

fn who_received(fields: &mut Fields, draft: &Draft, setting: &Setting<'_>) {
    if let Some(session) = setting.session {
        let leader = draft.leader_id.unwrap_or(session.leader_id);
        let of_the_session = leader == session.leader_id || Some(leader) == session.backup_leader_id;
        if !of_the_session && !setting.delegates.contains(&leader) {
            fields.wrong(
                "leader_id",
                "NOT_OF_THIS_SESSION",
                "接访领导须为当日接访领导、备岗领导或其受托人",
                "only the leader of the session, his stand-in or his delegate can have received",
            );
        }
    }
    if draft.staff.is_empty() {
        fields.wrong(
            "staff",
            "REQUIRED",
            "至少一名工作人员在场",
            "name at least one member of staff",
        );
    }
    for (index, person) in draft.staff.iter().enumerate() {
        fields.text(&format!("staff[{index}]"), person, 1..=200);
    }
}

fn when_and_where(fields: &mut Fields, draft: &Draft, setting: &Setting<'_>) {
    for (field, at) in [("started_at", draft.started_at), ("ended_at", draft.ended_at)] {
        let Some(at) = at else {
            continue;
        };
        if setting
            .session
            .is_some_and(|session| local::local_date(at) != session.day)
        {
            fields.about(
                field,
                "OTHER_DAY",
                "须在接访日当天",
                "must be on the reception day",
            );
        } else if at > setting.now {
            fields.about(field, "IN_FUTURE", "不得晚于现在", "must not be in the future");
        }
    }
    if draft
        .ended_at
        .zip(draft.started_at)
        .is_some_and(|(end, start)| end < start)
    {
        fields.wrong(
            "ended_at",
            "BEFORE_START",
            "结束时间早于开始时间",
            "ended_at is before started_at",
        );
    }
    // Left out, it is the hall of the session.
    if setting.session.is_some() || !draft.place.trim().is_empty() {
        fields.text("place", &draft.place, 2..=200);
    }
}

fn attendees(fields: &mut Fields, attendees: &[Attendee]) {
    let companions = attendees
        .iter()
        .filter(|attendee| attendee.part == Some(Part::Companion))
        .count();
    if attendees.len() == companions {
        fields.wrong(
            "attendees",
            "REQUIRED",
            "至少一名信访人到场",
            "name at least one petitioner",
        );
    }
    if attendees.len() - companions > REPRESENTATIVES_MAX {
        fields.wrong(
            "attendees",
            "TOO_MANY_REPRESENTATIVES",
            "到场代表不得超过五人，请推选代表（《信访工作条例》第二十条）",
            "elect at most 5 representatives (R:20)",
        );
    }
    if companions > COMPANIONS_MAX {
        fields.wrong(
            "attendees",
            "TOO_MANY_COMPANIONS",
            "陪同人至多一名",
            "at most one companion",
        );
    }
    for (index, attendee) in attendees.iter().enumerate() {
        fields.text(&format!("attendees[{index}].name"), &attendee.name, 2..=100);
        fields.chosen(&format!("attendees[{index}].part"), attendee.part);
    }
}

fn integrations(fields: &mut Fields, integrations: &Integrations) {
    for (name, text) in [
        ("solution", &integrations.solution),
        ("prevention", &integrations.prevention),
        ("difficulty", &integrations.difficulty),
        ("policy_ideas", &integrations.policy_ideas),
        ("explanation", &integrations.explanation),
        ("legal_basis", &integrations.legal_basis),
    ] {
        fields.text(&format!("integrations.{name}"), text, 1..=SECTION_MAX);
    }
    let measures = &integrations.measures;
    fields.texts("integrations.measures", measures, 1..=MEASURES_MAX, SECTION_MAX);
}

fn responsible_units(fields: &mut Fields, draft: &Draft, known: &[Uuid]) {
    let Integrations {
        lead_unit_id,
        assist_unit_ids,
        ..
    } = &draft.integrations;
    let unknown = |fields: &mut Fields, field: &str| {
        fields.about(
            field,
            "UNKNOWN_UNIT",
            "不存在或已停用",
            "is not known or no longer active",
        );
    };
    match lead_unit_id {
        None if draft.branch != Some(Branch::OnsiteSettled) => fields.wrong(
            "integrations.lead_unit_id",
            "REQUIRED",
            "五个结合⑤须明确责任单位",
            "integration 5 names the responsible unit",
        ),
        Some(unit) if !known.contains(unit) => unknown(fields, "integrations.lead_unit_id"),
        _ => {}
    }
    for (index, unit) in assist_unit_ids.iter().enumerate() {
        let field = format!("integrations.assist_unit_ids[{index}]");
        if Some(unit) == lead_unit_id.as_ref() || assist_unit_ids[..index].contains(unit) {
            fields.about(&field, "DUPLICATE", "重复", "is named twice");
        } else if !known.contains(unit) {
            unknown(fields, &field);
        }
    }
}

fn what_follows(fields: &mut Fields, draft: &Draft, setting: &Setting<'_>) {
    let Some(branch) = fields.chosen("branch", draft.branch) else {
        return;
    };
    let least = usize::from(branch.needs_instruction()) * 2;
    faults_of_instruction(fields, draft, least);
    match draft.due_hint {
        None if branch.needs_instruction() => {
            fields.wrong(
                "due_hint",
                "REQUIRED",
                "须提出办理期限",
                "the leader says by when he wants a result",
            );
        }
        Some(due) if setting.session.is_some_and(|session| due <= session.day) => {
            fields.wrong(
                "due_hint",
                "NOT_AFTER_DAY",
                "办理期限须晚于接访日",
                "due_hint is after the reception day",
            );
        }
        _ => {}
    }
}

fn faults_of_instruction(fields: &mut Fields, draft: &Draft, least: usize) {
    if least > 0 || !draft.instruction.trim().is_empty() {
        fields.text("instruction", &draft.instruction, least..=SECTION_MAX);
    }
}
