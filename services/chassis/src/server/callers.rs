//! Which caller may call which methods, when both sides show certificates.
//!
//! A caller is a program, not a person: it is known by the name its certificate gives it. The list says what each may
//! call, and what it does not say is refused before the token is read. It lies in a file:
//!
//! ```yaml
//! callers:
//!   - identity: spiffe://xinqiao/portal            # a URI in the certificate, or a DNS name
//!     methods:
//!       - /xinqiao.intake.v1.CaseService/          # every method of the service
//!       - /xinqiao.intake.v1.TriageService/TriageCase
//! ```
//!
//! One file serves all five services: each asks it for its own methods. Health is open to every certificate of our
//! authorities. Tokens are asked for as before: the list is about programs, rights are about people.

use std::{
    collections::{HashMap, HashSet},
    fmt,
};

use prost::Message as _;
use prost_types::FileDescriptorSet;
use serde::Deserialize;

mod lines;

use lines::Lines;

/// Where our packages begin.
const PACKAGES: &str = "xinqiao.";
/// Lists what can be called, in evaluation only; not in our contracts.
const REFLECTION: &str = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";

/// Everything that is wrong with the list of callers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct CallersError {
    /// Every problem with its line, in the order of the file.
    pub problems: Vec<String>,
}

impl fmt::Display for CallersError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} problem(s)", self.problems.len())?;
        for problem in &self.problems {
            write!(formatter, "\n  {problem}")?;
        }
        Ok(())
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    callers: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    identity: String,
    methods: Vec<String>,
}

/// What each caller may call: full paths, and services as paths that end with a slash.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Callers(HashMap<String, HashSet<String>>);

impl Callers {
    /// Reads the list. All that is wrong is told at once, each with its line.
    pub(super) fn read(text: &str) -> Result<Self, CallersError> {
        let file: File = serde_yaml_ng::from_str(text).map_err(|error| CallersError {
            problems: vec![error.to_string()],
        })?;
        let mut reading = Reading {
            lines: Lines::of(text),
            known: known(),
            callers: HashMap::new(),
            problems: Vec::new(),
        };
        if file.callers.is_empty() {
            reading.problem("callers", "nobody is listed, so nobody could call");
        }
        for entry in file.callers {
            reading.entry(entry);
        }
        if reading.problems.is_empty() {
            Ok(Self(reading.callers))
        } else {
            Err(CallersError {
                problems: reading.problems,
            })
        }
    }

    /// True when a caller with one of these names may call the method.
    pub(super) fn allow(&self, names: &[String], path: &str) -> bool {
        let service = path.rfind('/').map_or("", |slash| &path[..=slash]);
        names
            .iter()
            .filter_map(|name| self.0.get(name))
            .any(|methods| methods.contains(path) || methods.contains(service))
    }

    /// The name by which the list knows the caller.
    pub(super) fn known_as<'a>(&self, names: &'a [String]) -> Option<&'a str> {
        names
            .iter()
            .find(|name| self.0.contains_key(*name))
            .map(String::as_str)
    }
}

struct Reading<'a> {
    lines: Lines<'a>,
    known: HashSet<String>,
    callers: HashMap<String, HashSet<String>>,
    problems: Vec<String>,
}

impl Reading<'_> {
    /// Notes a problem with the next place at which `text` stands.
    fn problem(&mut self, text: &str, message: &str) {
        let line = self.lines.next(text);
        self.note(line, text, message);
    }

    fn note(&mut self, line: Option<usize>, text: &str, message: &str) {
        let place = line.map_or_else(String::new, |line| format!("line {line}: "));
        self.problems.push(format!("{place}{text:?}: {message}"));
    }

    fn entry(&mut self, entry: Entry) {
        let Entry { identity, methods } = entry;
        let line = self.lines.next(&identity);
        if let Err(message) = identity_form(&identity) {
            self.note(line, &identity, message);
        }
        if self.callers.contains_key(&identity) {
            self.note(
                line,
                &identity,
                "is listed twice; put all its methods under one entry",
            );
        }
        if methods.is_empty() {
            self.note(
                line,
                &identity,
                "may call nothing; give it methods or take it out",
            );
        }
        let mut allowed = HashSet::new();
        for method in &methods {
            self.method(method, &methods, &mut allowed);
        }
        self.callers.entry(identity).or_default().extend(allowed);
    }

    fn method(&mut self, method: &str, all: &[String], allowed: &mut HashSet<String>) {
        let line = self.lines.next(method);
        let service = method.rfind('/').map_or("", |slash| &method[..=slash]);
        if !self.known.contains(method) {
            self.note(
                line,
                method,
                "no such method; write /package.Service/Method, or /package.Service/ for all of a service",
            );
        } else if service != method && all.iter().any(|other| other == service) {
            self.note(line, method, "the whole service is listed already");
        }
        if !allowed.insert(method.to_owned()) {
            self.note(line, method, "is listed twice for this caller");
        }
    }
}

/// A URI, or a DNS name in lower case. No wildcard: a caller is one program.
fn identity_form(identity: &str) -> Result<(), &'static str> {
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'*');
    let dns = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte))
    };
    let good = match identity.split_once("://") {
        Some((scheme, rest)) => !scheme.is_empty() && !rest.is_empty() && plain(identity),
        None => !identity.is_empty() && dns(identity),
    };
    good.then_some(()).ok_or(
        "must be the URI of a certificate, for example spiffe://xinqiao/portal, or a DNS name in lower case",
    )
}

/// Every method of the contracts, and every service as a path that ends with a slash.
fn known() -> HashSet<String> {
    let set = FileDescriptorSet::decode(xinqiao_proto::DESCRIPTORS)
        .expect("invariant: the build wrote a valid descriptor set");
    let mut known = HashSet::new();
    for file in set
        .file
        .iter()
        .filter(|file| file.package().starts_with(PACKAGES))
    {
        for service in &file.service {
            let prefix = format!("/{}.{}/", file.package(), service.name());
            known.extend(
                service
                    .method
                    .iter()
                    .map(|method| format!("{prefix}{}", method.name())),
            );
            known.insert(prefix);
        }
    }
    let slash = REFLECTION.rfind('/').unwrap_or_default();
    known.insert(REFLECTION[..=slash].to_owned());
    known.insert(REFLECTION.to_owned());
    known
}

#[cfg(test)]
mod tests;
