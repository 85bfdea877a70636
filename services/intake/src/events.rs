//! What other services tell, and what becomes of it here: the overall state, the bound leader, the hold that
//! comes back, the time line, the running clocks and the terms that another calendar has moved, the reception days, whom a
//! case concerns, where a unit stands and what it is called, who has opened a case where, and of what petitioners are to be
//! told.

use futures::future::BoxFuture;
use prost::Message as _;
use time::Date;
use tracing::warn;
use uuid::Uuid;
use xinqiao_chassis::concern;
use xinqiao_chassis::desk::{Act, Capacity, object_ref};
use xinqiao_chassis::identity::Role;
use xinqiao_chassis::inbox::{Incoming, Subscriber};
use xinqiao_chassis::refusal::Refusal;
use xinqiao_kernel::local::{local_date, parse_date};
use xinqiao_proto::common::LegalTerm;
use xinqiao_proto::event::{
    CaseAssigned, CaseFiled, CaseObjectionDecided, CaseOpened, CaseRemedyChanged, ClockChanged,
    ReceptionFinalised, ReceptionHeld, UnitChanged,
};

use crate::contract;
use crate::domain::transition::{self, Standing};
use crate::notices;
use crate::store::access;
use crate::store::cases::terms;
use crate::store::cases::timeline::{self, NewEntry};
use crate::store::cases::{self as rows, By, CaseRow, ReceptionSeen};
use crate::store::{reception_days, sealed};

/// Kinds that move no state but belong on the time line.
const NOTED: &[&str] = &[
    "reception.held",
    "reception.finalised",
    "visit.finalised",
    "letter.annotated",
    "case.remedy_changed",
];

/// After these nobody is received on a reception day any more.
const OVER: &[&str] = &["reception_day.closed", "reception_day.cancelled"];

/// Follows the other services.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Follower;

impl Subscriber for Follower {
    fn apply<'t>(&'t self, act: &'t mut Act, event: &'t Incoming) -> BoxFuture<'t, Result<(), Refusal>> {
        Box::pin(async move {
            concern::follow(act, event).await?;
            match event.kind.as_str() {
                "unit.changed" => return place_unit(act, event).await,
                "case.opened" => return note_opened(act, event).await,
                "notification.requested" => return notices::asked(act, event).await,
                _ => {}
            }
            if event.kind.starts_with("clock.") {
                return follow_clock(act, event).await;
            }
            if event.entity_kind == "reception_day" {
                return follow_day(act, event).await;
            }
            if event.entity_kind != "case"
                || !(transition::known(&event.kind) || NOTED.contains(&event.kind.as_str()))
            {
                return Ok(());
            }
            let district = act.district();
            match rows::take(act.conn(), district, event.entity_id).await? {
                Some(row) => follow(act, event, &row).await,
                // Every case is registered here first: an event on an unknown one is a fault worth seeing.
                None => Err(Refusal::internal(
                    &"an event on a case that is not registered here",
                )),
            }
        })
    }
}

/// Notes what a unit is called, and under which it stands.
async fn place_unit(act: &mut Act, event: &Incoming) -> Result<(), Refusal> {
    let changed: UnitChanged = event.decode()?;
    let (district, parent) = (act.district(), optional(&changed.parent_unit_id)?);
    let (unit, at) = (event.entity_id, event.occurred_at);
    sealed::put_unit(act.conn(), district, unit, &changed.name, parent, at).await?;
    Ok(())
}

/// Notes for the petitioner who opened his case at another service.
async fn note_opened(act: &mut Act, event: &Incoming) -> Result<(), Refusal> {
    let opened: CaseOpened = event.decode()?;
    let capacity = Capacity {
        role: opened
            .role
            .parse::<Role>()
            .map_err(|error| Refusal::internal(&error))?,
        unit_id: optional(&opened.unit_id)?,
    };
    let (district, case_id) = (act.district(), required(&opened.case_id)?);
    let day = local_date(event.occurred_at);
    access::note(act.conn(), district, case_id, day, capacity).await?;
    Ok(())
}

/// Notes until when a clock of a case runs, for its petitioner.
async fn follow_clock(act: &mut Act, event: &Incoming) -> Result<(), Refusal> {
    let changed: ClockChanged = event.decode()?;
    let (district, case) = (act.district(), event.entity_id);
    let clock_id = required(&changed.clock_id)?;
    match (event.kind.as_str(), changed.term) {
        ("clock.started" | "clock.recomputed", Some(term)) => {
            let eff = day(&term.due_eff)?;
            terms::put(act.conn(), district, case, clock_id, &term.clock, eff).await?;
            if event.kind == "clock.recomputed" {
                moved_by_calendar(act, case, &term).await?;
            }
        }
        ("clock.stopped", _) => terms::stop(act.conn(), district, case, clock_id).await?,
        _ => {}
    }
    Ok(())
}

fn day(text: &str) -> Result<Date, Refusal> {
    parse_date(text).ok_or_else(|| Refusal::internal(&"a clock without its dates"))
}

