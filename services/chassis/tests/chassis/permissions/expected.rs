//! What the matrix and the hard rules want, worked out without the policies.

use std::collections::{BTreeSet, HashMap};

use xinqiao_chassis::{
    identity::{Caller, Role},
    permission::{CaseFacts, Resource, Right},
};

use super::world::Asked;

/// Rights that a sealed case still has.
const OF_SEALED: [Right; 10] = [
    Right::ReadCaseHeader,
    Right::ReadOwnCase,
    Right::TransferSealed,
    Right::WriteSealed,
    Right::StoreSealed,
    Right::ReadSealed,
    Right::OpenSealed,
    Right::ConfirmOpenSealed,
    Right::EndOpening,
    Right::FollowSealed,
];
/// Rights that only a sealed case has.
const ONLY_SEALED: [Right; 7] = [
    Right::TransferSealed,
    Right::WriteSealed,
    Right::StoreSealed,
    Right::OpenSealed,
    Right::ConfirmOpenSealed,
    Right::EndOpening,
    Right::FollowSealed,
];

/// The matrix by right and kind of resource.
pub(super) struct Matrix(HashMap<(String, char), Vec<(Role, String)>>);

impl Matrix {
    pub(super) fn read() -> Self {
        let lines = include_str!("matrix.txt").lines();
        let rows = lines
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .map(|line| {
                let mut words = line.split(' ');
                let right = words.next().unwrap().to_owned();
                let kind = words.next().unwrap().chars().next().unwrap();
                ((right, kind), words.flat_map(cell).collect())
            });
        let rows: Vec<_> = rows.collect();
        let matrix = Self(rows.iter().cloned().collect());
        assert_eq!(matrix.0.len(), rows.len(), "a row is written twice");
        matrix
    }

    pub(super) fn has(&self, right: Right) -> bool {
        ['D', 'L', 'C']
            .iter()
            .any(|kind| self.0.contains_key(&(right.name().to_owned(), *kind)))
    }

    pub(super) fn is_about(&self, right: Right, resource: &Resource) -> bool {
        self.0.contains_key(&(right.name().to_owned(), kind(resource)))
    }

    pub(super) fn roles(&self, right: Right) -> BTreeSet<Role> {
        let rows = ['D', 'L', 'C']
            .into_iter()
            .filter_map(|kind| self.0.get(&(right.name().to_owned(), kind)));
        rows.flatten().map(|(role, _)| *role).collect()
    }

    pub(super) fn allows(&self, asked: &Asked) -> bool {
        let Asked {
            caller,
            right,
            resource,
        } = asked;
        let district = match resource {
            Resource::District(district) | Resource::Leader(district, _) => *district,
            Resource::Case(facts) => facts.district,
        };
        let row = (right.name().to_owned(), kind(resource));
        let given = self.0.get(&row).is_some_and(|cells| {
            cells
                .iter()
                .any(|(role, scope)| caller.has(*role) && reaches(scope, caller, resource))
        });
        let kept = match resource {
            Resource::Case(facts) => hard_rules(caller, *right, facts),
            Resource::District(_) => no_lists(caller, *right),
            Resource::Leader(..) => !caller.has_any(&[Role::CityOp, Role::Pro]),
        };
        given && kept && caller.district == district
    }
}

fn kind(resource: &Resource) -> char {
    match resource {
        Resource::District(_) => 'D',
        Resource::Leader(..) => 'L',
        Resource::Case(_) => 'C',
    }
}

/// One cell; what units have, a township officer has.
fn cell(word: &str) -> Vec<(Role, String)> {
    let (role, scope) = word.split_once('(').unwrap_or((word, ")"));
    let (role, scope): (Role, _) = (role.parse().unwrap(), scope.trim_end_matches(')').to_owned());
    match role {
        Role::Unt | Role::Unh => vec![(role, scope.clone()), (Role::Twn, scope)],
        _ => vec![(role, scope)],
    }
}

