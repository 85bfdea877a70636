//! People, and what they ask for.

use std::fmt;

use uuid::Uuid;
use xinqiao_chassis::{
    identity::{Caller, Role},
    permission::{CaseFacts, Resource, Right},
};
use xinqiao_kernel::{CaseState, DistrictCode};

use super::expected::Matrix;

/// One question.
#[derive(Clone)]
pub(super) struct Asked {
    pub(super) caller: Caller,
    pub(super) right: Right,
    pub(super) resource: Resource,
}

impl fmt::Display for Asked {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Caller {
            person_id,
            roles,
            unit_id,
            leader_id,
            case_id,
            district,
            ..
        } = &self.caller;
        write!(
            formatter,
            "{person_id} {roles:?} of {district} unit {unit_id:?} leader {leader_id:?} case {case_id:?} asks {} on {:?}",
            self.right, self.resource
        )
    }
}

const CASE: Uuid = Uuid::from_u128(0xca5e);
const LEADER: Uuid = Uuid::from_u128(0x1ead);
const OTHER_LEADER: Uuid = Uuid::from_u128(0x1eae);
const LEAD_UNIT: Uuid = Uuid::from_u128(0x10);
const ASSISTING_UNIT: Uuid = Uuid::from_u128(0x11);
const ACCUSED_UNIT: Uuid = Uuid::from_u128(0x12);
const REVIEW_UNIT: Uuid = Uuid::from_u128(0x13);
const INVESTIGATOR: &str = "investigator";
const CONCERNED: &str = "concerned";
const FIELD: &str = "03";
const TOWN: &str = "220502100";
/// Named in the opening in force.
const READER: &str = "reader";

fn home() -> DistrictCode {
    "220502".parse().unwrap()
}

fn neighbour() -> DistrictCode {
    "220503".parse().unwrap()
}

fn person(roles: &[Role]) -> Caller {
    Caller {
        person_id: "somebody".to_owned(),
        roles: roles.to_vec(),
        district: home(),
        unit_id: None,
        leader_id: None,
        portfolio: Vec::new(),
        towns: Vec::new(),
        case_id: None,
        name: String::new(),
    }
}

/// Somebody of a role who stands wherever the case gives him a place.
fn placed(role: Role) -> Caller {
    Caller {
        unit_id: Some(LEAD_UNIT),
        leader_id: Some(LEADER),
        case_id: Some(CASE),
        ..person(&[role])
    }
}

/// His token names the township of the case.
fn located(caller: Caller) -> Caller {
    Caller {
        towns: vec![TOWN.to_owned()],
        ..caller
    }
}

/// His token names the field of the case.
fn in_charge(caller: Caller) -> Caller {
    Caller {
        portfolio: vec![FIELD.to_owned()],
        ..caller
    }
}

/// The units, leaders and cases that tell the holders of a role apart.
fn elsewhere(role: Role) -> Vec<Caller> {
    let plain = person(&[role]);
    let in_unit = |unit| Caller {
        unit_id: Some(unit),
        ..plain.clone()
    };
    let of_leader = |leader| Caller {
        leader_id: Some(leader),
        ..plain.clone()
    };
    match role {
        Role::Unt | Role::Unh | Role::Twn => {
            let mut people = [LEAD_UNIT, ASSISTING_UNIT, ACCUSED_UNIT, REVIEW_UNIT]
                .map(in_unit)
                .to_vec();
            people.extend([located(in_unit(REVIEW_UNIT)), located(in_unit(ACCUSED_UNIT))]);
            people
        }
        Role::Rev => [LEAD_UNIT, REVIEW_UNIT].map(in_unit).to_vec(),
        Role::Ldr | Role::Lda => {
            let other = || of_leader(OTHER_LEADER);
            vec![
                of_leader(LEADER),
                other(),
                located(other()),
                in_charge(other()),
                located(in_charge(plain)),
            ]
        }
        Role::Dsp | Role::Sup => vec![in_unit(ACCUSED_UNIT), of_leader(LEADER)],
        Role::Pet | Role::CityOp => vec![Caller {
            case_id: Some(Uuid::nil()),
            ..plain
        }],
        _ => Vec::new(),
    }
}

