//! A leader's part done by another for some days.

use tonic::Code;
use uuid::Uuid;
use xinqiao_chassis::identity::Role;
use xinqiao_chassis::journal::Entity;
use xinqiao_chassis::testing::{Foreign, Person};
use xinqiao_kernel::{CaseNumber, ChannelDigit};
use xinqiao_proto::event::{CaseReleased, DelegationChanged, DelegationScope, ReceptionHeld};
use xinqiao_proto::scheduling::delegation_service_client::DelegationServiceClient;
use xinqiao_proto::scheduling::{
    ConfirmDelegationRequest, DecideDelegationRequest, Delegation, DelegationDecision, DelegationState,
    DraftDelegationRequest, GetReceptionRequest, ListDelegationsRequest, ProposeDelegationRequest,
    ReceptionDay, RecordReceptionRequest, RevokeDelegationRequest,
};

use crate::hall::{Caller, Hall, LIU, ZHANG, fresh, leader, reason, talk, wrong_fields};

/// Leader 陈副区长, who is neither the leader of the session nor his stand-in.
const CHEN: Uuid = Uuid::from_u128(0xc4);

fn person(id: &str, name: &str, role: Role, leader: Uuid) -> Person {
    Person::new(id, name).with(role).leader(leader)
}

fn zhang() -> Person {
    person("zhang", "张副区长", Role::Ldr, ZHANG)
}

fn chen() -> Person {
    person("chen", "陈副区长", Role::Ldr, CHEN)
}

fn service(hall: &Hall, person: &Person) -> DelegationServiceClient<Caller> {
    DelegationServiceClient::new(hall.bench.channel(person))
}

fn proposal(scope: DelegationScope) -> ProposeDelegationRequest {
    ProposeDelegationRequest {
        request_id: fresh(),
        leader_id: ZHANG.to_string(),
        delegate_id: CHEN.to_string(),
        scope: scope.into(),
        first_day: "2026-03-03".to_owned(),
        last_day: "2026-03-06".to_owned(),
    }
}

fn decision(of: &Delegation, decision: DelegationDecision) -> DecideDelegationRequest {
    DecideDelegationRequest {
        request_id: fresh(),
        delegation_id: of.delegation_id.clone(),
        version: of.version,
        decision: decision.into(),
        reason: String::new(),
    }
}

/// What 张副区长 delegates to 陈副区长, and he agrees.
async fn approved(hall: &Hall, scope: DelegationScope) -> Delegation {
    let proposed = service(hall, &zhang())
        .propose_delegation(proposal(scope))
        .await
        .unwrap();
    let proposed = proposed.into_inner().delegation.unwrap();
    let approve = decision(&proposed, DelegationDecision::Approve);
    let answer = service(hall, &chen()).decide_delegation(approve).await.unwrap();
    answer.into_inner().delegation.unwrap()
}

async fn with_chen() -> (Hall, ReceptionDay) {
    let (hall, day) = Hall::receiving().await;
    let chen = leader(CHEN, "陈副区长", "chen", 3);
    hall.masters(&Hall::head()).put_leader(chen).await.unwrap();
    hall.bench.set_clock("2026-03-03T10:30:00+08:00");
    (hall, day)
}

