//! `reconcile`: compares what the five services say of every entity, and names each difference.
//!
//! Pure: lines of digests in, differences out. Two services agree on a publisher's events of an entity exactly
//! when the publisher's journal and the other's applied events have the same rolling hash. States are compared
//! with the service that owns the answer: the one whose acts lead to that state.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use uuid::Uuid;
use xinqiao_chassis::digest::{Chain, Foreign, Line};
use xinqiao_kernel::CaseState;

/// The five services, each of which hears all the others.
pub const SERVICES: [&str; 5] = ["intake", "scheduling", "assignment", "supervision", "archive"];

/// What kind of difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The service gave no digest at all.
    ServiceSilent,
    /// The service lacks events that the publisher has.
    MissingEvent,
    /// The service has events that the publisher does not know.
    SurplusEvent,
    /// As many events, but not the same ones.
    DifferentEvent,
    /// Stored, not applied yet.
    WaitingEvent,
    /// Failed too often.
    ParkedEvent,
    /// The service keeps no record of a case that another one registered.
    UnknownCase,
    /// The state is not the one the owner tells.
    StateDiffers,
    /// The service tells two things of one entity.
    ToldTwice,
}

impl Kind {
    /// The name people and programs see.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ServiceSilent => "service silent",
            Self::MissingEvent => "missing event",
            Self::SurplusEvent => "surplus event",
            Self::DifferentEvent => "different event",
            Self::WaitingEvent => "waiting event",
            Self::ParkedEvent => "parked event",
            Self::UnknownCase => "unknown case",
            Self::StateDiffers => "state differs",
            Self::ToldTwice => "told twice",
        }
    }
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// The district; empty when a whole service is silent.
    pub district: String,
    /// Number of the case, or kind and identifier of another entity.
    pub subject: String,
    /// The service that differs.
    pub service: String,
    /// What kind.
    pub kind: Kind,
    /// From what, and by how much.
    pub detail: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            district,
            subject,
            service,
            kind,
            detail,
        } = self;
        write!(f, "{district} {subject} {service}: {} ({detail})", kind.as_str())
    }
}

/// Reads the lines that `xinqiao-<service> digest` printed.
pub fn read(text: &str) -> Result<Vec<Line>, serde_json::Error> {
    text.lines()
        .filter(|line| !line.trim().is_empty())
        .map(serde_json::from_str)
        .collect()
}

type Key = (String, Uuid);

/// Every difference between the digests of the services; none when they agree.
pub fn reconcile(lines: &[Line]) -> Vec<Difference> {
    let mut differences = Vec::new();
    let mut entities: BTreeMap<Key, BTreeMap<&str, &Line>> = BTreeMap::new();
    for line in lines {
        let of_entity = entities
            .entry((line.district.clone(), line.entity_id))
            .or_default();
        if let Some(earlier) = of_entity.insert(&line.service, line)
            && earlier != line
        {
            differences.push(difference(
                line,
                &line.service,
                Kind::ToldTwice,
                "two lines of one entity",
            ));
        }
    }
    let telling: BTreeSet<&str> = lines.iter().map(|line| line.service.as_str()).collect();
    for service in SERVICES
        .into_iter()
        .filter(|service| !telling.is_empty() && !telling.contains(service))
    {
        differences.push(Difference {
            district: String::new(),
            subject: "everything".to_owned(),
            service: service.to_owned(),
            kind: Kind::ServiceSilent,
            detail: "no digest".to_owned(),
        });
    }
    for told in entities.values() {
        for hearer in SERVICES.into_iter().filter(|service| telling.contains(service)) {
            compare_events(told, hearer, &mut differences);
        }
        compare_states(told, &mut differences);
    }
    differences.sort();
    differences
}

