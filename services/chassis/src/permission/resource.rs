//! What a right is asked for, as the policies see it.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use cedar_policy::{Entity, EntityId, EntityTypeName, EntityUid, RestrictedExpression};
use uuid::Uuid;
use xinqiao_kernel::{CaseState, DistrictCode};

use crate::identity::{Caller, Role};

/// What somebody wants to act on.
#[expect(
    clippy::large_enum_variant,
    reason = "it is nearly always a case, made to be asked about once"
)]
#[derive(Debug, Clone)]
pub enum Resource {
    /// The district as a whole: register, roster, units, calendar.
    District(DistrictCode),
    /// A leader's own desk.
    Leader(DistrictCode, Uuid),
    /// A case and everything filed under it.
    Case(CaseFacts),
}

/// What decides about a case. A service fills in what it knows; what it does not know permits nothing.
#[derive(Debug, Clone)]
pub struct CaseFacts {
    /// Its district.
    pub district: DistrictCode,
    /// The case.
    pub id: Uuid,
    /// In the sealed compartment (DEC-14).
    pub sealed: bool,
    /// The archivist's part (§5.1): closing or archived.
    pub closing: bool,
    /// Its field 分管领域, once triaged.
    pub field: Option<String>,
    /// The township 乡镇街 where it lies, once triaged.
    pub town: Option<String>,
    /// The responsible leader (DEC-07).
    pub leader: Option<Uuid>,
    /// The leader who received the petitioner and signs (DEC-07).
    pub signatory: Option<Uuid>,
    /// Who reviews and signs today in the signatory's place, by delegation.
    pub delegate: Option<Uuid>,
    /// The lead unit.
    pub lead_unit: Option<Uuid>,
    /// Lead unit and assisting units.
    pub units: Vec<Uuid>,
    /// Units complained about, with all under them.
    pub accused_units: Vec<Uuid>,
    /// Subjects of those who investigate.
    pub investigators: Vec<String>,
    /// Subjects of those complained about or recused.
    pub concerned: Vec<String>,
    /// Transferred to the discipline inspection.
    pub transferred: bool,
    /// Subjects of those named in an opening of the sealed case that is in force now.
    pub opened_to: Vec<String>,
    /// The organ that reviews it.
    pub review_unit: Option<Uuid>,
}

impl CaseFacts {
    /// A case nobody is assigned to yet.
    pub fn new(district: DistrictCode, id: Uuid, state: CaseState) -> Self {
        Self {
            district,
            id,
            sealed: false,
            closing: is_closing(state),
            field: None,
            town: None,
            leader: None,
            signatory: None,
            delegate: None,
            lead_unit: None,
            units: Vec::new(),
            accused_units: Vec::new(),
            investigators: Vec::new(),
            concerned: Vec::new(),
            transferred: false,
            opened_to: Vec::new(),
            review_unit: None,
        }
    }
}

/// From the closure report on, and what ended without a unit and only has to be filed (T39).
const fn is_closing(state: CaseState) -> bool {
    match state {
        CaseState::ClosureReported
        | CaseState::OpinionPending
        | CaseState::LeaderReview
        | CaseState::Closed
        | CaseState::Archived
        | CaseState::Diverted
        | CaseState::NotAccepted
        | CaseState::NoLongerAccepted
        | CaseState::TransferredOut
        | CaseState::Withdrawn => true,
        CaseState::Draft
        | CaseState::Registered
        | CaseState::Linked
        | CaseState::Void
        | CaseState::Assigned
        | CaseState::Objected
        | CaseState::Accepted
        | CaseState::Investigating
        | CaseState::Reported
        | CaseState::OpinionIssued
        | CaseState::Executing
        | CaseState::FollowUp
        | CaseState::Rework => false,
    }
}

/// The types of the schema, parsed once.
struct Types {
    person: EntityTypeName,
    role: EntityTypeName,
    unit: EntityTypeName,
    leader: EntityTypeName,
    district: EntityTypeName,
    case: EntityTypeName,
}

static TYPES: LazyLock<Types> = LazyLock::new(|| {
    let named = |name: &str| -> EntityTypeName { name.parse().expect("invariant: the name of a type") };
    Types {
        person: named("Person"),
        role: named("Role"),
        unit: named("Unit"),
        leader: named("Leader"),
        district: named("District"),
        case: named("Case"),
    }
});

fn uid(of: &EntityTypeName, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(of.clone(), EntityId::new(id))
}

/// The role as an entity.
pub(super) fn role_uid(role: Role) -> EntityUid {
    uid(&TYPES.role, role.code())
}

type Attributes = HashMap<String, RestrictedExpression>;

fn reference(of: &EntityTypeName, id: Uuid) -> RestrictedExpression {
    RestrictedExpression::new_entity_uid(uid(of, &id.to_string()))
}

fn optional(attributes: &mut Attributes, name: &str, of: &EntityTypeName, id: Option<Uuid>) {
    if let Some(id) = id {
        attributes.insert(name.to_owned(), reference(of, id));
    }
}