/// The talk, held by 陈副区长.
fn by_chen(case: Uuid, day: &ReceptionDay) -> RecordReceptionRequest {
    RecordReceptionRequest {
        leader_id: CHEN.to_string(),
        ..talk(case, day)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_aide_drafts_the_leader_proposes_and_the_delegate_agrees() {
    let (hall, _) = with_chen().await;
    let ProposeDelegationRequest {
        leader_id,
        delegate_id,
        scope,
        first_day,
        last_day,
        ..
    } = proposal(DelegationScope::Receive);
    let aide = person("ma", "马联络", Role::Lda, ZHANG);
    let drafted = DraftDelegationRequest {
        request_id: fresh(),
        leader_id,
        delegate_id,
        scope,
        first_day,
        last_day,
    };
    let draft = service(&hall, &aide).draft_delegation(drafted).await.unwrap();
    let draft = draft.into_inner().delegation.unwrap();
    assert_eq!(draft.state(), DelegationState::Draft);
    let confirm = ConfirmDelegationRequest {
        request_id: fresh(),
        delegation_id: draft.delegation_id.clone(),
        version: draft.version,
    };
    let by_aide = service(&hall, &aide)
        .confirm_delegation(confirm.clone())
        .await
        .unwrap_err();
    assert_eq!(by_aide.code(), Code::PermissionDenied);
    let early = decision(&draft, DelegationDecision::Approve);
    let early = service(&hall, &chen())
        .decide_delegation(early)
        .await
        .unwrap_err();
    assert_eq!(reason(&early), "WRONG_STATE");
    let proposed = service(&hall, &zhang())
        .confirm_delegation(confirm)
        .await
        .unwrap();
    let proposed = proposed.into_inner().delegation.unwrap();

    let own = decision(&proposed, DelegationDecision::Approve);
    let own = service(&hall, &zhang()).decide_delegation(own).await.unwrap_err();
    assert_eq!(own.code(), Code::NotFound, "not his to approve");
    let silent = decision(&proposed, DelegationDecision::Refuse);
    let silent = service(&hall, &chen())
        .decide_delegation(silent)
        .await
        .unwrap_err();
    assert_eq!(wrong_fields(&silent), ["reason"]);
    let approve = decision(&proposed, DelegationDecision::Approve);
    let done = service(&hall, &chen()).decide_delegation(approve).await.unwrap();
    let done = done.into_inner().delegation.unwrap();
    assert_eq!(
        (done.state(), done.approved_by.as_str()),
        (DelegationState::Approved, "person:chen")
    );
    let told: DelegationChanged = hall.bench.event("delegation.changed").await;
    assert!(told.active);
    assert_eq!(
        (told.leader_id, told.delegate_id),
        (ZHANG.to_string(), CHEN.to_string())
    );
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_proposed_does_not_approve_even_at_another_desk() {
    let (hall, _) = with_chen().await;
    let proposed = service(&hall, &zhang())
        .propose_delegation(proposal(DelegationScope::Receive))
        .await
        .unwrap();
    let proposed = proposed.into_inner().delegation.unwrap();
    let same = person("zhang", "张副区长", Role::Ldr, CHEN);
    let approve = decision(&proposed, DelegationDecision::Approve);
    let refused = service(&hall, &same)
        .decide_delegation(approve)
        .await
        .unwrap_err();
    assert_eq!(reason(&refused), "SAME_PERSON");
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_wrong_field_of_a_delegation_is_named_and_signing_needs_a_certificate() {
    let (hall, _) = with_chen().await;
    let mut own = service(&hall, &zhang());
    let wrong = ProposeDelegationRequest {
        delegate_id: ZHANG.to_string(),
        scope: 0,
        first_day: "2026-03-02".to_owned(),
        last_day: "2026-03-01".to_owned(),
        ..proposal(DelegationScope::Receive)
    };
    let refused = own.propose_delegation(wrong).await.unwrap_err();
    assert_eq!(
        wrong_fields(&refused),
        ["scope", "first_day", "last_day", "delegate_id"]
    );
    let signs = own
        .propose_delegation(proposal(DelegationScope::ReviewSign))
        .await
        .unwrap_err();
    assert_eq!(wrong_fields(&signs), ["delegate_id"]);
    let foreign = ProposeDelegationRequest {
        leader_id: LIU.to_string(),
        ..proposal(DelegationScope::Receive)
    };
    let foreign = own.propose_delegation(foreign).await.unwrap_err();
    assert_eq!(foreign.code(), Code::NotFound);
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delegate_receives_for_the_leader_until_it_is_taken_back() {
    let (hall, day) = with_chen().await;
    let (first, second) = (hall.case(1, &day).await, hall.case(2, &day).await);
    let mut receptions = hall.receptions(&chen());
    let not_yet = receptions
        .record_reception(by_chen(first, &day))
        .await
        .unwrap_err();
    assert_eq!(wrong_fields(&not_yet), ["leader_id"]);

    let delegation = approved(&hall, DelegationScope::Receive).await;
    let record = receptions
        .record_reception(by_chen(first, &day))
        .await
        .unwrap()
        .into_inner();
    let held: ReceptionHeld = hall.bench.event("reception.held").await;
    assert_eq!(
        (held.leader_id, held.delegation_id),
        (CHEN.to_string(), delegation.delegation_id.clone())
    );
    let request = GetReceptionRequest {
        reception_id: record.reception_id,
    };
    let shown = hall
        .receptions(&Hall::clerk())
        .get_reception(request)
        .await
        .unwrap();
    let shown = shown.into_inner().reception.unwrap();
    assert_eq!(
        (shown.leader_id, &shown.delegation_id),
        (CHEN.to_string(), &delegation.delegation_id)
    );

    let revoke = RevokeDelegationRequest {
        request_id: fresh(),
        delegation_id: delegation.delegation_id,
        version: delegation.version,
    };
    service(&hall, &zhang()).revoke_delegation(revoke).await.unwrap();
    let told: DelegationChanged = hall.bench.event("delegation.changed").await;
    assert!(!told.active);
    let over = receptions
        .record_reception(by_chen(second, &day))
        .await
        .unwrap_err();
    assert_eq!(wrong_fields(&over), ["leader_id"]);
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delegate_whom_the_case_concerns_does_not_receive_it_whoever_writes_it_down() {
    let (hall, day) = with_chen().await;
    let case = hall.case(1, &day).await;
    approved(&hall, DelegationScope::Receive).await;
    let number = CaseNumber::new("220502".parse().unwrap(), 2026, ChannelDigit::Visit, 1).unwrap();
    let body = CaseReleased {
        complained_person_marks: vec![hall.bench.mark(case, "chen")],
        ..CaseReleased::default()
    };
    let about_chen = Foreign::new("intake", "case.released", Entity::case(case, number), &body);
    hall.bench.arrives(about_chen).await;
    let himself = hall
        .receptions(&chen())
        .record_reception(by_chen(case, &day))
        .await
        .unwrap_err();
    assert_eq!(reason(&himself), "RECUSED");
    let by_clerk = hall
        .receptions(&Hall::clerk())
        .record_reception(by_chen(case, &day))
        .await
        .unwrap_err();
    assert_eq!(wrong_fields(&by_clerk), ["leader_id"]);
    hall.bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_sees_what_he_gave_or_took_and_the_supervisor_all() {
    let (hall, _) = with_chen().await;
    let delegation = approved(&hall, DelegationScope::Receive).await;
    let count = async |person: &Person| {
        let answer = service(&hall, person)
            .list_delegations(ListDelegationsRequest { page: None })
            .await?;
        Ok::<_, tonic::Status>(answer.into_inner().delegations)
    };
    let listed = vec![delegation];
    assert_eq!(count(&zhang()).await.unwrap(), listed);
    assert_eq!(count(&chen()).await.unwrap(), listed);
    assert_eq!(
        count(&person("liu", "刘副区长", Role::Ldr, LIU)).await.unwrap(),
        []
    );
    let supervisor = Person::new("sun", "孙督查").with(Role::Sup);
    assert_eq!(count(&supervisor).await.unwrap(), listed);
    assert_eq!(
        count(&Hall::clerk()).await.unwrap_err().code(),
        Code::PermissionDenied
    );
    hall.bench.finish().await;
}
