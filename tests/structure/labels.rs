//! Every field that somebody can fill in has a name in Chinese and in English: no sentence about it goes without.

use std::collections::{BTreeMap, BTreeSet};

use prost::Message as _;
use prost_types::{DescriptorProto, FileDescriptorSet};
use xinqiao_kernel::fields::named;

/// Messages of the contracts by their full names.
fn messages() -> BTreeMap<String, DescriptorProto> {
    let set = FileDescriptorSet::decode(xinqiao_proto::DESCRIPTORS).expect("the build wrote the descriptors");
    let mut found = BTreeMap::new();
    for file in set.file {
        if let Some(package) = file.package.filter(|package| package.starts_with("xinqiao.")) {
            for message in file.message_type {
                collect(&format!(".{package}"), message, &mut found);
            }
        }
    }
    found
}

fn collect(scope: &str, message: DescriptorProto, found: &mut BTreeMap<String, DescriptorProto>) {
    let name = format!("{scope}.{}", message.name());
    for nested in &message.nested_type {
        collect(&name, nested.clone(), found);
    }
    found.insert(name, message);
}

/// Paths of the fields of a message and of the messages in it, without indices.
fn paths(
    message: &DescriptorProto,
    prefix: &str,
    all: &BTreeMap<String, DescriptorProto>,
    found: &mut BTreeSet<String>,
) {
    for field in &message.field {
        let path = format!("{prefix}{}", field.name());
        if let Some(inner) = all.get(field.type_name()) {
            paths(inner, &format!("{path}."), all, found);
        }
        found.insert(path);
    }
}

#[test]
fn every_field_of_every_request_has_a_name() {
    let all = messages();
    let mut found = BTreeSet::new();
    for (name, message) in &all {
        if name.ends_with("Request") {
            paths(message, "", &all, &mut found);
        }
    }
    assert!(found.len() > 200, "{}", found.len());
    let without: Vec<_> = found.iter().filter(|path| named(path).is_none()).collect();
    assert!(without.is_empty(), "{without:#?}");
}