/// What one service has of every other's events of an entity.
fn compare_events(told: &BTreeMap<&str, &Line>, hearer: &str, differences: &mut Vec<Difference>) {
    let Some(any) = told.values().next() else { return };
    let (nothing, silence) = (Foreign::default(), Chain::default());
    for publisher in SERVICES.into_iter().filter(|publisher| *publisher != hearer) {
        let journal = told.get(publisher).map_or(&silence, |line| &line.journal);
        let heard = told
            .get(hearer)
            .and_then(|line| line.foreign.get(publisher))
            .unwrap_or(&nothing);
        let subject = told.get(hearer).or_else(|| told.get(publisher)).unwrap_or(any);
        let mut tell = |kind, detail: String| differences.push(difference(subject, hearer, kind, &detail));
        if heard.waiting > 0 {
            tell(Kind::WaitingEvent, format!("{} of {publisher}", heard.waiting));
        }
        if heard.parked > 0 {
            tell(Kind::ParkedEvent, format!("{} of {publisher}", heard.parked));
        }
        let stored = heard.applied.count + heard.waiting + heard.parked;
        if stored < journal.count {
            tell(
                Kind::MissingEvent,
                format!("{stored} of {} events of {publisher}", journal.count),
            );
        } else if stored > journal.count {
            tell(
                Kind::SurplusEvent,
                format!("{stored} events of {publisher}, which has {}", journal.count),
            );
        } else if heard.applied.count == journal.count && heard.applied.head != journal.head {
            tell(Kind::DifferentEvent, format!("of {publisher}"));
        }
    }
}

/// States are told as `C31` or `C31/R1`. Every service that follows cases must tell what the owner tells.
fn compare_states(told: &BTreeMap<&str, &Line>, differences: &mut Vec<Difference>) {
    let states: BTreeMap<&str, (&str, Option<&str>)> = told
        .iter()
        .filter_map(|(service, line)| Some((*service, parts(line.state.as_deref()?)?)))
        .collect();
    let Some(registered) = told.get("intake").filter(|line| line.entity_kind == "case") else {
        return;
    };
    for follower in ["supervision", "archive"] {
        let follows = told.get(follower).is_some_and(|line| line.state.is_some());
        if registered.journal.count > 0 && !follows {
            differences.push(difference(
                registered,
                follower,
                Kind::UnknownCase,
                "no record of the case",
            ));
        }
    }
    let Some((owner, state)) = reference(&states) else {
        return;
    };
    let remedy = states.get("supervision").and_then(|(_, remedy)| *remedy);
    for (service, (other, other_remedy)) in ["intake", "supervision", "archive"]
        .into_iter()
        .filter_map(|service| states.get(service).map(|told| (service, told)))
    {
        if *other != state {
            let detail = format!("{other}, but {owner} says {state}");
            differences.push(difference(registered, service, Kind::StateDiffers, &detail));
        } else if let (Some(other), Some(remedy)) = (other_remedy, remedy)
            && *other != remedy
        {
            let detail = format!("{other}, but supervision says {remedy}");
            differences.push(difference(registered, service, Kind::StateDiffers, &detail));
        }
    }
}

/// What the owner of the state tells. When nobody tells a state of his own, what most of them tell: one that was
/// changed behind its service's back is then found by the others.
fn reference<'t>(states: &BTreeMap<&'t str, (&'t str, Option<&'t str>)>) -> Option<(&'t str, &'t str)> {
    if let Some((owner, (state, _))) = states.iter().find(|(service, (state, _))| owns(service, state)) {
        return Some((owner, state));
    }
    let votes = |wanted: &str| states.values().filter(|(state, _)| *state == wanted).count();
    states
        .values()
        .map(|(state, _)| *state)
        .max_by_key(|state| votes(state))
        .map(|state| ("most", state))
}

/// True when the service's own acts hold the case in that state.
fn owns(service: &str, state: &str) -> bool {
    state
        .parse::<CaseState>()
        .is_ok_and(|state| state.holder().service() == service)
}

fn parts(state: &str) -> Option<(&str, Option<&str>)> {
    let (state, remedy) = match state.split_once('/') {
        Some((state, remedy)) => (state, Some(remedy)),
        None => (state, None),
    };
    state.parse::<CaseState>().is_ok().then_some((state, remedy))
}

fn difference(line: &Line, service: &str, kind: Kind, detail: &str) -> Difference {
    let subject = match &line.case_no {
        Some(number) => number.clone(),
        None => format!("{} {}", line.entity_kind, line.entity_id),
    };
    Difference {
        district: line.district.clone(),
        subject,
        service: service.to_owned(),
        kind,
        detail: detail.to_owned(),
    }
}

#[cfg(test)]
mod tests {
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
                foreign: SERVICES
                    .into_iter()
                    .filter(|publisher| *publisher != service)
                    .map(|publisher| {
                        let applied = chain(2, publisher);
                        (
                            publisher.to_owned(),
                            Foreign {
                                applied,
                                ..Foreign::default()
                            },
                        )
                    })
                    .collect(),
                state: Some("C80/R1".to_owned()),
                facts: None,
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
}
