//! One act in progress: a transaction of one district and what it will leave behind when it commits.

mod opened;
mod papers;
mod tell;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use sqlx::PgConnection;
use time::{Date, OffsetDateTime};
use uuid::Uuid;
use xinqiao_kernel::{Calendar, DistrictCode, RuleSet};
use xinqiao_proto::common::SealedField;
use xinqiao_proto::event::EventBody;

pub use opened::Capacity;
pub use tell::Notice;

use super::access::{self, Access, Intent};
use super::{Desk, object_ref, person_ref};
use crate::audit::{self, Entry};
use crate::database::TenantTx;
use crate::districts::District;
use crate::document::{self, DocumentRow};
use crate::identity::{Caller, Role};
use crate::journal::{self, Draft, Entity};
use crate::permission::{Resource, Right};
use crate::refusal::Refusal;
use crate::seal::{Compartment, KeyRing, Opening, SealContext, SealError, Sealed};
use crate::{random, trace};
use xinqiao_kernel::local::local_date;

/// The event that changes the calendar in force.
const CALENDAR: &str = "calendar.published";

/// Who acts.
#[derive(Clone, Debug)]
pub enum Actor {
    /// A person, by a call.
    Person(Caller),
    /// The service itself: an event, a job, a timer.
    Service(&'static str),
}

impl Actor {
    /// `person:<id>` or `service:<name>`: how journal, audit and rows name who acted.
    pub fn reference(&self) -> String {
        match self {
            Self::Person(caller) => person_ref(&caller.person_id),
            Self::Service(name) => format!("service:{name}"),
        }
    }
}

/// One act in progress. Nothing it does is seen before its commit; dropped, it leaves nothing.
pub struct Act {
    desk: Desk,
    tx: TenantTx,
    calendar: Arc<Calendar>,
    actor: Actor,
    actor_ref: String,
    access: Option<Access>,
    action: Cow<'static, str>,
    now: OffsetDateTime,
    request_id: Option<Uuid>,
    cause: Option<Uuid>,
    new_calendar: bool,
    events: Vec<Draft>,
    /// That the caller has opened a case: told with the act, and no part of what it does.
    looks: Vec<Draft>,
    entries: Vec<Entry>,
    documents: Vec<DocumentRow>,
}

impl fmt::Debug for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Act")
            .field("action", &self.action)
            .field("district", &self.district())
            .finish_non_exhaustive()
    }
}

impl Act {
    pub(crate) async fn begin(
        desk: &Desk,
        actor: Actor,
        district: DistrictCode,
        action: &'static str,
    ) -> Result<Self, Refusal> {
        desk.served(district)?;
        let tx = desk.database().begin(district).await?;
        Ok(Self::over(desk, tx, actor, action).await?)
    }

    /// An act over a transaction that is already open.
    pub(crate) async fn over(
        desk: &Desk,
        mut tx: TenantTx,
        actor: Actor,
        action: impl Into<Cow<'static, str>>,
    ) -> Result<Self, sqlx::Error> {
        let district = tx.district();
        let calendar = desk.calendars().get(tx.conn(), district).await?;
        Ok(Self {
            now: desk.clock().now(),
            desk: desk.clone(),
            tx,
            calendar,
            actor_ref: actor.reference(),
            actor,
            access: None,
            action: action.into(),
            request_id: None,
            cause: None,
            new_calendar: false,
            events: Vec::new(),
            looks: Vec::new(),
            entries: Vec::new(),
            documents: Vec::new(),
        })
    }

    /// The act is done for a person, who needs this right.
    pub(super) fn asking(mut self, right: Right) -> Self {
        self.access = Some(Access::new(right));
        self
    }

    /// Asks whether the caller may do what he called for with this. An act of a person that never asks is refused
    /// at its end.
    ///
    /// Whoever may not even know of the case is told `hidden`, which must read like the answer for one that is not
    /// there.
    pub fn authorise(
        &mut self,
        resource: &Resource,
        hidden: impl FnOnce() -> Refusal,
    ) -> Result<(), Refusal> {
        match (&self.actor, &mut self.access) {
            (Actor::Person(caller), Some(access)) => access.authorise(caller, resource, hidden),
            _ => Ok(()),
        }
    }

