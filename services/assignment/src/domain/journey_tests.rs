//! The acts in order, with the dates the law gives them; and every order of acts the table forbids.

use proptest::prelude::*;
use time::{Date, macros::date, macros::datetime};
use uuid::Uuid;
use xinqiao_kernel::{Calendar, CaseState, ClockCode, RuleSet};

use super::{
    assign::{Assignment, Instruction, Masters},
    case::{Case, Hold, Outcome, Purpose, Triage},
    closure::Execution,
    denied::Denied,
    investigation::Investigator,
    leader::Leader,
    terms::{Law, LegalTerm},
    transitions::{Act, after, possible, tests::ACTS},
    unit::{Unit, UnitKind, Units},
};

const UNIT: Uuid = Uuid::from_u128(1);
const OTHER_UNIT: Uuid = Uuid::from_u128(2);
const LEADER: Uuid = Uuid::from_u128(3);

struct Office {
    calendar: Calendar,
    rules: RuleSet,
    units: Units,
    leader: Leader,
    instruction: Instruction,
}

impl Office {
    fn open() -> Self {
        let unit = |id| Unit {
            id,
            name: "区住建局".to_owned(),
            kind: UnitKind::GovernmentDepartment,
            parent: None,
            successor: None,
            uscc: None,
            active: true,
            version: 1,
        };
        Self {
            calendar: Calendar::national(),
            rules: RuleSet::national(),
            units: [unit(UNIT), unit(OTHER_UNIT)].into_iter().collect(),
            leader: Leader {
                id: LEADER,
                name: "张副区长".to_owned(),
                post: "副区长".to_owned(),
                portfolio: vec!["03".to_owned()],
                linked_towns: vec!["220502100".to_owned()],
                active: true,
            },
            instruction: Instruction {
                leader: LEADER,
                lead_unit: Some(UNIT),
            },
        }
    }

    fn law(&self, today: Date) -> Law<'_> {
        Law {
            today,
            calendar: &self.calendar,
            rules: &self.rules,
        }
    }

    fn masters(&self) -> Masters<'_> {
        Masters {
            units: &self.units,
            leader: Some(&self.leader),
            instruction: Some(&self.instruction),
        }
    }

    fn assign(&self, case: &mut Case, today: Date) -> Vec<LegalTerm> {
        case.assign(
            version(case),
            &assignment(today),
            self.masters(),
            &self.law(today),
        )
        .unwrap()
        .terms
    }
}

fn version(case: &Case) -> u64 {
    u64::try_from(case.version).unwrap()
}

fn released() -> Case {
    let number = "XF-220502-2026-2-000123-9".parse().unwrap();
    let mut case = Case::registered(Uuid::from_u128(9), number, Purpose::Appeal, false, true);
    case.version = 1;
    case.release(
        Purpose::Appeal,
        Triage {
            sixty_days: true,
            field_code: "03".to_owned(),
            town_code: "220502001".to_owned(),
            reception_id: None,
            complained_units: vec![],
            request_count: 1,
        },
        Some(LEADER),
    );
    case
}

fn assignment(today: Date) -> Assignment {
    Assignment {
        lead_unit: UNIT,
        assist_units: vec![],
        requirements: "请依法办理".to_owned(),
        feedback_due: today + time::Duration::days(50),
        responsible_leader: None,
        portfolio_reason: None,
        lead_unit_reason: None,
        excluded_person_ids: vec![],
    }
}

fn investigators() -> Vec<Investigator> {
    ["zhao", "feng"]
        .map(|person| Investigator {
            person_id: person.to_owned(),
            name: "赵承办".to_owned(),
            declaration: "与本事项无利害关系".to_owned(),
            no_interest: true,
        })
        .to_vec()
}

fn dates(term: &LegalTerm) -> (Date, Date, Date) {
    (term.raw, term.eff, term.safe)
}

