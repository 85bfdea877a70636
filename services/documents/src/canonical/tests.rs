//! Bytes that never change, and what opens again.

use super::*;
use crate::forms::handling::{AcceptanceNotice, HandlingOpinion, Remedy, RequestOutcome};
use crate::part::{Issue, LegalBasis, Official, Outcome, Unit};
use crate::value::Moment;
use time::macros::datetime;

/// A text with everything that escaping could change.
const FACTS: &str = "经查：房屋外墙开裂，“渗水”属实。\n地址：金厂镇<3组>\t\\ 𠮷 &";

fn official(name: &str) -> Official {
    Official {
        id: "p-1".to_owned(),
        name: name.to_owned(),
        post: None,
    }
}

/// An opinion that supports one request.
pub(crate) fn opinion() -> HandlingOpinion {
    HandlingOpinion {
        case_no: "XF-220502-2026-2-000123-9".parse().unwrap(),
        round: 1,
        issue: Issue {
            document_no: "XF-220502-2026-2-000123-9/D12-1".to_owned(),
            issuer: "区住建局".to_owned(),
            signed_by: official("钱局长"),
            issued_at: Moment(datetime!(2026-04-20 10:00 +8)),
        },
        unit: Unit {
            id: "u-1".to_owned(),
            name: "区住建局".to_owned(),
        },
        facts: FACTS.to_owned(),
        outcomes: vec![RequestOutcome {
            request_no: 1,
            outcome: Outcome::Support,
            reasons: "质量问题属实".to_owned(),
            legal_basis: vec![LegalBasis {
                title: "建设工程质量管理条例".to_owned(),
                article: "第四十一条".to_owned(),
                text: "施工单位应当履行保修义务".to_owned(),
            }],
        }],
        execution_plan: Some("三十日内完成维修".to_owned()),
        remedy: Some(Remedy {
            clause: "自收到之日起30日内可以申请复查".to_owned(),
            organ: "东昌区人民政府".to_owned(),
            days: 30,
        }),
        drafted_by: official("赵承办"),
    }
}

#[test]
fn equal_documents_with_equal_salts_give_equal_bytes() {
    assert_eq!(canonical(&opinion(), &[1; 32]), canonical(&opinion(), &[1; 32]));
    assert_ne!(canonical(&opinion(), &[1; 32]), canonical(&opinion(), &[2; 32]));
}

#[test]
fn the_bytes_are_in_the_order_of_the_form_and_chinese_is_not_escaped() {
    let text = String::from_utf8(canonical(&opinion(), &[0xAB; 32])).unwrap();
    let salt = "ab".repeat(32);
    let head = format!(
        r#"{{"form":"D12","title":"信访处理意见书","salt":"{salt}","content":{{"case_no":"XF-220502-2026-2-000123-9","round":1,"issue":{{"document_no":"#
    );
    assert!(text.starts_with(&head), "{text}");
    assert!(text.contains(r#""issued_at":"2026-04-20T10:00:00+08:00""#));
    assert!(text.contains(r"经查：房屋外墙开裂，“渗水”属实。\n地址：金厂镇<3组>\t\\ 𠮷 &"));
}

#[test]
fn a_document_opens_to_the_very_texts_that_were_entered() {
    let opened = open(&canonical(&opinion(), &[1; 32])).unwrap();
    assert_eq!(
        (opened.form.as_str(), opened.title.as_str()),
        ("D12", "信访处理意见书")
    );
    assert_eq!(opened.salt, "01".repeat(32));
    assert_eq!(opened.content["facts"], FACTS);
    assert!(opened.into_form::<HandlingOpinion>().unwrap() == opinion());
}

#[test]
fn a_document_does_not_open_as_another_form() {
    let opened = open(&canonical(&opinion(), &[1; 32])).unwrap();
    let fault = opened.into_form::<AcceptanceNotice>().unwrap_err();
    assert_eq!(fault, OpenError::OtherForm { expected: "D02" });
}

#[test]
fn other_bytes_are_no_document() {
    let good = String::from_utf8(canonical(&opinion(), &[1; 32])).unwrap();
    for bad in [
        String::new(),
        "{}".to_owned(),
        "[]".to_owned(),
        good[..good.len() - 1].to_owned(),
        good.replace(&"01".repeat(32), "01"),
        good.replacen(r#"{"form""#, r#"{"note":1,"form""#, 1),
        format!(
            r#"{{"form":"D12","title":"","salt":"{}","content":[]}}"#,
            "01".repeat(32)
        ),
    ] {
        assert_eq!(open(bad.as_bytes()), Err(OpenError::Shape), "{bad}");
    }
}

#[test]
fn a_field_that_the_form_does_not_have_is_refused() {
    let text = String::from_utf8(canonical(&opinion(), &[1; 32])).unwrap();
    let text = text.replacen(r#""round":1"#, r#""round":1,"waiver":"承诺息诉罢访""#, 1);
    let fault = open(text.as_bytes())
        .unwrap()
        .into_form::<HandlingOpinion>()
        .unwrap_err();
    assert_eq!(fault, OpenError::Content { form: "D12" });
}

#[test]
fn debug_shows_no_content() {
    assert_eq!(format!("{:?}", opinion()), "HandlingOpinion(…)");
    assert_eq!(
        format!("{:?}", open(&canonical(&opinion(), &[1; 32])).unwrap()),
        "Opened(D12)"
    );
}

#[test]
fn documents_are_numbered_by_case_and_form() {
    let case = "XF-220502-2026-2-000123-9".parse().unwrap();
    assert_eq!(
        document_number::<HandlingOpinion>(case, 2),
        "XF-220502-2026-2-000123-9/D12-2"
    );
}