fn codes(codes: &[String]) -> RestrictedExpression {
    RestrictedExpression::new_set(codes.iter().cloned().map(RestrictedExpression::new_string))
}

fn units(ids: &[Uuid]) -> RestrictedExpression {
    RestrictedExpression::new_set(ids.iter().map(|id| reference(&TYPES.unit, *id)))
}

fn people(ids: &[String]) -> RestrictedExpression {
    let person = |id: &String| RestrictedExpression::new_entity_uid(uid(&TYPES.person, id));
    RestrictedExpression::new_set(ids.iter().map(person))
}

fn of_district(district: DistrictCode) -> Attributes {
    let code = RestrictedExpression::new_string(district.as_str().to_owned());
    HashMap::from([("district".to_owned(), code)])
}

fn entity(uid: EntityUid, attributes: Attributes, parents: HashSet<EntityUid>) -> Entity {
    Entity::new(uid, attributes, parents).expect("invariant: plain values are attributes")
}

/// Whoever calls, with his roles as parents.
pub(super) fn principal(caller: &Caller) -> (EntityUid, Entity) {
    let person = uid(&TYPES.person, &caller.person_id);
    let mut attributes = of_district(caller.district);
    optional(&mut attributes, "unit", &TYPES.unit, caller.unit_id);
    optional(&mut attributes, "leader", &TYPES.leader, caller.leader_id);
    optional(&mut attributes, "case", &TYPES.case, caller.case_id);
    attributes.insert("portfolio".to_owned(), codes(&caller.portfolio));
    attributes.insert("towns".to_owned(), codes(&caller.towns));
    let roles = caller.roles.iter().flat_map(|role| with_implied(*role));
    let parents = roles.map(|role| role_uid(*role)).collect();
    (person.clone(), entity(person, attributes, parents))
}

/// A township officer is handler and head of his township (§5.2).
pub(super) const fn with_implied(role: Role) -> &'static [Role] {
    match role {
        Role::Twn => &[Role::Twn, Role::Unt, Role::Unh],
        Role::Clk => &[Role::Clk],
        Role::Dsp => &[Role::Dsp],
        Role::Ldr => &[Role::Ldr],
        Role::Lda => &[Role::Lda],
        Role::Unt => &[Role::Unt],
        Role::Unh => &[Role::Unh],
        Role::Sup => &[Role::Sup],
        Role::Arc => &[Role::Arc],
        Role::Pro => &[Role::Pro],
        Role::Rev => &[Role::Rev],
        Role::Dis => &[Role::Dis],
        Role::CityOp => &[Role::CityOp],
        Role::CityXf => &[Role::CityXf],
        Role::Aud => &[Role::Aud],
        Role::Pet => &[Role::Pet],
    }
}

impl Resource {
    /// Word for logs and metrics.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::District(_) => "district",
            Self::Leader(..) => "leader",
            Self::Case(_) => "case",
        }
    }

    pub(super) fn entity(&self) -> (EntityUid, Entity) {
        let (uid, attributes) = match self {
            Self::District(district) => (uid(&TYPES.district, district.as_str()), of_district(*district)),
            Self::Leader(district, leader) => {
                (uid(&TYPES.leader, &leader.to_string()), of_district(*district))
            }
            Self::Case(facts) => (uid(&TYPES.case, &facts.id.to_string()), facts.attributes()),
        };
        (uid.clone(), entity(uid, attributes, HashSet::new()))
    }
}

impl CaseFacts {
    fn attributes(&self) -> Attributes {
        let mut attributes = of_district(self.district);
        let flags = [
            ("sealed", self.sealed),
            ("closing", self.closing),
            ("transferred", self.transferred),
        ];
        attributes.extend(flags.map(|(name, flag)| (name.to_owned(), RestrictedExpression::new_bool(flag))));
        let codes = [("field", &self.field), ("town", &self.town)];
        attributes.extend(codes.into_iter().filter_map(|(name, code)| {
            let code = RestrictedExpression::new_string(code.clone()?);
            Some((name.to_owned(), code))
        }));
        optional(&mut attributes, "leader", &TYPES.leader, self.leader);
        optional(&mut attributes, "signatory", &TYPES.leader, self.signatory);
        optional(&mut attributes, "delegate", &TYPES.leader, self.delegate);
        optional(&mut attributes, "lead_unit", &TYPES.unit, self.lead_unit);
        optional(&mut attributes, "review_unit", &TYPES.unit, self.review_unit);
        attributes.insert("units".to_owned(), units(&self.units));
        attributes.insert("accused_units".to_owned(), units(&self.accused_units));
        attributes.insert("investigators".to_owned(), people(&self.investigators));
        attributes.insert("concerned".to_owned(), people(&self.concerned));
        attributes.insert("opened_to".to_owned(), people(&self.opened_to));
        attributes
    }
}
