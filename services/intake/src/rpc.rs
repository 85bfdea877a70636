//! The operations, one file per group: decode, decide, store, answer.

pub(crate) mod cases;
pub(crate) mod refused;
pub(crate) mod registration;
pub(crate) mod triage;
mod words;

use uuid::Uuid;
use xinqiao_chassis::desk::Act;
use xinqiao_chassis::identity::{Role, RoleTable};
use xinqiao_chassis::refusal::Refusal;

use crate::store::cases::{self as rows, CaseRow};

const OFFICE: &[Role] = &[Role::Clk, Role::Dsp];
const DISPATCHER: &[Role] = &[Role::Dsp];
const DESKS: &[Role] = &[Role::Clk, Role::Dsp, Role::Sup, Role::Arc];
const READERS: &[Role] = &[
    Role::Clk,
    Role::Dsp,
    Role::Ldr,
    Role::Lda,
    Role::Unt,
    Role::Unh,
    Role::Twn,
    Role::Sup,
    Role::Arc,
];
const UNMASKERS: &[Role] = &[
    Role::Clk,
    Role::Dsp,
    Role::Ldr,
    Role::Unt,
    Role::Unh,
    Role::Twn,
    Role::Sup,
    Role::Arc,
];

/// Who may call what (rule book §5.2).
pub(crate) const ROLES: RoleTable = &[
    ("/xinqiao.intake.v1.RegistrationService/RegisterVisit", OFFICE),
    ("/xinqiao.intake.v1.RegistrationService/RegisterLetter", OFFICE),
    ("/xinqiao.intake.v1.TriageService/TriageCase", OFFICE),
    ("/xinqiao.intake.v1.TriageService/ReleaseCase", DISPATCHER),
    ("/xinqiao.intake.v1.TriageService/DivertCase", DISPATCHER),
    ("/xinqiao.intake.v1.TriageService/ProposeVoid", OFFICE),
    ("/xinqiao.intake.v1.TriageService/VoidCase", DISPATCHER),
    ("/xinqiao.intake.v1.CaseService/GetCase", READERS),
    ("/xinqiao.intake.v1.CaseService/BatchGetHeaders", READERS),
    ("/xinqiao.intake.v1.CaseService/ListRegister", DESKS),
    ("/xinqiao.intake.v1.CaseService/GetTimeline", READERS),
    ("/xinqiao.intake.v1.CaseService/UnmaskPetitioner", UNMASKERS),
];

/// Takes a case for an act: nobody else changes it until the commit.
async fn take(act: &mut Act, id: Uuid) -> Result<CaseRow, Refusal> {
    let district = act.district();
    rows::take(act.conn(), district, id)
        .await?
        .ok_or_else(refused::no_such_case)
}

/// A version as the database counts it; one that cannot be is stale.
fn seen(version: u64) -> i64 {
    i64::try_from(version).unwrap_or(-1)
}
