use time::macros::{date, datetime};
use xinqiao_proto::event;
use xinqiao_proto::intake::{IdType, PetitionerInput, PetitionerKind, PreferredChannel};

use super::*;

const NOW: OffsetDateTime = datetime!(2026-03-03 09:12 +8);

fn person(name: &str) -> PetitionerInput {
    PetitionerInput {
        kind: PetitionerKind::Person.into(),
        name: name.to_owned(),
        id_type: IdType::ResidentId.into(),
        id_no: "11010519491231002x".to_owned(),
        mobile: "+86 199-0000-0001".to_owned(),
        preferred_channel: PreferredChannel::Person.into(),
        ..PetitionerInput::default()
    }
}

fn input() -> SubmissionInput {
    SubmissionInput {
        petitioners: vec![person("测试甲")],
        visit_count: 1,
        affected_count: 3,
        title: "房屋质量问题".to_owned(),
        content: "楼板渗水,多次报修无人处理".to_owned(),
        requests: vec!["修复楼板渗水".to_owned()],
        purpose: event::Purpose::Appeal.into(),
        oral: true,
        oral_readback: true,
        ..SubmissionInput::default()
    }
}

fn a_visit(input: SubmissionInput) -> RegisterVisitRequest {
    RegisterVisitRequest {
        request_id: Uuid::nil().to_string(),
        submission: Some(input),
        ..RegisterVisitRequest::default()
    }
}

fn a_letter(postmark: &str, received: &str) -> RegisterLetterRequest {
    RegisterLetterRequest {
        request_id: Uuid::nil().to_string(),
        submission: Some(input()),
        postmark_on: postmark.to_owned(),
        received_on: received.to_owned(),
        scan_reference: "2026-信-0001".to_owned(),
        ..RegisterLetterRequest::default()
    }
}

fn wrong(request: &RegisterVisitRequest) -> Vec<(String, &'static str)> {
    let refusal = visit(request, NOW).unwrap_err();
    refusal
        .violations()
        .iter()
        .map(|violation| (violation.field.clone(), violation.reason))
        .collect()
}

