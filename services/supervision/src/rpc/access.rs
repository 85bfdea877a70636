//! A case as the permissions see it.

use uuid::Uuid;
use xinqiao_chassis::{
    concern::{self, Concern},
    desk::{Act, Actor},
    permission::{CaseFacts, Resource},
    refusal::Refusal,
};

use crate::{
    domain::case::Case,
    store::{self, delegations::Delegation},
};

/// What decides about who may see a case and act on it.
pub(super) async fn resource(act: &mut Act, case: &Case) -> Result<Resource, Refusal> {
    let concern = concern::of(act, case.id).await?;
    let delegation = delegation(act, case).await?;
    Ok(case.resource(concern, delegation.map(|delegation| delegation.delegate_id)))
}

/// By which delegation the caller reviews today what another leader is responsible for.
pub(super) async fn delegation(act: &mut Act, case: &Case) -> Result<Option<Delegation>, Refusal> {
    let caller = match act.actor() {
        Actor::Person(caller) => caller.leader_id,
        Actor::Service(_) => None,
    };
    let (Some(signatory), Some(caller)) = (case.signatory(), caller) else {
        return Ok(None);
    };
    if signatory == caller {
        return Ok(None);
    }
    let (district, today) = (act.district(), act.today());
    let found = store::delegations::signing_for(act.conn(), district, signatory, caller, today).await?;
    Ok(found)
}

impl Case {
    fn resource(&self, concern: Concern, delegate: Option<Uuid>) -> Resource {
        Resource::Case(CaseFacts {
            sealed: self.sealed,
            leader: self.responsible_leader_id,
            signatory: self.signatory(),
            delegate,
            lead_unit: self.unit_ids.first().copied(),
            units: self.unit_ids.clone(),
            accused_units: concern.units,
            concerned: concern.persons,
            ..CaseFacts::new(self.number.district(), self.id, self.state)
        })
    }

    /// Who signs: the leader who received the petitioner (DEC-07). Where one received and is not known yet, nobody.
    fn signatory(&self) -> Option<Uuid> {
        self.leader_received
            .then(|| self.responsible_leader_id.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use xinqiao_chassis::{
        identity::{Caller, Role},
        permission::{Permissions, Right},
    };

    use super::*;

    fn case(leader_received: bool) -> Case {
        let number = "XF-220502-2026-2-000123-9".parse().unwrap();
        Case {
            leader_received,
            responsible_leader_id: Some(Uuid::from_u128(1)),
            ..Case::registered(Uuid::from_u128(7), number)
        }
    }

    fn signs(case: &Case, role: Role, leader: Option<u128>) -> bool {
        signs_for(case, role, leader, None)
    }

    fn signs_for(case: &Case, role: Role, leader: Option<u128>, delegate: Option<u128>) -> bool {
        let caller = Caller {
            person_id: "somebody".to_owned(),
            roles: vec![role],
            district: case.number.district(),
            unit_id: None,
            leader_id: leader.map(Uuid::from_u128),
            portfolio: Vec::new(),
            towns: Vec::new(),
            case_id: None,
            name: String::new(),
        };
        let decision = Permissions::shipped().decide(
            &caller,
            Right::SignReview,
            &case.resource(Concern::default(), delegate.map(Uuid::from_u128)),
        );
        decision.allowed
    }

    #[test]
    fn who_received_signs_and_nobody_else() {
        let received = case(true);
        assert!(signs(&received, Role::Ldr, Some(1)));
        assert!(!signs(&received, Role::Ldr, Some(2)));
        assert!(!signs(&received, Role::Dsp, None));
        assert!(!signs(&received, Role::Lda, Some(1)), "an aide cannot sign");
    }

    #[test]
    fn to_whom_it_is_delegated_signs_too_and_nobody_beside() {
        let received = case(true);
        assert!(signs_for(&received, Role::Ldr, Some(2), Some(2)));
        assert!(
            signs_for(&received, Role::Ldr, Some(1), Some(2)),
            "himself as before"
        );
        assert!(!signs_for(&received, Role::Ldr, Some(3), Some(2)));
        assert!(
            !signs_for(&received, Role::Lda, Some(2), Some(2)),
            "an aide cannot sign"
        );
        assert!(!signs_for(&received, Role::Dsp, None, Some(2)));
    }

    #[test]
    fn where_no_leader_received_the_head_of_the_office_signs() {
        assert!(signs(&case(false), Role::Dsp, None));
        assert!(!signs(&case(false), Role::Ldr, Some(1)));
    }

    #[test]
    fn where_the_leader_who_received_is_not_known_nobody_signs() {
        let mut unknown = case(true);
        unknown.responsible_leader_id = None;
        assert!(!signs(&unknown, Role::Dsp, None));
        assert!(!signs(&unknown, Role::Ldr, None));
    }
}
