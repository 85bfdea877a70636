//! Delegations: drafted by the aide, proposed by the leader, approved by who is to act.

use time::Date;
use tonic::{Request, Response, Status};
use uuid::Uuid;
use xinqiao_chassis::desk::{Act, Desk, object_ref};
use xinqiao_chassis::journal::Entity;
use xinqiao_chassis::permission::Resource;
use xinqiao_chassis::random;
use xinqiao_chassis::refusal::{Fields, Page, Refusal};
use xinqiao_proto::event::{self, DelegationChanged};
use xinqiao_proto::scheduling as wire_v1;
use xinqiao_proto::scheduling::delegation_service_server::DelegationService;

use super::error::{Error, What};
use super::wire;
use crate::domain::delegation::{self as rules, Entry, Scope, State};
use crate::store;
use crate::store::delegations::Delegation;

/// Implements `DelegationService`.
#[derive(Debug)]
pub(super) struct Delegations {
    desk: Desk,
}

impl Delegations {
    pub(super) const fn new(desk: Desk) -> Self {
        Self { desk }
    }
}

#[tonic::async_trait]
impl DelegationService for Delegations {
    async fn draft_delegation(
        &self,
        request: Request<wire_v1::DraftDelegationRequest>,
    ) -> Result<Response<wire_v1::DraftDelegationResponse>, Status> {
        self.desk
            .act(request, |act, query| Box::pin(draft(act, query)))
            .await
    }

    async fn propose_delegation(
        &self,
        request: Request<wire_v1::ProposeDelegationRequest>,
    ) -> Result<Response<wire_v1::ProposeDelegationResponse>, Status> {
        self.desk
            .act(request, |act, query| Box::pin(propose(act, query)))
            .await
    }

    async fn confirm_delegation(
        &self,
        request: Request<wire_v1::ConfirmDelegationRequest>,
    ) -> Result<Response<wire_v1::ConfirmDelegationResponse>, Status> {
        self.desk
            .act(request, |act, query| Box::pin(confirm(act, query)))
            .await
    }

    async fn decide_delegation(
        &self,
        request: Request<wire_v1::DecideDelegationRequest>,
    ) -> Result<Response<wire_v1::DecideDelegationResponse>, Status> {
        self.desk
            .act(request, |act, query| Box::pin(decide(act, query)))
            .await
    }

    async fn revoke_delegation(
        &self,
        request: Request<wire_v1::RevokeDelegationRequest>,
    ) -> Result<Response<wire_v1::RevokeDelegationResponse>, Status> {
        self.desk
            .act(request, |act, query| Box::pin(revoke(act, query)))
            .await
    }

    async fn list_delegations(
        &self,
        request: Request<wire_v1::ListDelegationsRequest>,
    ) -> Result<Response<wire_v1::ListDelegationsResponse>, Status> {
        self.desk
            .read(request, |act, query| Box::pin(list(act, query)))
            .await
    }
}

async fn draft(
    act: &mut Act,
    query: wire_v1::DraftDelegationRequest,
) -> Result<wire_v1::DraftDelegationResponse, Refusal> {
    let mut fields = Fields::new();
    let persons = (query.leader_id.as_str(), query.delegate_id.as_str());
    let days = (query.first_day.as_str(), query.last_day.as_str());
    let entry = entry(&mut fields, persons, query.scope, days);
    let delegation = add(act, fields, entry, State::Draft).await?;
    Ok(wire_v1::DraftDelegationResponse {
        delegation: Some(shown(delegation)),
    })
}

async fn propose(
    act: &mut Act,
    query: wire_v1::ProposeDelegationRequest,
) -> Result<wire_v1::ProposeDelegationResponse, Refusal> {
    let mut fields = Fields::new();
    let persons = (query.leader_id.as_str(), query.delegate_id.as_str());
    let days = (query.first_day.as_str(), query.last_day.as_str());
    let entry = entry(&mut fields, persons, query.scope, days);
    let delegation = add(act, fields, entry, State::Proposed).await?;
    Ok(wire_v1::ProposeDelegationResponse {
        delegation: Some(shown(delegation)),
    })
}

/// What a form says: who for whom, what for, from when to when.
fn entry(
    fields: &mut Fields,
    (leader, delegate): (&str, &str),
    typed_scope: i32,
    (first, last): (&str, &str),
) -> Entry {
    Entry {
        leader_id: fields.uuid("leader_id", leader),
        delegate_id: fields.uuid("delegate_id", delegate),
        scope: scope(fields, typed_scope),
        first_day: fields.date("first_day", first),
        last_day: fields.date("last_day", last),
    }
}

