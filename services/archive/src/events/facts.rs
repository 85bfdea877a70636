//! What an event tells about its case, in the words of the domain.

use time::OffsetDateTime;
use uuid::Uuid;
use xinqiao_chassis::{inbox::Incoming, refusal::Refusal};
use xinqiao_kernel::{
    CaseState, Remedy,
    local::{self, local_date},
};
use xinqiao_proto::event::{
    self, CaseAccepted, CaseAssigned, CaseClosed, CaseClosureReported, CaseDiverted, CaseFiled,
    CaseNoLongerAccepted, CaseNotAccepted, CaseObjectionDecided, CaseOpinionIssued, CaseRegistered,
    CaseReleased, CaseRemedyChanged, CaseTransferredOut, ClockChanged, ClosureOutcome, LegalRoute,
};

use super::bad;
use crate::domain::{
    dossier::ClockNote,
    facts::{CaseFact, Closure, Outcome},
};

/// What an event tells; nothing for the many that change no fact.
pub(crate) fn fact(event: &Incoming) -> Result<Option<CaseFact>, Refusal> {
    Ok(Some(match event.kind.as_str() {
        "case.registered" => {
            let body: CaseRegistered = event.decode()?;
            CaseFact::Registered {
                persons: body.visit_count,
                leader_received: body.leader_received,
                sealed: body.sealed,
                rule_version: body.rule_version,
            }
        }
        "case.released" => {
            let body: CaseReleased = event.decode()?;
            CaseFact::Released {
                route_31_6: body.legal_route() == LegalRoute::LegalRoute316,
                leader_received: body.leader_received,
                responsible_leader_id: id(&body.responsible_leader_id),
            }
        }
        "case.diverted" => {
            let body: CaseDiverted = event.decode()?;
            ended(
                CaseState::Diverted,
                body.leader_received,
                &body.responsible_leader_id,
            )
        }
        "case.not_accepted" => {
            let body: CaseNotAccepted = event.decode()?;
            ended(
                CaseState::NotAccepted,
                body.leader_received,
                &body.responsible_leader_id,
            )
        }
        "case.voided" => ended(CaseState::Void, false, ""),
        "case.linked" => ended(CaseState::Linked, false, ""),
        "case.no_longer_accepted" => {
            let body: CaseNoLongerAccepted = event.decode()?;
            ended(
                CaseState::NoLongerAccepted,
                body.leader_received,
                &body.responsible_leader_id,
            )
        }
        "case.transferred_out" => {
            let body: CaseTransferredOut = event.decode()?;
            ended(
                CaseState::TransferredOut,
                body.leader_received,
                &body.responsible_leader_id,
            )
        }
        "case.withdrawn" => ended(CaseState::Withdrawn, false, ""),
        _ => return handling(event),
    }))
}

fn handling(event: &Incoming) -> Result<Option<CaseFact>, Refusal> {
    Ok(Some(match event.kind.as_str() {
        "case.assigned" => {
            let body: CaseAssigned = event.decode()?;
            CaseFact::Assigned {
                responsible_leader_id: id(&body.responsible_leader_id),
            }
        }
        "case.objected" => CaseFact::Objected,
        "case.objection_upheld" | "case.objection_refused" => {
            let body: CaseObjectionDecided = event.decode()?;
            CaseFact::ObjectionDecided { upheld: body.upheld }
        }
        "case.accepted" => {
            let body: CaseAccepted = event.decode()?;
            CaseFact::Accepted {
                notice_served: body.notice_served,
            }
        }
        "case.investigation_started" | "case.report_returned" => CaseFact::Investigating,
        "case.report_submitted" => CaseFact::Reported,
        "case.extended" => CaseFact::Extended,
        "case.opinion_issued" => {
            let body: CaseOpinionIssued = event.decode()?;
            CaseFact::OpinionIssued(outcome(body.outcome()))
        }
        "case.opinion_served" => CaseFact::OpinionServed,
        "case.execution_started" => CaseFact::Executing,
        "case.closure_reported" => {
            let body: CaseClosureReported = event.decode()?;
            CaseFact::ClosureReported {
                closure: closure(body.closure_outcome()),
                leader_received: body.leader_received,
                responsible_leader_id: id(&body.responsible_leader_id),
            }
        }
        _ => return closing(event),
    }))
}

fn closing(event: &Incoming) -> Result<Option<CaseFact>, Refusal> {
    Ok(Some(match event.kind.as_str() {
        "case.completeness_passed" => CaseFact::CompletenessPassed,
        "case.returned" => CaseFact::Returned,
        "petitioner.opinion_recorded" => CaseFact::PetitionerHeard,
        "leader.sent_back" => CaseFact::SentBack,
        "case.closed" => {
            let body: CaseClosed = event.decode()?;
            let on = local_date(event.occurred_at);
            CaseFact::Closed {
                leader_received: body.leader_received,
                persons: body.persons,
                on,
            }
        }
        "case.filed" => {
            let body: CaseFiled = event.decode()?;
            CaseFact::Filed {
                to_leader_review: body.to_leader_review,
                on: local_date(event.occurred_at),
            }
        }
        "case.remedy_changed" => {
            let body: CaseRemedyChanged = event.decode()?;
            let remedy = remedy(body.remedy()).ok_or_else(|| bad(&event.kind, "remedy"))?;
            let on = day(&body.effective_on).ok_or_else(|| bad(&event.kind, "effective_on"))?;
            CaseFact::RemedyChanged { remedy, on }
        }
        _ => return Ok(None),
    }))
}