    /// Keeps of a list the rows that the caller may do with what he called for.
    pub fn only_permitted<T>(&mut self, rows: &mut Vec<T>, resource: impl Fn(&T) -> Resource) {
        if let (Actor::Person(caller), Some(access)) = (&self.actor, &mut self.access) {
            rows.retain(|row| access.admits(caller, &resource(row)));
            access.asked();
        }
    }

    /// Keeps of a list that he may see the rows whose cases he may know of (§5.1).
    pub fn only_known<T>(&self, rows: &mut Vec<T>, resource: impl Fn(&T) -> Resource) {
        rows.retain(|row| self.permits(Right::ReadCaseHeader, &resource(row)));
    }

    /// Whether the caller has another right too: for what is shown beside, and for the rows of a list.
    pub fn permits(&self, right: Right, resource: &Resource) -> bool {
        match &self.actor {
            Actor::Person(caller) => access::decide(caller, right, resource).allowed,
            Actor::Service(_) => true,
        }
    }

    /// Says before the question what the caller wants to see and why: the audit row of a refusal then says so too.
    pub fn intend(&mut self, fields: &[&str], reason: &str) {
        if let Some(access) = &mut self.access {
            access.intend(Intent {
                fields: fields.iter().map(|field| (*field).to_owned()).collect(),
                reason: reason.to_owned(),
            });
        }
    }

    /// Notes that the act is refused because a limit is used up: the attempt leaves its row in the audit chain like one
    /// that was not permitted, with the limit in the place of the policies.
    pub fn exceeded(&mut self, object: impl Into<String>, limit: &'static str) {
        if let Some(access) = &mut self.access {
            access.exceeded(object.into(), limit);
        }
    }

    /// What opens values of class P4 (DEC-14): a proof for who was permitted to read a sealed case, or, for what the
    /// procedure itself has written, to take part in it. Nothing for anybody else, nor for the service itself.
    pub fn opening(&self) -> Option<Opening> {
        self.access.as_ref().and_then(Access::opening)
    }

    /// The caller and what was decided, when it was not permitted.
    pub(super) fn into_denied(self) -> Option<(Caller, Access)> {
        match (self.actor, self.access) {
            (Actor::Person(caller), Some(access)) if access.denied().is_some() => Some((caller, access)),
            _ => None,
        }
    }

    /// Leaves nothing but the row of an attempt that was not permitted.
    pub(super) async fn finish_denied(mut self, access: Access) -> Result<(), Refusal> {
        if let (Actor::Person(caller), Some(denied)) = (&self.actor, access.denied()) {
            let mut entry = self.entry(denied.object.clone());
            entry.denied(&caller.roles, &denied.policies);
            if let Some(intent) = access.intent() {
                entry.fields.clone_from(&intent.fields);
                entry.reason = Some(self.sealed_reason(Some(&access), &entry, &intent.reason));
            }
            self.entries.push(entry);
        }
        self.commit().await
    }

    pub(crate) fn set_request_id(&mut self, request_id: Uuid) {
        self.request_id = Some(request_id);
    }

    /// Tells that the act applies a foreign event.
    pub(crate) fn applies(&mut self, event_id: Uuid, kind: &str) {
        self.cause = Some(event_id);
        self.new_calendar |= kind == CALENDAR;
    }

    /// The connection of this act's transaction.
    pub fn conn(&mut self) -> &mut PgConnection {
        self.tx.conn()
    }

    /// The district whose rows are seen.
    pub fn district(&self) -> DistrictCode {
        self.tx.district()
    }

    /// The district as its file describes it.
    pub fn district_file(&self) -> &District {
        self.desk
            .districts()
            .get(self.tx.district())
            .expect("an act begins in a district that is served")
    }

    /// The rules of the district.
    pub fn rules(&self) -> &RuleSet {
        &self.district_file().rules
    }

