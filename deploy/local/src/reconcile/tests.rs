use xinqiao_chassis::digest::{Audit, Chain, Foreign, LegalDates, Own};

use super::*;

const NUMBER: &str = "XF-220502-2026-2-000123-9";

fn chain(count: u64, head: &str) -> Chain {
    Chain {
        count,
        head: head.to_owned(),
    }
}

/// Five services that agree on one archived case: everyone published two events.
fn agreeing() -> Vec<Line> {
    SERVICES
        .into_iter()
        .map(|service| Line {
            service: service.to_owned(),
            district: "220502".to_owned(),
            entity_kind: "case".to_owned(),
            entity_id: Uuid::from_u128(1),
            case_no: Some(NUMBER.to_owned()),
            journal: chain(2, service),
            own: Own {
                last: 2,
                ..Own::default()
            },
            foreign: SERVICES
                .into_iter()
                .filter(|publisher| *publisher != service)
                .map(|publisher| {
                    let applied = chain(2, publisher);
                    (
                        publisher.to_owned(),
                        Foreign {
                            applied,
                            last: 2,
                            ..Foreign::default()
                        },
                    )
                })
                .collect(),
            state: Some("C80/R1".to_owned()),
            ..Line::default()
        })
        .collect()
}

/// What is found after one line of a service was changed.
fn after(service: &str, change: impl FnOnce(&mut Line)) -> Vec<(String, Kind)> {
    let mut lines = agreeing();
    change(lines.iter_mut().find(|line| line.service == service).unwrap());
    reconcile(&lines)
        .into_iter()
        .map(|found| (found.service, found.kind))
        .collect()
}

fn heard<'t>(line: &'t mut Line, publisher: &str) -> &'t mut Foreign {
    line.foreign.get_mut(publisher).unwrap()
}

#[test]
fn services_that_agree_have_no_difference() {
    assert_eq!(reconcile(&agreeing()), []);
    assert_eq!(reconcile(&[]), []);
}

#[test]
fn each_event_that_is_not_the_publishers_is_named() {
    let one = |kind| vec![("archive".to_owned(), kind)];
    let missing = after("archive", |line| heard(line, "intake").applied = chain(1, "x"));
    assert_eq!(missing, one(Kind::MissingEvent));
    let never = after("archive", |line| drop(line.foreign.remove("intake")));
    assert_eq!(never, one(Kind::MissingEvent));
    let surplus = after("archive", |line| heard(line, "intake").applied = chain(3, "x"));
    assert_eq!(surplus, one(Kind::SurplusEvent));
    let different = after("archive", |line| {
        heard(line, "intake").applied.head = "x".to_owned();
    });
    assert_eq!(different, one(Kind::DifferentEvent));
}

#[test]
fn waiting_and_parked_events_are_named_and_not_called_missing() {
    let stuck = |line: &mut Line, waiting, parked| {
        *heard(line, "intake") = Foreign {
            applied: chain(1, "x"),
            waiting,
            parked,
            last: 2,
        };
    };
    let waiting = after("supervision", |line| stuck(line, 1, 0));
    assert_eq!(waiting, [("supervision".to_owned(), Kind::WaitingEvent)]);
    let parked = after("supervision", |line| stuck(line, 0, 1));
    assert_eq!(parked, [("supervision".to_owned(), Kind::ParkedEvent)]);
}

#[test]
fn an_altered_journal_differs_at_everybody_who_heard_it() {
    let found = after("assignment", |line| line.journal.head = "x".to_owned());
    let hearers = ["archive", "intake", "scheduling", "supervision"];
    assert_eq!(
        found,
        hearers.map(|service| (service.to_owned(), Kind::DifferentEvent))
    );
}

#[test]
fn a_state_is_compared_with_its_owners() {
    let found = after("intake", |line| line.state = Some("C70/R1".to_owned()));
    assert_eq!(found, [("intake".to_owned(), Kind::StateDiffers)]);
    let found = after("intake", |line| line.state = Some("C80/R6".to_owned()));
    assert_eq!(found, [("intake".to_owned(), Kind::StateDiffers)]);
}

#[test]
fn a_state_that_nobody_owns_any_more_is_found_by_the_others() {
    let found = after("archive", |line| line.state = Some("C61/R1".to_owned()));
    assert_eq!(found, [("archive".to_owned(), Kind::StateDiffers)]);
}

#[test]
fn lines_read_back_as_they_were_printed() {
    let printed: Vec<String> = agreeing()
        .iter()
        .map(|line| serde_json::to_string(line).unwrap())
        .collect();
    assert_eq!(read(&printed.join("\n")).unwrap(), agreeing());
}

#[test]
fn a_case_nobody_keeps_and_a_silent_service_are_named() {
    let found = after("archive", |line| line.state = None);
    assert_eq!(found, [("archive".to_owned(), Kind::UnknownCase)]);
    let lines: Vec<Line> = agreeing()
        .into_iter()
        .filter(|line| line.service != "scheduling")
        .collect();
    let kinds: BTreeSet<Kind> = reconcile(&lines).into_iter().map(|found| found.kind).collect();
    assert!(kinds.contains(&Kind::ServiceSilent));
}

#[test]
fn a_difference_names_case_service_and_kind() {
    let mut lines = agreeing();
    lines[4].foreign.get_mut("intake").unwrap().applied.count = 1;
    let told = reconcile(&lines)[0].to_string();
    assert_eq!(
        told,
        format!("220502 {NUMBER} archive: missing event (1 of 2 events of intake)")
    );
}