/// Everybody by one role, in every place that counts for it; and who has two roles that must not add up.
fn people() -> Vec<Caller> {
    let mut people = Vec::new();
    for role in Role::ALL {
        people.extend([person(&[role]), placed(role)]);
        people.extend(elsewhere(role));
        people.push(Caller {
            district: neighbour(),
            ..placed(role)
        });
    }
    for role in [
        Role::Clk,
        Role::Dsp,
        Role::Ldr,
        Role::Unt,
        Role::Unh,
        Role::Sup,
        Role::Dis,
    ] {
        people.extend([INVESTIGATOR, CONCERNED].map(|id| Caller {
            person_id: id.to_owned(),
            ..placed(role)
        }));
    }
    for role in Role::ALL {
        people.push(Caller {
            person_id: READER.to_owned(),
            ..placed(role)
        });
    }
    for pair in [
        [Role::CityOp, Role::Dsp],
        [Role::CityOp, Role::Clk],
        [Role::Pro, Role::Sup],
        [Role::Pro, Role::Clk],
        [Role::Dis, Role::Clk],
        [Role::Ldr, Role::Dsp],
    ] {
        people.push(person(&pair));
        people.push(Caller {
            leader_id: Some(LEADER),
            ..person(&pair)
        });
    }
    people
}

/// A case in handling.
fn case(state: CaseState) -> CaseFacts {
    CaseFacts {
        field: Some(FIELD.to_owned()),
        town: Some(TOWN.to_owned()),
        leader: Some(LEADER),
        signatory: Some(LEADER),
        lead_unit: Some(LEAD_UNIT),
        units: vec![LEAD_UNIT, ASSISTING_UNIT],
        accused_units: vec![ACCUSED_UNIT],
        investigators: vec![INVESTIGATOR.to_owned()],
        concerned: vec![CONCERNED.to_owned()],
        review_unit: Some(REVIEW_UNIT),
        ..CaseFacts::new(home(), CASE, state)
    }
}

/// Resources that tell rules apart.
fn telling_resources() -> Vec<Resource> {
    let handled = || case(CaseState::Investigating);
    let closing = || case(CaseState::LeaderReview);
    let cases = [
        handled(),
        closing(),
        // No leader received.
        CaseFacts {
            leader: None,
            signatory: None,
            ..closing()
        },
        CaseFacts {
            signatory: None,
            ..closing()
        },
        // Delegated for today.
        CaseFacts {
            delegate: Some(OTHER_LEADER),
            ..closing()
        },
        // The unit complained about leads, after the leader's approval.
        CaseFacts {
            lead_unit: Some(ACCUSED_UNIT),
            units: vec![ACCUSED_UNIT],
            ..handled()
        },
        // Not triaged yet.
        CaseFacts {
            field: None,
            town: None,
            ..handled()
        },
        // Sealed, and transferred.
        CaseFacts {
            sealed: true,
            ..handled()
        },
        CaseFacts {
            sealed: true,
            transferred: true,
            ..closing()
        },
        // Opened to one reader, and to one whom it is about.
        CaseFacts {
            sealed: true,
            transferred: true,
            opened_to: vec![READER.to_owned(), CONCERNED.to_owned()],
            ..closing()
        },
        CaseFacts {
            sealed: true,
            lead_unit: Some(ACCUSED_UNIT),
            units: vec![ACCUSED_UNIT],
            ..handled()
        },
        CaseFacts {
            district: neighbour(),
            ..closing()
        },
    ];
    let mut resources: Vec<Resource> = cases.into_iter().map(Resource::Case).collect();
    for district in [home(), neighbour()] {
        resources.push(Resource::District(district));
        resources.push(Resource::Leader(district, LEADER));
    }
    resources
}

fn asking(resources: &[Resource], rights: &[Right]) -> Vec<Asked> {
    let (people, matrix) = (people(), Matrix::read());
    let mut asked = Vec::new();
    for right in rights {
        let mut strange = false;
        for resource in resources {
            // Once is enough to see that a right is nothing on another kind of resource.
            if !matrix.is_about(*right, resource) && std::mem::replace(&mut strange, true) {
                continue;
            }
            for caller in &people {
                asked.push(Asked {
                    caller: caller.clone(),
                    right: *right,
                    resource: resource.clone(),
                });
            }
        }
    }
    asked
}

/// Every right of everybody on what tells rules apart.
pub(super) fn telling() -> Vec<Asked> {
    asking(&telling_resources(), Right::ALL)
}

/// The same, and reading in every state a case can have.
pub(super) fn everything() -> Vec<Asked> {
    let mut asked = telling();
    let states: Vec<Resource> = CaseState::ALL
        .into_iter()
        .map(|state| Resource::Case(case(state)))
        .collect();
    asked.extend(asking(
        &states,
        &[Right::ReadCase, Right::UnmaskPetitioner, Right::ApprovePackage],
    ));
    asked
}
