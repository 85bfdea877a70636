//! What the platform must not be able to hold (rule book §8.2): no contract, table, document or rule file has a field
//! for it, and no operation is named after it.

use std::collections::BTreeSet;
use std::path::Path;

use prost::Message as _;
use prost_types::{DescriptorProto, EnumDescriptorProto, FileDescriptorSet};

use super::{code_lines, root, rust_files};

/// Words of field names, with the prohibition they stand for. A name is looked at word by word; an entry of several
/// words is one where they follow each other.
const FORBIDDEN: &[(&str, &[&str])] = &[
    (
        "EG-01 tags and scores of persons",
        &[
            "score",
            "scoring",
            "risk",
            "rating_of",
            "key_person",
            "credit_score",
            "blacklist",
            "whitelist",
            "watchlist",
            "blocklist",
            "tag",
            "tags",
            "reputation",
            "trust",
            "credit",
            "danger",
            "threat",
            "stability",
            "troublemaker",
            "vexatious",
            "repeater",
        ],
    ),
    (
        "EG-02 movements and recordings",
        &[
            "latitude",
            "longitude",
            "gps",
            "geolocation",
            "trajectory",
            "whereabouts",
            "travel",
            "ticket",
            "train",
            "flight",
            "hotel",
            "vehicle",
            "plate",
            "camera",
            "face",
            "facial",
            "fingerprint_template",
            "voiceprint",
            "imei",
            "imsi",
            "wechat",
            "weibo",
            "social",
            "contacts_of",
        ],
    ),
    (
        "EG-03 guarding",
        &[
            "guard",
            "guarding",
            "monitor",
            "monitoring",
            "surveillance",
            "intercept",
            "interception",
            "escort",
            "control",
        ],
    ),
    (
        "EG-04 sharing",
        &[
            "employer",
            "school",
            "landlord",
            "bank",
            "family",
            "kin",
            "relative",
            "relatives",
            "spouse",
        ],
    ),
    (
        "EG-05 conditions",
        &["waiver", "pledge", "promise", "renounce", "silence"],
    ),
    (
        "EG-06 predictions",
        &[
            "prediction",
            "predicted",
            "forecast",
            "likelihood",
            "propensity",
            "model",
        ],
    ),
    ("EG-07 league tables", &["rank", "ranking", "league"]),
    (
        "EG-08 telling the accused",
        &[
            "to_accused",
            "notify_accused",
            "inform_accused",
            "accused_recipient",
            "accused_notice",
            "to_complained",
            "notify_complained",
            "inform_complained",
            "complained_recipient",
        ],
    ),
    (
        "EG-09 sensitive traits",
        &[
            "ethnicity",
            "ethnic",
            "nation",
            "religion",
            "religious",
            "political",
            "health",
            "disability",
        ],
    ),
    (
        "EG-10 the whole register, or a name across districts",
        &[
            "bulk",
            "export_all",
            "all_petitioners",
            "all_districts",
            "district_codes",
            "search_petitioners",
            "search_by_name",
            "find_by_name",
        ],
    ),
    (
        "EG-11 refusing because of who came",
        &[
            "ban",
            "banned",
            "refuse_registration",
            "registration_refused",
            "refuse_visit",
            "delay_registration",
            "registration_delayed",
        ],
    ),
    (
        "EG-12 keeping contacts",
        &[
            "contact_log",
            "contact_history",
            "keep_contacts",
            "contacts_kept",
            "retain_contacts",
            "keep_forever",
        ],
    ),
];

/// Tags of the field that no label and no rule may have (EG-01 to EG-03), and recipients (EG-04).
const FORBIDDEN_ZH: &[(&str, &[&str])] = &[
    (
        "EG-01 tags and scores of persons",
        &[
            "重点人",
            "缠访",
            "闹访",
            "老户",
            "进京",
            "扬言",
            "稳控",
            "黑名单",
            "风险等级",
            "信用分",
        ],
    ),
    (
        "EG-02 movements and recordings",
        &["行踪", "轨迹", "定位", "车票", "住宿", "车牌", "人脸"],
    ),
    (
        "EG-03 guarding",
        &["看护", "盯守", "劝返", "拦截", "布控", "监控"],
    ),
    ("EG-04 sharing", &["用人单位", "学校", "房东", "家属", "亲属"]),
];

