use time::macros::{date, datetime};
use xinqiao_chassis::identity::Role;
use xinqiao_proto::event;
use xinqiao_proto::intake::{PetitionerInput, PetitionerKind, PreferredChannel};

use super::*;
use crate::domain::codes::ReceiptWay;

const NOW: OffsetDateTime = datetime!(2026-05-20 09:12 +8);

fn input() -> SubmissionInput {
    SubmissionInput {
        petitioners: vec![PetitionerInput {
            kind: PetitionerKind::Person.into(),
            name: "测试丁".to_owned(),
            preferred_channel: PreferredChannel::Sms.into(),
            ..PetitionerInput::default()
        }],
        visit_count: 1,
        affected_count: 1,
        title: "拖欠工资问题".to_owned(),
        content: "工程完工半年仍未结清工资".to_owned(),
        requests: vec!["责成施工单位结清工资".to_owned()],
        purpose: event::Purpose::Appeal.into(),
        oral_readback: true,
        ..SubmissionInput::default()
    }
}

fn a_call(number: &str) -> RegisterCallRequest {
    RegisterCallRequest {
        request_id: uuid::Uuid::nil().to_string(),
        submission: Some(input()),
        recording_told: true,
        caller_number: number.to_owned(),
        ..RegisterCallRequest::default()
    }
}

fn account(name: &str) -> Caller {
    Caller {
        person_id: "account-7".to_owned(),
        roles: vec![Role::Pet],
        district: "220502".parse().unwrap(),
        unit_id: None,
        leader_id: None,
        portfolio: Vec::new(),
        towns: Vec::new(),
        case_id: None,
        name: name.to_owned(),
    }
}

fn reasons(refused: Result<Submission, Refusal>) -> Vec<(String, &'static str)> {
    let refusal = refused.unwrap_err();
    let found = refusal.violations().iter();
    found.map(|wrong| (wrong.field.clone(), wrong.reason)).collect()
}

#[test]
fn the_number_of_a_call_is_kept_as_a_contact_and_gets_the_receipt() {
    let said = call(&a_call("+86 199-0000-0004"), NOW).unwrap();
    assert!(said.oral, "a call is always said");
    let identity = &said.petitioners[0].identity;
    assert_eq!(identity.caller_number.as_deref(), Some("19900000004"));
    assert_eq!(identity.telephone().map(String::as_str), Some("19900000004"));
    assert_eq!(said.receipt_way(), ReceiptWay::Sms);
    let said = call(&a_call("0435-3210000"), NOW).unwrap();
    assert_eq!(said.receipt_way(), ReceiptWay::ReadOut);
}

#[test]
fn a_number_is_asked_for_unless_nobody_can_or_must_tell_it() {
    assert_eq!(
        reasons(call(&a_call(""), NOW)),
        [("caller_number".to_owned(), "REQUIRED")]
    );
    let mut withheld = a_call("");
    withheld.number_withheld = true;
    call(&withheld, NOW).unwrap();
    withheld.caller_number = "19900000004".to_owned();
    assert_eq!(
        reasons(call(&withheld, NOW)),
        [("caller_number".to_owned(), "OUT_OF_ORDER")]
    );
    let mut anonymous = a_call("");
    let said = anonymous.submission.as_mut().unwrap();
    (said.anonymous, said.petitioners) = (true, Vec::new());
    call(&anonymous, NOW).unwrap();
}

#[test]
fn over_the_network_one_petitions_for_oneself_or_gives_no_name() {
    let request = RegisterOnlineRequest {
        request_id: uuid::Uuid::nil().to_string(),
        submission: Some(input()),
    };
    let accepted = online(&request, &account("测试丁"), NOW).unwrap();
    assert_eq!(accepted.received_at, NOW);
    assert_eq!(accepted.receipt_way(), ReceiptWay::OnScreen);
    assert_eq!(
        reasons(online(&request, &account("测试戊"), NOW)),
        [("submission.petitioners".to_owned(), "NOT_ONESELF")]
    );
    let of_one_case = Caller {
        case_id: Some(uuid::Uuid::nil()),
        ..account("测试丁")
    };
    for nobody in [account(""), of_one_case] {
        assert_eq!(
            reasons(online(&request, &nobody, NOW)),
            [("submission.anonymous".to_owned(), "IDENTITY_NOT_CHECKED")]
        );
        let mut anonymous = request.clone();
        let said = anonymous.submission.as_mut().unwrap();
        (said.anonymous, said.petitioners) = (true, Vec::new());
        online(&anonymous, &nobody, NOW).unwrap();
    }
}

#[test]
fn what_comes_from_above_has_its_days_in_order() {
    let request = RegisterForwardedRequest {
        request_id: uuid::Uuid::nil().to_string(),
        submission: Some(input()),
        source_level: event::SourceLevel::Province.into(),
        sender_org: "省信访局".to_owned(),
        sender_number: "吉信转〔2026〕12号".to_owned(),
        sender_on: "2026-05-18".to_owned(),
        received_on: "2026-05-20".to_owned(),
        sender_due: "2026-07-10".to_owned(),
        scan_reference: "2026-转-0001".to_owned(),
        ..RegisterForwardedRequest::default()
    };
    let from = forwarded(&request, NOW).unwrap();
    assert_eq!(from.receipt_way(), ReceiptWay::Kept);
    let from = from.forwarded().unwrap();
    assert_eq!(
        (from.level(), from.sender_due),
        (SourceLevel::Province, Some(date!(2026 - 07 - 10)))
    );
    let mixed = RegisterForwardedRequest {
        sender_on: "2026-05-21".to_owned(),
        sender_due: "2026-05-19".to_owned(),
        ..request
    };
    let wrong = [("sender_due", "OUT_OF_ORDER"), ("sender_on", "OUT_OF_ORDER")];
    assert_eq!(
        reasons(forwarded(&mixed, NOW)),
        wrong.map(|(field, reason)| (field.to_owned(), reason))
    );
}

#[test]
fn a_home_is_visited_with_consent_and_by_two() {
    let request = RegisterOutsideVisitRequest {
        request_id: uuid::Uuid::nil().to_string(),
        submission: Some(input()),
        visited_at: Some(xinqiao_chassis::document::timestamp(NOW)),
        outside_form: xinqiao_proto::intake::OutsideForm::Home.into(),
        visit_place: "金厂镇测试小区3号楼2单元501室".to_owned(),
        staff: vec!["李登记".to_owned()],
        consent_home_visit: false,
    };
    assert_eq!(
        reasons(outside_visit(&request, NOW)),
        [
            ("staff".to_owned(), "TOO_FEW"),
            ("consent_home_visit".to_owned(), "NOT_CONSENTED")
        ]
    );
    let hearing = RegisterOutsideVisitRequest {
        outside_form: xinqiao_proto::intake::OutsideForm::PhoneHearing.into(),
        consent_home_visit: true,
        ..request
    };
    assert_eq!(
        reasons(outside_visit(&hearing, NOW)),
        [
            ("visit_place".to_owned(), "NOT_OF_THIS_FORM"),
            ("consent_home_visit".to_owned(), "NOT_OF_THIS_FORM")
        ]
    );
}
