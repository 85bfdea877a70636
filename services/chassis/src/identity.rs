//! Who calls: roles, callers and the tokens that prove them.
//!
//! A caller presents a JWT of the city's identity provider. The [`Verifier`] accepts it only when every
//! check holds, and remembers it until it expires. District and roles come from the token, never from the
//! request. What is wrong with a token is told to the log, not to the caller.

use std::{fmt, str::FromStr};

use uuid::Uuid;
use xinqiao_kernel::DistrictCode;

mod cache;
mod case_token;
mod discovery;
mod fetch;
mod keys;
mod token;
mod verifier;

pub use case_token::LIFE as CASE_TOKEN_LIFE;
pub(crate) use case_token::{for_petitioner, for_support, petitioner_id};
pub use discovery::DiscoveryError;
pub use fetch::FetchError;
pub use keys::KeySetError;
pub(crate) use verifier::seconds as token_time;
pub use verifier::{Denial, Verifier};

/// The roles of domain rule table 5.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// 登记员, clerk of the district's petition office.
    Clk,
    /// 分办员/主任, dispatcher, head of the office.
    Dsp,
    /// 接访领导, leader who receives.
    Ldr,
    /// 领导联络员, a leader's aide.
    Lda,
    /// 责任单位承办人, handler in the responsible unit.
    Unt,
    /// 责任单位负责人, head of the responsible unit.
    Unh,
    /// 乡镇街信访专员, township officer.
    Twn,
    /// 督查员, supervisor.
    Sup,
    /// 档案员, archivist.
    Arc,
    /// 宣传部, publicity.
    Pro,
    /// 复查复核机关经办人, officer of the review organ.
    Rev,
    /// 纪检监察对接人, discipline liaison.
    Dis,
    /// 市级运维, city operations: no content.
    CityOp,
    /// 市信访部门业务员, city petition department.
    CityXf,
    /// 个人信息保护负责人/审计, audit.
    Aud,
    /// 信访人、代表、代理人, petitioner.
    Pet,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 16] = [
        Self::Clk,
        Self::Dsp,
        Self::Ldr,
        Self::Lda,
        Self::Unt,
        Self::Unh,
        Self::Twn,
        Self::Sup,
        Self::Arc,
        Self::Pro,
        Self::Rev,
        Self::Dis,
        Self::CityOp,
        Self::CityXf,
        Self::Aud,
        Self::Pet,
    ];

    /// Its name in Chinese, as a petitioner is told who saw his case.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Clk => "联席办登记员",
            Self::Dsp => "联席办分办员",
            Self::Ldr => "接访领导",
            Self::Lda => "领导联络员",
            Self::Unt => "责任单位承办人",
            Self::Unh => "责任单位负责人",
            Self::Twn => "乡镇街信访专员",
            Self::Sup => "督查员",
            Self::Arc => "档案员",
            Self::Pro => "宣传部门",
            Self::Rev => "复查复核机关经办人",
            Self::Dis => "纪检监察对接人",
            Self::CityOp => "市级技术支持",
            Self::CityXf => "市信访部门业务员",
            Self::Aud => "个人信息保护审计",
            Self::Pet => "信访人",
        }
    }

    /// Its name in English.
    pub const fn en(self) -> &'static str {
        match self {
            Self::Clk => "clerk of the office",
            Self::Dsp => "dispatcher of the office",
            Self::Ldr => "receiving leader",
            Self::Lda => "leader's aide",
            Self::Unt => "handler of the responsible unit",
            Self::Unh => "head of the responsible unit",
            Self::Twn => "township officer",
            Self::Sup => "supervisor",
            Self::Arc => "archivist",
            Self::Pro => "publicity",
            Self::Rev => "officer of the review organ",
            Self::Dis => "discipline liaison",
            Self::CityOp => "city technical support",
            Self::CityXf => "city petition department",
            Self::Aud => "personal data audit",
            Self::Pet => "petitioner",
        }
    }

    /// True for the roles of a unit: what their holders do, the unit does.
    pub const fn is_of_a_unit(self) -> bool {
        matches!(self, Self::Unt | Self::Unh | Self::Twn | Self::Rev)
    }

    /// The code in tokens.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Clk => "CLK",
            Self::Dsp => "DSP",
            Self::Ldr => "LDR",
            Self::Lda => "LDA",
            Self::Unt => "UNT",
            Self::Unh => "UNH",
            Self::Twn => "TWN",
            Self::Sup => "SUP",
            Self::Arc => "ARC",
            Self::Pro => "PRO",
            Self::Rev => "REV",
            Self::Dis => "DIS",
            Self::CityOp => "CITY-OP",
            Self::CityXf => "CITY-XF",
            Self::Aud => "AUD",
            Self::Pet => "PET",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.code())
    }
}

/// A role code that is not one of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a role")]
pub struct UnknownRole(pub String);

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|role| role.code() == text)
            .ok_or_else(|| UnknownRole(text.to_owned()))
    }
}

/// A person whose token was verified.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Caller {
    /// `sub` of the token.
    pub person_id: String,
    /// Roles that the provider gave him.
    pub roles: Vec<Role>,
    /// The one district this token is for.
    pub district: DistrictCode,
    /// His unit, for roles of a unit.
    pub unit_id: Option<Uuid>,
    /// The leader he is or works for.
    pub leader_id: Option<Uuid>,
    /// Fields 分管领域 of the leader he is or works for, by code.
    pub portfolio: Vec<String>,
    /// Townships 乡镇街 by code: linked to his leader, or his own.
    pub towns: Vec<String>,
    /// The one case of a petitioner, or of city support that was let in.
    pub case_id: Option<Uuid>,
    /// His name, class P1.
    pub name: String,
}

impl Caller {
    /// True for city support that was let into one case (break-glass 应急访问).
    pub fn breaks_glass(&self) -> bool {
        self.has(Role::CityOp) && self.case_id.is_some()
    }

    /// True when he has the role.
    pub fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// True when he has one of the roles.
    pub fn has_any(&self, roles: &[Role]) -> bool {
        roles.iter().any(|role| self.has(*role))
    }
}
