//! The policies, read once, and the decision.

use std::collections::HashMap;
use std::sync::LazyLock;

use cedar_policy::{
    ActionConstraint, Authorizer, Context, Decision as Verdict, Effect, Entities, Entity, EntityUid, Policy,
    PolicyId, PolicySet, PrincipalConstraint, Request, Schema, ValidationMode, Validator,
};
use quick_cache::sync::Cache;
use xinqiao_kernel::DistrictCode;

use super::resource::{self, Resource, role_uid, with_implied};
use super::right::Right;
use crate::identity::{Caller, Role};

/// What the policies can speak of.
const SCHEMA: &str = include_str!("../../policies/schema.cedarschema");
/// The columns of the matrix, and the hard rules.
const POLICIES: &[&str] = &[
    include_str!("../../policies/office.cedar"),
    include_str!("../../policies/leaders.cedar"),
    include_str!("../../policies/units.cedar"),
    include_str!("../../policies/others.cedar"),
    include_str!("../../policies/hard_rules.cedar"),
];

/// Why policies cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// The schema does not parse.
    #[error("the schema of the policies: {0}")]
    Schema(String),
    /// A policy does not parse.
    #[error("a policy does not parse: {0}")]
    Syntax(String),
    /// A policy has no `@id`, or one that is taken.
    #[error("a policy needs an @id of its own: {0}")]
    Name(String),
    /// A policy speaks of what the schema does not know.
    #[error("the policies do not fit their schema: {0}")]
    Invalid(String),
    /// A permission that does not name its role: the edge could not tell who may call.
    #[error("the permission {0} must name a role: principal in Role::\"…\"")]
    NoRole(String),
    /// A right that nobody has.
    #[error("no policy gives anybody the right {0}")]
    Unused(Right),
}

/// What the refused is told, when a hard rule refused him.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// Stable word.
    pub reason: &'static str,
    /// In Chinese.
    pub zh: &'static str,
    /// In English.
    pub en: &'static str,
}

/// What was decided, and by which policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Whether it may be done.
    pub allowed: bool,
    /// The policies that decided, in order; none when no policy permits it.
    pub policies: Vec<&'static str>,
    /// What a hard rule says of it.
    pub told: Option<Told>,
}

/// A policy by the name in its `@id`.
#[derive(Debug)]
struct Named {
    id: String,
    /// The roles whose holders it concerns.
    holders: Vec<Role>,
    told: Option<(String, String, String)>,
}

/// What decides about one right: only its policies are looked at.
#[derive(Debug)]
struct Rules {
    action: EntityUid,
    entity: Entity,
    policies: PolicySet,
    roles: Vec<Role>,
}

/// Decisions about districts that are remembered: persons at work at one time, with a few rights each.
const REMEMBERED_MAX: usize = 4_096;

/// The policies of the house.
#[derive(Debug)]
pub struct Permissions {
    rules: HashMap<Right, Rules>,
    names: HashMap<PolicyId, Named>,
    /// About a district as a whole. All that decides it is in the key, and policies do not change while a process
    /// lives. Cases are decided anew every time: what is known of one changes.
    remembered: Cache<(Right, Caller, DistrictCode), Decision>,
}

static SHIPPED: LazyLock<Permissions> = LazyLock::new(|| {
    Permissions::without(&[]).expect("invariant: the tests hold the policies against their schema")
});

impl Permissions {
    /// The policies this process was built with.
    pub fn shipped() -> &'static Self {
        &SHIPPED
    }

    /// The same, as if the named policies did not exist: what a test removes to see it missed. Rights that lose their
    /// last permission stay, and nobody has them.
    pub fn without(removed: &[&str]) -> Result<Self, PolicyError> {
        let (schema, _) =
            Schema::from_cedarschema_str(SCHEMA).map_err(|error| PolicyError::Schema(error.to_string()))?;
        let all = read()?;
        validate(&schema, &all)?;
        let actions = schema
            .action_entities()
            .map_err(|error| PolicyError::Schema(error.to_string()))?;
        let mut rules = HashMap::new();
        for right in Right::ALL {
            rules.insert(*right, Rules::of(*right, &actions, &all, removed)?);
        }
        let names = all
            .policies()
            .map(|policy| (policy.id().clone(), Named::of(policy)));
        Ok(Self {
            rules,
            names: names.collect(),
            remembered: Cache::new(REMEMBERED_MAX),
        })
    }

    /// The names of all policies.
    pub fn policy_names(&self) -> impl Iterator<Item = &str> {
        self.names.values().map(|named| named.id.as_str())
    }

    /// The roles that some policy gives the right to; whoever has none of them need not be looked at further.
    pub fn roles(&self, right: Right) -> &[Role] {
        &self.rules[&right].roles
    }

    /// By which of his roles the caller was permitted what these policies permitted him: the first of them, in the order
    /// of §5.1, that one of them is for.
    pub fn role_given(&self, caller: &Caller, policies: &[&str]) -> Option<Role> {
        let gives = |role: &Role| {
            let named = policies
                .iter()
                .filter_map(|name| self.names.get(&PolicyId::new(name)));
            named
                .flat_map(|named| &named.holders)
                .any(|holder| holder == role)
        };
        caller.roles.iter().copied().filter(gives).min()
    }

    /// Whether the caller may do it. An error in a policy refuses.
    pub fn decide(&'static self, caller: &Caller, right: Right, resource: &Resource) -> Decision {
        let Resource::District(district) = resource else {
            return self.evaluate(caller, right, resource);
        };
        let key = (right, caller.clone(), *district);
        self.remembered.get(&key).unwrap_or_else(|| {
            let decision = self.evaluate(caller, right, resource);
            self.remembered.insert(key, decision.clone());
            decision
        })
    }

    fn evaluate(&'static self, caller: &Caller, right: Right, resource: &Resource) -> Decision {
        let rules = &self.rules[&right];
        let (person, person_entity) = resource::principal(caller);
        let (thing, thing_entity) = resource.entity();
        let request = Request::new(person, rules.action.clone(), thing, Context::empty(), None);
        let entities = Entities::from_entities([person_entity, thing_entity, rules.entity.clone()], None);
        let (Ok(request), Ok(entities)) = (request, entities) else {
            tracing::error!(%right, "a permission could not be asked for");
            return Decision::refused();
        };
        let response = Authorizer::new().is_authorized(&request, &rules.policies, &entities);
        for error in response.diagnostics().errors() {
            tracing::error!(%right, %error, "a policy could not be evaluated");
        }
        let mut decided: Vec<&'static Named> = response
            .diagnostics()
            .reason()
            .filter_map(|id| self.names.get(id))
            .collect();
        decided.sort_by(|one, other| one.id.cmp(&other.id));
        let faultless = response.diagnostics().errors().next().is_none();
        Decision {
            allowed: response.decision() == Verdict::Allow && faultless,
            policies: decided.iter().map(|named| named.id.as_str()).collect(),
            told: decided.iter().find_map(|named| named.told()),
        }
    }
}

