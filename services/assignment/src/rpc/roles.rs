//! Who may call what (domain §5.2). A township officer (TWN) is handler and head of his township.
//! Whose case it is, is decided with the case at hand: [`super::opened`].

use xinqiao_chassis::identity::{
    Role::{self, Arc, Aud, CityOp, Clk, Dis, Dsp, Lda, Ldr, Pro, Rev, Sup, Twn, Unh, Unt},
    RoleTable,
};

const STAFF: &[Role] = &[
    Clk, Dsp, Ldr, Lda, Unt, Unh, Twn, Sup, Arc, Pro, Rev, Dis, CityOp, Aud,
];
const OFFICE: &[Role] = &[Dsp];
const HANDLER: &[Role] = &[Unt, Twn];
const HEAD: &[Role] = &[Unh, Twn];
const UNIT: &[Role] = &[Unt, Unh, Twn];
/// The head of the office stands in only where no leader is responsible (DEC-16).
const LEADER: &[Role] = &[Ldr, Dsp];

/// One row for every RPC.
pub(crate) const ROLES: RoleTable = &[
    ("/xinqiao.assignment.v1.UnitService/PutUnit", OFFICE),
    ("/xinqiao.assignment.v1.UnitService/ListUnits", STAFF),
    ("/xinqiao.assignment.v1.AssignmentService/AssignCase", OFFICE),
    (
        "/xinqiao.assignment.v1.AssignmentService/ApproveAccusedUnit",
        &[Ldr],
    ),
    ("/xinqiao.assignment.v1.AssignmentService/RaiseObjection", HEAD),
    ("/xinqiao.assignment.v1.AssignmentService/DecideObjection", OFFICE),
    ("/xinqiao.assignment.v1.AssignmentService/ListUnitDesk", UNIT),
    (
        "/xinqiao.assignment.v1.AssignmentService/ListOfficeDesk",
        &[Dsp, Sup],
    ),
    (
        "/xinqiao.assignment.v1.AssignmentService/ListLeaderDesk",
        &[Ldr, Lda],
    ),
    ("/xinqiao.assignment.v1.HandlingService/DraftAcceptance", HANDLER),
    ("/xinqiao.assignment.v1.HandlingService/IssueAcceptance", HEAD),
    ("/xinqiao.assignment.v1.HandlingService/NameInvestigators", HEAD),
    (
        "/xinqiao.assignment.v1.HandlingService/SubmitInvestigationReport",
        HEAD,
    ),
    ("/xinqiao.assignment.v1.HandlingService/ReadReport", LEADER),
    ("/xinqiao.assignment.v1.HandlingService/ReturnReport", LEADER),
    ("/xinqiao.assignment.v1.HandlingService/Extend", HEAD),
    ("/xinqiao.assignment.v1.HandlingService/DraftOpinion", HANDLER),
    ("/xinqiao.assignment.v1.HandlingService/IssueOpinion", HEAD),
    ("/xinqiao.assignment.v1.HandlingService/ServeOpinion", UNIT),
    ("/xinqiao.assignment.v1.HandlingService/StartExecution", HEAD),
    ("/xinqiao.assignment.v1.HandlingService/SubmitClosureReport", HEAD),
    ("/xinqiao.assignment.v1.HandlingService/StartRework", HEAD),
    (
        "/xinqiao.assignment.v1.HandlingService/GetCaseFile",
        &[Dsp, Sup, Arc, Ldr, Lda, Unt, Unh, Twn],
    ),
];
