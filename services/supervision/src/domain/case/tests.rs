use xinqiao_kernel::{CaseState, Holder};

use super::*;
use crate::domain::opinion::Attitude;

fn case() -> Case {
    Case::registered(Uuid::nil(), "XF-220502-2026-2-000123-9".parse().unwrap())
}

fn after(triggers: &[Trigger]) -> Case {
    let mut case = case();
    for trigger in triggers {
        case.happen(*trigger);
    }
    case
}

#[test]
fn before_the_closure_report_the_case_is_not_yet_here() {
    assert_eq!(
        case().require(CaseState::ClosureReported),
        Err(Misplaced::NotYetHere)
    );
    let assigned = after(&[Trigger::Released, Trigger::Assigned]);
    assert_eq!(
        assigned.require(CaseState::ClosureReported),
        Err(Misplaced::NotYetHere)
    );
}

#[test]
fn a_signature_straight_after_the_closure_report_is_forbidden() {
    let reported = after(&[Trigger::Released, Trigger::Assigned, Trigger::ClosureReported]);
    assert_eq!(reported.require(CaseState::ClosureReported), Ok(()));
    assert_eq!(
        reported.require(CaseState::LeaderReview),
        Err(Misplaced::WrongState(CaseState::ClosureReported)),
        "C60 → C70 skips the petitioner"
    );
}

#[test]
fn what_was_given_away_is_held_by_another() {
    let sent_back = after(&[
        Trigger::ClosureReported,
        Trigger::CompletenessPassed,
        Trigger::OpinionRecorded,
        Trigger::SentBack,
    ]);
    assert_eq!(sent_back.state, CaseState::Rework);
    assert_eq!(
        sent_back.require(CaseState::LeaderReview),
        Err(Misplaced::WrongHolder(Holder::Assignment))
    );
    assert_eq!(sent_back.round(), 2);
    let closed = after(&[Trigger::ClosureReported, Trigger::Closed]);
    assert_eq!(
        closed.require(CaseState::LeaderReview),
        Err(Misplaced::WrongHolder(Holder::Archive))
    );
}

#[test]
fn a_returned_case_goes_back_to_where_its_work_is() {
    let mut supported = after(&[
        Trigger::Released,
        Trigger::OpinionIssued,
        Trigger::ClosureReported,
    ]);
    supported.outcome = Some("SUPPORT".to_owned());
    supported.happen(Trigger::Returned);
    assert_eq!(
        (supported.state, supported.holder),
        (CaseState::Executing, Holder::Assignment)
    );
    let explained = after(&[
        Trigger::OpinionIssued,
        Trigger::ClosureReported,
        Trigger::Returned,
    ]);
    assert_eq!(explained.state, CaseState::Investigating);
}

#[test]
fn only_a_diverted_refused_or_transferred_case_is_filed() {
    assert_eq!(after(&[Trigger::Diverted]).require_fileable(), Ok(()));
    assert_eq!(after(&[Trigger::NotAccepted]).require_fileable(), Ok(()));
    assert_eq!(after(&[Trigger::NoLongerAccepted]).require_fileable(), Ok(()));
    assert_eq!(after(&[Trigger::TransferredOut]).require_fileable(), Ok(()));
    assert_eq!(case().require_fileable(), Err(Misplaced::NotYetHere));
    let filed = after(&[Trigger::Diverted, Trigger::FiledForArchive]);
    assert_eq!(
        filed.require_fileable(),
        Err(Misplaced::WrongHolder(Holder::Archive))
    );
    assert_eq!(
        after(&[Trigger::Released]).require_fileable(),
        Err(Misplaced::WrongHolder(Holder::Assignment))
    );
}

#[test]
fn an_inspection_and_a_written_view_are_asked_for_where_they_are_needed() {
    let mut received = case();
    received.leader_received = true;
    let satisfied = [Outcome::Signed(Attitude::Satisfied)];
    assert_eq!(received.signature_faults(1, &satisfied, ""), []);
    assert_eq!(
        received.signature_faults(0, &satisfied, ""),
        [ReviewFault::InspectionMissing]
    );
    assert_eq!(
        received.signature_faults(1, &[Outcome::Refused], " "),
        [ReviewFault::CommentRequired]
    );
    assert_eq!(
        received.signature_faults(1, &[Outcome::Refused], "已当面说明"),
        []
    );
    assert_eq!(
        case().signature_faults(0, &satisfied, ""),
        [],
        "DEC-16: no inspection without a leader"
    );
    assert_eq!(
        received.signature_faults(1, &[], ""),
        [ReviewFault::CommentRequired],
        "a filed case has no opinion"
    );
}
