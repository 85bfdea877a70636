use time::macros::{date, datetime};

use super::*;

fn witness(name: &str, staff: bool) -> Witness {
    Witness {
        name: name.to_owned(),
        staff,
    }
}

fn refusal(witnesses: Vec<Witness>) -> Refused {
    Refused {
        reason: "不说明理由".to_owned(),
        witnesses,
    }
}

fn attempt(at: OffsetDateTime, method: Method) -> Attempt {
    Attempt {
        at,
        method,
        by: "李登记".to_owned(),
        result: "无人接听".to_owned(),
    }
}

const SINCE: Date = date!(2026 - 06 - 09);
const NOW: OffsetDateTime = datetime!(2026-06-15 10:00 +8);

#[test]
fn identity_is_checked_and_the_form_is_read_to_who_cannot_read() {
    let cannot_read = SigningCircumstances {
        identity_checked: true,
        needs_reading_aloud: true,
    };
    assert_eq!(cannot_read.faults(" "), [OpinionFault::ReaderMissing]);
    assert_eq!(cannot_read.faults("何登记"), []);
    let unchecked = SigningCircumstances {
        identity_checked: false,
        needs_reading_aloud: false,
    };
    assert_eq!(unchecked.faults(""), [OpinionFault::IdentityNotChecked]);
}

#[test]
fn one_member_of_staff_alone_does_not_record_a_refusal() {
    assert_eq!(
        refusal(vec![witness("李登记", true)]).faults(true),
        [OpinionFault::TooFewWitnesses]
    );
}

#[test]
fn two_staff_or_one_and_an_independent_person_do() {
    assert_eq!(
        refusal(vec![witness("李登记", true), witness("何登记", true)]).faults(true),
        []
    );
    assert_eq!(
        refusal(vec![witness("李登记", true), witness("邻居甲", false)]).faults(true),
        []
    );
}

#[test]
fn two_independent_persons_do_not() {
    let refused = refusal(vec![witness("邻居甲", false), witness("邻居乙", false)]);
    assert_eq!(refused.faults(true), [OpinionFault::TooFewWitnesses]);
}

#[test]
fn a_witness_named_twice_counts_once() {
    let refused = refusal(vec![witness("李登记", true), witness("李登记", true)]);
    assert_eq!(
        refused.faults(true),
        [OpinionFault::WitnessTwice(1), OpinionFault::TooFewWitnesses]
    );
}

#[test]
fn he_must_hear_that_refusing_has_no_adverse_effect() {
    let refused = refusal(vec![witness("李登记", true), witness("何登记", true)]);
    assert_eq!(refused.faults(false), [OpinionFault::NoAdverseEffectNotTold]);
}

#[test]
fn three_days_two_methods_and_a_registered_letter_make_him_unreachable() {
    let record = Unreachable {
        attempts: vec![
            attempt(datetime!(2026-06-09 15:00 +8), Method::Phone),
            attempt(datetime!(2026-06-10 09:00 +8), Method::RegisteredLetter),
            attempt(datetime!(2026-06-12 09:00 +8), Method::Phone),
        ],
    };
    assert_eq!(record.faults(SINCE, NOW), []);
}

#[test]
fn everything_an_attempt_log_lacks_is_named_at_once() {
    let record = Unreachable {
        attempts: vec![
            attempt(datetime!(2026-06-08 15:00 +8), Method::Phone),
            attempt(datetime!(2026-06-08 23:59 +8), Method::Phone),
        ],
    };
    let faults = record.faults(SINCE, NOW);
    for fault in [
        OpinionFault::AttemptTooEarly(0),
        OpinionFault::TwoOnOneDay(1),
        OpinionFault::TooFewAttempts(2),
        OpinionFault::TooFewMethods,
        OpinionFault::NoRegisteredLetter,
    ] {
        assert!(faults.contains(&fault), "{fault:?} is missing in {faults:?}");
    }
}

#[test]
fn an_attempt_in_the_future_is_none() {
    let late = attempt(datetime!(2026-06-15 10:01 +8), Method::Phone);
    let record = Unreachable { attempts: vec![late] };
    assert!(
        record
            .faults(SINCE, NOW)
            .contains(&OpinionFault::AttemptInFuture(0))
    );
}

#[test]
fn only_signed_and_satisfied_spares_the_leader_a_comment() {
    assert!(Outcome::Signed(Attitude::Satisfied).needs_no_comment());
    for outcome in [
        Outcome::Signed(Attitude::Basically),
        Outcome::Signed(Attitude::Dissatisfied),
        Outcome::Signed(Attitude::NoComment),
        Outcome::Refused,
        Outcome::Unreachable,
    ] {
        assert!(!outcome.needs_no_comment(), "{outcome:?}");
    }
}

#[test]
fn one_satisfied_representative_does_not_hide_a_dissatisfied_one() {
    let outcomes = [
        Outcome::Signed(Attitude::Satisfied),
        Outcome::Signed(Attitude::Dissatisfied),
        Outcome::Refused,
    ];
    assert_eq!(
        Outcome::gravest(outcomes),
        Some(Outcome::Signed(Attitude::Dissatisfied))
    );
    assert_eq!(Outcome::gravest([]), None);
}

#[test]
fn codes_read_back() {
    for outcome in [
        Outcome::Signed(Attitude::Basically),
        Outcome::Refused,
        Outcome::Unreachable,
    ] {
        let attitude = outcome.attitude().map(Attitude::code);
        assert_eq!(Outcome::from_codes(outcome.code(), attitude), Some(outcome));
    }
    assert_eq!(Outcome::from_codes("SIGNED", None), None);
}