    /// The working-day calendar in force.
    pub fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    /// Who acts.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// `person:<id>` or `service:<name>`, for `created_by` and `updated_by`.
    pub fn actor_ref(&self) -> &str {
        &self.actor_ref
    }

    /// The person who calls.
    ///
    /// # Panics
    /// In an act of the service itself, which has no caller.
    pub fn caller(&self) -> &Caller {
        match &self.actor {
            Actor::Person(caller) => caller,
            Actor::Service(name) => panic!("an act of service {name} has no caller"),
        }
    }

    /// Legal time; the same instant during the whole act.
    pub fn now(&self) -> OffsetDateTime {
        self.now
    }

    /// The legal date in Asia/Shanghai.
    pub fn today(&self) -> Date {
        local_date(self.now)
    }

    /// The keys.
    pub fn keys(&self) -> &KeyRing {
        self.desk.keys()
    }

    /// The desk it is done at.
    pub fn desk(&self) -> &Desk {
        &self.desk
    }

    /// The foreign event being applied, if this act applies one.
    pub fn cause(&self) -> Option<Uuid> {
        self.cause
    }

    /// The trace this act belongs to, for timelines.
    pub fn trace_id(&self) -> Option<String> {
        trace::current_trace_id()
    }

    /// Seals a value of class P2 or P3 for a row of this district.
    pub fn seal(&self, table: &str, column: &str, row: Uuid, plain: &str) -> Sealed {
        self.keys()
            .seal_text(&SealContext::new(self.district(), table, column, row), plain)
    }

    /// Opens a value of a row of this district.
    pub fn open(&self, table: &str, column: &str, row: Uuid, sealed: &Sealed) -> Result<String, SealError> {
        self.keys()
            .open_text(&SealContext::new(self.district(), table, column, row), sealed)
    }

    /// Queues an event; it is written at the commit. Returns its id.
    ///
    /// # Panics
    /// When `kind` is not a name of `B`: a programming error.
    pub fn publish<B: EventBody>(&mut self, kind: &'static str, entity: Entity, body: &B) -> Uuid {
        self.publish_as(random::new_id(), kind, entity, body)
    }