fn offence(name: &str) -> Option<&'static str> {
    let words: Vec<String> = name
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    let is_there = |entry: &&str| {
        let sought: Vec<&str> = entry.split('_').collect();
        words.windows(sought.len()).any(|some| some == sought)
    };
    FORBIDDEN
        .iter()
        .find(|(_, forbidden)| forbidden.iter().any(&is_there))
        .map(|(rule, _)| *rule)
}

fn offence_zh(text: &str) -> Option<&'static str> {
    FORBIDDEN_ZH
        .iter()
        .find(|(_, forbidden)| forbidden.iter().any(|tag| text.contains(tag)))
        .map(|(rule, _)| *rule)
}

fn fields(message: &DescriptorProto, names: &mut BTreeSet<String>) {
    for field in &message.field {
        names.insert(format!("{}.{}", message.name(), field.name()));
    }
    for nested in &message.nested_type {
        fields(nested, names);
    }
    for values in &message.enum_type {
        enumerated(values, names);
    }
}

fn enumerated(values: &EnumDescriptorProto, names: &mut BTreeSet<String>) {
    names.extend(
        values
            .value
            .iter()
            .map(|value| format!("{}.{}", values.name(), value.name())),
    );
}

/// `RegisterVisit` as words.
fn words_of(method: &str) -> String {
    method
        .chars()
        .flat_map(|letter| {
            letter
                .is_ascii_uppercase()
                .then_some('_')
                .into_iter()
                .chain([letter])
        })
        .collect()
}

fn contracts() -> BTreeSet<String> {
    let set = FileDescriptorSet::decode(xinqiao_proto::DESCRIPTORS).expect("the build wrote the descriptors");
    let mut names = BTreeSet::new();
    for file in set
        .file
        .iter()
        .filter(|file| file.package().starts_with("xinqiao."))
    {
        for message in &file.message_type {
            fields(message, &mut names);
        }
        for values in &file.enum_type {
            enumerated(values, &mut names);
        }
        for service in &file.service {
            names.extend(service.method.iter().map(|method| words_of(method.name())));
        }
    }
    names
}

/// Columns and tables of every migration: the first word of a line inside a table, and what is altered in.
fn columns() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for service in [
        "chassis",
        "intake",
        "scheduling",
        "assignment",
        "supervision",
        "archive",
    ] {
        let folder = root().join("services").join(service).join("migrations");
        for file in std::fs::read_dir(&folder).expect("every service has migrations") {
            let text = std::fs::read_to_string(file.expect("the folder can be read").path())
                .expect("a migration is text");
            for line in text.lines().filter(|line| !line.trim_start().starts_with("--")) {
                let line = line
                    .trim_start()
                    .trim_start_matches("ALTER TABLE ")
                    .trim_start_matches("CREATE TABLE ");
                names.extend(
                    line.split(' ')
                        .take(5)
                        .map(|word| word.trim_matches(['(', ',', ';']).to_owned()),
                );
            }
        }
    }
    names
}

/// Fields of the legal documents.
fn documents() -> BTreeSet<String> {
    let folder = root().join("services/documents/src");
    let lines = rust_files(&folder).into_iter().flat_map(|file| code_lines(&file));
    let named = |line: String| {
        let (name, _) = line.trim().trim_start_matches("pub ").split_once(": ")?;
        let is_name = name
            .chars()
            .all(|letter| letter.is_ascii_lowercase() || letter == '_');
        is_name.then(|| name.to_owned())
    };
    lines.filter_map(named).collect()
}

