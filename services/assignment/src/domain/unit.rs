//! Responsible units 责任单位: their order, and what a unit may be assigned.

use std::collections::{HashMap, HashSet};

use time::OffsetDateTime;
use uuid::Uuid;
use xinqiao_kernel::Fields;

use super::{case::Purpose, denied::Denied};

/// What a unit is `[R:2]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnitKind {
    /// 党委部门.
    PartyOrgan,
    /// 政府部门.
    GovernmentDepartment,
    /// 乡镇街道.
    Township,
    /// 人大、政协、监察、法院、检察院.
    OtherStateOrgan,
    /// 群团组织.
    MassOrganisation,
    /// 国有企业、事业单位.
    EnterpriseOrInstitution,
    /// 内设机构.
    Subdivision,
}

impl UnitKind {
    /// The word that is stored.
    pub fn code(self) -> &'static str {
        match self {
            Self::PartyOrgan => "PARTY_ORGAN",
            Self::GovernmentDepartment => "GOVERNMENT_DEPARTMENT",
            Self::Township => "TOWNSHIP",
            Self::OtherStateOrgan => "OTHER_STATE_ORGAN",
            Self::MassOrganisation => "MASS_ORGANISATION",
            Self::EnterpriseOrInstitution => "ENTERPRISE_OR_INSTITUTION",
            Self::Subdivision => "SUBDIVISION",
        }
    }

    /// Reads the stored word.
    pub fn from_code(code: &str) -> Option<Self> {
        [
            Self::PartyOrgan,
            Self::GovernmentDepartment,
            Self::Township,
            Self::OtherStateOrgan,
            Self::MassOrganisation,
            Self::EnterpriseOrInstitution,
            Self::Subdivision,
        ]
        .into_iter()
        .find(|kind| kind.code() == code)
    }
}

/// A responsible unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Identifier.
    pub id: Uuid,
    /// Name.
    pub name: String,
    /// What it is.
    pub kind: UnitKind,
    /// The unit above it.
    pub parent: Option<Uuid>,
    /// Who continues its duties `[R:24(2)]`.
    pub successor: Option<Uuid>,
    /// Unified social credit code.
    pub uscc: Option<String>,
    /// Whether it takes cases.
    pub active: bool,
    /// Version of the row; 0 while it is not stored.
    pub version: i64,
}

/// A unit as somebody proposes it. In force it is when another person has confirmed: where a unit stands decides who is
/// kept from an accusation (DEC-14).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitProposal {
    /// Identifier; another proposal for the unit has another.
    pub id: Uuid,
    /// The unit; its version is the one that is changed.
    pub unit: Unit,
    /// Who proposed it.
    pub by: String,
    /// His name (class P1).
    pub name: String,
    /// When.
    pub at: OffsetDateTime,
}

impl UnitProposal {
    /// The unit to store, when another person confirms and nothing that it rests on has changed.
    pub fn confirm(self, by: &str, units: &Units) -> Result<Unit, Denied> {
        if self.by == by {
            return Err(Denied::SamePerson);
        }
        let mut fields = Fields::new();
        units.check(&self.unit, &mut fields);
        fields.finish()?;
        units.check_version(&self.unit)?;
        Ok(self.unit)
    }
}

/// All units of a district.
#[derive(Debug, Clone, Default)]
pub struct Units(HashMap<Uuid, Unit>);

impl FromIterator<Unit> for Units {
    fn from_iter<I: IntoIterator<Item = Unit>>(units: I) -> Self {
        Self(units.into_iter().map(|unit| (unit.id, unit)).collect())
    }
}

impl Units {
    /// The unit.
    pub fn get(&self, id: Uuid) -> Option<&Unit> {
        self.0.get(&id)
    }

    /// Whether `unit` is one of `of`, or stands under one.
    pub fn is_or_is_under(&self, unit: Uuid, of: &[Uuid]) -> bool {
        let mut seen = HashSet::new();
        let mut next = Some(unit);
        while let Some(current) = next {
            if of.contains(&current) {
                return true;
            }
            if !seen.insert(current) {
                return false;
            }
            next = self.get(current).and_then(|unit| unit.parent);
        }
        false
    }