#[test]
fn the_happy_path_has_the_dates_of_the_law() {
    let office = Office::open();
    let mut case = released();

    let terms = office.assign(&mut case, date!(2026 - 03 - 04));
    assert_eq!(terms[0].eff, date!(2026 - 03 - 19), "K2");
    assert_eq!(
        dates(&terms[1]),
        (
            date!(2026 - 03 - 11),
            date!(2026 - 03 - 11),
            date!(2026 - 03 - 11)
        ),
        "K3"
    );

    let k4 = case
        .accept(1, &office.law(date!(2026 - 03 - 06)))
        .unwrap()
        .unwrap();
    assert_eq!(
        dates(&k4),
        (
            date!(2026 - 05 - 05),
            date!(2026 - 05 - 06),
            date!(2026 - 04 - 30)
        ),
        "K4"
    );

    case.name_investigators(1, &investigators()).unwrap();
    case.submit_report(1, datetime!(2026-04-10 10:00 +8)).unwrap();
    case.read_report(1, datetime!(2026-04-13 10:00 +8)).unwrap();
    let k19 = case
        .issue_opinion(1, "qian", Outcome::Support, &office.law(date!(2026 - 04 - 20)))
        .unwrap();
    assert_eq!(k19.eff, date!(2026 - 04 - 27), "K19");
    let k6 = case
        .serve_opinion(1, date!(2026 - 04 - 21), &office.law(date!(2026 - 04 - 21)))
        .unwrap()
        .unwrap();
    assert_eq!(k6.eff, date!(2026 - 05 - 21), "K6");
    let plan = Execution {
        plan: "完成外墙维修并验收".to_owned(),
        plan_due: date!(2026 - 06 - 30),
        reply_exempt_reason: None,
    };
    let k20 = case
        .start_execution(1, &plan, &office.law(date!(2026 - 04 - 21)))
        .unwrap();
    assert_eq!(k20.raw, date!(2026 - 06 - 30), "K20");
    let k21 = case.close(1, false, &office.law(date!(2026 - 04 - 24))).unwrap();
    assert_eq!(k21.eff, date!(2026 - 04 - 29), "K21");
    assert_eq!(
        (case.state, case.hold),
        (CaseState::ClosureReported, Hold::Passed)
    );
}

#[test]
fn an_objection_is_possible_up_to_the_last_working_day() {
    let office = Office::open();
    for (today, allowed) in [(date!(2026 - 02 - 26), true), (date!(2026 - 02 - 27), false)] {
        let mut case = released();
        let terms = office.assign(&mut case, date!(2026 - 02 - 12));
        assert_eq!(terms[1].eff, date!(2026 - 02 - 26));
        let result = case.object(1, &office.law(today));
        if allowed {
            assert_eq!(result.unwrap().clock, ClockCode::K22);
        } else {
            assert_eq!(
                result.unwrap_err(),
                Denied::ObjectionTooLate {
                    last_day: date!(2026 - 02 - 26)
                }
            );
            assert_eq!(case.state, CaseState::Assigned, "a refused act changes nothing");
        }
    }
}

#[test]
fn a_refused_objection_leaves_the_notice_date_and_cannot_be_repeated() {
    let office = Office::open();
    let mut case = released();
    office.assign(&mut case, date!(2026 - 03 - 04));
    case.object(1, &office.law(date!(2026 - 03 - 05))).unwrap();
    assert_eq!(
        case.decide_objection(1, false, &office.law(date!(2026 - 03 - 06))),
        Ok(None)
    );
    assert_eq!(case.terms.get(ClockCode::K2).unwrap().eff, date!(2026 - 03 - 19));
    assert_eq!(
        case.object(1, &office.law(date!(2026 - 03 - 06))),
        Err(Denied::ObjectionUsed)
    );
}

#[test]
fn an_upheld_objection_sends_the_case_back_to_the_office() {
    let office = Office::open();
    let mut case = released();
    office.assign(&mut case, date!(2026 - 03 - 04));
    case.object(1, &office.law(date!(2026 - 03 - 05))).unwrap();
    let k1b = case
        .decide_objection(1, true, &office.law(date!(2026 - 03 - 06)))
        .unwrap()
        .unwrap();
    assert_eq!(k1b.eff, date!(2026 - 03 - 11));
    assert_eq!(
        case.gate(1, Act::Assign),
        Err(Denied::NotYetHere),
        "until the office releases it again"
    );
    let triage = case.triage.clone().unwrap();
    case.release(Purpose::Appeal, triage, Some(LEADER));
    office.assign(&mut case, date!(2026 - 03 - 09));
    assert_eq!(case.round, 2);
    assert!(
        case.object(1, &office.law(date!(2026 - 03 - 10))).is_ok(),
        "a new round has its own objection"
    );
}

