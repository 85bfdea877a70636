//! The list of callers: what it lets through, and everything that may be wrong with it.

use super::*;

const GOOD: &str = "\
# Who may call.
callers:
  - identity: spiffe://xinqiao/portal
    methods:
      - /xinqiao.intake.v1.CaseService/
      - /xinqiao.intake.v1.TriageService/TriageCase
  - identity: tools.xinqiao.internal
    methods: [/xinqiao.archive.v1.DossierService/GetDossier, /grpc.reflection.v1.ServerReflection/]
";

fn names(name: &str) -> Vec<String> {
    vec![name.to_owned()]
}

fn problems(text: &str) -> Vec<String> {
    Callers::read(text).unwrap_err().problems
}

#[test]
fn a_caller_may_call_what_is_listed_and_nothing_else() {
    let callers = Callers::read(GOOD).unwrap();
    let portal = names("spiffe://xinqiao/portal");
    let may = |path| callers.allow(&portal, path);
    assert!(may("/xinqiao.intake.v1.CaseService/GetCase"));
    assert!(may("/xinqiao.intake.v1.TriageService/TriageCase"));
    assert!(!may("/xinqiao.intake.v1.TriageService/ReleaseCase"));
    assert!(!may("/xinqiao.intake.v1.TriageService/"));
    assert!(!may("/xinqiao.archive.v1.DossierService/GetDossier"));
    assert!(!may("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"));
    for not_a_path in [
        "",
        "/",
        "xinqiao.intake.v1.CaseService",
        "/xinqiao.intake.v1.CaseServiceX/GetCase",
    ] {
        assert!(!may(not_a_path), "{not_a_path:?}");
    }
    let tools = names("tools.xinqiao.internal");
    assert!(callers.allow(
        &tools,
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"
    ));
}

#[test]
fn nobody_else_may_call_anything() {
    let callers = Callers::read(GOOD).unwrap();
    let path = "/xinqiao.intake.v1.CaseService/GetCase";
    for name in [
        "spiffe://xinqiao/portal/",
        "spiffe://xinqiao/Portal",
        "spiffe://other/portal",
        "portal",
        "",
    ] {
        assert!(!callers.allow(&names(name), path), "{name:?}");
    }
    assert!(!callers.allow(&[], path));
}

#[test]
fn one_of_several_names_is_enough() {
    let callers = Callers::read(GOOD).unwrap();
    let both = [names("else.internal"), names("spiffe://xinqiao/portal")].concat();
    assert!(callers.allow(&both, "/xinqiao.intake.v1.CaseService/GetCase"));
    assert_eq!(callers.known_as(&both), Some("spiffe://xinqiao/portal"));
    assert_eq!(callers.known_as(&names("else.internal")), None);
}

#[test]
fn everything_wrong_is_told_at_once_with_its_line() {
    let text = "\
callers:
  # - identity: spiffe://xinqiao/portal
  - identity: spiffe://xinqiao/portal
    methods:
      - /xinqiao.intake.v1.CaseService/
      - /xinqiao.intake.v1.CaseService/GetCase   # nor /xinqiao.intake.v1.CaseService/Nothing
      - /xinqiao.intake.v1.CaseService/Nothing
      - xinqiao.intake.v1.CaseService
  - identity: \"Upper.internal\"
    methods: [/xinqiao.intake.v1.CaseService/GetCase, /xinqiao.intake.v1.CaseService/GetCase]
  - identity: spiffe://xinqiao/portal
    methods: []
  - identity: spiffe://xinqiao/*
    methods: [/xinqiao.intake.v2.CaseService/]
";
    let found = problems(text);
    let wanted = [
        "line 6: \"/xinqiao.intake.v1.CaseService/GetCase\": the whole service",
        "line 7: \"/xinqiao.intake.v1.CaseService/Nothing\": no such method",
        "line 8: \"xinqiao.intake.v1.CaseService\": no such method",
        "line 9: \"Upper.internal\": must be",
        "line 10: \"/xinqiao.intake.v1.CaseService/GetCase\": is listed twice",
        "line 11: \"spiffe://xinqiao/portal\": is listed twice",
        "line 11: \"spiffe://xinqiao/portal\": may call nothing",
        "line 13: \"spiffe://xinqiao/*\": must be",
        "line 14: \"/xinqiao.intake.v2.CaseService/\": no such method",
    ];
    assert_eq!(found.len(), wanted.len(), "{found:#?}");
    for (found, wanted) in found.iter().zip(wanted) {
        assert!(found.starts_with(wanted), "{found} is not {wanted}");
    }
}

#[test]
fn a_list_of_nobody_and_what_is_no_list_are_refused() {
    assert!(problems("callers: []")[0].starts_with("line 1: \"callers\": nobody"));
    for text in ["", "callers:", "- a", "callers: 7", "callers: []\nothers: []"] {
        assert_eq!(problems(text).len(), 1, "{text:?}");
    }
    let misspelt = problems("callers:\n  - identity: a\n    method: []\n");
    assert!(misspelt[0].contains("line 3"), "{misspelt:?}");
}
