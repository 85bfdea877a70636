//! The catalogue of forms is complete, labelled, and free of what must not be asked.

use super::*;
use crate::archive_item::ArchiveItem;
use crate::form::Label;

/// Every label of every form, those of parts and values included.
fn every_label() -> Vec<&'static Label> {
    fn collect(labels: &'static [Label], into: &mut Vec<&'static Label>) {
        for label in labels {
            into.push(label);
            collect(label.inner, into);
        }
    }
    let mut labels = Vec::new();
    for form in &ALL {
        collect(form.labels, &mut labels);
    }
    labels
}

#[test]
fn every_form_has_its_own_code_and_title() {
    for form in &ALL {
        assert_eq!(
            ALL.iter().filter(|other| other.code == form.code).count(),
            1,
            "{}",
            form.code
        );
        assert_eq!(
            ALL.iter().filter(|other| other.title_zh == form.title_zh).count(),
            1,
            "{}",
            form.title_zh
        );
        assert_eq!(by_code(form.code), Some(form));
        assert!(!form.title_en.is_empty());
    }
    assert_eq!(by_code("D99"), None);
}

#[test]
fn the_forms_of_the_main_journey_are_all_there() {
    for code in [
        "D01", "D02", "D03", "D04", "D05", "D06", "D07", "D08", "D09", "D10", "D11", "D12", "D14", "D15",
        "D16", "D17", "D27", "D29", "D30",
    ] {
        assert!(by_code(code).is_some(), "{code}");
    }
}

#[test]
fn every_item_that_a_leader_received_matter_needs_has_a_form() {
    let process_log = [ArchiveItem::ProcessLog];
    let optional = [
        ArchiveItem::Mandate,
        ArchiveItem::FollowUp,
        ArchiveItem::Supervision,
        ArchiveItem::Review,
        ArchiveItem::Ratings,
    ];
    for item in ArchiveItem::ALL {
        let has_form = ALL.iter().any(|form| form.archive_item == item);
        assert_ne!(
            has_form,
            optional.contains(&item) || process_log.contains(&item),
            "{item}"
        );
    }
}

#[test]
fn every_field_has_a_chinese_label() {
    for label in every_label() {
        assert!(
            label
                .zh
                .chars()
                .any(|letter| ('\u{4E00}'..='\u{9FFF}').contains(&letter)),
            "{}",
            label.key
        );
    }
}

#[test]
fn within_a_form_no_label_is_used_twice() {
    for form in &ALL {
        for label in form.labels {
            let used = form.labels.iter().filter(|other| other.zh == label.zh).count();
            assert_eq!(used, 1, "{} {}", form.code, label.zh);
        }
    }
}

#[test]
fn no_field_asks_for_a_promise_a_mark_on_a_person_or_a_place_somebody_is_at() {
    const FORBIDDEN_KEYS: [&str; 14] = [
        "waiver",
        "promise",
        "consent_closed",
        "risk",
        "score",
        "blacklist",
        "watch",
        "track",
        "location",
        "travel",
        "ethnic",
        "religion",
        "party",
        "monitor",
    ];
    const FORBIDDEN_WORDS: [&str; 14] = [
        "息诉",
        "罢访",
        "息访",
        "承诺",
        "重点人员",
        "缠访",
        "老户",
        "风险",
        "稳控",
        "黑名单",
        "看护",
        "盯守",
        "劝返",
        "民族",
    ];
    for label in every_label() {
        for word in FORBIDDEN_KEYS {
            assert!(!label.key.contains(word), "{}", label.key);
        }
        for word in FORBIDDEN_WORDS {
            assert!(!label.zh.contains(word), "{}", label.zh);
        }
    }
}
