//! A case taken for one transaction, with its clocks: what happens to it is applied, kept and published here.

use time::OffsetDateTime;
use tracing::warn;
use uuid::Uuid;
use xinqiao_chassis::{desk::Act, journal::Entity, random, refusal::Refusal};
use xinqiao_kernel::{ClockCode, Remedy};
use xinqiao_proto::event::{CaseRemedyChanged, ClockChanged};

use super::{calendar, metrics, wire};
use crate::{
    domain::{
        case::Case,
        clocks::{self, Change, Clock, ClockState, Clocks, Happening, Law, Level},
        trigger::Trigger,
    },
    store::{self, Stamp, clocks::Ledger},
};

/// Who writes rows in this act.
pub(crate) fn stamp(act: &Act) -> Stamp {
    Stamp {
        district: act.district(),
        at: act.now(),
        by: act.actor_ref().to_owned(),
    }
}

/// A case that no other transaction changes while this one has it.
#[derive(Debug)]
pub(crate) struct CaseFile {
    /// The case.
    pub(crate) case: Case,
    /// Its clocks, without their ledgers.
    pub(crate) clocks: Clocks,
}

fn law(act: &Act) -> Law<'_> {
    Law {
        rules: act.rules(),
        calendar: act.calendar(),
    }
}

impl CaseFile {
    /// Takes a case, its clocks held against the calendar in force; `None` when the district has none with this
    /// identifier.
    pub(crate) async fn open(act: &mut Act, case_id: Uuid) -> Result<Option<Self>, Refusal> {
        let district = act.district();
        if !store::cases::lock(act.conn(), district, case_id).await? {
            return Ok(None);
        }
        let Some(case) = store::cases::load(act.conn(), district, case_id).await? else {
            return Ok(None);
        };
        let mut clocks = store::clocks::of_case(act.conn(), district, case_id, Ledger::Leave).await?;
        let in_force = act.calendar().version();
        let is_behind = clocks.running().any(|clock| clock.held_against != in_force);
        if is_behind && calendar::hold_case(act, case_id).await? {
            clocks = store::clocks::of_case(act.conn(), district, case_id, Ledger::Leave).await?;
        }
        Ok(Some(Self { case, clocks }))
    }

    /// The case as events name it.
    pub(crate) fn entity(&self) -> Entity {
        Entity::case(self.case.id, self.case.number)
    }

    /// Moves the case and its clocks, in memory. The version moves with it.
    pub(crate) fn happen(&mut self, act: &Act, happening: &Happening) -> Vec<Change> {
        self.case.happen(happening.trigger);
        self.case.version += 1;
        self.clocks_only(act, happening)
    }

    /// Moves the clocks alone.
    pub(crate) fn clocks_only(&mut self, act: &Act, happening: &Happening) -> Vec<Change> {
        self.clocks
            .apply(happening, self.case.is_handled(), law(act), &mut random::new_id)
    }

    /// Acts on every rung that was due at an instant, each once and in order.
    ///
    /// The timer asks for now. An event and a command ask for their own time first: whoever is late is late, whether
    /// the timer or the act was applied first.
    pub(crate) async fn fire_until(&mut self, act: &mut Act, until: OffsetDateTime) -> Result<(), Refusal> {
        loop {
            let handled = self.case.is_handled();
            let changes = self
                .clocks
                .fire_next(until, act.now(), handled, law(act), &mut random::new_id);
            if changes.is_empty() {
                return Ok(());
            }
            self.keep(act, &changes).await?;
        }
    }