fn ended(state: CaseState, leader_received: bool, leader: &str) -> CaseFact {
    CaseFact::Ended {
        state,
        leader_received,
        responsible_leader_id: id(leader),
    }
}

fn id(text: &str) -> Option<Uuid> {
    Uuid::try_parse(text).ok()
}

/// A date written YYYY-MM-DD.
pub(crate) use xinqiao_kernel::local::parse_date as day;

/// The instant of a protobuf time stamp, to the microsecond.
pub(crate) fn instant(stamp: &prost_types::Timestamp) -> Option<OffsetDateTime> {
    local::instant(stamp.seconds, stamp.nanos)
}

fn outcome(outcome: event::Outcome) -> Option<Outcome> {
    match outcome {
        event::Outcome::Unspecified => None,
        event::Outcome::Support => Some(Outcome::Support),
        event::Outcome::Explain => Some(Outcome::Explain),
        event::Outcome::NotSupport => Some(Outcome::NotSupport),
    }
}

fn closure(closure: ClosureOutcome) -> Option<Closure> {
    match closure {
        ClosureOutcome::Unspecified => None,
        ClosureOutcome::Resolved => Some(Closure::Resolved),
        ClosureOutcome::PartlyResolved => Some(Closure::PartlyResolved),
        ClosureOutcome::Explained => Some(Closure::Explained),
        ClosureOutcome::NotSupported => Some(Closure::NotSupported),
        ClosureOutcome::UnresolvedFollowup => Some(Closure::UnresolvedFollowup),
        ClosureOutcome::Diverted => Some(Closure::Diverted),
        ClosureOutcome::Withdrawn => Some(Closure::Withdrawn),
        ClosureOutcome::Onsite => Some(Closure::Onsite),
    }
}

fn remedy(remedy: event::Remedy) -> Option<Remedy> {
    match remedy {
        event::Remedy::Unspecified => None,
        event::Remedy::None => Some(Remedy::None),
        event::Remedy::ReviewWindow => Some(Remedy::ReviewWindow),
        event::Remedy::UnderReview => Some(Remedy::UnderReview),
        event::Remedy::RereviewWindow => Some(Remedy::RereviewWindow),
        event::Remedy::UnderRereview => Some(Remedy::UnderRereview),
        event::Remedy::RedoOrdered => Some(Remedy::RedoOrdered),
        event::Remedy::Final => Some(Remedy::Final),
    }
}

/// What a `clock.*` event says, for the readable log.
pub(crate) fn clock_note(kind: &str, body: &[u8]) -> Option<ClockNote> {
    if !kind.starts_with("clock.") {
        return None;
    }
    let ClockChanged {
        term, stop_reason, ..
    } = prost::Message::decode(body).ok()?;
    let term = term?;
    Some(ClockNote {
        clock: term.clock,
        start: term.start_date,
        due_raw: term.due_raw,
        due_eff: term.due_eff,
        due_safe: term.due_safe,
        stop_reason,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    fn event<B: event::EventBody>(kind: &str, body: &B) -> Incoming {
        Incoming {
            event_id: Uuid::nil(),
            kind: kind.to_owned(),
            publisher: "supervision".to_owned(),
            entity_kind: "case".to_owned(),
            entity_id: Uuid::nil(),
            case_no: None,
            sequence: 1,
            occurred_at: datetime!(2026-04-28 10:00 +8),
            causation_id: None,
            actor_ref: "service:supervision".to_owned(),
            trace_parent: None,
            body: body.encode_to_vec().into(),
        }
    }

    #[test]
    fn the_remedy_is_told_with_its_day() {
        let body = CaseRemedyChanged {
            remedy: event::Remedy::Final.into(),
            effective_on: "2026-05-22".into(),
        };
        let on = time::macros::date!(2026 - 05 - 22);
        let told = fact(&event("case.remedy_changed", &body)).unwrap();
        assert_eq!(
            told,
            Some(CaseFact::RemedyChanged {
                remedy: Remedy::Final,
                on
            })
        );
    }

    #[test]
    fn a_remedy_nobody_knows_is_not_taken() {
        let body = CaseRemedyChanged {
            remedy: 99,
            effective_on: "2026-05-22".into(),
        };
        assert_eq!(
            fact(&event("case.remedy_changed", &body)).unwrap_err().reason(),
            "BAD_EVENT"
        );
    }

    #[test]
    fn the_day_of_closing_is_the_local_day() {
        let mut closed = event("case.closed", &CaseClosed::default());
        closed.occurred_at = datetime!(2026-12-31 17:00 UTC);
        let Some(CaseFact::Closed { on, .. }) = fact(&closed).unwrap() else {
            panic!("not closed")
        };
        assert_eq!(on, time::macros::date!(2027 - 01 - 01));
    }

    #[test]
    fn what_changes_no_fact_tells_nothing() {
        assert_eq!(
            fact(&event("clock.started", &ClockChanged::default())).unwrap(),
            None
        );
        assert_eq!(
            fact(&event("reception.held", &ClockChanged::default())).unwrap(),
            None
        );
    }
}