    /// Queues an event whose body holds sealed fields: they are bound to the event id, so the body is built from it.
    /// `sealer` seals one field: `|id, sealer| CaseRegistered { title: Some(sealer.field("title", text)), … }`.
    pub fn publish_sealed<B: EventBody>(
        &mut self,
        kind: &'static str,
        entity: Entity,
        build: impl FnOnce(Uuid, &FieldSealer<'_>) -> B,
    ) -> Uuid {
        let event_id = random::new_id();
        let sealer = FieldSealer {
            keys: self.desk.keys(),
            district: self.district(),
            event_id,
        };
        let body = build(event_id, &sealer);
        self.publish_as(event_id, kind, entity, &body)
    }

    fn publish_as<B: EventBody>(
        &mut self,
        event_id: Uuid,
        kind: &'static str,
        entity: Entity,
        body: &B,
    ) -> Uuid {
        let draft = Draft::new(self.desk.service(), self.district(), kind, entity, event_id, body);
        self.new_calendar |= kind == CALENDAR;
        self.events.push(draft);
        event_id
    }

    /// Records an access or a change in the audit chain, beside the row that every command gets by itself.
    /// `fields` are names, never values; the reason is sealed.
    pub fn audit(&mut self, object: impl Into<String>, fields: &[&str], reason: Option<&str>) {
        let mut entry = self.entry(object.into());
        entry.fields = fields.iter().map(|field| (*field).to_owned()).collect();
        entry.reason = reason.map(|text| self.sealed_reason(self.access.as_ref(), &entry, text));
        self.entries.push(entry);
    }

    /// Records what somebody without a token was let into, or which limit kept him out: as what he came is all that is
    /// known of him.
    pub fn audit_visitor(&mut self, object: impl Into<String>, role: Role, limit: Option<&str>) {
        let mut entry = self.entry(object.into());
        match limit {
            Some(limit) => entry.denied(&[role], &[limit]),
            None => entry.granted(&[role], &[]),
        }
        self.entries.push(entry);
    }

    fn sealed_reason(&self, access: Option<&Access>, entry: &Entry, text: &str) -> Sealed {
        let compartment = access.map_or(Compartment::Ordinary, Access::compartment);
        Entry::sealed_reason(self.keys(), compartment, self.district(), entry.entry_id, text)
    }

    fn entry(&self, object: String) -> Entry {
        // A reading has no name of its own: it is called by its right.
        let action = match &self.access {
            Some(access) if self.action.is_empty() => access.right().name(),
            _ => self.action.as_ref(),
        };
        let mut entry = Entry::new(self.now, self.actor_ref.clone(), action, object);
        entry.request_id = self.request_id;
        entry.trace_id = trace::current_trace_id();
        if let (Actor::Person(caller), Some(access)) = (&self.actor, &self.access) {
            entry.granted(&caller.roles, access.granted().unwrap_or_default());
        }
        entry
    }

    /// Every command leaves one row, and so does every look of city support into the case it was let into, unless the
    /// reading noted it itself; an act of the service leaves one when it left anything else.
    fn own_entry(&self) -> Option<Entry> {
        let left_something = !self.events.is_empty() || !self.documents.is_empty();
        let due = match &self.actor {
            Actor::Person(caller) if caller.breaks_glass() => return self.look(caller),
            Actor::Person(_) => !self.action.is_empty(),
            Actor::Service(_) => left_something && self.entries.is_empty(),
        };
        due.then(|| {
            let object = self.events.first().map_or_else(String::new, |event| {
                object_ref(event.entity().kind.as_str(), event.entity().id)
            });
            self.entry(object)
        })
    }

    /// What city support looked at: the case it was let into, by this right.
    fn look(&self, caller: &Caller) -> Option<Entry> {
        let case = caller
            .case_id
            .map_or_else(String::new, |id| object_ref("case", id));
        if self.entries.iter().any(|entry| entry.object == case) {
            return None;
        }
        let mut entry = self.entry(case);
        let right = self.access.as_ref().map(|access| access.right().to_string());
        entry.fields.extend(right);
        Some(entry)
    }

    /// Ends the act: nothing is kept of one whose right was never asked for.
    pub(crate) async fn finish(mut self) -> Result<(), Refusal> {
        let unasked = |access: &Access| access.granted().is_none();
        if self.access.as_ref().is_some_and(unasked) {
            return Err(Refusal::internal(&"an act of a person did not ask for its right"));
        }
        let own = self.own_entry();
        self.entries.extend(own);
        self.commit().await
    }

    /// Writes what was queued and commits. The district's audit head is taken last, just before the commit,
    /// because its writers wait for each other from there on.
    async fn commit(mut self) -> Result<(), Refusal> {
        let district = self.tx.district();
        let entries = std::mem::take(&mut self.entries);
        if !entries.is_empty() || !self.looks.is_empty() {
            document::insert(self.tx.conn(), district, &self.documents).await?;
            let head = audit::lock_head(self.tx.conn(), district).await?;
            let mut drafts = std::mem::take(&mut self.events);
            // The papers of an act go before it: whoever takes the case over has them already.
            drafts.sort_by_key(|draft| draft.kind() != "document.created");
            drafts.append(&mut self.looks);
            journal::append(
                self.tx.conn(),
                district,
                drafts,
                self.cause,
                &self.actor_ref,
                self.now,
            )
            .await?;
            if !entries.is_empty() {
                audit::append(self.tx.conn(), district, head, &entries).await?;
            }
        }
        self.tx.commit().await?;
        if self.new_calendar {
            self.desk.calendars().forget(district);
        }
        self.desk.wakers().wake();
        Ok(())
    }
}

/// Seals fields of one event.
#[derive(Clone, Copy, Debug)]
pub struct FieldSealer<'a> {
    keys: &'a KeyRing,
    district: DistrictCode,
    event_id: Uuid,
}

impl FieldSealer<'_> {
    /// Seals one field, named as in the message.
    pub fn field(&self, name: &str, plain: &str) -> SealedField {
        self.keys.seal_field(self.district, self.event_id, name, plain)
    }
}