    /// Writes and publishes what changed of the clocks, in the order in which it happened.
    pub(crate) async fn keep(&mut self, act: &mut Act, changes: &[Change]) -> Result<(), Refusal> {
        let stamp = stamp(act);
        for change in changes {
            match *change {
                Change::Started(index) => {
                    let clock = &self.clocks.all[index];
                    store::clocks::insert(act.conn(), &stamp, self.case.id, clock).await?;
                    self.tell_difference(act, clock);
                    self.publish(act, "clock.started", clock, None);
                }
                Change::Stopped(index) => {
                    let clock = &self.clocks.all[index];
                    store::clocks::stop(act.conn(), &stamp, clock).await?;
                    self.publish(act, "clock.stopped", clock, None);
                    self.window_closed(act, index);
                }
                Change::Fired(index, level) => {
                    let clock = &self.clocks.all[index];
                    store::clocks::fired(act.conn(), &stamp, clock, level).await?;
                    metrics::fired(act.district(), level);
                    match level {
                        Level::Amber => self.publish(act, "clock.amber", clock, Some(level)),
                        Level::Red => self.publish(act, "clock.red", clock, Some(level)),
                        Level::Overdue => self.publish(act, "clock.overdue", clock, Some(level)),
                        // The end of a right is told by clock.stopped.
                        Level::End => {}
                    }
                }
                Change::Withdrawn(index, level) => {
                    let clock = &self.clocks.all[index];
                    store::clocks::withdrawn(act.conn(), &stamp, clock, level).await?;
                    self.publish(act, "clock.withdrawn", clock, Some(level));
                }
            }
        }
        Ok(())
    }

    /// Writes the case.
    pub(crate) async fn save(&self, act: &mut Act) -> Result<(), Refusal> {
        let stamp = stamp(act);
        store::cases::update(act.conn(), &stamp, &self.case, self.clocks.next_due_at()).await?;
        Ok(())
    }

    /// The running clock that an own transition has just started; its dates go into event and answer.
    pub(crate) fn running(&self, code: ClockCode) -> Result<&Clock, Refusal> {
        self.clocks
            .running_of(code)
            .ok_or_else(|| Refusal::internal(&format!("clock {code} was not started")))
    }

    /// Service of an opinion that can be reviewed opens the review window (R1) `[§4.4]`.
    pub(crate) fn remedy_after(&mut self, act: &mut Act, happening: &Happening) {
        if happening.trigger == Trigger::OpinionServed && self.case.is_handled() {
            self.remedy(act, Remedy::ReviewWindow, happening.day);
        }
    }

    /// A window that closed unused makes the matter final (R6), where the district says so `[U6]`.
    fn window_closed(&mut self, act: &mut Act, index: usize) {
        let clock = &self.clocks.all[index];
        let unused = clock.code == ClockCode::K6 && clock.state == ClockState::Expired;
        if unused && act.rules().parameters.final_on_expiry {
            let day = clocks::effective_on(clock);
            self.remedy(act, Remedy::Final, day);
        }
    }

    fn remedy(&mut self, act: &mut Act, remedy: Remedy, effective_on: time::Date) {
        self.case.remedy = remedy;
        self.case.remedy_effective_on = Some(effective_on);
        let body = CaseRemedyChanged {
            remedy: wire::remedy(remedy).into(),
            effective_on: effective_on.to_string(),
        };
        act.publish("case.remedy_changed", self.entity(), &body);
    }

    fn publish(&self, act: &mut Act, kind: &'static str, clock: &Clock, level: Option<Level>) {
        let rung = clock.rungs.iter().find(|rung| Some(rung.level) == level);
        let stop_reason = if clock.is_running() {
            ""
        } else {
            clock.state.code()
        };
        let body = ClockChanged {
            clock_id: clock.id.to_string(),
            term: Some(wire::legal_term(clock)),
            stop_reason: stop_reason.to_owned(),
            due_at: rung.map(|rung| wire::timestamp(rung.due_at)),
            round: clock.round,
            level: level.map(Level::code).unwrap_or_default().to_owned(),
        };
        act.publish(kind, self.entity(), &body);
    }

    /// A publisher with other dates is an alarm: the derivation here counts, the other is to be found and mended.
    fn tell_difference(&self, act: &Act, clock: &Clock) {
        if clock.differed {
            metrics::differed(act.district(), clock.code);
            warn!(
                case = %self.case.id, clock = %clock.code, event = %clock.started_by,
                raw = %clock.due.raw, eff = %clock.due.eff, safe = %clock.due.safe,
                "publisher's dates differ from the derivation"
            );
        }
    }
}
