use super::*;
use time::macros::{date, datetime};
use xinqiao_kernel::Fields;

const LEADER: Uuid = Uuid::from_u128(1);
const BACKUP: Uuid = Uuid::from_u128(2);
const UNIT: Uuid = Uuid::from_u128(10);
const HELPER: Uuid = Uuid::from_u128(11);
const DELEGATE: Uuid = Uuid::from_u128(12);

fn setting() -> Setting<'static> {
    Setting {
        session: Some(Session {
            day: date!(2026 - 03 - 03),
            leader_id: LEADER,
            backup_leader_id: Some(BACKUP),
        }),
        now: datetime!(2026-03-03 10:30 +8),
        delegates: &[DELEGATE],
        known_units: &[UNIT, HELPER],
    }
}

fn draft() -> Draft {
    Draft {
        leader_id: None,
        staff: vec!["li".to_owned()],
        started_at: Some(datetime!(2026-03-03 09:30 +8)),
        ended_at: Some(datetime!(2026-03-03 10:10 +8)),
        place: "信访接访大厅".to_owned(),
        attendees: vec![Attendee {
            name: "测试甲".to_owned(),
            part: Some(Part::Petitioner),
        }],
        demands_own_words: "房屋漏水，请求修缮。".to_owned(),
        readback_ok: true,
        integrations: Integrations {
            solution: "责成维修".to_owned(),
            prevention: "排查同批房屋".to_owned(),
            measures: vec!["现场勘查".to_owned()],
            difficulty: "无，因为住户可暂住亲属家".to_owned(),
            policy_ideas: "建议公开维修基金使用情况".to_owned(),
            explanation: "说明保修规定".to_owned(),
            legal_basis: "《建设工程质量管理条例》第四十条".to_owned(),
            lead_unit_id: Some(UNIT),
            assist_unit_ids: vec![HELPER],
        },
        branch: Some(Branch::Reasonable),
        instruction: "请住建局核实并修缮。".to_owned(),
        due_hint: Some(date!(2026 - 04 - 30)),
    }
}

fn faults_of(draft: &Draft) -> Vec<(String, &'static str)> {
    let mut fields = Fields::new();
    check(&mut fields, draft, &setting());
    fields
        .violations()
        .iter()
        .map(|wrong| (wrong.field.clone(), wrong.reason))
        .collect()
}

#[test]
fn a_complete_record_is_accepted() {
    assert_eq!(faults_of(&draft()), []);
    assert_eq!(
        faults_of(&Draft {
            leader_id: Some(BACKUP),
            ..draft()
        }),
        [],
        "the stand-in may have received"
    );
}

#[test]
fn every_missing_section_is_named_at_once() {
    let empty = Draft {
        leader_id: Some(Uuid::from_u128(9)),
        staff: Vec::new(),
        started_at: None,
        place: String::new(),
        attendees: Vec::new(),
        demands_own_words: String::new(),
        readback_ok: false,
        integrations: Integrations::default(),
        instruction: String::new(),
        due_hint: None,
        ..draft()
    };
    let fields: Vec<_> = faults_of(&empty).into_iter().map(|(field, _)| field).collect();
    let expected = [
        "leader_id",
        "staff",
        "place",
        "attendees",
        "demands_own_words",
        "readback_ok",
        "integrations.solution",
        "integrations.prevention",
        "integrations.difficulty",
        "integrations.policy_ideas",
        "integrations.explanation",
        "integrations.legal_basis",
        "integrations.measures",
        "integrations.lead_unit_id",
        "instruction",
        "due_hint",
    ];
    assert_eq!(fields, expected);
}

#[test]
fn a_unit_that_is_not_known_is_refused_by_its_field() {
    let mut draft = draft();
    draft.integrations.lead_unit_id = Some(Uuid::from_u128(99));
    draft.integrations.assist_unit_ids = vec![HELPER, HELPER, Uuid::from_u128(98)];
    assert_eq!(
        faults_of(&draft),
        [
            ("integrations.lead_unit_id".to_owned(), "UNKNOWN_UNIT"),
            ("integrations.assist_unit_ids[1]".to_owned(), "DUPLICATE"),
            ("integrations.assist_unit_ids[2]".to_owned(), "UNKNOWN_UNIT"),
        ]
    );
}

#[test]
fn a_sixth_representative_is_refused_and_a_companion_does_not_count() {
    let person = |part| Attendee {
        name: "测试甲".to_owned(),
        part: Some(part),
    };
    let mut attendees = vec![person(Part::Companion)];
    attendees.extend(std::iter::repeat_n(person(Part::Representative), 5));
    assert_eq!(
        faults_of(&Draft {
            attendees: attendees.clone(),
            ..draft()
        }),
        []
    );
    attendees.push(person(Part::Petitioner));
    let too_many = [("attendees".to_owned(), "TOO_MANY_REPRESENTATIVES")];
    assert_eq!(faults_of(&Draft { attendees, ..draft() }), too_many);
    let alone = vec![person(Part::Companion)];
    assert_eq!(
        faults_of(&Draft {
            attendees: alone,
            ..draft()
        }),
        [("attendees".to_owned(), "REQUIRED")]
    );
}

#[test]
fn what_is_settled_on_the_spot_needs_no_instruction() {
    for branch in Branch::ALL {
        let mut draft = Draft {
            branch: Some(branch),
            instruction: String::new(),
            due_hint: None,
            ..draft()
        };
        draft.integrations.lead_unit_id = None;
        draft.integrations.assist_unit_ids.clear();
        assert_eq!(
            faults_of(&draft).is_empty(),
            branch == Branch::OnsiteSettled,
            "{branch:?}"
        );
        assert_eq!(Branch::from_code(branch.code()), Some(branch));
    }
}

#[test]
fn a_talk_of_another_day_or_of_the_future_is_refused() {
    let yesterday = Draft {
        started_at: Some(datetime!(2026-03-02 09:30 +8)),
        ..draft()
    };
    assert_eq!(faults_of(&yesterday), [("started_at".to_owned(), "OTHER_DAY")]);
    let later = Draft {
        ended_at: Some(datetime!(2026-03-03 10:31 +8)),
        ..draft()
    };
    assert_eq!(faults_of(&later), [("ended_at".to_owned(), "IN_FUTURE")]);
    let turned = Draft {
        started_at: Some(datetime!(2026-03-03 10:20 +8)),
        ..draft()
    };
    assert_eq!(faults_of(&turned), [("ended_at".to_owned(), "BEFORE_START")]);
}

#[test]
fn without_a_session_everything_else_is_still_looked_at() {
    let mut fields = Fields::new();
    let empty = Draft {
        staff: Vec::new(),
        readback_ok: false,
        ..draft()
    };
    check(
        &mut fields,
        &empty,
        &Setting {
            session: None,
            ..setting()
        },
    );
    assert_eq!(fields.names(), ["staff", "readback_ok"]);
}

#[test]
fn the_last_day_of_k0_is_in_time() {
    let due = date!(2026 - 03 - 04);
    assert!(within_k0(datetime!(2026-03-04 23:59:59 +8), due));
    assert!(!within_k0(datetime!(2026-03-05 00:00 +8), due));
}