    /// Those units, and all that stand under them, in the order of their identifiers.
    pub fn under(&self, of: &[Uuid]) -> Vec<Uuid> {
        let mut under: Vec<Uuid> = self
            .0
            .keys()
            .copied()
            .filter(|unit| self.is_or_is_under(*unit, of))
            .collect();
        under.extend(of);
        under.sort_unstable();
        under.dedup();
        under
    }

    /// Checks a unit that is to be added or changed: both neighbours exist and neither chain leads back.
    pub fn check(&self, unit: &Unit, fields: &mut Fields) {
        for (field, neighbour, chain) in [
            (
                "unit.parent_unit_id",
                unit.parent,
                (|unit| unit.parent) as fn(&Unit) -> Option<Uuid>,
            ),
            ("unit.successor_unit_id", unit.successor, |unit| unit.successor),
        ] {
            let Some(neighbour) = neighbour else { continue };
            if neighbour == unit.id || self.leads_to(neighbour, unit.id, chain) {
                fields.about(
                    field,
                    "CIRCLE",
                    "不得指向本单位或其下级",
                    "must not lead back to the unit itself",
                );
            } else if self.get(neighbour).is_none() {
                unknown_unit(fields, field);
            }
        }
        fields.require(
            "unit.successor_unit_id",
            unit.active
                || unit
                    .successor
                    .is_none_or(|successor| self.get(successor).is_none_or(|unit| unit.active)),
            "INACTIVE",
            "承接单位须为在用单位",
            "the successor must be active",
        );
    }

    /// Refuses a change of another version than the one that is stored.
    pub fn check_version(&self, unit: &Unit) -> Result<(), Denied> {
        let stored = self.get(unit.id).map_or(0, |stored| stored.version);
        if stored == unit.version {
            Ok(())
        } else {
            Err(Denied::StaleVersion)
        }
    }

    fn leads_to(&self, from: Uuid, to: Uuid, chain: fn(&Unit) -> Option<Uuid>) -> bool {
        let mut seen = HashSet::new();
        let mut next = Some(from);
        while let Some(current) = next {
            if current == to {
                return true;
            }
            if !seen.insert(current) {
                return false;
            }
            next = self.get(current).and_then(chain);
        }
        false
    }

    /// Checks the units a case is to be assigned to: they exist, are active, and are different.
    pub fn check_assignees(&self, lead: Option<Uuid>, assist: &[Uuid], fields: &mut Fields) {
        if let Some(lead) = lead {
            self.check_assignee(fields, "lead_unit_id", lead);
        }
        fields.count("assist_unit_ids", assist.len(), 0..=10);
        let mut seen: HashSet<Uuid> = lead.into_iter().collect();
        for (index, unit) in assist.iter().enumerate() {
            let field = format!("assist_unit_ids[{index}]");
            self.check_assignee(fields, &field, *unit);
            if !seen.insert(*unit) {
                fields.about(&field, "DUPLICATE", "重复", "is named twice");
            }
        }
    }

    /// Checks one unit a case is to be assigned to: it exists and is active.
    pub fn check_assignee(&self, fields: &mut Fields, field: &str, unit: Uuid) {
        match self.get(unit) {
            None => unknown_unit(fields, field),
            Some(unit) if !unit.active => {
                fields.about(
                    field,
                    "INACTIVE",
                    "已停用，请选承接单位",
                    "is inactive; choose its successor",
                );
            }
            Some(_) => {}
        }
    }
}

fn unknown_unit(fields: &mut Fields, field: &str) {
    fields.about(
        field,
        "UNKNOWN_UNIT",
        "不存在，请重新选择",
        "does not exist; choose another",
    );
}

/// Result of the test of DEC-14 on one unit; kept with the assignment (§6.4.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecusalCheck {
    /// Neither complained about nor under such a unit.
    Clear,
    /// Complained about, and the leader has approved with his reason.
    ApprovedByLeader,
}

impl RecusalCheck {
    /// The word that is stored.
    pub fn code(self) -> &'static str {
        match self {
            Self::Clear => "CLEAR",
            Self::ApprovedByLeader => "APPROVED_BY_LEADER",
        }
    }
}

