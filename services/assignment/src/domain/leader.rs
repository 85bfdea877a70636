//! Leaders as this service needs them: who is responsible for which field and township.

use uuid::Uuid;

use super::case::Triage;

/// A member of the leadership team, told by `leader.changed`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leader {
    /// Identifier.
    pub id: Uuid,
    /// Name (class P1).
    pub name: String,
    /// Post.
    pub post: String,
    /// Portfolio fields 分管领域.
    pub portfolio: Vec<String>,
    /// Linked townships 联系乡镇街.
    pub linked_towns: Vec<String>,
    /// Whether he is in office.
    pub active: bool,
}

impl Leader {
    /// Portfolio match of domain §5.2: field in the portfolio, or township linked.
    pub fn matches(&self, triage: &Triage) -> bool {
        self.portfolio.contains(&triage.field_code) || self.linked_towns.contains(&triage.town_code)
    }
}
