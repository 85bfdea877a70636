//! A case as the permissions see it.

use uuid::Uuid;
use xinqiao_chassis::{
    concern::{self, Concern},
    desk::Act,
    permission::{CaseFacts, Resource},
    refusal::Refusal,
};

use crate::domain::case::Case;

/// What decides about who may see a case and act on it.
pub(super) async fn resource(act: &mut Act, case: &Case) -> Result<Resource, Refusal> {
    let concern = concern::of(act, case.id).await?;
    Ok(case.resource(concern))
}

impl Case {
    fn resource(&self, concern: Concern) -> Resource {
        Resource::Case(CaseFacts {
            sealed: self.sealed,
            leader: self.responsible_leader_id,
            signatory: self.signatory(),
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
        let decision =
            Permissions::shipped().decide(&caller, Right::SignReview, &case.resource(Concern::default()));
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