/// DEC-14: whether a unit may receive a case in view of what the petition complains about.
pub fn recusal_check(
    units: &Units,
    purpose: Purpose,
    complained: &[Uuid],
    unit: Uuid,
    approved: &[Uuid],
) -> Result<RecusalCheck, Denied> {
    if !units.is_or_is_under(unit, complained) {
        return Ok(RecusalCheck::Clear);
    }
    if purpose == Purpose::Accusation {
        return Err(Denied::AccusedUnit);
    }
    if approved.contains(&unit) {
        Ok(RecusalCheck::ApprovedByLeader)
    } else {
        Err(Denied::ApprovalNeeded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    fn unit(number: u128, parent: Option<u128>) -> Unit {
        Unit {
            id: id(number),
            name: format!("单位{number}"),
            kind: UnitKind::GovernmentDepartment,
            parent: parent.map(id),
            successor: None,
            uscc: None,
            active: true,
            version: 1,
        }
    }

    fn tree() -> Units {
        [unit(1, None), unit(2, Some(1)), unit(3, Some(2)), unit(4, None)]
            .into_iter()
            .collect()
    }

    #[test]
    fn an_accusation_never_reaches_the_accused_unit_or_one_below_it() {
        for below in [1, 2, 3] {
            let denied = recusal_check(&tree(), Purpose::Accusation, &[id(1)], id(below), &[id(below)]);
            assert_eq!(denied, Err(Denied::AccusedUnit));
        }
        assert_eq!(
            recusal_check(&tree(), Purpose::Accusation, &[id(1)], id(4), &[]),
            Ok(RecusalCheck::Clear)
        );
        assert_eq!(
            recusal_check(&tree(), Purpose::Accusation, &[id(3)], id(1), &[]),
            Ok(RecusalCheck::Clear)
        );
    }

    #[test]
    fn an_appeal_reaches_the_unit_complained_about_only_with_the_leaders_approval() {
        assert_eq!(
            recusal_check(&tree(), Purpose::Appeal, &[id(1)], id(2), &[]),
            Err(Denied::ApprovalNeeded)
        );
        assert_eq!(
            recusal_check(&tree(), Purpose::Appeal, &[id(1)], id(2), &[id(2)]),
            Ok(RecusalCheck::ApprovedByLeader)
        );
    }

    fn wrong(unit: &Unit) -> Vec<(String, &'static str)> {
        let mut fields = Fields::new();
        tree().check(unit, &mut fields);
        let wrong = fields.violations().iter();
        wrong.map(|wrong| (wrong.field.clone(), wrong.reason)).collect()
    }

    #[test]
    fn a_unit_never_stands_above_itself() {
        let mut top = unit(1, Some(3));
        assert_eq!(wrong(&top), [("unit.parent_unit_id".to_owned(), "CIRCLE")]);
        top.parent = Some(id(9));
        assert_eq!(wrong(&top), [("unit.parent_unit_id".to_owned(), "UNKNOWN_UNIT")]);
        top.parent = Some(id(4));
        assert_eq!(wrong(&top), []);
    }

    #[test]
    fn a_change_takes_two_persons_and_the_version_that_was_seen() {
        let proposal = |unit: Unit| UnitProposal {
            id: id(99),
            unit,
            by: "person:wang".to_owned(),
            name: "王分办".to_owned(),
            at: OffsetDateTime::UNIX_EPOCH,
        };
        let moved = unit(2, Some(4));
        assert_eq!(
            proposal(moved.clone()).confirm("person:wang", &tree()),
            Err(Denied::SamePerson)
        );
        assert_eq!(
            proposal(moved.clone()).confirm("person:fang", &tree()),
            Ok(moved.clone())
        );
        let stale = Unit { version: 0, ..moved };
        assert_eq!(
            proposal(stale).confirm("person:fang", &tree()),
            Err(Denied::StaleVersion)
        );
        let circle = unit(1, Some(3));
        assert!(matches!(
            proposal(circle).confirm("person:fang", &tree()),
            Err(Denied::Fields(_))
        ));
    }

    #[test]
    fn assignees_exist_and_are_named_once() {
        let mut fields = Fields::new();
        tree().check_assignees(Some(id(7)), &[id(1), id(1), id(8)], &mut fields);
        assert_eq!(
            fields.names(),
            ["lead_unit_id", "assist_unit_ids[1]", "assist_unit_ids[2]"]
        );
    }
}
