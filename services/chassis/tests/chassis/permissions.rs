//! The policies against the permission matrix: who may do what, asked tens of thousands of times.

mod expected;
mod world;

use std::collections::{BTreeMap, BTreeSet};

use xinqiao_chassis::permission::{Permissions, Right};

use expected::Matrix;
use world::{Asked, everything, telling};

/// What the policies say other than the matrix, at most a few of it.
fn differences(permissions: &'static Permissions, asked: &[Asked], matrix: &Matrix) -> Vec<String> {
    let differing = asked.iter().filter_map(|one| {
        let wanted = matrix.allows(one);
        let decision = permissions.decide(&one.caller, one.right, &one.resource);
        (decision.allowed != wanted)
            .then(|| format!("{one}: the matrix says {wanted}, {:?}", decision.policies))
    });
    differing.take(10).collect()
}

#[test]
fn the_policies_say_what_the_matrix_says() {
    let asked = everything();
    assert!(asked.len() > 20_000, "{}", asked.len());
    let found = differences(Permissions::shipped(), &asked, &Matrix::read());
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_matrix_speaks_of_every_right() {
    let matrix = Matrix::read();
    let missing: Vec<_> = Right::ALL.iter().filter(|right| !matrix.has(**right)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn without_any_one_of_the_policies_the_matrix_is_broken() {
    let (matrix, asked) = (Matrix::read(), telling());
    // Only where a policy decides alone can its absence change the answer.
    let mut alone: BTreeMap<&str, Vec<Asked>> = BTreeMap::new();
    for one in asked {
        let decision = Permissions::shipped().decide(&one.caller, one.right, &one.resource);
        if let [only] = decision.policies.as_slice() {
            alone.entry(*only).or_default().push(one);
        }
    }
    let missed = |name: &str| {
        let without: &'static Permissions = Box::leak(Box::new(Permissions::without(&[name]).unwrap()));
        let mut questions = alone.get(name).into_iter().flatten();
        questions
            .any(|one| without.decide(&one.caller, one.right, &one.resource).allowed != matrix.allows(one))
    };
    let unmissed: Vec<&str> = Permissions::shipped()
        .policy_names()
        .filter(|name| !missed(name))
        .collect();
    assert!(unmissed.is_empty(), "nobody would miss {unmissed:?}");
}

#[test]
fn the_edge_lets_in_whom_the_matrix_gives_a_right_in_some_case() {
    let matrix = Matrix::read();
    for right in Right::ALL {
        let let_in: BTreeSet<_> = Permissions::shipped().roles(*right).iter().copied().collect();
        assert_eq!(let_in, matrix.roles(*right), "{right}");
    }
}

#[test]
fn a_hard_rule_tells_its_reason() {
    let asked = everything();
    let told = |right: Right, reason: &str| {
        asked.iter().filter(|one| one.right == right).any(|one| {
            let decision = Permissions::shipped().decide(&one.caller, right, &one.resource);
            decision.told.is_some_and(|told| told.reason == reason)
        })
    };
    for (right, reason) in [
        (Right::Assign, "SEALED"),
        (Right::ReadSealed, "NOT_OPENED"),
        (Right::ReadCase, "ACCUSED_UNIT"),
        (Right::ApproveOpinion, "SEPARATION_OF_DUTIES"),
        (Right::DecideObjection, "RECUSED"),
        (Right::SignReview, "NOT_RESPONSIBLE_LEADER"),
        (Right::ReadCase, "NO_CONTENT"),
        (Right::ReadRegister, "NO_CONTENT"),
    ] {
        assert!(told(right, reason), "{right} {reason}");
    }
}