/// Adds a delegation of a leader at whose desk the caller works.
async fn add(act: &mut Act, mut fields: Fields, entry: Entry, state: State) -> Result<Delegation, Refusal> {
    if let Some(leader_id) = entry.leader_id {
        at_desk_of(act, leader_id, What::Leader)?;
        if store::leaders::find(act, leader_id).await?.is_none() {
            return Err(Error::NotFound(What::Leader).into());
        }
    }
    let team = store::leaders::team(act).await?;
    let (first, last) = (
        entry.first_day.unwrap_or_else(|| act.today()),
        entry.last_day.unwrap_or_else(|| act.today()),
    );
    let ids = team.iter().map(|leader| leader.id).collect();
    let turns = super::roster::turns(act, ids, first, last).await?;
    let with_certificate = team.iter().filter(|leader| !leader.certificate_pem.is_empty());
    let can_sign: Vec<Uuid> = with_certificate.map(|leader| leader.id).collect();
    rules::check(&mut fields, &entry, act.today(), &turns, &can_sign);
    fields.finish()?;
    let Entry {
        leader_id: Some(leader_id),
        delegate_id: Some(delegate_id),
        scope: Some(scope),
        first_day: Some(first_day),
        last_day: Some(last_day),
    } = entry
    else {
        return Err(Refusal::internal(&"fields were checked"));
    };
    let delegation = Delegation {
        id: random::new_id(),
        leader_id,
        delegate_id,
        scope,
        first_day,
        last_day,
        state,
        approved_by: None,
        approved_at: None,
        created_by: act.actor_ref().to_owned(),
        version: 1,
    };
    store::delegations::insert(act, &delegation).await?;
    let written = ["delegate_id", "scope", "first_day", "last_day"];
    act.audit(object_ref("delegation", delegation.id), &written, None);
    Ok(delegation)
}

/// The caller works at the desk of this leader; whoever does not is answered as if nothing were there.
fn at_desk_of(act: &mut Act, leader_id: Uuid, what: What) -> Result<(), Refusal> {
    let desk = Resource::Leader(act.district(), leader_id);
    act.authorise(&desk, || Error::NotFound(what).into())
}

/// Whose desk an act is done at.
#[derive(Clone, Copy)]
enum Side {
    Leader,
    Delegate,
}

/// The delegation to be changed, locked, in the version the caller saw, of a caller on that side of it.
async fn take(act: &mut Act, id: &str, version: u64, side: Side) -> Result<Delegation, Refusal> {
    let id = wire::row_id("delegation_id", id)?;
    let delegation = store::delegations::lock(act, id)
        .await?
        .ok_or(Error::NotFound(What::Delegation))?;
    let desk = match side {
        Side::Leader => delegation.leader_id,
        Side::Delegate => delegation.delegate_id,
    };
    at_desk_of(act, desk, What::Delegation)?;
    wire::same_version(version, delegation.version)?;
    Ok(delegation)
}

/// Writes what an act makes of a delegation.
async fn put(act: &mut Act, delegation: &mut Delegation, deed: rules::Act) -> Result<(), Refusal> {
    let before = delegation.state;
    delegation.state = before.after(deed).ok_or(Error::DelegationState(before))?;
    if !store::delegations::change(act, delegation).await? {
        return Err(Refusal::stale_version());
    }
    let in_force = |state| state == State::Approved;
    if in_force(before) == in_force(delegation.state) {
        act.audit(object_ref("delegation", delegation.id), &["state"], None);
    } else {
        announce(act, delegation);
    }
    Ok(())
}

/// What is over needs nobody's word any more.
fn not_over(today: Date, delegation: &Delegation) -> Result<(), Refusal> {
    if delegation.last_day < today {
        return Err(Error::DelegationOver(delegation.last_day).into());
    }
    Ok(())
}

async fn confirm(
    act: &mut Act,
    query: wire_v1::ConfirmDelegationRequest,
) -> Result<wire_v1::ConfirmDelegationResponse, Refusal> {
    let mut delegation = take(act, &query.delegation_id, query.version, Side::Leader).await?;
    not_over(act.today(), &delegation)?;
    put(act, &mut delegation, rules::Act::Confirm).await?;
    Ok(wire_v1::ConfirmDelegationResponse {
        delegation: Some(shown(delegation)),
    })
}

