use proptest::{prelude::*, sample::select};

use super::*;

/// The happy path of a leader-received case, as the five services tell it.
const JOURNEY: &[(&str, State, Holder)] = &[
    ("case.released", Registered, Assignment),
    ("case.assigned", Assigned, Assignment),
    ("case.accepted", Accepted, Assignment),
    ("case.investigation_started", Investigating, Assignment),
    ("case.report_submitted", Reported, Assignment),
    ("case.opinion_issued", OpinionIssued, Assignment),
    ("case.opinion_served", OpinionIssued, Assignment),
    ("case.execution_started", Executing, Assignment),
    ("case.closure_reported", ClosureReported, Supervision),
    ("case.completeness_passed", OpinionPending, Supervision),
    ("petitioner.opinion_recorded", LeaderReview, Supervision),
    ("leader.signed", LeaderReview, Supervision),
    ("case.closed", Closed, Archive),
    ("case.archived", Archived, Archive),
    ("archive.final", Archived, Archive),
];

fn at(state: State) -> Standing {
    Standing {
        state,
        ..Standing::REGISTERED
    }
}

fn leads(from: State, to: State) -> bool {
    LINES.iter().any(|line| {
        at(from)
            .follow(line.event, true)
            .is_some_and(|next| next.state == to)
    })
}

#[test]
fn the_main_journey_is_in_the_table() {
    let mut standing = Standing::REGISTERED;
    for (event, state, holder) in JOURNEY {
        standing = standing
            .follow(event, false)
            .unwrap_or_else(|| panic!("{event} from {standing:?}"));
        assert_eq!((standing.state, standing.holder), (*state, *holder), "{event}");
    }
}

#[test]
fn forbidden_lines_are_not_in_the_table() {
    for (from, to) in [
        (Assigned, OpinionIssued),
        (Investigating, ClosureReported),
        (ClosureReported, Closed),
        (ClosureReported, LeaderReview),
        (LeaderReview, Archived),
        (Assigned, FollowUp),
        (Accepted, FollowUp),
        (Investigating, FollowUp),
        (Reported, FollowUp),
        (OpinionIssued, Withdrawn),
    ] {
        assert!(!leads(from, to), "{from:?} → {to:?}");
    }
}

#[test]
fn nothing_leaves_the_archive_nor_an_ended_case() {
    for from in [Archived, Linked, Void] {
        for to in State::ALL {
            assert!(to == from || !leads(from, to), "{from:?} → {to:?}");
        }
    }
}

#[test]
fn an_upheld_objection_gives_the_hold_back_to_intake() {
    let standing = Standing {
        state: Objected,
        holder: Assignment,
        worked_in: Investigating,
    };
    let back = standing.follow("case.objection_upheld", false).unwrap();
    assert_eq!((back.state, back.holder), (Registered, Intake));
}

#[test]
fn a_return_leads_to_where_the_unit_worked() {
    let executed = Standing {
        state: ClosureReported,
        holder: Supervision,
        worked_in: Executing,
    };
    let explained = Standing {
        worked_in: Investigating,
        ..executed
    };
    assert_eq!(executed.follow("case.returned", false).unwrap().state, Executing);
    assert_eq!(
        explained.follow("case.returned", false).unwrap().state,
        Investigating
    );
}

#[test]
fn filing_goes_where_the_event_says() {
    let diverted = at(Diverted);
    assert_eq!(diverted.follow("case.filed", true).unwrap().state, LeaderReview);
    assert_eq!(diverted.follow("case.filed", false).unwrap().holder, Archive);
}

proptest! {
    /// Whatever events come in whatever order, a case only ever moves along a line, is held by one
    /// service, and is signed and heard before it is closed.
    #[test]
    fn any_run_of_events_stays_inside_the_table(
        events in prop::collection::vec(select(LINES.iter().map(|line| line.event).collect::<Vec<_>>()), 0..60),
        review in any::<bool>(),
    ) {
        let mut standing = Standing::REGISTERED;
        let mut seen = vec![Registered];
        for event in events {
            let Some(next) = standing.follow(event, review) else { continue };
            prop_assert!(find(standing.state, event).is_some());
            standing = next;
            seen.push(next.state);
        }
        if seen.contains(&Closed) {
            prop_assert!(seen.contains(&LeaderReview));
        }
        if seen.contains(&Executing) || seen.contains(&FollowUp) {
            prop_assert!(seen.contains(&OpinionIssued));
        }
        if standing.state == Archived {
            prop_assert!(standing.holder == Archive);
        }
    }
}