#[test]
fn a_hole_in_a_journal_is_its_publishers_and_nobody_elses() {
    let found = after("intake", |line| {
        line.journal = chain(1, "x");
        line.own.lost = vec![(1, 1)];
        line.documents.unannounced = vec!["D01".to_owned()];
    });
    assert_eq!(found, [("intake".to_owned(), Kind::LostEvent)]);
}

#[test]
fn the_end_of_a_journal_is_lost_when_several_others_have_it() {
    let mut lines = agreeing();
    lines[0].journal = chain(1, "x");
    lines[0].own.last = 1;
    let found = reconcile(&lines);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(
        found[0].to_string(),
        format!("220502 {NUMBER} intake: lost event (sequence 2 of its journal)")
    );
}

#[test]
fn what_a_service_finds_wrong_with_itself_is_named() {
    let one = |kind| vec![("intake".to_owned(), kind)];
    assert_eq!(
        after("intake", |line| line.own.unpublished = 1),
        one(Kind::UnpublishedEvent)
    );
    assert_eq!(
        after("intake", |line| line.own.unreadable = 1),
        one(Kind::UnreadableEvent)
    );
    let name = || vec!["D01 7".to_owned()];
    assert_eq!(
        after("intake", |line| line.documents.lost = name()),
        one(Kind::LostDocument)
    );
    assert_eq!(
        after("intake", |line| line.documents.altered = name()),
        one(Kind::AlteredDocument)
    );
    assert_eq!(
        after("intake", |line| line.documents.unannounced = name()),
        one(Kind::UnannouncedDocument)
    );
}

#[test]
fn a_broken_audit_chain_is_named_with_its_district_and_row() {
    let mut lines = agreeing();
    lines.push(Line {
        service: "archive".to_owned(),
        district: "220503".to_owned(),
        entity_kind: "audit chain".to_owned(),
        audit: Some(Audit {
            rows: 0,
            fault: Some("audit row 7 was changed".to_owned()),
        }),
        ..Line::default()
    });
    let found: Vec<String> = reconcile(&lines).iter().map(Difference::to_string).collect();
    assert_eq!(
        found,
        ["220503 audit chain archive: audit broken (audit row 7 was changed)"]
    );
}

fn dates(by: &str, clock: &str, eff: &str) -> LegalDates {
    LegalDates {
        by: by.to_owned(),
        clock: clock.to_owned(),
        raw: eff.to_owned(),
        eff: eff.to_owned(),
        safe: eff.to_owned(),
    }
}

/// What is found of a case that was assigned twice, when supervision keeps these clocks.
fn with_clocks(clocks: Vec<LegalDates>) -> Vec<String> {
    let mut lines = agreeing();
    lines[2].told_dates = vec![
        dates("case.assigned", "K2", "2026-03-19"),
        LegalDates {
            by: "case.assigned".to_owned(),
            clock: "K5a".to_owned(),
            raw: "2026-05-08".to_owned(),
            ..LegalDates::default()
        },
        dates("case.assigned", "K2", "2026-04-02"),
    ];
    lines[3].told_dates = vec![
        dates("clock.started", "K2", "2026-03-19"),
        dates("clock.started", "K2", "2026-04-02"),
    ];
    lines[3].clocks = clocks;
    reconcile(&lines)
        .into_iter()
        .map(|found| format!("{} {} {}", found.service, found.kind.as_str(), found.detail))
        .collect()
}

#[test]
fn clocks_are_compared_with_the_events_that_started_them_round_by_round() {
    let good = || {
        vec![
            dates("case.assigned", "K2", "2026-03-19"),
            dates("case.assigned", "K2", "2026-04-02"),
            dates("case.assigned", "K5a", "2026-05-08"),
        ]
    };
    assert_eq!(with_clocks(good()), [""; 0]);
    let mut moved = good();
    moved[1].eff = "2026-04-03".to_owned();
    assert_eq!(
        with_clocks(moved),
        [
            "supervision clock differs K2 is 2026-04-02/2026-04-03/2026-04-02, case.assigned of assignment said \
             2026-04-02/2026-04-02/2026-04-02"
        ]
    );
    let mut later = good();
    later[2].raw = "2026-05-09".to_owned();
    assert_eq!(with_clocks(later).len(), 1);
    let lost = with_clocks(good()[..2].to_vec());
    assert_eq!(
        lost,
        ["supervision clock missing K5a, which case.assigned of assignment started"]
    );
    let lost = with_clocks(vec![good().remove(0), good().remove(2)]);
    assert_eq!(
        lost,
        ["supervision clock missing K2, which clock.started of supervision started"]
    );
}

#[test]
fn a_service_shows_the_dates_it_published() {
    let mut lines = agreeing();
    lines[0].told_dates = vec![dates("case.registered", "K1", "2026-03-18")];
    lines[3].clocks = vec![dates("case.registered", "K1", "2026-03-18")];
    lines[0].clocks = lines[3].clocks.clone();
    lines[0].clocks[0].raw.clear();
    assert_eq!(reconcile(&lines), []);
    lines[0].clocks[0].eff = "2026-03-19".to_owned();
    let found: Vec<_> = reconcile(&lines)
        .into_iter()
        .map(|it| (it.service, it.kind))
        .collect();
    assert_eq!(found, [("intake".to_owned(), Kind::ClockDiffers)]);
}

#[test]
fn a_clock_is_not_missed_before_its_event_was_applied() {
    let mut lines = agreeing();
    lines[2].told_dates = vec![dates("case.assigned", "K2", "2026-03-19")];
    let foreign = heard(&mut lines[3], "assignment");
    (foreign.applied.count, foreign.waiting) = (1, 1);
    let kinds: Vec<Kind> = reconcile(&lines).into_iter().map(|found| found.kind).collect();
    assert_eq!(kinds, [Kind::WaitingEvent]);
}