fn has(found: &[(String, &'static str)], field: &str, reason: &str) -> bool {
    found.iter().any(|(at, why)| at == field && *why == reason)
}

#[test]
fn a_complete_visit_is_normalised() {
    let submission = visit(&a_visit(input()), NOW).unwrap();
    let identity = &submission.petitioners[0].identity;
    assert_eq!(identity.id_no.as_deref(), Some("11010519491231002X"));
    assert_eq!(identity.mobile.as_deref(), Some("19900000001"));
    assert_eq!(submission.received_at, NOW);
    assert!(!submission.sealed());
}

#[test]
fn every_wrong_field_is_named_at_once() {
    let mut bad = input();
    bad.petitioners[0].id_no = "220502189001010011".to_owned();
    bad.petitioners[0].mobile = "12345".to_owned();
    bad.petitioners[0].kind = 77;
    bad.title = String::new();
    bad.content = "<b>短</b>".to_owned();
    bad.requests = vec!["短".to_owned()];
    bad.purpose = 42;
    bad.affected_count = 0;
    bad.oral_readback = false;
    let mut request = a_visit(bad);
    request.request_id = "1".to_owned();
    request.reception_day_id = "x".to_owned();
    request.received_at = Some(xinqiao_chassis::document::timestamp(
        datetime!(2026-03-04 09:12 +8),
    ));
    let found = wrong(&request);
    for (field, reason) in [
        ("request_id", "NOT_A_UUID"),
        ("reception_day_id", "NOT_A_UUID"),
        ("received_at", "IN_FUTURE"),
        ("submission.title", "REQUIRED"),
        ("submission.content", "MARKUP"),
        ("submission.requests[0]", "TOO_SHORT"),
        ("submission.purpose", "UNKNOWN_VALUE"),
        ("submission.affected_count", "TOO_FEW"),
        ("submission.oral_readback", "NOT_READ_BACK"),
        ("submission.petitioners[0].kind", "UNKNOWN_VALUE"),
    ] {
        assert!(has(&found, field, reason), "{field} {reason}: {found:?}");
    }
    assert!(
        found
            .iter()
            .any(|(at, _)| at == "submission.petitioners[0].id_no")
    );
    assert!(
        found
            .iter()
            .any(|(at, _)| at == "submission.petitioners[0].mobile")
    );
}

#[test]
fn a_petitioner_may_refuse_to_show_a_paper() {
    let mut without = input();
    without.petitioners[0].id_type = 0;
    without.petitioners[0].id_no = String::new();
    without.petitioners[0].mobile = String::new();
    assert!(visit(&a_visit(without), NOW).is_ok());
}

#[test]
fn an_anonymous_petition_names_nobody_and_is_registered() {
    let anonymous = SubmissionInput {
        anonymous: true,
        petitioners: Vec::new(),
        ..input()
    };
    assert!(visit(&a_visit(anonymous), NOW).is_ok());
    let contradictory = SubmissionInput {
        anonymous: true,
        ..input()
    };
    assert!(has(
        &wrong(&a_visit(contradictory)),
        "submission.anonymous",
        "OUT_OF_ORDER"
    ));
    let nobody = SubmissionInput {
        petitioners: Vec::new(),
        ..input()
    };
    assert!(has(
        &wrong(&a_visit(nobody)),
        "submission.petitioners",
        "REQUIRED"
    ));
}

#[test]
fn a_visit_elects_five_and_a_letter_as_many_as_signed() {
    let eight = |elected: usize| {
        let petitioners = (0..8).map(|n| PetitionerInput {
            representative: n < elected,
            ..person("村民某")
        });
        SubmissionInput {
            petitioners: petitioners.collect(),
            visit_count: 8,
            affected_count: 8,
            joint: true,
            ..input()
        }
    };
    assert!(has(
        &wrong(&a_visit(eight(6))),
        "submission.petitioners",
        "TOO_MANY_REPRESENTATIVES"
    ));
    assert_eq!(visit(&a_visit(eight(5)), NOW).unwrap().petitioners.len(), 8);
    assert!(has(
        &wrong(&a_visit(eight(0))),
        "submission.petitioners",
        "NO_REPRESENTATIVE"
    ));
    let nameless = SubmissionInput {
        anonymous: true,
        petitioners: Vec::new(),
        ..eight(0)
    };
    assert!(
        visit(&a_visit(nameless), NOW).is_ok(),
        "whoever gives no name elects nobody"
    );
    let mut letter_of_eight = a_letter("2026-02-01", "2026-02-03");
    letter_of_eight.submission = Some(eight(8));
    assert!(letter(&letter_of_eight, NOW).is_ok());
}

#[test]
fn two_hundred_bad_petitioners_are_told_in_few_headers() {
    let bad = PetitionerInput {
        kind: 77,
        name: "<b>".to_owned(),
        mobile: "12345".to_owned(),
        addr_code: "x".to_owned(),
        ..person("")
    };
    let refusal = visit(
        &a_visit(SubmissionInput {
            petitioners: vec![bad; 200],
            ..input()
        }),
        NOW,
    )
    .unwrap_err();
    assert!(refusal.violations().len() > 800);
    let headers = tonic::Status::from(refusal).into_http::<()>().headers().clone();
    let weight: usize = headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + 32)
        .sum();
    assert!(weight < 8 * 1024, "{weight}");
}

#[test]
fn a_year_nobody_reckons_with_is_a_wrong_field() {
    for day in ["-9999-01-01", "9999-12-31"] {
        let refusal = letter(&a_letter(day, day), NOW).unwrap_err();
        let found: Vec<_> = refusal
            .violations()
            .iter()
            .map(|one| (one.field.as_str(), one.reason))
            .collect();
        assert_eq!(
            found,
            [("postmark_on", "NOT_A_DATE"), ("received_on", "NOT_A_DATE")]
        );
    }
    let mut request = a_visit(input());
    request.received_at = Some(prost_types::Timestamp {
        seconds: 253_402_271_999,
        nanos: 0,
    });
    assert!(has(&wrong(&request), "received_at", "NOT_AN_INSTANT"));
}

#[test]
fn lengths_are_counted_in_characters() {
    let long = SubmissionInput {
        content: "房".repeat(4_000),
        ..input()
    };
    assert!(visit(&a_visit(long), NOW).is_ok());
    let too_long = SubmissionInput {
        content: "房".repeat(4_001),
        title: "题".repeat(101),
        ..input()
    };
    let found = wrong(&a_visit(too_long));
    assert!(has(&found, "submission.content", "TOO_LONG") && has(&found, "submission.title", "TOO_LONG"));
}

#[test]
fn a_letter_counts_from_its_day_of_receipt() {
    let submission = letter(&a_letter("2026-02-01", "2026-02-03"), NOW).unwrap();
    assert_eq!(local::local_date(submission.received_at), date!(2026 - 02 - 03));
    assert_eq!(submission.postmark_on, Some(date!(2026 - 02 - 01)));
    let late = letter(&a_letter("2026-02-04", "2026-02-03"), NOW).unwrap_err();
    assert_eq!(late.violations()[0].reason, "OUT_OF_ORDER");
    let future = letter(&a_letter("2026-02-04", "2026-03-04"), NOW).unwrap_err();
    assert_eq!(future.violations()[0].reason, "IN_FUTURE");
    let empty = RegisterLetterRequest {
        scan_reference: String::new(),
        ..a_letter("gestern", "")
    };
    let fields: Vec<_> = letter(&empty, NOW)
        .unwrap_err()
        .violations()
        .iter()
        .map(|one| one.field.clone())
        .collect();
    assert_eq!(fields, ["postmark_on", "received_on", "scan_reference"]);
}