#[test]
fn a_late_acceptance_counts_from_the_end_of_the_notice_period() {
    let office = Office::open();
    let mut case = released();
    office.assign(&mut case, date!(2026 - 03 - 04));
    let k4 = case
        .accept(1, &office.law(date!(2026 - 04 - 01)))
        .unwrap()
        .unwrap();
    assert_eq!(k4.start, date!(2026 - 03 - 19));
}

#[test]
fn an_extension_is_possible_once_and_up_to_the_effective_end() {
    let office = Office::open();
    let mut case = released();
    office.assign(&mut case, date!(2025 - 12 - 12));
    case.accept(1, &office.law(date!(2025 - 12 - 19))).unwrap();
    case.name_investigators(1, &investigators()).unwrap();
    let late = case.extend(1, 10, &office.law(date!(2026 - 02 - 25)));
    assert_eq!(
        late,
        Err(Denied::ExtensionTooLate {
            last_day: date!(2026 - 02 - 24)
        })
    );
    let k5 = case.extend(1, 10, &office.law(date!(2026 - 02 - 24))).unwrap();
    assert_eq!((k5.start, k5.raw), (date!(2026 - 02 - 17), date!(2026 - 02 - 27)));
    assert_eq!(
        case.extend(1, 5, &office.law(date!(2026 - 02 - 24))),
        Err(Denied::ExtensionUsed)
    );
}

#[test]
fn the_unit_proceeds_when_the_leader_is_silent_for_five_working_days() {
    let office = Office::open();
    let mut case = released();
    office.assign(&mut case, date!(2026 - 03 - 04));
    case.accept(1, &office.law(date!(2026 - 03 - 06))).unwrap();
    case.name_investigators(1, &investigators()).unwrap();
    case.submit_report(1, datetime!(2026-04-10 10:00 +8)).unwrap();
    let early = case.issue_opinion(1, "qian", Outcome::Explain, &office.law(date!(2026 - 04 - 17)));
    assert_eq!(
        early,
        Err(Denied::ReportNotRead {
            until: date!(2026 - 04 - 17)
        })
    );
    let own = case.issue_opinion(1, "zhao", Outcome::Explain, &office.law(date!(2026 - 04 - 20)));
    assert_eq!(own, Err(Denied::SeparationOfDuties));
    assert!(
        case.issue_opinion(1, "qian", Outcome::Explain, &office.law(date!(2026 - 04 - 20)))
            .is_ok()
    );
}

#[test]
fn the_portfolio_or_the_instruction_not_followed_needs_a_reason() {
    let mut office = Office::open();
    office.leader.portfolio = vec!["04".to_owned()];
    let today = date!(2026 - 03 - 04);
    let mut case = released();
    let mut entered = Assignment {
        lead_unit: OTHER_UNIT,
        ..assignment(today)
    };
    let denied = case
        .assign(1, &entered, office.masters(), &office.law(today))
        .unwrap_err();
    let Denied::Fields(wrong) = denied else {
        panic!("{denied:?}")
    };
    assert_eq!(wrong.names(), ["portfolio_reason", "lead_unit_reason"]);
    entered.portfolio_reason = Some("接访领导首接负责".to_owned());
    entered.lead_unit_reason = Some("职责已划转".to_owned());
    assert!(
        case.assign(1, &entered, office.masters(), &office.law(today))
            .is_ok()
    );
}

#[test]
fn a_leader_received_case_waits_for_the_instruction() {
    let office = Office::open();
    let today = date!(2026 - 03 - 04);
    let masters = Masters {
        instruction: None,
        ..office.masters()
    };
    let denied = released().assign(1, &assignment(today), masters, &office.law(today));
    assert_eq!(denied.unwrap_err(), Denied::NotYetHere);
}

#[test]
fn hold_and_version_come_before_the_state() {
    let mut case = released();
    case.hold = Hold::Awaited;
    assert_eq!(case.gate(7, Act::Assign), Err(Denied::NotYetHere));
    case.hold = Hold::Passed;
    assert_eq!(case.gate(7, Act::Assign), Err(Denied::WrongHolder));
    case.hold = Hold::Here;
    assert_eq!(case.gate(7, Act::IssueOpinion), Err(Denied::StaleVersion));
    let wrong = Denied::WrongState {
        state: CaseState::Registered,
        act: Act::IssueOpinion,
    };
    assert_eq!(case.gate(1, Act::IssueOpinion), Err(wrong));
}

