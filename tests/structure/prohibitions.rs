//! What the platform must not be able to hold (rule book §8.2): no contract, table, document or rule file has a field
//! for it, and no operation is named after it.

use std::collections::BTreeSet;
use std::path::Path;

use prost::Message as _;
use prost_types::{DescriptorProto, EnumDescriptorProto, FileDescriptorSet};

use super::{code_lines, root, rust_files};

/// Words of field names, with the prohibition they stand for. A name is looked at word by word.
const FORBIDDEN: &[(&str, &[&str])] = &[
    (
        "EG-01 tags and scores of persons",
        &[
            "score",
            "scoring",
            "risk",
            "rating_of",
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
            "relatives",
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
    ("EG-04 sharing", &["employer", "school", "landlord", "bank"]),
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
];

fn offence(name: &str) -> Option<&'static str> {
    let words: Vec<String> = name
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .map(str::to_ascii_lowercase)
        .collect();
    FORBIDDEN
        .iter()
        .find(|(_, forbidden)| words.iter().any(|word| forbidden.contains(&word.as_str())))
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
fn a_forbidden_word_is_found_wherever_it_stands() {
    for name in [
        "Petitioner.risk_level",
        "blacklist",
        "_List_Risk_Persons",
        "PURPOSE_GUARD",
    ] {
        assert!(offence(name).is_some(), "{name}");
    }
    assert!(offence("Case.asterisk").is_none(), "whole words only");
}
