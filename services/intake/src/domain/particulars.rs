//! What a channel asks for beside the submission itself (T02f, T02g).

use serde::{Deserialize, Serialize};
use time::Date;
use xinqiao_kernel::local::iso_date;

use super::codes::{ExternalSystem, OutsideForm, SourceLevel};

/// External numbers that one submission may have.
pub const EXTERNAL_REFS_MAX: usize = 10;
/// Longest external number in characters.
pub const EXTERNAL_NUMBER_MAX: usize = 38;
/// Staff that a registration of an outside visit may name.
pub const STAFF_MAX: usize = 10;
/// Staff that go into somebody's home together, at least.
pub const STAFF_AT_HOME_MIN: usize = 2;

/// What only one channel has; stored sealed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Particulars {
    /// 上级转送、交办.
    Forwarded(Forwarded),
    /// 处访.
    OutsideVisit(OutsideVisit),
}

/// What an organ above said when it passed a submission on.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forwarded {
    /// Number of its [`SourceLevel`].
    pub level: i16,
    /// The organ 来件机关.
    pub sender_org: String,
    /// Its number 来文号.
    pub sender_number: String,
    /// Date of its paper.
    #[serde(with = "iso_date")]
    pub sender_on: Date,
    /// Until when it wants the submission disposed of.
    #[serde(with = "iso_date::option")]
    pub sender_due: Option<Date>,
    /// Numbers of the same matter in systems above.
    pub external_refs: Vec<ExternalRef>,
}

/// The number of the same matter in a system above.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExternalRef {
    /// Number of its [`ExternalSystem`].
    pub system: i16,
    /// The number itself.
    pub number: String,
}

/// An outside visit.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutsideVisit {
    /// Number of its [`OutsideForm`].
    pub form: i16,
    /// Where; of somebody's home class P3.
    pub place: Option<String>,
    /// Names of the staff who took part.
    pub staff: Vec<String>,
    /// The petitioner agreed to be visited at home.
    pub consent_home_visit: bool,
}

impl Forwarded {
    /// The level of the organ.
    pub fn level(&self) -> SourceLevel {
        SourceLevel::of_number(self.level).expect("invariant: written from a level")
    }
}

impl ExternalRef {
    /// Whose number it is.
    pub fn system(&self) -> ExternalSystem {
        ExternalSystem::of_number(self.system).expect("invariant: written from a system")
    }
}

impl OutsideVisit {
    /// What it was.
    pub fn form(&self) -> OutsideForm {
        OutsideForm::of_number(self.form).expect("invariant: written from a form")
    }
}

impl std::fmt::Debug for Particulars {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Particulars(…)")
    }
}