fn reaches(scope: &str, caller: &Caller, resource: &Resource) -> bool {
    let same = |one: Option<uuid::Uuid>, other: Option<uuid::Uuid>| one.is_some() && one == other;
    match (scope, resource) {
        ("", _) => true,
        ("leads", _) => caller.leader_id.is_some(),
        ("works", _) => caller.unit_id.is_some(),
        ("desk", Resource::Leader(_, leader)) => caller.leader_id == Some(*leader),
        ("own", Resource::Case(facts)) => same(caller.leader_id, facts.leader),
        ("stands-in", Resource::Case(facts)) => same(caller.leader_id, facts.delegate),
        ("field", Resource::Case(facts)) => {
            let his = |codes: &[String], code: &Option<String>| {
                code.as_ref().is_some_and(|code| codes.contains(code))
            };
            caller.leader_id.is_some()
                && (his(&caller.portfolio, &facts.field) || his(&caller.towns, &facts.town))
        }
        ("town", Resource::Case(facts)) => facts
            .town
            .as_ref()
            .is_some_and(|town| caller.towns.contains(town)),
        ("unit", Resource::Case(facts)) => caller.unit_id.is_some_and(|unit| facts.units.contains(&unit)),
        ("lead", Resource::Case(facts)) => same(caller.unit_id, facts.lead_unit),
        ("case", Resource::Case(facts)) => caller.case_id == Some(facts.id),
        ("review", Resource::Case(facts)) => same(caller.unit_id, facts.review_unit),
        ("moved", Resource::Case(facts)) => facts.sealed && facts.transferred,
        ("closing", Resource::Case(facts)) => facts.closing,
        _ => panic!("the matrix has no scope {scope}"),
    }
}

/// What nobody may, whatever his roles.
fn hard_rules(caller: &Caller, right: Right, case: &CaseFacts) -> bool {
    let reads =
        right.name().starts_with("Read") || matches!(right, Right::UnmaskPetitioner | Right::VerifyPackage);
    let sealed =
        !case.sealed || OF_SEALED.contains(&right) && (right != Right::ReadCaseHeader || knows(caller, case));
    let opened = right != Right::ReadSealed || case.opened_to.contains(&caller.person_id);
    let only_sealed = case.sealed || !ONLY_SEALED.contains(&right);
    let accused = caller
        .unit_id
        .is_some_and(|unit| case.accused_units.contains(&unit));
    let approved = !case.sealed && caller.unit_id.is_some_and(|unit| case.units.contains(&unit));
    let investigates = case.investigators.contains(&caller.person_id);
    let concerned = case.concerned.contains(&caller.person_id);
    let for_leader = match right {
        Right::InstructInvestigation | Right::RecordInspection => {
            case.leader.is_none() || case.leader == caller.leader_id
        }
        Right::SignReview => match case.signatory {
            Some(leader) => [Some(leader), case.delegate]
                .iter()
                .any(|signs| signs.is_some() && *signs == caller.leader_id),
            None => caller.has(Role::Dsp),
        },
        _ => true,
    };
    sealed
        && opened
        && only_sealed
        && (!accused || approved)
        && !(concerned && case.sealed)
        && !(investigates && right == Right::ApproveOpinion)
        && !(concerned && (!reads || right == Right::ReadRating))
        && for_leader
        && !caller.has(Role::Pro)
        && (!caller.has(Role::CityOp) || reads && caller.case_id == Some(case.id))
}

/// Whoever is of city operations or publicity has of the district what the matrix gives these, whatever else he is.
fn no_lists(caller: &Caller, right: Right) -> bool {
    let operates = matches!(
        right,
        Right::OperatePlatform | Right::RequestBreakGlass | Right::WriteRole
    );
    (operates || !caller.has(Role::CityOp))
        && (right == Right::ReadPublicStatistics || !caller.has(Role::Pro))
}

/// Who knows that a sealed case exists.
fn knows(caller: &Caller, case: &CaseFacts) -> bool {
    caller.has_any(&[Role::Clk, Role::Dsp]) || caller.has(Role::Dis) && case.transferred
}