#[test]
fn what_the_leader_sends_back_is_taken_up_again() {
    let mut case = released();
    case.state = CaseState::ClosureReported;
    case.hold = Hold::Passed;
    case.take_back_sent_back(Some(date!(2026 - 05 - 13))).unwrap();
    assert_eq!(
        (case.state, case.hold, case.due_on),
        (CaseState::Rework, Hold::Here, Some(date!(2026 - 05 - 13)))
    );
    assert_eq!(case.start_rework(1, false), Err(Denied::NotSupportedOutcome));
    case.start_rework(1, true).unwrap();
    assert_eq!(case.state, CaseState::Investigating);
}

/// Tries an act with everything a person could enter right; the guards decide.
fn attempt(case: &mut Case, act: Act, office: &Office, outcome: Outcome) -> Result<(), Denied> {
    let today = date!(2026 - 03 - 10);
    let law = office.law(today);
    let plan = Execution {
        plan: "整改".to_owned(),
        plan_due: today,
        reply_exempt_reason: None,
    };
    match act {
        Act::Assign => case
            .assign(1, &assignment(today), office.masters(), &law)
            .map(drop),
        Act::IssueAcceptance => case.accept(1, &law).map(drop),
        Act::RaiseObjection => case.object(1, &law).map(drop),
        Act::UpholdObjection => case.decide_objection(1, true, &law).map(drop),
        Act::RefuseObjection => case.decide_objection(1, false, &law).map(drop),
        Act::NameInvestigators => case.name_investigators(1, &investigators()),
        Act::SubmitReport => case.submit_report(1, datetime!(2026-03-10 10:00 +8)),
        Act::ReadReport => case.read_report(1, datetime!(2026-03-10 11:00 +8)),
        Act::ReturnReport => case.return_report(1),
        Act::IssueOpinion => case.issue_opinion(1, "qian", outcome, &law).map(drop),
        Act::ServeOpinion => case.serve_opinion(1, today, &law).map(drop),
        Act::Extend => case.extend(1, 5, &law).map(drop),
        Act::StartExecution => case.start_execution(1, &plan, &law).map(drop),
        Act::CloseExplained | Act::CloseExecuted => case.close(1, false, &law).map(drop),
        Act::ReturnToInvestigation | Act::ReturnToExecution => case.take_back_returned(),
        Act::SendBack => case.take_back_sent_back(None),
        Act::ReworkInvestigation => case.start_rework(1, true),
        Act::ReworkExecution => case.start_rework(1, false),
        Act::ApproveUnit | Act::DraftAcceptance | Act::DraftOpinion => case.gate(1, act).map(drop),
    }
}

/// Closing is one call for both lines, and so is taking back what was returned.
fn along_the_table(before: CaseState, now: CaseState, act: Act) -> bool {
    let twins: &[Act] = match act {
        Act::CloseExplained | Act::CloseExecuted => &[Act::CloseExplained, Act::CloseExecuted],
        Act::ReturnToInvestigation | Act::ReturnToExecution => {
            &[Act::ReturnToInvestigation, Act::ReturnToExecution]
        }
        _ => std::slice::from_ref(&act),
    };
    twins.iter().any(|twin| after(before, *twin) == Ok(now))
}

proptest! {
    #[test]
    fn no_order_of_acts_leaves_the_table(
        acts in prop::collection::vec((prop::sample::select(ACTS), any::<bool>()), 1..200),
    ) {
        let office = Office::open();
        let mut case = released();
        let triage = case.triage.clone().unwrap();
        for (act, support) in acts {
            let before = case.clone();
            let outcome = if support { Outcome::Support } else { Outcome::NotSupport };
            if attempt(&mut case, act, &office, outcome).is_ok() {
                prop_assert!(along_the_table(before.state, case.state, act), "{act:?} {:?}", before.state);
            } else {
                prop_assert_eq!(&before, &case, "a refused act changes nothing");
            }
            if case.state == CaseState::ClosureReported {
                prop_assert_eq!(case.hold, Hold::Passed);
                prop_assert!(case.opinion.is_some_and(|opinion| opinion.replied()), "closed without a reply");
            }
            if case.state == CaseState::Executing {
                prop_assert!(case.supported());
            }
            if case.hold == Hold::Here {
                prop_assert!(!possible(case.state).is_empty());
            }
            if case.hold == Hold::Awaited {
                case.release(Purpose::Appeal, triage.clone(), Some(LEADER));
            }
        }
    }
}