/// Keys of the district files.
fn rules() -> BTreeSet<String> {
    let folder = root().join("deploy/districts");
    let mut names = BTreeSet::new();
    for file in std::fs::read_dir(Path::new(&folder)).expect("there are district files") {
        let text = std::fs::read_to_string(file.expect("the folder can be read").path()).unwrap_or_default();
        names.extend(
            text.lines()
                .filter_map(|line| Some(line.trim().split_once(':')?.0.to_owned())),
        );
    }
    names
}

/// What users read: lines of code and policies with Chinese in them, without comments and tests.
fn labels() -> BTreeSet<String> {
    let services = root().join("services");
    let is_test = |file: &std::path::PathBuf| {
        let inside = file.strip_prefix(&services).expect("found below the services");
        inside.components().any(|part| part.as_os_str() == "tests") || inside.ends_with("tests.rs")
    };
    let mut files = rust_files(&services);
    files.retain(|file| !is_test(file));
    let policies = root().join("services/chassis/policies");
    let policies = std::fs::read_dir(policies).expect("there are policies");
    files.extend(policies.map(|file| file.expect("the folder can be read").path()));
    let of_file = |file: &std::path::PathBuf| {
        let lines = code_lines(file);
        lines.into_iter().take_while(|line| line != "#[cfg(test)]")
    };
    let is_chinese = |line: &String| line.chars().any(|letter| ('一'..='龥').contains(&letter));
    files.iter().flat_map(of_file).filter(is_chinese).collect()
}

/// The district files as they stand, comments too: they are what an office writes itself.
fn district_lines() -> BTreeSet<String> {
    let folder = root().join("deploy/districts");
    let mut lines = BTreeSet::new();
    for file in std::fs::read_dir(folder).expect("there are district files") {
        let text = std::fs::read_to_string(file.expect("the folder can be read").path()).unwrap_or_default();
        lines.extend(text.lines().map(str::to_owned));
    }
    lines
}

fn offences(names: &BTreeSet<String>) -> Vec<String> {
    let told = |name: &String| Some(format!("{name}: {}", offence(name)?));
    names.iter().filter_map(told).collect()
}

#[test]
fn no_contract_has_a_field_for_what_must_not_be_held() {
    let names = contracts();
    assert!(names.len() > 400, "{}", names.len());
    assert!(offences(&names).is_empty(), "{:#?}", offences(&names));
}

#[test]
fn no_table_has_a_column_for_it() {
    let names = columns();
    assert!(
        names.contains("petitioner") && names.contains("visit_count"),
        "{names:?}"
    );
    assert!(offences(&names).is_empty(), "{:#?}", offences(&names));
}

#[test]
fn no_document_and_no_rule_speaks_of_it() {
    let names: BTreeSet<String> = documents().into_iter().chain(rules()).collect();
    assert!(names.len() > 60, "{}", names.len());
    assert!(offences(&names).is_empty(), "{:#?}", offences(&names));
}

#[test]
fn no_label_and_no_district_speaks_of_it() {
    let (labels, districts) = (labels(), district_lines());
    assert!(
        labels.len() > 500 && districts.len() > 40,
        "{} {}",
        labels.len(),
        districts.len()
    );
    let told = |line: &String| Some(format!("{line}: {}", offence_zh(line)?));
    let found: Vec<_> = labels.iter().chain(&districts).filter_map(told).collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn a_forbidden_word_is_found_wherever_it_stands() {
    for name in [
        "Petitioner.risk_level",
        "blacklist",
        "_List_Risk_Persons",
        "PURPOSE_GUARD",
        "Case.rating_of_petitioner",
        "fingerprint_template",
        "_Notify_Accused_Unit",
        "PURPOSE_FAMILY",
        "Export.district_codes",
        "contact_log_id",
    ] {
        assert!(offence(name).is_some(), "{name}");
    }
    for name in [
        "Case.asterisk",
        "rating",
        "accused_unit_ids",
        "contact_method",
        "of_rating",
    ] {
        assert!(
            offence(name).is_none(),
            "whole words, and all of an entry: {name}"
        );
    }
    assert!(offence_zh("label(\"level\", \"稳控等级\")").is_some());
    assert!(offence_zh("统一社会信用代码").is_none());
}