async fn decide(
    act: &mut Act,
    query: wire_v1::DecideDelegationRequest,
) -> Result<wire_v1::DecideDelegationResponse, Refusal> {
    let mut delegation = take(act, &query.delegation_id, query.version, Side::Delegate).await?;
    let mut fields = Fields::new();
    let decision = fields.choice::<wire_v1::DelegationDecision>("decision", query.decision);
    let refuses = decision == Some(wire_v1::DelegationDecision::Refuse);
    let least = if refuses { 2 } else { 0 };
    let reason = fields.text("reason", &query.reason, least..=200);
    fields.finish()?;
    not_over(act.today(), &delegation)?;
    if delegation.created_by == act.actor_ref() {
        return Err(Error::SamePerson.into());
    }
    if refuses {
        act.audit(
            object_ref("delegation", delegation.id),
            &["decision"],
            Some(&reason),
        );
        put(act, &mut delegation, rules::Act::Refuse).await?;
    } else {
        delegation.approved_by = Some(act.actor_ref().to_owned());
        delegation.approved_at = Some(act.now());
        put(act, &mut delegation, rules::Act::Approve).await?;
    }
    Ok(wire_v1::DecideDelegationResponse {
        delegation: Some(shown(delegation)),
    })
}

async fn revoke(
    act: &mut Act,
    query: wire_v1::RevokeDelegationRequest,
) -> Result<wire_v1::RevokeDelegationResponse, Refusal> {
    let mut delegation = take(act, &query.delegation_id, query.version, Side::Leader).await?;
    put(act, &mut delegation, rules::Act::Revoke).await?;
    Ok(wire_v1::RevokeDelegationResponse {
        delegation: Some(shown(delegation)),
    })
}

async fn list(
    act: &mut Act,
    query: wire_v1::ListDelegationsRequest,
) -> Result<wire_v1::ListDelegationsResponse, Refusal> {
    let own = wire::only_leader(act);
    match own {
        Some(leader_id) if act.caller().leader_id.is_some() => at_desk_of(act, leader_id, What::Leader)?,
        _ => wire::authorise_here(act)?,
    }
    let mut fields = Fields::new();
    let page = Page::read(&mut fields, "page", query.page.as_ref());
    fields.finish()?;
    let mut rows = store::delegations::page(act, own, page.after, page.limit()).await?;
    let next = page.cut(&mut rows, |row| (row.first_day, row.id));
    Ok(wire_v1::ListDelegationsResponse {
        delegations: rows.into_iter().map(shown).collect(),
        page: Some(next),
    })
}

/// Tells that a delegation is in force, or is no longer.
fn announce(act: &mut Act, delegation: &Delegation) {
    let body = DelegationChanged {
        delegation_id: delegation.id.to_string(),
        leader_id: delegation.leader_id.to_string(),
        delegate_id: delegation.delegate_id.to_string(),
        scope: wire_scope(delegation.scope).into(),
        first_day: delegation.first_day.to_string(),
        last_day: delegation.last_day.to_string(),
        active: delegation.state == State::Approved,
    };
    act.publish("delegation.changed", Entity::other(delegation.id), &body);
}

fn scope(fields: &mut Fields, number: i32) -> Option<Scope> {
    match fields.choice::<event::DelegationScope>("scope", number)? {
        event::DelegationScope::Unspecified => None,
        event::DelegationScope::Receive => Some(Scope::Receive),
        event::DelegationScope::ReviewSign => Some(Scope::ReviewSign),
        event::DelegationScope::All => Some(Scope::All),
    }
}

const fn wire_scope(scope: Scope) -> event::DelegationScope {
    match scope {
        Scope::Receive => event::DelegationScope::Receive,
        Scope::ReviewSign => event::DelegationScope::ReviewSign,
        Scope::All => event::DelegationScope::All,
    }
}

const fn wire_state(state: State) -> wire_v1::DelegationState {
    match state {
        State::Draft => wire_v1::DelegationState::Draft,
        State::Proposed => wire_v1::DelegationState::Proposed,
        State::Approved => wire_v1::DelegationState::Approved,
        State::Refused => wire_v1::DelegationState::Refused,
        State::Revoked => wire_v1::DelegationState::Revoked,
    }
}

fn shown(delegation: Delegation) -> wire_v1::Delegation {
    wire_v1::Delegation {
        delegation_id: delegation.id.to_string(),
        leader_id: delegation.leader_id.to_string(),
        delegate_id: delegation.delegate_id.to_string(),
        scope: wire_scope(delegation.scope).into(),
        first_day: delegation.first_day.to_string(),
        last_day: delegation.last_day.to_string(),
        state: wire_state(delegation.state).into(),
        approved_by: delegation.approved_by.unwrap_or_default(),
        approved_at: delegation.approved_at.map(wire::timestamp),
        version: delegation.version.unsigned_abs(),
    }
}