/// Another calendar came into force: the terms that people are shown follow supervision's.
async fn moved_by_calendar(act: &mut Act, case: Uuid, term: &LegalTerm) -> Result<(), Refusal> {
    let district = act.district();
    match term.clock.as_str() {
        "K1" => {
            let dates = [day(&term.due_raw)?, day(&term.due_eff)?, day(&term.due_safe)?];
            terms::k1_recomputed(act.conn(), district, case, dates, term).await?;
        }
        "K1b" => terms::k1b_recomputed(act.conn(), district, case, term).await?,
        _ => {}
    }
    Ok(())
}

/// Notes a reception day. When it is over, the cases of it without a record are released like those of no day: a leader
/// who did not receive is not responsible (DEC-16).
async fn follow_day(act: &mut Act, event: &Incoming) -> Result<(), Refusal> {
    let is_over = OVER.contains(&event.kind.as_str());
    let (district, day, at) = (act.district(), event.entity_id, event.occurred_at);
    reception_days::put(act.conn(), district, day, is_over, at).await?;
    if is_over {
        let actor = event.actor_ref.clone();
        let by = By { actor: &actor, at };
        for case in reception_days::drop_from_cases(act.conn(), district, day, by).await? {
            act.audit(object_ref("case", case), &["reception_day_id"], None);
        }
    }
    Ok(())
}

async fn follow(act: &mut Act, event: &Incoming, row: &CaseRow) -> Result<(), Refusal> {
    let (district, actor) = (act.district(), event.actor_ref.clone());
    let by = By {
        actor: &actor,
        at: event.occurred_at,
    };
    let before = row.standing();
    let standing = moved(event, before)?;
    if standing != before {
        rows::followed(act.conn(), district, row.id, standing, by).await?;
    }
    effects(act, event, row, by).await?;
    let entry = NewEntry {
        event_id: event.event_id,
        kind: &event.kind,
        at: event.occurred_at,
        state: standing.state,
        actor: &actor,
        service: &event.publisher,
        trace_id: event.trace_id(),
    };
    timeline::append(act.conn(), district, row.id, entry).await?;
    Ok(())
}

/// Where the event leads. The holder has decided already: an event that the table does not know from here stays
/// on the time line and changes nothing, and is told to whoever watches the service.
fn moved(event: &Incoming, before: Standing) -> Result<Standing, Refusal> {
    if !transition::known(&event.kind) {
        return Ok(before);
    }
    let to_leader_review = if event.kind == "case.filed" {
        event.decode::<CaseFiled>()?.to_leader_review
    } else {
        false
    };
    Ok(before.follow(&event.kind, to_leader_review).unwrap_or_else(|| {
        warn!(
            case = %event.entity_id,
            kind = event.kind,
            publisher = event.publisher,
            state = before.state.code(),
            "event does not fit the state of the case"
        );
        before
    }))
}

/// What an event changes beside the state.
async fn effects(act: &mut Act, event: &Incoming, row: &CaseRow, by: By<'_>) -> Result<(), Refusal> {
    let district = act.district();
    match event.kind.as_str() {
        "reception.held" => {
            let held: ReceptionHeld = event.decode()?;
            let seen = ReceptionSeen {
                reception: required(&held.reception_id)?,
                day: optional(&held.reception_day_id)?,
                leader: None,
                finalised: false,
            };
            rows::received(act.conn(), district, row.id, seen, by).await?;
        }
        "reception.finalised" => {
            let finalised: ReceptionFinalised = event.decode()?;
            let seen = ReceptionSeen {
                reception: required(&finalised.reception_id)?,
                day: optional(&finalised.reception_day_id)?,
                leader: Some(required(&finalised.leader_id)?),
                finalised: true,
            };
            rows::received(act.conn(), district, row.id, seen, by).await?;
        }
        "case.assigned" => {
            let assigned: CaseAssigned = event.decode()?;
            let mut units = vec![required(&assigned.lead_unit_id)?];
            for unit in &assigned.assist_unit_ids {
                units.push(required(unit)?);
            }
            rows::assigned(act.conn(), district, row.id, &units).await?;
        }
        "case.objection_upheld" => {
            let decided: CaseObjectionDecided = event.decode()?;
            let k1b = decided.k1b.map(|term| term.encode_to_vec());
            rows::given_back(act.conn(), district, row.id, k1b).await?;
        }
        "case.remedy_changed" => {
            let changed: CaseRemedyChanged = event.decode()?;
            let remedy = contract::remedy_of(changed.remedy);
            let remedy = remedy.ok_or_else(|| Refusal::internal(&"an unknown remedy"))?;
            rows::remedy_changed(act.conn(), district, row.id, remedy).await?;
        }
        _ => {}
    }
    Ok(())
}

fn required(id: &str) -> Result<Uuid, Refusal> {
    Uuid::parse_str(id).map_err(|error| Refusal::internal(&error))
}

fn optional(id: &str) -> Result<Option<Uuid>, Refusal> {
    if id.is_empty() {
        Ok(None)
    } else {
        required(id).map(Some)
    }
}
