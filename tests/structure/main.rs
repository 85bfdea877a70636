//! The arrows of the architecture: who may depend on whom, and what the domain may not name.

mod labels;
mod prohibitions;
mod streams;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const SERVICES: [&str; 5] = ["intake", "scheduling", "assignment", "supervision", "archive"];
/// What a domain must compile without.
const OUTSIDE: [&str; 4] = ["tonic", "sqlx", "async_nats", "tokio"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Names of the crates a manifest depends on, development dependencies left out.
fn dependencies(manifest: &Path) -> BTreeSet<String> {
    let text = std::fs::read_to_string(manifest).expect("every crate has a manifest");
    let mut inside = false;
    let mut names = BTreeSet::new();
    for line in text.lines() {
        if line.starts_with('[') {
            inside = line == "[dependencies]" || line == "[build-dependencies]";
        } else if inside && let Some((name, _)) = line.split_once(['.', ' ', '=']) {
            names.insert(name.trim().to_owned());
        }
    }
    names.remove("");
    names
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("the source tree can be read").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

fn code_lines(file: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(file).expect("the source tree can be read");
    text.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn no_service_depends_on_another() {
    for service in SERVICES {
        let found = dependencies(&root().join("services").join(service).join("Cargo.toml"));
        assert!(
            found.contains("xinqiao-chassis"),
            "{service} does not stand on the chassis: {found:?}"
        );
        for other in SERVICES.iter().filter(|other| **other != service) {
            assert!(
                !found.contains(&format!("xinqiao-{other}")),
                "{service} depends on {other}"
            );
        }
    }
}

#[test]
fn the_kernel_and_the_documents_know_nothing_of_the_outside() {
    for name in ["kernel", "documents"] {
        let found = dependencies(&root().join("services").join(name).join("Cargo.toml"));
        for outside in OUTSIDE.iter().map(|outside| outside.replace('_', "-")) {
            assert!(!found.contains(&outside), "{name} depends on {outside}");
        }
        assert!(
            !found.contains("xinqiao-chassis"),
            "{name} depends on the chassis"
        );
    }
}

#[test]
fn the_contracts_depend_on_nothing_of_ours() {
    let found = dependencies(&root().join("proto/Cargo.toml"));
    assert!(found.iter().all(|name| !name.starts_with("xinqiao")), "{found:?}");
}

#[test]
fn every_domain_names_neither_transport_nor_database_nor_runtime() {
    for service in SERVICES {
        let folder = root().join("services").join(service).join("src/domain");
        let mut files = rust_files(&folder);
        files.push(folder.with_extension("rs"));
        assert!(files.len() > 1, "{service} has no domain");
        for file in files.iter().filter(|file| file.exists()) {
            for line in code_lines(file) {
                for outside in OUTSIDE
                    .iter()
                    .chain(&["crate::store", "crate::rpc", "crate::events"])
                {
                    assert!(
                        !line.contains(&format!("{outside}::")),
                        "{}: {line}",
                        file.display()
                    );
                }
            }
        }
    }
}

#[test]
fn only_the_store_of_a_service_names_sqlx() {
    for service in SERVICES {
        let source = root().join("services").join(service).join("src");
        for file in rust_files(&source) {
            let inside = file.strip_prefix(&source).unwrap();
            if inside.starts_with("store") || inside == Path::new("store.rs") || inside == Path::new("lib.rs")
            {
                continue;
            }
            for line in code_lines(&file) {
                assert!(!line.contains("sqlx::"), "{}: {line}", file.display());
            }
        }
    }
}

#[test]
fn statements_never_take_the_time_of_the_database() {
    let mut files = Vec::new();
    for name in SERVICES.iter().chain(&["chassis"]) {
        let folder = root().join("services").join(name);
        files.extend(rust_files(&folder.join("src")));
        let migrations = std::fs::read_dir(folder.join("migrations")).into_iter().flatten();
        files.extend(migrations.map(|entry| entry.unwrap().path()));
    }
    assert!(files.len() > 50);
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        for line in text.lines().filter(|line| !line.trim_start().starts_with("--")) {
            let upper = line.to_uppercase();
            for forbidden in [
                "CURRENT_DATE",
                "CURRENT_TIMESTAMP",
                "DEFAULT NOW()",
                "LOCALTIMESTAMP",
            ] {
                assert!(!upper.contains(forbidden), "{}: {line}", file.display());
            }
        }
    }
}

#[test]
fn files_stay_under_five_hundred_lines() {
    for folder in ["services", "proto/src", "deploy", "tests"] {
        for file in rust_files(&root().join(folder)) {
            let lines = std::fs::read_to_string(&file).unwrap().lines().count();
            assert!(lines < 500, "{} has {lines} lines", file.display());
        }
    }
}
