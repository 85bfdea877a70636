//! Who opened a case, for its petitioner (rule book §8.4): by which role and in which unit, never who.

use uuid::Uuid;
use xinqiao_proto::event::CaseOpened;

use super::{Act, Actor};
use crate::desk::access;
use crate::identity::{Caller, Role};
use crate::journal::{Draft, Entity};
use crate::permission::{Permissions, Resource, Right};
use crate::random;
use crate::refusal::Refusal;
use crate::seal::sha256;

/// The event.
const OPENED: &str = "case.opened";

/// As what somebody was permitted to do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// The role that gave the right.
    pub role: Role,
    /// His unit, when it is the role of a unit.
    pub unit_id: Option<Uuid>,
}

impl Capacity {
    fn of(caller: &Caller, policies: &[&str]) -> Option<Self> {
        let role = Permissions::shipped().role_given(caller, policies)?;
        Some(Self {
            role,
            unit_id: caller.unit_id.filter(|_| role.is_of_a_unit()),
        })
    }
}

impl Act {
    /// As what the caller was permitted what he called for.
    pub fn capacity(&self) -> Option<Capacity> {
        match (&self.actor, &self.access) {
            (Actor::Person(caller), Some(access)) => Capacity::of(caller, access.granted()?),
            _ => None,
        }
    }

    /// As what the caller has another right too; none when he has not.
    pub fn capacity_for(&self, right: Right, resource: &Resource) -> Option<Capacity> {
        let Actor::Person(caller) = &self.actor else {
            return None;
        };
        let decision = access::decide(caller, right, resource);
        Capacity::of(caller, &decision.policies).filter(|_| decision.allowed)
    }

    /// Notes that the caller is shown what an ordinary case says; intake, which shows the petitioner who looked, hears
    /// of the first look of a role and unit on a day. Call it once the right was granted.
    pub async fn opened(&mut self, case_id: Uuid) -> Result<(), Refusal> {
        let Some(capacity) = self.capacity() else {
            return Ok(());
        };
        if !self.first_look(case_id, capacity).await? {
            return Ok(());
        }
        let body = CaseOpened {
            case_id: case_id.to_string(),
            role: capacity.role.code().to_owned(),
            unit_id: capacity.unit_id.map(|unit| unit.to_string()).unwrap_or_default(),
        };
        let service = self.desk.service();
        let entity = Entity::other(looks_at(case_id));
        let draft = Draft::new(service, self.district(), OPENED, entity, random::new_id(), &body);
        self.looks.push(draft.by(Actor::Service(service).reference()));
        Ok(())
    }

    async fn first_look(&mut self, case_id: Uuid, capacity: Capacity) -> Result<bool, sqlx::Error> {
        let (district, today) = (self.district(), self.today());
        let done = sqlx::query(
            "INSERT INTO case_opened (district_code, case_id, day, role, unit_id) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT DO NOTHING",
        )
        .bind(district.as_str())
        .bind(case_id)
        .bind(today)
        .bind(capacity.role.code())
        .bind(capacity.unit_id.unwrap_or_default())
        .execute(self.conn())
        .await?;
        Ok(done.rows_affected() == 1)
    }
}

/// What the looks at a case are told about: an entity beside the case, so that neither its order of events nor what
/// they build on has to do with who reads it.
fn looks_at(case_id: Uuid) -> Uuid {
    let hash = sha256(&[OPENED.as_bytes(), case_id.as_bytes()].concat());
    let (head, _) = hash.split_first_chunk().expect("invariant: a hash has 32 bytes");
    uuid::Builder::from_custom_bytes(*head).into_uuid()
}