impl Decision {
    /// Nothing was there to decide about.
    pub(crate) const fn nothing() -> Self {
        Self {
            allowed: true,
            policies: Vec::new(),
            told: None,
        }
    }

    fn refused() -> Self {
        Self {
            allowed: false,
            policies: Vec::new(),
            told: None,
        }
    }
}

impl Named {
    fn of(policy: &Policy) -> Self {
        let word = |key| policy.annotation(key).map(ToOwned::to_owned);
        Self {
            id: policy.id().to_string(),
            holders: roles_of(policy).unwrap_or_default(),
            told: match (word("reason"), word("zh"), word("en")) {
                (Some(reason), Some(zh), Some(en)) => Some((reason, zh, en)),
                _ => None,
            },
        }
    }

    fn told(&'static self) -> Option<Told> {
        let (reason, zh, en) = self.told.as_ref()?;
        Some(Told { reason, zh, en })
    }
}

impl Rules {
    fn of(right: Right, actions: &Entities, all: &PolicySet, removed: &[&str]) -> Result<Self, PolicyError> {
        let action: EntityUid = format!("Action::\"{right}\"")
            .parse()
            .map_err(|_| PolicyError::Unused(right))?;
        let entity = actions.get(&action).ok_or(PolicyError::Unused(right))?.clone();
        let mut policies = PolicySet::new();
        let mut roles = Vec::new();
        let mut given = false;
        for policy in all
            .policies()
            .filter(|policy| speaks_of(policy, &action, actions))
        {
            given |= policy.effect() == Effect::Permit;
            if removed.iter().any(|name| policy.id().to_string() == *name) {
                continue;
            }
            if policy.effect() == Effect::Permit {
                roles.extend(roles_of(policy)?);
            }
            policies
                .add(policy.clone())
                .map_err(|error| PolicyError::Name(error.to_string()))?;
        }
        roles.sort_unstable();
        roles.dedup();
        given
            .then_some(Self {
                action,
                entity,
                policies,
                roles,
            })
            .ok_or(PolicyError::Unused(right))
    }
}

/// All policies under the names of their `@id`.
fn read() -> Result<PolicySet, PolicyError> {
    let mut all = PolicySet::new();
    for text in POLICIES {
        let part: PolicySet = text
            .parse()
            .map_err(|error| PolicyError::Syntax(format!("{error:?}")))?;
        for policy in part.policies() {
            let id = policy
                .annotation("id")
                .ok_or_else(|| PolicyError::Name(policy.to_string()))?;
            all.add(policy.new_id(PolicyId::new(id)))
                .map_err(|error| PolicyError::Name(error.to_string()))?;
        }
    }
    Ok(all)
}

fn validate(schema: &Schema, all: &PolicySet) -> Result<(), PolicyError> {
    let result = Validator::new(schema.clone()).validate(all, ValidationMode::Strict);
    if result.validation_passed_without_warnings() {
        Ok(())
    } else {
        let errors = result.validation_errors().map(ToString::to_string);
        let warnings = result.validation_warnings().map(ToString::to_string);
        Err(PolicyError::Invalid(
            errors.chain(warnings).collect::<Vec<_>>().join("; "),
        ))
    }
}

fn speaks_of(policy: &Policy, action: &EntityUid, actions: &Entities) -> bool {
    match policy.action_constraint() {
        ActionConstraint::Any => true,
        ActionConstraint::Eq(one) => one == *action,
        ActionConstraint::In(group) => group
            .iter()
            .any(|one| one == action || actions.is_ancestor_of(one, action)),
    }
}

/// The roles whose holders a permission can concern.
fn roles_of(policy: &Policy) -> Result<Vec<Role>, PolicyError> {
    let PrincipalConstraint::In(named) = policy.principal_constraint() else {
        return Err(PolicyError::NoRole(policy.id().to_string()));
    };
    let role = Role::ALL
        .into_iter()
        .find(|role| role_uid(*role) == named)
        .ok_or_else(|| PolicyError::NoRole(policy.id().to_string()))?;
    let holders = Role::ALL
        .into_iter()
        .filter(|other| with_implied(*other).contains(&role));
    Ok(holders.collect())
}
