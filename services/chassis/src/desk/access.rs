//! The caller's right in one act: asked for once the act knows what it is about, and remembered.

use crate::desk::object_ref;
use crate::identity::Caller;
use crate::metrics;
use crate::permission::{Decision, Permissions, Resource, Right, Told};
use crate::refusal::Refusal;
use crate::seal::{Compartment, Opening};

/// What was decided in one act about its caller.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    right: Right,
    granted: Option<Decision>,
    denied: Option<Denied>,
    intent: Option<Intent>,
}

/// What the caller says he wants and why, for the audit row of an attempt that is refused.
#[derive(Clone, Debug)]
pub(super) struct Intent {
    pub(super) fields: Vec<String>,
    pub(super) reason: String,
}

/// An attempt that was not permitted.
#[derive(Clone, Debug)]
pub(crate) struct Denied {
    /// Audit object of what it was about.
    pub(super) object: String,
    /// The policies that refused it, or the limit.
    pub(super) policies: Vec<&'static str>,
}

impl Access {
    pub(super) const fn new(right: Right) -> Self {
        Self {
            right,
            granted: None,
            denied: None,
            intent: None,
        }
    }

    pub(super) const fn right(&self) -> Right {
        self.right
    }

    /// Somebody asked for another district than his own.
    pub(super) fn elsewhere(right: Right) -> Self {
        Self::refused(right, "district:other".to_owned())
    }

    /// Nobody of his roles has the right, whatever it were about.
    pub(super) fn without_role(caller: &Caller, right: Right) -> Self {
        metrics::decided(right, false);
        tracing::info!(%right, roles = ?caller.roles, "not permitted: no role has the right");
        Self::refused(right, object(&Resource::District(caller.district)))
    }

    /// Refused by no policy, before any was asked.
    fn refused(right: Right, object: String) -> Self {
        Self {
            denied: Some(Denied {
                object,
                policies: Vec::new(),
            }),
            ..Self::new(right)
        }
    }

    /// A limit refuses what the policies permit.
    pub(super) fn exceeded(&mut self, object: String, limit: &'static str) {
        self.denied = Some(Denied {
            object,
            policies: vec![limit],
        });
    }

    pub(super) fn intend(&mut self, intent: Intent) {
        self.intent = Some(intent);
    }

    pub(super) fn intent(&self) -> Option<&Intent> {
        self.intent.as_ref()
    }

    /// The proof that opens class P4, when a policy has permitted one of the rights of the sealed procedure.
    pub(super) fn opening(&self) -> Option<Opening> {
        self.granted().filter(|policies| !policies.is_empty())?;
        match self.right {
            Right::ReadSealed => Some(Opening::of_case()),
            Right::FollowSealed | Right::TransferSealed => Some(Opening::of_procedure()),
            _ => None,
        }
    }

    /// With whose keys the reason of the act is sealed: why somebody looks into an accusation tells of it (DEC-14).
    pub(super) const fn compartment(&self) -> Compartment {
        match self.right {
            Right::TransferSealed
            | Right::WriteSealed
            | Right::StoreSealed
            | Right::ReadSealed
            | Right::OpenSealed
            | Right::ConfirmOpenSealed
            | Right::EndOpening
            | Right::FollowSealed => Compartment::Accusation,
            _ => Compartment::Ordinary,
        }
    }

    /// Asks for the right of the RPC. Whoever may not even know of the case is told `hidden`.
    pub(super) fn authorise(
        &mut self,
        caller: &Caller,
        resource: &Resource,
        hidden: impl FnOnce() -> Refusal,
    ) -> Result<(), Refusal> {
        let decision = decide(caller, self.right, resource);
        if decision.allowed {
            self.granted = Some(decision);
            return Ok(());
        }
        let (right, on, policies) = (self.right, resource.kind(), &decision.policies);
        tracing::info!(%right, on, ?policies, "not permitted");
        self.denied = Some(Denied {
            object: object(resource),
            policies: decision.policies.clone(),
        });
        let known = match resource {
            Resource::District(_) => true,
            Resource::Leader(..) => false,
            Resource::Case(_) => decide(caller, Right::ReadCaseHeader, resource).allowed,
        };
        Err(if known {
            refused(self.right, decision.told)
        } else {
            hidden()
        })
    }

    /// Asks for the right of the RPC on one row of a list.
    pub(super) fn admits(&mut self, caller: &Caller, resource: &Resource) -> bool {
        let decision = decide(caller, self.right, resource);
        let allowed = decision.allowed;
        if allowed {
            self.granted = Some(decision);
        }
        allowed
    }

    /// A list was asked for row by row, and may be empty.
    pub(super) fn asked(&mut self) {
        self.granted.get_or_insert_with(Decision::nothing);
    }

    /// The policies that permitted the act; none while it was not asked for.
    pub(super) fn granted(&self) -> Option<&[&'static str]> {
        self.granted.as_ref().map(|decision| decision.policies.as_slice())
    }

    pub(super) fn denied(&self) -> Option<&Denied> {
        self.denied.as_ref()
    }
}

/// One decision, with its traces.
pub(super) fn decide(caller: &Caller, right: Right, resource: &Resource) -> Decision {
    let decision = Permissions::shipped().decide(caller, right, resource);
    metrics::decided(right, decision.allowed);
    let (on, allowed, policies) = (resource.kind(), decision.allowed, &decision.policies);
    tracing::debug!(%right, on, allowed, ?policies, "decided");
    decision
}

fn refused(right: Right, told: Option<Told>) -> Refusal {
    match told {
        Some(Told { reason, zh, en }) => Refusal::forbidden(reason, zh, en),
        None => Refusal::forbidden(
            "NOT_PERMITTED",
            format!("您的岗位不能对此{}，请联系有权办理的人员", right.zh()),
            format!("your role does not allow {right} here; ask somebody whose role does"),
        ),
    }
}

fn object(resource: &Resource) -> String {
    match resource {
        Resource::District(district) => format!("district:{district}"),
        Resource::Leader(_, leader) => object_ref("leader", *leader),
        Resource::Case(facts) => object_ref("case", facts.id),
    }
}
